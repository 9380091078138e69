"""``llpt status``: how a study stands, answered from its ledger alone."""

from __future__ import annotations

import time
import tomllib
from contextlib import suppress
from pathlib import Path  # noqa: TC003 - typer reads it
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import BaseModel
from rich.console import Group
from rich.markup import escape

from llpt.campaign import short_name
from llpt.cli.console import PlainTable, duration, output, roughly
from llpt.cli.places import Directory  # noqa: TC001 - typer reads it
from llpt.cli.states import STYLES
from llpt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console, RenderableType

    from llpt.study.ledger import Entry
    from llpt.study.place import StudyPlace
    from llpt.study.running_means import RunningMeans
    from llpt.study.standing import RunStanding

NAMED = 5
"""So many runs are named in a sentence."""
LEAST_PAUSE_S, PAUSE_SHARE = 1.0, 4.0
"""A live table is drawn anew after a second, or so many times what drawing it took."""
LISTED = 50
"""Runs that are listed of each state, unless all are asked for."""


class _StoredVerdict(BaseModel):
    """What is told of a verdict.

    Args:
        value: faithful, not faithful or not resolved.
    """

    value: str = "unknown"


def status(
    directory: Directory,
    *,
    every: Annotated[bool, typer.Option("--all", help="List every run, however many there are.")] = False,
    live: Annotated[bool, typer.Option("--live", help="Draw it anew on the terminal until the campaign ends.")] = False,
    web: Annotated[bool, typer.Option("--web", help="Serve it, and the report, to a browser until Ctrl-C.")] = False,
    listen: Annotated[
        str, typer.Option("--listen", metavar="HOST", help="Of --web: the address; other than loopback asks a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="Of --web: 0 takes one that is free.", min=0, max=65535)] = 0,
) -> None:
    """Show how every run of a study stands: failed, unfinished, running, blocked, waiting or done, and why.

    Temperature and pressure are means over the steps that count, with their error, beside what was asked for; the drift
    is that of the conserved quantity. Of a run at work they are those of this moment; with --live, means over what it
    has written so far, and the table is drawn anew as the campaign goes on. With --web a browser shows the same, and
    the report, made anew as runs are done. The exit code is 0 whatever became of the runs; that of llpt run tells it.
    """
    if web:
        serve_until_stopped(directory, listen, port)
        return
    from llpt.study.place import StudyPlace  # noqa: PLC0415 - start-up time of the other commands

    place = StudyPlace.found(directory)
    console = output()
    console.print(f"[bold]{escape(name_of(place.study_file))}[/] in {escape(str(place.root))}\n")
    if live:
        draw_live(place, console, every=every)
    else:
        shown, _ = standing_lines(place, every=every)
        console.print(shown)


def draw_live(place: StudyPlace, console: Console, *, every: bool, pause: Callable[[float], None] = time.sleep) -> None:
    """Show how a study stands until no ``llpt run`` is alive in it, or Ctrl-C.

    Args:
        place: the study's directory.
        console: a terminal.
        every: whether every run is listed.
        pause: waits so many seconds.

    Raises:
        InputError: the console is no terminal.
        StorageError: the ledger cannot be read.
    """
    from rich.live import Live  # noqa: PLC0415 - start-up time of the other commands

    from llpt.study.running_means import RunningMeans  # noqa: PLC0415

    if not console.is_terminal:
        raise InputError("--live draws on a terminal, and this is none.", "Leave --live out; start llpt status again.")
    means = RunningMeans(place)
    with Live(console=console, auto_refresh=False) as screen, suppress(KeyboardInterrupt):
        while True:
            began = time.monotonic()
            shown, at_work = standing_lines(place, every=every, means=means)
            screen.update(shown, refresh=True)
            if not at_work:
                return
            pause(max(LEAST_PAUSE_S, PAUSE_SHARE * (time.monotonic() - began)))


def standing_lines(place: StudyPlace, *, every: bool, means: RunningMeans | None = None) -> tuple[Group, bool]:
    """Return how a study stands, to be printed, and whether an ``llpt run`` is alive in it.

    Args:
        place: the study's directory.
        every: whether every run is listed.
        means: those of runs at work; without them a run at work shows this moment.
    """
    from llpt.study.job_files import read_record  # noqa: PLC0415 - start-up time of the other commands
    from llpt.study.outcome import State  # noqa: PLC0415
    from llpt.study.standing import counted_by_word  # noqa: PLC0415
    from llpt.study.standing_now import study_standing  # noqa: PLC0415

    found_now = study_standing(place.root)
    if found_now is None:
        return Group("Nothing has been started."), False
    if not found_now.runs:
        return Group("The ledger holds no run. llpt run enters them, and takes up what lies in the directory."), False
    runs = list(found_now.runs)
    listed = runs if every else shortened(runs)
    if means is not None:
        listed = [run._replace(now=means.of(run)) for run in listed]
    lines: list[RenderableType] = [table_of(listed)]
    found = list(counted_by_word(runs).items())
    hidden = [f"{number - LISTED} {word}" for word, number in found if number > LISTED and not every]
    if hidden:
        lines.append(f"… and {', '.join(hidden)}; --all lists them.")
    lines += ["", ", ".join(f"{number} {word}" for word, number in found if number) + ".", totals(runs)]
    gone = [run.entry.path for run in runs if run.entry.state is State.DONE and _is_gone(place, run.entry)]
    if gone:
        named = ", ".join(short_name(path) for path in gone[:NAMED])
        more = f" and {len(gone) - NAMED} more" if len(gone) > NAMED else ""
        lines.append(f"[bold red]gone:[/] done by the ledger, but its results are not there: {escape(named + more)}.")
    if place.verdict.exists():
        stored = read_record(place.verdict, _StoredVerdict) or _StoredVerdict()
        lines.append(f"Verdict: [bold]{stored.value}[/]. Report: {escape(str(place.page))}")
    return Group(*lines), found_now.at_work


def _is_gone(place: StudyPlace, entry: Entry) -> bool:
    """Whether the results of a node that is done are not there; by its directory alone where none were ever hashed."""
    from llpt.study.contents import has_contents  # noqa: PLC0415 - start-up time of the other commands

    if has_contents(f"{place.root}/{entry.path}"):
        return False
    return bool(entry.provenance.content_hash) or not place.node(entry.path).exists()


def serve_until_stopped(directory: Path, host: str, port: int) -> None:
    """Serve a study to browsers until Ctrl-C.

    Args:
        directory: of the study.
        host: the address that is listened at.
        port: 0 to 65535; 0 takes one that is free.

    Raises:
        InputError: the directory holds no study.
        StorageError: the address cannot be listened at.
    """
    from llpt.report.live import serve  # noqa: PLC0415 - start-up time of the other commands

    with serve(directory, host=host, port=port) as server:
        output().print(f"[bold]{server.url}[/] shows the study; Ctrl-C ends it.", soft_wrap=True)
        with suppress(KeyboardInterrupt):
            server.serve_forever()


def name_of(study_file: Path) -> str:
    """Return the name of a study by its file, of which nothing else is checked.

    Raises:
        InputError: it is none.
    """
    try:
        return str(tomllib.loads(study_file.read_text(encoding="utf-8"))["study"]["name"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{study_file} is no study file.", "Restore it from a copy.") from error


def shortened(runs: list[RunStanding]) -> list[RunStanding]:
    """Return the first runs of each state."""
    listed: dict[str, int] = {}
    kept = []
    for run in runs:
        word = run.word
        listed[word] = listed.get(word, 0) + 1
        if listed[word] <= LISTED:
            kept.append(run)
    return kept


def table_of(runs: list[RunStanding]) -> PlainTable:
    """Return one row for each run."""
    from llpt.study.standing import work_left_s  # noqa: PLC0415 - start-up time of the other commands

    table = PlainTable(
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
    drifts = False
    for run in runs:
        entry, conditions = run.entry, run.conditions
        pace = run.nanoseconds_a_day
        drift = conditions.drift_mev_per_atom_ps
        drifts |= bool(drift)
        left, unknown = work_left_s([run])
        table.add_row(
            short_name(entry.path),
            f"[{STYLES[entry.state]}]{run.word}[/]",
            f"{run.steps_done}/{run.steps}" if run.steps else "",
            f"{run.picoseconds_done:.3g}/{run.picoseconds:.3g}" if run.steps else "",
            f"{pace:.3g}" if pace else "",
            against(conditions.temperature_k, conditions.temperature_error_k, run.temperature_k, 0),
            against(conditions.pressure_gpa, conditions.pressure_error_gpa, run.pressure_gpa, 1),
            "" if drift is None else f"{drift:.2g}",
            roughly(left) if left and not unknown else "",
            duration(entry.seconds) if entry.seconds else "",
            str(entry.attempts),
            escape(entry.reason or run.doing),
        )
    table.caption = "drift in meV per atom and ps" if drifts else None
    return table


def against(value: float | None, error: float | None, asked: float | None, digits: int) -> str:
    """Write a mean with its error beside what was asked for: ``803 ± 5 (800)``.

    Args:
        value: the mean; None where there is none yet.
        error: its standard error, in the same unit; None where it is not known.
        asked: what was asked for; None where nothing was.
        digits: digits after the point, >= 0.
    """
    if value is None:
        return "" if asked is None else f"({asked:g})"
    width = "" if error is None else f" ± {error:.{digits}f}"
    return f"{value:.{digits}f}{width}" + ("" if asked is None else f" ({asked:g})")


def totals(runs: list[RunStanding]) -> str:
    """Say in one sentence what is done of what was asked for, what it took and what is left."""
    from llpt.study.outcome import State  # noqa: PLC0415 - start-up time of the other commands
    from llpt.study.standing import work_left_s  # noqa: PLC0415 - start-up time of the other commands

    done, asked = sum(run.picoseconds_done for run in runs), sum(run.picoseconds for run in runs)
    left, unknown = work_left_s(runs)
    at_work = max(1, sum(run.entry.state is State.RUNNING for run in runs))
    parts = [f"{done:.4g} of {asked:.4g} ps"]
    spent = sum(run.entry.core_seconds for run in runs)
    if spent:
        parts.append(f"{roughly(spent)} of cores spent")
    if left:
        others = f", and {unknown} runs of which nothing is known yet" if unknown else ""
        parts.append(f"about {roughly(left / at_work)} left with {at_work} at once{others}")
    return "; ".join(parts) + "."
