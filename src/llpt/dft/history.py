"""Prediction of orbitals and density of the next molecular-dynamics step from those of the last ones.

The always stable predictor of J. Kolafa (J. Comput. Chem. 25, 335 (2004)), of second order, on orbitals that have been
aligned with their predecessors and on what the screened density has beyond that of free atoms, which is known where the
atoms are; pw.x and VASP take it along too. Its coefficients damp errors of a corrector that is not converged, which
polynomial extrapolation would amplify.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from llpt.dft.eigensolver import gram
from llpt.dft.scf import InitialGuess

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.dft.basis import Basis

#: Kolafa's coefficients by number of states in the history; the last row is the second-order predictor.
_COEFFICIENTS = {
    1: (1.0,),
    2: (2.0, -1.0),
    3: (2.5, -2.0, 0.5),
    4: (2.8, -2.8, 1.2, -0.2),
}
DEPTH = max(_COEFFICIENTS)


def aligned(orbitals: Tensor, target: Tensor) -> Tensor:
    """Return the orbitals rotated among themselves to lie closest to ``target`` (orthogonal Procrustes problem).

    Args:
        orbitals: orthonormal rows, shape (bands, n).
        target: rows, shape (bands, n).
    """
    overlap = gram(orbitals, target)
    left, _, right = torch.linalg.svd(overlap)
    rotation = (left @ right).T
    return rotation.to(orbitals.dtype) @ orbitals


@dataclass
class History:
    """The last states of a trajectory, newest first.

    Attributes:
        orbitals: for each state the aligned orbitals of each k-point.
        deformations: for each state Omega (n(G) - that of free atoms) on the half grid, which a strain of the cell
            leaves alone.
        filled: number of bands that held electrons in the newest state.
    """

    orbitals: list[tuple[Tensor, ...]] = field(default_factory=list)
    deformations: list[Tensor] = field(default_factory=list)
    filled: int | None = None

    def clear(self) -> None:
        """Forget everything."""
        self.orbitals.clear()
        self.deformations.clear()

    def append(
        self, orbitals: tuple[Tensor, ...], density: Tensor, *, of_atoms: Tensor, volume: float, filled: int
    ) -> None:
        """Add the newest state; where the number of bands has changed, older states are forgotten.

        Args:
            orbitals: of each k-point.
            density: n(G) on the half grid.
            of_atoms: that of free atoms at the same places.
            volume: of the cell, bohr³.
            filled: number of bands that hold electrons.
        """
        self.filled = filled
        if self.orbitals and self.orbitals[0][0].shape != orbitals[0].shape:
            self.clear()
        if self.orbitals:
            orbitals = tuple(aligned(new, old) for new, old in zip(orbitals, self.orbitals[0], strict=True))
        self.orbitals.insert(0, orbitals)
        self.deformations.insert(0, (density - of_atoms) * volume)
        del self.orbitals[DEPTH:], self.deformations[DEPTH:]

    def keep_newest(self) -> None:
        """Forget all states but the newest."""
        del self.orbitals[1:], self.deformations[1:]

    def predict(self, volume: float, of_atoms: Tensor) -> InitialGuess | None:
        """Return density and (nearly orthonormal) orbitals of the next step, or None without a history.

        Args:
            volume: of the next step's cell, bohr³.
            of_atoms: density of free atoms at the next step's places, n(G) on the half grid.
        """
        if not self.orbitals:
            return None
        weights = _COEFFICIENTS[len(self.orbitals)]
        orbitals = tuple(_weighted(weights, states) for states in zip(*self.orbitals, strict=True))
        density = of_atoms + _weighted(weights, self.deformations) / volume
        return InitialGuess(density, orbitals, self.filled)

    def last(self, volume: float, of_atoms: Tensor) -> InitialGuess | None:
        """Return the newest state itself, its deformation of the density taken along, or None without a history.

        Args:
            volume: of the next step's cell, bohr³.
            of_atoms: density of free atoms at the next step's places, n(G) on the half grid.
        """
        if not self.orbitals:
            return None
        return InitialGuess(of_atoms + self.deformations[0] / volume, self.orbitals[0], self.filled)

    def moved_to(self, old: Basis, new: Basis) -> History:
        """Return the same history on another integer set and grid: common plane waves are kept, new ones are zero."""
        result = History(filled=self.filled)
        positions = [_common(a.integers, b.integers) for a, b in zip(old.waves, new.waves, strict=True)]
        for orbitals, deformation in zip(self.orbitals, self.deformations, strict=True):
            moved = []
            for psi, waves, (source, target) in zip(orbitals, new.waves, positions, strict=True):
                fresh = torch.zeros((psi.shape[0], waves.count), dtype=psi.dtype, device=psi.device)
                fresh[:, target] = psi[:, source]
                moved.append(fresh)
            result.orbitals.append(tuple(moved))
            result.deformations.append(old.grid.restrict(deformation, new.grid))
        return result


def _weighted(weights: Sequence[float], states: Sequence[Tensor]) -> Tensor:
    """Return sum_i w_i x_i."""
    total = weights[0] * states[0]
    for weight, state in zip(weights[1:], states[1:], strict=True):
        total.add_(state, alpha=weight)
    return total


def _common(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Positions in both lists of the Miller indices that stand in both."""
    span = 2 * int(max(first.abs().max(), second.abs().max())) + 1
    keys = [((m[:, 0] * span) + m[:, 1]) * span + m[:, 2] for m in (first, second)]
    order = torch.argsort(keys[1])
    place = torch.searchsorted(keys[1][order], keys[0]).clamp_max(keys[1].shape[0] - 1)
    source = torch.nonzero(keys[1][order][place] == keys[0]).flatten()
    return source, order[place[source]]
