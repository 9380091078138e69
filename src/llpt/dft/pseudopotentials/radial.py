"""One atom in a sphere: the radial Kohn–Sham equation of PBE, all-electron or with a local pseudopotential.

Hartree atomic units, spin-unpolarised. u(r) = r ψ(r) is expanded in polynomials of high degree on a few graded
elements (Gauss–Lobatto nodes, Gauss quadrature), so that energies converge exponentially, the bare −Z/r included:

    ½ ∫ u′v′ dr + ∫ [l(l+1)/2r² + V] u v dr − ½ (λ + 1/R) u(R) v(R) = ε ∫ u v dr,

with λ = ψ′(R)/ψ(R) given (natural boundary), or u(R) = 0. λ = 0 for s and a neutral sphere is the Wigner–Seitz model
of dense matter: its energy against R is an equation of state.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.polynomial import legendre
from scipy.linalg import eigh

from llpt.dft.functionals import get_functional
from llpt.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from llpt.dft.functionals import Functional

    Array = NDArray[np.float64]


class RadialBasis:
    """Piecewise polynomials on [0, R] with u(0) = 0.

    Args:
        breakpoints: element boundaries from 0 to R, bohr, increasing.
        degree: polynomial degree in each element.

    Attributes:
        r, weights: quadrature points (bohr) and weights, shape (points,).
        values, slopes: b_i and b_i′ at the quadrature points, shape (points, functions); the last function is the
            only one that does not vanish at R, where it is 1.
        overlap, kinetic: ∫ b_i b_j dr and ½ ∫ b_i′ b_j′ dr, shape (functions, functions).
    """

    def __init__(self, breakpoints: Sequence[float] | Array, *, degree: int = 10) -> None:
        edges = np.asarray(breakpoints, dtype=np.float64)
        points_per_element = degree + 4
        x, w = legendre.leggauss(points_per_element)
        coefficients = np.zeros(degree + 1)
        coefficients[-1] = 1.0
        nodes = np.concatenate([[-1.0], legendre.legroots(legendre.legder(coefficients)), [1.0]])
        to_nodal = np.linalg.inv(legendre.legvander(nodes, degree))
        local = legendre.legvander(x, degree) @ to_nodal
        local_slope = (
            np.stack([legendre.legval(x, legendre.legder(np.eye(degree + 1)[k])) for k in range(degree + 1)], axis=1)
            @ to_nodal
        )
        # derivative of what is known at the quadrature points of one element
        vandermonde = legendre.legvander(x, points_per_element - 1)
        derivative = np.stack(
            [legendre.legval(x, legendre.legder(np.eye(points_per_element)[k])) for k in range(points_per_element)],
            axis=1,
        )
        self._differentiate = derivative @ np.linalg.inv(vandermonde)

        elements = len(edges) - 1
        half = 0.5 * np.diff(edges)
        self._half = half
        self.radius = float(edges[-1])
        self.r = (edges[:-1, None] + half[:, None] * (x + 1.0)).ravel()
        self.weights = (half[:, None] * w).ravel()
        functions = elements * degree + 1
        values = np.zeros((len(self.r), functions))
        slopes = np.zeros_like(values)
        for e in range(elements):
            rows = slice(e * points_per_element, (e + 1) * points_per_element)
            columns = slice(e * degree, (e + 1) * degree + 1)
            values[rows, columns] = local
            slopes[rows, columns] = local_slope / half[e]
        self.values, self.slopes = values[:, 1:], slopes[:, 1:]
        self.overlap = self.values.T @ (self.weights[:, None] * self.values)
        self.kinetic = 0.5 * self.slopes.T @ (self.weights[:, None] * self.slopes)

    def matrix(self, potential: Array) -> Array:
        """Return ∫ b_i V b_j dr for V at the quadrature points."""
        return self.values.T @ ((self.weights * potential)[:, None] * self.values)

    def integrate(self, integrand: Array) -> float:
        """Return ∫ f dr over [0, R]."""
        return float(self.weights @ integrand)

    def derivative(self, f: Array) -> Array:
        """Return f′ at the quadrature points, f given there."""
        return ((f.reshape(len(self._half), -1) @ self._differentiate.T) / self._half[:, None]).ravel()

    def hartree(self, radial_density: Array) -> Array:
        """Return V_H at the quadrature points for 4πr²n there; outside R there is no charge."""
        charge = self.integrate(radial_density)
        right = self.values.T @ (self.weights * radial_density / self.r)
        stiffness = 2.0 * self.kinetic
        inner = np.linalg.solve(stiffness[:-1, :-1], right[:-1] - stiffness[:-1, -1] * charge)
        return (self.values @ np.append(inner, charge)) / self.r


def graded_elements(radius: float, elements: int, *, power: float = 2.0) -> Array:
    """Return boundaries R (k/N)^power: fine near the nucleus.

    Args:
        radius: R in bohr, > 0.
        elements: N, number of elements, >= 1.
        power: 1 for equal ones, more for finer ones near the nucleus.
    """
    return radius * np.linspace(0.0, 1.0, elements + 1) ** power


@dataclass(frozen=True, slots=True)
class Channel:
    """Electrons of one angular momentum in the lowest level that the boundary condition allows.

    Attributes:
        l: angular momentum.
        electrons: how many, shared evenly by the 2l + 1 orbitals, so that the density is spherical.
        log_derivative: λ = ψ′(R)/ψ(R), bohr⁻¹; ``None`` means ψ(R) = 0.
    """

    l: int
    electrons: float
    log_derivative: float | None = None


@dataclass(frozen=True, slots=True)
class RadialState:
    """A self-consistent atom in a sphere.

    Attributes:
        energy: total energy, Ha.
        eigenvalues: one per channel, Ha.
        orbitals: u at the quadrature points, normalised, one per channel, shape (channels, points).
        density: n, bohr⁻³, shape (points,).
        screening: V_H + v_xc, Ha, shape (points,).
    """

    energy: float
    eigenvalues: tuple[float, ...]
    orbitals: Array
    density: Array
    screening: Array


@dataclass(frozen=True, slots=True)
class RadialAtom:
    """An ion in a sphere.

    Args:
        basis: radial basis; its R is the sphere.
        ionic_potential: V at the quadrature points (Ha), −Z/r for the all-electron atom.
        xc: functional (LDA or GGA).
    """

    basis: RadialBasis
    ionic_potential: Array
    xc: Functional

    @classmethod
    def create(cls, basis: RadialBasis, potential: Callable[[Array], Array], *, xc: str = "pbe") -> RadialAtom:
        """Build from a potential as a function of r.

        Args:
            basis: the finite elements.
            potential: takes radii in bohr, returns Ha.
            xc: name of the functional.
        """
        return cls(basis, potential(basis.r), get_functional(xc))

    def level(self, potential: Array, channel: Channel) -> tuple[float, Array]:
        """Return the lowest eigenvalue (Ha) and its u at the quadrature points in a given potential."""
        basis = self.basis
        h = basis.kinetic + basis.matrix(potential + 0.5 * channel.l * (channel.l + 1) / basis.r**2)
        keep = len(h) - 1 if channel.log_derivative is None else len(h)
        if channel.log_derivative is not None:
            h[-1, -1] -= 0.5 * (channel.log_derivative + 1.0 / basis.radius)
        value, vector = eigh(h[:keep, :keep], basis.overlap[:keep, :keep], subset_by_index=[0, 0])
        return float(value[0]), basis.values[:, :keep] @ vector[:, 0]

    def log_derivative(self, potential: Array, *, energy: float, l: int) -> float:
        """Return ψ′(R)/ψ(R) of the regular solution at an energy (Ha) in a given potential.

        Args:
            potential: in Ha at the basis's radii.
            energy: in Ha.
            l: angular momentum, >= 0.
        """
        basis = self.basis
        h = basis.kinetic + basis.matrix(potential + 0.5 * l * (l + 1) / basis.r**2 - energy)
        # (T + V − ε) c = ½ u′(R) e_R with u(R) = 1
        inner = np.linalg.solve(h[:-1, :-1], -h[:-1, -1])
        return float(2.0 * (h[-1, -1] + h[-1, :-1] @ inner) - 1.0 / basis.radius)

    def xc_terms(self, density: Array) -> tuple[float, Array]:
        """Return E_xc (Ha) and v_xc (Ha) of a spherical density."""
        basis = self.basis
        gradient = basis.derivative(density)
        densities = self.xc.evaluate(torch.from_numpy(density), torch.from_numpy(gradient**2))
        area = 4.0 * pi * basis.r**2
        energy = basis.integrate(area * densities.energy.numpy())
        potential = densities.d_density.numpy().copy()
        if densities.d_sigma is not None:
            flux = 2.0 * densities.d_sigma.numpy() * gradient * basis.r**2
            potential -= basis.derivative(flux) / basis.r**2
        return energy, potential

    def solve(
        self,
        channels: Sequence[Channel],
        *,
        screening: Array | None = None,
        tolerance: float = 1e-10,
        max_iterations: int = 100,
    ) -> RadialState:
        """Iterate to self-consistency (Anderson mixing of the screening potential).

        Args:
            channels: the electrons.
            screening: V_H + v_xc to start from; that of no electrons if not given.
            tolerance: largest change of r (V_H + v_xc) between cycles, Ha·bohr.
            max_iterations: cycles allowed.

        Raises:
            EngineError: not converged.
        """
        basis = self.basis
        current = np.zeros_like(basis.r) if screening is None else screening
        inputs: list[Array] = []
        residuals: list[Array] = []
        for _ in range(max_iterations):
            levels = [self.level(self.ionic_potential + current, channel) for channel in channels]
            radial_density = np.sum(
                [channel.electrons * u**2 for channel, (_, u) in zip(channels, levels, strict=True)], axis=0
            )
            density = radial_density / (4.0 * pi * basis.r**2)
            hartree = basis.hartree(radial_density)
            xc_energy, xc_potential = self.xc_terms(density)
            output = hartree + xc_potential
            residual = output - current
            if np.abs(basis.r * residual).max() < tolerance:
                band = sum(c.electrons * e for c, (e, _) in zip(channels, levels, strict=True))
                energy = (
                    band
                    - basis.integrate(radial_density * current)
                    + 0.5 * basis.integrate(radial_density * hartree)
                    + xc_energy
                )
                return RadialState(
                    energy, tuple(e for e, _ in levels), np.array([u for _, u in levels]), density, output
                )
            inputs, residuals = [*inputs[-5:], current], [*residuals[-5:], residual]
            current = _anderson(inputs, residuals, basis.weights * basis.r**2)
        raise EngineError(
            f"The radial atom (R = {basis.radius:g} bohr) did not converge in {max_iterations} cycles.",
            "Use a finer basis, or another boundary condition.",
        )


def _anderson(inputs: list[Array], residuals: list[Array], weights: Array) -> Array:
    mixing = 0.5
    current, residual = inputs[-1], residuals[-1]
    if len(inputs) == 1:
        return current + mixing * residual
    steps = np.array([x - current for x in inputs[:-1]])
    changes = np.array([f - residual for f in residuals[:-1]])
    root = np.sqrt(weights)
    gamma = np.linalg.lstsq((changes * root).T, -residual * root, rcond=1e-10)[0]
    return current + gamma @ steps + mixing * (residual + gamma @ changes)
