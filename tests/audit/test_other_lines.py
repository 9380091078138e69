"""Isotherms and isochores are judged as isobars are: by what stands for the temperature and the density there."""

import dataclasses
import math

import numpy as np
import pytest

from llpt import units
from llpt.audit import Outcome, Thresholds, Verdict, compare
from llpt.audit.compared import Contrast
from llpt.audit.pairing import Pair
from llpt.audit.quantities import is_built_in, is_only_reported
from llpt.audit.region import region_of
from llpt.audit.requirements import OpenComparison, time_for
from llpt.observables import quantity
from llpt.statistics import Estimate
from llpt.transition import Coordinate, Isochore, Isotherm, LinePoint, locate
from llpt.transition.plateau import PRESSURE_PLATEAU
from llpt.transition.step_criteria import DENSITY_JUMP

PRESSURES = np.arange(100.0, 203.0, 6.0)
DENSITIES = np.linspace(0.80, 1.15, 15)
TEMPERATURES = np.arange(700.0, 1330.0, 50.0)
VOLUME = 1.008 * units.U_PER_ANGSTROM3_TO_G_PER_CM3


def points(coordinates, curves, seed):
    random = np.random.default_rng(seed)
    noisy = {
        name: (values + error * random.normal(size=len(values)), error) for name, (values, error) in curves.items()
    }
    return tuple(
        LinePoint(
            float(where),
            {
                name: Estimate(float(values[index]), error, quantity(name).unit, 60.0, 50.0)
                for name, (values, error) in noisy.items()
            },
            4000.0,
        )
        for index, where in enumerate(coordinates)
    )


def smooth_step(places, place, width):
    return 0.5 * (1.0 + np.tanh((places - place) / width))


def molecules(step, noise):
    return {
        "rdf_peak_prominence": (2.0 * (1.0 - step), 20.0 * noise),
        "rdf_peak_height": (3.0 - 1.5 * step, 20.0 * noise),
        "molecular_fraction": (0.9 - 0.8 * step, 10.0 * noise),
    }


def isotherm(place=150.0, *, offset=0.0, seed=1, noise=0.0005):
    """Return an isotherm at held pressures with a jump of 3 % and 0.06 eV/atom."""
    fine = np.linspace(PRESSURES[0], PRESSURES[-1], 9601)
    step = smooth_step(fine, place, 1.0)
    density = (fine / 150.0) ** 0.45 * (1.0 + 0.03 * step) * (1.0 + offset)
    volume = VOLUME / density
    pieces = 0.5 * (volume[1:] + volume[:-1]) * np.diff(fine) * units.GPA_TO_EV_PER_ANGSTROM3
    work = np.concatenate([[0.0], np.cumsum(pieces)])
    at = np.searchsorted(fine, PRESSURES - 1e-9)
    curves = {
        "density": (density[at], noise),
        "volume": (volume[at], 1.7 * noise),
        "enthalpy": ((work + 0.06 * step)[at], 2.0 * noise),
        **molecules(step[at], noise),
    }
    return locate(Isotherm("engine", 512, 1000.0, points(PRESSURES, curves, seed)))


def held_isotherm(place=1.0, *, pressure=0.0, seed=1, noise=0.0002):
    """Return an isotherm at held densities, soft but without two phases, whose molecules go at a density."""
    step = smooth_step(DENSITIES, place, 0.03)
    curves = {
        "pressure": (150.0 * DENSITIES**2.2 - 3.0 * step + pressure, 400.0 * noise),
        "internal_energy": (0.5 * DENSITIES + 0.04 * step, 2.0 * noise),
        "diffusion": (2e-4 + 8e-4 * step, 0.02 * noise),
        **molecules(step, noise),
    }
    found = points(DENSITIES, curves, seed)
    return locate(Isotherm("engine", 512, 1000.0, found, against=Coordinate.DENSITY))


