"""From the state of the integrator and the engine's result to what the trajectory stores."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from llpt.dynamics.outcome import Progress
from llpt.trajectory import Frame, StepRecord, kinetic_stress_gpa
from llpt.units import BOLTZMANN_EV_PER_K, EV_PER_ANGSTROM3_TO_GPA, U_ANGSTROM2_PER_FS2_TO_EV

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from llpt.dynamics.integrator import IntegratorState
    from llpt.engines import EngineResult


def make_record(
    step: int,
    time_fs: float,
    state: IntegratorState,
    results: Sequence[EngineResult],
    masses_u: NDArray[np.float64],
    *,
    temperature_k: float,
) -> StepRecord:
    """Return the scalars of a step.

    Temperature: 2 K/((3N − 3) k_B), the centre of mass being at rest. Pressure: 2K/3Ω − tr σ/3, kinetic and virial
    part, what the barostat sees. Where the engine gives no stress, stress and pressure are NaN.
    Of a path integral energies and stress are means over the beads, the kinetic energy is the centroid virial
    estimator and the temperature that of the beads' momenta (``llpt.dynamics.ring_polymer``).

    Args:
        step: number of the step.
        time_fs: time since the start.
        state: atoms at the end of the step.
        results: the engine's results for these atoms, one of each bead.
        masses_u: masses, shape (n,).
        temperature_k: of the ensemble.
    """
    velocities = state.velocities_angstrom_per_fs
    volume = float(np.linalg.det(state.cell_angstrom))
    stress = np.mean([_stress(each.stress_ev_per_angstrom3) for each in results], axis=0)
    uncorrected = np.mean([_stress(_uncorrected(each)) for each in results], axis=0)
    ring = state.ring
    if ring is None:
        kinetic = 0.5 * float(masses_u @ (velocities**2).sum(axis=1)) * U_ANGSTROM2_PER_FS2_TO_EV
    else:
        kinetic = ring.kinetic_energy_ev(np.array([each.forces_ev_per_angstrom for each in results]), temperature_k)
    kinetic_pressure = 2.0 * kinetic / (3.0 * volume)
    return StepRecord(
        step=step,
        time_fs=time_fs,
        internal_energy_ev=_mean(results, "energy_ev"),
        free_energy_ev=_mean(results, "free_energy_ev"),
        entropy_ev_per_k=_mean(results, "entropy_ev_per_k"),
        kinetic_energy_ev=kinetic,
        temperature_k=2.0 * kinetic / ((3 * len(masses_u) - 3) * BOLTZMANN_EV_PER_K)
        if ring is None
        else ring.temperature_k,
        volume_angstrom3=volume,
        pressure_gpa=float(kinetic_pressure - stress[:3].mean()) * EV_PER_ANGSTROM3_TO_GPA,
        pressure_uncorrected_gpa=float(kinetic_pressure - uncorrected[:3].mean()) * EV_PER_ANGSTROM3_TO_GPA,
        conserved_ev=state.conserved_ev,
        stress_gpa=stress * EV_PER_ANGSTROM3_TO_GPA,
        kinetic_stress_gpa=kinetic_stress_gpa(velocities, masses_u, volume) if ring is None else None,
        extrapolation_warnings=_largest(results, "extrapolation_warnings"),
        force_spread_ev_per_angstrom=_largest(results, "force_spread_ev_per_angstrom"),
        energy_spread_ev=None if results[0].energy_spread_ev is None else _mean(results, "energy_spread_ev"),
        gyration_squared_angstrom2=None if ring is None else ring.gyration_squared_angstrom2,
    )


def _stress(given: NDArray[np.float64] | None) -> NDArray[np.float64]:
    return np.full(6, np.nan) if given is None else np.asarray(given, dtype=float)


def _uncorrected(result: EngineResult) -> NDArray[np.float64] | None:
    uncorrected = result.stress_uncorrected_ev_per_angstrom3
    return result.stress_ev_per_angstrom3 if uncorrected is None else uncorrected


def _mean(results: Sequence[EngineResult], name: str) -> float:
    return math.fsum(getattr(each, name) for each in results) / len(results)


def _largest(results: Sequence[EngineResult], name: str) -> Any:
    """Return the largest over the beads; None where the engine does not give it."""
    values = [getattr(each, name) for each in results]
    return None if values[0] is None else max(values)


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


def make_frame(step: int, time_fs: float, state: IntegratorState, results: Sequence[EngineResult]) -> Frame:
    """Return the atoms of a step, of a path integral all its beads; see ``make_record`` for the arguments.

    Args:
        step: number of the step.
        time_fs: time since the start.
        state: of the integrator.
        results: of the engine, one for each bead.
    """
    return Frame(
        step=step,
        time_fs=time_fs,
        positions_angstrom=state.positions_angstrom,
        velocities_angstrom_per_fs=state.velocities_angstrom_per_fs,
        cell_angstrom=state.cell_angstrom,
        forces_ev_per_angstrom=np.asarray(results[0].forces_ev_per_angstrom, dtype=float),
        bead_positions_angstrom=None if state.ring is None else state.ring.positions_angstrom,
    )
