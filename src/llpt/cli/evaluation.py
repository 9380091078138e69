"""``llpt evaluate``: single points with any engine, as other programs call them."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads it
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperOption

from llpt.cli.bars import bar
from llpt.cli.console import output
from llpt.cli.foreign_options import Keys, label_keys
from llpt.cli.overwriting import Overwrite, check_file
from llpt.errors import InputError

EngineOption = Annotated[
    str,
    typer.Option(
        "--engine",
        "-e",
        metavar="SPEC",
        help="An engine:",  # EngineCommand names them
        show_default=False,
    ),
]
EngineOptions = Annotated[
    list[str] | None,
    typer.Option(
        "--option",
        metavar="KEY=VALUE",
        help="An option of the engine, as often as needed, e.g. --option ecut_ry=60 --option kpoints=mean-value.",
        show_default=False,
    ),
]


FIGURES = (".pdf", ".png", ".svg")


class EngineCommand(TyperCommand):
    """A command whose help names the engines and integrators there are, those of other packages among them."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help; only now is it worth the time to look which engines there are."""
        from llpt.dynamics import integrator_records  # noqa: PLC0415 - start-up time
        from llpt.engines import DEFAULT_REFERENCE, grammar  # noqa: PLC0415

        listed = {"engine": grammar, "integrator": integrator_records}
        for parameter in self.params:
            if isinstance(parameter, TyperOption) and parameter.name in listed:
                *others, last = listed[parameter.name]()
                parameter.help = f"{parameter.help or ''} {', '.join(others)} or {last}.".strip()
                if parameter.name == "engine" and not parameter.required:
                    parameter.default = DEFAULT_REFERENCE.name
        super().format_help(ctx, formatter)


def evaluate(
    source: Annotated[Path, typer.Argument(metavar="IN.extxyz", help="Structures, all frames.", show_default=False)],
    engine: EngineOption,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="OUT.extxyz",
            help="Where the results go; with --compare the figure: .pdf, .png or .svg.",
            show_default=False,
        ),
    ] = None,
    option: EngineOptions = None,
    *,
    compare: Annotated[
        bool,
        typer.Option(
            "--compare",
            help="Hold the results against the labels that the frames carry: a table of errors, and a figure.",
        ),
    ] = False,
    keys: Keys = None,
    overwrite: Overwrite = False,
) -> None:
    """Compute energy (E, internal), free energy (F), forces and stress of every frame of a file.

    Units: eV, eV/Å, eV/Å³ (tension positive). A value that is not finite is an error and is never written.
    """
    if compare:
        show_comparison(source, engine, split_options(option), out, overwrite=overwrite, keys=label_keys(keys))
        return
    if keys is not None:
        raise InputError("--keys names labels, which are read with --compare only.", "Add --compare.")
    if out is None:
        raise InputError(
            "The file of the results is not given.", "Give --out OUT.extxyz, or --compare for errors alone."
        )
    from llpt.engines import evaluate as compute  # noqa: PLC0415 - start-up time of the other commands
    from llpt.engines import make_engine, write_evaluated  # noqa: PLC0415
    from llpt.structure import read_structures  # noqa: PLC0415

    check_file(out, overwrite=overwrite)
    options = split_options(option)
    frames = read_structures(source)
    calculator = make_engine(engine, options)
    try:
        with bar(engine, len(frames)) as advance:
            results = compute(frames, calculator, on_frame=advance)
    finally:
        calculator.close()
    write_evaluated(out, results)
    output().print(f"{len(results)} frame{'s' if len(results) != 1 else ''} -> {out}", markup=False)


def show_comparison(
    source: Path,
    engine: str,
    options: dict[str, str],
    figure: Path | None,
    *,
    overwrite: bool,
    keys: dict[str, str] | None = None,
) -> None:
    """Print the errors of an engine on the labelled frames of a file, and draw them where a figure is asked for.

    Args:
        source: the file of labelled frames.
        engine: its SPEC.
        options: of the engine.
        figure: where it goes; None for none.
        overwrite: whether a figure that is there is replaced.
        keys: what labels are called in the file, where not as usual.

    Raises:
        InputError: the frames carry no labels, or the figure is of no known kind or is there.
    """
    from llpt.cli.label_errors import show_label_errors  # noqa: PLC0415 - start-up time of the other commands
    from llpt.engines import make_engine, read_evaluated  # noqa: PLC0415
    from llpt.engines.errors_on_labels import errors_on_labels  # noqa: PLC0415
    from llpt.report.label_errors_figure import draw_label_errors  # noqa: PLC0415

    if figure is not None:
        if figure.suffix not in FIGURES:
            raise InputError(f"{figure} is no figure.", f"Let its name end in {', '.join(FIGURES)}.")
        check_file(figure, overwrite=overwrite)
    frames = read_evaluated(source, keys=keys)
    calculator = make_engine(engine, options)
    try:
        with bar(engine, len(frames)) as advance:
            errors = errors_on_labels(frames, calculator, on_frame=advance)
    finally:
        calculator.close()
    show_label_errors(errors.accuracy)
    if figure is not None:
        draw_label_errors(errors, figure, engine=engine)
        output().print(f"Figure: {figure}", markup=False)


def split_options(given: list[str] | None) -> dict[str, str]:
    """Return ``key=value`` options as a mapping.

    Raises:
        InputError: one has no equals sign, or a key is given twice.
    """
    options: dict[str, str] = {}
    for text in given or []:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise InputError(f"--option {text} is not KEY=VALUE.", "Write for example --option ecut_ry=60.")
        if key.strip() in options:
            raise InputError(f"--option {key.strip()} is given twice.", "Give it once.")
        options[key.strip()] = value.strip()
    return options
