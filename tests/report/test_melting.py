"""Where hydrogen melts: what was measured, how far it goes, and what a study gives instead."""

from dataclasses import replace

import pytest
from tests.report.conftest import TEXT

from llpt.report import comparison_curves, melting
from llpt.report.isobar_figures import isobar_figure
from llpt.report.melting import measured_melting
from llpt.study import parse_study


@pytest.mark.parametrize(("pressure_gpa", "kelvin", "error"), [(64.7, 1055, 20), (106, 1050, 60), (146, 880, 50)])
def test_points_are_as_they_were_measured(pressure_gpa, kelvin, error):
    found = measured_melting(pressure_gpa)
    assert found[:2] == (kelvin, error)
    assert found.measured.startswith("measured by ")


def test_the_points_of_one_paper_are_joined_by_a_straight_line_and_share_their_error():
    found = measured_melting(126.0)
    assert found[:2] == (pytest.approx(965.0), pytest.approx(55.0))
    assert found.measured.startswith("interpolated on a straight line between points measured by Eremets")


@pytest.mark.parametrize("pressure_gpa", [64.6, 64.8, 85.0, 105.9, 146.1, 200.0])
def test_nothing_is_extrapolated_and_no_two_papers_are_joined(pressure_gpa):
    assert measured_melting(pressure_gpa) is None


@pytest.mark.parametrize(("pressure_gpa", "kelvin"), [(90.0, 950.0), (100.0, 900.0), (110.0, 850.0)])
def test_two_points_at_one_pressure_give_one_of_them(monkeypatch, pressure_gpa, kelvin):
    paper = next(each for each in comparison_curves() if each.kind == "melting")
    given = {"pressures_gpa": (80, 100, 100, 120), "temperatures_k": (1000, 900, 900, 800)}
    twice = paper.model_copy(update=given | {"temperature_errors_k": (50, 40, 30, 20)})
    monkeypatch.setattr(melting, "comparison_curves", lambda: (twice,))
    found = measured_melting(pressure_gpa)
    assert found.kelvin == kelvin
    assert 20.0 <= found.error <= 50.0


def marks(study, found):
    figure = isobar_figure(study, found)
    lines = [line for row in figure.rows for line in row[0].lines if "melting" in line.label]
    return [(line.label, line.x, line.x_error) for line in lines], figure.caption


def test_an_isobar_is_marked_by_what_the_study_gives(finished):
    study, _, _, analysis = finished
    found, caption = marks(study.study, analysis.found)
    assert found == [("melting temperature (given)", 560.0, 0.0)]  # none is measured at 200 GPa
    assert "Melting at" not in caption


@pytest.mark.parametrize(("mass_u", "marked"), [(1.008, True), (1.0, True), (2.014, False), (4.003, False)])
def test_without_one_by_what_was_measured_of_natural_hydrogen(finished, mass_u, marked):
    """By the mass of the runs: an isotope of the study's own, or another element that was imported."""
    _, _, _, analysis = finished
    text = TEXT.replace("melting_temperature_k = 560\n", "").replace("pressure_gpa = 250.0", "pressure_gpa = 146.0")
    ladders = tuple(
        replace(
            each,
            identity=replace(each.identity, line="P146"),
            runs=tuple(replace(run, summary=run.summary.assign_attrs(mass_u=mass_u * each.atoms)) for run in each.runs),
        )
        if each.line == "P250"
        else each
        for each in analysis.found.ladders
    )
    found, caption = marks(parse_study(text), replace(analysis.found, ladders=ladders))
    assert found == ([("melting temperature (measured)", 880.0, 50.0)] if marked else [])
    assert ("Melting at 146 GPa: 880 ± 50 K, measured by Eremets" in caption) is marked
    assert ("what is simulated may melt elsewhere" in caption) is marked
