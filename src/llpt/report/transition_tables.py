"""The tables of the transition: criteria, their separations, the order with its evidence, and the jumps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.campaign import Role
from llpt.campaign.state import words_of_line
from llpt.report.tables import UNKNOWN, estimate_text
from llpt.transition import Coordinate, differences

if TYPE_CHECKING:
    from llpt.campaign.analysis import Analysis
    from llpt.transition import Difference


@dataclass(frozen=True)
class TransitionRow:
    """One criterion on one line of states, both sides; text."""

    line: str
    criterion: str
    reference: str
    surrogate: str
    difference: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class ChangeRow:
    """The largest change between neighbouring temperatures of one ladder; text."""

    engine: str
    atoms: str
    line: str
    between: str
    density: str
    enthalpy: str


@dataclass(frozen=True)
class SeparationRow:
    """How far two criteria lie apart, by one side's largest cell; text."""

    engine: str
    atoms: str
    line: str
    first: str
    second: str
    difference: str


@dataclass(frozen=True)
class EvidenceRow:
    """One piece of evidence; text."""

    kind: str
    order: str
    number: str
    meaning: str
    reason: str


@dataclass(frozen=True)
class OrderRow:
    """What the transition is on one line, by one side's largest cell; text."""

    engine: str
    atoms: str
    line: str
    order: str
    sentence: str
    disagrees: bool
    clapeyron: str
    evidence: tuple[EvidenceRow, ...]
    proposals: tuple[str, ...]


def transition_rows(analysis: Analysis) -> list[TransitionRow]:
    """Return where the transition is by each criterion, of the largest cell of each side."""
    rows = []
    for line in analysis.lines:
        sides = {role: analysis.largest(role, line) for role in Role}
        reference, surrogate = sides[Role.REFERENCE], sides[Role.SURROGATE]
        some = reference or surrogate
        if some is None or some.states is None:
            continue
        kelvin = some.states.along is Coordinate.TEMPERATURE
        for criterion in some.criteria:
            results = [ladder.criteria.get(criterion) if ladder else None for ladder in (reference, surrogate)]
            texts = [
                estimate_text(each.place, unit=not kelvin) if each and each.resolved else "not resolved"
                for each in results
            ]
            difference = UNKNOWN
            if all(each and each.resolved for each in results) and results[0] and results[1]:
                difference = estimate_text(results[1].place.minus(results[0].place), unit=not kelvin)
            reasons = tuple(
                f"{ladder.engine}: {each.reason}"
                for ladder, each in zip((reference, surrogate), results, strict=True)
                if ladder and each
            )
            rows.append(
                TransitionRow(words_of_line(some.line), str(criterion), texts[0], texts[1], difference, reasons)
            )
    return rows


def change_rows(analysis: Analysis) -> list[ChangeRow]:
    """Return the largest change of density between neighbouring temperatures of each base ladder, with ΔH there."""
    rows = []
    for role in Role:
        for ladder in analysis.base(role):
            if ladder.isobar is None:
                continue
            steps = differences(ladder.isobar.curve("density"))
            if not steps:
                continue
            largest = max(steps, key=lambda step: step.change.value)
            heats = differences(ladder.isobar.curve("enthalpy"))
            heat = next((step for step in heats if _same(step, largest)), None)
            rows.append(
                ChangeRow(
                    ladder.engine,
                    str(ladder.atoms),
                    words_of_line(ladder.line),
                    f"{largest.lower:g} – {largest.upper:g}",
                    estimate_text(largest.relative, unit=False, factor=100.0),
                    estimate_text(heat.change, unit=False, factor=1000.0) if heat else UNKNOWN,
                )
            )
    return rows


def _same(one: Difference, other: Difference) -> bool:
    return (one.lower, one.upper) == (other.lower, other.upper)


def separation_rows(analysis: Analysis) -> list[SeparationRow]:
    """Return how far the criteria of the figures lie apart where two or more of them are resolved."""
    rows = []
    for line in analysis.lines:
        for ladder in (analysis.largest(role, line) for role in Role):
            if ladder is None:
                continue
            rows += [
                SeparationRow(
                    ladder.engine,
                    str(ladder.atoms),
                    words_of_line(ladder.line),
                    str(item.first),
                    str(item.second),
                    estimate_text(item.difference, unit=item.difference.unit != "K"),
                )
                for item in ladder.separations
                if item.first.figure_order is not None and item.second.figure_order is not None
            ]
    return rows


def order_rows(analysis: Analysis) -> list[OrderRow]:
    """Return first order, crossover or not resolved for each side and line, with every piece of evidence."""
    return [
        OrderRow(
            result.engine,
            str(result.atoms),
            result.line,
            str(result.statement.order),
            result.statement.sentence,
            result.statement.disagreement,
            estimate_text(result.clapeyron_k_per_gpa, unit=False),
            tuple(
                EvidenceRow(str(item.kind), str(item.order), estimate_text(item.number), item.meaning, item.reason)
                for item in result.statement.evidence
            ),
            tuple(proposal.sentence for proposal in result.proposals),
        )
        for result in analysis.orders
    ]
