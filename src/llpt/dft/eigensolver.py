"""Lowest eigenvectors of the Hamiltonian by a blocked, preconditioned Davidson expansion.

Every step is a matrix–matrix product or a transform. The trial space [X, W1, W2, …] grows by one block of
preconditioned residuals at a time; overlap and Hamiltonian matrices are cast to double before they are factorised.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from llpt.dft.terms.kinetic import plane_wave_weights
from llpt.errors import EngineError

if TYPE_CHECKING:
    from llpt.dft.hamiltonian import Hamiltonian


@dataclass(frozen=True)
class Eigenpairs:
    """Ritz vectors of the Hamiltonian.

    Args:
        values: Ha, ascending, double, shape (bands,).
        orbitals: rows are orthonormal orbitals, shape (bands, plane waves).
        images: H applied to them, same shape; None where it was not wanted.
        residual: norm of H x - e x of each band before the last expansion, Ha, shape (bands,).
        gain: by how much the last expansion lowered each eigenvalue, Ha, shape (bands,).
    """

    values: Tensor
    orbitals: Tensor
    images: Tensor | None
    residual: Tensor
    gain: Tensor


def gram(left: Tensor, right: Tensor) -> Tensor:
    """Return <left_i|right_j>, shape (rows of left, rows of right), as complex double."""
    # So written the matrix product needs no conjugated copy of its left side.
    return (left @ right.mH).to(torch.complex128).conj().resolve_conj()


def row_norms(orbitals: Tensor) -> Tensor:
    """Return the norm of each row, double."""
    return torch.linalg.vector_norm(torch.view_as_real(orbitals).flatten(1), dim=1).to(torch.float64)


def preconditioner(kinetic: Tensor, orbital_kinetic: float | Tensor) -> Tensor:
    """Return the factor of Teter, Payne and Allan (Phys. Rev. B 40, 12255 (1989), eq. 5.16).

    One factor serves all filled bands: with the same factor for every residual the trial space does not depend on how
    the orbitals are rotated among themselves, and these bands of dense hydrogen have much the same kinetic energy.

    Args:
        kinetic: |k+G|²/2 of the plane waves, shape (n,).
        orbital_kinetic: mean kinetic energy of the orbitals; or that of each, shape (bands, 1).

    Returns:
        The factor, shape (n,) or (bands, n).
    """
    x = kinetic / (1.5 * orbital_kinetic)
    polynomial = 27.0 + x * (18.0 + x * (12.0 + x * 8.0))
    return polynomial / (polynomial + 16.0 * x**4)


def rayleigh_ritz(overlap: Tensor, hamiltonian: Tensor, bands: int) -> tuple[Tensor, Tensor]:
    """Return the lowest Ritz values and coefficient columns (size, bands) in a non-orthogonal space.

    Directions that the trial space holds twice (overlap eigenvalue below 1e-10 of the largest after scaling) are
    dropped, so that the space may be linearly dependent.

    Args:
        overlap: S of the trial space, shape (size, size).
        hamiltonian: H in it in Ha, shape (size, size).
        bands: number of values wanted, 1 to size.

    Raises:
        EngineError: the matrices are not finite, or the space has fewer independent directions than bands.
    """
    if not bool(
        torch.isfinite(torch.view_as_real(overlap)).all() & torch.isfinite(torch.view_as_real(hamiltonian)).all()
    ):
        raise EngineError("the orbitals are no longer finite.", "Check the structure for overlapping atoms.")
    overlap = 0.5 * (overlap + overlap.mH)
    hamiltonian = 0.5 * (hamiltonian + hamiltonian.mH)
    scale = overlap.diagonal().real.clamp_min(1e-30).rsqrt().to(overlap.dtype)
    overlap = scale[:, None] * overlap * scale[None, :]
    hamiltonian = scale[:, None] * hamiltonian * scale[None, :]
    factor, info = torch.linalg.cholesky_ex(overlap)
    if int(info) == 0 and float(factor.diagonal().real.min()) > 1e-4:
        half = torch.linalg.solve_triangular(factor, hamiltonian, upper=False)
        reduced = torch.linalg.solve_triangular(factor, half.mH, upper=False)
        values, vectors = torch.linalg.eigh(0.5 * (reduced + reduced.mH))
        coefficients = torch.linalg.solve_triangular(factor.mH, vectors[:, :bands], upper=True)
        return values[:bands], scale[:, None] * coefficients
    weights, directions = torch.linalg.eigh(overlap)
    kept = weights > 1e-10 * float(weights[-1])
    if int(kept.sum()) < bands:
        raise EngineError(
            f"the trial orbitals span fewer than {bands} directions.", "Give fewer bands or a higher cutoff."
        )
    whiten = directions[:, kept] * weights[kept].rsqrt()
    reduced = whiten.mH @ hamiltonian @ whiten
    values, vectors = torch.linalg.eigh(0.5 * (reduced + reduced.mH))
    return values[:bands], scale[:, None] * (whiten @ vectors[:, :bands])


def orthonormalised(orbitals: Tensor) -> Tensor:
    """Return an orthonormal basis of the rows' span (Cholesky; Löwdin where rows are nearly dependent)."""
    overlap = gram(orbitals, orbitals)
    factor, info = torch.linalg.cholesky_ex(0.5 * (overlap + overlap.mH))
    if int(info) == 0:
        inverse = torch.linalg.inv(factor).conj()
    else:
        weights, directions = torch.linalg.eigh(overlap)
        inverse = (directions * weights.clamp_min(1e-14).rsqrt() @ directions.mH).T
    return inverse.to(orbitals.dtype) @ orbitals


