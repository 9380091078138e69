"""From doubly labelled configurations of two phases to kelvin, held against the shift that was observed.

The prediction (``llpt.bridge``) knows nothing of the transition temperatures that were found by running both sides;
where both are known they must agree. Agreement is evidence for both; disagreement is a finding: a run crossed to the
other phase, a transition was located wrongly, or labels and dynamics are not of one Hamiltonian.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from llpt.bridge import (
    PhaseDifference,
    Shift,
    free_energy_difference,
    labels_needed,
    shift_of_pressure,
    shift_of_temperature,
)
from llpt.statistics import Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.audit.double_labels import DoublyLabelled

WANTED = {"K": 40.0, "GPa": 8.0}
"""A prediction or an observation less certain than this decides nothing here; 8 GPa are 40 K at the 5 K/GPa of PBE's
line."""
TARGET_K = 25.0
AGREEMENT_SIGMAS = 2.0


class ShiftAgreement(StrEnum):
    """What prediction and observation say of each other."""

    AGREE = "agree"
    DISAGREE = "disagree"
    OPEN = "not resolved"


@dataclass(frozen=True)
class Explanation:
    """Why the surrogate's transition lies where it does.

    Args:
        low: Delta G of the phase stable below the transition.
        high: of the phase stable above it.
        temperature: T* of the reference less T* of the surrogate at fixed pressure, predicted, in K.
        pressure: P* of the reference less that of the surrogate at fixed temperature, predicted, in GPa.
        observed: the shift found by running both sides, in K, on an isotherm in GPa; unknown where one was not found.
        finding: whether it agrees with the predicted one of its unit.
        sentence: the finding for people.
        labels: independent labels that each phase needs in each ensemble for a prediction good to 25 K; None where the
            spread or Delta H is not known.
    """

    low: PhaseDifference
    high: PhaseDifference
    temperature: Shift
    pressure: Shift
    observed: Estimate
    finding: ShiftAgreement
    sentence: str
    labels: int | None

    @property
    def predicted(self) -> Shift:
        """The predicted shift that the observed one is held against: of pressure on an isotherm."""
        return _of_unit(self.observed.unit, self.temperature, self.pressure)


def _of_unit(unit: str, temperature: Shift, pressure: Shift) -> Shift:
    """Return the shift that an observed one of a unit is held against."""
    return pressure if unit == "GPa" else temperature


def explain(
    low: Sequence[DoublyLabelled],
    high: Sequence[DoublyLabelled],
    *,
    enthalpy_ev_per_atom: Estimate,
    volume_angstrom3_per_atom: Estimate,
    observed: Estimate | None = None,
) -> Explanation:
    """Predict the shift of a transition from labels alone, and hold it against the observed one.

    Args:
        low: configurations of the phase stable below the surrogate's transition, one set for each ensemble, at T*_s.
        high: of the phase stable above it, at the same temperature and size.
        enthalpy_ev_per_atom: H_high - H_low of the reference in eV/atom, from the internal energy E.
        volume_angstrom3_per_atom: V_high - V_low of the reference in Å³/atom.
        observed: T*_r - T*_s in K, on an isotherm P*_r - P*_s in GPa, as found by running both; None where it is not
            known.

    Raises:
        InputError: the sets differ in size or temperature, or two of one phase are of one ensemble.
    """
    below, above = (free_energy_difference([each.samples() for each in sets]) for sets in (low, high))
    temperature = shift_of_temperature(below, above, enthalpy_ev_per_atom)
    pressure = shift_of_pressure(below, above, volume_angstrom3_per_atom)
    observed = observed or Estimate.unknown("K")
    finding, sentence = held_against(_of_unit(observed.unit, temperature, pressure), observed)
    spreads = [float(each.differences_ev.std(ddof=1)) for each in (*low, *high)]
    known = enthalpy_ev_per_atom.resolved and enthalpy_ev_per_atom.value != 0.0
    labels = (
        labels_needed(
            max(spreads),
            atoms=below.atoms,
            temperature_k=below.temperature_k,
            enthalpy_ev_per_atom=enthalpy_ev_per_atom.value,
            target_k=TARGET_K,
        )
        if known
        else None
    )
    return Explanation(below, above, temperature, pressure, observed, finding, sentence, labels)


def held_against(predicted: Shift, observed: Estimate) -> tuple[ShiftAgreement, str]:
    """Return whether a predicted and an observed shift agree, and a sentence that says so.

    Args:
        predicted: of ``shift_of_temperature`` or ``shift_of_pressure``.
        observed: T*_r - T*_s in K or P*_r - P*_s in GPa, as the prediction.
    """
    return finding_of(predicted.value, observed, predicted.value.minus(observed), without=predicted.reason)


def finding_of(predicted: Estimate, observed: Estimate, apart: Estimate, *, without: str) -> tuple[ShiftAgreement, str]:
    """Return whether two shifts agree, and a sentence that says so.

    Args:
        predicted: T*_r - T*_s in K, or P*_r - P*_s in GPa, from labels.
        observed: the same, in the same unit, from the runs of both sides.
        apart: the first less the second, with the error that is left where the two share a part.
        without: why nothing is predicted, where nothing is.
    """
    if not predicted.resolved:
        return ShiftAgreement.OPEN, f"The labels do not predict a shift. {without}"
    prediction = f"The labels predict a shift of {predicted}"
    if not observed.resolved:
        return ShiftAgreement.OPEN, f"{prediction}; none was observed that it could be held against."
    wanted = WANTED[observed.unit]
    if max(predicted.error, observed.error) > wanted:
        known = f"one of the two is known to more than {wanted:g} {observed.unit} only"
        sentence = f"{prediction}, {observed} was observed: {known}."
        return ShiftAgreement.OPEN, sentence
    if abs(apart.value) <= AGREEMENT_SIGMAS * apart.error:
        nothing = [each for each in (predicted, observed) if abs(each.value) <= AGREEMENT_SIGMAS * each.error]
        says = "the difference of the two free energies explains it"
        if nothing:
            says = "the two agree, but one of them or both are within two errors of no shift: agreement says little"
        return ShiftAgreement.AGREE, f"{prediction}, {observed} was observed: {says}."
    errors = f"{abs(apart.value) / apart.error:.1f}" if apart.error > 0.0 else "many"
    sentence = (
        f"{prediction}, but {observed} was observed, {errors} errors away: a run left its phase, a transition was "
        "located wrongly, or the labels are not of the Hamiltonian that drove the runs."
    )
    return ShiftAgreement.DISAGREE, sentence
