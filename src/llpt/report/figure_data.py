"""The numbers of a figure as files: CSV for people, netCDF for programs."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from llpt.files import make_directory, write_atomically
from llpt.observables import as_netcdf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llpt.report.panels import Figure, Source

TEXTS = ("panel", "x_label", "y_label", "curve", "engine")
NUMBERS = ("atoms", "x", "x_error", "y", "y_error", "independent_samples")


def write_figure_data(figure: Figure, directory: Path) -> tuple[Path, Path]:
    """Write ``NAME.csv`` and ``NAME.nc`` into a directory, one row for each point or line, and return the paths.

    Columns: panel (its place, row-column, and note), labels of its axes, curve, engine, atoms, x, half width in x, y,
    68 % error in y, independent samples; empty (NaN) where a curve has none of it. A vertical line has x and the
    half width of its band only.

    Args:
        figure: the figure.
        directory: where to.

    Raises:
        StorageError: a file cannot be written.
    """
    make_directory(directory)
    rows = list(_rows(figure))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*TEXTS, *NUMBERS))
    for texts, numbers in rows:
        writer.writerow((*texts, *("" if math.isnan(number) else repr(number) for number in numbers)))
    table = directory / f"{figure.name}.csv"
    write_atomically(table, text.getvalue())
    dataset = xr.Dataset(
        {
            **{name: ("point", np.array([texts[i] for texts, _ in rows], np.str_)) for i, name in enumerate(TEXTS)},
            **{name: ("point", np.array([numbers[i] for _, numbers in rows])) for i, name in enumerate(NUMBERS)},
        },
        attrs={"title": figure.title, "comment": figure.caption},
    )
    binary = directory / f"{figure.name}.nc"
    write_atomically(binary, as_netcdf(dataset))
    return table, binary


def _rows(figure: Figure) -> Iterator[tuple[tuple[str, ...], tuple[float, ...]]]:
    for row, panels in enumerate(figure.rows, start=1):
        for column, panel in enumerate(panels, start=1):
            place = f"{row}-{column}{f' {panel.note}' if panel.note else ''}"
            for curve in panel.curves:
                blank = (math.nan,) * len(curve.x)
                engine, atoms = _whose(curve.source)
                columns = (curve.x, curve.x_error or blank, curve.y, curve.y_error or blank, curve.samples or blank)
                for index, numbers in enumerate(zip(*columns, strict=True)):
                    if math.isnan(numbers[0]) and math.isnan(numbers[2]):
                        continue  # it only names a colour in the legend
                    name = f"{curve.names[index]}: {curve.label}" if curve.names else curve.label
                    yield (place, panel.x_label, panel.y_label, name, engine), (atoms, *map(float, numbers))
            for line in panel.lines:
                engine, atoms = _whose(line.source)
                band = line.x_error if line.x_error > 0.0 else math.nan
                texts = (place, panel.x_label, panel.y_label, line.label, engine)
                yield texts, (atoms, line.x, band, math.nan, math.nan, math.nan)


def _whose(source: Source | None) -> tuple[str, float]:
    """Return engine and number of atoms: empty and NaN where there is none."""
    if source is None:
        return "", math.nan
    return source.engine, math.nan if source.atoms is None else float(source.atoms)
