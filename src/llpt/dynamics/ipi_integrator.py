"""Molecular dynamics by i-PI, in this process (Ceriotti, More, Manolopoulos, Comput. Phys. Commun. 185, 1019, 2014).

i-PI integrates; reading its state, storing it and stopping it is done here. Its own loop would write RESTART in place
(a kill truncates it), put its outputs into the working directory and catch signals.
Classical NPT is that of Bussi, Zykova-Timan, Parrinello, J. Chem. Phys. 130, 074101 (2009). With the centre of mass at
rest it samples V^(N−1) exp(−β(F + PV)): N − 1 free particles, hence ⟨V⟩ = N k_B T/P for N ideal atoms, not (N + 1).
A path integral's is i-PI's: the same piston moves cell and centroids under the centroid virial pressure.
Multiple time steps are i-PI's too: engine less potential on the outer level, the potential on the inner one.
"""

from __future__ import annotations

import contextlib
import threading
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from llpt.dynamics.integrator import IntegratorState
from llpt.dynamics.ipi_driver import DRIVER_FILE, DRIVER_SOURCE, INNER, EngineDriver
from llpt.dynamics.ipi_input import ipi_input
from llpt.dynamics.ring_polymer import RingPolymer
from llpt.errors import EngineError, InputError, StorageError
from llpt.files import write_atomically
from llpt.units import ATOMIC_TIME_TO_FS, BOHR_TO_ANGSTROM, HARTREE_TO_EV, HARTREE_TO_KELVIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import TextIO

    import ase

    from llpt.dynamics.evaluation import Evaluator
    from llpt.dynamics.settings import RunSettings

RESTART_NAME = "RESTART"
PARTS = frozenset({"prng", "output", "step", "total_steps", "ffdirect", "system"})
"""What a simulation that llpt stored consists of; other force fields open sockets, read files or start programs."""


class IpiIntegrator:
    """An i-PI simulation that is advanced from outside.

    Make one with ``start`` or ``resume``, in the main thread. What i-PI and the engine print goes to ``log``.
    """

    def __init__(self, simulation: Any, log: TextIO, first_input: str = "") -> None:
        self._first_input = first_input
        self._simulation = simulation
        self._system = simulation.syslist[0]
        self._log = log
        self.step = int(simulation.step)
        # The forces at the start enter the first half-step; asked for here, so that an error is met before any step.
        with contextlib.redirect_stdout(log):
            self._system.forces.f  # noqa: B018

    @classmethod
    def start(
        cls,
        atoms: ase.Atoms,
        settings: RunSettings,
        timestep_fs: float,
        evaluators: Sequence[Evaluator],
        log: TextIO,
        *,
        inner: Evaluator | None = None,
    ) -> Self:
        """Start from prepared atoms.

        Args:
            atoms: the start, with velocities.
            settings: of the run.
            timestep_fs: the time step in fs, > 0.
            evaluators: what computes the forces, one for each bead.
            log: where what others print goes.
            inner: what computes the forces within a step, where there are multiple time steps.
        """
        text = ipi_input(atoms, settings, timestep_fs)
        return cls(_build(text, settings.steps, evaluators, inner, log), log, text)

    @classmethod
    def resume(
        cls,
        directory: Path,
        settings: RunSettings,
        _timestep_fs: float,
        evaluators: Sequence[Evaluator],
        log: TextIO,
        *,
        inner: Evaluator | None = None,
    ) -> Self:
        """Continue from what ``save`` wrote (the time step is in it).

        Args:
            directory: of the checkpoint.
            settings: of the run.
            _timestep_fs: not read.
            evaluators: what computes the forces, one for each bead.
            log: where what others print goes.
            inner: what computes the forces within a step, where there are multiple time steps.

        Raises:
            StorageError: it names more than llpt writes.
        """
        file = directory / RESTART_NAME
        text = file.read_text(encoding="utf-8")
        _refuse_what_llpt_does_not_write(text, file)
        return cls(_build(text, settings.steps, evaluators, inner, log), log)

    def advance(self) -> None:
        """Do one step; see ``Integrator``."""
        self._simulation.step = self.step
        try:
            with contextlib.redirect_stdout(self._log):
                self._simulation.run_step(self.step)
        except SystemExit as error:
            raise EngineError("i-PI stopped the simulation.", "See run.log in the run directory.") from error
        self.step += 1

    def state(self) -> IntegratorState:
        """Return the state at the end of the last step."""
        beads = self._system.beads
        count = beads.nbeads
        momenta = np.array(beads.p).reshape(count, -1, 3)
        masses = np.array(beads.m)[:, np.newaxis]
        positions = np.array(beads.q).reshape(count, -1, 3) * BOHR_TO_ANGSTROM
        ring = None
        if count > 1:
            freedom = 3 * count * len(masses) - 3
            temperature = float((momenta**2 / masses).sum()) / (freedom * count) * HARTREE_TO_KELVIN
            ring = RingPolymer(positions, temperature)
            momenta = np.full_like(momenta, np.nan)
        return IntegratorState(
            positions_angstrom=positions[0],
            velocities_angstrom_per_fs=momenta[0] / masses * (BOHR_TO_ANGSTROM / ATOMIC_TIME_TO_FS),
            cell_angstrom=np.array(self._system.cell.h).T * BOHR_TO_ANGSTROM,
            conserved_ev=float(self._system.ensemble.econs) / count * HARTREE_TO_EV,
            ring=ring,
        )

    def save(self, directory: Path) -> None:
        """Write RESTART: positions, momenta, cell, piston, thermostats, accumulated heat, random state, all digits."""
        status = self._simulation.chk.status
        self._simulation.step = self.step
        status.store(self._simulation)
        write_atomically(directory / RESTART_NAME, status.write(name="simulation"), durable=False)

    def publish(self, run_directory: Path, checkpoint: Path) -> None:
        """Write what i-PI's own command needs to continue: RESTART, the driver file, and the first input."""
        restart = (checkpoint / RESTART_NAME).read_bytes()
        write_atomically(run_directory / RESTART_NAME, restart, durable=False)
        if self._first_input:
            write_atomically(run_directory / "input.xml", self._first_input)
            write_atomically(run_directory / DRIVER_FILE, DRIVER_SOURCE)
            self._first_input = ""

    def close(self) -> None:
        """Make i-PI forget this simulation."""
        from ipi.utils.softexit import softexit  # noqa: PLC0415  # i-PI is imported when used

        self._simulation.stop()
        softexit.reset()


