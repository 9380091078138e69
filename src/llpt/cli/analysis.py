"""``llpt analyse`` and ``llpt report``: from the runs on disk to numbers, verdict and page, at any time again."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path  # noqa: TC003 - typer reads it
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from llpt.campaign import short_name
from llpt.campaign.state import words_of_line
from llpt.cli.bars import bar
from llpt.cli.console import PlainTable, messages, output
from llpt.cli.places import Directory  # noqa: TC001 - typer reads it

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from llpt.audit import Verdict
    from llpt.campaign.analysis import Analysis
    from llpt.study import Ledger, Plan, StudyDirectory
    from llpt.study.analysis import StudyAnalysis


def analyse(directory: Directory) -> None:
    """Average every run that is done, locate the transitions and come to a verdict; runs are only read."""
    from llpt.study import Ledger, StudyDirectory, make_plan  # noqa: PLC0415 - start-up time of the other commands

    place = StudyDirectory.open(directory)
    plan = make_plan(place.study)
    with Ledger(place.database) as ledger:
        analysis = analysed(place, plan, ledger)
    show(analysis)
    output().print(f"Results: {place.results}", markup=False)


def report(
    directory: Directory,
    *,
    pdf: Annotated[bool, typer.Option("--pdf", help="Print the page into report.pdf too, by a browser.")] = False,
) -> None:
    """Write a study's page and its figures from what is done so far; runs are only read.

    Beside the page: figures for paper with their numbers, a methods paragraph, its bibliography and the table of runs.
    """
    from llpt.study import Ledger, StudyDirectory, make_plan  # noqa: PLC0415

    place = StudyDirectory.open(directory)
    plan = make_plan(place.study)
    with Ledger(place.database) as ledger:
        page = analyse_and_report(place, plan, ledger)
    if pdf:
        from llpt.report.printing import print_page  # noqa: PLC0415

        with messages().status("printing …"):
            printed = print_page(page)
        output().print(f"PDF: {printed}", markup=False)


def analyse_and_report(place: StudyDirectory, plan: Plan, ledger: Ledger) -> Path:
    """Analyse a study, show the verdict, write its report, say where it is and return its page.

    Args:
        place: the study.
        plan: its nodes.
        ledger: how they stand.
    """
    from llpt.report import write_report  # noqa: PLC0415

    analysis = analysed(place, plan, ledger)
    entries = {entry.path: entry for entry in ledger.entries()}
    with bar("writing the report", transient=True) as advance:

        def on_part(number: int, total: int, part: str) -> None:
            advance(number, f"writing the report: {part}", total=total)

        page = write_report(place, plan, entries, analysis, on_part)
    show(analysis)
    output().print(f"Report: {page}", markup=False)
    return page


def analysed(place: StudyDirectory, plan: Plan, ledger: Ledger) -> StudyAnalysis:
    """Analyse a study with a bar of its runs.

    Args:
        place: the study.
        plan: its nodes.
        ledger: how they stand; thresholds are fixed in it.
    """
    from llpt.study.analysis import analyse_study  # noqa: PLC0415
    from llpt.study.fixed_thresholds import StudyThresholds, fix_thresholds  # noqa: PLC0415

    fix_thresholds(place.study, ledger)
    entries = {entry.path: entry for entry in ledger.entries()}
    with bar_of_runs("analysing") as on_run:
        return analyse_study(place, plan, entries, on_run, thresholds=StudyThresholds.of(place.study, ledger))


@contextmanager
def bar_of_runs(doing: str) -> Iterator[Callable[[float, int, str], None]]:
    """Show a bar of runs, and hand out what moves it: runs behind (parts of runs count), all runs, the run at hand."""
    with bar(doing, transient=True) as advance:

        def on_run(number: float, total: int, path: str) -> None:
            advance(number, f"{doing} {short_name(path)}", total=total)

        yield on_run


def show(analysis: StudyAnalysis) -> None:
    """Print the transitions, their order with the evidence, the controlled tests, and the verdict with its reasons."""
    console = output()
    found = analysis.found
    _show_transitions(found)
    _show_orders(found)
    _show_effects(found)
    if found.verdict is None:
        console.print(f"No verdict. {found.without_verdict}", markup=False)
    else:
        show_verdict(found.verdict)
    for path, reason in analysis.refused.items():
        console.print(f"[bold red]left out:[/] {path}: {escape(reason)}")


def show_verdict(verdict: Verdict) -> None:
    """Print a verdict, its reasons, and what it would take to decide what is open."""
    console = output()
    console.print(f"Verdict: [bold]{verdict.value}[/]")
    for reason in verdict.reasons:
        console.print(f"  {escape(reason)}")
    if verdict.requirements:
        console.print("What it would take:")
        for requirement in verdict.requirements:
            console.print(f"  {escape(requirement.sentence)}")


def _show_transitions(analysis: Analysis) -> None:
    from llpt.report.transition_tables import separation_rows, transition_rows  # noqa: PLC0415

    console = output()
    rows = transition_rows(analysis)
    if rows:
        table = PlainTable("line", "criterion", "reference (K) >", "surrogate (K) >", "difference (K) >")
        for row in rows:
            table.add_row(row.line, row.criterion, row.reference, row.surrogate, row.difference)
        console.print(table)
        console.print()
    apart = separation_rows(analysis)
    if apart:
        table = PlainTable("engine", "N >", "line", "criteria", "apart (K) >")
        for item in apart:
            table.add_row(item.engine, item.atoms, item.line, f"{item.first}, {item.second}", item.difference)
        console.print(table)
        console.print()


def _show_orders(analysis: Analysis) -> None:
    from llpt.report.transition_tables import order_rows  # noqa: PLC0415

    console = output()
    for row in order_rows(analysis):
        console.print(
            f"{escape(row.engine)}, {words_of_line(row.line)}, N = {row.atoms}: [bold]{row.order}[/]. "
            f"{escape(row.sentence)}"
        )
        table = PlainTable("evidence", "says", "number >", "which is")
        for item in row.evidence:
            table.add_row(item.kind, item.order, item.number, item.meaning)
        console.print(table)
        for proposal in row.proposals:
            console.print(f"  would help to decide: {escape(proposal)}")
        console.print()


def _show_effects(analysis: Analysis) -> None:
    from llpt.report.tables import effect_row  # noqa: PLC0415

    rows = [effect_row(effect) for effect in analysis.effects]
    if not rows:
        return
    names = ("changed", "engine", "N >", "line", "shift of T (K) >", "jump (%) >", "density (%) >", "the change")
    table = PlainTable(*names)
    for row in rows:
        table.add_row(row.test, row.engine, row.atoms, row.line, row.shift, row.jump, row.density, row.influence)
    output().print(table)
    output().print()
