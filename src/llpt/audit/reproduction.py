"""Is a stored verdict what its runs lead to? And if it cannot be told, why not.

A verdict says by which version of the statistics it was judged. Of the same version it has to come out again, whatever
format it is stored in; of another one no difference proves anything, and none is excused.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from llpt.audit.quantities import is_built_in, is_only_reported
from llpt.observables import ROUNDING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.audit.verdict import Comparison, Verdict


class Agreement(StrEnum):
    """What holding a stored verdict against a recomputed one can come to."""

    SAME = "same"
    DIFFERENT = "different"
    CANNOT_BE_TOLD = "cannot be told"


@dataclass(frozen=True)
class Reproduction:
    """A stored verdict held against the recomputed one.

    Args:
        agreement: what it comes to.
        found: what agrees, what differs, or why it cannot be told.
    """

    agreement: Agreement
    found: str


def reproduces(stored: Verdict, fresh: Verdict) -> Reproduction:
    """Hold a stored verdict against the one that its runs lead to now.

    Comparisons that are reported and not judged may be missing from a stored verdict of an older format, whose program
    did not know them, and those of other packages from any. Everything else has to agree, numbers within ``ROUNDING``.

    Args:
        stored: as read from disk.
        fresh: of the same runs and thresholds, by this program.
    """
    if stored.statistics != fresh.statistics:
        remedy = (
            f"this program says {str(fresh.value)!r}, the stored verdict {str(stored.value)!r}"
            if stored.statistics < fresh.statistics
            else "verify it with the program that made it, or a newer one"
        )
        return Reproduction(
            Agreement.CANNOT_BE_TOLD,
            f"judged by statistics version {stored.statistics}, this program has {fresh.statistics}, so that it is not "
            f"recomputed as it was: {remedy}",
        )

    def may_lack(comparison: Comparison) -> bool:
        """Whether the program that made the stored verdict may not have known a comparison."""
        return stored.format < fresh.format or not is_built_in(comparison)

    named = {comparison.quantity for comparison in stored.comparisons}
    known = {comparison.quantity for comparison in fresh.comparisons}
    foreign = [each for each in stored.comparisons if each.quantity not in known and not is_built_in(each)]
    expected = [
        each
        for each in fresh.comparisons
        if each.quantity in named or not (may_lack(each) and is_only_reported(each, stored.thresholds))
    ]
    place = _difference(
        _content(stored, [each for each in stored.comparisons if each not in foreign]), _content(fresh, expected), ""
    )
    if place and not any(each.judged for each in foreign):
        return Reproduction(Agreement.DIFFERENT, f"differ: {place}")
    if foreign:
        names = ", ".join(sorted(named - known))
        return Reproduction(
            Agreement.CANNOT_BE_TOLD,
            f"it compares what this program does not know, {names}: install the package that adds it, and verify again",
        )
    return Reproduction(Agreement.SAME, str(fresh.value))


def _content(verdict: Verdict, comparisons: Sequence[Comparison]) -> dict[str, Any]:
    """Return what a verdict says, whatever format it was stored in."""
    kept = verdict.model_copy(update={"comparisons": tuple(comparisons)})
    return {key: value for key, value in json.loads(kept.to_json()).items() if key != "format"}


def _difference(left: Any, right: Any, where: str) -> str:
    """Return the place of the first difference of two JSON values, numbers compared within rounding; else nothing."""
    if isinstance(left, dict) and isinstance(right, dict):
        pairs = [(key, left.get(key), right.get(key)) for key in left | right]
        return next((found for key, a, b in pairs if (found := _difference(a, b, f"{where}.{key}".strip(".")))), "")
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        pairs = [(str(number), a, b) for number, (a, b) in enumerate(zip(left, right, strict=True))]
        return next((found for key, a, b in pairs if (found := _difference(a, b, f"{where}.{key}"))), "")
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (left, right))
    if numbers and math.isclose(left, right, rel_tol=ROUNDING, abs_tol=1e-9):
        return ""
    return "" if left == right else where
