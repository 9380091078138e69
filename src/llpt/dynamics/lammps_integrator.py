"""Molecular dynamics by LAMMPS itself, of a potential that it runs: ``fix nve``, ``fix nvt`` and ``fix npt``.

Nosé–Hoover chains and the Martyna–Tobias–Klein barostat (W. Shinoda, M. Shiga, M. Mikami, Phys. Rev. B 69, 134103,
2004), isotropic. LAMMPS moves the atoms by its own forces and counts 3N - 3 degrees of freedom; energy, forces and
stress of each step are asked of the engine, which is LAMMPS too. A restart goes on from LAMMPS's own restart file,
equal to rounding: its sums run over the atoms in another order.

The conserved quantity is the sum of the energies that the fix gives one by one (second half of its vector). What it
gives as one number, and ``econserve`` with it, counts the energy of the piston's first chain link three times where the
cell changes isotropically (22 July 2025), and is not conserved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from llpt.dynamics.integrator import IntegratorState
from llpt.engines.lammps import LammpsPotential
from llpt.ensembles import Ensemble
from llpt.errors import EngineError, InputError
from llpt.trajectory.foreign.lammps_units import SYSTEMS
from llpt.units import ASE_VELOCITY_TO_ANGSTROM_PER_FS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import TextIO

    import ase
    from numpy.typing import NDArray

    from llpt.dynamics.evaluation import Evaluator
    from llpt.dynamics.settings import RunSettings

STATE_NAME = "lammps.restart"
CHAIN = 3
"""Links of each Nosé–Hoover chain, of the atoms and of the piston."""
_ENERGIES = {Ensemble.NVE: 0, Ensemble.NVT: 2 * CHAIN, Ensemble.NPT: 4 * CHAIN + 2}
"""How many energies a fix has: potential and kinetic of each link and of the piston. Its vector holds so many
coordinates and velocities before them."""
_SHEAR = 1e-9
"""Angstrom: a cell is a box where nothing off its diagonal is larger."""


class LammpsIntegrator:
    """LAMMPS, advanced step by step from outside. Make one with ``start`` or ``resume``."""

    def __init__(self, lammps: Any, evaluator: Evaluator, settings: RunSettings, timestep_fs: float) -> None:
        self._lammps = lammps
        self._evaluator = evaluator
        engine = _potential(evaluator)
        self._time = SYSTEMS[engine.units].time
        self._energy = SYSTEMS[engine.units].energy
        self._n_energies = _ENERGIES[settings.ensemble]
        _do(lammps, *engine.commands, *_moves(settings, timestep_fs, engine.units), "run 0 post no")
        self._ready = True
        self._evaluate()

    @classmethod
    def start(
        cls,
        atoms: ase.Atoms,
        settings: RunSettings,
        timestep_fs: float,
        evaluators: Sequence[Evaluator],
        log: TextIO,  # noqa: ARG003 - LAMMPS writes none
    ) -> Self:
        """Start from prepared atoms.

        Args:
            atoms: the start, with velocities.
            settings: of the run.
            timestep_fs: the time step in fs, > 0.
            evaluators: one, whose engine is LAMMPS.
            log: not written to.
        """
        (evaluator,) = evaluators
        engine = _potential(evaluator)
        lammps = engine.new_instance()
        cell = np.asarray(atoms.cell.array)
        if np.abs(cell - np.diag(np.diag(cell))).max() > _SHEAR:
            raise InputError("LAMMPS's own dynamics takes a rectangular cell here.", "Use integrator ipi.")
        kinds = [engine.symbols.index(symbol) + 1 for symbol in atoms.get_chemical_symbols()]
        masses = dict(zip(kinds, atoms.get_masses(), strict=True))
        x, y, z = np.diag(cell)
        _do(
            lammps,
            f"region box block 0 {x:.17g} 0 {y:.17g} 0 {z:.17g}",
            f"create_box {len(engine.symbols)} box",
            *(f"mass {kind} {masses.get(kind, 1.0):.17g}" for kind in range(1, len(engine.symbols) + 1)),
        )
        velocities = np.asarray(atoms.get_velocities()) * ASE_VELOCITY_TO_ANGSTROM_PER_FS * SYSTEMS[engine.units].time
        lammps.create_atoms(
            len(atoms),
            list(range(1, len(atoms) + 1)),
            kinds,
            atoms.positions.ravel().tolist(),
            velocities.ravel().tolist(),
        )
        return cls(lammps, evaluator, settings, timestep_fs)

    @classmethod
    def resume(
        cls,
        directory: Path,
        settings: RunSettings,
        timestep_fs: float,
        evaluators: Sequence[Evaluator],
        log: TextIO,  # noqa: ARG003 - LAMMPS writes none
    ) -> Self:
        """Continue from what ``save`` wrote.

        Args:
            directory: of the checkpoint.
            settings: of the run.
            timestep_fs: the time step in fs, > 0.
            evaluators: one, whose engine is LAMMPS.
            log: not written to.
        """
        (evaluator,) = evaluators
        lammps = _potential(evaluator).new_instance()
        _do(lammps, f'read_restart "{directory / STATE_NAME}"')
        return cls(lammps, evaluator, settings, timestep_fs)

    @property
    def step(self) -> int:
        """Number of the last step."""
        return int(self._lammps.extract_global("ntimestep"))

    def advance(self) -> None:
        """Do one step; see ``Integrator``."""
        _do(self._lammps, f"run 1 pre {'no' if self._ready else 'yes'} post no")
        self._ready = True
        self._evaluate()

    def state(self) -> IntegratorState:
        """Return the state at the end of the last step."""
        order = np.argsort(self._of_atoms("id"))
        return IntegratorState(
            positions_angstrom=self._positions(),
            velocities_angstrom_per_fs=self._of_atoms("v")[order] / self._time,
            cell_angstrom=self._cell(),
            conserved_ev=self._conserved() * self._energy,
        )

    def save(self, directory: Path) -> None:
        """Let LAMMPS write its restart file, chains and piston in it."""
        _do(self._lammps, f'write_restart "{directory / STATE_NAME}"')
        self._ready = False  # writing it puts the atoms in another order than that of the list of neighbours

    def publish(self, run_directory: Path, checkpoint: Path) -> None:
        """Nothing here is for other programs."""

    def close(self) -> None:
        """End LAMMPS."""
        self._lammps.close()

    def _conserved(self) -> float:
        count = self._n_energies
        of_fix = [self._lammps.extract_fix("moves", 0, 1, count + number) for number in range(count)]
        return float(self._lammps.get_thermo("etotal")) + sum(of_fix)

    def _evaluate(self) -> None:
        self._evaluator.evaluate(self._positions(), self._cell())

    def _of_atoms(self, name: str) -> NDArray[Any]:
        count = int(self._lammps.extract_global("nlocal"))
        return np.array(self._lammps.numpy.extract_atom(name))[:count]

    def _positions(self) -> NDArray[np.float64]:
        """Return unwrapped positions in the order of the atoms' numbers."""
        order = np.argsort(self._of_atoms("id"))
        images = np.array([self._lammps.decode_image_flags(int(flags)) for flags in self._of_atoms("image")])
        unwrapped: NDArray[np.float64] = (self._of_atoms("x") + images * np.diag(self._cell()))[order]
        return unwrapped - self._corner

    @property
    def _corner(self) -> NDArray[np.float64]:
        """Lower corner of the box: the barostat scales it about its centre."""
        return np.array(self._lammps.extract_box()[0])

    def _cell(self) -> NDArray[np.float64]:
        low, high = self._lammps.extract_box()[:2]
        return np.diag(np.array(high) - np.array(low))


