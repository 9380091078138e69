"""``llpt doctor``: what this machine has, and what is missing for what one may want to do."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from llpt.cli.console import make_table, messages, output
from llpt.cli.needs import needs


def doctor(
    *,
    trials: Annotated[
        bool, typer.Option("--trials/--no-trials", help="Try every engine for a few seconds, and look for a GPU.")
    ] = True,
) -> None:
    """Show what this machine has: versions, cores, GPU, every engine; and what is missing for what you want to do."""
    from llpt.version import package_versions  # noqa: PLC0415 - start-up time of the other commands

    console = output()
    console.print(", ".join(f"{name} {number}" for name, number in package_versions().items()) + "\n", markup=False)
    if trials:
        from llpt.engines import survey  # noqa: PLC0415

        with messages().status("trying every engine …"):
            facts = survey()
        table = make_table("what", "here", "version", "more")
        for fact in facts:
            table.add_row(escape(fact.name), _answer(here=fact.available), escape(fact.version), escape(fact.detail))
        console.print(table)
        console.print()
    table = make_table("to", "possible", "missing", "how to get it, in a copy of the repository")
    table.add_row("do DFT of hydrogen, train, import, analyse, report", _answer(here=True), "", "")
    for need in needs():
        missing = need.missing
        remedy = need.remedy if missing else ""
        table.add_row(escape(need.wish), _answer(here=not missing), escape(", ".join(missing)), escape(remedy))
    console.print(table)


def _answer(*, here: bool) -> str:
    return "[green]yes[/]" if here else "[yellow]no[/]"
