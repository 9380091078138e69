"""The figure and the first sentence of the verdict: every difference over its threshold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from llpt.audit import Outcome
from llpt.report.interval_figure import Interval, interval_panel
from llpt.report.palette import GREY
from llpt.report.panels import Figure, Source, VerticalLine
from llpt.report.question import OUTCOME_TONES
from llpt.report.verdict_figure import WIDEST

if TYPE_CHECKING:
    from llpt.audit import Comparison, Verdict

WORDS = {OUTCOME_TONES[outcome]: str(outcome) for outcome in Outcome}


def comparison_figure(verdict: Verdict) -> Figure | None:
    """Return every judged difference with its confidence interval over its threshold; None where none is known."""
    intervals = [_interval(each, verdict) for each in verdict.comparisons if each.judged and each.difference.resolved]
    if not intervals:
        return None
    reach = min(WIDEST, max(1.5, *(abs(each.value) + 1.1 * each.half_width for each in intervals)))
    panel = interval_panel(
        intervals,
        "surrogate − reference, over the threshold",
        words=WORDS,
        lines=(VerticalLine("within the threshold", 0.0, 1.0, GREY),),
        interval=f"{100 * verdict.thresholds.confidence:g} % interval on one side",
    )
    left_out = sum(each.judged for each in verdict.comparisons) - len(intervals)
    return Figure(
        "comparisons",
        "Every difference over its threshold",
        "Differences that the verdict is judged by, in units of their thresholds; bars are intervals of "
        f"{100 * verdict.thresholds.confidence:g} % on one side. A bar inside the band proves a difference below the "
        "threshold, a bar outside one above it, any other nothing."
        + (f" {left_out} are left out: their errors are not known." if left_out else ""),
        ((replace(panel, x_range=(-reach, reach)),),),
        wide=True,
    )


def _interval(comparison: Comparison, verdict: Verdict) -> Interval:
    where = f"{comparison.quantity}, {comparison.where}"
    at = "" if comparison.temperature_k is None else f" at {comparison.temperature_k:g}"
    return Interval(
        where,
        comparison.difference.value / comparison.threshold,
        comparison.difference.half_width(verdict.thresholds.confidence) / comparison.threshold,
        OUTCOME_TONES[comparison.outcome],
        comparison.difference.effective_samples,
        Source(verdict.reference, comparison.reference_atoms, other=verdict.surrogate),
        name=f"{where}{at}, N = {comparison.reference_atoms} and {comparison.surrogate_atoms}",
    )
