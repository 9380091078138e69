"""Pseudopotentials given on a radial mesh: their form factors by quadrature, tabulated in G once.

A table holds a function and its first two derivatives at evenly spaced G, joined by polynomials of fifth degree, so
that the derivative handed to the stress is exactly the derivative of the value handed to the energy.
"""

from __future__ import annotations

from math import pi
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.polynomial import legendre
from scipy.interpolate import make_interp_spline
from scipy.special import erf, spherical_jn

from llpt.dft.pseudopotentials.base import Projector, Pseudopotential
from llpt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    Array = NDArray[np.float64]

#: Largest |G| of the tables, bohr⁻¹: density components up to a cutoff of 1600 Ry for the orbitals. Zero beyond.
LARGEST_G = 80.0
_SPACING = 0.04
_POINTS_PER_PANEL = 8
_PANEL = 0.1
_FARTHEST = 12.0
_NEGLIGIBLE = 1e-11


class GTable:
    """A function of |G| on an even mesh from 0, with its derivatives; zero beyond the mesh.

    Args:
        values, slopes, curvatures: f, f′ and f″ at 0, h, 2h, …, shape (points,).
        spacing: h, bohr⁻¹.
    """

    def __init__(self, values: Array, slopes: Array, curvatures: Array, *, spacing: float) -> None:
        self._spacing = spacing
        h = spacing
        f0, f1 = values[:-1], values[1:]
        d0, d1 = slopes[:-1] * h, slopes[1:] * h
        c0, c1 = 0.5 * curvatures[:-1] * h * h, 0.5 * curvatures[1:] * h * h
        rise = f1 - f0
        self._coefficients = torch.from_numpy(
            np.stack(
                [
                    f0,
                    d0,
                    c0,
                    10.0 * rise - 6.0 * d0 - 4.0 * d1 - 3.0 * c0 + c1,
                    -15.0 * rise + 8.0 * d0 + 7.0 * d1 + 3.0 * c0 - 2.0 * c1,
                    6.0 * rise - 3.0 * (d0 + d1) - c0 + c1,
                ],
                axis=1,
            )
        )

    def _panel(self, g: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        position = g.to(torch.float64) / self._spacing
        last = len(self._coefficients) - 1
        index = position.floor().clamp(0, last).long()
        return self._coefficients.to(g.device)[index], position - index, position <= last + 1

    def value(self, g: Tensor) -> Tensor:
        """Return f at |G| (bohr⁻¹), same shape and dtype; 0 beyond the table."""
        c, x, inside = self._panel(g)
        result = c[..., 5]
        for k in (4, 3, 2, 1, 0):
            result = result * x + c[..., k]
        return (result * inside).to(g.dtype)

    def derivative(self, g: Tensor) -> Tensor:
        """Return df/dG at |G|."""
        c, x, inside = self._panel(g)
        result = 5.0 * c[..., 5]
        for k in (4, 3, 2, 1):
            result = result * x + k * c[..., k]
        return (result * inside / self._spacing).to(g.dtype)


def bessel_table(r: Array, f: Array, *, l: int) -> GTable:
    """Return the table of 4π ∫ r f(r) j_l(Gr) dr, that is of f(r)/r as a radial function.

    Args:
        r: radial mesh, bohr, increasing from ≥ 0.
        f: r times the function, on the mesh; zero at the nucleus and beyond the end of the mesh.
        l: angular momentum.
    """
    significant = np.nonzero(np.abs(f) > _NEGLIGIBLE * max(1.0, np.abs(f).max()))[0]
    end = float(min(r[min(significant[-1] + 1, len(r) - 1)] if len(significant) else r[1], _FARTHEST))
    x, w = legendre.leggauss(_POINTS_PER_PANEL)
    panels = max(4, round(end / _PANEL))
    edges = np.linspace(0.0, end, panels + 1)
    half = 0.5 * np.diff(edges)[:, None]
    points = (edges[:-1, None] + half * (x + 1.0)).ravel()
    weights = (half * w).ravel()
    mesh, samples = (r, f) if r[0] == 0.0 else (np.append(0.0, r), np.append(0.0, f))
    sampled = 4.0 * pi * weights * points * make_interp_spline(mesh, samples, k=5)(points)

    g = np.arange(0.0, LARGEST_G + _SPACING, _SPACING)
    gr = np.outer(g, points)
    bessel = spherical_jn(l, gr)
    slope = spherical_jn(l, gr, derivative=True)
    # j″ = −2j′/x − (1 − l(l+1)/x²) j; its limit at 0 is −1/3 for l = 0, 2/15 for l = 2, else 0
    with np.errstate(divide="ignore", invalid="ignore"):
        curvature = -2.0 * slope / gr - (1.0 - l * (l + 1) / gr**2) * bessel
    small = gr < 1e-2
    curvature[small] = {0: -1.0 / 3.0 + gr[small] ** 2 / 10.0, 1: -gr[small] / 5.0, 2: 2.0 / 15.0}.get(l, 0.0)
    return GTable(bessel @ sampled, slope @ (sampled * points), curvature @ (sampled * points**2), spacing=_SPACING)


class TabulatedPotential(Pseudopotential):
    """A norm-conserving pseudopotential from a radial mesh.

    Args:
        name: what a report calls it.
        charge: Z.
        r: radial mesh, bohr.
        local: V_loc on the mesh, Ha; −Z/r beyond its end.
        projectors: (l, r β(r) on the mesh), β in bohr^{-3/2}.
        coupling: D, Ha, shape (projectors, projectors).
        content_hash: SHA-256 of the file.
        recommended_ecut_ry: see ``Pseudopotential``.

    Raises:
        InputError: tables of different length or a local potential without its −Z/r tail.
    """

    def __init__(
        self,
        name: str,
        *,
        charge: float,
        r: Array,
        local: Array,
        projectors: Sequence[tuple[int, Array]] = (),
        coupling: Array | None = None,
        content_hash: str,
        recommended_ecut_ry: float = 100.0,
    ) -> None:
        self.name = name
        self.charge = charge
        self.content_hash = content_hash
        self.recommended_ecut_ry = recommended_ecut_ry
        if len(r) != len(local) or any(len(beta) != len(r) for _, beta in projectors) or len(r) < 10:
            raise InputError(
                f"The tables of pseudopotential '{name}' do not have the length of its mesh ({len(r)} points).",
                "Use an undamaged file.",
            )
        tail = r[-1] * local[-1] + charge
        if abs(tail) > 1e-3 * charge:
            raise InputError(
                f"The local potential of '{name}' ends {tail:.1e} Ha·bohr off −Z/r with Z = {charge:g}.",
                "Use a file whose charge and mesh are complete.",
            )
        # sharp enough that erf is 1 to machine precision where the table ends
        self._sharpness = max(1.0, 6.0 / float(r[-1]))
        self._short_range = bessel_table(r, r * local + charge * erf(self._sharpness * r), l=0)
        self.projectors = tuple(Projector(l, bessel_table(r, beta, l=l)) for l, beta in projectors)
        self._coupling = np.zeros((0, 0)) if coupling is None else np.asarray(coupling, dtype=np.float64)
        if self._coupling.shape != (len(self.projectors), len(self.projectors)):
            raise InputError(
                f"Pseudopotential '{name}' has {len(self.projectors)} projectors and a coupling of shape "
                f"{self._coupling.shape}.",
                "Use an undamaged file.",
            )

    @property
    def coupling(self) -> Array:
        """D_ij, Ha."""
        return self._coupling

    def form_factor(self, g: Tensor) -> Tensor:
        """Return V(G), Ha·bohr³; ``alpha()`` at G = 0. −Z erf(a r)/r is transformed in closed form."""
        g2 = g.square()
        gaussian = torch.exp(g2 * (-0.25 / self._sharpness**2))
        coulomb = -4.0 * pi * self.charge * gaussian / torch.where(g2 > 0.0, g2, 1.0)
        return self._short_range.value(g) + torch.where(g2 > 0.0, coulomb, self._remainder)

    def form_factor_derivative(self, g: Tensor) -> Tensor:
        """Return dV/dG, Ha·bohr⁴; 0 at G = 0."""
        safe = torch.where(g > 0.0, g, 1.0)
        width = 0.5 / self._sharpness**2
        gaussian = torch.exp(-0.5 * width * safe.square())
        coulomb = 4.0 * pi * self.charge * gaussian * (width / safe + 2.0 / safe**3)
        return torch.where(g > 0.0, self._short_range.derivative(g) + coulomb, 0.0)

    def alpha(self) -> float:
        """Return ∫ (V_loc + Z/r) d³r, Ha·bohr³."""
        return float(self._short_range.value(torch.zeros(1, dtype=torch.float64))) + self._remainder

    @property
    def _remainder(self) -> float:
        """∫ Z (1 − erf(a r))/r d³r = πZ/a²."""
        return pi * self.charge / self._sharpness**2
