"""``llpt optics``: conductivity, dielectric function and reflectivity of snapshots by the Kubo–Greenwood formula."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads it
from typing import TYPE_CHECKING, Annotated

import typer

from llpt.cli.bars import bar
from llpt.cli.console import PlainTable, messages, output
from llpt.cli.defaults import command_with_settings, given
from llpt.cli.evaluation import EngineOptions, split_options
from llpt.cli.overwriting import Overwrite, check_directory, check_same_results
from llpt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.dft import LineShape
    from llpt.observables import OpticsResult, Snapshots

OpticsCommand = command_with_settings("llpt.observables:OpticsSettings")


def optics(  # noqa: PLR0917 - typer takes arguments by position
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="SNAPSHOTS...", help="Structure files (all frames), or one run directory.", show_default=False
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="DIR", help="Where the results go.", show_default="RUN/optics for a run directory"
        ),
    ] = None,
    frames: Annotated[
        int, typer.Option("--frames", metavar="N", help="Snapshots taken from a run, evenly spaced.")
    ] = 10,
    discard: Annotated[
        int | None,
        typer.Option(
            "--discard-steps", metavar="N", help="Steps at the start of a run to leave out.", show_default="half"
        ),
    ] = None,
    bands: Annotated[
        str, typer.Option("--bands", metavar="N", help="Number of bands, or auto: enough for the sum rule.")
    ] = "auto",
    mesh: Annotated[
        str | None,
        typer.Option(
            "--mesh",
            metavar="K",
            help="k-points of the spectrum, e.g. 6x6x6, from the bands at those of the ground state.",
            show_default="those of the ground state",
        ),
    ] = None,
    broadening_ev: Annotated[
        float | None, typer.Option("--broadening-ev", metavar="EV", help="Width of the lines.")
    ] = None,
    shape: Annotated[
        str | None, typer.Option("--line-shape", help="gaussian, or lorentzian (its tails fill a gap).")
    ] = None,
    intraband: Annotated[
        bool,
        typer.Option("--intraband", help="Draw the Drude peak too: for crystals, not for fluids."),
    ] = False,
    photon_max_ev: Annotated[
        float | None, typer.Option("--photon-max-ev", metavar="EV", help="Last photon energy.")
    ] = None,
    photon_step_ev: Annotated[
        float | None, typer.Option("--photon-step-ev", metavar="EV", help="Spacing of photon energies.")
    ] = None,
    option: EngineOptions = None,
    *,
    overwrite: Overwrite = False,
) -> None:
    """Compute optical conductivity, dc limit, dielectric function and reflectivity, averaged over snapshots.

    Options are those of engine dft; for a run directory the run's own are the default. What is done is kept: the same
    command again computes only what is missing. Writes optics.json (averages, convergence) and spectrum.csv.
    """
    from llpt.engines import make_engine, optics_engine  # noqa: PLC0415 - start-up time of the other commands
    from llpt.engines.kohn_sham.engine import KohnShamEngine  # noqa: PLC0415
    from llpt.observables import OpticsSettings, optics_of_snapshots  # noqa: PLC0415
    from llpt.observables.optics import OPTICS_FILE, SNAPSHOTS  # noqa: PLC0415
    from llpt.run_file import DescribedEngine  # noqa: PLC0415

    settings = OpticsSettings(
        bands=_bands(bands),
        intraband=intraband,
        mesh=mesh,
        **given(
            broadening_ev=broadening_ev,
            shape=None if shape is None else _shape(shape),
            photon_max_ev=photon_max_ev,
            photon_step_ev=photon_step_ev,
        ),
    )
    snapshots, place = _snapshots(sources, frames, discard)
    directory = out or place
    if directory is None:
        raise InputError("--out is not given.", "Say where the results of structure files go, e.g. --out optics.")
    check_directory(directory, (OPTICS_FILE, SNAPSHOTS), overwrite=overwrite)
    options = {**snapshots.engine_options, **split_options(option)}
    record = optics_engine()
    engine = make_engine(record.name, options)
    assert isinstance(engine, KohnShamEngine)
    described = engine.describe()
    used = described.options
    fresh = {"engine": DescribedEngine.of(described).model_dump(mode="json"), "settings": settings.as_kept}
    check_same_results(directory / OPTICS_FILE, fresh, overwrite=overwrite)
    count = len(snapshots.frames)
    messages().print(
        f"{count} snapshot{'s' if count != 1 else ''} of {len(snapshots.frames[0])} atoms: "
        + ", ".join(f"{key} {used[key]}" for key in record.theory),
        markup=False,
    )
    try:
        with bar("optics", count) as advance:
            result = optics_of_snapshots(snapshots.frames, engine, settings, directory, on_snapshot=advance)
    finally:
        engine.close()
    _show(result)
    output().print(f"Results: {directory}", markup=False)


def _bands(text: str) -> int | None:
    if text == "auto":
        return None
    try:
        return int(text)
    except ValueError as error:
        raise InputError(f"--bands {text} is not a whole number.", "Give a number of bands, or auto.") from error


def _shape(text: str) -> LineShape:
    from llpt.dft import LineShape  # noqa: PLC0415

    try:
        return LineShape(text)
    except ValueError as error:
        raise InputError(f"--line-shape {text} is not known.", f"Give {' or '.join(LineShape)}.") from error


def _snapshots(sources: Sequence[Path], frames: int, discard: int | None) -> tuple[Snapshots, Path | None]:
    """Return the structures with what is known of their electrons, and where the results of a run go."""
    from llpt.observables import snapshots_of_files, snapshots_of_run  # noqa: PLC0415

    if frames < 1:
        raise InputError(f"--frames {frames} is not a positive number.", "Give the number of snapshots, e.g. 10.")
    runs = [source for source in sources if source.is_dir()]
    if runs and len(sources) > 1:
        raise InputError(
            f"{runs[0]} is a directory and stands beside other sources.", "Give one run directory, or structure files."
        )
    if runs:
        return snapshots_of_run(runs[0], frames, discard_steps=discard), runs[0] / "optics"
    return snapshots_of_files(sources), None


def _show(result: OpticsResult) -> None:
    """Print averages and how they depend on bands and broadening."""
    from llpt.observables import quantity  # noqa: PLC0415 - start-up time of the other commands

    console = output()
    numbers = {quantity(name).phrase: value for name, value in result.scalars.items()}
    width = max(map(len, numbers))
    for phrase, value in numbers.items():
        console.print(f"{phrase:{width}s}  {value}", markup=False)
    conductivity, share = quantity("dc_conductivity"), quantity("sum_rule")
    table = PlainTable("bands >", "broadening (eV) >", f"{conductivity.axis_label} >", f"{share.axis_label} >")
    for row in result.convergence:
        dc = str(row.dc_conductivity).removesuffix(f" {conductivity.unit}")
        table.add_row(str(row.bands), f"{row.broadening_ev:g}", dc, f"{row.sum_rule.value:.4f}")
    console.print(table)
    if result.lacks_bands:
        missed = 100 * (1.0 - result.scalars["found_share"].value)
        messages().print(f"The bands miss {missed:.1f} % of the sum rule: take more with --bands.", markup=False)
    if result.lacks_kpoints:
        off = 100 * result.scalars["mesh_share"].value
        messages().print(
            f"The mesh of k-points puts the sum rule off by {off:+.1f} %: spectra depend on it. Take more "
            "k-points, e.g. --mesh 6x6x6, or more atoms.",
            markup=False,
        )
