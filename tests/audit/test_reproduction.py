"""A verdict that was stored, and what this program makes of the same runs."""

import dataclasses
import importlib
import json
from pathlib import Path

import pytest

from llpt import audit
from llpt.audit import VERDICT_FORMAT, Agreement, Thresholds, Verdict, compare, reproduces
from llpt.errors import InputError, NewerFormatError
from llpt.statistics import STATISTICS
from llpt.transition import locate, synthetic_isobar

GRID_K = (700.0, 800.0, 850.0, 900.0, 950.0, 1000.0, 1100.0, 1200.0)
LINES = {"reference": ((100.0, 905.0, 0.0), (150.0, 850.0, 60.0), (200.0, 5000.0, 0.0))}
LINES["surrogate"] = ((100.0, 905.0, 0.0), (150.0, 1000.0, 120.0), (200.0, 5000.0, 0.0))
FIRST = Path(__file__).with_name("verdict-format-1-statistics-1.json")
"""Of the isobars below, by the program that knew no formats (commit 95c824e); every outcome is in it."""
STORED = Path(__file__).with_name("verdict-statistics-9.json")
"""Of the same, by the version of the statistics that the program says it has."""
RESULTS = sorted((Path(__file__).parents[2] / "docs" / "results").rglob("verdict.json"))
"""Those of studies that the documentation tells of."""


def located(engine, first_seed, lines, **options):
    isobars = [
        synthetic_isobar(GRID_K, place_k=place, width_k=width, seed=first_seed + number, engine=engine, **options)
        for number, (_, place, width) in enumerate(lines)
    ]
    pressures = [pressure for pressure, _, _ in lines]
    return [
        locate(dataclasses.replace(isobar, pressure_gpa=pressure))
        for isobar, pressure in zip(isobars, pressures, strict=True)
    ]


def judged(thresholds=None):
    reference = located("DFT/PBE", 1, LINES["reference"])
    surrogate = located("network", 4, LINES["surrogate"], offset=0.004)
    return compare(reference, surrogate, thresholds or Thresholds())


@pytest.fixture(scope="module")
def fresh():
    return judged()


def test_the_statistics_are_those_of_the_version_that_they_say():
    """If this fails, the same runs came to another verdict: raise STATISTICS and store that of the new version."""
    stored = Verdict.from_json(STORED.read_text())
    assert stored.statistics == STATISTICS
    found = reproduces(stored, judged(stored.thresholds))
    assert found.agreement is Agreement.SAME, found.found
    assert found.found == "not faithful"


def test_a_verdict_of_the_first_version_is_read_and_neither_confirmed_nor_called_edited(fresh):
    stored = Verdict.from_json(FIRST.read_text())
    assert (stored.format, stored.statistics) == (1, 1)
    found = reproduces(stored, fresh)
    assert found.agreement is Agreement.CANNOT_BE_TOLD
    assert "judged by statistics version 1" in found.found


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.parent.name)
def test_verdicts_that_the_documentation_tells_of_are_read(path):
    stored = Verdict.from_json(path.read_text(encoding="utf-8"))
    assert 1 < stored.statistics <= STATISTICS
    assert stored.comparisons
    again = Verdict.from_json(stored.to_json())
    assert reproduces(stored, again).agreement is Agreement.SAME


def test_a_verdict_says_its_format_and_its_statistics(fresh):
    document = json.loads(fresh.to_json())
    assert (document["format"], document["statistics"]) == (VERDICT_FORMAT, STATISTICS)
    assert reproduces(Verdict.from_json(fresh.to_json()), fresh).agreement is Agreement.SAME


def edited(fresh, **changes):
    """Return the verdict as somebody with an editor would leave it."""
    document = json.loads(fresh.to_json())
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = document
        for parent in parents:
            place = place[int(parent) if parent.isdigit() else parent]
        place[int(last) if last.isdigit() else last] = value
    return Verdict.from_json(json.dumps(document))


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"value": "faithful"}, "value"),
        ({"thresholds__density_percent": 5.0}, "thresholds.density_percent"),
        ({"comparisons__0__difference__value": 0.5}, "comparisons.0.difference.value"),
        ({"comparisons__0__judged": False}, "comparisons.0.judged"),
        ({"reasons": []}, "reasons"),
        ({"comparisons": []}, "comparisons"),
        ({"format": 1, "value": "faithful"}, "value"),
    ],
)
def test_what_was_edited_is_named(fresh, changes, place):
    found = reproduces(edited(fresh, **changes), fresh)
    assert found.agreement is Agreement.DIFFERENT
    assert found.found == f"differ: {place}"


@pytest.mark.parametrize(
    ("statistics", "says"),
    [(STATISTICS - 1, "this program says 'not faithful'"), (STATISTICS + 1, "a newer one")],
)
def test_another_version_of_the_statistics_is_neither_confirmed_nor_called_edited(fresh, statistics, says):
    for changes in ({}, {"value": "faithful"}):
        found = reproduces(edited(fresh, statistics=statistics, **changes), fresh)
        assert found.agreement is Agreement.CANNOT_BE_TOLD
        assert f"judged by statistics version {statistics}, this program has {STATISTICS}" in found.found
        assert says in found.found


def test_a_newer_format_is_refused_and_a_damaged_file_too(fresh):
    document = json.loads(fresh.to_json())
    with pytest.raises(
        NewerFormatError, match=f"has format {VERDICT_FORMAT + 1}; this program reads formats 1 to {VERDICT_FORMAT}"
    ):
        Verdict.from_json(json.dumps(document | {"format": VERDICT_FORMAT + 1, "something": "new"}))
    for text in (fresh.to_json()[:500], "[]", json.dumps(document | {"something": "new"})):
        with pytest.raises(InputError, match="damaged"):
            Verdict.from_json(text)


