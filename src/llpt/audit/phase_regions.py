"""Which phase each configuration is in, so that both ensembles of a phase are of one region of configurations.

A free-energy difference of a phase takes both ensembles *restricted to the same region* (``llpt.bridge``). The region
is one side of a value of an order parameter: the molecular fraction of hydrogen, the density of anything else.
Restricting is exact: configurations of one equilibrium run that lie in a region are the restricted ensemble, and a run
that goes to and fro, as in small cells, gives both phases. A run that stays where it began loses nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from llpt import units
from llpt.audit.double_labels import density_of, free_energy_of, molecular_fraction_of
from llpt.bridge import REFERENCE
from llpt.observables import quantity
from llpt.statistics import Estimate, mean_estimate
from llpt.structure import label_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ase import Atoms
    from numpy.typing import NDArray

    from llpt.audit.double_labels import DoublyLabelled

APART_SIGMAS = 3.0
"""Errors by which the order parameter must differ between the two ends for a value between them to part phases."""
STRAY_SHARE = 0.05
"""Share of a run's configurations beyond the dividing value up to which the run counts as staying in its phase."""


class OrderParameter(StrEnum):
    """What tells the phases apart; the value is its name among the observables."""

    MOLECULAR_FRACTION = "molecular_fraction"
    DENSITY = "density"

    def of(self, atoms: Atoms) -> float:
        """Return its value for a configuration."""
        return molecular_fraction_of(atoms) if self is OrderParameter.MOLECULAR_FRACTION else density_of(atoms)


@dataclass(frozen=True)
class PhaseBoundary:
    """The value of an order parameter that parts two phases.

    Args:
        order: which order parameter.
        value: the dividing one, in the unit of the order parameter.
        low_is_above: whether the phase stable below the transition has the larger values.
    """

    order: OrderParameter
    value: float
    low_is_above: bool

    def in_low(self, atoms: Atoms) -> bool:
        """Return whether a configuration is in the phase stable below the transition."""
        return (self.order.of(atoms) > self.value) == self.low_is_above


def boundary_between(order: OrderParameter, cold: Estimate, hot: Estimate) -> PhaseBoundary | None:
    """Return the boundary half way between the two ends of a ladder; None where they do not differ.

    Args:
        order: the order parameter.
        cold: its average in the coldest run.
        hot: in the hottest.
    """
    difference = cold.minus(hot)
    if not difference.resolved or abs(difference.value) <= APART_SIGMAS * difference.error:
        return None
    return PhaseBoundary(order, 0.5 * (cold.value + hot.value), difference.value > 0.0)


@dataclass(frozen=True)
class PhaseSets:
    """Configurations of two phases, each ensemble within its region.

    Args:
        low: of the phase stable below the transition, one set for each ensemble; empty where none are there.
        high: of that above it.
        strayed: largest share of a run's configurations that were in the other phase than the run was meant for; NaN
            where no boundary is known.
        sentence: what was done, for people.
    """

    low: tuple[DoublyLabelled, ...]
    high: tuple[DoublyLabelled, ...]
    strayed: float
    sentence: str


def in_phases(
    low: Sequence[DoublyLabelled], high: Sequence[DoublyLabelled], boundary: PhaseBoundary | None
) -> PhaseSets:
    """Return the configurations of each phase, those of a run that crossed in the phase where they are.

    Args:
        low: of runs meant to stay in the phase stable below the transition, at one state.
        high: of runs meant for the phase above it; empty where there are none.
        boundary: what parts the phases; None leaves every run in the phase it is meant for.
    """
    if boundary is None:
        sentence = "The order parameter does not part two phases on this line: each run counts for the phase it is of."
        return PhaseSets(tuple(low), tuple(high), math.nan, sentence)
    within = [[np.array([boundary.in_low(atoms) for atoms in each.reference]) for each in sets] for sets in (low, high)]
    astray = [float((~inside).mean()) for inside in within[0]] + [float(inside.mean()) for inside in within[1]]
    strayed = max(astray, default=0.0)
    stayed = f"{boundary.order.value.replace('_', ' ')} {boundary.value:.3g}"
    if strayed <= STRAY_SHARE:
        below = _joined([_taken(each, inside) for each, inside in zip(low, within[0], strict=True)])
        above = _joined([_taken(each, ~inside) for each, inside in zip(high, within[1], strict=True)])
        return PhaseSets(below, above, strayed, f"Every run stayed on its side of {stayed}.")
    below, above = _parted([*zip(low, within[0], strict=True), *zip(high, within[1], strict=True)])
    sentence = f"Up to {100.0 * strayed:.0f} % of a run lay beyond {stayed}: each snapshot counts where it is."
    return PhaseSets(below, above, strayed, sentence)


