"""``llpt audit``: reference against surrogate, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from llpt.cli.analysis import bar_of_runs, show_verdict
from llpt.cli.console import PlainTable, messages, output
from llpt.cli.diagnosing import show_diagnoses
from llpt.cli.exits import EXIT_FAILED
from llpt.cli.places import Directory  # noqa: TC001 - typer reads it

if TYPE_CHECKING:
    from llpt.audit import Verdict
    from llpt.statistics import Estimate


def audit(
    directory: Directory,
    reference: Annotated[
        str | None,
        typer.Option("--reference", metavar="ENGINE", help="An engine of the study; its reference if not given."),
    ] = None,
    surrogate: Annotated[
        str | None,
        typer.Option("--surrogate", metavar="ENGINE", help="Another engine; the study's surrogate if not given."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the verdict as JSON, all comparisons with it.")
    ] = False,
) -> None:
    """Hold a surrogate against its reference, in a finished or an imported study: every comparison, and the verdict.

    With --reference and --surrogate any two engines of the study are compared, named as in runs/ENGINE.
    Nothing is changed but the averages in results/.
    """
    from llpt.study import Ledger, StudyDirectory, make_plan  # noqa: PLC0415 - start-up time of the other commands
    from llpt.study.analysis import verdict_of_study  # noqa: PLC0415
    from llpt.study.explaining import asks_for_labels, explanation_of  # noqa: PLC0415
    from llpt.study.fixed_thresholds import StudyThresholds, fix_thresholds  # noqa: PLC0415
    from llpt.study.observed_ladders import ladders_of_study  # noqa: PLC0415
    from llpt.study.observing import observe_runs  # noqa: PLC0415

    place = StudyDirectory.open(directory)
    plan = make_plan(place.study)
    with Ledger(place.database) as ledger:
        fix_thresholds(place.study, ledger)
        thresholds = StudyThresholds.of(place.study, ledger)
        entries = {entry.path: entry for entry in ledger.entries()}
    with bar_of_runs("averaging") as on_run:
        observed, refused = observe_runs(place, plan, entries, on_run)
    for path, reason in refused.items():
        messages().print(f"[bold red]left out:[/] {path}: {reason}")
    ladders = ladders_of_study(place.study, observed)
    explained = explanation_of(place, plan, entries, ladders) if asks_for_labels(place.study) else None
    verdict, why = verdict_of_study(
        place,
        plan,
        entries,
        ladders,
        explained=explained,
        thresholds=thresholds,
        reference=reference,
        surrogate=surrogate,
    )
    if verdict is None:
        messages().print(f"No verdict. {why}", markup=False)
        raise typer.Exit(EXIT_FAILED)
    if as_json:
        typer.echo(verdict.to_json())
        return
    _show(verdict)


def _show(verdict: Verdict) -> None:
    console = output()
    console.print(f"{verdict.surrogate} against {verdict.reference}\n", markup=False)
    table = PlainTable("quantity", "P (GPa) >", "N >", "difference >", "threshold >", "outcome")
    for each in verdict.comparisons:
        if each.of_one_state:
            continue
        sizes = {each.reference_atoms, each.surrogate_atoms}
        table.add_row(
            each.quantity,
            each.where.removesuffix(" GPa"),
            ", ".join(str(size) for size in sorted(sizes)),
            _written(each.difference),
            f"{each.threshold:g}",
            str(each.outcome) if each.judged else f"({each.outcome})",
        )
    console.print(table)
    console.print("In brackets: shown, but not part of the verdict. The differences at each state: --json.\n")
    show_diagnoses(console, verdict.diagnoses)
    show_verdict(verdict)


def _written(estimate: Estimate) -> str:
    return "not available" if not estimate.resolved else f"{estimate.value:.4g} ± {estimate.error:.2g} {estimate.unit}"
