"""Is the cell large enough?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.campaign import ControlledTest, Role
from llpt.report.question import Question, Tone
from llpt.report.questions.effects import counted, effect_table, largest_shift, tone_of
from llpt.report.supplement_figures import density_figure

if TYPE_CHECKING:
    from llpt.report.case import Case


def large_enough(case: Case) -> Question | None:
    """Answer from the smaller cells of each side against its largest."""
    if not case.found.ladders:
        return None
    effects = case.effects([ControlledTest.SIZE])
    sizes = sorted({ladder.atoms for ladder in case.found.ladders if ladder.is_base})
    least = case.study.verdict.thresholds().minimum_atoms
    figure = density_figure(case.found)
    return Question(
        "size",
        "Is the cell large enough?",
        tone_of(effects) if effects else Tone.OPEN,
        counted(effects) if effects else "not tested",
        f"Sizes: {', '.join(map(str, sizes))} atoms; fewer than {least} decide nothing. "
        + (
            f"Of {len(effects)} comparisons of a cell with the largest of its side: {counted(effects)}."
            + largest_shift(effects)
            if effects
            else _not_compared(case)
        ),
        "Transition, jump and density of each cell against the largest cell of the same engine.",
        (figure,) if figure is not None else (),
        (effect_table("Smaller cells against the largest", effects),) if effects else (),
        without_figure="0 densities of a side have a known error in two cells. Runs in a second cell ([system] atoms "
        "takes several) show what the size does.",
    )


def _not_compared(case: Case) -> str:
    """Say which sides were run in cells of several sizes that were not compared, or that there is none."""
    several = []
    for role in Role:
        own = case.found.base(role)
        sizes = [sorted({each.atoms for each in own if each.line == line}) for line in case.found.lines]
        most = max(sizes, key=len, default=[])
        if len(most) > 1:
            several.append(f"{own[0].engine} was run in cells of {', '.join(map(str, most))} atoms")
    if not several:
        return "No side was run in cells of two sizes; [system] atoms takes several."
    remedy = "none can be compared" if case.study.tests.size else "[tests] size of the study file compares them"
    return f"{'; '.join(several)}: {remedy}."
