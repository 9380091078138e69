"""Every figure that a study's runs allow, each by the one call that draws it alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.report.isobar_figures import isobar_figure
from llpt.report.line_figure import transition_line_figure
from llpt.report.observable_figure import observable_figure
from llpt.report.supplement_figures import density_figure, displacement_figure, electronic_temperature_figure

if TYPE_CHECKING:
    from llpt.report.panels import Figure
    from llpt.study.analysis import StudyAnalysis
    from llpt.study.file import StudyFile


def make_figures(study: StudyFile, analysis: StudyAnalysis) -> tuple[Figure, ...]:
    """Return every figure that the runs done so far allow, in the order of the page."""
    found, audit = analysis.found, analysis.electronic_temperature
    if not found.ladders:
        return ()
    figures = (
        isobar_figure(study, found),
        transition_line_figure(found),
        density_figure(found),
        displacement_figure(found),
        electronic_temperature_figure(audit) if audit is not None else None,
        observable_figure(found),
    )
    return tuple(figure for figure in figures if figure is not None)
