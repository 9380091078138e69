"""The tables that say why the two sides differ: predicted shifts, and where the kelvins come from; text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.campaign.state import words_of_line
from llpt.report.tables import estimate_text

if TYPE_CHECKING:
    from llpt.campaign.explained import CampaignExplanation
    from llpt.campaign.labelled import MatchedState


@dataclass(frozen=True)
class ShiftRow:
    """The shift that labels predict at one state; text."""

    place: str
    low: str
    high: str
    difference: str
    predicted: str
    observed: str
    finding: str
    sentence: str


@dataclass(frozen=True)
class CrossoverRow:
    """The shift along an isobar whose cells go to and fro between the phases; text."""

    place: str
    surrogate: str
    reference: str
    foretold: str
    predicted: str
    observed: str
    finding: str
    sentence: str


@dataclass(frozen=True)
class ChoiceRow:
    """What one choice behind the reference does; text."""

    place: str
    choice: str
    shift: str
    difference: str
    density_low: str
    density_high: str
    sentence: str


@dataclass(frozen=True)
class StateRow:
    """How far apart the two ensembles of one state are; text."""

    place: str
    runs: str
    free_energy: str
    bracket: str
    divergence: str
    method: str


def state_rows(found: CampaignExplanation | None) -> list[StateRow]:
    """Return one row for each state whose snapshots both sides labelled."""
    rows = []
    for state in found.states if found is not None else ():
        phase = state.difference
        ends = (phase.lower.scaled(1000.0 / phase.atoms, ""), phase.upper.scaled(1000.0 / phase.atoms, ""))
        rows.append(
            StateRow(
                _where(state.place),
                str(state.test),
                estimate_text(phase.per_atom_mev, unit=False),
                " … ".join(estimate_text(end, unit=False) for end in ends),
                estimate_text(phase.jeffreys_per_atom, unit=False),
                str(phase.method),
            )
        )
    return rows


def shift_rows(found: CampaignExplanation | None) -> list[ShiftRow]:
    """Return one row for each temperature at which both phases were labelled."""
    return [
        ShiftRow(
            _where(placed.place),
            estimate_text(placed.explanation.low.per_atom_mev, unit=False),
            estimate_text(placed.explanation.high.per_atom_mev, unit=False),
            estimate_text(placed.explanation.temperature.difference_mev_per_atom, unit=False),
            estimate_text(placed.explanation.predicted.value),
            estimate_text(placed.explanation.observed),
            str(placed.explanation.finding),
            placed.explanation.sentence,
        )
        for placed in (found.shifts if found is not None else ())
    ]


def crossover_rows(found: CampaignExplanation | None) -> list[CrossoverRow]:
    """Return one row for each isobar and size whose cells go to and fro between the phases."""
    return [
        CrossoverRow(
            f"{words_of_line(placed.line)}, N = {placed.atoms}",
            estimate_text(placed.crossover.surrogate.temperature, unit=False),
            estimate_text(placed.crossover.reference.temperature, unit=False),
            estimate_text(placed.crossover.predicted.temperature, unit=False),
            estimate_text(placed.crossover.predicted_shift, unit=False),
            estimate_text(placed.crossover.observed_shift, unit=False),
            str(placed.crossover.finding),
            placed.crossover.sentence,
        )
        for placed in (found.crossovers if found is not None else ())
    ]


def choice_rows(found: CampaignExplanation | None) -> list[ChoiceRow]:
    """Return one row for each choice of the budget, at each state."""
    return [
        ChoiceRow(
            _where(placed.place),
            row.choice,
            estimate_text(row.shift.value, unit=False),
            estimate_text(row.shift.difference_mev_per_atom, unit=False),
            estimate_text(row.density_low, unit=False),
            estimate_text(row.density_high, unit=False),
            row.sentence,
        )
        for placed in (found.budgets if found is not None else ())
        for row in placed.rows
    ]


def bias_sentence(found: CampaignExplanation | None) -> str:
    """Say the phase-differential bias, the number to read first; empty without labels."""
    if found is None or found.residuals is None:
        return ""
    bias = found.residuals.accuracy.phase_bias
    if bias.molecular_mev_per_atom is None or bias.error_mev_per_atom is None:
        return "Energy error between the phases: not determined by the labelled snapshots."
    return (
        f"Energy error of the surrogate, molecular less atomic at one density: {bias.molecular_mev_per_atom:.1f} ± "
        f"{bias.error_mev_per_atom:.1f} meV/atom. {found.residuals.missing}"
    ).strip()


def _where(place: MatchedState) -> str:
    return f"{words_of_line(place.line)}, N = {place.atoms}, {place.temperature_k:g} K"
