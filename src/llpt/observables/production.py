"""The part of a run that is averaged, as every estimator sees it, and what an observable misses in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from llpt.observables.need import STORED_SCALARS, Need
from llpt.observables.step_series import thermodynamic_series
from llpt.units import HYDROGEN_ATOMIC_NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import xarray as xr
    from numpy.typing import NDArray

    from llpt.observables.source import FrameSource
    from llpt.observables.step_series import ThermodynamicSeries
    from llpt.trajectory import FrameBlock


_ENERGIES = frozenset({Need.INTERNAL_ENERGY, Need.FREE_ENERGY})
OF_STEPS = frozenset({*STORED_SCALARS, Need.APPLIED_PRESSURE, Need.CLASSICAL_NUCLEI})
"""Scalars of each step, and their meaning: a number that misses one of them is unknown (NaN) rather than absent from a
summary."""


@dataclass(frozen=True)
class Production:
    """What is left of a run after the discarded part.

    Args:
        source: the run.
        series: its scalars of each step.
        scalars: the same as they were stored, with the components of the stress.
        discard_steps: steps with a smaller number are left out.
        temperature_k: the thermostat's temperature; NaN where it is not known.
        pressure_gpa: the barostat's pressure; None where there is none, or it is not known.
        peak_window_angstrom: where the first peak of g(r) is sought; None takes that of H2 for hydrogen and everything
            otherwise.
    """

    source: FrameSource
    series: ThermodynamicSeries
    scalars: xr.Dataset
    discard_steps: int
    temperature_k: float
    pressure_gpa: float | None = None
    peak_window_angstrom: tuple[float, float] | None = None

    @classmethod
    def of(
        cls,
        source: FrameSource,
        *,
        scalars: xr.Dataset,
        discard_steps: int,
        temperature_k: float,
        pressure_gpa: float | None,
        peak_window_angstrom: tuple[float, float] | None = None,
    ) -> Production:
        """Cut the discarded part off a run.

        Args:
            source: the run.
            scalars: of the whole run (``source.scalars()``).
            discard_steps: steps with a smaller number are left out.
            temperature_k: the thermostat's temperature; NaN where it is not known.
            pressure_gpa: see the class.
            peak_window_angstrom: see the class.

        Raises:
            InputError: nothing is left.
        """
        series = thermodynamic_series(source, discard_steps=discard_steps, pressure_gpa=pressure_gpa, scalars=scalars)
        kept = scalars.sel(step=slice(discard_steps, None))
        return cls(source, series, kept, discard_steps, temperature_k, pressure_gpa, peak_window_angstrom)

    @property
    def n_atoms(self) -> int:
        """Number of atoms."""
        return self.source.n_atoms

    @property
    def beads(self) -> int:
        """Number of beads of a path integral; 1 for classical nuclei."""
        return self.source.beads

    @property
    def masses_u(self) -> NDArray[np.float64]:
        """Mass of each atom in u, shape (n,)."""
        return self.source.masses_u

    @cached_property
    def is_hydrogen(self) -> bool:
        """Whether all atoms are hydrogen."""
        return bool((self.source.numbers == HYDROGEN_ATOMIC_NUMBER).all())

    @cached_property
    def frame_steps(self) -> NDArray[np.int64]:
        """Steps of the frames that are averaged, equally spaced, shape (frames,)."""
        steps = self.source.frame_steps
        return regular_steps(steps[steps >= self.discard_steps])

    @property
    def frame_interval_fs(self) -> float:
        """Time between these frames; NaN where it is not known."""
        if len(self.frame_steps) < 2:
            return math.nan
        return float(self.frame_steps[1] - self.frame_steps[0]) * self.source.timestep_fs

    @cached_property
    def first_frame(self) -> FrameBlock:
        """The first of these frames."""
        return next(iter(self.source.blocks(1, start_step=int(self.frame_steps[0]))))

    @property
    def cell_angstrom(self) -> NDArray[np.float64]:
        """Cell of the first of these frames, shape (3, 3)."""
        return np.asarray(self.first_frame.cells_angstrom[0])

    def missing(self, needs: Iterable[Need]) -> Need | None:
        """Return the first of some needs that the run does not meet; None where it meets all."""
        return next((need for need in Need if need in set(needs) and not _MET[need](self)), None)

    def why_missing(self, need: Need) -> str:
        """Return why a need is not met: its own words, and what the source says of an energy it could not name."""
        because = getattr(getattr(self.source, "facts", None), "no_energy_because", None)
        return f"{need.value} {because}" if because and need in _ENERGIES else need.value


def _has(column: str) -> Callable[[Production], bool]:
    def known(production: Production) -> bool:
        return not np.isnan(getattr(production.series, column)).all()

    return known


_MET: dict[Need, Callable[[Production], bool]] = {
    Need.REAL_TIME: lambda production: production.beads == 1,
    Need.CLASSICAL_NUCLEI: lambda production: production.beads == 1,
    Need.QUANTUM_NUCLEI: lambda production: production.beads > 1,
    Need.FRAMES: lambda production: len(production.frame_steps) >= 2,
    Need.CELL: lambda production: abs(float(np.linalg.det(production.cell_angstrom))) > 0.0,
    Need.TIMES: lambda production: production.source.timestep_fs > 0.0,
    Need.VELOCITIES: lambda production: bool(np.isfinite(production.first_frame.velocities_angstrom_per_fs).all()),
    Need.FORCES: lambda production: bool(np.isfinite(production.first_frame.forces_ev_per_angstrom).all()),
    Need.HYDROGEN: lambda production: production.is_hydrogen,
    Need.BREATHING_CELL: lambda production: not production.series.constant_volume,
    Need.SET_TEMPERATURE: lambda production: math.isfinite(production.temperature_k),
    Need.APPLIED_PRESSURE: lambda production: math.isfinite(production.series.applied_pressure_gpa),
    **{need: _has(column) for need, column in STORED_SCALARS.items()},
}


def regular_steps(frame_steps: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the steps of equally spaced frames, by the commonest spacing; a frame out of turn is dropped."""
    if len(frame_steps) < 3:
        return frame_steps
    spacings, counts = np.unique(np.diff(frame_steps), return_counts=True)
    spacing = spacings[np.argmax(counts)]
    origin = frame_steps[int(np.argmax(np.diff(frame_steps) == spacing))]
    return np.asarray(frame_steps[(frame_steps - origin) % spacing == 0])
