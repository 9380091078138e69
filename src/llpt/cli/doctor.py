"""``llpt doctor``: what this machine has, and what is missing for what one may want to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from llpt.cli.console import PlainTable, messages, output
from llpt.cli.needs import needs

if TYPE_CHECKING:
    from collections.abc import Mapping


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
        table = PlainTable("what", "here", "version", "more")
        for fact in facts:
            table.add_row(escape(fact.name), _answer(here=fact.available), escape(fact.version), escape(fact.detail))
        console.print(table)
        console.print()
    table = PlainTable("to", "possible", "missing", "how to get it, in a copy of the repository")
    table.add_row("do DFT of hydrogen, train, import, analyse, report", _answer(here=True), "", "")
    for need in needs():
        missing = need.missing
        remedy = need.remedy if missing else ""
        table.add_row(escape(need.wish), _answer(here=not missing), escape(", ".join(missing)), escape(remedy))
    console.print(table)
    if faults := plugin_faults():
        table = PlainTable("kind", "of another package", "why it cannot be used")
        for kind, name, why in faults:
            table.add_row(kind, escape(name), escape(why))
        console.print()
        console.print(table)


def plugin_faults() -> list[tuple[str, str, str]]:
    """Return kind, name and fault of everything that another package adds and that cannot be used."""
    from llpt.audit.quantities import plugin_quantities  # noqa: PLC0415 - start-up time of the other commands
    from llpt.dynamics import integrator_plugins  # noqa: PLC0415
    from llpt.engines import engine_plugins  # noqa: PLC0415
    from llpt.observables import all_observables  # noqa: PLC0415
    from llpt.transition.criteria import plugin_criteria  # noqa: PLC0415

    kinds: dict[str, Mapping[str, object]] = {
        "engine": engine_plugins().faults,
        "integrator": integrator_plugins().faults,
        "observable": all_observables().faults,
        "criterion": plugin_criteria().faults,
        "comparison": plugin_quantities().faults,
    }
    return [(kind, name, str(fault)) for kind, faults in kinds.items() for name, fault in faults.items()]


def _answer(*, here: bool) -> str:
    return "[green]yes[/]" if here else "[yellow]no[/]"
