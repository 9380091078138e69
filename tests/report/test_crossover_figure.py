"""The figure of cells that go to and fro shows the points, and lines that pass zero at the places that are stated."""

import numpy as np
import pytest
from tests.audit.labels_for_tests import hydrogen
from tests.audit.test_visits import BOUNDARY, sets_of

from llpt.audit import crossover
from llpt.campaign import Role
from llpt.campaign.explained import CampaignExplanation, PlacedCrossover
from llpt.report.crossover_figure import crossover_figure
from llpt.report.drawing import draw

pytestmark = pytest.mark.usefixtures("publication_style")


@pytest.fixture(scope="module")
def found():
    wells = {high: hydrogen(molecular=not high, seed=1) for high in (False, True)}
    return crossover(sets_of(wells, 1), BOUNDARY)


def test_lines_pass_zero_at_the_places_and_points_are_those_of_the_runs(found, tmp_path):
    explanation = CampaignExplanation(None, (), (), (PlacedCrossover("P200", 16, found),), (), {})
    figure = crossover_figure(explanation, {Role.REFERENCE: "DFT", Role.SURROGATE: "a network"})
    ((panel,),) = figure.rows
    assert [line.x for line in panel.lines] == [
        each.temperature.value for each in (found.surrogate, found.reference, found.predicted)
    ]
    whose = [curve.source.engine if curve.source else "" for curve in panel.curves]
    assert whose == ["a network"] * 2 + ["DFT"] * 2 + [""] * 2
    assert [line.source for line in panel.lines] == [curve.source for curve in panel.curves[::2]]
    points, line = panel.curves[2:4]
    assert points.y == tuple(each.log_ratio.value for each in found.reference_visits)
    assert np.interp(0.0, line.y, line.x) == pytest.approx(found.reference.temperature.value, rel=1e-3)
    assert all(path.stat().st_size > 1000 for path in draw(figure, tmp_path))


def test_nothing_is_drawn_where_no_cell_goes_to_and_fro():
    assert crossover_figure(None, {}) is None
    assert crossover_figure(CampaignExplanation(None, (), (), (), (), {}), {}) is None
