"""The display of ``llpt run``: live bars in a terminal, plain lines elsewhere, with the time each run and all take."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from llpt.campaign import short_name
from llpt.cli.console import duration, messages
from llpt.cli.states import STYLES
from llpt.study import State
from llpt.study.standing import FIRST

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from llpt.study import Plan
    from llpt.study.execution import StudyProgress
    from llpt.study.outcome import NodeProgress

PLAIN_EVERY_S = 15.0
ROWS = 40


class Display(Protocol):
    """What shows the progress of a study."""

    def __enter__(self) -> Self:
        """Begin to show."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the screen as a person can use it."""

    def update(self, study: StudyProgress) -> None:
        """Show the study as it stands."""


def make_display(plan: Plan) -> Display:
    """Return live bars where standard error is a terminal, plain lines where it is not."""
    return LiveDisplay(plan) if sys.stderr.isatty() else PlainDisplay(plan)


def counts(study: StudyProgress) -> str:
    """Say how many runs are in which state: ``3 of 12 done, 1 running``."""
    parts = [f"{study.count(State.DONE)} of {len(study.nodes)} done"]
    others = (State.RUNNING, State.FAILED, State.BLOCKED, State.UNFINISHED)
    parts += [f"{study.count(state)} {state}" for state in others if study.count(state)]
    return ", ".join(parts)


class LiveDisplay:
    """Bars for what runs, one for all, the last few ends below.

    Args:
        plan: the plan that is being done.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._live = Live(console=messages(), refresh_per_second=4, transient=False)
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, error, trace)

    def update(self, study: StudyProgress) -> None:
        """Draw the bars."""
        self._live.update(Group(self._all(study), self._running(study)))

    def _all(self, study: StudyProgress) -> Table:
        table = Table.grid(padding=(0, 2))
        total = sum(max(1, self._plan[name].steps) for name in study.nodes)
        done = sum(self._steps_done(study, name) for name in study.nodes)
        left = "stopping …" if study.stopping else f"about {duration(study.remaining_s)} left"
        table.add_row(
            Text("study", style="bold"),
            ProgressBar(total=total, completed=done, width=32),
            Text(f"{counts(study)}, {left}, {duration(time.monotonic() - self._began)} so far"),
        )
        return table

    def _steps_done(self, study: StudyProgress, path: str) -> float:
        node = study.nodes[path]
        total = max(1, self._plan[path].steps)
        if node.state is State.DONE:
            return total
        return min(total, float(node.progress.steps_done or 0))

    def _running(self, study: StudyProgress) -> Table:
        """Return what failed first, then what runs; no more than a screen holds."""
        table = Table.grid(padding=(0, 2))
        shown = {State.RUNNING, State.FAILED, State.BLOCKED}
        ordered = sorted(study.nodes.items(), key=lambda item: FIRST.index(item[1].state))
        for path, node in [item for item in ordered if item[1].state in shown][:ROWS]:
            if node.state is State.RUNNING:
                total = float(node.progress.steps or self._plan[path].steps or 1)
                done = float(node.progress.steps_done or 0)
                table.add_row(
                    Text(short_name(path), style=STYLES[node.state]),
                    ProgressBar(total=total, completed=done, width=32, pulse=done == 0),
                    Text(f"{done:.0f}/{total:.0f}"),
                    Text(described(node.progress)),
                    Text(f"{duration(node.remaining_s)} left", style="dim"),
                )
            else:
                table.add_row(
                    Text(short_name(path), style=STYLES[node.state]),
                    Text(str(node.state)),
                    Text(),
                    Text(node.reason),
                )
        return table


class PlainDisplay:
    """One line for each change of state, and one every 15 seconds in between.

    Args:
        plan: the plan that is being done.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._console = messages()
        self._states: dict[str, State] = {}
        self._next = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def update(self, study: StudyProgress) -> None:
        """Print what is new; a full disk under what was printed so far stops no run."""
        with suppress(OSError):
            self._print(study)

    def _print(self, study: StudyProgress) -> None:
        changed = False
        for path, node in study.nodes.items():
            before = self._states.get(path, State.WAITING)
            if node.state is not before:
                why = f": {node.reason}" if node.reason else ""
                self._console.print(f"{path}: {node.state}{why}", markup=False)
                changed = True
            self._states[path] = node.state
        if time.monotonic() >= self._next or changed:
            self._next = time.monotonic() + PLAIN_EVERY_S
            running = [
                f"{short_name(name)} {node.progress.steps_done or 0}/"
                f"{node.progress.steps or self._plan[name].steps or '?'} {described(node.progress)}".strip()
                for name, node in study.nodes.items()
                if node.state is State.RUNNING
            ]
            left = "stopping" if study.stopping else f"about {duration(study.remaining_s)} left"
            self._console.print("; ".join([f"{counts(study)}; {left}", *running]), markup=False)


def described(progress: NodeProgress) -> str:
    """Write what a running node says of itself: temperature, pressure, density, or a message."""
    numbers = (
        (progress.temperature_k, "K", 0),
        (progress.pressure_gpa, "GPa", 0),
        (progress.density_g_per_cm3, "g/cm³", 3),
    )
    parts = [f"{value:.{digits}f} {unit}" for value, unit, digits in numbers if value is not None]
    return " ".join([*parts, *([progress.message] if progress.message else [])])
