"""The first configuration of a run: as planned, as its process is told, and made."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import ase
import numpy as np
from ase.optimize import FIRE
from pydantic import BaseModel, ConfigDict, Field

from llpt.dynamics import last_configuration
from llpt.errors import InputError
from llpt.structure import atomic_fluid, check_structure, molecular_fluid, read_structures
from llpt.study.job_files import JobFiles
from llpt.study.outcome import NodeProgress
from llpt.study.protocol import starting_density
from llpt.study.stored import stored_path, tree_hash
from llpt.trajectory import Trajectory, export_extxyz
from llpt.units import ASE_VELOCITY_TO_ANGSTROM_PER_FS, hydrogen_density_g_per_cm3

if TYPE_CHECKING:
    from ase import Atoms

    from llpt.campaign import ThermodynamicState
    from llpt.engines import Engine
    from llpt.study.outcome import Report

RELAX_MAXSTEP_ANGSTROM = 0.05
RELAX_FORCE_EV_PER_ANGSTROM = 0.5
"""Far from a minimum: the forces of a fluid at 1000 K are a few eV/Å."""


class Origin(StrEnum):
    """Where a run's first configuration comes from."""

    MOLECULAR = "molecular"
    ATOMIC = "atomic"
    FILE = "file"
    RUN = "run"
    RUN_AT_MEAN_VOLUME = "run at mean volume"
    RUN_AT_DENSITY = "run at density"
    BEGINNING_OF_RUN = "beginning of a run"


_OTHER_RUNS = frozenset({Origin.RUN, Origin.RUN_AT_MEAN_VOLUME, Origin.RUN_AT_DENSITY, Origin.BEGINNING_OF_RUN})


@dataclass(frozen=True)
class Start:
    """The first configuration of a run, as planned.

    Args:
        origin: made here, read from a file, or the last configuration of another run.
        source: the other run's path, or the file's; empty where the fluid is made here.
        relax_steps: steps of relaxation at most of a fluid that is made here.
    """

    origin: Origin
    source: str = ""
    relax_steps: int = 0

    @property
    def after(self) -> tuple[str, ...]:
        """The run it waits for, if any."""
        return (self.source,) if self.origin in _OTHER_RUNS else ()

    def told(self, root: Path, state: ThermodynamicState, seed: int) -> StartTold:
        """Return what the process of the run is told.

        Args:
            root: the study's directory.
            state: of the run.
            seed: of the run.

        Raises:
            InputError: no starting density is known for the state.
        """
        match self.origin:
            case Origin.MOLECULAR | Origin.ATOMIC as fluid:
                density = starting_density(state)
                return MadeFluid(origin=fluid, density_g_per_cm3=density, seed=seed, relax_steps=self.relax_steps)
            case Origin.FILE:
                stored = stored_path(self.source, "start")
                held = state.density_g_per_cm3
                return StructureFile(source=stored, density_g_per_cm3=held, hash=tree_hash(root / stored))
            case Origin.RUN | Origin.RUN_AT_MEAN_VOLUME | Origin.BEGINNING_OF_RUN as run:
                return OtherRun(origin=run, source=self.source)
            case Origin.RUN_AT_DENSITY:
                assert state.density_g_per_cm3 is not None
                return OtherRunAtDensity(source=self.source, density_g_per_cm3=state.density_g_per_cm3)


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MadeFluid(_Told):
    """A random fluid at a density, relaxed.

    Args:
        origin: of molecules or of atoms.
        density_g_per_cm3: its density.
        seed: seed of the positions.
        relax_steps: steps of relaxation at most.
    """

    origin: Literal[Origin.MOLECULAR, Origin.ATOMIC]
    density_g_per_cm3: float
    seed: int
    relax_steps: int


class StructureFile(_Told):
    """The last structure of a file.

    Args:
        origin: a file.
        source: the study's own copy of it.
        density_g_per_cm3: the density it is brought to; None where the pressure is held.
        hash: SHA-256 of the file.
    """

    origin: Literal[Origin.FILE] = Origin.FILE
    source: str
    density_g_per_cm3: float | None
    hash: str


class OtherRun(_Told):
    """A configuration of another run.

    Args:
        origin: its last, as it is or brought to that run's mean volume; or its first.
        source: the other run's directory.
    """

    origin: Literal[Origin.RUN, Origin.RUN_AT_MEAN_VOLUME, Origin.BEGINNING_OF_RUN]
    source: str


class OtherRunAtDensity(_Told):
    """The last configuration of another run, brought to another density.

    Args:
        origin: such a run.
        source: the other run's directory.
        density_g_per_cm3: the density it is brought to.
    """

    origin: Literal[Origin.RUN_AT_DENSITY] = Origin.RUN_AT_DENSITY
    source: str
    density_g_per_cm3: float


StartTold = Annotated[MadeFluid | StructureFile | OtherRun | OtherRunAtDensity, Field(discriminator="origin")]


