"""What every pseudopotential of hydrogen is: a local form factor and, possibly, separable projectors.

Hartree atomic units. Form factors are evaluated on torch tensors of |G| (bohr⁻¹) of any shape, dtype and device.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor


class RadialFunction(Protocol):
    """A function of |G| and its first derivative."""

    def value(self, g: Tensor) -> Tensor:
        """Return the function at ``g`` (bohr⁻¹), same shape, dtype and device."""
        ...

    def derivative(self, g: Tensor) -> Tensor:
        """Return its derivative with respect to ``g``."""
        ...


@dataclass(frozen=True, slots=True)
class Projector:
    """One separable (Kleinman–Bylander) projector β(r) Y_lm(r̂), all 2l + 1 values of m.

    The radial form factor is p(G) = 4π ∫ r² j_l(Gr) β(r) dr in bohr^{3/2}, so that in a cell of volume Ω
    ⟨k+G|β_lm⟩ = Ω^{-1/2} (−i)^l p(|k+G|) Y_lm(k+G), and p ∝ G^l for G → 0.

    Attributes:
        l: angular momentum, 0 to 3.
        function: p(G) and its derivative.
    """

    l: int
    function: RadialFunction

    def radial(self, g: Tensor) -> Tensor:
        """Return p(G), bohr^{3/2}, at |G| (bohr⁻¹) ≥ 0."""
        return self.function.value(g)

    def radial_derivative(self, g: Tensor) -> Tensor:
        """Return dp/dG, bohr^{5/2}."""
        return self.function.derivative(g)


class Pseudopotential(ABC):
    """The interaction of a valence electron with one ion: V = V_loc(r) + Σ_ij |β_i⟩ D_ij ⟨β_j|.

    Attributes:
        name: what a report calls it.
        charge: Z, the charge of the ion; V_loc → −Z/r.
        recommended_ecut_ry: the cutoff (Ry) at which forces in fluids at 100–400 GPa are within 1 % of their limit.
        content_hash: SHA-256 of what defines it (parameters or file), hexadecimal.
        projectors: separable projectors; empty for a local potential.
    """

    name: str
    charge: float
    recommended_ecut_ry: float
    content_hash: str
    projectors: tuple[Projector, ...] = ()

    @abstractmethod
    def form_factor(self, g: Tensor) -> Tensor:
        """Return ∫ e^{−iG·r} V_loc(r) d³r (Ha·bohr³) at |G| (bohr⁻¹).

        At G = 0 the divergent −4πZ/G² is left out: the value there is ``alpha()``.
        """

    @abstractmethod
    def form_factor_derivative(self, g: Tensor) -> Tensor:
        """Return the derivative of ``form_factor`` with respect to |G| (Ha·bohr⁴); 0 at G = 0."""

    @abstractmethod
    def alpha(self) -> float:
        """Return the limit of form_factor(G) + 4πZ/G² for G → 0, that is ∫ (V_loc + Z/r) d³r, in Ha·bohr³."""

    @property
    def coupling(self) -> NDArray[np.float64]:
        """D_ij (Ha), shape (projectors, projectors), symmetric, zero between different l."""
        return np.zeros((0, 0))

    @property
    def is_local(self) -> bool:
        """Whether there are no projectors."""
        return not self.projectors