def davidson(
    hamiltonian: Hamiltonian,
    orbitals: Tensor,
    images: Tensor | None = None,
    *,
    expansions: int,
    active: int | None = None,
    keep_images: bool = True,
    each_its_own: bool = False,
) -> Eigenpairs:
    """Improve orbitals by a fixed number of expansions, each followed by a Rayleigh–Ritz step in [X, W].

    The space is cut back to X after every step: keeping older blocks converges a little faster a step but costs twice
    the matrix products.

    Args:
        hamiltonian: the operator, with its potential set.
        orbitals: trial orbitals, linearly independent, shape (bands, plane waves).
        images: H applied to ``orbitals`` where it is known already.
        expansions: number of correction blocks, >= 0.
        active: corrections are made for this many of the lowest bands; for all without it.
        keep_images: whether H applied to the result is wanted.
        each_its_own: whether every band is preconditioned by its own kinetic energy: for many empty bands, given as
            Ritz vectors.

    Raises:
        EngineError: see :func:`rayleigh_ritz`.
    """
    bands = orbitals.shape[0]
    rows = slice(0, bands if active is None else min(active, bands))
    if images is None:
        images = hamiltonian.apply(orbitals)
    overlap = gram(orbitals, orbitals)
    energy = gram(orbitals, images)
    values, coefficients = rayleigh_ritz(overlap, energy, bands)
    residual_norm = gain = torch.zeros(bands, dtype=torch.float64, device=orbitals.device)
    if expansions == 0:
        return Eigenpairs(values, combine(coefficients, orbitals), combine(coefficients, images), residual_norm, gain)
    if each_its_own:
        scale = preconditioner(hamiltonian.kinetic, _kinetic_of_each(hamiltonian, orbitals[rows]))
    else:
        scale = preconditioner(hamiltonian.kinetic, _mean_kinetic(hamiltonian, orbitals))
    # Residual of the span, not of its Ritz vectors: H X - X (S^-1 X^H H X). No rotation is needed for it.
    mixing = torch.linalg.solve(overlap, energy)[:, rows]
    residual = images[rows] - combine(mixing, orbitals)
    for step in range(expansions):
        residual_norm = row_norms(residual)
        correction = residual.mul_(scale)
        image = hamiltonian.apply_to_correction(correction)
        # The coupling to X must vanish with the residual: it is taken from H X, which is exact, not from H W.
        overlap = _bordered(overlap, gram(orbitals, correction), gram(correction, correction))
        energy = _bordered(energy, gram(images, correction), gram(correction, image))
        before = values
        values, coefficients = rayleigh_ritz(overlap, energy, bands)
        gain = before - values
        orbitals = combine(coefficients, orbitals, correction)
        last = step + 1 == expansions
        if last and not keep_images:
            return Eigenpairs(values, orbitals, None, residual_norm, gain)
        images = combine(coefficients, images, image)
        if not last:
            residual = images[rows] - orbitals[rows] * values[rows, None].to(orbitals.dtype)
            overlap = torch.eye(bands, dtype=torch.complex128, device=orbitals.device)
            energy = torch.diag(values).to(torch.complex128)
    return Eigenpairs(values, orbitals, images, residual_norm, gain)


def _mean_kinetic(hamiltonian: Hamiltonian, orbitals: Tensor) -> float:
    """Mean kinetic energy of the orbitals, Ha."""
    weights = plane_wave_weights(orbitals, torch.ones(orbitals.shape[0], device=orbitals.device))
    return float(weights @ hamiltonian.waves.kinetic) / float(weights.sum())


def _kinetic_of_each(hamiltonian: Hamiltonian, orbitals: Tensor) -> Tensor:
    """Kinetic energy of each orbital, Ha, shape (bands, 1)."""
    weights = torch.view_as_real(orbitals).square().sum(2)
    return ((weights @ hamiltonian.kinetic) / weights.sum(1))[:, None]


def combine(coefficients: Tensor, first: Tensor, second: Tensor | None = None) -> Tensor:
    """Return C^T [first; second], shape (columns of C, plane waves).

    Args:
        coefficients: C, shape (size, columns).
        first: the first vectors of the trial space, shape (n, plane waves), n <= size.
        second: the others, shape (size - n, plane waves); None where there are none.
    """
    parts = coefficients.T.to(first.dtype)
    result = parts[:, : first.shape[0]] @ first
    return result if second is None else result.addmm_(parts[:, first.shape[0] :], second)


def _bordered(matrix: Tensor, side: Tensor, corner: Tensor) -> Tensor:
    """Return the Hermitian matrix enlarged by a block column."""
    return torch.cat([torch.cat([matrix, side], dim=1), torch.cat([side.mH, corner], dim=1)])
