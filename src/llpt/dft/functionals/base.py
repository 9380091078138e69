"""What every exchange–correlation functional is: an energy density and its derivatives, point by point.

Hartree atomic units. Spin-unpolarised; ``density`` is the total electron density n (bohr⁻³), ``sigma`` = |∇n|²
(bohr⁻⁸) and ``laplacian`` = ∇²n (bohr⁻⁵). The energy density f is per volume (Ha/bohr³), E_xc = ∫ f d³r.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from llpt.errors import InputError

if TYPE_CHECKING:
    from llpt.papers import Paper


class Level(StrEnum):
    """What a functional reads at a point: its rung."""

    LDA = "lda"
    GGA = "gga"
    LAPLACIAN = "laplacian"


@dataclass(frozen=True, slots=True)
class XCDensities:
    """The exchange–correlation energy density and its partial derivatives; each has the shape of the density.

    Attributes:
        energy: f, Ha/bohr³. For a thermal functional this is the *free* energy density.
        d_density: ∂f/∂n, Ha.
        d_sigma: ∂f/∂σ, Ha·bohr⁵; ``None`` for an LDA.
        d_laplacian: ∂f/∂(∇²n), Ha·bohr²; ``None`` below the Laplacian level.
        d_temperature: ∂f/∂(k_B T_el), bohr⁻³; ``None`` unless thermal. Its negative is the entropy density in k_B.
    """

    energy: Tensor
    d_density: Tensor
    d_sigma: Tensor | None = None
    d_laplacian: Tensor | None = None
    d_temperature: Tensor | None = None


@dataclass(frozen=True, slots=True)
class FunctionalRecord:
    """All that there is to know of a functional but its formula.

    Attributes:
        name: the name ``get_functional`` knows it by.
        level: which of n, σ and ∇²n it reads.
        papers: where it was published.
        libxc: the functionals of libxc whose sum it is; empty where libxc lacks it.
        thermal: whether it depends on the electronic temperature explicitly.
        aliases: other names.
        times_longer: how many times longer than with PBE an MD step of the built-in DFT takes (docs/performance.md).
    """

    name: str
    level: Level
    papers: tuple[Paper, ...]
    libxc: tuple[str, ...]
    thermal: bool = False
    aliases: tuple[str, ...] = ()
    times_longer: float = 1.0


class Functional(ABC):
    """An exchange–correlation functional of the spin-unpolarised density.

    Args:
        record: what it is.
    """

    def __init__(self, record: FunctionalRecord) -> None:
        self.record = record

    @property
    def level(self) -> Level:
        """Which of n, σ and ∇²n it reads."""
        return self.record.level

    @property
    def thermal(self) -> bool:
        """Whether it depends on the electronic temperature explicitly."""
        return self.record.thermal

    @abstractmethod
    def _evaluate(
        self, density: Tensor, sigma: Tensor | None, laplacian: Tensor | None, temperature: float | None
    ) -> XCDensities:
        """Evaluate with inputs already checked against the level."""

    def evaluate(
        self,
        density: Tensor,
        sigma: Tensor | None = None,
        laplacian: Tensor | None = None,
        *,
        electronic_temperature_ha: float | None = None,
    ) -> XCDensities:
        """Return the energy density and its derivatives at every point.

        Points with a density below ``density_floor(dtype)`` (negative ones too) give zero for every quantity: there a
        plane-wave density is noise, and the derivatives of a gradient correction diverge.

        Args:
            density: n, bohr⁻³, any shape, real.
            sigma: |∇n|², bohr⁻⁸, same shape; required from the GGA level upward, ignored below.
            laplacian: ∇²n, bohr⁻⁵, same shape; required at the Laplacian level, ignored below.
            electronic_temperature_ha: k_B T_el, Ha, ≥ 0; required by a thermal functional, ignored by others.

        Returns:
            The energy density and its derivatives, same shape, dtype and device as ``density``.

        Raises:
            InputError: an input that this functional needs is missing or has another shape.
        """
        if self.level is not Level.LDA:
            _require(self.record.name, "sigma", sigma, density)
        if self.level is Level.LAPLACIAN:
            _require(self.record.name, "laplacian", laplacian, density)
        if self.thermal and (electronic_temperature_ha is None or not electronic_temperature_ha >= 0.0):
            raise InputError(
                f"Functional '{self.record.name}' depends on the electronic temperature, which is "
                f"{electronic_temperature_ha} here.",
                "Pass electronic_temperature_ha >= 0.",
            )
        return self._evaluate(density, sigma, laplacian, electronic_temperature_ha)


def density_floor(dtype: torch.dtype) -> float:
    """Return the density (bohr⁻³) below which a point is treated as empty: 1e-11 in double, 1e-8 in single."""
    return 1e-11 if dtype == torch.float64 else 1e-8


def _require(name: str, what: str, value: Tensor | None, density: Tensor) -> None:
    if value is None or value.shape != density.shape:
        given = "nothing" if value is None else f"shape {tuple(value.shape)}"
        raise InputError(
            f"Functional '{name}' needs '{what}' of shape {tuple(density.shape)}; given {given}.",
            f"Pass {what} on the grid of the density.",
        )
