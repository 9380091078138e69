"""``llpt audit-model``: a model against runs of its reference that were made elsewhere, from files to verdict."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads it
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from llpt.cli.bars import bar
from llpt.cli.console import output, roughly
from llpt.cli.evaluation import EngineOptions, split_options
from llpt.cli.foreign_options import (
    Discard,
    Elements,
    ForeignUnits,
    FrameInterval,
    check_one_held,
    element_list,
    temperature_of_electrons,
)
from llpt.cli.importing_trees import import_runs, show_tree
from llpt.cli.label_errors import show_label_errors
from llpt.errors import InputError
from llpt.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llpt.study import Plan, StudyDirectory


def audit_model(  # noqa: PLR0917 - typer takes arguments by position
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL", help="A SPEC such as mace:FILE or n2p2:DIR, or the file or directory.", show_default=False
        ),
    ],
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUNS…", help="Folders of the reference's runs, one run a folder.", show_default=False),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="The study, made if it is new.", show_default=False)
    ],
    label: Annotated[str, typer.Option("--label", metavar="TEXT", help="What the reference is called.")] = "reference",
    temperature: Annotated[
        float | None,
        typer.Option("--temperature-k", "-T", metavar="K", help="Of all runs; else from each.", show_default=False),
    ] = None,
    pressure: Annotated[
        float | None,
        typer.Option("--pressure-gpa", "-P", metavar="GPA", help="Of all runs; else from each.", show_default=False),
    ] = None,
    constant_volume: Annotated[bool, typer.Option("--constant-volume", help="No run had a barostat.")] = False,
    electronic: Annotated[
        str | None,
        typer.Option(
            "--electronic-temperature-k",
            metavar="K",
            help="T_el where files do not say it: a number, 0 if cold, or ionic.",
            show_default=False,
        ),
    ] = None,
    interval: FrameInterval = None,
    discard: Discard = 0,
    elements: Elements = None,
    units: ForeignUnits = None,
    despite: Annotated[
        list[str] | None,
        typer.Option("--despite", metavar="CHECK", help="Leave out a check; a refusal names it.", show_default=False),
    ] = None,
    option: EngineOptions = None,
    name: Annotated[str, typer.Option("--name", metavar="TEXT", help="Of a new study.")] = "A model against its runs",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say which runs were found and would be made; write nothing.")
    ] = False,
    stop_after: Annotated[
        str | None,
        typer.Option("--stop-after", metavar="TIME", help="Stop as Ctrl-C does after this time: 90s, 30min, 2h, 1d."),
    ] = None,
) -> None:
    """Audit a model: read the reference's runs, do each once more with the model, compare, and write the report.

    Every run of the model has the state, size, first frame, time step and length of the run it repeats. The plan is
    printed before anything is run; the same command again goes on where it was, and takes in runs that were added.
    """
    from llpt.campaign import Role  # noqa: PLC0415 - start-up time of the other commands
    from llpt.cli.running import run as run_study  # noqa: PLC0415
    from llpt.study import StudyDirectory, make_plan  # noqa: PLC0415
    from llpt.study.import_tree import Given, runs_below  # noqa: PLC0415
    from llpt.study.model_study import check_same_model, model_study, spec_of  # noqa: PLC0415
    from llpt.study.place import STUDY_FILE  # noqa: PLC0415
    from llpt.trajectory.foreign.statements import checks_of  # noqa: PLC0415

    check_one_held(pressure, constant_volume=constant_volume)
    spec, options = spec_of(model), split_options(option)
    new = model_study(spec, options, name=name, label=label)
    given = Given(
        role=Role.REFERENCE,
        label=label,
        temperature_k=temperature,
        pressure_gpa=pressure,
        constant_volume=constant_volume,
        electronic_temperature_k=temperature_of_electrons(electronic),
        frame_interval_fs=interval,
        discard=discard,
        elements=element_list(elements),
        units=units,
        despite=checks_of(despite or []),
    )
    if (out / STUDY_FILE).is_file():
        check_same_model(StudyDirectory.open(out).study, spec, options)
    found = runs_below(runs, given, study=out)
    whole = show_tree(import_runs(out, found, given, new=new, dry=dry_run), out, dry=dry_run)
    if dry_run:
        return
    if not whole:
        raise InputError(
            "Some runs were refused (see above), and nothing was run.",
            "Mend or remove them and give the command again; what was taken in is kept.",
        )
    directory = StudyDirectory.open(out)
    plan = make_plan(directory.study)
    show_plan(directory, plan, show_trial(directory, plan))
    run_study(out, stop_after=stop_after)


def show_trial(directory: StudyDirectory, plan: Plan) -> Mapping[str, float]:
    """Try the model on frames of its reference, print and draw its errors, and return its pace by run."""
    from llpt.report.label_errors_figure import draw_label_errors  # noqa: PLC0415 - start-up time
    from llpt.study.model_trial import try_model  # noqa: PLC0415

    console = output()
    with bar("frames of the reference, with the model", transient=True) as advance:
        trial = try_model(directory, plan, on_frame=lambda done, frames: advance(done, total=frames))
    if trial.errors is None:
        console.print("The reference's runs hold no forces: the model's errors on their frames are not known.")
        return trial.seconds_per_step
    console.print(f"\n[bold]The model on {len(trial.errors.dataset)} frames of the reference's own runs[/]")
    show_label_errors(trial.errors.accuracy)
    figure = directory.results / "model-errors.pdf"
    draw_label_errors(
        trial.errors, figure, engine=directory.study.surrogate.engine if directory.study.surrogate else ""
    )
    write_atomically(directory.results / "model-errors.json", trial.errors.accuracy.model_dump_json(indent=1) + "\n")
    console.print(f"Figure: {figure}", markup=False)
    return trial.seconds_per_step


def show_plan(directory: StudyDirectory, plan: Plan, paces: Mapping[str, float]) -> None:
    """Print the model's runs and what they will cost at its measured pace.

    Args:
        directory: the study.
        plan: its nodes.
        paces: seconds of an MD step, by the path of the run.
    """
    from llpt.cli.planning import node_table  # noqa: PLC0415 - start-up time of the other commands
    from llpt.cli.trust import foreign_code  # noqa: PLC0415
    from llpt.study import estimate_costs, makespan_s  # noqa: PLC0415
    from llpt.study.cores import available_cores  # noqa: PLC0415

    costs = estimate_costs(plan, paces)
    own = plan.own_runs
    console = output()
    console.print("\n[bold]Plan[/]: each run of the reference once more with the model\n")
    cores = available_cores(directory.study.execution)
    console.print(node_table(plan, costs, only=own))
    left = {path: cost if path in paces else 0.0 for path, cost in costs.items()}
    seconds = roughly(makespan_s(plan, left, cores))
    console.print(
        f"{len(own)} runs, {sum(run.picoseconds for run in own):.4g} ps; about {seconds} on {cores} cores, "
        "by the time of one evaluation of each size.\n"
    )
    for line in foreign_code(plan, directory.study.execution.provider):
        console.print(escape(line), soft_wrap=True)