def by_region(
    runs: Sequence[DoublyLabelled], boundary: PhaseBoundary
) -> tuple[tuple[DoublyLabelled, ...], tuple[DoublyLabelled, ...]]:
    """Return the configurations of runs meant for no phase: those below the transition, and those above it.

    Args:
        runs: of one state.
        boundary: what parts the two.
    """
    return _parted([(each, np.array([boundary.in_low(atoms) for atoms in each.reference])) for each in runs])


def _parted(
    runs: Sequence[tuple[DoublyLabelled, Any]],
) -> tuple[tuple[DoublyLabelled, ...], tuple[DoublyLabelled, ...]]:
    """Return each configuration in the phase where it is, by whether it is in the lower one."""
    below, above = (_joined([_taken(each, inside == of_low) for each, inside in runs]) for of_low in (True, False))
    return below, above


def _taken(labelled: DoublyLabelled, chosen: Any) -> DoublyLabelled | None:
    """Return the chosen configurations of a set; None where they are too few to be samples."""
    if int(chosen.sum()) < 2:
        return None
    pairs = [
        [atoms for atoms, wanted in zip(frames, chosen, strict=True) if wanted]
        for frames in (labelled.reference, labelled.surrogate)
    ]
    return replace(labelled, reference=pairs[0], surrogate=pairs[1])


def _joined(sets: Sequence[DoublyLabelled | None]) -> tuple[DoublyLabelled, ...]:
    """Return one set for each ensemble, runs of one ensemble end to end."""
    found: dict[float, DoublyLabelled] = {}
    for each in filter(None, sets):
        before = found.get(each.coupling)
        if before is None:
            found[each.coupling] = each
        else:
            found[each.coupling] = replace(
                before,
                name=f"{before.name} and {each.name}",
                reference=[*before.reference, *each.reference],
                surrogate=[*before.surrogate, *each.surrogate],
            )
    return tuple(found.values())


@dataclass(frozen=True)
class PhaseSteps:
    """What changes from the low phase to the high one, by the reference's labels on its own configurations.

    Args:
        enthalpy: H_high - H_low in eV/atom, from the internal energy; the kinetic energies of one temperature cancel.
        volume: V_high - V_low in Å³/atom.
    """

    enthalpy: Estimate
    volume: Estimate


def steps_between(
    low: Sequence[DoublyLabelled], high: Sequence[DoublyLabelled], *, pressure_gpa: float, coupling: float = REFERENCE
) -> PhaseSteps:
    """Return the steps of enthalpy and volume between two phases.

    Args:
        low: configurations of the phase stable below the transition.
        high: of that above it, at the same temperature and size.
        pressure_gpa: of the line of states; NaN at constant volume, where H is not compared at one pressure.
        coupling: whose configurations count; the labels are of the Hamiltonian that sampled them.
    """
    sides = [[each for each in sets if each.coupling == coupling] for sets in (low, high)]
    enthalpy_unit, volume_unit = (quantity(name).unit for name in ("enthalpy", "volume"))
    if not all(sides):
        return PhaseSteps(Estimate.unknown(enthalpy_unit), Estimate.unknown(volume_unit))
    frames = [
        [atoms for each in sets for atoms in (each.reference if coupling == REFERENCE else each.surrogate)]
        for sets in sides
    ]
    low_volume, high_volume = (mean_estimate(_volumes_of(each), volume_unit) for each in frames)
    enthalpy = Estimate.unknown(enthalpy_unit)
    if math.isfinite(pressure_gpa):
        below, above = (mean_estimate(enthalpies_of(each, pressure_gpa), enthalpy_unit) for each in frames)
        enthalpy = above.minus(below)
    return PhaseSteps(enthalpy, high_volume.minus(low_volume))


def enthalpies_of(frames: Sequence[Atoms], pressure_gpa: float) -> NDArray[np.float64]:
    """Return E + PV of labelled configurations in eV/atom, shape (n,): the enthalpy without its kinetic part.

    Args:
        frames: configurations with labels; F stands for E where there is no other energy, as of potentials.
        pressure_gpa: P.
    """
    energies = []
    for atoms in frames:
        energy = label_of(atoms, "energy")
        energies.append((free_energy_of(atoms) if energy is None else float(energy)) / len(atoms))
    return np.array(energies) + pressure_gpa * units.GPA_TO_EV_PER_ANGSTROM3 * _volumes_of(frames)


def _volumes_of(frames: Sequence[Any]) -> NDArray[np.float64]:
    return np.array([atoms.get_volume() / len(atoms) for atoms in frames])
