"""A controlled test matters, does not matter, or is not resolved: each only where it is proven."""

import dataclasses
import math

import numpy as np
import pytest
import xarray as xr

from llpt.audit import Thresholds
from llpt.campaign import ControlledTest, Role, RunIdentity, ThermodynamicState
from llpt.campaign.effects import Influence, effect, effects, relative_jump
from llpt.campaign.ladders import ladders_of
from llpt.campaign.observed import ObservedRun
from llpt.observables import put_estimate
from llpt.statistics import Estimate
from llpt.transition import synthetic_isobar

GRID = tuple(float(value) for value in np.arange(700.0, 1101.0, 20.0))


@pytest.fixture
def ladder(ladder_along):
    """The function that makes the ladder of an isobar whose transition is known; ``more`` adds observables."""

    def make(place_k=900.0, *, test=ControlledTest.BASE, seed=1, noise=0.0005, atoms=512, more=None, **options):
        isobar = synthetic_isobar(GRID, place_k=place_k, width_k=0.0, seed=seed, noise=noise, n_atoms=atoms, **options)
        points = tuple(dataclasses.replace(p, estimates={**p.estimates, **(more or {})}) for p in isobar.points)
        return ladder_along(dataclasses.replace(isobar, points=points), test=test)

    return make


def test_the_same_ladder_with_other_noise_does_not_matter(ladder):
    found = effect("thermostat", ladder(seed=2, test=ControlledTest.THERMOSTAT), ladder(), Thresholds())
    assert found.influence is Influence.DOES_NOT_MATTER
    assert abs(found.shift.value) < 3.0 * found.shift.error
    assert abs(found.jump_percent.value) < 3.0 * found.jump_percent.error
    assert len(found.changes) == len(GRID)
    assert {change.coordinate for change in found.changes if not change.judged} == {
        860.0,
        880.0,
        900.0,
        920.0,
        940.0,
    }


def test_densities_of_solids_are_not_held_against_fluids(ladder):
    fluid = ladder(seed=2)
    points = tuple(dataclasses.replace(point, solid=point.coordinate < 800.0) for point in fluid.states.points)
    isobar = dataclasses.replace(fluid.states, points=points)
    changed = dataclasses.replace(fluid, located=dataclasses.replace(fluid.located, states=isobar))
    found = effect("start", changed, ladder(), Thresholds())
    assert min(change.coordinate for change in found.changes) == 800.0


def test_a_shift_of_the_transition_matters_and_is_measured(ladder):
    found = effect("functional", ladder(1010.0, seed=2), ladder(), Thresholds())
    assert found.influence is Influence.MATTERS
    assert found.shift.value == pytest.approx(110.0, abs=3.0 * found.shift.error)
    assert all(change.judged for change in found.changes if not 840.0 < change.coordinate < 1070.0)


def test_a_density_that_moves_away_from_the_transition_matters(ladder):
    found = effect("cutoff", ladder(seed=2, offset=0.02), ladder(), Thresholds())
    assert found.influence is Influence.MATTERS
    judged = [change.percent.value for change in found.changes if change.judged]
    assert np.mean(judged) == pytest.approx(2.0, abs=0.05)


def test_noise_hides_what_it_may(ladder):
    found = effect("thermostat", ladder(seed=2, noise=0.01), ladder(noise=0.01), Thresholds())
    assert found.influence is Influence.NOT_RESOLVED


def test_a_larger_jump_is_seen_in_per_cent(ladder):
    larger = ladder(seed=2, jump=0.05)
    assert relative_jump(larger).value == pytest.approx(5.0, abs=0.3)
    found = effect("functional", larger, ladder(), Thresholds())
    assert found.jump_percent.value == pytest.approx(2.0, abs=0.4)
    assert found.influence is Influence.MATTERS


def test_a_pressure_at_held_volume_becomes_a_density_by_the_compressibility(ladder):
    base = ladder(
        more={
            "compressibility": Estimate(1e-3, 1e-5, "1/GPa", 50.0),
            "pressure": Estimate(200.0, 0.1, "GPa", 50.0),
        }
    )
    summary = xr.Dataset(attrs={"pressure_gpa": math.nan})
    put_estimate(summary, "pressure", Estimate(203.0, 0.1, "GPa", 50.0))
    identity = RunIdentity("dft-pbe", 512, "P200", "T800", ControlledTest.ENSEMBLE)
    state = ThermodynamicState.at_pressure(200.0, 800.0)
    (held,) = ladders_of([ObservedRun(identity, Role.REFERENCE, "DFT/PBE", state, summary)])
    assert held.states is None
    found = effect("ensemble", held, base, Thresholds())
    (change,) = found.changes
    assert change.percent.value == pytest.approx(-0.3)
    assert change.percent.error == pytest.approx(100.0 * np.hypot(1e-3 * np.hypot(0.1, 0.1), 3e-5), rel=1e-6)
    assert found.influence is Influence.DOES_NOT_MATTER


def test_every_test_is_held_against_the_base_of_its_own_size_and_sizes_against_the_largest(ladder):
    ladders = [
        ladder(),
        ladder(seed=2, atoms=256),
        ladder(seed=3, test=ControlledTest.THERMOSTAT),
        ladder(seed=4, atoms=1024, test=ControlledTest.THERMOSTAT),
    ]
    found = effects(ladders, Thresholds())
    assert [(each.test, each.atoms) for each in found] == [("thermostat", 512), ("size", 256)]
    assert [each.test for each in effects(ladders, Thresholds(), compare_sizes=False)] == ["thermostat"]
