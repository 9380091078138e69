"""A controlled test matters, does not matter, or is not resolved: each only where it is proven."""

import dataclasses
import functools

import numpy as np
import pytest

from llpt.audit import Thresholds
from llpt.campaign import ControlledTest, Role
from llpt.statistics import Estimate
from llpt.study.analysis import LadderResult
from llpt.study.effects import Influence, effect, relative_jump
from llpt.transition import locate, synthetic_isobar

BASE = ControlledTest.BASE

GRID = tuple(float(value) for value in np.arange(700.0, 1101.0, 20.0))


@functools.cache
def ladder(place_k=900.0, *, test=BASE, seed=1, noise=0.0005, **options):
    isobar = synthetic_isobar(GRID, place_k=place_k, width_k=0.0, seed=seed, noise=noise, **options)
    return LadderResult(Role.REFERENCE, "DFT/PBE", 512, "P200", 200.0, test, (), locate(isobar))


def test_the_same_ladder_with_other_noise_does_not_matter():
    found = effect("thermostat", ladder(seed=2, test="thermostat"), ladder(), Thresholds())
    assert found.influence is Influence.DOES_NOT_MATTER
    assert abs(found.shift_k.value) < 3.0 * found.shift_k.error
    assert abs(found.jump_percent.value) < 3.0 * found.jump_percent.error
    assert len(found.changes) == len(GRID)
    assert {change.temperature_k for change in found.changes if not change.judged} == {
        860.0,
        880.0,
        900.0,
        920.0,
        940.0,
    }


def test_a_shift_of_the_transition_matters_and_is_measured():
    found = effect("functional", ladder(1010.0, seed=2), ladder(), Thresholds())
    assert found.influence is Influence.MATTERS
    assert found.shift_k.value == pytest.approx(110.0, abs=3.0 * found.shift_k.error)
    assert all(change.judged for change in found.changes if not 840.0 < change.temperature_k < 1070.0)


def test_a_density_that_moves_away_from_the_transition_matters():
    found = effect("cutoff", ladder(seed=2, offset=0.02), ladder(), Thresholds())
    assert found.influence is Influence.MATTERS
    judged = [change.percent.value for change in found.changes if change.judged]
    assert np.mean(judged) == pytest.approx(2.0, abs=0.05)


def test_noise_hides_what_it_may():
    found = effect("thermostat", ladder(seed=2, noise=0.01), ladder(noise=0.01), Thresholds())
    assert found.influence is Influence.NOT_RESOLVED


def test_a_larger_jump_is_seen_in_per_cent():
    larger = ladder(seed=2, jump=0.05)
    assert relative_jump(larger).value == pytest.approx(5.0, abs=0.3)
    found = effect("functional", larger, ladder(), Thresholds())
    assert found.jump_percent.value == pytest.approx(2.0, abs=0.4)
    assert found.influence is Influence.MATTERS


class Run:
    """A run at constant volume, as an effect sees it."""

    def __init__(self, temperature_k, summary):
        self.run = type("Run", (), {"state": type("State", (), {"temperature_k": temperature_k})()})()
        self.summary = summary


def test_a_pressure_at_held_volume_becomes_a_density_by_the_compressibility():
    import xarray as xr

    from llpt.observables import put_estimate

    base = ladder()
    more = {
        "compressibility": Estimate(1e-3, 1e-5, "1/GPa", 50.0),
        "pressure": Estimate(200.0, 0.1, "GPa", 50.0),
    }
    points = tuple(dataclasses.replace(p, estimates={**p.estimates, **more}) for p in base.isobar.points)
    isobar = dataclasses.replace(base.isobar, points=points)
    base = dataclasses.replace(base, located=dataclasses.replace(base.located, isobar=isobar))
    summary = xr.Dataset()
    put_estimate(summary, "pressure", Estimate(203.0, 0.1, "GPa", 50.0))
    held = dataclasses.replace(base, test="ensemble", located=None, runs=(Run(800.0, summary),))
    found = effect("ensemble", held, base, Thresholds())
    (change,) = found.changes
    assert change.percent.value == pytest.approx(-0.3)
    assert change.percent.error == pytest.approx(100.0 * np.hypot(1e-3 * np.hypot(0.1, 0.1), 3e-5), rel=1e-6)
    assert found.influence is Influence.DOES_NOT_MATTER
