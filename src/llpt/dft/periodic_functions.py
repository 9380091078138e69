"""A few functions of the cell's period that hold the bands at every k, found from the bands of a few k-points.

The periodic parts of the bands at some k-points, and by time reversal at -k, nearly span those at all others (E. L.
Shirley, Phys. Rev. B 54, 16464 (1996); D. Prendergast and S. G. Louie, Phys. Rev. B 80, 235126 (2009)). Among these
functions, orthonormal and the same for every k, the Hamiltonian of a local potential is, in atomic units,

    H(k) = H(0) + sum_a k_a P_a + k²/2,    velocity v_a(k) = P_a + k_a,

a matrix of some hundred rows in place of thousands of plane waves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from llpt.dft.basis import PlaneWaves
from llpt.dft.kpoints import KPoints
from llpt.dft.problem import Problem
from llpt.dft.terms.kinetic import KineticOperator
from llpt.errors import InputError
from llpt.precision import Precision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from llpt.dft.ground_state import GroundState

#: Combinations of the bands whose squared norm is below this are left out: the others hold them.
_DEPENDENT = 1e-4


@dataclass(frozen=True)
class PeriodicFunctions:
    """Matrices among m orthonormal functions of the cell's period, complex double.

    Args:
        at_zero: the Hamiltonian at k = 0, Ha, shape (m, m).
        momentum: -i d/dx_a, 1/bohr, shape (3, m, m).
        reciprocal: rows are the reciprocal vectors, 1/bohr, shape (3, 3).
    """

    at_zero: Tensor
    momentum: Tensor
    reciprocal: Tensor

    @property
    def count(self) -> int:
        """How many functions there are."""
        return int(self.at_zero.shape[0])

    def vector(self, fractional: Sequence[float]) -> Tensor:
        """Return k in 1/bohr, shape (3,).

        Args:
            fractional: k in fractions of the reciprocal vectors.
        """
        return torch.tensor(fractional, dtype=torch.float64, device=self.reciprocal.device) @ self.reciprocal

    def hamiltonian(self, k: Tensor) -> Tensor:
        """Return H(k), Ha, shape (m, m).

        Args:
            k: 1/bohr, shape (3,).
        """
        moved = self.at_zero + torch.einsum("a,aij->ij", k.to(self.momentum.dtype), self.momentum)
        moved.diagonal().add_(0.5 * float(k @ k))
        return moved

    def velocity_squared(self, k: Tensor, vectors: Tensor) -> Tensor:
        """Return sum_a |<m|v_a|n>|² of eigenvectors of H(k), double, shape (n, n).

        Args:
            k: 1/bohr, shape (3,).
            vectors: eigenvectors as columns, shape (m, n).
        """
        total = torch.zeros((vectors.shape[1],) * 2, dtype=torch.float64, device=vectors.device)
        for momentum, along in zip(self.momentum, k.tolist(), strict=True):
            moved = vectors.conj().T @ (momentum @ vectors)
            moved.diagonal().add_(along)
            total += moved.abs().square()
        return total


def check_spans(problem: Problem) -> None:
    """Refuse bands that do not span those at other k-points.

    Args:
        problem: the geometry and the theory.

    Raises:
        InputError: the pseudopotential has projectors, which change with k, or every k-point is its own mirror image,
            as Gamma is, so that there are as few functions as bands.
    """
    if any(not isinstance(operator, KineticOperator) for operator in problem.hamiltonians[0].operators):
        raise InputError(
            "A finer mesh takes a local pseudopotential, and this one has projectors.",
            "Leave out --mesh and give the mesh by --option kpoints, or take pseudopotential default.",
        )
    if all((2.0 * x).is_integer() for point in problem.basis.kpoints.fractional for x in point):
        raise InputError(
            "Bands at Γ, or at the edge of the zone, do not tell those at other k-points.",
            "Give other k-points of the ground state, e.g. --option kpoints=mean-value.",
        )


def periodic_functions(problem: Problem, state: GroundState, orbitals: tuple[Tensor, ...]) -> PeriodicFunctions:
    """Return the functions that bands at the k-points of a ground state span, in a local potential.

    Args:
        problem: the geometry and the theory.
        state: its ground state.
        orbitals: of the bands at each k-point, shape (bands, plane waves).
    """
    waves, rows = _on_common_waves(problem, orbitals)
    functions = _orthonormal(rows)
    basis = replace(
        problem.basis, waves=(waves,), kpoints=KPoints(((0.0, 0.0, 0.0),), (1.0,)), precision=Precision.DOUBLE
    )
    at_zero = Problem(basis, problem.ions, problem.theory)
    at_zero.set_density(state.density)
    hamiltonian = at_zero.hamiltonians[0]
    conjugate = functions.conj()
    return PeriodicFunctions(
        _hermitian(conjugate @ hamiltonian.apply(functions).T),
        torch.stack([_hermitian(conjugate @ (functions * waves.vectors[:, axis]).T) for axis in range(3)]),
        2.0 * math.pi * torch.linalg.inv(problem.basis.cell).T,
    )


def _on_common_waves(problem: Problem, orbitals: tuple[Tensor, ...]) -> tuple[PlaneWaves, Tensor]:
    """Return the plane waves of all k-points and their mirror images at k = 0, and the bands and their images there."""
    parts = [(sign * waves.integers, sign) for waves in problem.basis.waves for sign in (1, -1)]
    integers, places = torch.unique(torch.cat([part for part, _ in parts]), dim=0, return_inverse=True)
    rows, begin = [], 0
    for number, (part, sign) in enumerate(parts):
        own = orbitals[number // 2].to(torch.complex128)
        row = torch.zeros((own.shape[0], integers.shape[0]), dtype=own.dtype, device=own.device)
        row[:, places[begin : begin + part.shape[0]]] = own if sign > 0 else own.conj()
        rows.append(row)
        begin += part.shape[0]
    return PlaneWaves((0.0, 0.0, 0.0), integers, problem.basis.cell), torch.cat(rows)


def _orthonormal(rows: Tensor) -> Tensor:
    """Return orthonormal combinations of rows of norm one, without those that the others hold."""
    squares, combinations = torch.linalg.eigh(rows.conj() @ rows.T)
    kept = squares > _DEPENDENT
    return (combinations[:, kept].T @ rows) / squares[kept].sqrt()[:, None]


def _hermitian(matrix: Tensor) -> Tensor:
    return 0.5 * (matrix + matrix.conj().T)