def _refuse_what_llpt_does_not_write(text: str, file: Path) -> None:
    """Refuse a RESTART that somebody changed so that i-PI would read a file, open a socket or start a program.

    Args:
        text: of the file.
        file: where it lies.

    Raises:
        StorageError: it is no XML, or names a part or a kind of motion that llpt does not write.
    """
    try:
        simulation = ET.fromstring(text)  # noqa: S314 - expat follows no entity out of it
    except ET.ParseError as error:
        raise StorageError(f"{file} is damaged: {error}.", "Remove this checkpoint; start the run again.") from error
    strange = [part.tag for part in simulation if part.tag not in PARTS]
    strange += ["initialize" for _ in simulation.iter("initialize")]
    strange += [f"motion {mode}" for each in simulation.iter("motion") if (mode := each.get("mode")) != "dynamics"]
    if strange:
        raise StorageError(
            f"{file} names <{strange[0]}>, which llpt does not write.",
            "Do not trust a run that somebody gave you so; where it is your own, remove this checkpoint.",
        )


def _build(text: str, steps: int, evaluators: Sequence[Evaluator], inner: Evaluator | None, log: TextIO) -> Any:
    """Make i-PI's simulation object from an input or a RESTART."""
    from ipi.engine.simulation import Simulation  # noqa: PLC0415  # i-PI is imported when used: it takes half a second

    if threading.current_thread() is not threading.main_thread():
        raise InputError("i-PI runs in the main thread only.", "Start each run in a process of its own.")
    templates: list[Any] = []

    def take_outputs(simulation: Any) -> None:
        # A kill may fall between the last checkpoint and the note that the run is done; i-PI refuses to build then.
        simulation.tsteps = max(steps, simulation.step + 1)
        templates.extend(simulation.outtemplate)
        simulation.outtemplate.clear()

    with contextlib.redirect_stdout(log), _tamed_ipi(evaluators, inner):
        simulation = Simulation.load_from_xml(text, post_init_hook=take_outputs)
    # i-PI opens no file of its own here, but RESTART keeps its outputs for who continues with i-PI's command.
    simulation.outtemplate.extend(templates)
    return simulation


@contextlib.contextmanager
def _tamed_ipi(evaluators: Sequence[Evaluator], inner: Evaluator | None) -> Iterator[None]:
    """Build i-PI with our engines in place of the driver file, and without its signal handlers and watching thread."""
    from ipi.engine import forcefields  # noqa: PLC0415  # i-PI is imported when used
    from ipi.utils.softexit import softexit  # noqa: PLC0415

    def driver(**parameters: object) -> EngineDriver:
        return EngineDriver([inner] if inner is not None and INNER in parameters else evaluators)

    load_pes = forcefields.load_pes
    forcefields.load_pes = lambda _mode, _path: driver
    softexit.start = lambda _timeout=0.0: None
    try:
        yield
    finally:
        forcefields.load_pes = load_pes
        del softexit.start
