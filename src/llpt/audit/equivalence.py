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


def quantile(estimate: Estimate, confidence: float) -> float:
    """Return the number of errors in a one-sided interval of this confidence.

    Errors are 68 % half-widths with Student's factor in them already, so the normal quantile is used.

    Args:
        estimate: the difference; unused degrees of freedom of an exact one do no harm.
        confidence: 0.5 … 1.
    """
    return 0.0 if estimate.error == 0.0 else float(stats.norm.ppf(confidence))


def outcome_of(difference: Estimate, threshold: float, *, confidence: float, among: int = 1) -> Outcome:
    """Compare one difference with a threshold.

    Args:
        difference: surrogate minus reference, with its error.
        threshold: largest difference that counts as faithful, > 0, in the difference's unit.
        confidence: of either statement.
        among: number of differences of which any one may prove *not faithful*.
    """
    if not difference.resolved:
        return Outcome.NOT_RESOLVED
    size = abs(difference.value)
    if size + quantile(difference, confidence) * difference.error < threshold:
        return Outcome.FAITHFUL
    if size - quantile(difference, 1.0 - (1.0 - confidence) / among) * difference.error > threshold:
        return Outcome.NOT_FAITHFUL
    return Outcome.NOT_RESOLVED


def combined_outcome(outcomes: Sequence[Outcome]) -> Outcome:
    """Return *not faithful* if any is, *faithful* if all are and there is at least one, else *not resolved*."""
    if Outcome.NOT_FAITHFUL in outcomes:
        return Outcome.NOT_FAITHFUL
    if outcomes and all(outcome is Outcome.FAITHFUL for outcome in outcomes):
        return Outcome.FAITHFUL
    return Outcome.NOT_RESOLVED


def error_needed(difference: Estimate, threshold: float, *, confidence: float) -> float:
    """Return the error at which a difference of this size would be resolved, one way or the other.

    A difference close to the threshold would need an error of zero; a tenth of the threshold is the least asked for.
    """
    margin = max(abs(threshold - abs(difference.value)), 0.1 * threshold)
    return margin / float(stats.norm.ppf(confidence)) if math.isfinite(margin) else math.nan
