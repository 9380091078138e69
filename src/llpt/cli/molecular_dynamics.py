"""``llpt md``: one molecular-dynamics run with any engine."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads it
from typing import TYPE_CHECKING, Annotated

import typer

from llpt.cli.bars import bar
from llpt.cli.console import duration, messages, output
from llpt.cli.defaults import command_with_settings, given
from llpt.cli.evaluation import EngineOption, EngineOptions, split_options
from llpt.cli.exits import EXIT_FAILED, EXIT_INTERRUPTED
from llpt.errors import InputError

if TYPE_CHECKING:
    from llpt.dynamics import Progress

MdCommand = command_with_settings("llpt.dynamics:RunSettings")


def md(  # noqa: PLR0917 - typer takes arguments by position
    source: Annotated[
        Path, typer.Argument(metavar="FILE", help="A structure file; its last frame is the start.", show_default=False)
    ],
    engine: EngineOption,
    temperature: Annotated[
        float, typer.Option("--temperature-k", "-T", metavar="K", show_default=False, help="Temperature.")
    ],
    steps: Annotated[int, typer.Option("--steps", "-n", metavar="N", show_default=False, help="Steps in all.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="The run's directory.", show_default=False)],
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", show_default=False, help="Seed of velocities and thermostat.")
    ],
    ensemble: Annotated[str, typer.Option(help="nve, nvt or npt.")] = "npt",
    pressure: Annotated[
        float | None, typer.Option("--pressure-gpa", "-P", metavar="GPA", help="Pressure, for npt.", show_default=False)
    ] = None,
    timestep_fs: Annotated[
        str | None,
        typer.Option("--timestep-fs", metavar="FS", help="Time step, or auto: by temperature and density."),
    ] = None,
    thermostat: Annotated[
        str | None, typer.Option(help="svr or langevin; nose-hoover with another --integrator than ipi.")
    ] = None,
    integrator: Annotated[str | None, typer.Option(help="Whose code moves the atoms:")] = None,
    beads: Annotated[
        int | None,
        typer.Option(
            "--beads", metavar="P", help="Copies that make up a path integral of quantum nuclei.", show_default="1"
        ),
    ] = None,
    isotope: Annotated[
        str | None, typer.Option(metavar="D|T", help="Mass of the nuclei.", show_default="natural hydrogen")
    ] = None,
    checkpoint: Annotated[
        int | None,
        typer.Option("--checkpoint-every", metavar="N", help="Steps between checkpoints.", show_default="1 %"),
    ] = None,
    positions_every: Annotated[
        int | None, typer.Option("--positions-every", metavar="N", help="Steps between stored positions.")
    ] = None,
    spread: Annotated[
        float | None,
        typer.Option(
            "--maximum-force-spread",
            metavar="EV/Å",
            help="Stop where a committee's members differ more than this on a force.",
            show_default=False,
        ),
    ] = None,
    option: EngineOptions = None,
) -> None:
    """Run molecular dynamics; the same command again continues it to the number of steps."""
    from llpt.dynamics import RunSettings, RunState, options_to_go_on_with, run_md  # noqa: PLC0415 - start-up time of the other commands
    from llpt.engines import make_engine  # noqa: PLC0415
    from llpt.structure import read_structures  # noqa: PLC0415

    values = given(
        ensemble=ensemble,
        temperature_k=temperature,
        pressure_gpa=pressure,
        timestep_fs=None if timestep_fs is None else timestep_value(timestep_fs),
        steps=steps,
        seed=seed,
        thermostat=thermostat,
        integrator=integrator,
        beads=beads,
        isotope=isotope,
        checkpoint_every=checkpoint,
        positions_every=positions_every,
        maximum_force_spread_ev_per_angstrom=spread,
    )
    settings = RunSettings(**values)
    start = read_structures(source)[-1]
    options = options_to_go_on_with(out, engine, split_options(option))
    calculator = make_engine(engine, options, purpose=settings.purpose)
    try:
        with bar(engine, steps) as advance:

            def show(progress: Progress) -> None:
                advance(progress.step, f"{engine} {progress.temperature_k:.0f} K {progress.pressure_gpa:.0f} GPa")

            outcome = run_md(start, calculator, settings, out, on_progress=show)
    finally:
        calculator.close()
    pace = f"{outcome.seconds_per_step:.3g} s/step" if outcome.steps_done else ""
    why = f": {outcome.reason.removesuffix('.')}" if outcome.reason else ""
    output().print(f"{outcome.state}{why}, {outcome.steps_done} of {steps} steps in {out} {pace}", markup=False)
    if outcome.state is RunState.UNFINISHED:
        left = duration((steps - outcome.steps_done) * outcome.seconds_per_step)
        messages().print(f"The same command again continues it (about {left} left).", markup=False)
        raise typer.Exit(EXIT_INTERRUPTED)
    if outcome.state is RunState.FAILED:
        raise typer.Exit(EXIT_FAILED)


def timestep_value(text: str) -> float | str:
    """Read a time step: a number, or ``auto``.

    Raises:
        InputError: neither.
    """
    if text == "auto":
        return text
    try:
        return float(text)
    except ValueError as error:
        raise InputError(
            f"--timestep-fs {text} is not a number.", "Give a time step in fs, e.g. 0.25, or auto."
        ) from error
