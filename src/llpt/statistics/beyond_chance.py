"""Which of many differences are more than chance makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.statistics.estimate import Estimate

FALSE_ALARMS = 0.05
"""Share of reports in which a question may be answered by a difference that chance alone made."""


def beyond_chance(differences: Sequence[Estimate], *, false_alarms: float) -> tuple[bool, ...]:
    """Return, for each difference, whether it is farther from zero than chance takes any of them.

    Student's distribution, two-sided, by the inequality of Bonferroni: no independence of the differences is needed.

    Args:
        differences: each of a unit of its own. Those without a known error are not tested, and are False.
        false_alarms: probability that one is said to differ from zero or more where none does, 0 to 1.
    """
    tested = sum(each.resolved for each in differences)
    confidence = 1.0 - 0.5 * false_alarms / max(1, tested)
    return tuple(each.resolved and abs(each.value) > each.half_width(confidence) for each in differences)
