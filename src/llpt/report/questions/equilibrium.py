"""Are the runs equilibrated?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.campaign.state import words_of_line
from llpt.report.isobar_figures import axis_label, curve_of_runs
from llpt.report.panels import Dash, Figure, Marker, Panel, PlottedCurve
from llpt.report.question import Question, Row, Table, Tone, number_columns, text_columns
from llpt.report.run_settling import settled

if TYPE_CHECKING:
    from llpt.report.case import Case


def equilibrated(case: Case) -> Question | None:
    """Answer from when on each run looks stationary, against what is left out of its averages."""
    runs = [(ladder, run, settled(run.summary)) for ladder, run in case.base_runs()]
    if not runs:
        return None
    late = [(ladder, run, found) for ladder, run, found in runs if found.late]
    rows = tuple(
        Row(
            (
                ladder.engine,
                str(ladder.atoms),
                words_of_line(ladder.line),
                f"{run.temperature_k:g}",
                f"{found.settled_ps:.3g}",
                f"{found.left_out_ps:.3g}",
                f"{found.total_ps:.3g}",
            ),
            tone=Tone.BAD,
        )
        for ladder, run, found in late
    )
    columns = (
        *text_columns("Engine"),
        *number_columns("N"),
        *text_columns("Line"),
        *number_columns("T (K)", "settled from (ps)", "left out (ps)", "whole run (ps)"),
    )
    tables = (Table("Runs that settle later than what is left out of their averages", columns, rows),) if rows else ()
    return Question(
        "equilibrium",
        "Are the runs equilibrated?",
        Tone.BAD if late else Tone.GOOD,
        f"{len(late)} of {len(runs)} are not" if late else "yes",
        f"{len(late)} of {len(runs)} base runs look stationary only after the part that is left out of their averages."
        if late
        else f"All {len(runs)} base runs look stationary from before their averages begin.",
        "The step from which on the volume (else the energy) of a run shows no trend, found by itself; a drift slower "
        "than the run is long cannot be seen in it.",
        (_figure(case),),
        tables,
    )


def _figure(case: Case) -> Figure:
    panels = []
    for line in case.found.lines:
        ladders = [ladder for ladder in case.found.ladders if ladder.is_base and ladder.line == line]
        if not ladders:
            continue
        curves = []
        for ladder in ladders:
            parts = [settled(run.summary) for run in ladder.runs]
            curves.append(curve_of_runs(ladders, ladder, [part.settled_share for part in parts]))
        leading = max(ladders, key=lambda ladder: len(ladder.runs))
        limits = [settled(run.summary) for run in leading.runs]
        curves.append(
            PlottedCurve(
                "left out of the averages",
                tuple(run.temperature_k for run in leading.runs),
                tuple(each.left_out_share for each in limits),
                colour="#000000",
                dash=Dash.DOTTED,
                marker=Marker.NONE,
                width=0.8,
            )
        )
        panels.append(
            Panel(
                axis_label(leading), "settled from (share of the run)", tuple(curves), note=words_of_line(leading.line)
            )
        )
    return Figure(
        "equilibration",
        "From when on each run looks stationary",
        "Share of each run after which its volume, or its energy at constant volume, shows no trend. Dotted: what is "
        "left out of the averages.",
        (tuple(panels),),
    )
