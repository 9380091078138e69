"""From the state of the integrator and the engine's result to what the trajectory stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from llpt.dynamics.outcome import Progress
from llpt.trajectory import Frame, StepRecord, kinetic_stress_gpa
from llpt.units import BOLTZMANN_EV_PER_K, EV_PER_ANGSTROM3_TO_GPA, U_ANGSTROM2_PER_FS2_TO_EV

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from llpt.dynamics.integrator import IntegratorState
    from llpt.engines import EngineResult


def make_record(
    step: int, time_fs: float, state: IntegratorState, result: EngineResult, masses_u: NDArray[np.float64]
) -> StepRecord:
    """Return the scalars of a step.

    Temperature: 2 K/((3N − 3) k_B), the centre of mass being at rest. Pressure: 2K/3Ω − tr σ/3, kinetic and virial
    part, what the barostat sees. Where the engine gives no stress, stress and pressure are NaN.

    Args:
        step: number of the step.
        time_fs: time since the start.
        state: atoms at the end of the step.
        result: the engine's result for these atoms.
        masses_u: masses, shape (n,).
    """
    velocities = state.velocities_angstrom_per_fs
    kinetic = 0.5 * float(masses_u @ (velocities**2).sum(axis=1)) * U_ANGSTROM2_PER_FS2_TO_EV
    volume = float(np.linalg.det(state.cell_angstrom))
    stress = result.stress_ev_per_angstrom3
    stress = np.full(6, np.nan) if stress is None else np.asarray(stress, dtype=float)
    uncorrected = result.stress_uncorrected_ev_per_angstrom3
    uncorrected = stress if uncorrected is None else np.asarray(uncorrected, dtype=float)
    kinetic_pressure = 2.0 * kinetic / (3.0 * volume)
    return StepRecord(
        step=step,
        time_fs=time_fs,
        internal_energy_ev=result.energy_ev,
        free_energy_ev=result.free_energy_ev,
        entropy_ev_per_k=result.entropy_ev_per_k,
        kinetic_energy_ev=kinetic,
        temperature_k=2.0 * kinetic / ((3 * len(masses_u) - 3) * BOLTZMANN_EV_PER_K),
        volume_angstrom3=volume,
        pressure_gpa=float(kinetic_pressure - stress[:3].mean()) * EV_PER_ANGSTROM3_TO_GPA,
        pressure_uncorrected_gpa=float(kinetic_pressure - uncorrected[:3].mean()) * EV_PER_ANGSTROM3_TO_GPA,
        conserved_ev=state.conserved_ev,
        stress_gpa=stress * EV_PER_ANGSTROM3_TO_GPA,
        kinetic_stress_gpa=kinetic_stress_gpa(velocities, masses_u, volume),
        extrapolation_warnings=result.extrapolation_warnings,
        force_spread_ev_per_angstrom=result.force_spread_ev_per_angstrom,
        energy_spread_ev=result.energy_spread_ev,
    )


def progress_of(record: StepRecord, steps: int, seconds_per_step: float) -> Progress:
    """Return what a progress display wants to know of a step.

    Args:
        record: the scalars of the step.
        steps: total number of steps of the run.
        seconds_per_step: wall time per step so far.
    """
    return Progress(
        step=record.step,
        steps=steps,
        time_fs=record.time_fs,
        temperature_k=record.temperature_k,
        pressure_gpa=record.pressure_gpa,
        volume_angstrom3=record.volume_angstrom3,
        free_energy_ev=record.free_energy_ev,
        conserved_ev=record.conserved_ev,
        seconds_per_step=seconds_per_step,
    )


def make_frame(step: int, time_fs: float, state: IntegratorState, result: EngineResult) -> Frame:
    """Return the atoms of a step; see ``make_record`` for the arguments."""
    return Frame(
        step=step,
        time_fs=time_fs,
        positions_angstrom=state.positions_angstrom,
        velocities_angstrom_per_fs=state.velocities_angstrom_per_fs,
        cell_angstrom=state.cell_angstrom,
        forces_ev_per_angstrom=np.asarray(result.forces_ev_per_angstrom, dtype=float),
    )
