"""Figures hold what was observed, laid out as those of Karasiev et al. 2021."""

import itertools
import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms
from matplotlib.layout_engine import ConstrainedLayoutEngine

from llpt.audit import electronic_temperature_audit
from llpt.campaign import ControlledTest, Role
from llpt.report import Case, asked, comparison_curves, density_figure, draw, electronic_temperature_figure
from llpt.report.interactive import _log_ticks, as_json
from llpt.report.isobar_figures import isobar_figure, straddling
from llpt.report.observable_figure import observable_figures
from llpt.report.panels import Dash

pytestmark = pytest.mark.usefixtures("publication_style")


@pytest.fixture(scope="session")
def figures(finished):
    return {figure.name: figure for question in asked(Case(*finished)) for figure in question.figures}


def test_the_isobars_have_a_row_for_each_isobar_and_three_columns(figures):
    figure = figures["isobars"]
    assert len(figure.rows) == 2
    assert [len(row) for row in figure.rows] == [3, 3]
    assert [panel.y_label for panel in figure.rows[0]] == ["density (g/cm³)", "C_P (J mol⁻¹ K⁻¹)", "g(r)"]
    assert [row[0].note for row in figure.rows] == ["250 GPa", "200 GPa"]


def test_figures_call_a_line_as_tables_do(finished):
    case = Case(*finished)
    ladders = tuple(
        replace(each, identity=replace(each.identity, line="rs1.38"))
        for each in case.found.ladders
        if each.line == "P250"
    )
    figure = isobar_figure(case.study, replace(case.found, ladders=ladders))
    assert [row[0].note for row in figure.rows] == ["r_s = 1.38"]


def test_a_line_where_only_tests_have_run_has_no_row(finished):
    case = Case(*finished)
    tested = tuple(
        replace(each, identity=replace(each.identity, test=ControlledTest.START))
        for each in case.found.ladders
        if each.line == "P250"
    )
    rest = tuple(each for each in case.found.ladders if each.line == "P200")
    figure = isobar_figure(case.study, replace(case.found, ladders=tested + rest))
    assert [row[0].note for row in figure.rows] == ["200 GPa"]
    alone = replace(case.found, ladders=tested)
    assert isobar_figure(case.study, alone) is None
    assert observable_figures(alone) == ()


def test_density_panels_show_every_size_of_both_sides_and_the_cooling_ladder(figures):
    upper, lower = (row[0] for row in figures["isobars"].rows)
    labels = {curve.label for curve in upper.curves}
    assert labels == {
        "DFT/PBE, N = 256",
        "DFT/PBE, N = 512",
        "Behler–Parrinello, N = 256",
        "Behler–Parrinello, N = 512",
        "Behler–Parrinello, N = 1728",
    }
    cooling = next(curve for curve in lower.curves if "cooling" in curve.label)
    assert cooling.label == "DFT/PBE, N = 512 (cooling)"
    assert cooling.dash is Dash.DOTTED
    assert any(line.x == 560 for line in upper.lines)
    assert not any(line.x == 560 for line in lower.lines)


def test_points_carry_the_errors_of_the_analysis(figures, finished):
    _, _, _, analysis = finished
    ladder = analysis.found.base(Role.REFERENCE)[0]
    panel = figures["isobars"].rows[0][0]
    curve = next(curve for curve in panel.curves if curve.label == f"{ladder.engine}, N = {ladder.atoms}")
    density = ladder.states.curve("density")
    assert np.allclose(curve.x, density.temperatures_k)
    assert np.allclose(curve.y, density.values)
    assert np.allclose(curve.y_error, density.errors)


def test_heat_capacity_is_the_slope_of_the_enthalpy_per_mole_of_atoms(figures, finished):
    _, _, _, analysis = finished
    ladder = analysis.found.base(Role.REFERENCE)[0]
    enthalpy = ladder.states.curve("enthalpy")
    curve = figures["isobars"].rows[0][1].curves[0]
    expected = np.diff(enthalpy.values) / np.diff(enthalpy.temperatures_k) * 96485.33
    assert np.allclose(curve.y, expected, rtol=1e-6)
    assert np.allclose(curve.x_error, np.diff(enthalpy.temperatures_k) / 2)


def test_pair_correlations_straddle_the_transition(figures, finished):
    _, _, _, analysis = finished
    ladder = next(each for each in analysis.found.base(Role.REFERENCE) if each.line == "P200")
    assert straddling(ladder) == (850, 900, 950, 1000)
    panel = figures["isobars"].rows[1][2]
    solid = [curve for curve in panel.curves if curve.dash is Dash.SOLID]
    assert [curve.label for curve in solid] == ["850 K", "900 K", "950 K", "1000 K"]
    peak = [max(y for x, y in zip(curve.x, curve.y, strict=True) if x < 0.9) for curve in solid]
    assert min(peak[:2]) > 1.5 > max(peak[2:])


def test_displacements_are_of_both_sides_in_picoseconds(figures):
    rows = figures["displacement"].rows
    assert [len(row) for row in rows] == [2, 2]
    assert rows[0][0].curves[0].x[-1] == pytest.approx(1.0)
    assert "N = 512" in rows[0][1].note


