"""A change of the energy that no force does work for: two theories, or two runs, in one."""

from dataclasses import replace

import numpy as np
import pytest
from ase import units
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution
from ase.md.verlet import VelocityVerlet

from llpt.errors import InputError
from llpt.trajectory import Facts
from llpt.trajectory.foreign import read_through
from llpt.trajectory.foreign.ase_atoms import open_atoms
from llpt.trajectory.foreign.statements import FactCheck
from llpt.trajectory.foreign.steadiness import unworked
from llpt.trajectory.foreign.suspicion import hold_against

STEP_FS = 4.0


@pytest.fixture(scope="module")
def solid():
    """Energies, positions and forces of solid copper, 60 steps."""
    atoms = bulk("Cu", cubic=True) * (2, 2, 2)
    atoms.calc = EMT()
    MaxwellBoltzmannDistribution(atoms, temperature_K=1200, rng=np.random.default_rng(2))
    dynamics = VelocityVerlet(atoms, STEP_FS * units.fs)
    dynamics.run(50)
    kept = []

    def keep():
        kept.append((atoms.copy(), atoms.get_potential_energy(), atoms.get_forces()))

    dynamics.attach(keep, interval=1)
    dynamics.run(60)
    return kept


def source_of(solid, change):
    frames = []
    for number, (atoms, energy, forces) in enumerate(solid):
        copy = atoms.copy()
        value = energy + len(atoms) * change(number)
        copy.calc = SinglePointCalculator(copy, energy=value, free_energy=value, forces=forces)
        frames.append(copy)
    return open_atoms(frames)


def read(source):
    return read_through(source, frame_interval_fs=STEP_FS, electronic_temperature_k=0.0).measured


def measured(solid, change):
    return read(source_of(solid, change))


def test_what_is_true_is_taken(solid):
    assert unworked(measured(solid, lambda _: 0.0), "it") == []


@pytest.mark.parametrize("by_ev", [0.001, -0.003, 0.02, 0.3])
def test_a_jump_is_found_where_it_is(solid, by_ev):
    (found,) = unworked(measured(solid, lambda number: by_ev * (number >= 30)), "it")
    assert found.check is FactCheck.ENERGY
    assert found.cause.startswith("To frame 30 of it the energy changes by ")
    assert float(found.cause.split("changes by ")[1].split()[0]) == pytest.approx(by_ev, rel=0.1)


def test_it_is_refused_unless_somebody_says_that_it_is_right(solid):
    jumped = measured(solid, lambda number: 0.003 * (number >= 30))
    facts = Facts(frame_interval_fs=STEP_FS)
    with pytest.raises(InputError, match=r"more than its forces do work.*: two theories.*--despite energy"):
        hold_against(jumped, facts, "it")
    hold_against(jumped, facts, "it", despite={FactCheck.ENERGY})


def test_several_meetings_and_a_single_wrong_energy_are_found(solid):
    pieces = measured(solid, lambda number: 0.01 * (number // 20 % 2))
    assert "To frame 20 of it" in unworked(pieces, "it")[0].cause
    single = measured(solid, lambda number: 0.002 * (number == 41))
    assert "To frame 41 of it" in unworked(single, "it")[0].cause


def test_frames_far_apart_tell_nothing(solid):
    assert unworked(measured(solid[::6], lambda number: 0.003 * (number >= 5)), "it") == []


def test_energies_of_electrons_that_did_not_converge_are_another_matter(solid):
    source = source_of(solid, lambda number: 0.002 * (number == 41))

    def frames():
        return (replace(frame, unconverged=number == 41) for number, frame in enumerate(source.frames()))

    assert unworked(read(source), "it")
    assert unworked(read(replace(source, frames=frames)), "it") == []
