import dataclasses
import math

import numpy as np
import pytest

from llpt.statistics import Estimate
from llpt.transition import (
    LineKind,
    Standing,
    all_criteria,
    criteria,
    deciding,
    drawn_criteria,
    placing,
    separations,
    synthetic_isobar,
)
from llpt.transition.crossing_criteria import CONDUCTIVITY_ONSET
from llpt.transition.extremum_criteria import COMPRESSIBILITY_MAXIMUM, DENSITY_MAXIMUM, EXPANSION_EXTREMUM
from llpt.transition.step_criteria import DENSITY_JUMP, HEAT_CAPACITY_MAXIMUM

GRID_K = (700.0, 800.0, 850.0, 900.0, 950.0, 1000.0, 1100.0, 1200.0)


def make_isobar(place_k, width_k=0.0, *, temperatures_k=GRID_K, seed=0, **options):
    return synthetic_isobar(temperatures_k, place_k=place_k, width_k=width_k, seed=seed, **options)


def test_all_criteria_agree_on_a_sharp_transition():
    results = criteria(make_isobar(905.0))
    for criterion in results:
        if criterion in {CONDUCTIVITY_ONSET, COMPRESSIBILITY_MAXIMUM}:
            continue  # no run has a conductivity or a compressibility
        assert results[criterion].resolved, results[criterion].reason
        if criterion not in {DENSITY_MAXIMUM, EXPANSION_EXTREMUM}:
            temperature = results[criterion].place
            assert temperature.value == pytest.approx(925.0, abs=12.0)
            assert abs(temperature.value - 905.0) < 2.0 * temperature.error
    for separation in separations(results):
        assert abs(separation.difference.value) < 2.5 * separation.difference.error + 30.0


def test_separate_criteria_are_reported_in_kelvin():
    grid = tuple(np.linspace(600.0, 1400.0, 33))
    sharp = make_isobar(850.0, 40.0, temperatures_k=grid)
    late = make_isobar(1000.0, 40.0, temperatures_k=grid)
    points = tuple(
        type(point)(point.coordinate, {**point.estimates, "enthalpy": other.estimates["enthalpy"]}, 2000.0)
        for point, other in zip(sharp.points, late.points, strict=True)
    )
    mixed = type(sharp)(sharp.engine, sharp.n_atoms, sharp.pressure_gpa, points)
    found = {(item.first, item.second): item.difference for item in separations(criteria(mixed))}
    difference = found[DENSITY_JUMP, HEAT_CAPACITY_MAXIMUM]
    assert difference.value == pytest.approx(-150.0, abs=3.0 * difference.error)
    assert difference.unit == "K"
    assert difference.error < 20.0


def test_a_density_that_falls_is_not_this_transition():
    result = criteria(make_isobar(905.0, jump=-0.05))[DENSITY_JUMP]
    assert not result.resolved
    assert "falls on heating" in result.reason
    assert math.isnan(result.place.value)


def test_nothing_is_claimed_without_a_transition():
    isobar = make_isobar(5000.0)
    assert not any(result.resolved for result in criteria(isobar).values())
    assert separations(criteria(isobar)) == []


def test_four_temperatures_are_too_few():
    results = criteria(make_isobar(905.0, temperatures_k=(800.0, 880.0, 930.0, 1000.0)))
    assert not results[DENSITY_JUMP].resolved
    assert "5 are needed" in results[DENSITY_JUMP].reason


def test_solids_take_no_part():
    solid = np.array([True, True, True, True, False, False, False, False])
    results = criteria(make_isobar(905.0, solid=solid))
    assert not results[DENSITY_JUMP].resolved
    everything = criteria(make_isobar(905.0, solid=np.ones(8, dtype=bool)))
    assert all("solid" in result.reason for result in everything.values())


def test_boiling_has_a_density_that_falls():
    isobar = make_isobar(905.0, jump=-0.05)
    assert criteria(isobar, density_rises=False)[DENSITY_JUMP].resolved


def test_expansion_is_most_negative_at_the_transition():
    found = criteria(make_isobar(905.0, 30.0, temperatures_k=tuple(np.arange(700.0, 1101.0, 20.0))))
    result = found[EXPANSION_EXTREMUM]
    assert result.resolved, result.reason
    assert result.place.value == pytest.approx(905.0, abs=2.0 * result.place.error + 5.0)
    assert "(sign: -)" in result.reason
    boiling = make_isobar(905.0, 30.0, temperatures_k=tuple(np.arange(700.0, 1101.0, 20.0)), jump=-0.05)
    other = criteria(boiling, density_rises=False)[EXPANSION_EXTREMUM]
    assert other.place.value == pytest.approx(905.0, abs=2.0 * other.place.error + 5.0)
    assert "(sign: +)" in other.reason


