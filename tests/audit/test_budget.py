"""Where the kelvins come from, by the DFT engine itself on tiny cells of hydrogen."""

import numpy as np
import pytest

from llpt.audit.budget import error_budget, label_choices
from llpt.audit.double_labels import DoublyLabelled
from llpt.bridge import SURROGATE, FreeEnergyMethod
from llpt.engines import make_engine
from llpt.statistics import Estimate
from llpt.structure import Lattice, atomic_lattice, displaced, molecular_lattice

from .labels_for_tests import hydrogen, phase_set, wrong

TEMPERATURE_K = 2000.0
LATENT = Estimate(0.060, 0.001, "eV/atom", 50.0)
OPTIONS = {"ecut_ry": 18.0, "pseudopotential": "gth", "electronic_temperature_k": TEMPERATURE_K, "kpoints": "2x2x2"}


def dft(**changed):
    return make_engine("dft", OPTIONS | changed)


@pytest.fixture(scope="module")
def phases():
    """Eight atoms in molecules, and eight on a lattice, each displaced many times; the cells breathe a little."""
    molecules = molecular_lattice(Lattice.HCP, repeats=(1, 1, 1), wigner_seitz_radius=1.45)
    atoms = atomic_lattice(Lattice.BCC, repeats=(2, 2, 1), wigner_seitz_radius=1.45)
    assert len(molecules) == len(atoms) == 8

    def breathing(structure):
        frames = [displaced(structure, 0.03, seed=number) for number in range(16)]
        for factor, frame in zip(np.random.default_rng(0).normal(1.0, 0.005, 16), frames, strict=True):
            frame.set_cell(frame.cell * factor, scale_atoms=True)
        return frames

    return breathing(molecules), breathing(atoms)


def test_choices_come_back_in_kelvin_or_as_too_far(phases):
    choices = label_choices(
        *phases,
        base=dft(),
        changed={"cutoff 20 Ry": dft(ecut_ry=20.0), "one k-point": dft(kpoints="gamma")},
        temperature_k=TEMPERATURE_K,
    )
    latent = Estimate(0.5, 0.01, "eV/atom", 50.0)  # of these lattices, not of a fluid
    rows = {row.choice: row for row in error_budget(choices, latent)}
    cutoff = rows["cutoff 20 Ry"]
    assert cutoff.shift.value.resolved
    assert "moves the transition" in cutoff.sentence
    low, high = (choices["cutoff 20 Ry"][phase][0].differences_ev.mean() for phase in (0, 1))
    first_order = TEMPERATURE_K * (high - low) / 8.0 / latent.value
    assert cutoff.shift.value.value == pytest.approx(first_order, rel=0.3)
    assert cutoff.density_low.resolved
    assert rows["one k-point"].too_far
    assert "too far" in rows["one k-point"].sentence


def test_the_greatest_known_shift_comes_first():
    frames = [hydrogen(molecular=False, seed=number) for number in range(20)]

    def choice(bias):
        return ([phase_set(frames, noise_ev=0.01)], [phase_set(frames, noise_ev=0.01, bias_ev_per_atom=-bias)])

    rows = error_budget({"small": choice(0.001), "large": choice(0.005), "medium": choice(-0.003)}, LATENT)
    assert [row.choice for row in rows] == ["large", "medium", "small"]
    assert rows[0].low.method in {FreeEnergyMethod.EXPONENTIAL, FreeEnergyMethod.CUMULANT}
    exact = 900.0 * 0.005 / (LATENT.value - 0.005)
    assert abs(rows[0].shift.value.value - exact) < 3.0 * rows[0].shift.value.error


def test_snapshots_that_are_one_long_fluctuation_are_too_few_and_not_too_far():
    """A small choice whose effect drifts through the run: nothing is known of it, and nothing is far."""
    frames = [hydrogen(molecular=False, seed=number) for number in range(20)]
    changed = [wrong(frame, bias_ev_per_atom=1e-4 * number) for number, frame in enumerate(frames)]
    drifting = [DoublyLabelled("run", SURROGATE, 900.0, changed, frames)]
    (row,) = error_budget({"cold electrons": (drifting, drifting)}, LATENT)
    assert not row.too_far
    assert not row.shift.value.resolved
    assert row.sentence.startswith("cold electrons: not resolved. Its snapshots are worth fewer than 5 independent")
