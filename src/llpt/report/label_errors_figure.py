"""Errors of a model on labelled frames, drawn: energy against molecular fraction, forces, pressure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas

from llpt.files import atomic_stream, make_directory
from llpt.report.drawing import ROW_INCH, WIDTH_INCH, own_style

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from llpt.engines.errors_on_labels import LabelErrors

MOST_POINTS = 20_000
"""Components of forces that are drawn, evenly out of all."""


def draw_label_errors(errors: LabelErrors, path: Path, *, engine: str) -> None:
    """Draw the errors of an engine on labelled frames into a file.

    Args:
        errors: its errors.
        path: a file whose ending says the format: .pdf, .png or .svg.
        engine: what it is called.

    Raises:
        StorageError: the file cannot be written.
    """
    make_directory(path.parent)
    with own_style():
        canvas = Canvas(figsize=(WIDTH_INCH, 1.25 * ROW_INCH), layout="constrained")
        FigureCanvasAgg(canvas)
        energy, force, pressure = canvas.subplots(1, 3)
        _energy(energy, errors)
        _force(force, errors)
        _pressure(pressure, errors)
        canvas.suptitle(f"{engine}: errors on {len(errors.dataset)} labelled frames")
        with atomic_stream(path, durable=False) as stream:
            canvas.savefig(stream, format=path.suffix[1:] or "png")


def _energy(axis: Axes, errors: LabelErrors) -> None:
    """Draw the energy error against the molecular fraction: its slope is the phase-differential bias."""
    for name in np.unique(errors.dataset):
        chosen = errors.dataset == name
        axis.plot(errors.molecular_fraction[chosen], errors.energy_error_mev_per_atom[chosen], "o", ms=2.5, label=name)
    axis.axhline(0.0, color="0.6", lw=0.6)
    axis.set_xlabel("molecular fraction")
    axis.set_ylabel("energy error (meV/atom)")
    if len(np.unique(errors.dataset)) > 1:
        axis.legend()


def _force(axis: Axes, errors: LabelErrors) -> None:
    every = max(1, len(errors.force_ev_per_angstrom) // MOST_POINTS)
    axis.plot(
        errors.force_ev_per_angstrom[::every], errors.force_error_ev_per_angstrom[::every], ".", ms=1.0, rasterized=True
    )
    axis.axhline(0.0, color="0.6", lw=0.6)
    axis.set_xlabel("force (eV/Å)")
    axis.set_ylabel("force error (eV/Å)")


def _pressure(axis: Axes, errors: LabelErrors) -> None:
    known = np.isfinite(errors.pressure_error_gpa)
    if known.any():
        axis.plot(errors.pressure_gpa[known], errors.pressure_error_gpa[known], "o", ms=2.5)
        axis.axhline(0.0, color="0.6", lw=0.6)
    else:
        axis.text(0.5, 0.5, "no stress in the labels", ha="center", va="center", transform=axis.transAxes)
    axis.set_xlabel("pressure, virial part (GPa)")
    axis.set_ylabel("pressure error (GPa)")
