"""What is not known somewhere along the line is proven small nowhere, and may be proven large all the same."""

import math
from dataclasses import replace

import numpy as np
import pytest

from llpt.audit import Outcome, Thresholds, compare
from llpt.statistics import Estimate
from llpt.transition import locate, synthetic_isobar

GRID_K = tuple(np.arange(700.0, 1201.0, 20.0))
ENERGIES = ("enthalpy", "enthalpy_from_free_energy")


def line(seed, *, unknown=None, at=lambda _: True, temperatures_k=GRID_K, change=1.0):
    isobar = synthetic_isobar(temperatures_k, place_k=905.0, width_k=0.0, jump=0.03, seed=seed, noise=1e-4)
    random = np.random.default_rng(seed)
    for point in isobar.points:
        height = (2.0 if point.coordinate < 905.0 else 1.2) + 0.005 * random.normal()
        point.estimates["rdf_peak_height"] = Estimate(height, 0.005, "", 200.0)
        for name in unknown or ():
            if name in point.estimates and at(point.coordinate):
                each = point.estimates[name]
                point.estimates[name] = replace(each, value=each.value * change, error=math.nan)
    return locate(isobar)


def judged(verdict, text):
    return next(each for each in verdict.comparisons if each.judged and text in each.quantity)


def test_equal_lines_that_are_known_everywhere_are_faithful():
    verdict = compare(line(1), line(2))
    assert verdict.value is Outcome.FAITHFUL
    one_inside = line(2, unknown=("density", "rdf_peak_height", *ENERGIES), at=lambda kelvin: kelvin == 760.0)
    assert compare(line(1), one_inside).value is Outcome.FAITHFUL


@pytest.mark.parametrize(
    ("reference", "surrogate"),
    [
        ({}, {"unknown": ENERGIES}),
        ({"unknown": ENERGIES}, {}),
        (
            {"unknown": ENERGIES, "at": lambda kelvin: kelvin % 40.0},
            {"unknown": ENERGIES, "at": lambda kelvin: not kelvin % 40.0},
        ),
    ],
)
def test_an_enthalpy_that_both_have_and_never_both_know_leaves_the_verdict_open(reference, surrogate):
    verdict = compare(line(1, **reference), line(2, **surrogate))
    assert verdict.value is Outcome.NOT_RESOLVED
    assert "both enthalpies are known" in judged(verdict, "enthalpy step").sentence


@pytest.mark.parametrize("name", ["density", "rdf_peak_height"])
@pytest.mark.parametrize(
    "at",
    [
        lambda kelvin: kelvin >= 1160.0,
        lambda kelvin: kelvin == 700.0,
        lambda kelvin: kelvin in {740.0, 760.0},
        lambda kelvin: kelvin > 960.0,
    ],
)
def test_a_curve_that_is_not_known_at_an_end_or_at_neighbours_leaves_the_verdict_open(name, at):
    verdict = compare(line(1), line(2, unknown=(name,), at=at, change=1.05))
    assert verdict.value is Outcome.NOT_RESOLVED
    words = {"density": "density away", "rdf_peak_height": "first peak"}[name]
    sentence = next(each.sentence for each in verdict.comparisons if each.judged and words in each.sentence.lower())
    missing = [f"{kelvin:g}" for kelvin in GRID_K if at(kelvin)]
    assert f"but it is not known with an error at {', '.join(missing)} K: not resolved" in sentence


def test_an_offset_that_is_not_known_is_open_and_taken_from_nothing():
    verdict = compare(line(1), line(2, unknown=("density",), at=lambda kelvin: kelvin > 905.0))
    assert judged(verdict, "density offset").outcome is Outcome.NOT_RESOLVED
    told = "(no density of the atomic fluid with an error to take an offset from)"
    assert told in next(each.sentence for each in verdict.comparisons if "Density away" in each.sentence)


def test_temperatures_that_the_surrogate_lacks_leave_the_verdict_open_by_name():
    verdict = compare(line(1), line(2, temperatures_k=GRID_K[:-3]))
    assert verdict.value is Outcome.NOT_RESOLVED
    assert any("not known with an error at 1160, 1180, 1200 K" in reason for reason in verdict.reasons)
    every_second = compare(line(1), line(2, temperatures_k=(*GRID_K[::2], GRID_K[-1])))
    assert "not known" not in " ".join(every_second.reasons)


def test_what_is_known_and_differs_is_not_faithful_whatever_else_is_not_known():
    known = line(2, unknown=ENERGIES)
    for point in known.states.points:
        if point.coordinate < 800.0:
            each = point.estimates["density"]
            point.estimates["density"] = replace(each, value=1.05 * each.value)
    assert compare(line(1), known).value is Outcome.NOT_FAITHFUL


def without(located, *names):
    points = [
        replace(point, estimates={name: each for name, each in point.estimates.items() if name not in names})
        for point in located.states.points
    ]
    return locate(replace(located.states, points=tuple(points)))


