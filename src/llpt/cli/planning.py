"""``llpt init`` and ``llpt plan``: before anything is spent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from llpt.campaign import RunIdentity, short_name
from llpt.cli.bars import bar
from llpt.cli.console import PlainTable, messages, output, roughly, typed
from llpt.cli.schemas import SCHEMA_FILE, Described, schema_text
from llpt.cli.trust import comes_from_elsewhere, files_outside, foreign_code
from llpt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llpt.study import Node, Plan, PlannedRun
    from llpt.study.engine_sections import ExecutionSection


def init(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")] = Path("study.toml"),
    atoms: Annotated[
        list[int] | None,
        typer.Option(
            "--atoms",
            "-N",
            min=2,
            metavar="N",
            help="Size of the cells, as often as needed; up to 128 atoms get a mesh of k-points.",
        ),
    ] = None,
    sources: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            metavar="DIR|MODEL",
            help="Fit the study to what is there: a folder of runs, a potential, or both.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write a commented study file to start from, and beside it the schema that editors check it by.

    From a folder of runs come elements, sizes, temperatures, pressures or densities, time step and length, of VASP
    also functional, cutoff, k-points and the electrons' temperature; from a potential its engine and elements.
    """
    from llpt.files import make_directory, write_atomically  # noqa: PLC0415 - start-up time of the other commands

    if path.exists() or path.is_symlink():
        raise InputError(f"{path} exists already; nothing was changed.", "Give another name, or remove the file.")
    make_directory(path.parent)
    text = fitting_text(sources or [], path, atoms or [])
    write_atomically(path.parent / SCHEMA_FILE, schema_text(Described.STUDY))
    write_atomically(path, text)
    output().print(f"Wrote {escape(str(path))}, and {SCHEMA_FILE} for editors. Next: [bold]llpt plan {typed(path)}[/]")


def fitting_text(sources: Sequence[str], path: Path, atoms: Sequence[int]) -> str:
    """Return the text of a study file that fits what is there.

    Args:
        sources: at most one folder of runs and one potential.
        path: where the study file will lie.
        atoms: sizes of the cells, where a person gives them.

    Raises:
        InputError: there are two of a kind, or one is neither.
    """
    from llpt.study.existing_runs import existing_runs  # noqa: PLC0415 - start-up time of the other commands
    from llpt.study.fitting import is_model, study_for_model, study_for_runs  # noqa: PLC0415
    from llpt.study.template import study_template  # noqa: PLC0415

    models = [source for source in sources if is_model(source)]
    folders = [Path(source) for source in sources if source not in models]
    if len(models) > 1 or len(folders) > 1:
        raise InputError("--from names two of a kind.", "Give one folder of runs, one potential, or one of each.")
    model = models[0] if models else None
    if folders:
        with bar("reading runs", transient=True) as advance:
            found = existing_runs(folders[0], lambda done, total, name: advance(done, f"reading {name}", total=total))
        for sentence in found.left_out:
            messages().print(f"[bold yellow]left out:[/] {escape(sentence)}")
        return study_for_runs(found, folders[0], path, model=model, atoms=atoms)
    return study_template(atoms, name=path.name) if model is None else study_for_model(model, path, atoms)


def plan(
    study: Annotated[
        Path,
        typer.Argument(metavar="STUDY", help="A study file, or the directory of a study.", show_default=False),
    ],
    every: Annotated[bool, typer.Option("--all", help="List every run, not one line for each ladder.")] = False,
) -> None:
    """List a study's runs, what they wait for, and what they will cost, before anything is spent."""
    from llpt.study import StudyDirectory, make_plan, read_study  # noqa: PLC0415 - start-up time
    from llpt.study.cores import available_cores  # noqa: PLC0415
    from llpt.study.explaining_runs import labels_beforehand  # noqa: PLC0415
    from llpt.study.few_kpoints import warnings_of  # noqa: PLC0415
    from llpt.study.lines import naming_lines  # noqa: PLC0415
    from llpt.study.paces import known_paces, place_of  # noqa: PLC0415
    from llpt.study.preflight import check_what_is_named  # noqa: PLC0415
    from llpt.study.schedule import contents_of, times_of_study  # noqa: PLC0415

    if study.is_dir():
        description = StudyDirectory.open(study).study
        graph = make_plan(description)
    else:
        description = read_study(study)
        with naming_lines(study):
            graph = make_plan(description)
            check_what_is_named(description, graph, study.resolve().parent)
    place = study if study.is_dir() else study.resolve().parent
    contents = contents_of(graph, place, copies=study.is_dir())
    times = times_of_study(graph, {}, known_paces(place_of(description.execution)), contents)
    costs = {node.path: node.cost_s(times) for node in graph.nodes}
    console = output()
    console.print(f"[bold]{escape(description.study.name)}[/]  (seed {description.study.seed})\n")
    console.print(node_table(graph, costs) if every else ladder_table(graph, costs))
    cores = available_cores(description.execution)
    measured = sum(times.was_measured(run) for run in graph.runs)
    console.print(summary(graph, costs, cores, measured=measured, execution=description.execution), soft_wrap=True)
    for sentence in labels_beforehand(description):
        console.print(f"\n[bold]Labels:[/] {escape(sentence)}", soft_wrap=True)
    for line in foreign_code(graph, description.execution.provider, beside=place):
        console.print(escape(line), soft_wrap=True)
    if not study.is_dir() and comes_from_elsewhere(study):
        for line in files_outside(description, place):
            console.print(escape(line), soft_wrap=True)
    for warning in warnings_of(description):
        console.print(f"\n[bold yellow]Few k-points:[/] {escape(warning)}", soft_wrap=True)


