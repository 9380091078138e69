"""A verdict at one glance: every difference, with its confidence interval, over its threshold."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llpt.audit import Outcome
from llpt.report import palette
from llpt.report.interval_figure import TONE_COLOURS
from llpt.report.question import OUTCOME_TONES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from llpt.audit import Comparison, Verdict

ROW_INCH = 0.17
WIDEST = 10.0
"""Intervals that reach farther than so many thresholds are cut off at the edge."""

COLOURS = {outcome: TONE_COLOURS[tone] for outcome, tone in OUTCOME_TONES.items()}
MARKERS = {Outcome.FAITHFUL: "o", Outcome.NOT_FAITHFUL: "X", Outcome.NOT_RESOLVED: "o"}


def height_inch(verdict: Verdict) -> float:
    """Return the height that the rows of a verdict need."""
    return 1.1 + ROW_INCH * len(drawn_comparisons(verdict))


def drawn_comparisons(verdict: Verdict) -> list[Comparison]:
    """Return what is drawn: all that was judged, and what else is known, but not each point of a curve."""
    known = (each for each in verdict.comparisons if each.judged or math.isfinite(each.difference.value))
    return [each for each in known if not each.of_one_state]


def draw_verdict(verdict: Verdict, axis: Axes) -> None:
    """Draw the comparisons of a verdict from top to bottom; those that were not judged are pale."""
    rows = drawn_comparisons(verdict)
    axis.axvspan(-1.0, 1.0, color=palette.GREY, alpha=0.12, lw=0, label="within the threshold")
    axis.axvline(0.0, color=palette.GREY, lw=0.6)
    reach = 1.5
    for row, comparison in enumerate(rows):
        reach = max(reach, _row(axis, comparison, row, verdict.thresholds.confidence))
    for outcome in Outcome:
        axis.plot([], [], color=COLOURS[outcome], ls="none", marker=MARKERS[outcome], mfc=_face(outcome), label=outcome)
    axis.set_yticks(range(len(rows)), [_name(comparison) for comparison in rows])
    axis.minorticks_on()
    axis.yaxis.set_tick_params(which="minor", left=False, right=False)
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.set_xlim(-min(reach, WIDEST), min(reach, WIDEST))
    axis.set_xlabel("difference / threshold")
    axis.set_title(f"{verdict.surrogate} against {verdict.reference}: {verdict.value}")


def _row(axis: Axes, comparison: Comparison, row: int, confidence: float) -> float:
    """Draw one comparison and return how far its interval reaches."""
    difference, threshold = comparison.difference, comparison.threshold
    alpha = 1.0 if comparison.judged else 0.4
    if not math.isfinite(difference.value):
        axis.text(0.0, row, "not known", ha="center", va="center", fontsize="x-small", color=palette.GREY, alpha=alpha)
        return 0.0
    value = difference.value / threshold
    half = difference.half_width(confidence) / threshold if difference.resolved else 0.0
    axis.errorbar(
        [value],
        [row],
        xerr=[half],
        color=COLOURS[comparison.outcome],
        marker=MARKERS[comparison.outcome],
        mfc=_face(comparison.outcome),
        ls="none",
        elinewidth=0.9,
        ms=4.0,
        alpha=alpha,
    )
    return abs(value) + 1.1 * half


def _face(outcome: Outcome) -> str:
    return "white" if outcome is Outcome.NOT_RESOLVED else COLOURS[outcome]


def _name(comparison: Comparison) -> str:
    return f"{comparison.quantity}, {comparison.where}"
