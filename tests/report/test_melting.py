"""Where hydrogen melts: what was measured, how far it goes, and what a study gives instead."""

import math
from dataclasses import replace

import pytest
from tests.report.conftest import TEXT

from llpt.report.isobar_figures import isobar_figure
from llpt.report.melting import measured_melting
from llpt.study import parse_study


@pytest.mark.parametrize(
    ("pressure_gpa", "kelvin", "error"),
    [(64.7, 1055, 20), (106, 1050, 60), (146, 880, 50), (126, 965, math.hypot(60, 50) / 2)],
)
def test_measured_points_and_half_way_between_two(pressure_gpa, kelvin, error):
    found = measured_melting(pressure_gpa)
    # The maximum's pressure is known to 4 GPa, which on a line this flat is half a kelvin.
    assert (found.kelvin, found.error) == (pytest.approx(kelvin), pytest.approx(error, abs=0.01))
    assert len(found.sources) == 1


def test_between_two_papers_both_are_named():
    assert [each.split(" and ")[0] for each in measured_melting(85.0).sources] == ["Deemyad", "Eremets"]


@pytest.mark.parametrize("pressure_gpa", [64.6, 146.1, 200.0])
def test_nothing_is_extrapolated(pressure_gpa):
    assert measured_melting(pressure_gpa) is None


def marks(study, found):
    figure = isobar_figure(study, found)
    lines = [line for row in figure.rows for line in row[0].lines if "melting" in line.label]
    return [(line.label, line.x, line.x_error) for line in lines], figure.caption


def test_an_isobar_is_marked_by_what_the_study_gives(finished):
    study, _, _, analysis = finished
    found, caption = marks(study.study, analysis.found)
    assert found == [("melting temperature (given)", 560.0, 0.0)]  # none is measured at 200 GPa
    assert "Melting at" not in caption


@pytest.mark.parametrize("isotope", [None, "D"])
def test_without_one_by_what_was_measured_of_natural_hydrogen(finished, isotope):
    _, _, _, analysis = finished
    text = TEXT.replace("melting_temperature_k = 560\n", "").replace("pressure_gpa = 250.0", "pressure_gpa = 146.0")
    if isotope:
        text = text.replace("[dynamics]", f'[dynamics]\nisotope = "{isotope}"')
    ladders = tuple(
        replace(each, identity=replace(each.identity, line="P146")) if each.line == "P250" else each
        for each in analysis.found.ladders
    )
    found, caption = marks(parse_study(text), replace(analysis.found, ladders=ladders))
    assert found == ([] if isotope else [("melting temperature (measured)", 880.0, 50.0)])
    assert ("Melting at 146 GPa: 880 ± 50 K" in caption) == (isotope is None)
