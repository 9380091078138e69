"""Is the reference itself converged?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.campaign import ControlledTest, Role
from llpt.campaign.state import words_of_line
from llpt.report.effect_figures import effect_figure
from llpt.report.explanation_tables import choice_rows
from llpt.report.interval_figure import Interval, interval_panel
from llpt.report.palette import GREY
from llpt.report.panels import Figure, VerticalLine
from llpt.report.question import Question, Row, Table, Tone, number_columns, text_columns
from llpt.report.questions.effects import counted, effect_table, tone_of
from llpt.report.supplement_figures import electronic_temperature_figure
from llpt.report.tables import UNKNOWN
from llpt.study.few_kpoints import few_for, kelvins_of, warnings_of

if TYPE_CHECKING:
    from llpt.audit.budget import BudgetRow
    from llpt.campaign.effects import Effect
    from llpt.report.case import Case

CHOICES = (
    ControlledTest.KPOINTS,
    ControlledTest.CUTOFF,
    ControlledTest.FIXED_ELECTRONIC_TEMPERATURE,
    ControlledTest.FUNCTIONAL,
    ControlledTest.ENGINE,
)


def converged(case: Case) -> Question | None:
    """Answer from the budget in kelvin, controlled tests of the reference's choices and what one k-point costs."""
    if not case.study.reference:
        return None
    warnings = (*warnings_of(case.study), *_kpoints_in_kelvin(case))
    choices = choice_rows(case.analysis.explanation)
    effects = tuple(effect for effect in case.effects(CHOICES) if effect.role is Role.REFERENCE)
    audit = case.analysis.electronic_temperature
    known = [row for row in choices if row.shift != UNKNOWN]
    tables = []
    if choices:
        columns = (
            *text_columns("Both phases at", "Choice"),
            *number_columns("T* (K)", "above − below (meV/atom)", "density below (%)", "density above (%)"),
        )
        rows = tuple(
            Row(
                (row.place, row.choice, row.shift, row.difference, row.density_low, row.density_high),
                known=row.shift != UNKNOWN,
                remark=row.sentence,
            )
            for row in choices
        )
        tables.append(Table("Where the kelvins come from: what each choice does to the reference", columns, rows))
    if effects:
        tables.append(effect_table("Choices of the reference, by runs of their own", effects))
    thresholds = case.study.verdict.thresholds()
    figures = (
        _budget_figure(case, thresholds.transition_temperature_k),
        effect_figure("reference-shifts", "What each choice of the reference shifts, by runs", effects, thresholds),
        electronic_temperature_figure(audit) if audit is not None else None,
    )
    return Question(
        "reference",
        "Is the reference itself converged?",
        Tone.BAD if warnings else tone_of(effects) if effects else Tone.PLAIN if known else Tone.OPEN,
        "too few k-points" if warnings else _word(effects, len(known), len(choices)),
        (
            f"{len(known)} of {len(choices)} choices of the budget are known in kelvin.{_largest(case)}"
            if choices
            else "The study asks for no error budget: [budget] of the study file measures k-points, cutoff, "
            "pseudopotential, electronic temperature and functional in kelvin."
        ),
        "Single points with another choice on the same configurations, and runs with one choice changed.",
        tuple(filter(None, figures)),
        tuple(tables),
        warnings,
        without_figure=_unshown(len(choices)),
    )


def _word(effects: tuple[Effect, ...], known: int, choices: int) -> str:
    """Say in a few words what tests by runs came to, else how many choices are known in kelvin."""
    if effects:
        return counted(effects)
    return f"{known} of {choices} known" if choices else "not tested"


def _kpoints_in_kelvin(case: Case) -> list[str]:
    """Return what too few k-points cost by the latent heats of the study's own lines."""
    found = []
    for ladder in case.found.base(Role.REFERENCE):
        measured = few_for(case.study, ladder.atoms)
        step = ladder.located.step("enthalpy") if ladder.located and measured else None
        if ladder.located is None or step is None or not step.resolved or measured is None:
            continue
        sentence = kelvins_of(measured, step.location, step.height)
        found += [f"{ladder.located.states.where}, N = {ladder.atoms}: {sentence}"] if sentence else []
    return found


def _unshown(choices: int) -> str:
    """Say why nothing is drawn, and which runs would answer.

    Args:
        choices: how many of the budget there are.
    """
    if choices:
        return (
            f"0 of {choices} choices of the budget are known in kelvin. More snapshots of both phases "
            "([budget] snapshots), or a choice nearer to the reference, would tell."
        )
    return (
        "0 choices of the reference were tested. [budget] measures each from single points of snapshots that are "
        "there already, a finer mesh of k-points by itself; [tests] kpoints or cutoff does whole runs."
    )


def _budget(case: Case) -> list[tuple[str, BudgetRow]]:
    """Return the choices whose shift is known, with the place that each belongs to."""
    found = case.analysis.explanation
    return [
        (f"{words_of_line(placed.place.line)}, N = {placed.place.atoms}, {placed.place.temperature_k:g} K", row)
        for placed in (found.budgets if found is not None else ())
        for row in placed.rows
        if row.shift.value.resolved and row.shift.value.error > 0.0 and row.shift.value.unit == "K"
    ]


def _largest(case: Case) -> str:
    rows = _budget(case)
    if not rows:
        return ""
    place, row = max(rows, key=lambda item: abs(item[1].shift.value.value))
    return f" The largest: {row.choice} moves T* by {row.shift.value} ({place})."


def _budget_figure(case: Case, threshold_k: float) -> Figure | None:
    rows = _budget(case)
    if not rows:
        return None
    intervals = [
        Interval(
            row.choice,
            row.shift.value.value,
            row.shift.value.error,
            samples=row.shift.value.effective_samples,
            name=f"{row.choice}, {place}",
        )
        for place, row in rows
    ]
    panel = interval_panel(
        intervals,
        "shift of T* (K)",
        words={Tone.PLAIN: "by labels of the same configurations"},
        lines=(VerticalLine("threshold", 0.0, threshold_k, GREY),),
    )
    return Figure(
        "budget",
        "The budget in kelvin: what each choice of the reference shifts",
        "T* with another choice less T* as the study has it, with one standard error; the band is the threshold of the "
        "verdict. Choices that are too far for these configurations are in the table.",
        ((panel,),),
        wide=True,
    )
