"""An isobar: the runs of one engine, size and pressure, ordered by temperature."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from llpt.errors import InputError
from llpt.observables import all_observables, estimate_of, sampled_names
from llpt.statistics import Estimate, weighted_mean
from llpt.transition.curve import Curve

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import xarray as xr

SOLID_EXPONENT = 0.5
SOLID_SHARE = 0.5


class LadderPath(StrEnum):
    """The way in which a ladder of temperatures was walked."""

    HEATING = "heating"
    COOLING = "cooling"
    SEPARATE = "separate"


@dataclass(frozen=True)
class IsobarPoint:
    """All that was averaged at one temperature, over one run or repeats of it.

    Args:
        temperature_k: the thermostat's.
        estimates: by the name of the observable.
        production_fs: time simulated after the discarded part, repeats added.
        solid: whether the atoms stayed where they were; None where the run is too short to tell.
    """

    temperature_k: float
    estimates: Mapping[str, Estimate]
    production_fs: float
    solid: bool | None = None


@dataclass(frozen=True)
class Isobar:
    """The points of one engine, number of atoms and pressure.

    Args:
        engine: its name, for people.
        n_atoms: number of atoms.
        pressure_gpa: the barostat's pressure.
        points: by rising temperature, one per temperature.
        path: how the ladder was walked.
    """

    engine: str
    n_atoms: int
    pressure_gpa: float
    points: tuple[IsobarPoint, ...]
    path: LadderPath = LadderPath.HEATING

    def __post_init__(self) -> None:
        temperatures = [point.temperature_k for point in self.points]
        if not self.points or any(after <= before for before, after in itertools.pairwise(temperatures)):
            raise InputError(
                f"An isobar needs points of rising temperature; {self.engine} at {self.pressure_gpa:g} GPa has "
                f"{temperatures or 'none'}.",
                "Build it with Isobar.from_summaries, which sorts the runs and joins repeats.",
            )

    @classmethod
    def from_summaries(
        cls, summaries: Iterable[xr.Dataset], *, engine: str, path: LadderPath = LadderPath.HEATING
    ) -> Isobar:
        """Build an isobar from the summaries of its runs (``llpt.observables.summarise_run``).

        Runs at the same temperature are repeats: their estimates are joined by ``weighted_mean``, which enlarges the
        error where they disagree.

        Args:
            summaries: of one engine, size and pressure, in any order.
            engine: its name.
            path: how the ladder was walked.

        Raises:
            InputError: there is no summary, or they differ in size or pressure.
        """
        runs = list(summaries)
        kinds = {(int(run.attrs["n_atoms"]), float(run.attrs["pressure_gpa"])) for run in runs}
        if len(kinds) != 1:
            raise InputError(
                f"The runs of one isobar must share size and pressure; these have (atoms, GPa) {sorted(kinds)}.",
                "Sort the runs by size and pressure first, and leave out runs at constant volume.",
            )
        n_atoms, pressure = kinds.pop()
        by_temperature: dict[float, list[xr.Dataset]] = defaultdict(list)
        for run in runs:
            by_temperature[float(run.attrs["temperature_k"])].append(run)
        points = tuple(_join(temperature, by_temperature[temperature]) for temperature in sorted(by_temperature))
        return cls(engine, n_atoms, pressure, points, path)

    @property
    def temperatures_k(self) -> tuple[float, ...]:
        """Temperatures of the points, rising."""
        return tuple(point.temperature_k for point in self.points)

    @property
    def solid_temperatures_k(self) -> tuple[float, ...]:
        """Temperatures at which the run was a solid; nothing about a liquid follows from them."""
        return tuple(point.temperature_k for point in self.points if point.solid)

    def fluid(self) -> Isobar | None:
        """Return the isobar without its solid points, or None where nothing is left."""
        points = tuple(point for point in self.points if not point.solid)
        return Isobar(self.engine, self.n_atoms, self.pressure_gpa, points, self.path) if points else None

    def curve(self, name: str) -> Curve:
        """Return one observable against temperature, over the points that have it (perhaps none)."""
        points = [point for point in self.points if name in point.estimates]
        estimates = [point.estimates[name] for point in points]
        known = all_observables().quantities.get(name)
        return Curve(
            name=name,
            unit=estimates[0].unit if estimates else known.unit if known else "",
            temperatures_k=np.array([point.temperature_k for point in points], dtype=np.float64),
            values=np.array([estimate.value for estimate in estimates], dtype=np.float64),
            errors=np.array([estimate.error for estimate in estimates], dtype=np.float64),
            effective_samples=np.array([estimate.effective_samples for estimate in estimates], dtype=np.float64),
            production_fs=np.array([point.production_fs for point in points], dtype=np.float64),
        )


def _join(temperature_k: float, runs: list[xr.Dataset]) -> IsobarPoint:
    estimates = {}
    for name in sorted(set.intersection(*(set(sampled_names(run)) for run in runs))):
        found = [estimate_of(run, name) for run in runs]
        known = [estimate for estimate in found if math.isfinite(estimate.value)]
        estimates[name] = found[0] if len(runs) == 1 or not known else weighted_mean(known)
    production = sum(float(run.attrs["production_fs"]) for run in runs)
    return IsobarPoint(temperature_k, estimates, production, _solid(runs, estimates))


def solid_flag(summary: xr.Dataset) -> bool | None:
    """Return whether a run was a solid, by its bonds or its diffusion; None where it is too short to tell.

    Args:
        summary: of the run (``llpt.observables.summarise_run``).
    """
    names = [name for name in ("solid_fraction", "diffusion") if f"{name}_error" in summary]
    return _solid([summary], {name: estimate_of(summary, name) for name in names})


def _solid(runs: list[xr.Dataset], estimates: Mapping[str, Estimate]) -> bool | None:
    """A solid has the bonds of one, or does not diffuse.

    More than half of its points have solid-like bonds (``llpt.observables.solid_order``), or D is zero within two
    errors and D(t) grows slower than the root of time.
    """
    bonded = estimates.get("solid_fraction")
    if bonded is not None and bonded.resolved and bonded.value - bonded.error > SOLID_SHARE:
        return True
    diffusion = estimates.get("diffusion")
    exponents = [float(run["msd_exponent"]) for run in runs if "msd_exponent" in run]
    if diffusion is None or not diffusion.resolved or not exponents:
        return None
    return abs(diffusion.value) < 2.0 * diffusion.error and max(exponents) < SOLID_EXPONENT
