"""``llpt audit electronic-temperature``: what the temperature of the electrons does to snapshots."""

from __future__ import annotations

import csv
import io
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llpt.cli.bars import bar
from llpt.cli.console import PlainTable, messages, output
from llpt.cli.evaluation import EngineOptions, split_options
from llpt.cli.overwriting import Overwrite, check_directory, check_same_results
from llpt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr
    from ase import Atoms

    from llpt.options import OptionValue

RECORD = "electronic-temperature.json"
TABLE = "electronic-temperature.csv"
ARRAYS = "electronic-temperature.nc"
OWN = (RECORD, TABLE, ARRAYS, "labels")
LARGEST_GRID = 1000


def electronic_temperature(  # noqa: PLR0917 - typer takes arguments by position
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="SNAPSHOTS...",
            help="Structure files (all frames), or run directories, at any ionic temperature.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Where the results go.", show_default=False)
    ] = Path("electronic-temperature"),
    engine: Annotated[
        str | None, typer.Option("--engine", "-e", metavar="SPEC", help="An engine whose electrons have a temperature.")
    ] = None,
    lowest_k: Annotated[float, typer.Option("--from-k", metavar="K", help="Lowest electronic temperature.")] = 600.0,
    highest_k: Annotated[float, typer.Option("--to-k", metavar="K", help="Highest one.")] = 3000.0,
    grid_k: Annotated[float, typer.Option("--grid-k", metavar="K", help="Their spacing.")] = 50.0,
    reference_k: Annotated[
        float, typer.Option("--reference-k", metavar="K", help="The one that changes are counted from.")
    ] = 600.0,
    frames: Annotated[
        int, typer.Option("--frames", metavar="N", help="Snapshots taken from each run directory, evenly spaced.")
    ] = 10,
    discard: Annotated[
        int, typer.Option("--discard-steps", metavar="N", help="Steps at the start of a run to leave out.")
    ] = 1000,
    option: EngineOptions = None,
    *,
    overwrite: Overwrite = False,
) -> None:
    """Compute snapshots at many electronic temperatures: energy, pressure and forces, by populations of ions.

    Each snapshot is followed along the temperatures, every point from the solution before. What is done is kept: the
    same command again goes on. Writes the labelled snapshots, a table, all histograms and a figure.
    """
    from llpt.audit import electronic_temperature_audit  # noqa: PLC0415 - start-up time of the other commands
    from llpt.engines import (  # noqa: PLC0415 - start-up time of the other commands
        DEFAULT_REFERENCE,
        label_at_electronic_temperatures,
        label_file,
        read_evaluated,
    )
    from llpt.files import make_directory, write_atomically  # noqa: PLC0415
    from llpt.observables import save_summary  # noqa: PLC0415
    from llpt.report import draw, electronic_temperature_figure  # noqa: PLC0415

    temperatures = grid(lowest_k, highest_k, grid_k, reference_k)
    snapshots = _snapshots(sources, frames, discard)
    options = split_options(option)
    check_directory(out, OWN, overwrite=overwrite)
    spec = engine or DEFAULT_REFERENCE.name
    fresh = _asked(spec, options, temperatures, snapshots)
    check_same_results(out / RECORD, fresh, overwrite=overwrite)
    make_directory(out)
    write_atomically(out / RECORD, json.dumps(fresh, indent=1))
    points = len(snapshots) * len(temperatures)
    messages().print(f"{len(snapshots)} snapshots at {len(temperatures)} temperatures: {points} single points.")
    begun = time.perf_counter()
    computed = 0
    with bar(spec, points) as advance:

        def on_point(done: int, temperature_k: float) -> None:
            nonlocal computed
            computed += 1
            advance(done, f"T_el = {temperature_k:g} K")

        place = out / "labels"
        label_at_electronic_temperatures(
            place, snapshots, spec=spec, options=options, temperatures_k=temperatures, on_point=on_point
        )
    labelled = {value: read_evaluated(label_file(place, value)) for value in temperatures}
    found = electronic_temperature_audit(labelled, reference_k=reference_k)
    save_summary(found, out / ARRAYS)
    write_atomically(out / TABLE, _as_csv(found))
    draw(electronic_temperature_figure(found), out)
    if computed:
        each = (time.perf_counter() - begun) / computed
        output().print(f"{computed} single points, {each:.3g} s each on this machine.")
    _show(found)
    output().print(f"Results: {out}", markup=False)


