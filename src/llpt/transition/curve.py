"""One observable along a line of states, with errors, and what neighbouring points say directly."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from llpt import units
from llpt.observables import with_unit
from llpt.statistics import Estimate, combined

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray


class Coordinate(StrEnum):
    """What changes along a line of states, or is held on it; the value is its name with its unit."""

    TEMPERATURE = "temperature_k"
    PRESSURE = "pressure_gpa"
    DENSITY = "density_gcc"

    @property
    def unit(self) -> str:
        """Its unit, for people."""
        return {Coordinate.TEMPERATURE: "K", Coordinate.PRESSURE: "GPa", Coordinate.DENSITY: "g/cm^3"}[self]

    @property
    def word(self) -> str:
        """Its name without the unit."""
        return self.partition("_")[0]

    @property
    def words(self) -> str:
        """Several of it."""
        return "densities" if self is Coordinate.DENSITY else f"{self.word}s"

    @property
    def symbol(self) -> str:
        """Its symbol in formulae."""
        return {Coordinate.TEMPERATURE: "T", Coordinate.PRESSURE: "P", Coordinate.DENSITY: "rho"}[self]

    @property
    def label(self) -> str:
        """Name and unit for an axis of a figure.

        >>> Coordinate.TEMPERATURE.label, Coordinate.DENSITY.label
        ('T (K)', 'density (g/cm³)')
        """
        return with_unit(self.word if self is Coordinate.DENSITY else self.symbol, self.unit)

    @property
    def digits(self) -> int:
        """Digits behind the point that are shown of it and proposed."""
        return {Coordinate.TEMPERATURE: 0, Coordinate.PRESSURE: 1, Coordinate.DENSITY: 4}[self]

    def shown(self, value: float, error: float | None = None) -> str:
        """Return a value with its unit, for people, and its error where there is one.

        >>> Coordinate.PRESSURE.shown(151.234, 2.1), Coordinate.TEMPERATURE.shown(905.3)
        ('151.2 ± 2.1 GPa', '905 K')
        """
        spread = "" if error is None else f" ± {error:.{self.digits}f}"
        return f"{value:.{self.digits}f}{spread} {self.unit}"

    def listing(self, values: Iterable[float]) -> str:
        """Return several values with their unit, for people.

        >>> Coordinate.TEMPERATURE.listing((900.0, 1100.0))
        '900, 1100 K'
        """
        return f"{', '.join(f'{value:g}' for value in values)} {self.unit}"


class LineKind(StrEnum):
    """What is held on a line of states, and what changes along it."""

    ISOBAR = "isobar"
    ISOCHORE = "isochore"
    ISOTHERM = "isotherm at held pressures"
    DENSITY_ISOTHERM = "isotherm at held densities"

    @property
    def holds_volume(self) -> bool:
        """Whether the volume of each run was held."""
        return self in {LineKind.ISOCHORE, LineKind.DENSITY_ISOTHERM}

    @property
    def holds_temperature(self) -> bool:
        """Whether all runs have one temperature."""
        return self in {LineKind.ISOTHERM, LineKind.DENSITY_ISOTHERM}


@dataclass(frozen=True)
class Curve:
    """An observable along a line of states.

    Args:
        name: of the observable.
        unit: of its values.
        coordinates: where the points are, rising, in the unit of ``along``, shape (n,).
        values: shape (n,).
        errors: 68 %, NaN where unknown, shape (n,).
        effective_samples: shape (n,).
        degrees_of_freedom: how well each error is known, shape (n,).
        production_fs: time simulated at each point after the discarded part, shape (n,).
        along: what the coordinates are.
    """

    name: str
    unit: str
    coordinates: NDArray[np.float64]
    values: NDArray[np.float64]
    errors: NDArray[np.float64]
    effective_samples: NDArray[np.float64]
    degrees_of_freedom: NDArray[np.float64]
    production_fs: NDArray[np.float64]
    along: Coordinate = Coordinate.TEMPERATURE

    def __len__(self) -> int:
        return len(self.coordinates)

    @property
    def temperatures_k(self) -> NDArray[np.float64]:
        """The temperatures of a curve along an isobar or an isochore, rising, shape (n,).

        Raises:
            ValueError: the curve runs along an isotherm.
        """
        if self.along is not Coordinate.TEMPERATURE:
            raise ValueError(f"the {self.name} runs along {self.along}, not along a temperature")
        return self.coordinates

    @property
    def is_power_law(self) -> bool:
        """Whether its smooth part is a power law rather than a line: the density, or the volume, against pressure."""
        return self.along is Coordinate.PRESSURE and self.name in {"density", "volume"}

    def of_all(self, value: float, error: float, unit: str) -> Estimate:
        """Return a number that rests on all points: as many samples as the poorest, degrees of freedom in their mean.

        Args:
            value: in ``unit``.
            error: 68 %.
            unit: text of the unit.
        """
        return of_all_points((self,), value, error, unit)

    @property
    def has_values(self) -> bool:
        """Whether anything is known of it, with or without an error."""
        return bool(np.isfinite(self.values).any())

    def resolved(self) -> Curve:
        """Return the points whose value and error are known."""
        return self.only(np.isfinite(self.values) & np.isfinite(self.errors))

    def only(self, chosen: NDArray[np.bool_]) -> Curve:
        """Return some of the points."""
        return replace(
            self,
            coordinates=self.coordinates[chosen],
            values=self.values[chosen],
            errors=self.errors[chosen],
            effective_samples=self.effective_samples[chosen],
            degrees_of_freedom=self.degrees_of_freedom[chosen],
            production_fs=self.production_fs[chosen],
        )

    def logarithm(self) -> Curve:
        """Return the natural logarithm of the positive points, errors to first order."""
        positive = self.only(self.values > 0.0)
        return replace(positive, unit="", values=np.log(positive.values), errors=positive.errors / positive.values)

    def at(self, place: Estimate) -> Estimate:
        """Return the curve at a place between its points, by a straight line between the two beside it.

        Args:
            place: where, in the unit of the coordinates, with its error.

        Returns:
            The value, with the errors of both points and of the place; unknown outside the points with a known error.
        """
        known = self.resolved()
        if len(known) < 2 or not known.coordinates[0] <= place.value <= known.coordinates[-1]:
            return Estimate.unknown(self.unit)
        upper = int(np.clip(np.searchsorted(known.coordinates, place.value), 1, len(known) - 1))
        first, last = known.estimate(upper - 1), known.estimate(upper)
        spacing = float(known.coordinates[upper] - known.coordinates[upper - 1])
        share = (place.value - float(known.coordinates[upper - 1])) / spacing
        value = first.value + share * (last.value - first.value)
        slopes = [(first, 1.0 - share), (last, share), (place, (last.value - first.value) / spacing)]
        return combined(value, slopes, self.unit)

    def estimate(self, index: int) -> Estimate:
        """Return one point."""
        return Estimate(
            float(self.values[index]),
            float(self.errors[index]),
            self.unit,
            float(self.effective_samples[index]),
            float(self.degrees_of_freedom[index]),
        )


def of_all_points(curves: Sequence[Curve], value: float, error: float, unit: str) -> Estimate:
    """Return a number that rests on all points of some curves (``Curve.of_all``).

    Args:
        curves: one at least, of resolved points.
        value: in ``unit``.
        error: 68 %.
        unit: text of the unit.
    """
    doubt = float(np.concatenate([1.0 / each.degrees_of_freedom for each in curves]).mean())
    samples = min(float(each.effective_samples.min()) for each in curves)
    return Estimate(value, error, unit, samples, 1.0 / doubt if doubt > 0.0 else math.inf)


@dataclass(frozen=True, slots=True)
class Difference:
    """The change of an observable between two neighbouring points of a line of states.

    Args:
        lower: the lower coordinate.
        upper: the upper coordinate.
        change: upper minus lower value.
        relative: change over the mean of the two values, a pure number.
        slope: change over the difference of the coordinates, the finite-difference derivative at the midpoint.
    """

    lower: float
    upper: float
    change: Estimate
    relative: Estimate
    slope: Estimate

    @property
    def midpoint(self) -> float:
        """Halfway between the two coordinates."""
        return 0.5 * (self.lower + self.upper)

    @property
    def spacing(self) -> float:
        """The grid that a derivative's height depends on."""
        return self.upper - self.lower


