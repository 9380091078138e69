"""What every step of a run recorded, after the discarded part, and the enthalpy built from it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt import units
from llpt.errors import InputError

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from llpt.observables.source import FrameSource


@dataclass(frozen=True, slots=True)
class ThermodynamicSeries:
    """Per-step series of one run after the discarded part, all of shape (steps,).

    Args:
        n_atoms: number of atoms.
        mass_u: mass of the cell.
        volume_angstrom3: volume of the cell.
        kinetic_energy_ev: kinetic energy of the cell.
        internal_energy_ev: E of the cell.
        free_energy_ev: F of the cell.
        entropy_ev_per_k: electronic entropy S of the cell.
        temperature_k: instantaneous temperature.
        pressure_gpa: instantaneous total pressure, as the barostat saw it.
        pressure_uncorrected_gpa: without the finite-basis correction.
        applied_pressure_gpa: what the barostat was set to, or the sampled mean at constant volume.
        constant_volume: whether the volume never changed.
        barostat: whether the pressure was set.
    """

    n_atoms: int
    mass_u: float
    volume_angstrom3: NDArray[np.float64]
    kinetic_energy_ev: NDArray[np.float64]
    internal_energy_ev: NDArray[np.float64]
    free_energy_ev: NDArray[np.float64]
    entropy_ev_per_k: NDArray[np.float64]
    temperature_k: NDArray[np.float64]
    pressure_gpa: NDArray[np.float64]
    pressure_uncorrected_gpa: NDArray[np.float64]
    applied_pressure_gpa: float
    constant_volume: bool
    barostat: bool

    @property
    def electronic_temperature_k(self) -> float:
        """T_el = <E - F> / <S>; NaN without electronic entropy."""
        entropy = float(self.entropy_ev_per_k.mean())
        return float((self.internal_energy_ev - self.free_energy_ev).mean()) / entropy if entropy else math.nan

    @property
    def enthalpy_ev(self) -> NDArray[np.float64]:
        """H of the cell at each step, E_kin + E + P V."""
        return self.kinetic_energy_ev + self.internal_energy_ev + self._pressure_volume_ev

    @property
    def enthalpy_from_free_energy_ev(self) -> NDArray[np.float64]:
        """The same with F in the place of E."""
        return self.kinetic_energy_ev + self.free_energy_ev + self._pressure_volume_ev

    @property
    def _pressure_volume_ev(self) -> NDArray[np.float64]:
        """P V: with the barostat's P, else with the pressure of each step, whose mean has an error."""
        pressure = self.applied_pressure_gpa if self.barostat else self.pressure_gpa
        return pressure * units.GPA_TO_EV_PER_ANGSTROM3 * self.volume_angstrom3


def thermodynamic_series(
    source: FrameSource,
    *,
    discard_steps: int,
    pressure_gpa: float | None,
    scalars: xr.Dataset | None = None,
) -> ThermodynamicSeries:
    """Read the scalars of a run and cut off its first steps.

    Args:
        source: the run.
        discard_steps: steps with a smaller number than this are left out.
        pressure_gpa: what the barostat was set to; None at constant volume.
        scalars: ``source.scalars()`` where it has been read already.

    Raises:
        InputError: nothing is left after the discarded steps.
    """
    table = source.scalars() if scalars is None else scalars
    kept = table.isel(step=slice(int(np.searchsorted(table["step"].to_numpy(), discard_steps)), None))
    if kept.sizes["step"] == 0:
        raise InputError(
            f"The run ends at step {int(table['step'][-1])}, before the {discard_steps} steps to discard are over.",
            "Continue the run, or discard fewer steps.",
        )

    def column(name: str) -> NDArray[np.float64]:
        if name not in kept:
            return np.full(kept.sizes["step"], math.nan)
        return np.asarray(kept[name].to_numpy(), dtype=np.float64)

    pressure = column("pressure_gpa")
    volume = column("volume_angstrom3")
    return ThermodynamicSeries(
        n_atoms=source.n_atoms,
        mass_u=source.mass_u,
        volume_angstrom3=volume,
        kinetic_energy_ev=column("kinetic_energy_ev"),
        internal_energy_ev=column("internal_energy_ev"),
        free_energy_ev=column("free_energy_ev"),
        entropy_ev_per_k=column("entropy_ev_per_k"),
        temperature_k=column("temperature_k"),
        pressure_gpa=pressure,
        pressure_uncorrected_gpa=column("pressure_uncorrected_gpa"),
        applied_pressure_gpa=float(pressure.mean()) if pressure_gpa is None else pressure_gpa,
        constant_volume=bool(np.ptp(volume) <= 1e-9 * volume[0]),
        barostat=pressure_gpa is not None,
    )
