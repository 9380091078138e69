"""What would change the answer?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.report.question import Question, Tone
from llpt.report.transition_tables import order_rows

if TYPE_CHECKING:
    from llpt.report.case import Case


def what_would_change_it(case: Case) -> Question | None:
    """Answer with what the verdict and the evidence of the order ask for."""
    verdict = case.verdict
    wanted = [each.sentence for each in verdict.requirements] if verdict else []
    orders = [proposal for row in order_rows(case.found) for proposal in row.proposals]
    points = tuple(dict.fromkeys([*wanted, *orders]))
    if verdict is None and not points:
        return None
    return Question(
        "remedy",
        "What would change the answer?",
        Tone.OPEN if points else Tone.GOOD,
        f"{len(points)} things to do" if points else "nothing is open",
        "Runs that would decide what is open, the verdict's first, then those that tell first order from crossover."
        if points
        else "Every comparison that the study judges by is decided, and so is the order of each transition.",
        "Errors that are needed for a decision, and how they fall with time and size.",
        points=points,
    )
