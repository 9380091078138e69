"""Is the reference itself converged?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.campaign import ControlledTest, Role
from llpt.report.explanation_tables import choice_rows
from llpt.report.question import Question, Row, Table, Tone, number_columns, text_columns
from llpt.report.questions.effects import effect_table, tone_of
from llpt.report.supplement_figures import electronic_temperature_figure
from llpt.report.tables import UNKNOWN
from llpt.study.one_kpoint import warnings_of

if TYPE_CHECKING:
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
    warnings = warnings_of(case.study)
    choices = choice_rows(case.analysis.explanation)
    effects = tuple(effect for effect in case.effects(CHOICES) if effect.role is Role.REFERENCE)
    audit = case.analysis.electronic_temperature
    known = [row for row in choices if row.shift != UNKNOWN]
    tested = bool(choices or effects)
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
    return Question(
        "reference",
        "Is the reference itself converged?",
        Tone.BAD if warnings else tone_of(effects) if effects else Tone.PLAIN if known else Tone.OPEN,
        "too few k-points" if warnings else "tested" if tested else "not tested",
        (
            f"{len(known)} of {len(choices)} choices of the budget are known in kelvin."
            if choices
            else "The study asks for no error budget: [budget] of the study file measures k-points, cutoff, "
            "pseudopotential, electronic temperature and functional in kelvin."
        ),
        "Single points with another choice on the same configurations, and runs with one choice changed.",
        (electronic_temperature_figure(audit),) if audit is not None else (),
        tuple(tables),
        warnings,
    )
