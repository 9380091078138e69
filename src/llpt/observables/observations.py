"""The observables of one trajectory for a notebook: numbers with errors, labelled arrays, why the rest is absent.

>>> import numpy as np
>>> from llpt.trajectory import open_trajectory
>>> positions = np.random.default_rng(0).uniform(0.0, 8.0, (20, 64, 3))
>>> found = observe(open_trajectory(positions, cell=[8.0, 8.0, 8.0], elements="Ar"), only=("density", "rdf", "vdos"))
>>> print(found.density)
8.2919 (exact) g/cm^3
>>> found.rdf.dims
('r',)
>>> found.absent["vdos"]
'The frames have no times: the time step is not known, or they were sampled by Monte Carlo.'
"""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from llpt.errors import InputError, listed, unsuitable
from llpt.observables.averaging import average_run
from llpt.observables.production import Production
from llpt.observables.record import ERROR, SAMPLES, FileObservable
from llpt.observables.registry import all_observables, quantity
from llpt.observables.summary import estimate_of, summary_of_averages
from llpt.statistics import Estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from llpt.observables.record import Quantity
    from llpt.observables.registry import Registry
    from llpt.observables.source import FrameSource


class Observations(Mapping[str, Estimate | float | xr.DataArray]):
    """What one trajectory gives, by name: as items (``found["density"]``) and as attributes (``found.density``).

    A sampled number is an ``Estimate``, a plain one a float, a curve an ``xarray.DataArray`` with the coordinates of
    its axes and the attribute ``unit``; ``found["rdf_error"]`` is the error of the curve ``found["rdf"]``,
    ``found["rdf_effective_samples"]`` the independent samples behind each of its points.

    Args:
        summary: all of it as one data set, as ``llpt.transition.Isobar.from_summaries`` takes it.
        names: of the quantities that are there.
        absent: why the others are not, one sentence each, by name.
    """

    def __init__(self, summary: xr.Dataset, *, names: tuple[str, ...], absent: Mapping[str, str]) -> None:
        self.summary = summary
        self.absent = absent
        self._names = names

    def __getitem__(self, name: str) -> Estimate | float | xr.DataArray:
        if name in self._names:
            given = quantity(name)
            if given.is_sampled:
                return estimate_of(self.summary, name)
            found = self.summary[name]
            return found if given.axes else float(found)
        if name.removesuffix(ERROR).removesuffix(SAMPLES) in self._names and name in self.summary:
            return self.summary[name]
        raise KeyError(self._why(name))

    def __getattr__(self, name: str) -> Estimate | float | xr.DataArray:
        if name.startswith("_"):  # copying and pickling ask for names before there are any
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(self._why(name)) from error

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __dir__(self) -> list[str]:
        """List the quantities that are there, so that a notebook completes them."""
        return sorted({*super().__dir__(), *self._names})

    def __repr__(self) -> str:
        rows = self._rows()
        widths = [max(len(row[column]) for row in rows) for column in range(2)] if rows else [0, 0]
        lines = [f"  {name:<{widths[0]}}  {value:<{widths[1]}}  {phrase}".rstrip() for name, value, phrase in rows]
        lines += [f"  no {', '.join(names)}: {why}" for why, names in self._by_reason().items()]
        return "\n".join([self._heading(), *lines])

    def _repr_html_(self) -> str:
        """Return a table for a notebook."""
        cells = "".join(
            f"<tr><td><code>{html.escape(name)}</code></td><td>{html.escape(value)}</td>"
            f"<td style='text-align:left'>{html.escape(phrase)}</td></tr>"
            for name, value, phrase in self._rows()
        )
        absent = "".join(
            f"<li><code>{html.escape(', '.join(names))}</code>: {html.escape(why)}</li>"
            for why, names in self._by_reason().items()
        )
        more = f"<details><summary>{len(self.absent)} absent</summary><ul>{absent}</ul></details>" if absent else ""
        return f"<p>{html.escape(self._heading())}</p><table>{cells}</table>{more}"

    def _heading(self) -> str:
        attributes = self.summary.attrs
        time = float(attributes["production_fs"]) / 1000.0
        length = f"{time:.4g} ps" if math.isfinite(time) else "an unknown time"
        settled, discarded = int(attributes["equilibration_step"]), int(attributes["discard_steps"])
        late = f"; it looks stationary only from step {settled} on" if settled > discarded else ""
        return f"{attributes['n_atoms']} atoms, {length} after {discarded} discarded steps{late}"

    def _by_reason(self) -> dict[str, list[str]]:
        """Return the names of what is absent by the reason."""
        found: dict[str, list[str]] = {}
        for name, why in self.absent.items():
            found.setdefault(why, []).append(name)
        return found

    def _rows(self) -> list[tuple[str, str, str]]:
        """Return name, value and meaning of everything that is there."""
        return [(name, self._shown(quantity(name)), quantity(name).phrase) for name in self._names]

    def _shown(self, given: Quantity) -> str:
        if given.is_sampled:
            return str(estimate_of(self.summary, given.name))
        found = self.summary[given.name]
        if given.axes:
            return f"array over {', '.join(f'{name} ({size})' for name, size in found.sizes.items())}"
        return f"{float(found):.4g} {given.unit}".rstrip()

    def _why(self, name: str) -> str:
        if name in self.absent:
            return f"There is no {name} here. {self.absent[name]}"
        if name in all_observables().quantities:
            return f"{name} was not asked for."
        return f"There is no observable called {name}; llpt.observables.describe_observables() lists all there are."


