"""Where the kelvins come from: what each choice behind a reference does to its transition, from the same snapshots.

A choice (k-mesh, cutoff, pseudopotential, electronic temperature, functional, network) is another Hamiltonian r' in the
place of r. Its Delta = F_r' - F_r on snapshots of r, of both phases at one temperature, gives T*_r' - T*_r by
``llpt.bridge.shift_of_temperature``. Where the snapshots are of r alone, an exponential average or a second cumulant
must carry them; what is farther is reported as too far. Snapshots of r never see a region that r' alone prefers: a
choice whose spread is large may hide more than its mean, and then r' needs runs of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt.audit.double_labels import DoublyLabelled, density_of
from llpt.bridge import (
    SURROGATE,
    FreeEnergyMethod,
    PhaseDifference,
    Shift,
    free_energy_difference,
    shift_of_temperature,
)
from llpt.engines import evaluate
from llpt.statistics import Estimate, covariance_estimate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ase import Atoms

    from llpt.engines import Engine


@dataclass(frozen=True)
class BudgetRow:
    """What one choice does.

    Args:
        choice: what is changed, for people: ``k-points 3x3x3``.
        low: G_r' - G_r of the phase stable below the transition.
        high: of the phase stable above it.
        shift: T*_r' - T*_r at fixed pressure.
        density_low: first-order change of the density of the low phase in per cent; unknown at constant volume, or
            where the choice is too far.
        density_high: of the high phase.
    """

    choice: str
    low: PhaseDifference
    high: PhaseDifference
    shift: Shift
    density_low: Estimate
    density_high: Estimate

    @property
    def too_far(self) -> bool:
        """Whether perturbation theory from these snapshots cannot say what the choice does, were they ever so many.

        A phase whose mean is not known has too few of them instead.
        """
        phases = [phase for phase in (self.low, self.high) if phase.method is FreeEnergyMethod.NONE]
        return any(phase.upper.resolved or phase.lower.resolved for phase in phases)

    @property
    def sentence(self) -> str:
        """What came of it, for people."""
        if self.too_far:
            return f"{self.choice}: too far for these snapshots. {self.shift.reason}"
        if not self.shift.value.resolved:
            return f"{self.choice}: not resolved. {self.shift.reason}"
        return f"{self.choice}: moves the transition by {self.shift.value}."


def error_budget(
    choices: Mapping[str, tuple[Sequence[DoublyLabelled], Sequence[DoublyLabelled]]], enthalpy_ev_per_atom: Estimate
) -> tuple[BudgetRow, ...]:
    """Return what each choice does to the transition and to the densities, the greatest known shift first.

    Args:
        choices: of each choice, the configurations of the low and of the high phase: ``surrogate`` labels of the
            Hamiltonian as it is, ``reference`` labels of the changed one, ``coupling`` 0 where the Hamiltonian as it is
            sampled them, 1 where the changed one did.
        enthalpy_ev_per_atom: H_high - H_low in eV/atom.

    Raises:
        InputError: the sets of a choice differ in size or temperature.
    """
    rows = [_row(choice, low, high, enthalpy_ev_per_atom) for choice, (low, high) in choices.items()]
    return tuple(sorted(rows, key=lambda row: -abs(row.shift.value.value) if row.shift.value.resolved else -math.inf))


def label_choices(
    low: Sequence[Atoms], high: Sequence[Atoms], *, base: Engine, changed: Mapping[str, Engine], temperature_k: float
) -> dict[str, tuple[list[DoublyLabelled], list[DoublyLabelled]]]:
    """Label snapshots of both phases with a Hamiltonian as it is and with each change to it.

    The Hamiltonian as it is labels them afresh: what a run recorded may carry the error of its looser convergence.

    Args:
        low: snapshots of its own run in the low phase, in their order.
        high: of its own run in the high phase, at the same temperature.
        base: the Hamiltonian as it is.
        changed: the changed ones, by the names of the choices.
        temperature_k: temperature of both runs in K.

    Raises:
        InputError: an engine cannot compute a snapshot.
        EngineError: a calculation failed.
    """
    below, above = evaluate(low, base), evaluate(high, base)

    def with_change(name: str, frames: Sequence[Atoms], engine: Engine) -> list[DoublyLabelled]:
        return [DoublyLabelled(name, SURROGATE, temperature_k, evaluate(frames, engine), frames)]

    return {
        choice: (with_change("low phase", below, engine), with_change("high phase", above, engine))
        for choice, engine in changed.items()
    }


def _row(
    choice: str, low: Sequence[DoublyLabelled], high: Sequence[DoublyLabelled], enthalpy_ev_per_atom: Estimate
) -> BudgetRow:
    below, above = (free_energy_difference([each.samples() for each in sets]) for sets in (low, high))
    shift = shift_of_temperature(below, above, enthalpy_ev_per_atom)
    return BudgetRow(choice, below, above, shift, _density_change(low, below), _density_change(high, above))


def _density_change(sets: Sequence[DoublyLabelled], phase: PhaseDifference) -> Estimate:
    """Return -beta Cov(rho, Delta) / <rho> in per cent, from the configurations of the Hamiltonian as it is."""
    for each in sets:
        density = np.array([density_of(atoms) for atoms in each.reference])
        if phase.method is not FreeEnergyMethod.NONE and each.coupling == SURROGATE and float(np.ptp(density)) > 0.0:
            samples = each.samples()
            covariance = covariance_estimate(density / density.mean(), samples.difference_ev, "")
            return covariance.scaled(-100.0 * samples.beta_per_ev, "%")
    return Estimate.unknown("%")