NEEDED = {"enthalpy step": ENERGIES, "first peak of g(r)": ("rdf_peak_height",)}


@pytest.mark.parametrize("quantity", NEEDED)
@pytest.mark.parametrize("lacking", [0, 1])
def test_what_one_side_has_and_the_other_could_have_leaves_the_verdict_open_where_it_is_judged(quantity, lacking):
    sides = [line(1), line(2)]
    sides[lacking] = without(sides[lacking], *NEEDED[quantity])
    verdict = compare(*sides)
    assert verdict.value is Outcome.NOT_RESOLVED
    assert f"{sides[lacking].states.engine} has none" in judged(verdict, quantity).sentence
    judge = [name for name in Thresholds().judge if name != quantity]
    assert compare(*sides, Thresholds(judge=judge)).value is Outcome.FAITHFUL


@pytest.mark.parametrize("quantity", NEEDED)
def test_what_neither_side_has_is_told(quantity):
    verdict = compare(*(without(line(seed), *NEEDED[quantity]) for seed in (1, 2)))
    assert verdict.value is Outcome.FAITHFUL
    assert any(reason.endswith(f"since neither side has it: {quantity}.") for reason in verdict.reasons)


@pytest.mark.parametrize(("first_k", "word"), [(600.0, "above"), (900.0, "below")])
def test_a_phase_of_which_the_reference_has_no_state_leaves_the_verdict_open(first_k, word):
    """What is compared is then the other phase alone, though the surrogate's jump is twice as high."""
    places = tuple(np.arange(first_k, first_k + 501.0, 50.0))
    sides = [
        locate(synthetic_isobar(places, place_k=1000.0, width_k=100.0, jump=jump, seed=seed, noise=1e-4))
        for seed, jump in ((1, 0.03), (2, 0.06))
    ]
    verdict = compare(*(without(side, *ENERGIES) for side in sides))
    assert verdict.value is not Outcome.FAITHFUL
    assert f"no state {word} the transitions and what counts as near them" in " ".join(verdict.reasons)


def test_states_at_which_the_surrogate_was_not_run_are_named_though_a_curve_bridges_them():
    surrogate = line(2)
    kept = [point for point in surrogate.states.points if point.coordinate != 760.0]
    verdict = compare(line(1), locate(replace(surrogate.states, points=tuple(kept))))
    assert verdict.value is Outcome.FAITHFUL
    assert any(reason.endswith("has no run that counts at 760 K.") for reason in verdict.reasons)


def test_an_energy_from_e_alone_and_one_from_f_alone_are_not_compared():
    other = {"enthalpy": "enthalpy_from_free_energy"}
    surrogate = line(2)
    points = [
        replace(point, estimates={other.get(name, name): each for name, each in point.estimates.items()})
        for point in surrogate.states.points
    ]
    surrogate = replace(surrogate, states=replace(surrogate.states, points=tuple(points)))
    verdict = compare(without(line(1), "enthalpy_from_free_energy"), surrogate)
    assert verdict.value is Outcome.NOT_RESOLVED
    assert "from E alone, the other from F alone" in judged(verdict, "enthalpy step").sentence


def frozen(located, *coordinates, told=True):
    points = [replace(each, solid=told if each.coordinate in coordinates else False) for each in located.states.points]
    return locate(replace(located.states, points=tuple(points)))


@pytest.mark.parametrize("places", [(700.0, 720.0), (1180.0, 1200.0), (780.0,)])
@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("other", [False, None])
def test_a_state_at_which_one_side_alone_is_a_solid_forbids_faithful(places, side, other):
    sides = [frozen(line(1), *places, told=other), frozen(line(2), *places, told=other)]
    sides[side] = frozen(sides[side], *places)
    verdict = compare(*sides)
    assert verdict.value is Outcome.NOT_RESOLVED
    assert any(
        f"is a solid at {places[0]:g}" in reason and "is not known to be" in reason for reason in verdict.reasons
    )


def test_solids_on_both_sides_take_no_part_and_forbid_nothing():
    sides = [frozen(line(seed), 700.0, 720.0) for seed in (1, 2)]
    assert compare(*sides).value is Outcome.FAITHFUL


@pytest.mark.parametrize("side", [0, 1])
def test_a_state_at_which_some_runs_of_one_side_froze_forbids_faithful(side):
    sides = [frozen(line(seed)) for seed in (1, 2)]
    points = [replace(each, solids_left_out=int(each.coordinate == 780.0)) for each in sides[side].states.points]
    sides[side] = locate(replace(sides[side].states, points=tuple(points)))
    verdict = compare(*sides)
    assert verdict.value is Outcome.NOT_RESOLVED
    assert any("is a solid in a run at 780 K" in reason for reason in verdict.reasons)
    both = [locate(replace(sides[side].states, points=tuple(points))), frozen(line(2), 780.0)]
    assert not any("is not known to be" in reason for reason in compare(*both).reasons)
