"""Are the runs long enough?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llpt.campaign import ControlledTest
from llpt.campaign.state import words_of_line
from llpt.observables import estimate_of
from llpt.report.isobar_figures import axis_label, curve_of_runs
from llpt.report.panels import Figure, Panel
from llpt.report.question import Question, Row, Table, Tone, number_columns, text_columns
from llpt.report.questions.effects import effect_table

if TYPE_CHECKING:
    from llpt.campaign.observed import ObservedRun
    from llpt.report.case import Case
    from llpt.statistics import Estimate


def long_enough(case: Case) -> Question | None:
    """Answer from independent samples of the density, or of the pressure at constant volume, and the least time."""
    runs = [(ladder, run, _sampled(run)) for ladder, run in case.base_runs()]
    if not runs:
        return None
    least = case.study.verdict.thresholds().minimum_production_ps
    short = [(ladder, run, each) for ladder, run, each in runs if not each.resolved or _picoseconds(run) < least]
    samples = sorted(each.effective_samples for _, _, each in runs if each.resolved)
    middle = f"{samples[len(samples) // 2]:.0f} independent samples in the middle run" if samples else ""
    effects = case.effects([ControlledTest.DURATION])
    columns = (
        *text_columns("Engine"),
        *number_columns("N"),
        *text_columns("Line"),
        *number_columns("T (K)", "production (ps)", "independent samples"),
        *text_columns("What lacks"),
    )
    rows = tuple(
        Row(
            (
                ladder.engine,
                str(ladder.atoms),
                words_of_line(ladder.line),
                f"{run.temperature_k:g}",
                f"{_picoseconds(run):.3g}",
                f"{each.effective_samples:.3g}",
                f"less than {least:g} ps" if each.resolved else "its error is not known",
            ),
            tone=Tone.BAD,
        )
        for ladder, run, each in short
    )
    tables = [Table("Runs that are too short to decide anything", columns, rows)] if rows else []
    tables += [effect_table("Parts of runs one after the other", effects)] if effects else []
    return Question(
        "duration",
        "Are they long enough?",
        Tone.BAD if short else Tone.GOOD,
        f"{len(short)} of {len(runs)} are not" if short else "yes",
        f"{len(runs) - len(short)} of {len(runs)} base runs know their error and reach {least:g} ps of production"
        f"{f'; {middle}' if middle else ''}.",
        "Integrated autocorrelation time of the density, of the pressure at constant volume.",
        (_figure(case),),
        tuple(tables),
    )


def _picoseconds(run: ObservedRun) -> float:
    return float(run.summary.attrs["production_fs"]) / 1000.0


def _sampled(run: ObservedRun) -> Estimate:
    return estimate_of(run.summary, "density" if run.constant_pressure else "pressure")


def _figure(case: Case) -> Figure:
    panels = []
    for line in case.found.lines:
        ladders = [ladder for ladder in case.found.ladders if ladder.is_base and ladder.line == line]
        curves = []
        for ladder in ladders:
            counts = [_sampled(run).effective_samples for run in ladder.runs]
            finite = [count if count > 0.0 else math.nan for count in counts]
            curves.append(curve_of_runs(ladders, ladder, finite))
        if curves:
            panels.append(
                Panel(
                    axis_label(ladders[0]),
                    "independent samples",
                    tuple(curves),
                    note=words_of_line(ladders[0].line),
                    log_y=True,
                )
            )
    return Figure(
        "samples",
        "Independent samples of each run",
        "Independent samples of the density (of the pressure at constant volume) in the production of each run.",
        (tuple(panels),),
    )
