"""From free-energy differences in two phases to kelvin and gigapascal: where the other Hamiltonian has its transition.

Both phases are in equilibrium at T*_s (P) for the surrogate, so that there the reference's two phases differ by
D = Delta G_high - Delta G_low, "high" the phase that is stable above the transition. With Delta H = H_high - H_low and
Delta V = V_high - V_low of the reference at T*_s, its entropy step there is exactly (Delta H - D) / T*_s, hence

    T*_r - T*_s = T*_s D / (Delta H - D)    (P fixed),        P*_r - P*_s = -D / Delta V    (T fixed).

The first is T*_s D / Delta H for a small D. Both go along tangents: the heat capacities of the two phases bend the
first by -(Delta C_P / 2 Delta S) shift² / T*_s; with Delta C_P unknown, shift² / T*_s goes into the error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt import units
from llpt.errors import InputError
from llpt.statistics import Estimate, combined

if TYPE_CHECKING:
    from llpt.bridge.phase import PhaseDifference

LATENT_SIGMAS = 3.0
"""Errors by which Delta H (Delta V) must differ from zero for anything to be divided by it."""


@dataclass(frozen=True)
class Shift:
    """What one Hamiltonian in place of the other does to a transition.

    Args:
        value: reference minus surrogate, in K or GPa; error NaN where it is not determined.
        bracket: lowest and highest value that the Gibbs-Bogoliubov brackets of the two phases allow, in the same unit,
            errors of sampling left out; NaN where an end is missing.
        difference_mev_per_atom: D per atom, the phase-differential free energy.
        reason: one sentence where it is not determined; else how each phase was.
    """

    value: Estimate
    bracket: tuple[float, float]
    difference_mev_per_atom: Estimate
    reason: str


def shift_of_temperature(low: PhaseDifference, high: PhaseDifference, enthalpy_ev_per_atom: Estimate) -> Shift:
    """Return T*_r - T*_s at fixed pressure in K.

    Args:
        low: Delta G of the phase stable below the surrogate's transition, at its temperature T*_s.
        high: of the phase stable above, same size and temperature.
        enthalpy_ev_per_atom: H_high - H_low of the reference (from E) in eV/atom at the same size.

    Raises:
        InputError: the two phases differ in size or temperature.
    """
    temperature, atoms = _common(low, high)
    latent = enthalpy_ev_per_atom.scaled(atoms, "eV")
    difference = high.value.minus(low.value)
    per_atom = difference.scaled(1000.0 / atoms, "meV/atom")
    if not _divides(latent):
        return Shift(Estimate.unknown("K"), (math.nan, math.nan), per_atom, _too_small("Delta H"))

    def along_tangent(gap_ev: float) -> float:
        """Return the shift in K; infinite where the two free energies do not meet, NaN where the gap is."""
        rest = 1.0 - gap_ev / latent.value
        return math.copysign(math.inf, gap_ev) if rest <= 0.0 else temperature * gap_ev / latent.value / rest

    ends = sorted(along_tangent(gap) for gap in _ends(low, high))
    bracket = (ends[0], ends[1])
    value = along_tangent(difference.value)
    if math.isinf(value):
        reason = "The free energies of the two phases do not meet at any temperature for this Delta H."
        return Shift(Estimate.unknown("K"), bracket, per_atom, reason)
    slope = temperature / latent.value / (1.0 - difference.value / latent.value) ** 2
    bent = Estimate(0.0, value**2 / temperature, "K", math.inf)
    parts = ((difference, slope), (latent, -slope * difference.value / latent.value), (bent, 1.0))
    return Shift(combined(value, parts, "K"), bracket, per_atom, _how(low, high))


def shift_of_pressure(low: PhaseDifference, high: PhaseDifference, volume_angstrom3_per_atom: Estimate) -> Shift:
    """Return P*_r - P*_s at fixed temperature in GPa, to first order.

    Args:
        low: Delta G of the phase stable at low pressure, at the surrogate's transition pressure.
        high: of the phase stable at high pressure, same size and temperature.
        volume_angstrom3_per_atom: V_high - V_low of the reference in Å³/atom, negative where the dense phase is high.

    Raises:
        InputError: the two phases differ in size or temperature.
    """
    _, atoms = _common(low, high)
    volume = volume_angstrom3_per_atom.scaled(atoms * units.GPA_TO_EV_PER_ANGSTROM3, "eV/GPa")
    difference = high.value.minus(low.value)
    per_atom = difference.scaled(1000.0 / atoms, "meV/atom")
    if not _divides(volume):
        return Shift(Estimate.unknown("GPa"), (math.nan, math.nan), per_atom, _too_small("Delta V"))
    lowest, highest = sorted(-gap / volume.value for gap in _ends(low, high))
    value = -difference.value / volume.value
    parts = ((difference, -1.0 / volume.value), (volume, -value / volume.value))
    return Shift(combined(value, parts, "GPa"), (lowest, highest), per_atom, _how(low, high))


def _common(low: PhaseDifference, high: PhaseDifference) -> tuple[float, int]:
    if (low.atoms, low.temperature_k) != (high.atoms, high.temperature_k):
        raise InputError(
            f"The two phases must have one size and temperature; these have {low.atoms} and {high.atoms} atoms at "
            f"{low.temperature_k:g} and {high.temperature_k:g} K.",
            "Sample both phases at the surrogate's transition temperature in cells of one size.",
        )
    return low.temperature_k, low.atoms


def _divides(divisor: Estimate) -> bool:
    return divisor.resolved and abs(divisor.value) > LATENT_SIGMAS * divisor.error


def _too_small(name: str) -> str:
    return f"{name} of the two phases is not known to {LATENT_SIGMAS:g} of its errors."


def _ends(low: PhaseDifference, high: PhaseDifference) -> tuple[float, float]:
    """Return the least and the greatest D in eV that the two brackets allow."""
    return high.lower.value - low.upper.value, high.upper.value - low.lower.value


def _how(low: PhaseDifference, high: PhaseDifference) -> str:
    undetermined = [phase.reason for phase in (low, high) if not phase.value.resolved]
    return " ".join(undetermined) or f"Low phase: {low.method}; high phase: {high.method}."


def labels_needed(
    spread_ev: float, *, atoms: int, temperature_k: float, enthalpy_ev_per_atom: float, target_k: float = 25.0
) -> int:
    """Return how many independent labels each phase needs in each ensemble for T* known to ``target_k`` (68 %).

    The middle of a bracket from n labels on either side has the variance spread²/2n, the difference of two phases twice
    that: n = (spread T / (target N |Delta H|))². What it leaves out: the midpoint must stand in that bracket.

    Args:
        spread_ev: standard deviation of Delta within a phase, of the whole cell, in eV, >= 0.
        atoms: number of atoms of the cell.
        temperature_k: T* in K.
        enthalpy_ev_per_atom: Delta H in eV/atom, not zero.
        target_k: standard error asked for in K, > 0.

    Raises:
        InputError: a number out of its range.

    >>> labels_needed(0.36, atoms=64, temperature_k=900.0, enthalpy_ev_per_atom=0.04)
    26
    """
    if not (spread_ev >= 0.0 and atoms >= 1 and temperature_k > 0.0 and enthalpy_ev_per_atom != 0.0 and target_k > 0.0):
        raise InputError(
            "The number of labels follows from a spread of at least 0, a size, a temperature, a latent heat other "
            "than 0 and a target above 0.",
            "Correct the number that is out of its range.",
        )
    ratio = spread_ev * temperature_k / (target_k * atoms * abs(enthalpy_ev_per_atom))
    return max(math.ceil(ratio**2), 1)