def grid(lowest_k: float, highest_k: float, spacing_k: float, reference_k: float) -> tuple[float, ...]:
    """Return the electronic temperatures, the reference among them.

    Args:
        lowest_k: the lowest in K, > 0.
        highest_k: the highest, not below it.
        spacing_k: > 0.
        reference_k: the one that changes are counted from.

    Raises:
        InputError: no grid, or one that is too fine.

    >>> grid(600.0, 700.0, 50.0, 625.0)
    (600.0, 625.0, 650.0, 700.0)
    """
    if not (0.0 < lowest_k <= highest_k and spacing_k > 0.0 and reference_k > 0.0):
        raise InputError(
            f"Electronic temperatures from {lowest_k:g} to {highest_k:g} K every {spacing_k:g} K are no grid.",
            "Give temperatures above 0 K, the lowest first, and a spacing above 0.",
        )
    count = round((highest_k - lowest_k) / spacing_k) + 1
    if count > LARGEST_GRID:
        raise InputError(f"That are {count} electronic temperatures.", f"Take {LARGEST_GRID} at most: --grid-k.")
    return tuple(sorted({*(lowest_k + spacing_k * step for step in range(count)), reference_k}))


def _snapshots(sources: Sequence[Path], frames: int, discard: int) -> list[Atoms]:
    from llpt.structure import read_structures  # noqa: PLC0415
    from llpt.study.nodes.labels import snapshots as of_runs  # noqa: PLC0415

    if frames < 1:
        raise InputError(f"--frames {frames} is not a positive number.", "Give the number of snapshots, e.g. 10.")
    found = []
    for source in sources:
        found += of_runs({str(source): discard}, frames) if source.is_dir() else read_structures(source)
    if not found:
        raise InputError("There are no snapshots.", "Give structures, or a run longer than --discard-steps.")
    return found


def _asked(
    engine: str, options: Mapping[str, OptionValue], temperatures: Sequence[float], snapshots: Sequence[Atoms]
) -> dict[str, object]:
    """Return what makes these results what they are, for a second call to be held against."""
    return {
        "engine": engine,
        "options": dict(options),
        "electronic_temperatures_k": list(temperatures),
        "snapshots": [[round(float(value), 6) for value in atoms.positions.sum(axis=0)] for atoms in snapshots],
    }


def _as_csv(found: xr.Dataset) -> str:
    """Return one line for each electronic temperature and population."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        [
            "T_el (K)",
            "energy change (eV/atom)",
            "free energy change (eV/atom)",
            "pressure change (GPa)",
            "population",
            "share of all",
            "mean change of a component",
            "components changed by more than 5 %",
            "ions changed by more than 5 %",
        ]
    )
    for temperature in found["temperature"].to_numpy():
        row = found.sel(temperature=temperature)
        means = [float(row[name]) for name in ("energy_change", "free_energy_change", "pressure_change")]
        for population in row["population"].to_numpy():
            of = row.sel(population=population)
            shares = ("population_share", "mean_change", "components_changed", "ions_changed")
            writer.writerow([f"{temperature:g}", *means, population, *(float(of[name]) for name in shares)])
    return text.getvalue()


def _show(found: xr.Dataset) -> None:
    temperatures = found["temperature"].to_numpy()
    table = PlainTable(
        "T_el (K) >",
        "E (meV/atom) >",
        "F (meV/atom) >",
        "P (GPa) >",
        "mean change >",
        "ions beyond 5 % >",
        "near ions >",
    )
    populations = [str(each) for each in found["population"].to_numpy()]
    everything, near = populations[0], next(each for each in populations if each.startswith("ions with a neighbour"))
    for temperature in temperatures[:: max(1, len(temperatures) // 12)]:
        row = found.sel(temperature=temperature)
        table.add_row(
            f"{temperature:g}",
            f"{1000.0 * float(row['energy_change']):.2f}",
            f"{1000.0 * float(row['free_energy_change']):.2f}",
            f"{float(row['pressure_change']):.2f}",
            f"{100.0 * float(row['mean_change'].sel(population=everything)):.2f} %",
            f"{100.0 * float(row['ions_changed'].sel(population=everything)):.1f} %",
            f"{100.0 * float(row['ions_changed'].sel(population=near)):.1f} %",
        )
    output().print(table)
    start = f"{float(found.attrs['reference_k']):g} K"
    output().print(f"Changes from {start}. Beyond 5 %: ions; near ions have a neighbour at 0.85-1.0 Å.", markup=False)