def test_densities_of_both_sides_stand_beside_each_other(figures, finished):
    _, _, _, analysis = finished
    (row,) = figures["densities"].rows
    assert [panel.note for panel in row] == ["250 GPa", "200 GPa"]
    assert {curve.label for curve in row[0].curves} >= {"DFT/PBE, N = 512", "Behler–Parrinello, N = 1728"}
    (one,) = density_figure(analysis.found, ["P200"]).rows
    assert [panel.note for panel in one] == ["200 GPa"]


def test_every_point_of_others_has_a_source_and_stands_in_the_figure(figures):
    labels = {curve.label for curve in figures["transition-line"].rows[0][0].curves}
    for entry in comparison_curves():
        assert len(entry.source) > 20
        assert len(entry.pressures_gpa) == len(entry.temperatures_k)
        assert entry.label in labels
        assert entry.source in figures["transition-line"].caption
    stated = {curve.label: curve for curve in figures["transition-line"].rows[0][0].curves}
    looks = [stated[each.label] for each in comparison_curves()]
    assert len({(each.colour, each.marker, each.filled) for each in looks}) == len(looks), "no two papers look alike"
    assert all((one.marker, one.filled) != (two.marker, two.filled) for one, two in itertools.pairwise(looks))
    nequip = next(entry for entry in comparison_curves() if "NequIP" in entry.label)
    assert (nequip.pressures_gpa, nequip.temperatures_k) == ((157.5,), (1250,))


def hover_texts(figure):
    return {trace.get("name"): trace["text"] for trace in json.loads(as_json(figure))["data"] if trace.get("text")}


def test_the_hover_tells_units_and_no_error_that_nobody_stated(figures):
    stated = hover_texts(figures["transition-line"])
    for entry in comparison_curves():
        if not entry.temperature_errors_k:
            assert all(" K, its error not known at " in text for text in stated[entry.label])
    for figure in figures.values():
        for texts in hover_texts(figure).values():
            assert not any("± 0 " in text or text.endswith("± 0") for text in texts)
    first = json.loads(as_json(figures["displacement"]))["data"]
    assert next(trace["text"][0] for trace in first if trace.get("text")) == "0 Å² at 0 ps, 6 independent samples"
    some = next(iter(hover_texts(figures["densities"]).values()))[0]
    assert re.fullmatch(r"[\d.]+ ± [\d.]+ g/cm³ at \d+ K, \d+ independent samples", some)
    curves = [texts[-1] for name, texts in hover_texts(figures["isobars"]).items() if "Å, 40 independent" in texts[-1]]
    assert len(curves) >= 2


def labelled(temperature_k, random):
    """Twenty random molecules whose forces change by 0.1 % for every 100 K above 600 K."""
    atoms = Atoms("H20", positions=random.uniform(0.0, 6.0, (20, 3)), cell=[6.0] * 3, pbc=True)
    forces = random.normal(scale=2.0, size=(20, 3))
    atoms.arrays["forces"] = forces * (1.0 + 1e-5 * (temperature_k - 600.0))
    atoms.info["free_energy"] = -100.0
    return atoms


def test_forces_against_the_electronic_temperature(tmp_path):
    frames = {
        value: [labelled(value, np.random.default_rng(seed)) for seed in range(5)] for value in (600.0, 1800.0, 3000.0)
    }
    figure = electronic_temperature_figure(electronic_temperature_audit(frames))
    forces, changes, populations = figure.rows[0]
    assert [curve.label for curve in forces.curves] == ["600 K", "1800 K", "3000 K"]
    assert [curve.label for curve in changes.curves] == ["1800 K", "3000 K"]
    assert len(populations.curves) == 4
    assert np.nansum(changes.curves[0].y) == 300
    middle = [float(np.average(curve.x, weights=np.nan_to_num(curve.y))) for curve in changes.curves]
    assert middle[1] == pytest.approx(2.0 * middle[0], rel=0.06)
    pdf, png = draw(figure, tmp_path)
    assert pdf.stat().st_size > 1000
    assert png.stat().st_size > 1000


def test_a_figure_is_laid_out_once_for_both_of_its_files(tmp_path, monkeypatch, figures):
    laid_out = []
    execute = ConstrainedLayoutEngine.execute
    monkeypatch.setattr(
        ConstrainedLayoutEngine, "execute", lambda self, figure: laid_out.append(figure) or execute(self, figure)
    )
    draw(figures["transition-line"], tmp_path)
    assert len(laid_out) == 1


def test_a_style_of_ones_own_is_used(tmp_path, monkeypatch, figures):
    style = tmp_path / "own.mplstyle"
    style.write_text("savefig.dpi: 40\n")
    usual = draw(figures["transition-line"], tmp_path / "usual")[1].stat().st_size
    monkeypatch.setenv("LLPT_STYLE", str(style))
    assert draw(figures["transition-line"], tmp_path / "own")[1].stat().st_size < usual / 4


def test_the_line_of_transitions_has_the_density_jumps(figures):
    panel = figures["transition-line"].rows[0][0]
    jump = next(curve for curve in panel.curves if curve.label == "DFT/PBE, density jump")
    assert jump.x == (200.0, 250.0)
    assert np.allclose(jump.y, (930.0, 720.0), atol=40)


def test_a_value_without_bounds_leaves_the_ticks_of_the_others():
    ticks = _log_ticks([0.01, 3.0, math.inf])["tickvals"]
    assert ticks == _log_ticks([0.01, 3.0])["tickvals"]
    assert min(ticks) < 0.01
    assert max(ticks) > 3.0
