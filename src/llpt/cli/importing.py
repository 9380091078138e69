"""``llpt import``: trajectories made elsewhere become runs of a study."""

from __future__ import annotations

import sys
from pathlib import Path  # noqa: TC003 - typer reads it
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from llpt.cli.bars import bar
from llpt.cli.console import PlainTable, messages, output
from llpt.cli.exits import EXIT_FAILED
from llpt.cli.foreign_options import (
    Discard,
    Elements,
    ForeignUnits,
    FrameInterval,
    Keys,
    check_one_held,
    element_list,
    label_keys,
    temperature_of_electrons,
)
from llpt.cli.importing_trees import change_imported, import_runs, show_tree
from llpt.errors import InputError

if TYPE_CHECKING:
    from llpt.study.importing import Imported
    from llpt.trajectory import Facts
    from llpt.trajectory.foreign import ForeignTrajectory

NAMES = {
    "internal_energy_ev": "internal energy E",
    "free_energy_ev": "free energy F",
    "entropy_ev_per_k": "electronic entropy",
    "kinetic_energy_ev": "kinetic energy",
    "pressure_gpa": "pressure",
    "stress_gpa": "stress",
    "velocities": "velocities",
    "forces": "forces",
    "conserved_ev": "conserved quantity",
}
"""What people call what a file may lack."""


