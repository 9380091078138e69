"""Where is the transition, and of which order?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.campaign import Role
from llpt.campaign.state import words_of_line
from llpt.report.isobar_figures import isobar_figure
from llpt.report.line_figure import transition_line_figure
from llpt.report.question import Question, Row, Table, Tone, number_columns, text_columns
from llpt.report.tables import UNKNOWN, estimate_text
from llpt.report.transition_tables import change_rows, order_rows, separation_rows, transition_rows
from llpt.transition.evidence import Order

if TYPE_CHECKING:
    from llpt.campaign.analysis import Analysis
    from llpt.campaign.ladders import ObservedLadder
    from llpt.report.case import Case
    from llpt.transition import Criterion, CriterionResult


def where_is_it(case: Case) -> Question | None:
    """Answer with the transition of each line by the criterion that decides, for both sides."""
    found = case.found
    if not found.ladders:
        return None
    sides = [_sides(found, line) for line in found.lines]
    sentences = [each.sentence for each in sides if each.sentence]
    placed, wanted = sum(each.located for each in sides), sum(each.asked for each in sides)
    figures = [isobar_figure(case.study, found), transition_line_figure(found)]
    return Question(
        "transition",
        "Where is the transition, and of which order?",
        Tone.PLAIN if placed and placed == wanted else Tone.OPEN,
        f"{placed} of {wanted} located" if placed else "not located",
        " ".join(sentences) or "No line of states has a transition that these runs resolve.",
        "Steps, maxima and crossings of the averages of each run along a line of states, with the error of the fit.",
        tuple(figure for figure in figures if figure is not None),
        tuple(table for table in (_criteria(found), *_orders(found), _separations(found), _changes(found)) if table),
        without_figure="0 lines of states have averages with a known error. Longer runs give them one.",
    )


@dataclass(frozen=True)
class _Sides:
    """Where the two sides have the transition of one line.

    Args:
        located: sides that have it.
        asked: sides that were asked for it.
        sentence: where they have it, and why one has it not.
    """

    located: int
    asked: int
    sentence: str


def _sides(found: Analysis, line: str) -> _Sides:
    """Say where each side has the transition of one line, by the first criterion that most of them resolve."""
    ladders = [ladder for role in Role if (ladder := found.largest(role, line)) is not None]
    order = [each.criterion for each in ladders[0].located.deciding] if ladders and ladders[0].located else []
    absent = [role for role in Role if found.largest(role, line) is None]
    criterion = max(order, key=lambda each: sum(_resolves(ladder, each) for ladder in ladders), default=None)
    if criterion is None or not any(_resolves(ladder, criterion) for ladder in ladders):
        return _Sides(0, len(Role), _why_nowhere(ladders, order[0]) if order else "")
    texts = []
    for ladder in ladders:
        result = ladder.criteria.get(criterion)
        if result is not None and result.resolved:
            texts.append(f"{_named(ladder)} {_place_of(ladder, result)}")
    missing = [f" {_why_not(ladder, criterion)}" for ladder in ladders if not _resolves(ladder, criterion)]
    missing += [f" The {role} has no line of states there." for role in absent]
    sentence = f"At {words_of_line(ladders[0].line)}, by {criterion}: {', '.join(texts)}.{''.join(missing)}"
    return _Sides(len(texts), len(Role), sentence)


def _why_nowhere(ladders: list[ObservedLadder], criterion: Criterion) -> str:
    return f"At {words_of_line(ladders[0].line)}: {' '.join(_why_not(ladder, criterion) for ladder in ladders)}"


def _why_not(ladder: ObservedLadder, criterion: Criterion) -> str:
    """Name a side whose transition is not located by a criterion, and say why and by which it is."""
    result = ladder.criteria.get(criterion)
    reason = f": {result.reason.rstrip('.')}" if result is not None and result.reason else ""
    others = [each for each in (ladder.located.deciding if ladder.located else ()) if each.resolved]
    besides = f" By {others[0].criterion} it is at {_place_of(ladder, others[0])}." if others else ""
    return f"Not located for {_named(ladder)} ({ladder.role}) by {criterion}{reason}.{besides}"


def _named(ladder: ObservedLadder) -> str:
    return f"{ladder.engine} (N = {ladder.atoms})"


def _resolves(ladder: ObservedLadder, criterion: Criterion) -> bool:
    result = ladder.criteria.get(criterion)
    return result is not None and result.resolved


def _place_of(ladder: ObservedLadder, result: CriterionResult) -> str:
    """Return a place, and at held volumes the pressure that belongs to it."""
    point = ladder.located.phase_point(result.criterion) if ladder.located else None
    if point is None or not point.pressure_gpa.resolved or ladder.kind is None or not ladder.kind.holds_volume:
        return estimate_text(result.place)
    return f"{estimate_text(result.place)}, at {estimate_text(point.pressure_gpa)}"


def _criteria(found: Analysis) -> Table | None:
    rows = transition_rows(found)
    columns = (
        *text_columns("Line", "Criterion"),
        *number_columns("Reference (K)", "Surrogate (K)", "Surrogate − reference (K)"),
    )
    return (
        rows
        and Table(
            "The transition by criterion",
            columns,
            tuple(
                Row(
                    (row.line, row.criterion, row.reference, row.surrogate, row.difference),
                    known=(row.reference, row.surrogate) != ("not resolved", "not resolved"),
                    remark=" ".join(row.reasons),
                )
                for row in rows
            ),
            "On isotherms in GPa or g/cm³. Below each: how it was found, or why not.",
        )
    ) or None


def _orders(found: Analysis) -> tuple[Table, ...]:
    rows = order_rows(found)
    if not rows:
        return ()
    orders = Table(
        "First order or crossover",
        (
            *text_columns("Engine"),
            *number_columns("N"),
            *text_columns("Line", "The evidence comes to", "Which says what"),
            *number_columns("TΔv/Δh (K/GPa)"),
        ),
        tuple(
            Row(
                (row.engine, row.atoms, words_of_line(row.line), row.order, row.sentence, row.clapeyron),
                known=row.disagrees or row.order != Order.NOT_RESOLVED,
                tone=Tone.BAD if row.disagrees else Tone.PLAIN,
                remark="The pieces of evidence disagree." if row.disagrees else "",
            )
            for row in rows
        ),
    )
    evidence = Table(
        "Each piece of evidence",
        (
            *text_columns("Engine", "Line", "Evidence", "Says"),
            *number_columns("Number"),
            *text_columns("What the number is", "Why"),
        ),
        tuple(
            Row(
                (row.engine, words_of_line(row.line), item.kind, item.order, item.number, item.meaning, item.reason),
                known=item.number != UNKNOWN and item.order != Order.NOT_RESOLVED,
            )
            for row in rows
            for item in row.evidence
        ),
        folded=True,
    )
    return orders, evidence


def _separations(found: Analysis) -> Table | None:
    rows = separation_rows(found)
    if not rows:
        return None
    return Table(
        "Separation of the criteria",
        (
            *text_columns("Engine"),
            *number_columns("N"),
            *text_columns("Line", "Criteria"),
            *number_columns("First − second (K)"),
        ),
        tuple(
            Row((row.engine, row.atoms, words_of_line(row.line), f"{row.first}, {row.second}", row.difference))
            for row in rows
        ),
        "At a first-order line all criteria name one temperature; lines that part are those of a crossover. The "
        "density maximum lies above the jump in either case. Errors are added as if the criteria were independent.",
        folded=True,
    )


def _changes(found: Analysis) -> Table | None:
    rows = change_rows(found)
    if not rows:
        return None
    return Table(
        "Largest change of density between neighbouring temperatures",
        (
            *text_columns("Engine"),
            *number_columns("N"),
            *text_columns("Line"),
            *number_columns("Between (K)", "Δρ/ρ (%)", "ΔH (meV/atom)"),
        ),
        tuple(
            Row((row.engine, row.atoms, words_of_line(row.line), row.between, row.density, row.enthalpy))
            for row in rows
        ),
        "The grid of temperatures is part of the number: a jump and a steep slope look alike between two points.",
        folded=True,
    )
