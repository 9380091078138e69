"""``llpt verify``: is a finished study what it says it is?"""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads it
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from llpt.campaign import short_name
from llpt.cli.analysis import bar_of_runs
from llpt.cli.console import PlainTable, output
from llpt.cli.exits import EXIT_FAILED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llpt.study.check import Check


def verify(
    archive: Annotated[
        Path,
        typer.Argument(metavar="ARCHIVE", help="A study's directory, or a .tar or .zip of one.", show_default=False),
    ],
    every: Annotated[bool, typer.Option("--all", help="List every check, not one line for each run.")] = False,
) -> None:
    """Re-check a finished study: inputs, lengths, finite energies, results and verdict computed once more.

    Nothing in the study is changed. The exit code is 0 only if everything agrees.
    """
    from llpt.study.archive import opened  # noqa: PLC0415 - start-up time of the other commands
    from llpt.study.verifying import verify as check  # noqa: PLC0415

    with opened(archive) as root, bar_of_runs("verifying") as on_run:
        checks = check(root, on_run)
    console = output()
    console.print(_table(checks, every=every))
    failed = [each for each in checks if not each.passed]
    console.print()
    console.print(f"{len(checks) - len(failed)} of {len(checks)} checks passed.")
    for each in failed:
        word = "mismatch" if each.can_be_told else "cannot be told"
        console.print(f"[bold red]{word}:[/] {escape(each.subject)}: {each.what}: {escape(each.found)}")
    for remark in dict.fromkeys(each.remark for each in checks if each.remark):
        subjects = [each.subject for each in checks if each.remark == remark]
        runs = f"{len(subjects)} run{'s' if len(subjects) > 1 else ''}"
        console.print(f"{'study' if subjects == ['study'] else runs}: {escape(remark)}")
    if failed:
        raise typer.Exit(EXIT_FAILED)


def _table(checks: Iterable[Check], *, every: bool) -> object:
    if every:
        table = PlainTable("run", "check", "passed", "found")
        for each in checks:
            table.add_row(short_name(each.subject), each.what, _mark(each.passed), escape(each.found))
        return table
    table = PlainTable("run", "checks >", "passed", "what does not agree")
    by_subject: dict[str, list[Check]] = {}
    for each in checks:
        by_subject.setdefault(each.subject, []).append(each)
    for subject, group in by_subject.items():
        bad = [each.what for each in group if not each.passed]
        table.add_row(short_name(subject), str(len(group)), _mark(not bad), ", ".join(bad))
    return table


def _mark(passed: bool) -> str:
    return "[green]yes[/]" if passed else "[bold red]no[/]"