def isochore(place=1000.0, *, pressure=0.0, seed=1, noise=0.0005):
    step = smooth_step(TEMPERATURES, place, 20.0)
    curves = {
        "pressure": (150.0 + 0.02 * TEMPERATURES - 6.0 * step + pressure, 400.0 * noise),
        "internal_energy": (2.5 * units.BOLTZMANN_EV_PER_K * TEMPERATURES + 0.05 * step, 2.0 * noise),
        **molecules(step, noise),
    }
    return locate(Isochore("engine", 512, 1.0, points(TEMPERATURES, curves, seed)))


def judged(verdict):
    return {each.quantity: each for each in verdict.comparisons if each.judged}


def test_equal_isotherms_are_faithful_in_pressure():
    verdict = compare(isotherm(seed=1), isotherm(seed=2))
    found = judged(verdict)
    assert verdict.value is Outcome.FAITHFUL, verdict.reasons
    assert found["transition pressure (density jump)"].difference.unit == "GPa"
    assert found["transition pressure (density jump)"].threshold == Thresholds().transition_pressure_gpa
    assert {"transition width in pressure", "density offset", "density (curve)", "enthalpy step"} <= set(found)
    assert all(each.pressure_gpa is None and each.line == "1000 K" for each in verdict.comparisons)
    assert all(each.startswith("1000 K: ") for each in verdict.reasons)


def test_a_shifted_isotherm_is_not_faithful_by_so_many_gigapascals():
    verdict = compare(isotherm(150.0, seed=1), isotherm(170.0, seed=2))
    shift = judged(verdict)["transition pressure (density jump)"]
    assert verdict.value is Outcome.NOT_FAITHFUL
    assert shift.outcome is Outcome.NOT_FAITHFUL
    assert shift.difference.value == pytest.approx(20.0, abs=3.0 * shift.difference.error)


def test_an_offset_of_the_density_is_told_from_a_shift_of_the_transition():
    found = judged(compare(isotherm(seed=1), isotherm(offset=0.03, seed=2)))
    assert found["density offset"].outcome is Outcome.NOT_FAITHFUL
    assert found["transition pressure (density jump)"].outcome is Outcome.FAITHFUL


def test_the_latent_heat_of_an_isotherm_is_compared():
    base = isotherm(seed=1)
    other = dataclasses.replace(
        base,
        states=dataclasses.replace(
            base.states,
            points=tuple(
                dataclasses.replace(
                    point,
                    estimates={
                        **point.estimates,
                        "enthalpy": dataclasses.replace(
                            point.estimates["enthalpy"],
                            value=point.estimates["enthalpy"].value + 0.03 * (point.coordinate > 150.0),
                        ),
                    },
                )
                for point in base.states.points
            ),
        ),
    )
    step = judged(compare(base, other))["enthalpy step"]
    assert step.outcome is Outcome.NOT_FAITHFUL
    assert step.difference.value == pytest.approx(0.03, abs=3.0 * step.difference.error)


def test_at_held_densities_the_pressure_is_judged_and_no_density():
    same, higher = (compare(held_isotherm(seed=1), held_isotherm(pressure=shift, seed=2)) for shift in (0.0, 12.0))
    assert judged(same)["pressure (curve)"].outcome is Outcome.FAITHFUL
    assert judged(higher)["pressure (curve)"].outcome is Outcome.NOT_FAITHFUL
    assert not any(each.quantity.startswith("density") for each in same.comparisons)


def test_without_a_plateau_a_verdict_at_held_densities_follows_the_molecules():
    verdict = compare(held_isotherm(seed=1), held_isotherm(seed=3))
    assert verdict.value is Outcome.FAITHFUL, verdict.reasons
    shifted = compare(held_isotherm(seed=1), held_isotherm(1.08, seed=3))
    lost = judged(shifted)["transition density (first-peak loss)"]
    assert lost.outcome is Outcome.NOT_FAITHFUL
    assert lost.difference.unit == "%"
    assert lost.difference.value == pytest.approx(8.0, abs=4.0 * lost.difference.error)