def differences(curve: Curve) -> list[Difference]:
    """Return the change between each pair of neighbouring points, positive where the observable rises.

    Along an isobar the density jump of Karasiev et al. 2021 (doi:10.1038/s41586-021-04078-x) is ``relative`` of the
    density, delta = [rho(T+) - rho(T-)] / rho; their heat capacity is ``slope`` of the enthalpy. A jump shows as a
    slope of jump / spacing: its height is set by the grid.
    """
    found = []
    for index in range(len(curve) - 1):
        lower, upper = curve.estimate(index), curve.estimate(index + 1)
        change = upper.minus(lower)
        spacing = float(curve.coordinates[index + 1] - curve.coordinates[index])
        mean = 0.5 * (lower.value + upper.value)
        found.append(
            Difference(
                lower=float(curve.coordinates[index]),
                upper=float(curve.coordinates[index + 1]),
                change=change,
                relative=change.scaled(1.0 / mean if mean else math.nan, ""),
                slope=change.scaled(1.0 / spacing, f"{curve.unit}/{curve.along.unit}"),
            )
        )
    return found


def heat_capacity_j_per_mol_k(slope: Estimate) -> Estimate:
    """Return dH/dT given in eV/atom/K in J/mol/K, per mole of atoms."""
    return slope.scaled(units.EV_TO_KJ_PER_MOL * 1000.0, "J/mol/K")


def heat_capacity_k_b(slope: Estimate) -> Estimate:
    """Return dH/dT given in eV/atom/K in k_B per atom."""
    return slope.scaled(1.0 / units.BOLTZMANN_EV_PER_K, "k_B/atom")
