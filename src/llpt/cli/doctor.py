"""``llpt doctor``: what this machine has."""

from __future__ import annotations

from rich.markup import escape

from llpt.cli.console import make_table, messages, output


def doctor() -> None:
    """Show what this machine has: versions, cores, GPU, and every engine tried for a few seconds.

    Example: [bold]llpt doctor[/]
    """
    from llpt.engines import survey  # noqa: PLC0415 - start-up time of the other commands
    from llpt.version import package_versions  # noqa: PLC0415

    console = output()
    console.print(", ".join(f"{name} {number}" for name, number in package_versions().items()) + "\n", markup=False)
    with messages().status("trying every engine …"):
        facts = survey()
    table = make_table("what", "here", "version", "more")
    for fact in facts:
        here = "[green]yes[/]" if fact.available else "[yellow]no[/]"
        table.add_row(escape(fact.name), here, escape(fact.version), escape(fact.detail))
    console.print(table)
