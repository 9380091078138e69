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
from llpt.dft.kpoints import KPoints
from llpt.dft.problem import Problem
from llpt.dft.terms.kinetic import KineticOperator
from llpt.errors import EngineError
from llpt.precision import Precision

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
    mesh = projectors = 0.0
    for index, weight in enumerate(problem.basis.kpoints.weights):
        omega, nonlocal_energy = curvatures(problem, state, index)
        mesh -= weight * omega
        projectors += weight * nonlocal_energy
    scale = 1.0 / (3.0 * problem.electrons)
    return ExpectedSum(scale * mesh, scale * projectors)


def curvatures(problem: Problem, state: GroundState, index: int) -> tuple[float, float]:
    """Return traces of second derivatives in k: of omega, and of the projectors' energy in unmoved orbitals; Ha bohr².

    Args:
        problem: the geometry and the theory.
        state: its ground state.
        index: which k-point.

    Raises:
        EngineError: the bands did not converge beside the k-point.
    """
    step = min(_STEP_PER_TEMPERATURE * problem.theory.electronic_temperature, _LARGEST_STEP)
    axes = torch.eye(3, dtype=torch.float64)
    shifts = [torch.zeros(3, dtype=torch.float64)] + [sign * step * axis for axis in axes for sign in (1.0, -1.0)]
    (omega, nonlocal_energy), *moved = _about(problem, state, index, shifts)
    traces = (sum(value - omega for value, _ in moved), sum(value - nonlocal_energy for _, value in moved))
    return traces[0] / (step * step), traces[1] / (step * step)


def _about(problem: Problem, state: GroundState, index: int, shifts: list[Tensor]) -> list[tuple[float, float]]:
    """Return omega at each shift from a k-point, and there the projectors' energy in the unmoved orbitals, both in Ha.

    In double precision, in the potential of the ground state. Shifts in 1/bohr, shape (3,), the last of full length.
    """
    waves = tuple(_moved(problem.basis.waves[index], shift) for shift in shifts)
    kpoints = KPoints(tuple(each.fractional for each in waves), (1.0 / len(waves),) * len(waves))
    basis = replace(problem.basis, waves=waves, kpoints=kpoints, precision=Precision.DOUBLE)
    about = Problem(basis, problem.ions, problem.theory)
    about.set_density(state.density)
    occupations = state.occupations.numbers[index]
    temperature = problem.theory.electronic_temperature
    tolerance = _ACCURACY * problem.electrons * float(shifts[-1].square().sum())
    unmoved = orbitals = state.orbitals[index].to(torch.complex128)
    found = []
    for hamiltonian in about.hamiltonians:
        for _ in range(_MOST_STEPS):
            pairs = davidson(hamiltonian, orbitals, expansions=1, keep_images=False)
            orbitals = pairs.orbitals
            if float(occupations @ pairs.residual.square()) < tolerance:
                break
        else:
            raise EngineError("bands beside a k-point did not converge.", "Give more k-points or a higher T_el.")
        depth = (state.occupations.chemical_potential - pairs.values) / temperature
        omega = -2.0 * temperature * float(torch.nn.functional.softplus(depth, threshold=500.0).sum())
        projectors = [operator for operator in hamiltonian.operators if not isinstance(operator, KineticOperator)]
        found.append((omega, sum(operator.energy(unmoved, occupations) for operator in projectors)))
    return found


def _moved(waves: PlaneWaves, shift: Tensor) -> PlaneWaves:
    """The same integer set at another k."""
    # k = 2 pi x A^-T with rows of A the lattice vectors, hence x = A k / 2 pi.
    change = (waves.cell @ shift.to(waves.cell.device)) / (2.0 * torch.pi)
    x, y, z = (old + new for old, new in zip(waves.fractional, change.tolist(), strict=True))
    return replace(waves, fractional=(x, y, z))
