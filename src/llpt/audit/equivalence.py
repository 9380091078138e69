"""Three-valued comparison of a measured difference with a threshold.

*Faithful* is a claim of equivalence and has to be proven: the whole one-sided confidence interval of |difference|
must lie below the threshold (two one-sided tests, Schuirmann, J. Pharmacokinet. Biopharm. 15, 657, 1987). *Not
faithful* has to be proven as well: the interval must lie above the threshold. Everything else is *not resolved*: an
error bar that holds both is no evidence of either.

Many points are judged together: all of them must be equivalent for *faithful*, each at the full level (an
intersection-union test needs no correction, Berger 1982); any one of them suffices for *not faithful*, and there the
level is divided by their number (Bonferroni), so that equal curves are called different with at most the stated
probability.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING

from scipy import stats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.statistics import Estimate


class Outcome(StrEnum):
    """What a comparison can come to."""

    FAITHFUL = "faithful"
    NOT_FAITHFUL = "not faithful"
    NOT_RESOLVED = "not resolved"


def outcome_of(
    difference: Estimate, threshold: float, *, confidence: float, among: float = 1.0, allowance: float = 0.0
) -> Outcome:
    """Compare one difference with a threshold.

    Args:
        difference: surrogate minus reference, with its error.
        threshold: largest difference that counts as faithful, > 0, in the difference's unit.
        confidence: of either statement.
        among: number of differences of which any one may prove *not faithful*.
        allowance: by how much more than the threshold it has to differ for *not faithful*.
    """
    if not difference.resolved:
        return Outcome.NOT_RESOLVED
    size = abs(difference.value)
    if size + difference.half_width(confidence) < threshold:
        return Outcome.FAITHFUL
    if size - difference.half_width(_of_any(confidence, among)) > threshold + allowance:
        return Outcome.NOT_FAITHFUL
    return Outcome.NOT_RESOLVED


def combined_outcome(outcomes: Sequence[Outcome]) -> Outcome:
    """Return *not faithful* if any is, *faithful* if all are and there is at least one, else *not resolved*."""
    if Outcome.NOT_FAITHFUL in outcomes:
        return Outcome.NOT_FAITHFUL
    if outcomes and all(outcome is Outcome.FAITHFUL for outcome in outcomes):
        return Outcome.FAITHFUL
    return Outcome.NOT_RESOLVED


def error_needed(
    difference: Estimate, threshold: float, *, confidence: float, among: float = 1.0, every: int = 1
) -> float:
    """Return the 68 % error at which a difference of this size would be resolved, one way or the other.

    It is that of a run long enough to know its own error, whose quantiles are normal. A difference close to the
    threshold would need an error of zero; a tenth of the threshold is the least asked for.

    Args:
        difference: as it is now.
        threshold: that it is held against, > 0.
        confidence: of the decision.
        among: number of differences of which any one may prove *not faithful*; what is beyond its threshold has to be
            proven at the level divided by it.
        every: number of differences of which every one has to be proven small. The noise of the largest is allowed for:
            it is the error at which all are proven with even odds.
    """
    margin = max(abs(threshold - abs(difference.value)), 0.1 * threshold)
    level = _of_any(confidence, among) if abs(difference.value) > threshold else confidence
    quantile = float(stats.norm.ppf(level) + stats.norm.ppf(0.5 ** (1.0 / every)))
    return margin / quantile if math.isfinite(margin) else math.nan


def _of_any(confidence: float, among: float) -> float:
    """Return the level at which each of several is tested where any one suffices (Bonferroni)."""
    return 1.0 - (1.0 - confidence) / among
