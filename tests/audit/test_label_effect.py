"""Two surrogates, of labels with cold and with warm electrons: what the labels cost, apart from what fits differ by."""

import numpy as np
import pytest

from llpt.audit import DoublyLabelled, effect_of_labels
from llpt.audit.label_effect import CAUSE_CONFIDENCE, with_scatter_of_fits
from llpt.bridge import SURROGATE
from llpt.statistics import Estimate
from llpt.structure import attach_labels
from llpt.units import BOLTZMANN_EV_PER_K

from .labels_for_tests import hydrogen

TEMPERATURE_K, ATOMS, FRAMES = 900.0, 16, 400
LATENT = Estimate(0.060, 0.0, "eV/atom", np.inf)
SPREAD = 0.01
"""Relative standard deviation of the volume."""


@pytest.fixture(scope="module")
def boxes():
    """Cells whose volumes are independent and Gaussian, as of a run at constant pressure, and their mean by atom."""
    random, base = np.random.default_rng(4), hydrogen(molecular=False, seed=1, atoms=ATOMS)
    cells = []
    for factor in random.normal(1.0, SPREAD, FRAMES):
        frame = base.copy()
        frame.set_cell(frame.cell * factor ** (1.0 / 3.0), scale_atoms=True)
        cells.append(frame)
    return cells, base.get_volume() / ATOMS


def phase(boxes, shift_ev_per_atom, slope_ev_per_angstrom3=0.0):
    """Snapshots of the warm surrogate; the other one has shift + slope (v - v0) more energy for each atom."""
    frames, middle = boxes
    warm, other = [], []
    for frame in frames:
        away = frame.get_volume() / ATOMS - middle
        energy = ATOMS * (shift_ev_per_atom + slope_ev_per_angstrom3 * away)
        for labelled, value in ((warm, 0.0), (other, energy)):
            copy = frame.copy()
            attach_labels(copy, energy=value, free_energy=value, forces=np.zeros((ATOMS, 3)))
            labelled.append(copy)
    return [DoublyLabelled("run", SURROGATE, TEMPERATURE_K, other, warm)]


def test_cold_electrons_move_the_transition_and_the_density_by_what_was_planted(boxes):
    """-T_el S of the warm phase is missing: it is 8 meV/atom dearer, and its cell is pulled by a slope in the volume.

    Volumes are Gaussian, so that both are exact: Delta G is the shift less beta (N slope sigma)²/2, and the mean volume
    moves by -beta N slope sigma².
    """
    slope = 0.002
    other = (phase(boxes, 0.0), phase(boxes, 0.008, slope))
    refits = [(phase(boxes, 0.0), phase(boxes, shift)) for shift in (0.0004, -0.0003, 0.0002)]
    found = effect_of_labels("T_el = 0", other, refits, LATENT)
    beta, sigma = 1.0 / (BOLTZMANN_EV_PER_K * TEMPERATURE_K), SPREAD * boxes[1]
    difference = 0.008 - 0.5 * beta * ATOMS * (slope * sigma) ** 2
    kelvins = TEMPERATURE_K * difference / (LATENT.value - difference)
    assert found.row.shift.value.value == pytest.approx(kelvins, abs=3.0 * found.row.shift.value.error)
    percent = 100.0 * beta * ATOMS * slope * sigma**2 / boxes[1]
    assert found.row.density_high.value == pytest.approx(percent, abs=3.0 * found.row.density_high.error)
    assert found.row.density_high.error < 0.2 * percent
    scatter = np.std([0.0, *(each.value for each in found.refits)], ddof=1)
    assert found.shift.error > scatter  # twice the variance of one fit, and Student's factor
    assert found.resolved
    assert "T_el = 0: moves the transition by" in found.sentence
    assert "is more than what two fits to one set of labels differ by (3 refits)" in found.sentence


def test_labels_that_do_no_more_than_the_start_of_a_fit_are_not_resolved(boxes):
    other = (phase(boxes, 0.0), phase(boxes, 0.002))
    refits = [(phase(boxes, 0.0), phase(boxes, shift)) for shift in (0.002, -0.0015)]
    found = effect_of_labels("T_el = 0", other, refits, LATENT)
    assert found.row.shift.value.resolved
    assert not found.resolved
    assert "not proven to be more" in found.sentence


def test_without_a_refit_nothing_is_said_of_the_labels(boxes):
    found = effect_of_labels("T_el = 0", (phase(boxes, 0.0), phase(boxes, 0.008)), (), LATENT)
    assert not found.resolved
    assert not found.shift.resolved
    assert "There is no refit" in found.sentence


def test_the_scatter_of_fits_is_taken_for_an_effect_of_the_labels_in_one_of_twenty_at_most():
    """Nothing but fits, all of one scatter, the tenth of them sampling; 5 % of 2000 and four of its deviations: 139."""
    random, claimed = np.random.default_rng(0), 0
    for _ in range(2000):
        first, other, *refits = random.normal(0.0, 20.0, 5)
        shift, *scatter = (
            Estimate(each - first + random.normal(0.0, 2.0), 2.0, "K", 100.0) for each in (other, *refits)
        )
        found = with_scatter_of_fits(shift, scatter)
        claimed += abs(found.value) > found.half_width(CAUSE_CONFIDENCE)
    assert claimed <= 139
