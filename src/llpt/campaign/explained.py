"""What the labels of a set of runs say: records, and how they are written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.json_values import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llpt.audit import BudgetRow, Crossover, Explanation, PhaseSteps, Residuals
    from llpt.bridge import CarriedAverage, PhaseDifference
    from llpt.campaign.identity import ControlledTest
    from llpt.campaign.labelled import MatchedState
    from llpt.statistics import Estimate


@dataclass(frozen=True)
class StateDifference:
    """What the labels of one state and test say.

    Args:
        place: where.
        test: which runs: the base ladders, or those of the other phase.
        difference: Delta G of what these runs sampled.
        density: density of the reference by reweighting the surrogate's snapshots, in g/cm³; None without them.
        enthalpy: its enthalpy (from E) likewise, in eV/atom; None without them and at constant volume.
    """

    place: MatchedState
    test: ControlledTest
    difference: PhaseDifference
    density: CarriedAverage | None
    enthalpy: CarriedAverage | None


@dataclass(frozen=True)
class PlacedExplanation:
    """A predicted shift and where both phases were sampled for it.

    Args:
        place: where.
        explanation: the shift.
        steps: of the reference between the phases.
        strayed: largest share of a run's snapshots that were in the other phase; NaN where no order parameter parts
            the phases.
        region: how the snapshots were assigned to the phases, for people.
    """

    place: MatchedState
    explanation: Explanation
    steps: PhaseSteps
    strayed: float
    region: str


@dataclass(frozen=True)
class PlacedCrossover:
    """The shift of a transition in cells that go to and fro between two regions, and where.

    Args:
        line: name of the isobar.
        atoms: number of atoms.
        crossover: the shift, predicted and observed.
    """

    line: str
    atoms: int
    crossover: Crossover


@dataclass(frozen=True)
class PlacedBudget:
    """An error budget and where both phases were sampled for it; how snapshots were assigned as in the explanation.

    Args:
        place: where.
        rows: what each choice does.
        left: by choice, what is left between the surrogate and the reference with that choice: U_s - F_r' in the phase
            above the transition less that below it, in meV/atom (``llpt.campaign.likeness``); unknown without
            snapshots that both have labelled.
        strayed: as in the explanation.
        region: as in the explanation.
    """

    place: MatchedState
    rows: tuple[BudgetRow, ...]
    left: Mapping[str, Estimate]
    strayed: float
    region: str


@dataclass(frozen=True)
class CampaignExplanation:
    """All that the labels of a set of runs say.

    Args:
        residuals: errors of the surrogate; None without labels.
        states: free-energy differences by state.
        shifts: predicted shifts, where both phases were sampled at one temperature.
        crossovers: the same along an isobar, where the cells go to and fro between the phases.
        budgets: what each choice behind the reference does.
        refused: labels that could not be used, with the reason.
    """

    residuals: Residuals | None
    states: tuple[StateDifference, ...]
    shifts: tuple[PlacedExplanation, ...]
    crossovers: tuple[PlacedCrossover, ...]
    budgets: tuple[PlacedBudget, ...]
    refused: Mapping[str, str]

    def to_json(self) -> str:
        """Return everything as JSON; what is not known is null."""
        return json.dumps(plain(self), indent=1)