def _potential(evaluator: Evaluator) -> LammpsPotential:
    engine = evaluator.engine
    if not isinstance(engine, LammpsPotential) or engine.units not in SYSTEMS:
        raise InputError(
            "LAMMPS's own dynamics is for potentials that LAMMPS runs, in metal or real units.",
            "Take an engine lammps:FILE, or integrator ipi.",
        )
    return engine


def _moves(settings: RunSettings, timestep_fs: float, units: str) -> list[str]:
    """Return the commands that move the atoms."""
    system = SYSTEMS[units]
    kelvin = f"{settings.temperature_k:.17g}"
    thermostat = f"temp {kelvin} {kelvin} {settings.thermostat_time / system.time:.17g} tchain {CHAIN}"
    if settings.ensemble is Ensemble.NVE:
        fix = "nve"
    elif settings.ensemble is Ensemble.NVT:
        fix = f"nvt {thermostat}"
    else:
        assert settings.pressure_gpa is not None  # the settings make sure
        pressure = f"{settings.pressure_gpa / system.pressure:.17g}"
        fix = f"npt {thermostat} iso {pressure} {pressure} {settings.barostat_time_fs / system.time:.17g} "
        fix += f"pchain {CHAIN}"
    return [
        f"timestep {timestep_fs / system.time:.17g}",
        "neighbor 0.5 bin",
        "neigh_modify every 1 delay 0 check yes",
        f"fix moves all {fix}",
        "thermo_style custom step etotal",
        "thermo 1",
    ]


def _do(lammps: Any, *commands: str) -> None:
    try:
        for command in commands:
            lammps.command(command)
    except Exception as error:  # its wrapper raises bare exceptions
        raise EngineError(
            f"LAMMPS stopped: {error}.", "See the commands of the potential and the structure."
        ) from error