def test_isochores_are_judged_by_their_temperature_and_pressure():
    verdict = compare(isochore(seed=1), isochore(seed=2))
    assert verdict.value is Outcome.FAITHFUL, verdict.reasons
    assert {"transition temperature (energy step)", "pressure (curve)", "enthalpy step"} <= set(judged(verdict))
    assert {each.line for each in verdict.comparisons} == {"1 g/cm^3"}
    shifted = compare(isochore(seed=1), isochore(1150.0, seed=2))
    assert judged(shifted)["transition temperature (energy step)"].outcome is Outcome.NOT_FAITHFUL
    pressed = compare(isochore(seed=1), isochore(pressure=12.0, seed=2))
    assert judged(pressed)["pressure (curve)"].outcome is Outcome.NOT_FAITHFUL


def without(located, *names):
    points = [
        dataclasses.replace(
            point, estimates={name: each for name, each in point.estimates.items() if name not in names}
        )
        for point in located.states.points
    ]
    return locate(dataclasses.replace(located.states, points=tuple(points)))


def moved(located, distance):
    points = [dataclasses.replace(point, coordinate=point.coordinate + distance) for point in located.states.points]
    return locate(dataclasses.replace(located.states, points=tuple(points)))


@pytest.mark.parametrize(("line", "between"), [(isochore, 25.0), (held_isotherm, 0.0125)])
def test_at_held_volumes_a_pressure_that_is_not_compared_leaves_the_verdict_open(line, between):
    """Of a surrogate 20 GPa off: its pressure is not known, or known at other states than the reference's."""
    reference, surrogate = line(seed=1), line(seed=2, pressure=20.0)
    for other, why in (
        (without(surrogate, "pressure"), "engine has none"),
        (moved(surrogate, between), f"Pressure: no {reference.states.along.word} common to both"),
    ):
        verdict = compare(reference, other)
        assert verdict.value is Outcome.NOT_RESOLVED
        pressure = next(each for name, each in judged(verdict).items() if name.startswith("pressure"))
        assert pressure.outcome is Outcome.NOT_RESOLVED
        assert why in pressure.sentence
    told = compare(*(without(line(seed=seed), "pressure") for seed in (1, 2)))
    assert any("since neither side has it: pressure" in reason for reason in told.reasons)


def test_lines_of_another_kind_are_no_partners():
    verdict = compare([isotherm(), held_isotherm()], [isotherm(seed=2)])
    assert verdict.value is Outcome.NOT_RESOLVED
    assert any("No runs of the surrogate at 1000 K" in reason for reason in verdict.reasons)


def test_what_is_open_says_how_many_gigapascals_apart():
    every_third = isotherm().states
    coarse = dataclasses.replace(every_third, points=every_third.points[::3])
    verdict = compare(locate(coarse), locate(dataclasses.replace(coarse, engine="other")))
    needs = [need for need in verdict.requirements if need.temperatures_k]
    assert needs
    assert all("GPa" in need.sentence and " K:" not in need.sentence.replace("1000 K:", "") for need in needs)


def test_a_verdict_of_an_isotherm_survives_its_file():
    verdict = compare(isotherm(seed=1), isotherm(seed=2))
    again = Verdict.from_json(verdict.to_json())
    assert again.comparisons[0].where == "1000 K"
    assert math.isclose(again.comparisons[0].difference.value, verdict.comparisons[0].difference.value)


def test_a_curve_along_an_isotherm_is_told_in_its_own_unit():
    found = judged(compare(isotherm(seed=1), isotherm(seed=2)))["density (curve)"]
    assert "GPa of" in found.sentence
    assert "pressures" in found.sentence
    assert "temperatures" not in found.sentence


def plateau(shift=0.0, *, seed):
    """Return an isotherm at held densities between whose 1.00 and 1.12 g/cm^3 two phases share the cell."""
    densities = np.arange(0.80, 1.33, 0.02)
    lighter, denser = 1.0 + shift, 1.12 + shift
    outside = np.where(densities < lighter, densities - lighter, np.where(densities > denser, densities - denser, 0.0))
    curves = {"pressure": (150.0 + 300.0 * outside, 0.3), "internal_energy": (0.5 * densities, 1e-3)}
    found = points(densities, curves, seed)
    return locate(Isotherm("engine", 512, 1000.0, found, against=Coordinate.DENSITY))


