"""What every step of a run recorded, against time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from llpt import units
from llpt.errors import InputError
from llpt.observables import Quantity, quantity, with_unit
from llpt.report.panels import Dash, Panel, PlottedCurve, numbers

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr
    from numpy.typing import NDArray

    from llpt.trajectory import Facts, Trajectory

MOST_POINTS = 4000
SMOOTH_PARTS = 25
"""The thick line is the mean over one of so many parts of the run."""


@dataclass(frozen=True)
class Series:
    """A number of every step.

    Args:
        column: the scalar of a step that it is made from.
        convert: makes it from the column and the trajectory.
        held: what thermostat or barostat was set to, where it holds this number.
    """

    column: str
    convert: Callable[[NDArray[np.float64], Trajectory], NDArray[np.float64]]
    held: Callable[[Facts], float | None] = lambda _: None


def _as_it_is(values: NDArray[np.float64], _: Trajectory) -> NDArray[np.float64]:
    return values


def _per_atom(values: NDArray[np.float64], trajectory: Trajectory) -> NDArray[np.float64]:
    return values / trajectory.n_atoms


def _drift(values: NDArray[np.float64], trajectory: Trajectory) -> NDArray[np.float64]:
    return 1000.0 * (values - values[0]) / trajectory.n_atoms


def _density(volumes: NDArray[np.float64], trajectory: Trajectory) -> NDArray[np.float64]:
    return trajectory.mass_u * units.U_PER_ANGSTROM3_TO_G_PER_CM3 / volumes


CONSERVED = Quantity("conserved", "", "meV/atom", "drift of the conserved quantity", spoken="conserved quantity")
SERIES = {
    "temperature": Series("temperature_k", _as_it_is, lambda facts: facts.temperature_k),
    "pressure": Series("pressure_gpa", _as_it_is, lambda facts: facts.pressure_gpa),
    "density": Series("volume_angstrom3", _density),
    "volume": Series("volume_angstrom3", _per_atom),
    "internal_energy": Series("internal_energy_ev", _per_atom),
    "free_energy": Series("free_energy_ev", _per_atom),
    "kinetic_energy": Series("kinetic_energy_ev", _per_atom),
    CONSERVED.name: Series("conserved_ev", _drift),
}
"""By the names of observables, but for what is no observable: it must not drift."""


def series_panel(trajectory: Trajectory, name: str, colour: str) -> Panel:
    """Return a number of every step against time in ps, or against the step where the time step is not known.

    Args:
        trajectory: whose steps are drawn.
        name: of the number, a key of ``SERIES``.
        colour: of the curves.

    Raises:
        InputError: there is no such number, or the trajectory does not have it.
    """
    if name not in SERIES:
        raise InputError(f"A trajectory has no {name!r} to draw.", f"Known are: {', '.join(SERIES)}.")
    series = SERIES[name]
    shown = CONSERVED if name == CONSERVED.name else quantity(name)
    label = CONSERVED.axis_label if shown is CONSERVED else with_unit(shown.words, shown.unit)
    scalars: xr.Dataset = trajectory.scalars()
    values = series.convert(scalars[series.column].to_numpy(), trajectory)
    if np.isnan(values).all():
        raise InputError(f"{trajectory.name} does not hold its {shown.words}.", "Draw something else of it.")
    timed = not math.isnan(trajectory.timestep_fs)
    x = scalars["time_fs"].to_numpy() / 1000.0 if timed else scalars["step"].to_numpy().astype(float)
    every = -(-len(values) // MOST_POINTS)
    curves = [
        PlottedCurve(
            "every step", numbers(x[::every]), numbers(values[::every]), colour=colour, width=0.5, in_legend=False
        )
    ]
    parts = np.array_split(np.arange(len(values)), min(SMOOTH_PARTS, len(values)))
    means = [float(values[part].mean()) for part in parts]
    curves.append(
        PlottedCurve(
            Path(trajectory.name).name,
            tuple(float(x[part].mean()) for part in parts),
            tuple(means),
            colour=colour,
            width=1.8,
        )
    )
    held = series.held(trajectory.facts)
    if held is not None:
        ends = (float(x[0]), float(x[-1]))
        curves.append(PlottedCurve("set", ends, (held, held), colour="#000000", dash=Dash.DASHED, width=0.8))
    return Panel("t (ps)" if timed else "frame", label, tuple(curves))
