"""Is everything a fluid?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.campaign.state import words_of_line
from llpt.report.question import Question, Row, Table, Tone, number_columns, text_columns
from llpt.report.supplement_figures import displacement_figure

if TYPE_CHECKING:
    from llpt.report.case import Case


def all_fluid(case: Case) -> Question | None:
    """Answer from the points of every line of states that are solid, and those that cannot tell."""
    lines = [(ladder, ladder.states) for ladder in case.found.ladders if ladder.states is not None]
    points = [(ladder, states, point) for ladder, states in lines for point in states.points]
    if not points:
        return None
    solid = [(ladder, states, point) for ladder, states, point in points if point.solid]
    untold = sum(point.solid is None for *_, point in points)
    partly = [(ladder, states, point) for ladder, states, point in points if point.solids_left_out]
    rows = tuple(
        Row(
            (
                ladder.engine,
                str(ladder.atoms),
                words_of_line(ladder.line),
                str(ladder.identity.label),
                f"{point.coordinate:g} {states.along.unit}",
                str(point.solids_left_out or "all"),
            )
        )
        for ladder, states, point in (*solid, *partly)
    )
    columns = (
        *text_columns("Engine"),
        *number_columns("N"),
        *text_columns("Line", "Test"),
        *number_columns("At", "Repeats"),
    )
    figure = displacement_figure(case.found)
    told = f"{len(points) - untold} of {len(points)} runs can tell a solid from a fluid."
    if partly:
        told += f" At {len(partly)} states some repeats are solid and are left out; the others are a fluid."
    return Question(
        "solids",
        "Is everything a fluid?",
        Tone.BAD if solid or partly else Tone.OPEN if untold else Tone.GOOD,
        f"{len(solid) + len(partly)} solid" if solid or partly else f"{untold} not told" if untold else "yes",
        f"{len(solid)} of them are solid and are left out. {told}"
        if solid or partly
        else f"{told} None of these is solid.",
        "Growth of the mean-squared displacement, and the share of atoms with solid-like bonds.",
        (figure,) if figure is not None else (),
        (Table("Runs that are solid", columns, rows),) if rows else (),
        without_figure="0 runs have a mean-squared displacement. Runs with trajectories, long enough for an atom to "
        "pass its neighbours, show it.",
    )