def as_summary(run: xr.Dataset | Observations) -> xr.Dataset:
    """Return what was averaged over one run as a summary, in whichever of the two forms it is.

    Raises:
        InputError: it is neither.
    """
    if isinstance(run, Observations):
        return run.summary
    if not hasattr(run, "attrs"):
        raise unsuitable(run, "is not what a run averaged to", "Give what llpt.observe returns of each trajectory.")
    return run


def observe(
    source: FrameSource,
    *,
    discard_steps: int | None = None,
    discard_ps: float | None = None,
    temperature_k: float | None = None,
    pressure_gpa: float | None = None,
    peak_window_angstrom: tuple[float, float] | None = None,
    only: str | Collection[str] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Observations:
    """Average a trajectory: every observable that it allows, each with its error.

    What it does not allow (no velocities, no energies, no time step …) is absent with a reason, and the rest is not
    touched. ``describe_observables`` lists what there is; docs/analysis.md gives every formula and what can fool it.

    Args:
        source: a trajectory (``llpt.open_trajectory``), or anything that can be read like one.
        discard_steps: steps (of a trajectory made elsewhere: frames) at the start to leave out.
        discard_ps: the same as a time.
        temperature_k: the thermostat's temperature; None takes what the trajectory says of itself, or else the mean
            kinetic temperature.
        pressure_gpa: the barostat's pressure; None takes what the trajectory says of itself, or else, for the
            enthalpy, the sampled mean.
        peak_window_angstrom: where the first peak of g(r) is sought; default the H2 bond for hydrogen, everything for
            other systems.
        only: names of quantities or observables, or one; None takes all.
        on_progress: called with (frames read, frames to read) after each block.

    Raises:
        InputError: nothing is left after the discarded part, ``only`` names what is not known, or the discarded part
            is no number, is given twice, or as a time where the time step is not known.
        StorageError: the trajectory is damaged.
    """
    if not hasattr(source, "blocks"):
        raise unsuitable(source, "is no trajectory", "Open it first: llpt.open_trajectory(…) takes it.")
    if only is not None:
        only = (only,) if isinstance(only, str) else listed(only, "names no observables", "Give their names as text.")
    observables = all_observables() if only is None else all_observables().giving(only)
    scalars = source.scalars()
    facts = getattr(source, "facts", None)
    discarded = _discarded(source, discard_steps, discard_ps)
    temperature = _known(
        temperature_k, getattr(facts, "temperature_k", None), _kinetic_temperature_k(scalars, discarded)
    )
    production = Production.of(
        source,
        scalars=scalars,
        discard_steps=discarded,
        temperature_k=math.nan if temperature is None else temperature,
        pressure_gpa=_known(pressure_gpa, getattr(facts, "pressure_gpa", None)),
        peak_window_angstrom=peak_window_angstrom,
    )
    averages = average_run(production, observables, forgiving=True, on_progress=on_progress)
    summary = summary_of_averages(averages, production, observables, scalars)
    asked = [name for name in _asked(observables, only) if name in averages.found or name in averages.reasons]
    return Observations(
        summary,
        names=tuple(name for name in asked if name not in averages.reasons),
        absent={name: averages.reasons[name] for name in asked if name in averages.reasons} | averages.failed,
    )


def _asked(observables: Registry, only: Collection[str] | None) -> list[str]:
    """Return the names of the quantities that were asked for; files of other commands are no part of a trajectory."""
    return [
        given.name
        for each in observables
        for given in each.quantities
        if not isinstance(each, FileObservable) and (only is None or each.name in only or given.name in only)
    ]


def _discarded(source: FrameSource, steps: int | None, picoseconds: float | None) -> int:
    if picoseconds is None:
        if steps is not None and not (isinstance(steps, int | np.integer) and steps >= 0):
            raise InputError(f"discard_steps = {steps!r} is no number of steps.", "Give a whole number from 0 on.")
        return int(steps or 0)
    if steps is not None:
        raise InputError("discard_steps and discard_ps are both given.", "Give one of them.")
    if not (isinstance(picoseconds, int | float | np.number) and 0.0 <= picoseconds < math.inf):
        raise InputError(f"discard_ps = {picoseconds!r} is no time.", "Give a number of ps from 0 on.")
    if not source.timestep_fs > 0.0:
        raise InputError(
            "discard_ps needs the time step of the trajectory, which is not known.",
            "Give discard_steps, or open the trajectory with timestep_fs.",
        )
    return math.ceil(picoseconds * 1000.0 / source.timestep_fs - 1e-9)


def _kinetic_temperature_k(scalars: xr.Dataset, discard_steps: int) -> float | None:
    if "temperature_k" not in scalars:
        return None
    values = scalars["temperature_k"].sel(step=slice(discard_steps, None)).to_numpy()
    return float(np.nanmean(values)) if np.isfinite(values).any() else None


def _known(*values: float | None) -> float | None:
    """Return the first value that is known."""
    return next((float(value) for value in values if value is not None), None)