def import_(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH…",
            help="The files of one run, or its pieces in order; or folders, one run in each at the end of their tree.",
            show_default=False,
        ),
    ] = None,
    *,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="STUDY_DIR", help="The study, made if it is new.", show_default=False)
    ],
    role: Annotated[
        str | None, typer.Option("--role", metavar="ROLE", help="reference or surrogate.", show_default=False)
    ] = None,
    label: Annotated[
        str | None,
        typer.Option("--label", metavar="TEXT", help="What its engine is called, e.g. 'VASP PBE'.", show_default=False),
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option("--temperature-k", "-T", metavar="K", help="The thermostat's temperature.", show_default=False),
    ] = None,
    pressure: Annotated[
        float | None,
        typer.Option("--pressure-gpa", "-P", metavar="GPA", help="The barostat's pressure.", show_default=False),
    ] = None,
    constant_volume: Annotated[bool, typer.Option("--constant-volume", help="The run had no barostat.")] = False,
    electronic: Annotated[
        str | None,
        typer.Option(
            "--electronic-temperature-k",
            metavar="K",
            help="T_el; 0 for a potential, or electrons at rest; ionic: that of the ions.",
            show_default=False,
        ),
    ] = None,
    interval: FrameInterval = None,
    discard: Discard = 0,
    cooling: Annotated[
        bool, typer.Option("--cooling", help="Part of a ladder walked down, beside one walked up.")
    ] = False,
    energy_is: Annotated[
        str | None,
        typer.Option(
            "--energy-is", metavar="WHAT", help="A lone energy is internal (E) or free (F).", show_default=False
        ),
    ] = None,
    elements: Elements = None,
    units: ForeignUnits = None,
    keys: Keys = None,
    despite: Annotated[
        list[str] | None,
        typer.Option(
            "--despite",
            metavar="CHECK",
            help="Leave out a check of the stated facts against the frames; a refusal names it.",
            show_default=False,
        ),
    ] = None,
    name: Annotated[str, typer.Option("--name", metavar="TEXT", help="Of a new study.")] = "Imported runs",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what was found and what would be taken in; write nothing.")
    ] = False,
    remove: Annotated[
        str | None,
        typer.Option(
            "--remove",
            metavar="GLOB",
            help="Take imported runs out again: 'vasp-pbe/N64/P200/T900'.",
            show_default=False,
        ),
    ] = None,
    relabel: Annotated[
        str | None,
        typer.Option("--relabel", metavar="OLD=NEW", help="Call an engine of imported runs NEW.", show_default=False),
    ] = None,
) -> None:
    """Take runs made elsewhere into a study; then llpt analyse, report, audit and verify work on it as on any other.

    Files are one run, or its pieces. Of a folder, every folder with trajectories below it is a run: states come from
    the files, or from folders called T900, 900K, P200 or 200GPa; a table says what was found.

    Read are: VASP (vasprun.xml, vaspout.h5; XDATCAR with OUTCAR, or either), pw.x output, CP2K (xyz files, .cell,
    .ener, .stress, output), LAMMPS (dump and log), i-PI (xyz files and properties), extended XYZ, H5MD, ASE (.traj).
    What the files do not say is asked.
    """
    from llpt.campaign import Role  # noqa: PLC0415
    from llpt.cli.reading import FramesExpected  # noqa: PLC0415
    from llpt.study.import_description import (  # noqa: PLC0415 - start-up time of the other commands
        Description,
        known_electronic_temperature_k,
    )
    from llpt.study.import_tree import Given, runs_below  # noqa: PLC0415
    from llpt.study.importing import NewStudy, import_run  # noqa: PLC0415
    from llpt.trajectory.foreign import EnergyMeaning, open_foreign  # noqa: PLC0415
    from llpt.trajectory.foreign.folders import FoundRun  # noqa: PLC0415
    from llpt.trajectory.foreign.own import is_own  # noqa: PLC0415
    from llpt.trajectory.foreign.statements import check_one_state, checks_of  # noqa: PLC0415

    check_one_held(pressure, constant_volume=constant_volume)
    if remove is not None or relabel is not None:
        change_imported(out, remove, relabel)
        return
    if not paths:
        raise InputError("No path is given.", "Give the files of one run, or a folder of runs.")
    warm = temperature_of_electrons(electronic)
    chosen, named = element_list(elements), label_keys(keys) or None
    meaning = _one_of("--energy-is", energy_is, [each.value for each in EnergyMeaning])
    if dry_run or any(path.is_dir() and not is_own(path) for path in paths):
        given = Given(
            role=Role(_one_of("--role", role, [each.value for each in Role]) or missing_word("--role")),
            label=label or missing_word("--label"),
            temperature_k=temperature,
            pressure_gpa=pressure,
            constant_volume=constant_volume,
            electronic_temperature_k=warm,
            frame_interval_fs=interval,
            discard=discard,
            cooling=cooling,
            energy_meaning=EnergyMeaning(meaning) if meaning else None,
            elements=chosen,
            units=units,
            keys=named,
            despite=checks_of(despite or []),
        )
        folders = any(path.is_dir() for path in paths)
        found = runs_below(paths, given, study=out) if folders else [FoundRun(str(paths[0]), tuple(paths))]
        new = NewStudy.of_imported_runs(name)
        if not show_tree(import_runs(out, found, given, new=new, dry=dry_run), out, dry=dry_run):
            raise typer.Exit(EXIT_FAILED)
        return
    source = open_foreign(paths, elements=chosen, units=units, keys=named)
    passed_over = checks_of(despite or [])
    check_one_state(source.facts, source.name, despite=passed_over)
    ask = Asker(source)
    side = Role(_one_of("--role", role, [each.value for each in Role]) or ask.word("--role", "reference or surrogate"))
    facts = source.facts
    called = label or ask.word("--label", "what its engine is called, e.g. VASP PBE", words=())
    thermostat = ask.number("--temperature-k", "the thermostat's temperature in K", temperature, facts.temperature_k)
    description = Description(
        role=side,
        label=called,
        temperature_k=thermostat,
        pressure_gpa=None if constant_volume else ask.pressure(pressure, facts),
        electronic_temperature_k=ask.number(
            "--electronic-temperature-k",
            "the electrons' temperature in K, 0 if cold",
            thermostat if warm == "ionic" else warm,
            known_electronic_temperature_k(side, facts),
        ),
        frame_interval_fs=ask.number(
            "--timestep-fs", "the time from frame to frame in fs", interval, facts.frame_interval_fs
        ),
        discard=discard,
        cooling=cooling,
        energy_meaning=EnergyMeaning(meaning) if meaning else None,
        despite=passed_over,
    )
    expected = FramesExpected(source.files)
    with bar("frames", transient=True) as advance:
        imported = import_run(
            out,
            source,
            description,
            new=NewStudy.of_imported_runs(name),
            on_frame=lambda frames: advance(frames, total=expected.after(frames)),
        )
    _show(imported, source, out)


