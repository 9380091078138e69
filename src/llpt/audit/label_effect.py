"""What the labels of a training cost: two surrogates of one kind, one fitted to each theory, held against each other.

Labels at T_el = 0 in the place of labels at T_el = T are another Hamiltonian, and a surrogate fitted to them lives in
it. Delta = U_b - U_a of the two surrogates, on snapshots of their own runs in both phases, gives what the choice of the
labels does to the transition and to the densities (``llpt.audit.budget``), without one step of the theory itself.

Two fits to *one* set of labels differ as well, by their random start. That is measured by refits: surrogates that
differ from the first in nothing but the start. The difference of two fits has twice the variance of one, known with as
many degrees of freedom as there are refits; only what is left beyond it belongs to the labels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt.audit.budget import BudgetRow, error_budget
from llpt.audit.diagnosis import CAUSE_CONFIDENCE
from llpt.statistics import Estimate, combined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.audit.double_labels import DoublyLabelled

BothPhases = tuple[list["DoublyLabelled"], list["DoublyLabelled"]]
"""Configurations of the phase stable below the transition, and of that above it."""


@dataclass(frozen=True)
class LabelEffect:
    """What other labels do to a surrogate.

    Args:
        row: the surrogate of the other labels in the place of the first, errors of sampling alone.
        refits: T* of each refit less that of the first surrogate in K, same labels.
        shift: that of the row with the scatter of two fits in its error; unknown without refits, or where one is.
        resolved: whether the labels are proven, at 97.5 %, to move the transition.
        sentence: the finding for people.
    """

    row: BudgetRow
    refits: tuple[Estimate, ...]
    shift: Estimate
    resolved: bool
    sentence: str


def effect_of_labels(
    name: str, other: BothPhases, refits: Sequence[BothPhases], enthalpy_ev_per_atom: Estimate
) -> LabelEffect:
    """Return what the labels of a training do to a transition, apart from what any two fits differ by.

    Args:
        name: of the other labels, for people: ``T_el = 0``.
        other: of both phases, snapshots with the first surrogate's labels as ``surrogate`` and those of the surrogate
            of the other labels as ``reference``; ``coupling`` 0 where the first sampled them, 1 where the other did.
        refits: the same with a refit of the first surrogate, to its own labels, in the other's place.
        enthalpy_ev_per_atom: H_high - H_low of the first surrogate in eV/atom.

    Raises:
        InputError: the sets of two phases differ in size or temperature.
    """
    (row,) = error_budget({name: other}, enthalpy_ev_per_atom)
    scatter = tuple(error_budget({"refit": each}, enthalpy_ev_per_atom)[0].shift.value for each in refits)
    shift = with_scatter_of_fits(row.shift.value, scatter)
    if not row.shift.value.resolved:
        return LabelEffect(row, scatter, shift, resolved=False, sentence=row.sentence)
    densities = " and ".join(
        f"{value} {phase}"
        for value, phase in ((row.density_low, "below the transition"), (row.density_high, "above it"))
        if value.resolved
    )
    sentence = f"{name}: moves the transition by {row.shift.value}"
    sentence += f", the density by {densities}." if densities else "."
    if not shift.resolved:
        missing = "What a refit to the same labels" if refits else "There is no refit to the same labels: what one"
        sentence += f" {missing} differs by is not known."
        return LabelEffect(row, scatter, shift, resolved=False, sentence=sentence)
    resolved = abs(shift.value) > shift.half_width(CAUSE_CONFIDENCE)
    beyond = "which is more than" if resolved else "which is not proven to be more than"
    fits = f"what two fits to one set of labels differ by ({len(refits)} refit{'s' if len(refits) > 1 else ''})"
    return LabelEffect(row, scatter, shift, resolved, f"{sentence} With the scatter of fits {shift}, {beyond} {fits}.")


def with_scatter_of_fits(shift: Estimate, refits: Sequence[Estimate]) -> Estimate:
    """Return a shift whose error has the scatter of two fits in it; unknown where that is.

    Args:
        shift: of the surrogate of the other labels, in K.
        refits: of each refit to the same labels, in K; none leave the scatter unknown.
    """
    if not (shift.resolved and refits and all(each.resolved for each in refits)):
        return Estimate.unknown("K")
    deviation = math.sqrt(2.0) * float(np.std([0.0, *(each.value for each in refits)], ddof=1))
    count = len(refits)
    return combined(
        shift.value, ((shift, 1.0), (Estimate.of_deviation(0.0, deviation, "K", count + 1.0, count), 1.0)), "K"
    )
