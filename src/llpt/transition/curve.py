"""One observable against temperature, with errors, and what neighbouring points say directly."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from llpt import units
from llpt.statistics import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Curve:
    """An observable along an isobar.

    Args:
        name: of the observable.
        unit: of its values.
        temperatures_k: rising, shape (n,).
        values: shape (n,).
        errors: 68 %, NaN where unknown, shape (n,).
        effective_samples: shape (n,).
        production_fs: time simulated at each point after the discarded part, shape (n,).
    """

    name: str
    unit: str
    temperatures_k: NDArray[np.float64]
    values: NDArray[np.float64]
    errors: NDArray[np.float64]
    effective_samples: NDArray[np.float64]
    production_fs: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.temperatures_k)

    def resolved(self) -> Curve:
        """Return the points whose value and error are known."""
        return self.only(np.isfinite(self.values) & np.isfinite(self.errors))

    def only(self, chosen: NDArray[np.bool_]) -> Curve:
        """Return some of the points."""
        return Curve(
            self.name,
            self.unit,
            self.temperatures_k[chosen],
            self.values[chosen],
            self.errors[chosen],
            self.effective_samples[chosen],
            self.production_fs[chosen],
        )

    def logarithm(self) -> Curve:
        """Return the natural logarithm of the positive points, errors to first order."""
        positive = self.only(self.values > 0.0)
        return replace(positive, unit="", values=np.log(positive.values), errors=positive.errors / positive.values)

    def estimate(self, index: int) -> Estimate:
        """Return one point."""
        return Estimate(
            float(self.values[index]), float(self.errors[index]), self.unit, float(self.effective_samples[index])
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """The change of an observable between two neighbouring temperatures.

    Args:
        lower_k: lower temperature.
        upper_k: upper temperature.
        change: upper minus lower value.
        relative: change over the mean of the two values, a pure number.
        slope: change over the temperature difference, the finite-difference derivative at the midpoint.
    """

    lower_k: float
    upper_k: float
    change: Estimate
    relative: Estimate
    slope: Estimate

    @property
    def midpoint_k(self) -> float:
        """Halfway between the two temperatures."""
        return 0.5 * (self.lower_k + self.upper_k)

    @property
    def spacing_k(self) -> float:
        """The grid that a derivative's height depends on."""
        return self.upper_k - self.lower_k


def differences(curve: Curve) -> list[Difference]:
    """Return the change between each pair of neighbouring temperatures, positive where the observable rises on heating.

    The seed's density jump is ``relative`` of the density, delta = [rho(T+) - rho(T-)] / rho; its heat capacity is
    ``slope`` of the enthalpy. A jump shows as a slope of jump / spacing: its height is set by the grid.
    """
    found = []
    for index in range(len(curve) - 1):
        lower, upper = curve.estimate(index), curve.estimate(index + 1)
        change = upper.minus(lower)
        spacing = float(curve.temperatures_k[index + 1] - curve.temperatures_k[index])
        mean = 0.5 * (lower.value + upper.value)
        found.append(
            Difference(
                lower_k=float(curve.temperatures_k[index]),
                upper_k=float(curve.temperatures_k[index + 1]),
                change=change,
                relative=change.scaled(1.0 / mean if mean else math.nan, ""),
                slope=change.scaled(1.0 / spacing, f"{curve.unit}/K"),
            )
        )
    return found


def heat_capacity_j_per_mol_k(slope: Estimate) -> Estimate:
    """Return dH/dT given in eV/atom/K in J/mol/K, per mole of atoms."""
    return slope.scaled(units.EV_TO_KJ_PER_MOL * 1000.0, "J/mol/K")


def heat_capacity_k_b(slope: Estimate) -> Estimate:
    """Return dH/dT given in eV/atom/K in k_B per atom."""
    return slope.scaled(1.0 / units.BOLTZMANN_EV_PER_K, "k_B/atom")
