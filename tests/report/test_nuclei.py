"""What other nuclei change, state by state, as the page shows it."""

from dataclasses import replace

import numpy as np
import pytest

from llpt.campaign import ControlledTest
from llpt.report import Case
from llpt.report.questions.nuclei import quantum_nuclei


@pytest.fixture(scope="module")
def case(finished):
    """The synthetic study, as if its ladder of cooling were one of other nuclei."""
    whole = Case(*finished)
    ladders = [
        replace(each, identity=replace(each.identity, test=ControlledTest.BEADS))
        if each.test is ControlledTest.COOLING
        else each
        for each in whole.found.ladders
    ]
    return replace(whole, analysis=replace(whole.analysis, found=replace(whole.found, ladders=tuple(ladders))))


def test_without_other_nuclei_nothing_is_asked(finished):
    assert quantum_nuclei(Case(*finished)) is None


def test_each_state_is_held_against_its_base_run_and_drawn(case):
    question = quantum_nuclei(case)
    (changed,) = [each for each in case.found.ladders if each.test is ControlledTest.BEADS]
    base = next(
        each for each in case.found.base(changed.role) if (each.atoms, each.line) == (changed.atoms, changed.line)
    )
    before = {point.coordinate: point.estimates for point in base.states.points}
    expected = {}
    for point in changed.states.points:
        mine, other = point.estimates["density"], before[point.coordinate]["density"]
        change = 100.0 * (mine.value / other.value - 1.0)
        error = 100.0 * np.hypot(mine.error / other.value, other.error * mine.value / other.value**2)
        expected[point.coordinate] = change, error
    assert len(expected) == 7

    (panel,) = question.figures[0].rows[0]
    (curve,) = panel.curves
    assert set(curve.x) == set(expected)
    for place, value, error in zip(curve.x, curve.y, curve.y_error, strict=True):
        assert value == pytest.approx(expected[place][0], rel=0.01, abs=1e-3)
        assert error == pytest.approx(expected[place][1], rel=0.05)

    rows = question.tables[0].rows
    assert [row.cells[4] for row in rows] == [f"{place:g} K" for place in expected]
    fraction = (
        changed.states.points[0]
        .estimates["molecular_fraction"]
        .minus(before[changed.states.points[0].coordinate]["molecular_fraction"])
    )
    assert float(rows[0].cells[6].split(" ± ")[0].replace("−", "-")) == pytest.approx(
        fraction.value, abs=fraction.error
    )
