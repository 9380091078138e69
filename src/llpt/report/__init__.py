"""Figures and pages."""

from llpt.report.figures import make_figures
from llpt.report.page import write_report

__all__ = ["make_figures", "write_report"]
