"""Separable non-local pseudopotential: E = sum f_i sum_a sum_pq <psi_i|beta_ap> D_pq <beta_aq|psi_i>."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from llpt.dft.terms.base import Operator, Setting, Term
from llpt.errors import InputError

if TYPE_CHECKING:
    from llpt.dft.basis import PlaneWaves
    from llpt.dft.ions import Ions
    from llpt.dft.pseudopotentials import Projector, Pseudopotential


def _angular(l: int, vectors: Tensor) -> Tensor:
    """Real spherical harmonics as solid harmonics r^l Y_lm, shape (2 l + 1, n); vectors (n, 3).

    Polynomials, so that value and gradient are smooth at the origin.
    """
    x, y, z = vectors.T
    if l == 0:
        return torch.full_like(x, math.sqrt(1.0 / (4.0 * math.pi)))[None]
    if l == 1:
        return math.sqrt(3.0 / (4.0 * math.pi)) * torch.stack([x, y, z])
    if l == 2:
        r2 = x * x + y * y + z * z
        half = math.sqrt(15.0 / (4.0 * math.pi))
        return torch.stack(
            [
                half * x * y,
                half * y * z,
                half * z * x,
                0.5 * half * (x * x - y * y),
                math.sqrt(5.0 / (16.0 * math.pi)) * (3.0 * z * z - r2),
            ]
        )
    raise InputError(f"a projector has angular momentum {l}.", "Use a pseudopotential with projectors up to l = 2.")


def _form(projectors: tuple[Projector, ...], vectors: Tensor) -> Tensor:
    """(-i)^l p(q) Y_lm(q) for all projectors and m, complex, shape (channels, n)."""
    length = torch.linalg.vector_norm(vectors, dim=1)
    safe = torch.where(length > 1e-12, length, torch.ones_like(length))
    rows = []
    for projector in projectors:
        radial = projector.radial(length)
        per_power = radial if projector.l == 0 else torch.where(length > 1e-12, radial / safe**projector.l, 0.0)
        rows.append((-1j) ** projector.l * (per_power * _angular(projector.l, vectors)))
    return torch.cat(rows)


def _coupling(pseudopotential: Pseudopotential) -> Tensor:
    """D expanded over m, shape (channels, channels)."""
    ls = [p.l for p in pseudopotential.projectors]
    sizes = [2 * l + 1 for l in ls]
    offsets = [sum(sizes[:i]) for i in range(len(sizes))]
    full = torch.zeros((sum(sizes), sum(sizes)), dtype=torch.float64)
    for i, li in enumerate(ls):
        for j, lj in enumerate(ls):
            if li == lj:
                value = float(pseudopotential.coupling[i, j])
                for m in range(sizes[i]):
                    full[offsets[i] + m, offsets[j] + m] = value
    return full


class Projectors(Operator):
    """Projectors of all ions at one k-point.

    Args:
        waves: plane waves of the k-point.
        ions: the ions.
        pseudopotential: with at least one projector.
        volume: of the cell, bohr³.
        dtype: complex format of the orbitals.
    """

    def __init__(
        self, waves: PlaneWaves, ions: Ions, pseudopotential: Pseudopotential, *, volume: float, dtype: torch.dtype
    ) -> None:
        self._waves = waves
        self._pseudopotential = pseudopotential
        self._volume = volume
        self._ions = ions
        device = waves.cell.device
        self._phases = torch.exp(-1j * (ions.positions @ waves.vectors.T))
        form = _form(pseudopotential.projectors, waves.vectors) / math.sqrt(volume)
        self._channels = int(form.shape[0])
        self._form = form
        # beta_{a c}(G) = form_c(G) exp(-i (k+G).R_a), shape (ions * channels, n).
        self._projectors = (self._phases[:, None, :] * form[None]).reshape(-1, waves.count).to(dtype)
        self._coupling = _coupling(pseudopotential).to(device)

    def _couple(self, overlaps: Tensor) -> Tensor:
        """Apply D to overlaps (bands, ions * channels)."""
        shaped = overlaps.view(overlaps.shape[0], -1, self._channels)
        return (shaped @ self._coupling.to(overlaps.dtype)).reshape(overlaps.shape)

    def overlaps(self, orbitals: Tensor) -> Tensor:
        """Return <beta|psi>, shape (bands, ions * channels)."""
        return orbitals @ self._projectors.conj().T

    def add_to(self, images: Tensor, orbitals: Tensor) -> None:
        """Add V_nl psi."""
        images.add_(self._couple(self.overlaps(orbitals)) @ self._projectors)

    def energy(self, orbitals: Tensor, occupations: Tensor) -> float:
        """Return the energy of this k-point (without its weight), Ha per cell."""
        c = self.overlaps(orbitals).to(torch.complex128)
        return float((occupations[:, None] * (c.conj() * self._couple(c)).real).sum())

    def forces(self, orbitals: Tensor, occupations: Tensor) -> Tensor:
        """Return -dE/dR of this k-point (without its weight), Ha/bohr, shape (n, 3)."""
        coupled = self._couple(self.overlaps(orbitals).to(torch.complex128))
        components = []
        for axis in range(3):
            # d<beta|psi>/dR = <beta| i (k+G) |psi>
            q = (1j * self._waves.vectors[:, axis]).to(orbitals.dtype)
            slope = self.overlaps(orbitals * q).to(torch.complex128)
            pair = (occupations[:, None] * (coupled.conj() * slope).real).sum(0)
            components.append(-2.0 * pair.view(self._ions.count, -1).sum(1))
        return torch.stack(components, dim=1)

    def velocity(self, orbitals: Tensor, axis: int) -> Tensor:
        """Return i [V_nl, r_a] psi = dV_nl/dk_a psi, shape (bands, n).

        V_nl(k) is the operator at a shifted k; its derivative is that of the form factors at fixed phases.
        """
        step = 1e-4
        shift = torch.zeros(3, dtype=torch.float64, device=orbitals.device)
        shift[axis] = step
        root = math.sqrt(self._volume)
        forms = [_form(self._pseudopotential.projectors, self._waves.vectors + sign * shift) for sign in (1.0, -1.0)]
        slope = (forms[0] - forms[1]) / (2.0 * step * root)
        change = (self._phases[:, None, :] * slope[None]).reshape(-1, self._waves.count).to(orbitals.dtype)
        bra = self._couple(orbitals @ change.conj().T) @ self._projectors
        ket = self._couple(self.overlaps(orbitals)) @ change
        return bra + ket

    def stress(self, orbitals: Tensor, occupations: Tensor) -> Tensor:
        """Return sigma of this k-point (without its weight), Ha/bohr³, shape (3, 3).

        The strain derivative of the form factors is taken by automatic differentiation.
        """
        coupled = self._couple(self.overlaps(orbitals).to(torch.complex128))
        # dE/dform: E depends on form_c(G) through <beta|psi> = sum_G form_c* e^{+i(k+G)R} psi(G).
        shaped = (coupled * occupations[:, None]).conj().view(orbitals.shape[0], self._ions.count, self._channels)
        psi = orbitals.to(torch.complex128)
        # weight_c(G) = sum_a e^{i(k+G)R_a} sum_i f_i coupled_i(a,c)* psi_i(G)
        per_ion = torch.einsum("iac,ig->acg", shaped, psi)
        weight = (per_ion * self._phases.conj()[:, None, :]).sum(0)
        strain = torch.zeros((3, 3), dtype=torch.float64, device=psi.device, requires_grad=True)
        with torch.enable_grad():
            vectors = self._waves.vectors - self._waves.vectors @ strain
            form = _differentiable_form(self._pseudopotential.projectors, self._waves.vectors, vectors)
            value = (weight * form.conj()).real.sum() / math.sqrt(self._volume)
            (gradient,) = torch.autograd.grad(value, strain)
        symmetric = gradient + gradient.T
        total = self.energy(orbitals, occupations)
        return (symmetric - total * torch.eye(3, dtype=torch.float64, device=psi.device)) / self._volume


class NonlocalTerm(Term):
    """The projectors of the ions, where the pseudopotential has any."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def at_kpoint(self, index: int) -> Projectors | None:
        """Return the projectors at a k-point; None for a local pseudopotential."""
        basis, pseudopotential = self._setting.basis, self._setting.theory.pseudopotential
        if pseudopotential.is_local:
            return None
        return Projectors(
            basis.waves[index],
            self._setting.ions,
            pseudopotential,
            volume=basis.grid.volume,
            dtype=basis.precision.complex,
        )


class _Radial(torch.autograd.Function):
    """p(q) with its analytic derivative."""

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, length: Tensor, projector: Projector) -> Tensor:
        """Evaluate p(q)."""
        ctx.save_for_backward(projector.radial_derivative(length))
        return projector.radial(length)

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, *grad: Tensor) -> tuple[Tensor, None]:
        """Chain with dp/dq."""
        (slope,) = ctx.saved_tensors  # type: ignore[attr-defined]
        return grad[0] * slope, None


def _differentiable_form(projectors: tuple[Projector, ...], reference: Tensor, vectors: Tensor) -> Tensor:
    """The form factors as a function of strained vectors, to first order about ``reference``."""
    nonzero = torch.linalg.vector_norm(reference, dim=1, keepdim=True) > 1e-12
    # The strain moves a vector in proportion to itself: at k + G = 0 there is nothing to differentiate.
    shifted = torch.where(nonzero, vectors, torch.ones_like(vectors))
    length = torch.linalg.vector_norm(shifted, dim=1)
    rows = []
    for projector in projectors:
        radial = _Radial.apply(length, projector) / length**projector.l
        rows.append((-1j) ** projector.l * (radial * _angular(projector.l, shifted)))
    return torch.cat(rows) * nonzero.T
