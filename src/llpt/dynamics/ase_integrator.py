"""Molecular dynamics by ASE: another code with another thermostat and barostat, to show that neither decides a result.

Velocity Verlet (NVE), Nosé–Hoover chains (NVT: Martyna, Klein, Tuckerman, J. Chem. Phys. 97, 2635, 1992) and the
isotropic Martyna–Tobias–Klein barostat (NPT: J. Chem. Phys. 101, 4177, 1994): deterministic, hence no random state.
ASE counts 3N degrees of freedom; with the centre of mass at rest there are 3(N − 1), and taken as they are its chains
would hold the atoms at T N/(N − 1). We give its formulas N − 1, which makes them sample what i-PI's sample.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Self

import ase.units
import numpy as np

from llpt.dynamics.integrator import IntegratorState
from llpt.ensembles import Ensemble
from llpt.files import atomic_stream
from llpt.units import (
    ASE_VELOCITY_TO_ANGSTROM_PER_FS,
    BOLTZMANN_EV_PER_K,
    FS_TO_ASE_TIME,
    GPA_TO_EV_PER_ANGSTROM3,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import TextIO

    from numpy.typing import NDArray

    from llpt.dynamics.evaluation import Evaluator
    from llpt.dynamics.settings import RunSettings

STATE_NAME = "ase-integrator.npz"
_PARTS = ("_thermostat", "_barostat")
_VARIABLES = ("_q", "_p", "_eps", "_p_eps", "_eta", "_p_eta", "_xi", "_p_xi", "_cell0", "_volume0")


class _Forces:
    """What ASE's dynamics asks of a calculator, answered by our evaluator; F is the potential."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def get_potential_energy(self, atoms: ase.Atoms, *, force_consistent: bool = True) -> float:  # noqa: ARG002
        return self._evaluator.evaluate(atoms.positions, atoms.cell.array).free_energy_ev

    def get_forces(self, atoms: ase.Atoms) -> NDArray[np.float64]:
        return self._evaluator.evaluate(atoms.positions, atoms.cell.array).forces_ev_per_angstrom.copy()

    def get_stress(self, atoms: ase.Atoms) -> NDArray[np.float64]:
        stress = self._evaluator.evaluate(atoms.positions, atoms.cell.array).stress_ev_per_angstrom3
        assert stress is not None  # the evaluator of a run at constant pressure makes sure
        return stress.copy()


class AseIntegrator:
    """An ASE dynamics object that is advanced from outside. Make one with ``start`` or ``resume``."""

    def __init__(self, dynamics: Any, step: int, evaluator: Evaluator, log: TextIO) -> None:
        self._dynamics = dynamics
        self._atoms = dynamics.atoms
        self._log = log
        self.step = step
        with contextlib.redirect_stdout(log):
            evaluator.evaluate(self._atoms.positions, self._atoms.cell.array)

    @classmethod
    def start(
        cls, atoms: ase.Atoms, settings: RunSettings, timestep_fs: float, evaluators: Sequence[Evaluator], log: TextIO
    ) -> Self:
        """Start from prepared atoms.

        Args:
            atoms: the start, with velocities.
            settings: of the run.
            timestep_fs: the time step in fs, > 0.
            evaluators: what computes the forces, one for each bead.
            log: where what others print goes.
        """
        (evaluator,) = evaluators
        return cls(_dynamics(atoms.copy(), settings, timestep_fs, evaluator), 0, evaluator, log)

    @classmethod
    def resume(
        cls, directory: Path, settings: RunSettings, timestep_fs: float, evaluators: Sequence[Evaluator], log: TextIO
    ) -> Self:
        """Continue from what ``save`` wrote.

        Args:
            directory: of the checkpoint.
            settings: of the run.
            timestep_fs: the time step in fs, > 0.
            evaluators: what computes the forces, one for each bead.
            log: where what others print goes.
        """
        (evaluator,) = evaluators
        atoms: Any = evaluator.atoms.copy()
        with np.load(directory / STATE_NAME, allow_pickle=False) as state:
            atoms.set_momenta(state["momenta"])
            dynamics = _dynamics(atoms, settings, timestep_fs, evaluator)
            for owner, name, key in _variables(dynamics):
                value = state[key]
                setattr(owner, name, value if value.ndim else value.item())
            step = int(state["step"])
        return cls(dynamics, step, evaluator, log)

    def advance(self) -> None:
        """Do one step; see ``Integrator``."""
        with contextlib.redirect_stdout(self._log):
            self._dynamics.step()
        self.step += 1

    def state(self) -> IntegratorState:
        """Return the state at the end of the last step."""
        return IntegratorState(
            positions_angstrom=self._atoms.get_positions(),
            velocities_angstrom_per_fs=self._atoms.get_velocities() * ASE_VELOCITY_TO_ANGSTROM_PER_FS,
            cell_angstrom=np.array(self._atoms.cell.array),
            conserved_ev=float(self._dynamics.get_conserved_energy()),
        )

    def save(self, directory: Path) -> None:
        """Write momenta, piston and chains."""
        state = {key: getattr(owner, name) for owner, name, key in _variables(self._dynamics)}
        with atomic_stream(directory / STATE_NAME, durable=False) as stream:
            np.savez(stream, step=self.step, momenta=self._atoms.get_momenta(), **state)

    def publish(self, run_directory: Path, checkpoint: Path) -> None:
        """Nothing here is for other programs."""

    def close(self) -> None:
        """Nothing to give back."""


def _dynamics(atoms: Any, settings: RunSettings, timestep_fs: float, evaluator: Evaluator) -> Any:
    from ase.md.nose_hoover_chain import IsotropicMTKNPT, NoseHooverChainNVT  # noqa: PLC0415  # imported when used
    from ase.md.verlet import VelocityVerlet  # noqa: PLC0415

    atoms.calc = _Forces(evaluator)
    timestep = timestep_fs * FS_TO_ASE_TIME
    temperature = settings.temperature_k * BOLTZMANN_EV_PER_K / ase.units.kB  # ASE's k_B is of CODATA 2014
    damping = settings.thermostat_time * FS_TO_ASE_TIME
    if settings.ensemble is Ensemble.NVE:
        dynamics: Any = VelocityVerlet(atoms, timestep)
        dynamics.get_conserved_energy = atoms.get_total_energy
        return dynamics
    if settings.ensemble is Ensemble.NVT:
        dynamics = NoseHooverChainNVT(atoms, timestep, temperature, damping)
    else:
        assert settings.pressure_gpa is not None  # the settings make sure
        pressure = settings.pressure_gpa * GPA_TO_EV_PER_ANGSTROM3
        piston = settings.barostat_time_fs * FS_TO_ASE_TIME
        dynamics = IsotropicMTKNPT(atoms, timestep, temperature, pressure, damping, piston)
    for owner in (dynamics, *(getattr(dynamics, part, None) for part in _PARTS)):
        if hasattr(owner, "_num_atoms_global"):
            owner._num_atoms_global = len(atoms) - 1  # noqa: SLF001  # no public name for it, see above
    return dynamics


def _variables(dynamics: Any) -> list[tuple[Any, str, str]]:
    """List what changes in a dynamics object: owner, attribute, name in the file."""
    owners = [("dynamics", dynamics), *((part, getattr(dynamics, part, None)) for part in _PARTS)]
    return [(owner, name, f"{label}{name}") for label, owner in owners for name in _VARIABLES if hasattr(owner, name)]