def test_between_two_phases_that_share_the_cell_no_curve_is_compared():
    pair = Pair(plateau(seed=1), plateau(seed=2))
    assert pair.deciding is PRESSURE_PLATEAU
    region = region_of(pair)
    inside = np.array([1.01, 1.06, 1.11])
    assert not region.beside(inside, 0.0).any()
    assert region.below(np.array([0.90]), 0.0).all()
    assert region.above(np.array([1.22]), 0.0).all()


def test_curves_are_divided_where_the_transition_is_judged():
    """The density's own place is not that of the pair where the surrogate has none in the density."""
    reference, surrogate = isotherm(150.0, seed=1), isotherm(160.0, seed=2)
    lost = dataclasses.replace(
        surrogate.criteria[DENSITY_JUMP], place=Estimate.unknown("GPa"), resolved=False, reason="Lost."
    )
    surrogate = dataclasses.replace(surrogate, criteria={**surrogate.criteria, DENSITY_JUMP: lost})
    pair = Pair(reference, surrogate)
    assert pair.deciding is not DENSITY_JUMP
    region = region_of(pair)
    places = sorted(side.criteria[pair.deciding].place.value for side in (reference, surrogate))
    assert [region.low, region.high] == places


def test_what_it_takes_counts_the_statements_within_a_curve():
    reference = isotherm(seed=1)
    pair = Pair(reference, isotherm(seed=2))
    curve = judged(compare(reference, isotherm(offset=0.03, seed=2)))["density offset"]

    def picoseconds(comparison, among):
        contrast = Contrast(comparison.difference, comparison.sentence)
        return time_for(pair, [OpenComparison(comparison, among, contrast)], confidence=0.95).picoseconds

    assert picoseconds(curve, 400.0) >= picoseconds(curve, 1.0)
    beyond = curve.model_copy(update={"difference": Estimate(1.3, 0.2, "%", 40.0)})
    assert picoseconds(beyond, 5.0) > picoseconds(beyond, 1.0)


def test_a_row_that_is_only_shown_is_told_from_one_that_may_be_judged():
    for line, place, deciding in (
        (isotherm, "transition pressure", "density jump"),
        (held_isotherm, "transition density", "first-peak loss"),
        (isochore, "transition temperature", "energy step"),
    ):
        rows = {each.quantity: each for each in compare(line(seed=1), line(seed=2)).comparisons}
        assert not is_only_reported(rows[f"{place} ({deciding})"], Thresholds())
        shown = rows[f"{place} (diffusion onset)"]
        assert is_only_reported(shown, Thresholds())
        assert not is_only_reported(shown, Thresholds(judge=("diffusion onset",)))
        assert is_built_in(shown)
        assert not is_built_in(shown.model_copy(update={"quantity": f"{place} (of another package)"}))


def test_brackets_of_densities_are_judged_in_per_cent():
    slow = plateau(seed=1)
    longer = tuple(dataclasses.replace(point, production_fs=40_000.0) for point in slow.states.points)
    slow = dataclasses.replace(slow, states=dataclasses.replace(slow.states, points=longer))
    reference = dataclasses.replace(slow, back=slow)
    surrogate = dataclasses.replace(plateau(0.10, seed=2), back=plateau(0.08, seed=3))
    found = {each.quantity: each for each in compare(reference, surrogate).comparisons}
    bracket = found["transition density (pressure plateau)"]
    assert "on both ways" in bracket.sentence
    assert bracket.difference.unit == "%"
    assert bracket.difference.value == pytest.approx(9.4, abs=4.0 * bracket.difference.error)
    assert bracket.outcome is Outcome.NOT_FAITHFUL
