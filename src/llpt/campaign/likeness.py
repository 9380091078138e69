"""Whether a surrogate errs as the reference with one choice changed would: on snapshots that both have labelled.

A choice may be too far for free energies from the reference's snapshots alone (``llpt.audit.budget``). That the
surrogate and the changed reference are one Hamiltonian needs no free energy: U_s - F_r' is then the same number on
every snapshot, in both phases. Its mean in one phase less that in the other is what is left between the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from llpt.audit import DoublyLabelled, PhaseBoundary, in_phases
from llpt.audit.double_labels import SAME_SNAPSHOT_ANGSTROM
from llpt.bridge import REFERENCE
from llpt.statistics import Estimate, mean_estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ase import Atoms

UNIT = "meV/atom"


def on_shared_snapshots(own: DoublyLabelled, choice: DoublyLabelled) -> DoublyLabelled | None:
    """Return the snapshots that the surrogate and a changed reference have both labelled, with these labels.

    Args:
        own: snapshots of a run of the reference, with the labels of both sides.
        choice: snapshots of the same run, the changed reference in the place of the reference.

    Returns:
        The changed reference in the place of the reference, the surrogate in its own; None for fewer than two.
    """
    pairs = [(changed, same) for changed in choice.reference if (same := _same_as(changed, own.surrogate)) is not None]
    if len(pairs) < 2:
        return None
    changed_frames, surrogate_frames = zip(*pairs, strict=True)
    return DoublyLabelled(choice.name, REFERENCE, choice.temperature_k, changed_frames, surrogate_frames)


def left_between(
    low: Sequence[DoublyLabelled], high: Sequence[DoublyLabelled], boundary: PhaseBoundary | None
) -> Estimate:
    """Return the mean of U_s - F_r' in the phase above the transition less that below it, in meV/atom.

    Args:
        low: of ``on_shared_snapshots``, of runs meant for the phase below the transition.
        high: of runs meant for the phase above it.
        boundary: what parts the phases; None leaves every run in the phase it is meant for.

    Returns:
        The difference; unknown where either phase has no such snapshots, or too few to know an error.
    """
    sets = in_phases(low, high, boundary)
    if not (sets.low and sets.high):
        return Estimate.unknown(UNIT)
    below, above = (
        mean_estimate(np.concatenate([-1000.0 * each.differences_ev / each.atoms for each in side]), UNIT)
        for side in (sets.low, sets.high)
    )
    return above.minus(below)


def _same_as(atoms: Atoms, frames: Sequence[Atoms]) -> Atoms | None:
    near = (each for each in frames if np.allclose(each.positions, atoms.positions, atol=SAME_SNAPSHOT_ANGSTROM))
    return next(near, None)
