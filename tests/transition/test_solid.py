"""Solids and fluids of 1.5 ps, made up: springs, phonons, walks."""

import numpy as np
import pytest
import xarray as xr

from llpt.observables import put_estimate
from llpt.observables.displacement import Displacements
from llpt.statistics import Estimate
from llpt.trajectory import FrameBlock
from llpt.transition import Isobar, solid_flag

ATOMS, FRAMES, STEP_FS = 64, 750, 2.0
SPACING = 1.2
TIMES = STEP_FS * np.arange(FRAMES)


def springs(random):
    """Independent oscillators of 15 to 120 fs."""
    period = random.uniform(15.0, 120.0, size=(ATOMS, 3))
    amplitude = 0.1 * np.sqrt(-2.0 * np.log(random.uniform(size=(ATOMS, 3))))
    phase = random.uniform(0.0, 2.0 * np.pi, size=(ATOMS, 3))
    return amplitude * np.sin(2.0 * np.pi * TIMES[:, None, None] / period + phase)


def phonons(random):
    """Modes of all atoms with a Debye spectrum from 200 to 20 fs."""
    vectors = np.linalg.qr(random.normal(size=(3 * ATOMS, 3 * ATOMS)))[0]
    frequency = np.clip(random.uniform(size=3 * ATOMS) ** (1.0 / 3.0), 0.1, 1.0) / 20.0
    amplitude = 0.004 / frequency
    phase = random.uniform(0.0, 2.0 * np.pi, size=3 * ATOMS)
    return ((amplitude * np.sin(2.0 * np.pi * TIMES[:, None] * frequency + phase)) @ vectors).reshape(FRAMES, ATOMS, 3)


def walk(random, diffusion):
    """Springs whose points of rest diffuse; D in cm²/s."""
    step = np.sqrt(2.0 * diffusion * 10.0 * STEP_FS)
    return springs(random) + np.cumsum(step * random.normal(size=(FRAMES, ATOMS, 3)), axis=0)


def moved(positions):
    """Return the displacements as a summary."""
    edge = SPACING * ATOMS ** (1.0 / 3.0)
    found = Displacements(np.ones(ATOMS))
    found.add(
        FrameBlock(
            steps=np.arange(len(positions)),
            times_fs=TIMES[: len(positions)],
            positions_angstrom=positions,
            velocities_angstrom_per_fs=positions,
            cells_angstrom=np.broadcast_to(edge * np.eye(3), (len(positions), 3, 3)),
            forces_ev_per_angstrom=positions,
        )
    )
    summary = xr.Dataset(attrs={"n_atoms": ATOMS, "production_fs": float(TIMES[len(positions) - 1])})
    for name, value in found.results().items():
        if isinstance(value, Estimate):
            put_estimate(summary, name, value)
        else:
            summary[name] = value
    return summary


@pytest.mark.parametrize("draw", [springs, phonons])
def test_solids_of_one_and_a_half_picoseconds_are_recognised(draw):
    assert all(solid_flag(moved(draw(np.random.default_rng(seed)))) for seed in range(4))


@pytest.mark.parametrize("diffusion", [1e-4, 1e-5, 3e-6])
def test_slow_fluids_are_no_solids(diffusion):
    assert all(solid_flag(moved(walk(np.random.default_rng(seed), diffusion))) is False for seed in range(4))


def test_too_short_a_run_is_not_told():
    assert solid_flag(moved(springs(np.random.default_rng(1))[:15])) is None
    assert solid_flag(xr.Dataset(attrs={"n_atoms": ATOMS, "production_fs": 10.0})) is None


def of_density(summary, value):
    """Give a summary a mean density and the state of an isobar."""
    put_estimate(summary, "density", Estimate(value, 0.01, "g/cm^3", 20.0))
    summary.attrs |= {"temperature_k": 1000.0, "pressure_gpa": 200.0, "constant_volume": 0}
    return summary


def test_repeats_that_froze_are_in_no_average_where_others_are_a_fluid():
    random = np.random.default_rng(3)
    fluid, frozen = of_density(moved(walk(random, 1e-4)), 1.0), of_density(moved(springs(random)), 0.8)
    untold = of_density(moved(springs(random)[:15]), 1.2)
    untold.attrs["production_fs"] = fluid.attrs["production_fs"]
    line = Isobar.from_summaries([frozen, fluid, untold], engine="springs")
    assert line.points[0].estimates["density"].value == pytest.approx(1.1)
    assert (line.points[0].solid, line.points[0].solids_left_out) == (False, 1)
    assert (line.partly_solid_coordinates, line.solid_coordinates) == ((1000.0,), ())
    alone = Isobar.from_summaries([frozen, untold], engine="springs")  # none is known to be a fluid
    assert alone.points[0].estimates["density"].value == pytest.approx(1.0)
    assert (alone.points[0].solid, alone.partly_solid_coordinates) == (True, ())