def with_observable(isobar, name, unit, values, error):
    points = tuple(
        dataclasses.replace(point, estimates={**point.estimates, name: Estimate(value, error * value, unit, 10.0)})
        for point, value in zip(isobar.points, values, strict=True)
    )
    return dataclasses.replace(isobar, points=points)


def with_conductivity(isobar, values):
    return with_observable(isobar, "dc_conductivity", "S/cm", values, 0.05)


def test_the_compressibility_is_greatest_on_the_widom_line():
    isobar = make_isobar(900.0, 80.0, temperatures_k=tuple(np.arange(700.0, 1101.0, 50.0)))
    values = 1e-3 + 4e-3 / (1.0 + ((np.array(isobar.temperatures_k) - 915.0) / 120.0) ** 2)
    results = criteria(with_observable(isobar, "compressibility", "1/GPa", values, 0.05))
    found = results[COMPRESSIBILITY_MAXIMUM]
    assert found.resolved, found.reason
    assert abs(found.place.value - 915.0) < 2.0 * found.place.error
    assert COMPRESSIBILITY_MAXIMUM.standing is Standing.REPORTED
    assert not criteria(isobar)[COMPRESSIBILITY_MAXIMUM].resolved


def test_the_conductivity_sets_in_where_it_passes_that_of_a_metal():
    isobar = make_isobar(905.0)
    temperatures = np.array(isobar.temperatures_k)
    smooth = 2000.0 * np.exp((temperatures - 875.0) / 60.0)
    result = criteria(with_conductivity(isobar, smooth))[CONDUCTIVITY_ONSET]
    assert result.resolved, result.reason
    assert result.place.value == pytest.approx(875.0, abs=2.0)
    jump = np.where(temperatures > 905.0, 8000.0, 80.0)
    sharp = criteria(with_conductivity(isobar, jump))[CONDUCTIVITY_ONSET].place
    assert 900.0 < sharp.value < 950.0
    assert sharp.error == pytest.approx(50.0 / math.sqrt(12.0), rel=0.05)
    poor = criteria(with_conductivity(isobar, smooth / 1e4))[CONDUCTIVITY_ONSET]
    assert not poor.resolved
    assert "llpt optics" in criteria(isobar)[CONDUCTIVITY_ONSET].reason


PLUGIN = """
from llpt.transition import Criterion, LineKind, Located, Standing
from llpt.transition.evidence import EvidenceKind

def middle(isobar, curve, rises):
    if isobar.n_atoms == 13:
        raise KeyError("thirteen")
    values = isobar.curve(curve)
    return Located(values.estimate(3).scaled(0.0, "K") if isobar.n_atoms == 7 else values.estimate(3), True, "There.")

CRITERION = Criterion(
    "middle", estimator="the fourth point", curve="density", locate=middle, standing=Standing.DECIDING, figure_order=4,
    places_otherwise=True, decides_last_on=frozenset(LineKind), evidence=EvidenceKind.DENSITY_WIDTH, one_place=True,
)
"""


def test_a_criterion_of_another_package_is_reported_and_never_decides(install_package):
    install_package("middle_package", PLUGIN, {"llpt.criteria": {"middle": "middle_package:CRITERION"}})
    added = all_criteria()[-1]
    assert added.name == "middle"
    assert added.standing is Standing.REPORTED
    assert (added.evidence, added.one_place) == (None, False)
    assert not any(added in (*deciding(kind), *placing(kind)) for kind in LineKind)
    assert drawn_criteria()[-1] == added
    found = criteria(make_isobar(905.0, n_atoms=7))[added]
    assert found.resolved
    assert found.place == Estimate(0.0, 0.0, "K", 40.0)


@pytest.mark.parametrize(("atoms", "says"), [(13, "failed with KeyError"), (512, "no temperature in K")])
def test_a_criterion_that_fails_leaves_the_others(install_package, atoms, says):
    install_package("middle_package", PLUGIN, {"llpt.criteria": {"middle": "middle_package:CRITERION"}})
    found = criteria(make_isobar(905.0, n_atoms=atoms))
    assert not found[all_criteria()[-1]].resolved
    assert says in found[all_criteria()[-1]].reason
    assert found[DENSITY_JUMP].resolved


def test_the_sign_of_a_criterion_turns_with_the_density_only_where_it_follows_it():
    assert [DENSITY_JUMP.rises(density_rises=value) for value in (True, False)] == [True, False]
    assert [EXPANSION_EXTREMUM.rises(density_rises=value) for value in (True, False)] == [False, True]
    assert [HEAT_CAPACITY_MAXIMUM.rises(density_rises=value) for value in (True, False)] == [True, True]
    assert DENSITY_MAXIMUM.rises(density_rises=False) is None
