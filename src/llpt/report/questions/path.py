"""Does the answer depend on the way there?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.campaign import ControlledTest
from llpt.report.effect_figures import ways_figure
from llpt.report.question import Question, Tone
from llpt.report.questions.effects import counted, effect_table, largest_shift, tone_of

if TYPE_CHECKING:
    from llpt.report.case import Case

WAYS = (ControlledTest.COOLING, ControlledTest.RAMP_UP, ControlledTest.RAMP_DOWN, ControlledTest.START)


def independent_of_path(case: Case) -> Question | None:
    """Answer from heating against cooling, other rates and other starts."""
    if not case.found.ladders:
        return None
    effects = case.effects(WAYS)
    if not effects:
        return Question(
            "path",
            "Does the answer depend on the way there?",
            Tone.OPEN,
            "not tested",
            "Every line was walked one way, from one start: a loop of heating and cooling would not be seen. "
            "[tests] cooling, ramp or start of the study file adds runs that show one.",
            "The order in which the base runs were walked.",
        )
    figure = ways_figure(case.found, WAYS)
    return Question(
        "path",
        "Does the answer depend on the way there?",
        tone_of(effects),
        counted(effects),
        f"Of {len(effects)} tests of the way (heating against cooling, rates, starts): {counted(effects)}."
        f"{largest_shift(effects)}",
        "The same states reached another way, against the base runs of the same engine and size.",
        (figure,) if figure is not None else (),
        (effect_table("Ways to the same states", effects),),
    )
