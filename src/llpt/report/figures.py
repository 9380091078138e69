"""Every figure that a study's runs allow, each by the one call that draws it alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.report.isobar_figures import seed_figure_1
from llpt.report.line_figure import seed_figure_2
from llpt.report.observable_figure import observable_figure
from llpt.report.supplement_figures import seed_figure_s1, seed_figure_s2, seed_figure_s3

if TYPE_CHECKING:
    from llpt.report.panels import Figure
    from llpt.study.analysis import Analysis
    from llpt.study.file import StudyFile


def make_figures(study: StudyFile, analysis: Analysis) -> tuple[Figure, ...]:
    """Return every figure that the runs done so far allow, in the seed's order."""
    if not analysis.ladders:
        return ()
    audit = analysis.electronic_temperature
    figures = (
        seed_figure_1(study, analysis),
        seed_figure_2(analysis),
        seed_figure_s1(analysis),
        seed_figure_s2(analysis),
        seed_figure_s3(audit) if audit is not None else None,
        observable_figure(analysis),
    )
    return tuple(figure for figure in figures if figure is not None)
