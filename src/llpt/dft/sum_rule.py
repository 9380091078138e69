"""What the sum of optical transitions amounts to on a finite mesh of k-points and with projectors.

Atomic units. Two derivatives in k of the grand potential of the electrons in a fixed potential,

    omega(k) = -2 T sum_n ln(1 + exp((mu - e_n(k)) / T)),

give, with d2e_n/dk_a2 = 1 + <n|d2V_nl/dk_a2|n> - 2 sum_m |<m|v_a|n>|²/(e_m - e_n) (second order in k),

    interband + intraband = N + sum_n f_n <n|d2V_nl/dk_a2|n> - d2omega/dk_a2

at each k and along each axis, whatever the bands are like. omega is periodic in k, so that the mean of its second
derivative over a dense mesh, or in a large cell, is nothing; over a few points of a metal it is not. Here it is taken
by moving the mesh and solving for the filled bands anew: no empty band and no velocity enters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from llpt.dft.eigensolver import davidson
from llpt.dft.precision import Precision
from llpt.dft.problem import Problem
from llpt.errors import EngineError

if TYPE_CHECKING:
    from torch import Tensor

    from llpt.dft.basis import PlaneWaves
    from llpt.dft.ground_state import GroundState

#: Step in k (1/bohr) for each hartree of temperature, and the largest one. A level moves by the speed of its electron
#: times the step, and the occupations must follow smoothly.
_STEP_PER_TEMPERATURE = 0.15
_LARGEST_STEP = 0.01
#: Filled bands are solved for until their weighted squared residuals (Ha²) are below this share of N step².
_ACCURACY = 1e-5
_MOST_STEPS = 60


@dataclass(frozen=True)
class ExpectedSum:
    """What the sum rule gives with all bands, in units of pi N / 2 Omega, less one.

    Args:
        mesh: by the mesh of k-points: the mean of -d2omega/dk_a2 over mesh and axes, by N.
        projectors: by projectors, whose potential depends on the velocity.
    """

    mesh: float
    projectors: float


def expected_sum(problem: Problem, state: GroundState) -> ExpectedSum:
    """Return by how much the sum rule differs from one on this mesh, from the filled bands alone.

    Args:
        problem: the geometry and the theory.
        state: its ground state.

    Raises:
        EngineError: the bands did not converge beside a k-point.
    """
    step = min(_STEP_PER_TEMPERATURE * problem.theory.electronic_temperature, _LARGEST_STEP)
    points = [_Filled(problem, state, index, step) for index in range(len(problem.hamiltonians))]
    still = [point.at_shift(torch.zeros(3, dtype=torch.float64)) for point in points]
    mesh = projectors = 0.0
    for axis in range(3):
        for sign in (1.0, -1.0):
            shift = torch.zeros(3, dtype=torch.float64)
            shift[axis] = sign * step
            for point, (omega, nonlocal_energy), weight in zip(
                points, still, problem.basis.kpoints.weights, strict=True
            ):
                moved = point.at_shift(shift)
                mesh -= weight * (moved[0] - omega)
                projectors += weight * (moved[1] - nonlocal_energy)
    scale = 1.0 / (3.0 * problem.electrons * step * step)
    return ExpectedSum(scale * mesh, scale * projectors)


class _Filled:
    """The filled bands at and about one k-point of a ground state, in double precision."""

    def __init__(self, problem: Problem, state: GroundState, index: int, step: float) -> None:
        self._problem = problem
        self._state = state
        self._index = index
        self._occupations = state.occupations.numbers[index]
        self._tolerance = _ACCURACY * problem.electrons * step * step
        self._unmoved = state.orbitals[index].to(torch.complex128)
        self._orbitals = self._unmoved

    def at_shift(self, shift: Tensor) -> tuple[float, float]:
        """Return omega there, and the energy of projectors there in the orbitals as they are here, both in Ha.

        Args:
            shift: change of k, 1/bohr, shape (3,).
        """
        problem = self._problem
        waves = _moved(problem.basis.waves[self._index], shift)
        kpoints = replace(problem.basis.kpoints, fractional=(waves.fractional,), weights=(1.0,))
        basis = replace(problem.basis, waves=(waves,), kpoints=kpoints, precision=Precision.DOUBLE)
        there = Problem(basis, problem.ions, problem.theory)
        there.set_density(self._state.density)
        hamiltonian = there.hamiltonians[0]
        for _ in range(_MOST_STEPS):
            pairs = davidson(hamiltonian, self._orbitals, expansions=1, keep_images=False)
            self._orbitals = pairs.orbitals
            if float(self._occupations @ pairs.residual.square()) < self._tolerance:
                break
        else:
            raise EngineError("bands beside a k-point did not converge.", "Give more k-points or a higher T_el.")
        temperature = problem.theory.electronic_temperature
        depth = (self._state.occupations.chemical_potential - pairs.values) / temperature
        omega = -2.0 * temperature * float(torch.nn.functional.softplus(depth, threshold=500.0).sum())
        term = hamiltonian.nonlocal_term
        return omega, 0.0 if term is None else term.energy(self._unmoved, self._occupations)


def _moved(waves: PlaneWaves, shift: Tensor) -> PlaneWaves:
    """The same integer set at another k."""
    # k = 2 pi x A^-T with rows of A the lattice vectors, hence x = A k / 2 pi.
    change = (waves.cell @ shift.to(waves.cell.device)) / (2.0 * torch.pi)
    x, y, z = (old + new for old, new in zip(waves.fractional, change.tolist(), strict=True))
    return replace(waves, fractional=(x, y, z))
