"""Every figure that a study's runs allow, each by the one call that draws it alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.report.isobar_figures import isobar_figure
from llpt.report.line_figure import transition_line_figure
from llpt.report.observable_figure import observable_figure
from llpt.report.supplement_figures import density_figure, displacement_figure, electronic_temperature_figure

if TYPE_CHECKING:
    from llpt.report.panels import Figure
    from llpt.study.analysis import Analysis
    from llpt.study.file import StudyFile


def make_figures(study: StudyFile, analysis: Analysis) -> tuple[Figure, ...]:
    """Return every figure that the runs done so far allow, in the order of the page."""
    if not analysis.ladders:
        return ()
    audit = analysis.electronic_temperature
    figures = (
        isobar_figure(study, analysis),
        transition_line_figure(analysis),
        density_figure(analysis),
        displacement_figure(analysis),
        electronic_temperature_figure(audit) if audit is not None else None,
        observable_figure(analysis),
    )
    return tuple(figure for figure in figures if figure is not None)
