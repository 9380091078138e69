"""Transitions along isotherms and isochores whose answer is known: van der Waals, and two states with a known line."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from llpt import units
from llpt.observables import quantity
from llpt.statistics import Estimate
from llpt.transition import Coordinate, Isochore, Isotherm, LadderPath, LinePoint, find_coexistence, locate, pair_steps
from llpt.transition.crossing_criteria import MOLECULAR_HALF
from llpt.transition.isotherm import HEAT
from llpt.transition.order import EvidenceKind, Order, clapeyron_slope, hysteresis_loop, order_of_line
from llpt.transition.plateau import PRESSURE_PLATEAU, equal_areas
from llpt.transition.step import fit_step
from llpt.transition.step_criteria import DENSITY_JUMP, ENERGY_STEP, ENTROPY_STEP, FIRST_PEAK_LOSS, PRESSURE_STEP

TEMPERATURE_K = 1000.0
LATENT_EV = 0.06
JUMP = 0.03
MASS_U = 1.008
PRESSURES = np.arange(100.0, 205.0, 7.0)


def points(coordinates, curves, seed, *, samples=40.0):
    """Return points with Gaussian noise of the errors given beside each curve."""
    random = np.random.default_rng(seed)
    noisy = {
        name: (values + error * random.normal(size=len(values)), error) for name, (values, error) in curves.items()
    }
    return tuple(
        LinePoint(
            float(where),
            {
                name: Estimate(float(values[index]), error, quantity(name).unit, samples)
                for name, (values, error) in noisy.items()
            },
            2000.0,
        )
        for index, where in enumerate(coordinates)
    )


def share(places, place, width):
    return np.where(places > place, 1.0, 0.0) if width == 0.0 else 0.5 * (1.0 + np.tanh((places - place) / width))


def two_states(place_gpa, width_gpa=0.0, *, seed=1, noise=0.001, n_atoms=512, path=LadderPath.COMPRESSION):
    """Return an isotherm of hydrogen-like numbers whose denser phase takes over at a pressure."""
    fine = np.linspace(PRESSURES[0], PRESSURES[-1], 20001)
    density = (fine / 150.0) ** 0.45 * (1.0 + JUMP * share(fine, place_gpa, width_gpa))
    volume = MASS_U * units.U_PER_ANGSTROM3_TO_G_PER_CM3 / density
    steps = np.diff(fine) * units.GPA_TO_EV_PER_ANGSTROM3
    work = np.concatenate([[0.0], np.cumsum(0.5 * (volume[1:] + volume[:-1]) * steps)])
    heat = LATENT_EV * share(fine, place_gpa, width_gpa) - 2e-4 * (fine - 150.0)
    taken = np.searchsorted(fine, PRESSURES - 1e-9)
    step = share(PRESSURES, place_gpa, width_gpa)
    curves = {
        "density": (density[taken], noise),
        "volume": (volume[taken], noise * 1.7),
        "enthalpy": ((work + heat)[taken] - 13.0, 2.0 * noise),
        "rdf_peak_prominence": (2.0 * (1.0 - step), 50.0 * noise),
        "molecular_fraction": (0.9 - 0.8 * step, 10.0 * noise),
    }
    return Isotherm("two states", n_atoms, TEMPERATURE_K, points(PRESSURES, curves, seed), path=path)


def van_der_waals(temperature, densities, *, error=0.002, seed=3, path=LadderPath.COMPRESSION):
    """Return an isotherm of the fluid of van der Waals, everything reduced by its critical point."""
    pressures = 8.0 * temperature * densities / (3.0 - densities) - 3.0 * densities**2
    curves = {"pressure": (pressures, error)}
    found = points(densities, curves, seed)
    return Isotherm("van der Waals", 256, temperature, found, against=Coordinate.DENSITY, path=path)


DENSITIES = np.linspace(0.3, 1.9, 25)
COEXISTENCE = (0.6470, 0.4257, 1.6573)
"""Pressure and densities of the van der Waals fluid at T = 0.9 T_c: equal pressures and chemical potentials, solved."""


def test_a_jump_along_an_isotherm_is_placed_in_pressure():
    pulls = []
    for seed in range(20):
        place = 140.0 + seed
        found = locate(two_states(place, seed=seed)).criteria
        assert set(found) >= {DENSITY_JUMP, ENTROPY_STEP, FIRST_PEAK_LOSS, MOLECULAR_HALF}
        for criterion in (DENSITY_JUMP, ENTROPY_STEP):
            assert found[criterion].resolved, found[criterion].reason
            assert found[criterion].place.unit == "GPa"
            pulls.append((found[criterion].place.value - place) / found[criterion].place.error)
    assert abs(np.mean(pulls)) < 0.5
    assert np.std(pulls) < 1.3


def test_the_heat_along_an_isotherm_steps_by_the_latent_heat():
    found = locate(two_states(150.0)).criteria[ENTROPY_STEP].step
    assert found.height.value == pytest.approx(LATENT_EV, abs=4.0 * found.height.error)
    assert found.height.error < 0.15 * LATENT_EV


def test_where_between_two_points_the_volume_jumps_is_in_the_error_of_the_heat():
    """Straight lines between points put the jump in their middle: the work is off by as much as it lies elsewhere."""
    lower = PRESSURES[len(PRESSURES) // 2]
    spacing = PRESSURES[1] - PRESSURES[0]
    places = lower + spacing * (np.arange(12) + 0.5) / 12.0
    steps = [locate(two_states(place, noise=1e-5)).criteria[ENTROPY_STEP].step for place in places]
    pulls = [(step.height.value - LATENT_EV) / step.height.error for step in steps]
    assert 0.8 < np.sqrt(np.mean(np.square(pulls))) < 1.2
    sharp = two_states(places[0], noise=1e-5)
    smooth = two_states(places[0], 3.0 * spacing, noise=1e-5)
    assert smooth.shared_error(HEAT) < 0.25 * sharp.shared_error(HEAT)
    assert sharp.shared_error("enthalpy") == 0.0


def test_a_smooth_density_has_no_jump():
    curves = {"density": ((PRESSURES / 150.0) ** 0.42, 0.001)}
    for seed in range(10):
        smooth = Isotherm("smooth", 512, TEMPERATURE_K, points(PRESSURES, curves, seed))
        assert not locate(smooth).criteria[DENSITY_JUMP].resolved


def test_compression_turns_signs_where_the_density_falls_on_heating():
    results = locate(two_states(150.0), density_rises=False).criteria
    assert results[DENSITY_JUMP].resolved  # a fluid always gets denser
    assert not results[ENTROPY_STEP].resolved  # a vapour gives off heat when it condenses
    assert "wrong way" in results[ENTROPY_STEP].reason


def test_clapeyrons_slope_follows_from_one_isotherm():
    slope = clapeyron_slope(locate(two_states(150.0, noise=0.0003)))
    volume = MASS_U * units.U_PER_ANGSTROM3_TO_G_PER_CM3
    expected = -TEMPERATURE_K * volume * JUMP / (1.0 + JUMP) * units.GPA_TO_EV_PER_ANGSTROM3 / LATENT_EV
    assert slope.value == pytest.approx(expected, abs=3.0 * slope.error)
    assert slope.error < 0.2 * abs(expected)


def test_a_point_of_the_line_says_which_of_its_numbers_was_held():
    point = locate(two_states(150.0)).phase_point(DENSITY_JUMP)
    assert point.temperature_k == Estimate(TEMPERATURE_K, 0.0, "K", math.inf)
    assert point.pressure_gpa.value == pytest.approx(150.0, abs=4.0)


def test_the_shift_of_two_isotherms_is_known_in_pressure():
    found = pair_steps(two_states(150.0, seed=1).curve("density"), two_states(160.0, seed=2).curve("density")).shift
    assert found.unit == "GPa"
    assert found.value == pytest.approx(10.0, abs=3.0 * found.error)
    assert found.error < 5.0


def test_width_and_loop_tell_the_order_along_an_isotherm():
    up, down = (two_states(150.0, seed=seed, n_atoms=64, path=LadderPath.COMPRESSION) for seed in (1, 2))
    statement = order_of_line(locate(up), back=locate(down))
    kinds = {item.kind for item in statement.evidence}
    assert EvidenceKind.DENSITY_WIDTH in kinds
    loop = hysteresis_loop(up, down)
    assert loop.area.unit == "g/cm^3 GPa"
    assert abs(loop.area.value) < 3.0 * loop.area.error
    wide = [two_states(150.0, 15.0, seed=seed, n_atoms=2048) for seed in (1, 2)]
    statement = order_of_line(locate(wide[0]), back=locate(wide[1]))
    assert statement.order is Order.CROSSOVER, statement.sentence


def test_equal_areas_are_those_of_van_der_waals():
    densities = np.linspace(0.3, 1.9, 400)
    pressures = 7.2 * densities / (3.0 - densities) - 3.0 * densities**2
    pressure, denser, lighter = equal_areas(1.0 / densities[::-1], pressures[::-1])
    assert pressure == pytest.approx(COEXISTENCE[0], abs=2e-4)
    assert 1.0 / lighter == pytest.approx(COEXISTENCE[1], abs=2e-3)
    assert 1.0 / denser == pytest.approx(COEXISTENCE[2], abs=2e-3)


def test_the_loop_of_van_der_waals_gives_its_pressure_and_densities():
    pulls = []
    for seed in range(10):
        found = find_coexistence(van_der_waals(0.9, DENSITIES, seed=seed).curve("pressure"))
        assert found.is_loop
        assert found.resolved
        assert found.lighter_gcc.value == pytest.approx(COEXISTENCE[1], abs=0.02)
        assert found.denser_gcc.value == pytest.approx(COEXISTENCE[2], abs=0.02)
        pulls.append((found.pressure_gpa.value - COEXISTENCE[0]) / found.pressure_gpa.error)
    assert np.std(pulls) < 1.5
    assert abs(np.mean(pulls)) < 2.0  # straight lines between 25 points are not the curve


def test_above_the_critical_point_there_are_no_two_phases():
    for seed in range(10):
        found = find_coexistence(van_der_waals(1.15, DENSITIES, seed=seed).curve("pressure"))
        assert not found.resolved
        assert not found.is_loop
        assert "rises with the density" in found.reason


def test_a_plateau_is_found_between_two_phases():
    densities = np.linspace(0.3, 1.9, 17)
    pressures = 7.2 * densities / (3.0 - densities) - 3.0 * densities**2
    inside = (densities > COEXISTENCE[1]) & (densities < COEXISTENCE[2])
    pressures = np.where(inside, COEXISTENCE[0], pressures)
    flat = Isotherm(
        "flat", 4096, 0.9, points(densities, {"pressure": (pressures, 0.002)}, 5), against=Coordinate.DENSITY
    )
    found = find_coexistence(flat.curve("pressure"))
    assert found.resolved
    assert not found.is_loop
    assert found.pressure_gpa.value == pytest.approx(COEXISTENCE[0], abs=3.0 * found.pressure_gpa.error)
    assert found.lighter_gcc.value == pytest.approx(COEXISTENCE[1], abs=0.1)
    assert found.denser_gcc.value == pytest.approx(COEXISTENCE[2], abs=0.1)
    located = locate(flat)
    assert located.criteria[PRESSURE_PLATEAU].resolved
    assert located.phase_point(PRESSURE_PLATEAU).pressure_gpa == found.pressure_gpa


def test_the_pressure_of_a_plateau_is_known_as_well_as_it_says():
    """Where errors are themselves estimates, the one that came out smallest is no better than the others."""
    densities = 0.85 + 0.02 * np.arange(10)
    random, pulls = np.random.default_rng(1), []
    for _ in range(300):
        lighter = random.uniform(0.88, 0.90)
        level = 150.0 * lighter ** (1.0 / 0.45)
        above = level * (np.maximum(densities, lighter + 0.08) / (lighter + 0.08)) ** (1.0 / 0.45)
        pressures = np.where(densities < lighter, 150.0 * densities ** (1.0 / 0.45), above)
        pressures += 0.3 * random.normal(size=10)
        degrees = random.uniform(4.0, 25.0, 10)
        stated = [
            Estimate.of_deviation(value, 0.3 * math.sqrt(random.chisquare(known) / known), "GPa", 2.0 * known, known)
            for value, known in zip(pressures, degrees, strict=True)
        ]
        drawn = tuple(
            LinePoint(float(where), {"pressure": value}, 2000.0) for where, value in zip(densities, stated, strict=True)
        )
        flat = Isotherm("flat", 256, TEMPERATURE_K, drawn, against=Coordinate.DENSITY)
        found = find_coexistence(flat.curve("pressure"))
        if found.resolved:
            pulls.append((found.pressure_gpa.value - level) / found.pressure_gpa.error)
    assert len(pulls) > 100
    assert 0.8 < np.std(pulls) < 1.3


def test_what_straight_lines_leave_open_of_a_loop_is_in_its_errors():
    places = DENSITIES[::4]
    grids = [places + share * (places[1] - places[0]) for share in np.linspace(-0.5, 0.5, 11)]
    found = [find_coexistence(van_der_waals(0.9, grid, error=1e-6).curve("pressure")) for grid in grids]
    resolved = [each for each in found if each.resolved]
    assert len(resolved) > 6
    for name, true in zip(("pressure_gpa", "lighter_gcc", "denser_gcc"), COEXISTENCE, strict=True):
        pulls = [(getattr(each, name).value - true) / getattr(each, name).error for each in resolved]
        assert np.sqrt(np.mean(np.square(pulls))) < 1.5


def test_a_loop_that_hangs_on_one_density_gives_no_pressure():
    densities = np.linspace(0.85, 1.0, 7)
    pressures = np.array([104.0, 111.0, 118.0, 114.0, 121.0, 128.0, 135.0])
    alone = Isotherm(
        "alone", 256, TEMPERATURE_K, points(densities, {"pressure": (pressures, 0.1)}, 1), against=Coordinate.DENSITY
    )
    found = find_coexistence(alone.curve("pressure"))
    assert found.is_loop
    assert not found.resolved
    assert "hangs on one" in found.reason


def test_a_place_inside_a_loop_has_no_pressure_of_its_own():
    densities = np.linspace(0.85, 1.0, 7)
    step = share(densities, 0.92, 0.01)
    curves = {
        "pressure": (np.array([104.0, 111.0, 118.0, 114.0, 121.0, 128.0, 135.0]), 0.1),
        "rdf_peak_prominence": (2.0 * (1.0 - step), 0.01),
    }
    looped = Isotherm("looped", 256, TEMPERATURE_K, points(densities, curves, 1), against=Coordinate.DENSITY)
    located = locate(looped)
    assert located.criteria[FIRST_PEAK_LOSS].resolved
    assert located.phase_point(FIRST_PEAK_LOSS) is None
    curves["pressure"] = (150.0 * densities ** (1.0 / 0.45), 0.1)
    rising = locate(replace(looped, points=points(densities, curves, 1)))
    point = rising.phase_point(FIRST_PEAK_LOSS)
    assert point.pressure_gpa.value == pytest.approx(150.0 * 0.92 ** (1.0 / 0.45), abs=3.0)


def test_a_soft_stretch_that_rises_is_no_plateau():
    densities = 0.85 + 0.02 * np.arange(10)
    flat = np.array([104.5, 110.1, 116.0, 116.0, 116.0, 116.0, 116.0, 122.0, 128.1, 134.4])
    soft = flat + 0.6 * np.clip(np.arange(10) - 2.0, 0.0, 4.0)
    for pressures, is_plateau in ((flat, True), (soft, False)):
        line = Isotherm(
            "soft", 256, TEMPERATURE_K, points(densities, {"pressure": (pressures, 0.1)}, 1), against=Coordinate.DENSITY
        )
        found = find_coexistence(line.curve("pressure"))
        assert found.resolved is is_plateau
        assert not found.is_loop


def test_a_run_that_does_not_know_its_errors_leaves_the_heat_of_the_others_known():
    isotherm = two_states(150.0)
    estimates = isotherm.points[3].estimates
    for name in ("enthalpy", "volume"):
        estimates[name] = replace(estimates[name], error=math.nan)
    heat = isotherm.curve(HEAT)
    assert len(heat) == len(isotherm.points) - 1
    assert np.isfinite(heat.errors).all()
    assert fit_step(heat).height.value == pytest.approx(LATENT_EV, abs=4.0 * fit_step(heat).height.error)


def test_a_loop_decides_only_where_it_was_walked_both_ways():
    up = locate(van_der_waals(0.9, DENSITIES, seed=1))
    down = locate(van_der_waals(0.9, DENSITIES, seed=2, path=LadderPath.DECOMPRESSION))
    assert order_of_line(up).order is Order.NOT_RESOLVED
    statement = order_of_line(up, back=down)
    assert statement.order is Order.FIRST_ORDER
    assert [item.kind for item in statement.evidence if item.order is Order.FIRST_ORDER] == [EvidenceKind.PRESSURE_LOOP]


def test_a_loop_that_is_not_closed_within_the_densities_gives_no_pressure():
    found = find_coexistence(van_der_waals(0.9, np.linspace(0.7, 1.5, 20)).curve("pressure"))
    assert found.is_loop
    assert not found.resolved


def test_an_isochore_has_its_transition_in_energy_and_pressure():
    temperatures = np.arange(700.0, 1150.0, 50.0)
    step = share(temperatures, 925.0, 0.0)
    curves = {
        "pressure": (150.0 + 0.02 * temperatures - 5.0 * step, 0.3),
        "internal_energy": (2.5 * units.BOLTZMANN_EV_PER_K * temperatures + 0.05 * step - 14.0, 0.002),
        "molecular_fraction": (0.9 - 0.8 * step, 0.01),
    }
    located = locate(Isochore("two states", 512, 1.0, points(temperatures, curves, 1)))
    assert {each.criterion for each in located.deciding} == {ENERGY_STEP, PRESSURE_STEP}
    for criterion in (ENERGY_STEP, PRESSURE_STEP):
        assert located.criteria[criterion].place.value == pytest.approx(925.0, abs=30.0)
    point = located.phase_point(ENERGY_STEP)
    assert point.pressure_gpa.value == pytest.approx(166.0, abs=4.0)
    assert point.temperature_k == located.criteria[ENERGY_STEP].place
    turned = locate(located.states, density_rises=False)
    assert not turned.criteria[PRESSURE_STEP].resolved


def test_pressures_without_a_logarithm_are_no_points_of_a_power_law():
    curve = two_states(150.0).curve("density")
    below = replace(curve, coordinates=curve.coordinates - curve.coordinates[-3] + 1.0)
    fit = fit_step(below)
    assert not fit.resolved
    assert fit.reason.startswith(f"3 of {len(curve)} pressures have a known error")


def test_the_error_of_the_heat_is_that_of_what_each_volume_counts_for():
    error, seeds = 0.01, 400
    quiet = two_states(150.0, noise=1e-12)
    volumes = [point.estimates["volume"].value for point in quiet.points]
    random = np.random.default_rng(1)
    heats = []
    for drawn in random.normal(volumes, error, size=(seeds, len(volumes))):
        noisy = [Estimate(value, error, "A^3", 40.0) for value in drawn]
        both = zip(quiet.points, noisy, strict=True)
        points_ = tuple(replace(point, estimates=point.estimates | {"volume": volume}) for point, volume in both)
        heats.append(replace(quiet, points=points_).curve(HEAT))
    scatter = np.std([heat.values for heat in heats], axis=0)
    assert heats[0].errors[1:] == pytest.approx(scatter[1:], rel=0.15)
