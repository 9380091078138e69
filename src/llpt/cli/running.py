"""``llpt run`` and ``llpt status``: doing a study, and seeing how it stands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from llpt.campaign import RunIdentity, short_name
from llpt.cli.console import EXIT_FAILED, EXIT_INTERRUPTED, duration, make_table, messages, output

if TYPE_CHECKING:
    from llpt.study import StudyDirectory


def run(
    study: Annotated[
        Path, typer.Argument(metavar="STUDY", help="A study file, or the directory of a study.", show_default=False)
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="DIR", help="Where to work; the study file's name without .toml if not given."
        ),
    ] = None,
) -> None:
    """Do all of a study that is not done, then analyse it and write its report.

    Stop it with Ctrl-C (every run keeps its checkpoint) and start it again the same way: it goes on where it was.

    Example: [bold]llpt run examples/quick.toml[/]
    """
    from llpt.cli.analysis import analyse_and_report  # noqa: PLC0415 - start-up time of the other commands
    from llpt.cli.progress import make_display  # noqa: PLC0415
    from llpt.study import Ledger, State, make_plan  # noqa: PLC0415
    from llpt.study.execution import Execution  # noqa: PLC0415

    directory = take_up(study, out)
    plan = make_plan(directory.study)
    say = messages()
    with directory.locked(), Ledger(directory.database) as ledger:
        say.print(f"[bold]{escape(directory.study.study.name)}[/] in {directory.root}")
        with make_display(plan) as display:
            final = Execution(directory, plan, ledger, display.update).run()
        if final.stopping:
            say.print(f"Stopped; every run kept its checkpoint. To continue: llpt run {directory.root}")
            raise typer.Exit(EXIT_INTERRUPTED)
        done, total = final.count(State.DONE), len(final.nodes)
        if done:
            analyse_and_report(directory, plan, ledger)
        if done < total:
            for path, node in final.nodes.items():
                if node.state in {State.FAILED, State.UNFINISHED}:
                    entry = ledger.entry(path)
                    say.print(f"[bold red]{node.state}:[/] {path}: {escape(entry.reason)} {escape(entry.remedy)}")
            say.print(f"{done} of {total} runs are done. To try the others again: llpt run {directory.root}")
            raise typer.Exit(EXIT_FAILED)


def take_up(study: Path, out: Path | None) -> StudyDirectory:
    """Return the directory of a study given as a file or as that directory, made if it is new.

    Raises:
        InputError: the file or directory cannot be used; nothing was changed.
    """
    from llpt.study import StudyDirectory, make_plan, read_study  # noqa: PLC0415
    from llpt.study.preflight import check_before_anything_runs  # noqa: PLC0415

    if study.is_dir():
        return StudyDirectory.open(study)
    description = read_study(study)
    source = study.resolve().parent
    check_before_anything_runs(description, make_plan(description), source)
    return StudyDirectory.claim(out or Path(study.stem), study.read_text(encoding="utf-8"), description, source=source)


def status(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The directory of a study.", show_default=False)],
) -> None:
    """Show how every run of a study stands: done, running, unfinished, failed, blocked or waiting, and why.

    Example: [bold]llpt status quick[/]
    """
    from llpt.cli.progress import STYLES  # noqa: PLC0415
    from llpt.study import Ledger, State, StudyDirectory  # noqa: PLC0415
    from llpt.study.job_files import JobFiles, read_json  # noqa: PLC0415

    place = StudyDirectory.open(directory)
    console = output()
    console.print(f"[bold]{escape(place.study.study.name)}[/] in {place.root}\n")
    table = make_table(
        "run",
        "state",
        "steps >",
        "s/step >",
        "time >",
        "tries >",
        "why",
    )
    if not place.database.exists():
        console.print("Nothing has been started.")
        return
    with Ledger(place.database) as ledger:
        entries = ledger.entries()
    for entry in entries:
        steps = entry.steps_done
        if entry.state is State.RUNNING:
            done = JobFiles(place.root, entry.path).read_progress().steps_done
            steps = entry.steps_done if done is None else done
        table.add_row(
            short_name(entry.path),
            f"[{STYLES[entry.state]}]{entry.state}[/]",
            str(steps) if RunIdentity.parse(entry.path) else "",
            f"{entry.seconds_per_step:.3g}" if entry.seconds_per_step else "",
            duration(entry.seconds) if entry.seconds else "",
            str(entry.attempts),
            escape(entry.reason),
        )
    console.print(table)
    console.print()
    found = [(state, sum(entry.state is state for entry in entries)) for state in State]
    console.print(", ".join(f"{number} {state}" for state, number in found if number) + ".")
    if place.verdict.exists():
        verdict = read_json(place.verdict) or {}
        console.print(f"Verdict: [bold]{verdict.get('value', 'unknown')}[/]. Report: {place.report / 'index.html'}")
