"""Figures and pages."""

from llpt.report.drawing import draw
from llpt.report.figures import make_figures
from llpt.report.isobar_figures import seed_figure_1
from llpt.report.line_figure import comparison_curves, seed_figure_2
from llpt.report.page import write_report
from llpt.report.plotting import plot
from llpt.report.supplement_figures import seed_figure_s1, seed_figure_s2, seed_figure_s3

__all__ = [
    "comparison_curves",
    "draw",
    "make_figures",
    "plot",
    "seed_figure_1",
    "seed_figure_2",
    "seed_figure_s1",
    "seed_figure_s2",
    "seed_figure_s3",
    "write_report",
]