PLUGIN = """
from llpt.audit import Contrast, ComparedQuantity, Threshold
from llpt.audit.pairing import relative_difference
from llpt.transition import Criterion, Located

def heats(pair, thresholds):
    if pair.pressure_gpa == 13.0:
        raise RuntimeError("thirteen")
    found = relative_difference(pair.reference.states.curve("enthalpy"), pair.surrogate.states.curve("enthalpy"))
    for index, temperature in enumerate(found.coordinates):
        yield Contrast(found.percent[index], "Enthalpy", temperature_k=float(temperature))

LIMIT = Threshold("heat_percent", "%", "difference of heat", default=1e-6, why="Because.", largest=10.0)
QUANTITY = ComparedQuantity("heat", threshold=LIMIT, contrasts=heats)

def first(isobar, curve, rises):
    place = isobar.curve(curve).estimate(0)
    return Located(place.scaled(0.0, "K"), True, "At the beginning.")

CRITERION = Criterion("beginning", estimator="the first point", curve="density", locate=first)
"""


@pytest.fixture
def package(install_package):
    groups = {
        "llpt.comparisons": {"heat": "some_package:QUANTITY"},
        "llpt.criteria": {"beginning": "some_package:CRITERION"},
    }
    return install_package("some_package", PLUGIN, groups)


@pytest.mark.usefixtures("package")
def test_what_another_package_adds_is_shown_and_changes_no_verdict(fresh):
    more = judged()
    added = [each for each in more.comparisons if each.quantity not in {one.quantity for one in fresh.comparisons}]
    assert {each.quantity for each in added} == {"heat", "transition temperature (beginning)"}
    assert not any(each.judged for each in added)
    assert (more.value, more.reasons, more.requirements) == (fresh.value, fresh.reasons, fresh.requirements)
    assert reproduces(fresh, more).agreement is Agreement.SAME  # an old verdict, by a program that knows more
    stored = Verdict.from_json(STORED.read_text())
    assert reproduces(stored, judged(stored.thresholds)).agreement is Agreement.SAME
    part = more.model_copy(update={"comparisons": more.comparisons[:-1]})
    assert reproduces(part, more).agreement is Agreement.DIFFERENT


@pytest.mark.usefixtures("package")
def test_what_only_another_package_knows_is_not_confirmed_without_it(fresh):
    more = judged()
    found = reproduces(more, fresh)
    assert found.agreement is Agreement.CANNOT_BE_TOLD
    assert "does not know, heat, transition temperature (beginning): install" in found.found
    assert reproduces(edited(more, value="faithful"), fresh).agreement is Agreement.DIFFERENT


@pytest.mark.usefixtures("package")
def test_what_another_package_adds_is_judged_where_the_study_asks_for_it():
    strict = judged(Thresholds(also_judge=("heat", "beginning")))
    heats = [each for each in strict.comparisons if each.quantity == "heat"]
    assert {each.threshold for each in heats} == {1e-6}
    assert all(each.judged for each in heats)
    assert any(each.judged for each in strict.comparisons if each.quantity == "transition temperature (beginning)")
    loose = judged(Thresholds(also_judge=("heat",), others={"heat_percent": 9.0}))
    assert {each.threshold for each in loose.comparisons if each.quantity == "heat"} == {9.0}
    assert all(each.outcome == "faithful" for each in loose.comparisons if each.quantity == "heat")
    assert reproduces(strict, strict).agreement is Agreement.SAME
    lacking = strict.model_copy(
        update={"comparisons": tuple(each for each in strict.comparisons if each.quantity != "heat")}
    )
    assert reproduces(lacking, strict).agreement is Agreement.DIFFERENT


@pytest.mark.usefixtures("package")
def test_a_comparison_that_fails_is_open_and_leaves_the_others():
    lines = ((13.0, 905.0, 0.0),)
    found = compare(located("DFT/PBE", 1, lines), located("network", 4, lines), Thresholds())
    (failed,) = [each for each in found.comparisons if each.quantity == "heat"]
    assert "failed with RuntimeError: thirteen" in failed.sentence
    assert failed.outcome == "not resolved"
    assert any(each.outcome == "faithful" for each in found.comparisons)


@pytest.mark.parametrize(
    ("thresholds", "says"),
    [
        ({"also_judge": ("beauty",)}, "verdict.also_judge names 'beauty', which this program does not know"),
        ({"others": {"beauty_percent": 1.0}}, "verdict.others has the threshold 'beauty_percent'"),
    ],
)
def test_what_nobody_knows_is_refused(thresholds, says):
    with pytest.raises(InputError, match=says):
        judged(Thresholds(**thresholds))


def test_every_public_name_is_there():
    for name in audit.__all__:
        assert getattr(audit, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        importlib.import_module("llpt.audit").nothing  # noqa: B018


def test_what_is_not_judged_and_differs_stands_among_the_reasons(fresh):
    differing = {
        (each.where, each.quantity)
        for each in fresh.comparisons
        if not each.judged and each.outcome is audit.Outcome.NOT_FAITHFUL
    }
    assert ("150 GPa", "transition temperature (molecular fraction 1/2)") in differing
    (told,) = (reason for reason in fresh.reasons if "not judged, but proven beyond their thresholds" in reason)
    assert all(quantity in told for where, quantity in differing if where == "150 GPa")
    assert "enthalpy at 850, 900, 950, 1000 K" in told
