"""Figures and pages."""

from llpt.report.calibration_figure import calibration_figure
from llpt.report.case import Case
from llpt.report.drawing import draw
from llpt.report.isobar_figures import isobar_figure
from llpt.report.line_figure import comparison_curves, transition_line_figure
from llpt.report.page import write_report
from llpt.report.plotting import plot
from llpt.report.question import Question
from llpt.report.questions import asked
from llpt.report.supplement_figures import density_figure, displacement_figure, electronic_temperature_figure

__all__ = [
    "Case",
    "Question",
    "asked",
    "calibration_figure",
    "comparison_curves",
    "density_figure",
    "displacement_figure",
    "draw",
    "electronic_temperature_figure",
    "isobar_figure",
    "plot",
    "transition_line_figure",
    "write_report",
]
