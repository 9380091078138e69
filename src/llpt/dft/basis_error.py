"""How much the free energy would fall with more plane waves: the finite-basis correction.

With a fixed set of plane waves the stress lacks the term of the set itself. Its size is the slope of F with the
logarithm of the cutoff, D = dF/d ln E_cut <= 0 (Francis and Payne, J. Phys.: Condens. Matter 2, 4395 (1990)):

    P_corrected = P + (2/3) |D| / Omega,      F_corrected = F + D ln(E_cut / E_effective),

which are derivatives of one function while D is held. E_effective counts the plane waves (``Basis.effective_cutoff``):
their sphere takes them in by shells, and F follows their number. D is found without another calculation: a plane wave
near the cutoff takes part in orbital i by c = -<G|V|psi_i> / (T_G + V_0 - e_i) and lowers F by
f_i |c|² (T_G + V_0 - e_i).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from llpt.dft.basis import PlaneWaves, plane_waves
from llpt.dft.hamiltonian import Potential
from llpt.dft.transforms import TensorTransform

if TYPE_CHECKING:
    from llpt.dft.ground_state import GroundState
    from llpt.dft.problem import Problem

#: Half width of the shell about the cutoff, as a share of the cutoff.
_SHELL = 0.08


def cutoff_slope(problem: Problem, state: GroundState) -> float:
    """Return D = dF/d ln E_cut in Ha per cell, <= 0.

    Plane waves in a shell about the cutoff are counted: those inside by their share in the orbitals, those outside by
    perturbation theory.

    Args:
        problem: the geometry and the theory.
        state: its ground state.
    """
    basis = problem.basis
    cutoff = basis.edge
    coefficients = problem.field_of(state.density).potential
    mean = float(coefficients[0, 0, 0].real)
    field = Potential.from_coefficients(basis, coefficients).fine
    lowering = 0.0
    for index, waves in enumerate(basis.waves):
        psi, f = state.orbitals[index], state.occupations.numbers[index]
        values = state.eigenvalues[index]
        filled = int((f > 1e-9).sum())
        psi, f, values = psi[:filled], f[:filled], values[:filled]
        weight = basis.kpoints.weights[index]

        edge = waves.kinetic > (1.0 - _SHELL) * cutoff
        gap = waves.kinetic[edge][None, :] + mean - values[:, None]
        share = psi[:, edge].to(torch.complex128).abs().square()
        lowering += weight * float((f[:, None] * share * gap).sum())

        outside = _shell(waves, cutoff)
        pull = _outside_coefficients(waves, outside, psi, field)
        gap = outside.kinetic[None, :] + mean - values[:, None]
        lowering += weight * float((f[:, None] * pull.abs().square() / gap).sum())
    return -lowering / math.log((1.0 + _SHELL) / (1.0 - _SHELL))


def _shell(waves: PlaneWaves, cutoff: float) -> PlaneWaves:
    """Plane waves just outside the set of a k-point."""
    wider = plane_waves(waves.cell, waves.fractional, (1.0 + _SHELL) * cutoff)
    return PlaneWaves(waves.fractional, wider.integers[wider.kinetic > cutoff], waves.cell)


def _outside_coefficients(inside: PlaneWaves, outside: PlaneWaves, orbitals: Tensor, potential: Tensor) -> Tensor:
    """Coefficients of V psi on plane waves outside the set, complex double, shape (bands, n outside)."""
    shape = (int(potential.shape[0]), int(potential.shape[1]), int(potential.shape[2]))
    enter = TensorTransform(inside.integers, shape, orbitals.dtype)
    leave = TensorTransform(outside.integers, shape, orbitals.dtype)
    result = torch.empty((orbitals.shape[0], outside.count), dtype=orbitals.dtype, device=orbitals.device)
    for start in range(0, orbitals.shape[0], enter.block):
        part = slice(start, min(start + enter.block, orbitals.shape[0]))
        product = enter.to_real(orbitals[part]) * potential
        leave.to_plane_waves(product, result[part])
    return result.to(torch.complex128)
