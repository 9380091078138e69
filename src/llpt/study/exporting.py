"""The reference's runs of a study as folders for another program: one a run, and a script for each ladder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.campaign import ControlledTest, Role, RunIdentity, file_stem
from llpt.errors import InputError
from llpt.files import atomic_directory, make_directory, write_atomically
from llpt.structure import atomic_fluid, molecular_fluid, read_structures, volume_per_atom
from llpt.study.nodes import Origin
from llpt.study.nodes.start import from_file
from llpt.study.protocol import starting_density
from llpt.study.stored import stored_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from ase import Atoms

    from llpt.engines import EngineRecord
    from llpt.study.nodes import MolecularDynamics
    from llpt.study.plan import Plan

MARK = "@commands@"


@dataclass(frozen=True)
class ExternalProgram:
    """A program whose input is written.

    Args:
        engine: what it is as an engine: its word, and its name for people.
        write_run: writes the files of a run; it is told the run, its folder, and where paths of start structures begin.
        template: of a job script, with ``@commands@`` where a ladder's commands go.
        functions: of the script: ``run FOLDER BEFORE`` does one rung, from the end of the one before.
        advice: what the README says before one submits.
    """

    engine: EngineRecord
    write_run: Callable[[MolecularDynamics, Path, Path], None]
    template: str
    functions: str
    advice: str

    @property
    def name(self) -> str:
        """What people call it."""
        return self.engine.label


@dataclass(frozen=True)
class Exported:
    """What was written.

    Args:
        folders: of the runs, below the exported directory, in the order of the ladders.
        scripts: one for each ladder.
        left: number of runs of controlled tests, which are not exported.
    """

    folders: tuple[str, ...]
    scripts: tuple[str, ...]
    left: int


def export_runs(
    program: ExternalProgram, plan: Plan, out: Path, source: Path, *, template: str | None = None
) -> Exported:
    """Write the reference's own runs of a plan as folders for a program.

    Args:
        program: who is to do them.
        plan: of a study with a reference.
        out: the directory to make; it must not exist, or be empty.
        source: the directory that paths of start structures begin from.
        template: of a job script; the program's own if None.

    Raises:
        InputError: there is no reference, the mark is not in the template, an option, a path integral or an isotope has
            no counterpart in the program, or the directory holds something.
        StorageError: the disk refuses.
    """
    script = program.template if template is None else template
    if MARK not in script:
        raise InputError(f"The template of the job script holds no {MARK}.", "Put it where the commands go.")
    reference = [run for run in plan.own_runs if run.role is Role.REFERENCE]
    runs = [run for run in reference if run.test is ControlledTest.BASE]
    if not runs:
        raise InputError("The study has no runs of a reference.", "Add [reference].")
    if any(run.inner_steps for run in runs):
        raise InputError(
            f"The study moves its reference by a potential within a step, which {program.name} does not do.",
            'Let dynamics.sampler be "molecular-dynamics".',
        )
    if (out.exists() or out.is_symlink()) and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} holds something.", "Give a new directory with --out.")
    ladders: dict[str, list[MolecularDynamics]] = {}
    for run in runs:
        _check_nuclei(run, program)
        ladders.setdefault(_job_of(run), []).append(run)
    with atomic_directory(out.absolute()) as place:
        for run in runs:
            make_directory(place / folder_of(run))
            program.write_run(run, place / folder_of(run), source)
        make_directory(place / "jobs")
        for name, rungs in ladders.items():
            commands = [program.functions, *(_command(run) for run in rungs)]
            write_atomically(place / "jobs" / f"{name}.sh", script.replace(MARK, "\n".join(commands)))
        write_atomically(place / "README.md", _readme(program, ladders, len(reference) - len(runs)))
    return Exported(
        tuple(folder_of(run) for run in runs),
        tuple(f"jobs/{name}.sh" for name in ladders),
        len(reference) - len(runs),
    )


def _job_of(run: MolecularDynamics) -> str:
    """Return the name of the job of one walk of a ladder: ``N64-P200``, ``N64-P200-repeat2``."""
    stem = file_stem(run.identity.ladder.folder)
    return stem if run.repeat == 1 else f"{stem}-repeat{run.repeat}"


def folder_of(run: MolecularDynamics) -> str:
    """Return the folder of a run below the exported directory: ``N64/P200/T900``, ``N64/T1000/P150``."""
    return run.identity.folder


def first_structure(run: MolecularDynamics, source: Path, *, program: str) -> Atoms | None:
    """Return the structure that a run starts from; None where it starts from another run's end.

    Args:
        run: the run.
        source: where paths of start structures begin.
        program: for people.

    Raises:
        InputError: it starts in another way, or its file cannot be used.
    """
    start = run.start
    if start.origin is Origin.FILE:
        path = (source / start.source).resolve()
        path = path if path.exists() else source / stored_path(start.source, "start")
        held = run.state.density_g_per_cm3
        return read_structures(path)[-1] if held is None else from_file(path, run.atoms, held)
    if start.origin in {Origin.MOLECULAR, Origin.ATOMIC}:
        make = molecular_fluid if start.origin is Origin.MOLECULAR else atomic_fluid
        density = starting_density(run.state)
        return make(atoms=run.atoms, density_g_per_cm3=density, seed=run.dynamics.seed)
    if start.origin is not Origin.RUN:
        raise InputError(f"{folder_of(run)} starts in a way that {program} does not know.", "Choose another ladder.")
    return None


def edge_angstrom(run: MolecularDynamics) -> float:
    """Return about how long an edge of a run's cell will be."""
    return float((run.atoms * volume_per_atom(density_g_per_cm3=starting_density(run.state))) ** (1.0 / 3.0))


def is_relaxed(run: MolecularDynamics) -> bool:
    """Whether a run starts from a made-up fluid, which is relaxed first."""
    return run.start.origin is not Origin.FILE and run.start.relax_steps > 0


def _command(run: MolecularDynamics) -> str:
    before = RunIdentity.parse(run.start.source) if run.start.origin is Origin.RUN else None
    return f'run "{folder_of(run)}" "{"" if before is None else f"$PWD/{before.folder}"}"'


def _check_nuclei(run: MolecularDynamics, program: ExternalProgram) -> None:
    """Refuse what a program's own dynamics, as it is written here, does not do.

    Raises:
        InputError: a path integral, or another isotope.
    """
    if run.dynamics.beads > 1 or run.dynamics.isotope is not None:
        what = f"beads = {run.dynamics.beads}" if run.dynamics.beads > 1 else f"isotope = {run.dynamics.isotope}"
        raise InputError(
            f"The runs of this study have {what}, which is not written for {program.name}.",
            f"Let {program.name} give the forces of runs made here: [reference] engine = {program.engine.name}.",
        )


def _readme(program: ExternalProgram, ladders: Mapping[str, Sequence[MolecularDynamics]], left: int) -> str:
    order = "\n".join(
        f"| `jobs/{name}.sh` | {', '.join(f'`{folder_of(run)}`' for run in rungs)} |" for name, rungs in ladders.items()
    )
    more = f"\n{left} runs of controlled tests are not among them.\n" if left else ""
    return f"""# Runs for {program.name}

Each folder is one run. Each script does one ladder, rung after rung: a rung starts from the end of the one before.

| script | its runs, in order |
|---|---|
{order}
{more}
{program.advice}

Take the results in, whatever is done by then, as often as you like:

    llpt import . -o ../study --role reference --label "{program.name}"
"""