def first_configuration(
    start: StartTold,
    engine: Engine,
    *,
    path: str,
    atoms: int,
    temperature_k: float,
    discard: int,
    report: Report,
) -> Atoms:
    """Return the configuration a run starts from; a fluid made here is relaxed first, and kept for a restart.

    Args:
        start: what the process is told of it.
        engine: the engine of the run.
        path: the run's directory.
        atoms: number of atoms.
        temperature_k: of the run; velocities taken over are brought to it.
        discard: first steps of the other run that its mean volume leaves out.
        report: told of the relaxation.

    Raises:
        InputError: the structure file is missing, damaged or unphysical, or holds another number of atoms.
        EngineError: the engine failed.
        StorageError: the run it starts from has no readable trajectory.
    """
    match start:
        case MadeFluid():
            kept = JobFiles(Path(), path).start
            if not kept.exists():
                make = molecular_fluid if start.origin is Origin.MOLECULAR else atomic_fluid
                made = make(atoms=atoms, density_g_per_cm3=start.density_g_per_cm3, seed=start.seed)
                export_extxyz(kept, [relaxed(made, engine, start.relax_steps, report)])
            return read_structures(kept)[-1]
        case StructureFile():
            return from_file(Path(start.source), atoms, start.density_g_per_cm3)
        case OtherRun(origin=Origin.RUN_AT_MEAN_VOLUME):
            return at_mean_volume(Path(start.source), discard)
        case OtherRunAtDensity():
            last = last_configuration(start.source, temperature_k=temperature_k)
            return at_density(last, start.density_g_per_cm3)
        case OtherRun(origin=Origin.BEGINNING_OF_RUN):
            return first_of(Path(start.source))
        case OtherRun():
            return last_configuration(start.source, temperature_k=temperature_k)


def relaxed(atoms: Atoms, engine: Engine, steps: int, report: Report) -> Atoms:
    """Return a made-up fluid after some steps of FIRE (Bitzek et al., Phys. Rev. Lett. 97, 170201, 2006), cell fixed.

    A random packing lies some tenths of an eV per atom above the fluid it stands for; released in molecular dynamics
    that is thousands of kelvin, enough to break the molecules before the thermostat has taken it away.

    Args:
        atoms: the fluid.
        engine: the engine of the run.
        steps: at most this many steps; 0 leaves the fluid as it is.
        report: told of each step.

    Raises:
        EngineError: the engine failed.
    """
    copy: Any = atoms.copy()
    copy.calc = engine
    with FIRE(copy, logfile=None, maxstep=RELAX_MAXSTEP_ANGSTROM) as fire:
        for number, _ in enumerate(fire.irun(fmax=RELAX_FORCE_EV_PER_ANGSTROM, steps=steps)):
            report(NodeProgress(message=f"relaxing the start, step {number} of {steps}"))
    copy.calc = None
    engine.reset()
    return copy


def from_file(path: Path, atoms: int, density_g_per_cm3: float | None) -> Atoms:
    """Return the last structure of a file, brought to a density where one is held.

    Args:
        path: the structure file.
        atoms: how many it must hold.
        density_g_per_cm3: that the cell is scaled to, > 0; None leaves it.

    Raises:
        InputError: it cannot be used, or has another number of atoms.
    """
    structure = read_structures(path)[-1]
    if len(structure) != atoms:
        raise InputError(
            f"{path} holds {len(structure)} atoms, but the run asks for {atoms}.",
            "Let system.atoms be what the file holds.",
        )
    if density_g_per_cm3 is not None:
        structure = at_density(structure, density_g_per_cm3)
    check_structure(structure)
    return structure


def at_density(structure: Atoms, density_g_per_cm3: float) -> Atoms:
    """Return a copy of a cell of hydrogen with everything in it stretched or compressed to a density."""
    own = hydrogen_density_g_per_cm3(structure.get_volume() / len(structure))
    return scaled(structure, own / density_g_per_cm3)


def scaled(structure: Atoms, volume_ratio: float) -> Atoms:
    """Return a copy with its cell and scaled positions brought to ``volume_ratio`` times its volume."""
    copy: Any = structure.copy()
    copy.set_cell(copy.cell[:] * volume_ratio ** (1.0 / 3.0), scale_atoms=True)
    return copy


def first_of(run_directory: Path) -> Atoms:
    """Return the first configuration of a run, with its velocities where it has them, and the elements' own masses.

    Raises:
        StorageError: it has no readable trajectory.
    """
    trajectory = Trajectory.open(run_directory)
    frame = next(trajectory.blocks(1)).frame(0)
    atoms: Any = ase.Atoms(
        numbers=trajectory.numbers, positions=frame.positions_angstrom, cell=frame.cell_angstrom, pbc=True
    )
    if np.isfinite(frame.velocities_angstrom_per_fs).all():
        atoms.set_velocities(frame.velocities_angstrom_per_fs / ASE_VELOCITY_TO_ANGSTROM_PER_FS)
    return cast("Atoms", atoms)


def at_mean_volume(run_directory: Path, discard: int) -> Atoms:
    """Return the last configuration of a run, brought to its mean volume after the discarded steps."""
    last = last_configuration(run_directory)
    scalars = Trajectory.open(run_directory).scalars()
    mean = float(scalars["volume_angstrom3"].where(scalars["step"] > discard, drop=True).mean())
    return scaled(last, mean / last.get_volume())