def missing_word(option: str) -> str:
    """Refuse a folder of runs whose role or label is not given.

    Raises:
        InputError: always.
    """
    what = {
        "--role": "Whether the runs are the reference's or the surrogate's",
        "--label": "The name of the engine of the runs",
    }
    raise InputError(f"{what[option]} is not given.", f"Give {option}.")


class Asker:
    """Asks for what is neither given nor in the files: at a terminal by a question, else by refusing with the option.

    Args:
        source: the trajectory.
    """

    def __init__(self, source: ForeignTrajectory) -> None:
        self._source = source
        self._terminal = sys.stdin.isatty()

    def _missing(self, option: str, what: str) -> InputError:
        return InputError(f"The files of {self._source.program} do not say {what}.", f"Give it with {option}.")

    def word(self, option: str, what: str, words: tuple[str, ...] = ("reference", "surrogate")) -> str:
        """Return a word, one of ``words`` where there are any.

        Args:
            option: that gives it.
            what: what is asked for, in words.
            words: those allowed; empty where any is.
        """
        if not self._terminal:
            raise self._missing(option, what)
        answer = str(typer.prompt(what[0].upper() + what[1:], err=True)).strip()
        return _one_of(option, answer, words) or answer if words else answer

    def number(self, option: str, what: str, given: float | None, stated: float | None) -> float:
        """Return a number: the one given, or what the files say, or the answer to a question.

        Args:
            option: that gives it.
            what: what is asked for, in words.
            given: by a person; None where not.
            stated: by the files; None where not.
        """
        if given is not None:
            return given
        if stated is not None:
            return stated
        if not self._terminal:
            raise self._missing(option, what)
        return float(typer.prompt(what[0].upper() + what[1:], type=float, err=True))

    def pressure(self, given: float | None, facts: Facts) -> float | None:
        """Return the barostat's pressure in GPa, None for a run at constant volume."""
        if given is not None or facts.pressure_gpa is not None:
            return facts.pressure_gpa if given is None else given
        if facts.constant_volume:
            return None
        what = "the barostat's pressure in GPa"
        if not self._terminal:
            raise InputError(
                f"The files of {self._source.program} do not say {what}.",
                "Give it with --pressure-gpa, or --constant-volume if there was no barostat.",
            )
        answer = str(typer.prompt(f"T{what[1:]} (empty: constant volume)", default="", show_default=False, err=True))
        try:
            return float(answer) if answer.strip() else None
        except ValueError as error:
            raise InputError(f"{answer} is not a pressure in GPa.", "Give a number, or nothing.") from error


def _one_of(option: str, given: str | None, allowed: list[str] | tuple[str, ...]) -> str | None:
    """Return what was given if it is allowed.

    Raises:
        InputError: it is not.
    """
    if given is not None and given not in allowed:
        raise InputError(f"{option} {given} is not known.", f"Give {' or '.join(allowed)}.")
    return given


def _show(imported: Imported, source: ForeignTrajectory, out: Path) -> None:
    """Say what was taken in, what the files do not give, and what is therefore not available."""
    from llpt.study.importing import what_is_lost  # noqa: PLC0415

    run, converted = imported.run, imported.converted
    console = output()
    picoseconds = run.steps * run.frame_interval_fs / 1000.0
    electrons = f", T_el = {run.electronic_temperature_k:g} K" if run.electronic_temperature_k else ""
    console.print(
        f"{run.path}: {converted.frames} frames of {run.atoms} atoms from {source.program}, {picoseconds:.4g} ps, "
        f"{run.role}{electrons}, {run.frame_interval_fs:g} fs from frame to frame, first {run.discard} discarded.",
        markup=False,
    )
    if imported.findings:
        measured = ", ".join(found.words for found in imported.findings)
        console.print(f"The frames say: {measured}.", markup=False)
    lacking = [name for name in NAMES if name in run.missing]
    if lacking:
        table = PlainTable("not in the files", "hence not available")
        for missing in lacking:
            table.add_row(NAMES[missing], escape(", ".join(what_is_lost(missing)) or "nothing else"))
        console.print(table)
    say = messages()
    for note in imported.notes:
        say.print(f"[bold yellow]note:[/] {escape(note)}")
    console.print(f"Next: llpt analyse {out}, llpt report {out}", markup=False)
