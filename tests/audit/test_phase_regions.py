"""Both ensembles of a phase are of one region of configurations, whichever run they came from."""

import math

import numpy as np
import pytest
from tests.audit.labels_for_tests import hydrogen, phase_set

from llpt.audit import OrderParameter, boundary_between, enthalpies_of, in_phases, steps_between
from llpt.bridge import REFERENCE, SURROGATE
from llpt.statistics import Estimate
from llpt.units import GPA_TO_EV_PER_ANGSTROM3

BIAS = 0.004
COLD, HOT = Estimate(0.98, 0.01, "", 20.0), Estimate(0.20, 0.02, "", 20.0)
BOUNDARY = boundary_between(OrderParameter.MOLECULAR_FRACTION, COLD, HOT)


def run(pattern, *, coupling=SURROGATE, bias=BIAS):
    """Snapshots of a run, M molecular and A atomic; the surrogate is too high by a bias where they are molecular."""
    sets = [
        phase_set([hydrogen(molecular=kind == "M", seed=seed)], bias_ev_per_atom=bias if kind == "M" else 0.0)
        for seed, kind in enumerate(pattern)
    ]
    frames = [[frame for each in sets for frame in getattr(each, side)] for side in ("reference", "surrogate")]
    return type(sets[0])(f"run {pattern}", coupling, 900.0, *frames)


def test_the_boundary_is_half_way_and_known_to_be_one():
    assert BOUNDARY.value == pytest.approx(0.59)
    assert BOUNDARY.low_is_above
    assert boundary_between(OrderParameter.DENSITY, COLD, Estimate(0.96, 0.02, "", 20.0)) is None
    assert boundary_between(OrderParameter.DENSITY, COLD, Estimate.unknown("")) is None


def test_runs_that_stay_keep_all_but_their_strays():
    low, high = run("M" * 29 + "A"), run("A" * 30)
    found = in_phases([low], [high], BOUNDARY)
    assert [len(found.low[0].reference), len(found.high[0].reference)] == [29, 30]
    assert found.strayed == pytest.approx(1 / 30)
    assert "stayed" in found.sentence


def test_runs_that_go_to_and_fro_give_both_phases_in_both_ensembles():
    sets = [run("MMAA", coupling=SURROGATE), run("AMAM", coupling=REFERENCE)]
    found = in_phases(sets, [run("AAAM", coupling=SURROGATE)], BOUNDARY)
    counts = {
        (name, each.coupling): len(each.reference)
        for name, phase in (("low", found.low), ("high", found.high))
        for each in phase
    }
    assert counts == {("low", 0.0): 2, ("low", 1.0): 2, ("high", 0.0): 5, ("high", 1.0): 2}
    assert found.strayed == pytest.approx(0.5)
    for phase, bias in ((found.low, BIAS), (found.high, 0.0)):
        for each in phase:
            np.testing.assert_allclose(each.differences_ev, -16 * bias, atol=1e-9)


def test_a_phase_that_nobody_visited_is_empty():
    found = in_phases([run("AAAA")], [run("AAAA")], BOUNDARY)
    assert not found.low
    assert len(found.high) == 1


def test_without_a_boundary_runs_count_for_what_they_are_meant_for():
    low, high = run("MAMA"), run("AAAA")
    found = in_phases([low], [high], None)
    assert (found.low, found.high) == ((low,), (high,))
    assert math.isnan(found.strayed)


def test_the_steps_are_those_of_the_references_own_configurations():
    low, high = run("M" * 12, coupling=REFERENCE), run("A" * 12, coupling=REFERENCE)
    other = run("A" * 12, coupling=SURROGATE, bias=5.0)
    found = steps_between([low], [high, other], pressure_gpa=200.0)
    mean = {
        name: np.mean(
            [
                atoms.get_potential_energy() / 16 + 200.0 * GPA_TO_EV_PER_ANGSTROM3 * atoms.get_volume() / 16
                for atoms in each.reference
            ]
        )
        for name, each in (("low", low), ("high", high))
    }
    assert found.enthalpy.value == pytest.approx(mean["high"] - mean["low"])
    np.testing.assert_allclose(enthalpies_of(low.reference, 200.0).mean(), mean["low"])
    assert not steps_between([low], [high], pressure_gpa=math.nan).enthalpy.resolved
    assert not steps_between([low], [other], pressure_gpa=200.0).volume.resolved
