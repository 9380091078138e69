"""``llpt status``: how a study stands, answered from its ledger within a second."""

from __future__ import annotations

import tomllib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path  # noqa: TC003 - typer reads it
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from llpt.campaign import short_name
from llpt.cli.console import duration, make_table, output, roughly
from llpt.cli.states import FIRST, STYLES
from llpt.errors import InputError, StorageError

if TYPE_CHECKING:
    from rich.table import Table

    from llpt.study.ledger import Entry
    from llpt.study.standing import RunStanding

LISTED = 200
"""Runs that are listed of each state, unless all are asked for."""


def status(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The directory of a study.", show_default=False)],
    every: Annotated[bool, typer.Option("--all", help="List every run, however many there are.")] = False,
) -> None:
    """Show how every run of a study stands: failed, unfinished, running, blocked, waiting or done, and why.

    Temperature and pressure are means over the steps that count, with their error, beside what was asked for; the drift
    is that of the conserved quantity. Of a run at work they are those of this moment.
    """
    from llpt.study.job_files import read_json  # noqa: PLC0415 - start-up time of the other commands
    from llpt.study.ledger import Ledger  # noqa: PLC0415
    from llpt.study.lock import LockedDirectory  # noqa: PLC0415
    from llpt.study.outcome import State  # noqa: PLC0415

    place = LockedDirectory(directory)
    console = output()
    console.print(f"[bold]{escape(name_of(place.root, directory))}[/] in {place.root}\n")
    database = place.root / "study.db"
    if not database.exists():
        console.print("Nothing has been started.")
        return
    with Ledger(database) as ledger:
        entries = ledger.entries()
    if not place.at_work:
        entries = tuple(stopped(entry, place.root) for entry in entries)
    runs = [standing(entry, place.root) for entry in sorted(entries, key=lambda entry: FIRST.index(entry.state))]
    console.print(table_of(runs if every else shortened(runs)))
    found = [(state, sum(run.entry.state is state for run in runs)) for state in State]
    hidden = [f"{number - LISTED} {state}" for state, number in found if number > LISTED and not every]
    if hidden:
        console.print(f"… and {', '.join(hidden)}; --all lists them.")
    console.print()
    console.print(", ".join(f"{number} {state}" for state, number in found if number) + ".")
    console.print(totals(runs))
    verdict = place.root / "results" / "verdict.json"
    if verdict.exists():
        value = (read_json(verdict) or {}).get("value", "unknown")
        console.print(f"Verdict: [bold]{value}[/]. Report: {place.root / 'report' / 'index.html'}")


def name_of(root: Path, given: Path) -> str:
    """Return the name of the study in a directory.

    Raises:
        InputError: there is none.
    """
    try:
        text = (root / "study.toml").read_text(encoding="utf-8")
        return str(tomllib.loads(text)["study"]["name"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{given} is not a study directory: it holds no study.toml.", 'Give the directory that "llpt run" made.'
        ) from error


def stopped(entry: Entry, root: Path) -> Entry:
    """Return an entry as it stands where no ``llpt run`` is alive: nothing runs."""
    from llpt.dynamics import steps_on_disk  # noqa: PLC0415 - start-up time of the other commands
    from llpt.study.ledger import KILLED  # noqa: PLC0415
    from llpt.study.outcome import State  # noqa: PLC0415

    if entry.state is not State.RUNNING:
        return entry
    return replace(entry, state=State.UNFINISHED, reason=KILLED, steps_done=steps_on_disk(root / entry.path))


def standing(entry: Entry, root: Path) -> RunStanding:
    """Return how a node stands, one at work by its own word."""
    from llpt.study.job_files import JobFiles  # noqa: PLC0415 - start-up time of the other commands
    from llpt.study.outcome import RunConditions, State  # noqa: PLC0415
    from llpt.study.standing import RunStanding  # noqa: PLC0415

    if entry.state is not State.RUNNING:
        return RunStanding.of(entry)
    with suppress(StorageError):
        progress = JobFiles(root, entry.path).read_progress()
        now = RunConditions(temperature_k=progress.temperature_k, pressure_gpa=progress.pressure_gpa)
        pace = progress.seconds_per_step or entry.seconds_per_step
        return RunStanding.of(replace(entry, seconds_per_step=pace, conditions=now), progress.steps_done)
    return RunStanding.of(entry)


def shortened(runs: list[RunStanding]) -> list[RunStanding]:
    """Return the first runs of each state."""
    listed: dict[str, int] = {}
    kept = []
    for run in runs:
        listed[run.entry.state] = listed.get(run.entry.state, 0) + 1
        if listed[run.entry.state] <= LISTED:
            kept.append(run)
    return kept


def table_of(runs: list[RunStanding]) -> Table:
    """Return one row for each run."""
    from llpt.study.standing import work_left_s  # noqa: PLC0415 - start-up time of the other commands

    table = make_table(
        "run",
        "state",
        "steps >",
        "ps >",
        "ns/day >",
        "T (K) >",
        "P (GPa) >",
        "drift >",
        "left >",
        "time >",
        "tries >",
        "why",
    )
    for run in runs:
        entry, conditions = run.entry, run.entry.conditions
        pace = run.nanoseconds_a_day
        drift = conditions.drift_mev_per_atom_ps
        left, unknown = work_left_s([run])
        table.add_row(
            short_name(entry.path),
            f"[{STYLES[entry.state]}]{entry.state}[/]",
            f"{run.steps_done}/{run.steps}" if run.steps else "",
            f"{run.picoseconds_done:.3g}/{run.picoseconds:.3g}" if run.steps else "",
            f"{pace:.3g}" if pace else "",
            against(conditions.temperature_k, conditions.temperature_error_k, run.temperature_k, 0),
            against(conditions.pressure_gpa, conditions.pressure_error_gpa, run.pressure_gpa, 1),
            "" if drift is None else f"{drift:.2g}",
            roughly(left) if left and not unknown else "",
            duration(entry.seconds) if entry.seconds else "",
            str(entry.attempts),
            escape(entry.reason),
        )
    table.caption = (
        "drift in meV per atom and ps" if any(run.entry.conditions.drift_mev_per_atom_ps for run in runs) else None
    )
    return table


def against(value: float | None, error: float | None, asked: float | None, digits: int) -> str:
    """Write a mean with its error beside what was asked for: ``803 ± 5 (800)``."""
    if value is None:
        return "" if asked is None else f"({asked:g})"
    width = "" if error is None else f" ± {error:.{digits}f}"
    return f"{value:.{digits}f}{width}" + ("" if asked is None else f" ({asked:g})")


def totals(runs: list[RunStanding]) -> str:
    """Say in one sentence what is done of what was asked for, what it took and what is left."""
    from llpt.study.standing import work_left_s  # noqa: PLC0415 - start-up time of the other commands

    done, asked = sum(run.picoseconds_done for run in runs), sum(run.picoseconds for run in runs)
    left, unknown = work_left_s(runs)
    at_work = max(1, sum(run.entry.state == "running" for run in runs))
    parts = [f"{done:.4g} of {asked:.4g} ps"]
    spent = sum(run.entry.core_seconds for run in runs)
    if spent:
        parts.append(f"{roughly(spent)} of cores spent")
    if left:
        others = f", and {unknown} runs of which nothing is known yet" if unknown else ""
        parts.append(f"about {roughly(left / at_work)} left with {at_work} at once{others}")
    return "; ".join(parts) + "."
