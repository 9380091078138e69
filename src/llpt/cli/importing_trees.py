"""Folders of runs at the command line: what was found in them, taken in run by run, taken out, called anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape

from llpt.campaign import short_name
from llpt.cli.bars import bar
from llpt.cli.console import PlainTable, output
from llpt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from llpt.study.import_tree import Given, TreeRun
    from llpt.study.importing import Imported, NewStudy
    from llpt.trajectory.foreign.folders import FoundRun


def import_runs(
    out: Path, found: Sequence[FoundRun], given: Given, *, new: NewStudy, dry: bool = False
) -> list[TreeRun]:
    """Take runs of a tree into a study one after the other, with a bar.

    Args:
        out: the study's directory.
        found: the runs.
        given: what a person says of all of them.
        new: the study that is made where there is none.
        dry: whether nothing is written.
    """
    from llpt.study.import_tree import import_found  # noqa: PLC0415 - start-up time of the other commands

    done: list[TreeRun] = []
    with bar("importing", len(found), transient=True) as advance:
        for number, run in enumerate(found):
            advance(number, run.name)
            done.append(import_found(out, run, given, new=new, dry=dry, earlier=done))
    return done


def show_tree(runs: Sequence[TreeRun], out: Path, *, dry: bool) -> bool:
    """Print what was found and what became of it; return whether nothing was refused.

    Args:
        runs: what was found.
        out: the study.
        dry: whether nothing was to be taken in.
    """
    console = output()
    taken = [(run, run.imported) for run in runs if run.imported is not None]
    if taken:
        table = PlainTable("found", "program", "atoms >", "frames >", "ps >", "T (K) >", "P or ρ", "T_el (K) >", "fs >")
        for run, imported in taken:
            table.add_row(escape(run.found.name), *map(escape, _cells(imported)))
        console.print(table)
        for run, imported in taken:
            console.print(f"{run.found.name} {_becomes(imported)}", markup=False, soft_wrap=True)
    for run in runs:
        if run.imported is None and run.expected:
            console.print(f"left out: {run.found.name}: {run.why}", markup=False)
        elif run.imported is None:
            console.print(f"[bold red]refused:[/] {escape(run.found.name)}: {escape(f'{run.why} {run.remedy}')}")
    for run, imported in taken:
        for note in (*imported.notes, *run.found.notes):
            console.print(f"[bold yellow]note:[/] {escape(run.found.name)}: {escape(note)}")
    refused = sum(run.imported is None and not run.expected for run in runs)
    verb = "would be taken in" if dry else "taken in"
    console.print(f"{len(taken)} of {len(runs)} runs {verb}, {refused} refused.", markup=False)
    if taken and not dry:
        console.print(f"Next: llpt analyse {out}, llpt report {out}", markup=False)
    return not refused


def _cells(imported: Imported) -> list[str]:
    run = imported.run
    return [
        run.program,
        str(run.atoms),
        str(imported.converted.frames),
        f"{run.steps * run.frame_interval_fs / 1000.0:.4g}",
        f"{run.temperature_k:g}",
        f"{run.density_gcc:g} g/cm³" if run.pressure_gpa is None else f"{run.pressure_gpa:g} GPa",
        "" if run.electronic_temperature_k is None else f"{run.electronic_temperature_k:g}",
        f"{run.frame_interval_fs:g}",
    ]


def _becomes(imported: Imported) -> str:
    """Say which run it becomes, and what its frames measure beside what its files say."""
    measured = ", ".join(found.words for found in imported.findings if found.name in {"T", "P"})
    return f"becomes {short_name(imported.run.path)}{f'; its frames measure {measured}' if measured else ''}."


def change_imported(out: Path, remove: str | None, relabel: str | None) -> None:
    """Take imported runs out of a study, or call their engine by another label, and say which.

    Args:
        out: the study.
        remove: the runs that are taken out, by a pattern; None for none.
        relabel: OLD=NEW; None where no label changes.

    Raises:
        InputError: both are asked for, the new label is not given as OLD=NEW, or the study has no such run.
    """
    from llpt.study.imported_changes import relabel_runs, remove_runs  # noqa: PLC0415 - start-up time

    if remove is not None and relabel is not None:
        raise InputError("--remove and --relabel exclude each other.", "Give one of them.")
    if remove is not None:
        for name in remove_runs(out, remove):
            output().print(f"removed {name}", markup=False)
        return
    old, equals, new = (relabel or "").partition("=")
    if not equals or not old.strip() or not new.strip():
        raise InputError(f"--relabel {relabel} is not OLD=NEW.", "Write for example --relabel 'VASP=VASP PBE'.")
    for name in relabel_runs(out, old.strip(), new.strip()):
        output().print(f"now {name}", markup=False)
    output().print(f"Next: llpt analyse {out}", markup=False)
