"""Does the answer depend on the way there?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.campaign import ControlledTest
from llpt.report.effect_figures import ways_figure
from llpt.report.question import Question, Tone
from llpt.report.questions.effects import counted, effect_table, largest_change, largest_shift, tone_of
from llpt.study import State

if TYPE_CHECKING:
    from llpt.report.case import Case

WAYS = (ControlledTest.COOLING, ControlledTest.RAMP_UP, ControlledTest.RAMP_DOWN, ControlledTest.START)


def independent_of_path(case: Case) -> Question | None:
    """Answer from heating against cooling, other rates and other starts."""
    if not case.found.ladders:
        return None
    effects, done = case.effects(WAYS), _runs_done(case)
    if not effects:
        return Question(
            "path",
            "Does the answer depend on the way there?",
            Tone.OPEN,
            "no answer yet" if done else "not tested",
            f"{done} None of them can be compared yet."
            if done
            else "Every line was walked one way, from one start: a loop of heating and cooling would not be seen. "
            "[tests] cooling, ramp or start of the study file adds runs that show one.",
            "The order in which the base runs were walked.",
            without_figure="0 lines of states were walked in two ways to the end. Runs of [tests] cooling = true, each "
            "from the end of the next hotter one, would show a loop.",
        )
    figure = ways_figure(case.found, WAYS)
    return Question(
        "path",
        "Does the answer depend on the way there?",
        tone_of(effects),
        counted(effects),
        f"{len(effects)} comparison{'s' if len(effects) > 1 else ''} of the way (heating against cooling, rates, "
        f"starts): {counted(effects)}. {done}{largest_shift(effects)}{largest_change(effects)}",
        "The same states reached another way, against the base runs of the same engine and size.",
        (figure,) if figure is not None else (),
        (effect_table("Ways to the same states", effects),),
        without_figure="0 states have a density with a known error on both ways. Longer runs of [tests] cooling, ramp "
        "or start would draw both.",
    )


def _runs_done(case: Case) -> str:
    """Say how many of the runs that the plan asks for are done, test by test; nothing where it asks for none."""
    texts = []
    for test in WAYS:
        paths = [run.path for run in case.plan.runs if run.test is test]
        done = sum(path in case.entries and case.entries[path].state is State.DONE for path in paths)
        if paths:
            texts.append(f"{done} of {len(paths)} runs of {str(test).replace('_', ' ')}")
    return f"Done: {', '.join(texts)}." if texts else ""
