"""Does the answer depend on how the dynamics was done?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.campaign import ControlledTest, Role
from llpt.campaign.nuclei import NUCLEI
from llpt.report.effect_figures import effect_figure
from llpt.report.question import Question
from llpt.report.questions.effects import counted, effect_table, largest_shift, tone_of
from llpt.report.questions.path import WAYS
from llpt.report.questions.reference import CHOICES

if TYPE_CHECKING:
    from llpt.report.case import Case

ELSEWHERE = (*WAYS, *NUCLEI, ControlledTest.SIZE, ControlledTest.DURATION)


def independent_of_settings(case: Case) -> Question | None:
    """Answer from the controlled tests that no other question shows; None where there are none."""
    others = [test for test in ControlledTest if test not in ELSEWHERE]
    effects = tuple(
        effect
        for effect in case.effects(others)
        if not (effect.role is Role.REFERENCE and effect.test.partition(" ")[0] in CHOICES)
    )
    if not effects:
        return None
    title = "What each setting of the dynamics shifts"
    figure = effect_figure("settings-shifts", title, effects, case.study.verdict.thresholds())
    return Question(
        "settings",
        "Does the answer depend on how the dynamics was done?",
        tone_of(effects),
        counted(effects),
        f"Of {len(effects)} tests of thermostat, barostat, integrator, time step and ensemble: {counted(effects)}."
        f"{largest_shift(effects)}",
        "Runs with one thing changed, against the base runs of the same engine and size.",
        (figure,) if figure is not None else (),
        (effect_table("Controlled tests: one thing changed at a time", effects),),
        without_figure="0 of these tests have a shift with a known error. Longer runs of [tests] give one.",
    )
