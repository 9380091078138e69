"""``llpt init`` and ``llpt plan``: before anything is spent."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from llpt.campaign import ControlledTest, Role, RunIdentity, short_name
from llpt.cli.console import make_table, output, roughly
from llpt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from llpt.study import Costs, Plan, PlannedRun

StudyPath = Annotated[Path, typer.Argument(metavar="STUDY", help="A study file.", show_default=False)]


def init(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")] = Path("study.toml"),
) -> None:
    """Write a commented study file to start from.

    Example: [bold]llpt init study.toml[/]
    """
    from llpt.files import make_directory, write_atomically  # noqa: PLC0415 - start-up time of the other commands

    if path.exists():
        raise InputError(f"{path} exists already; nothing was changed.", "Give another name, or remove the file.")
    make_directory(path.parent)
    write_atomically(path, files("llpt.study").joinpath("template.toml").read_text(encoding="utf-8"))
    output().print(f"Wrote {path}. Next: [bold]llpt plan {path}[/]")


def plan(
    study: StudyPath,
    every: Annotated[bool, typer.Option("--all", help="List every run, not one line for each ladder.")] = False,
) -> None:
    """List a study's runs, what they wait for, and what they will cost, before anything is spent.

    Example: [bold]llpt plan examples/karasiev2021.toml[/]
    """
    from llpt.study import estimate_costs, make_plan, read_study  # noqa: PLC0415 - start-up time
    from llpt.study.inputs import named_inputs  # noqa: PLC0415
    from llpt.study.providers import available_cores  # noqa: PLC0415

    description = read_study(study)
    named_inputs(description, study.resolve().parent)
    graph = make_plan(description)
    costs = estimate_costs(graph)
    console = output()
    console.print(f"[bold]{escape(description.study.name)}[/]  (seed {description.study.seed})\n")
    console.print(run_table(graph, costs) if every else ladder_table(graph, costs))
    cores = available_cores(description.execution)
    console.print(summary(graph, costs, cores), soft_wrap=True)


def ladder_table(plan: Plan, costs: Costs) -> Table:
    """Return one row for each ladder (engine, N, line of states, test) of a plan."""
    table = make_table(
        "engine",
        "atoms >",
        "line",
        "part",
        "T (K)",
        "runs >",
        "steps >",
        "ps >",
        "s/step >",
        "time >",
        "after",
    )
    ladders: dict[tuple[str, Role, int, str, ControlledTest], list[PlannedRun]] = {}
    for run in plan.runs:
        ladders.setdefault((run.engine_folder, run.role, run.atoms, run.state.line, run.test), []).append(run)
    rows = sorted(ladders.items(), key=lambda item: item[1][0].role is not Role.REFERENCE)
    trained = plan.training is None
    for (folder, role, atoms, line, test), runs in rows:
        if role is Role.SURROGATE and not trained:
            _training_row(table, plan, costs)
            trained = True
        seconds = sum(costs.seconds[run.path] for run in runs)
        table.add_row(
            folder,
            str(atoms),
            line,
            test.replace("_", " "),
            spelled({run.state.temperature_k for run in runs}),
            str(len(runs)),
            spelled({run.steps for run in runs}),
            f"{sum(run.picoseconds for run in runs):.4g}",
            f"{(seconds / sum(run.steps for run in runs)):.2g}",
            roughly(seconds),
            waits_for(runs),
        )
    return table


def _training_row(table: Table, plan: Plan, costs: Costs) -> None:
    training = plan.training
    assert training is not None
    table.add_row(
        training.engine_folder,
        "",
        "",
        "training",
        "",
        "1",
        "",
        "",
        "",
        roughly(costs.seconds[training.path]),
        f"{len(training.after)} reference runs",
    )


def run_table(plan: Plan, costs: Costs) -> Table:
    """Return one row for each run of a plan."""
    table = make_table(
        "run",
        "part",
        "steps >",
        "fs >",
        "ps >",
        "s/step >",
        "time >",
        "after",
    )
    for path in plan.paths:
        seconds = costs.seconds[path]
        if path not in plan:
            part = "training" if plan.training and path == plan.training.path else "single points"
            after = f"{len(plan.after(path))} reference runs"
            table.add_row(path, part, "", "", "", "", roughly(seconds), after)
            continue
        run = plan[path]
        table.add_row(
            short_name(path),
            run.test.replace("_", " "),
            str(run.steps),
            f"{run.timestep_fs:.3f}",
            f"{run.picoseconds:.3g}",
            f"{seconds / run.steps:.2g}",
            roughly(seconds),
            ", ".join(short_name(parent) for parent in run.after) or "nothing",
        )
    return table


def waits_for(runs: Sequence[PlannedRun]) -> str:
    """Say in a few words what a ladder waits for."""
    parts = []
    inside = {run.path for run in runs}
    outside = {parent for run in runs for parent in run.after} - inside
    if any(parent in inside for run in runs for parent in run.after):
        parts.append("each other")
    if any(parent.startswith("models/") for parent in outside):
        parts.append("the model")
    if any(RunIdentity.parse(parent) for parent in outside):
        parts.append("the base runs")
    return ", ".join(parts) or "nothing"


def spelled(values: set[float] | set[int]) -> str:
    """Write a few values one by one, and many as a range: ``700, 800, 900`` or ``700 … 1200``."""
    ordered = sorted(values)
    if len(ordered) <= 4:
        return ", ".join(f"{value:g}" for value in ordered)
    return f"{ordered[0]:g} … {ordered[-1]:g}"


def summary(plan: Plan, costs: Costs, cores: int) -> str:
    """Return the totals of a plan, and what they rest on."""
    from llpt.study import makespan_s  # noqa: PLC0415

    picoseconds = sum(run.picoseconds for run in plan.runs)
    alone, together = roughly(costs.total_s), roughly(makespan_s(plan, costs.seconds, cores))
    return f"""
{plan.in_words}, {picoseconds:.4g} ps in all.
Estimated: {alone} of work one run after another; {together} on this study's {cores} cores.
These are estimates from a short table (2 cores of one machine, good to a factor of about two), not measurements; \
llpt run corrects them as it goes."""
