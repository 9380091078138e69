"""A molecular-dynamics node: its engine, its first configuration, the run."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ase.optimize import FIRE

from llpt.dynamics import RunSettings, last_configuration, run_md
from llpt.engines import make_engine
from llpt.errors import EngineError, InputError
from llpt.structure import atomic_fluid, check_structure, molecular_fluid, read_structures
from llpt.study.ledger import State
from llpt.study.node import JobFiles, Outcome
from llpt.study.plan import Origin
from llpt.study.versions import versions
from llpt.trajectory import Trajectory, export_extxyz
from llpt.units import U_PER_ANGSTROM3_TO_G_PER_CM3, hydrogen_density_g_per_cm3

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ase import Atoms

    from llpt.dynamics import Progress
    from llpt.engines import Engine
    from llpt.study.worker import ProgressFile

EXPLODED = 10.0
"""How many times hotter than asked a fluid must be for its run to have failed; 24 atoms fluctuate by 17 %."""

RELAX_MAXSTEP_ANGSTROM = 0.05
RELAX_FORCE_EV_PER_ANGSTROM = 0.5
"""Far from a minimum: the forces of a fluid at 1000 K are a few eV/Å."""


def work(job: dict[str, Any], progress_file: ProgressFile) -> Outcome:
    """Do or continue a run and return what became of it.

    Raises:
        LlptError: an input that cannot be used, an engine that failed, a disk that is full.
    """
    settings = RunSettings.from_mapping(job["settings"])
    engine = engine_of(job)
    try:
        atoms = first_configuration(job, engine, progress_file)
        total = settings.steps
        mass_u = float(atoms.get_masses().sum())

        def on_progress(progress: Progress) -> None:
            if progress.temperature_k > EXPLODED * settings.temperature_k:
                raise EngineError(
                    f"The fluid reached {progress.temperature_k:.3g} K where its thermostat asks for "
                    f"{settings.temperature_k:g} K: the forces are not those of a fluid.",
                    "A potential outside what it was trained on does this: train it on more frames, or hotter ones.",
                )
            progress_file.write(
                steps_done=progress.step,
                steps=total,
                temperature_k=progress.temperature_k,
                pressure_gpa=progress.pressure_gpa,
                density_g_per_cm3=mass_u * U_PER_ANGSTROM3_TO_G_PER_CM3 / progress.volume_angstrom3,
                seconds_per_step=progress.seconds_per_step,
            )

        outcome = run_md(atoms, engine, settings, job["identity"], on_progress=on_progress)
        description = engine.describe().as_dict()
    finally:
        engine.close()
    seconds = outcome.seconds_per_step
    return Outcome(
        identity=job["identity"],
        state=State(outcome.state),
        reason=outcome.reason,
        steps_done=outcome.steps_done,
        seconds_per_step=seconds if math.isfinite(seconds) else None,
        provenance={"engine": description, "versions": versions(), "seed": settings.seed},
    )


def engine_of(job: Mapping[str, Any]) -> Engine:
    """Return the engine of a run, told that it is for dynamics in the run's ensemble.

    Args:
        job: what the worker of the run is told, of which ``engine``, ``options`` and ``settings`` are needed.
    """
    settings = RunSettings.from_mapping(job["settings"])
    return make_engine(job["engine"], job["options"], purpose=settings.purpose)


def first_configuration(job: dict[str, Any], engine: Engine, progress_file: ProgressFile) -> Atoms:
    """Return the configuration a run starts from; a fluid made here is relaxed first, and kept for a restart.

    Raises:
        InputError: the structure file is missing, damaged or unphysical, or holds another number of atoms.
        StorageError: the run it starts from has no readable trajectory.
    """
    start = job["start"]
    match Origin(start["origin"]):
        case Origin.MOLECULAR | Origin.ATOMIC as fluid:
            kept = JobFiles(Path(), job["identity"]).start
            if not kept.exists():
                make = molecular_fluid if fluid is Origin.MOLECULAR else atomic_fluid
                made = make(atoms=job["atoms"], density_g_per_cm3=start["density_g_per_cm3"], seed=start["seed"])
                export_extxyz(kept, [relaxed(made, engine, start["relax_steps"], progress_file)])
            return read_structures(kept)[-1]
        case Origin.FILE:
            return from_file(Path(start["source"]), job["atoms"], start.get("density_g_per_cm3"))
        case Origin.RUN:
            return last_configuration(start["source"], temperature_k=job["settings"]["temperature_k"])
        case Origin.RUN_AT_MEAN_VOLUME:
            return at_mean_volume(Path(start["source"]), job["discard"])
        case Origin.IMPORTED:
            raise InputError("A run made elsewhere cannot be continued here.", "Import it again with `llpt import`.")


def relaxed(atoms: Atoms, engine: Engine, steps: int, progress_file: ProgressFile) -> Atoms:
    """Return a made-up fluid after some steps of FIRE (Bitzek et al., Phys. Rev. Lett. 97, 170201, 2006), cell fixed.

    A random packing lies some tenths of an eV per atom above the fluid it stands for; released in molecular dynamics
    that is thousands of kelvin, enough to break the molecules before the thermostat has taken it away.

    Args:
        atoms: the fluid.
        engine: the engine of the run.
        steps: at most this many steps; 0 leaves the fluid as it is.
        progress_file: told of each step.

    Raises:
        EngineError: the engine failed.
    """
    copy: Any = atoms.copy()
    copy.calc = engine
    with FIRE(copy, logfile=None, maxstep=RELAX_MAXSTEP_ANGSTROM) as fire:
        for number, _ in enumerate(fire.irun(fmax=RELAX_FORCE_EV_PER_ANGSTROM, steps=steps)):
            progress_file.write(message=f"relaxing the start, step {number} of {steps}")
    copy.calc = None
    engine.reset()
    return copy


def from_file(path: Path, atoms: int, density_g_per_cm3: float | None) -> Atoms:
    """Return the last structure of a file, brought to a density where one is held.

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
        own = hydrogen_density_g_per_cm3(structure.get_volume() / atoms)
        structure = scaled(structure, own / density_g_per_cm3)
    check_structure(structure)
    return structure


def scaled(structure: Atoms, volume_ratio: float) -> Atoms:
    """Return a copy with its cell and scaled positions brought to ``volume_ratio`` times its volume."""
    copy: Any = structure.copy()
    copy.set_cell(copy.cell[:] * volume_ratio ** (1.0 / 3.0), scale_atoms=True)
    return copy


def at_mean_volume(run_directory: Path, discard: int) -> Atoms:
    """Return the last configuration of a run, brought to its mean volume after the discarded steps."""
    last = last_configuration(run_directory)
    scalars = Trajectory.open(run_directory).scalars()
    mean = float(scalars["volume_angstrom3"].where(scalars["step"] > discard, drop=True).mean())
    return scaled(last, mean / last.get_volume())
