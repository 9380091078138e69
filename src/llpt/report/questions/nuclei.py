"""What do the nuclei's mass and quantum motion change?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.campaign.effects import density_changes
from llpt.campaign.nuclei import NUCLEI, changed_states, quantities_of_nuclei
from llpt.campaign.state import words_of_line
from llpt.report.isobar_figures import abscissae, axis_label, source_of
from llpt.report.palette import CYCLE
from llpt.report.panels import Figure, Marker, Panel, PlottedCurve
from llpt.report.question import Question, Row, Table, Tone, number_columns, text_columns
from llpt.report.questions.effects import counted, effect_table
from llpt.report.tables import estimate_text

if TYPE_CHECKING:
    from llpt.campaign.ladders import ObservedLadder
    from llpt.observables import Quantity
    from llpt.report.case import Case


def quantum_nuclei(case: Case) -> Question | None:
    """Answer from runs with another number of beads or another isotope; None where there are none."""
    effects = case.effects(NUCLEI)
    rows = _shifts(case)
    if not effects and not rows:
        return None
    return Question(
        "nuclei",
        "What do the nuclei's mass and quantum motion change?",
        Tone.PLAIN,
        counted(effects) or "see the table",
        f"Of {len(effects)} tests of beads and isotope: {counted(effects) or 'none forms a ladder'}.",
        "Runs with another number of beads, or another mass, against the base runs of the same engine and size.",
        figures=tuple(filter(None, [_figure(case)])),
        tables=(
            Table(
                "Changed less base, state by state",
                (
                    *text_columns("Changed", "Engine"),
                    *number_columns("N"),
                    *text_columns("Line", "State"),
                    *number_columns("Atoms in a volume (%)", *(_heading(each) for each in quantities_of_nuclei())),
                ),
                rows,
                "Errors are 68 %, of both runs together.",
            ),
            *((effect_table("Ladders with other nuclei", effects),) if effects else ()),
        ),
        without_figure="0 states have a density of both nuclei with a known error. Longer runs give them one.",
    )


def _heading(given: Quantity) -> str:
    return f"{given.axis_label[0].upper()}{given.axis_label[1:]}"


def _base_of(case: Case, ladder: ObservedLadder) -> ObservedLadder | None:
    """Return the base ladder of the same side, size and line; None where there is none."""
    base = case.found.base(ladder.role)
    return next((each for each in base if (each.atoms, each.line) == (ladder.atoms, ladder.line)), None)


def _figure(case: Case) -> Figure | None:
    """Return the change of the number of atoms in a volume, state by state; None where nothing can be compared."""
    panels = []
    changed = [each for each in case.found.ladders if each.test in NUCLEI]
    for line in dict.fromkeys(each.line for each in changed):
        mine = [each for each in changed if each.line == line]
        curves = []
        for number, ladder in enumerate(mine):
            base = _base_of(case, ladder)
            found = density_changes(ladder, base) if base is not None else []
            known = [(place, change) for place, change in found if change.resolved and change.error > 0.0]
            if known:
                curves.append(
                    PlottedCurve(
                        f"{ladder.identity.label}, {ladder.engine}, N = {ladder.atoms}",
                        abscissae(ladder, (place for place, _ in known)),
                        tuple(change.value for _, change in known),
                        tuple(change.error for _, change in known),
                        colour=CYCLE[number % len(CYCLE)],
                        marker=Marker.CIRCLE,
                        samples=tuple(change.effective_samples for _, change in known),
                        source=source_of(ladder),
                    )
                )
        if curves:
            panels.append(
                Panel(axis_label(mine[0]), "atoms in a volume (%)", tuple(curves), note=words_of_line(mine[0].line))
            )
    if not panels:
        return None
    return Figure(
        "nuclei",
        "Atoms in a volume with other nuclei, against the base runs",
        "Relative change of the density of atoms; error bars: one standard error of both runs together.",
        (tuple(panels[:3]),),
    )


def _shifts(case: Case) -> tuple[Row, ...]:
    """Return one row for each state that a ladder with other nuclei shares with its base, repeats taken together."""
    rows = []
    for ladder in case.found.ladders:
        base = _base_of(case, ladder) if ladder.test in NUCLEI else None
        for state in changed_states(ladder, base) if base is not None else ():
            texts = [estimate_text(value, unit=False) for value in (state.density_percent, *state.others)]
            place = f"{state.coordinate:g} {state.unit}"
            rows.append(
                Row(
                    (ladder.identity.label, ladder.engine, str(ladder.atoms), words_of_line(ladder.line), place, *texts)
                )
            )
    return tuple(rows)