def ladder_table(plan: Plan, costs: Mapping[str, float]) -> PlainTable:
    """Return one row for each ladder (engine, N, line of states, test) of a plan, and for each other node."""
    from llpt.study.nodes import runs_among  # noqa: PLC0415 - start-up time

    table = PlainTable(
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
    ladders: dict[object, list[Node]] = {}
    for node in plan.nodes:
        ladders.setdefault(node.row, []).append(node)
    for nodes in ladders.values():
        runs = runs_among(nodes)
        seconds = sum(costs[node.path] for node in nodes)
        if not runs:
            cells = [
                nodes[0].engine_folder,
                "",
                "",
                nodes[0].part,
                "",
                "1",
                "",
                "",
                "",
                roughly(seconds),
                reference_runs(nodes[0]),
            ]
        else:
            cells = [
                runs[0].engine_folder,
                str(runs[0].atoms),
                runs[0].state.line,
                runs[0].part,
                spelled({run.state.temperature_k for run in runs}),
                str(len(runs)),
                spelled({run.steps for run in runs}),
                f"{sum(run.picoseconds for run in runs):.4g}",
                f"{(seconds / sum(run.steps for run in runs)):.2g}",
                roughly(seconds),
                waits_for(runs),
            ]
        table.add_row(*cells)
    return table


def reference_runs(node: Node) -> str:
    """Say how many runs a node that is no run waits for."""
    return f"{len(node.after)} reference runs"


def node_table(plan: Plan, costs: Mapping[str, float], *, only: Sequence[Node] | None = None) -> PlainTable:
    """Return one row for each node of a plan, or for some of them.

    Args:
        plan: the study's nodes.
        costs: seconds of each node, by its path.
        only: those shown; None for all.
    """
    table = PlainTable(
        "run",
        "part",
        "steps >",
        "fs >",
        "ps >",
        "s/step >",
        "time >",
        "after",
    )
    runs = {run.path: run for run in plan.runs}
    for node in plan.nodes if only is None else only:
        seconds = costs[node.path]
        run = runs.get(node.path)
        if run is not None:
            dynamics = [str(run.steps), f"{run.timestep_fs:.3f}", f"{run.picoseconds:.3g}"]
            dynamics.append(f"{seconds / run.steps:.2g}")
            after = ", ".join(short_name(parent) for parent in node.after) or "nothing"
        else:
            dynamics, after = ["", "", "", ""], reference_runs(node)
        table.add_row(short_name(node.path), node.part, *dynamics, roughly(seconds), after)
    return table


def waits_for(runs: Sequence[PlannedRun]) -> str:
    """Say in a few words what a ladder waits for."""
    parts = []
    inside = {run.path for run in runs}
    outside = {parent for run in runs for parent in run.after} - inside
    if any(parent in inside for run in runs for parent in run.after):
        parts.append("each other")
    if any(not RunIdentity.parse(parent) for parent in outside):
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


def summary(plan: Plan, costs: Mapping[str, float], cores: int, *, measured: int, execution: ExecutionSection) -> str:
    """Return the totals of a plan, and what they rest on.

    Args:
        plan: the plan.
        costs: seconds of every node.
        cores: processor cores of the machine, or of a node.
        measured: runs whose engine was measured on this machine before.
        execution: where the runs are done.
    """
    from llpt.study import makespan_s  # noqa: PLC0415
    from llpt.study.engine_sections import ProviderKind  # noqa: PLC0415
    from llpt.study.schedule import node_threads  # noqa: PLC0415

    picoseconds = sum(run.picoseconds for run in plan.runs)
    held = sum(costs[path] * threads for path, threads in node_threads(plan, cores).items())
    total = f"{roughly(sum(costs.values()))} of work one run after another, {held / 3600.0:.3g} core-hours"
    if execution.where is ProviderKind.LOCAL:
        total += f"; {roughly(makespan_s(plan, costs, cores))} on this study's {cores} cores"
    else:
        total += f"; {held / cores / 3600.0:.3g} node-hours on nodes of {cores} cores"
    table = "a short table (2 cores of one machine, good to a factor of about two); llpt run corrects it as it goes"
    basis = {
        0: f"These are estimates from {table}.",
        len(plan.runs): "Every step is as measured on this machine before.",
    }
    some = f"{measured} of {len(plan.runs)} runs by steps measured on this machine before, the others from {table}."
    return f"""
{plan.in_words}, {picoseconds:.4g} ps in all.
Estimated: {total}.
{basis.get(measured, some)}"""
