"""One call that draws whatever came out onto axes of matplotlib, in the style of the report's figures."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import singledispatch
from typing import Any

import matplotlib.pyplot as plt
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.container import Container

from llpt.audit import Verdict
from llpt.errors import InputError, unsuitable
from llpt.observables import Observations, all_observables, with_unit
from llpt.observables.record import ERROR, SAMPLES
from llpt.report import palette
from llpt.report.drawing import add_curves, own_style
from llpt.report.panels import Dash, Marker, Panel, PlottedCurve, VerticalLine, numbers, numbers_of
from llpt.report.series import series_panel
from llpt.report.verdict_figure import draw_verdict, height_inch
from llpt.trajectory import Trajectory
from llpt.transition import Coordinate, LineOfStates, LocatedLine

WIDTH_INCH, HEIGHT_INCH = 4.2, 3.0
VERDICT_WIDTH_INCH = 5.4


def plot(
    thing: Any, quantity: str | None = None, *, ax: Axes | None = None, label: str | None = None, legend: bool = True
) -> Axes:
    """Draw something that came out onto axes of matplotlib.

    What is drawn, and what ``quantity`` chooses of it (the first where it is not given):

    - observations of a run: a curve with a band of its error; ``rdf``, ``msd``, ``vdos`` and every other curve;
    - an isobar, isochore or isotherm: a number along it; ``density`` or ``pressure``, ``enthalpy``, ``diffusion`` …; of
      an isobar whose transition is located (``locate``), the criteria that read this number as well;
    - a trajectory: a number of every step and its running mean; ``temperature``, ``pressure``, ``density``, ``volume``,
      ``internal_energy``, ``free_energy``, ``kinetic_energy``, ``conserved``;
    - a verdict: every difference with its confidence interval over the threshold it was held against.

    Args:
        thing: one of these, or a list of several.
        quantity: what of it.
        ax: the axes, to which is added; new ones in the style of the report if not given.
        label: what the legend calls it, in the place of its own name; of several, before their names.
        legend: whether there is a legend.

    Returns:
        The axes, to be changed as any others: ``ax.set_xlim(0, 3)``, ``ax.figure.savefig("rdf.pdf")``.

    Raises:
        InputError: nothing here can draw it, or it does not have the quantity.
    """
    things = list(thing) if isinstance(thing, list | tuple) else [thing]
    if ax is None:
        with own_style():
            _, fresh = plt.subplots(figsize=_size_inch(things), layout="constrained")
            return plot(things, quantity, ax=fresh, label=label, legend=legend)
    if not isinstance(ax, Axes) or ax.name != "rectilinear":
        raise unsuitable(ax, "is no pair of plain axes", "Give one of matplotlib, e.g. ax=plt.subplots()[1].")
    for each in things:
        if isinstance(each, Verdict):
            draw_verdict(each, ax)
        else:
            panel = panel_of(each, quantity, _next_colour(ax))
            add_curves(ax, _called(panel, label, several=len(things) > 1))
            if panel.y_range:
                ax.set_ylim(*panel.y_range)
    if legend:
        _legend(ax, below=any(isinstance(each, Verdict) for each in things))
    return ax


@singledispatch
def panel_of(thing: object, quantity: str | None, colour: str) -> Panel:  # noqa: ARG001 - others use them
    """Return what is drawn of a thing.

    Args:
        thing: what came out.
        quantity: what of it; None takes the one that matters most.
        colour: ``#rrggbb``.

    Raises:
        InputError: nothing here can draw it, or it does not have the quantity.
    """
    raise unsuitable(thing, "cannot be drawn", "Give a trajectory, what was observed in one, an isobar or a verdict.")


@panel_of.register
def _(thing: Trajectory, quantity: str | None, colour: str) -> Panel:
    return series_panel(thing, quantity or "temperature", colour)


@panel_of.register
def _(thing: LineOfStates, quantity: str | None, colour: str) -> Panel:
    name = quantity or ("pressure" if Coordinate.DENSITY in {thing.HELD, thing.along} else "density")
    curve = thing.curve(name)
    if not len(curve):
        known = sorted({each for point in thing.points for each in point.estimates})
        raise InputError(f"The {thing.KIND} of {thing.engine} has no {name!r}.", f"It has {', '.join(known)}.")
    drawn = PlottedCurve(
        f"{thing.engine}, N = {thing.n_atoms}, {thing.held:.4g} {thing.HELD.unit.replace('^3', '³')}",
        numbers(curve.coordinates),
        numbers(curve.values),
        numbers(curve.errors),
        colour,
        marker=Marker.CIRCLE,
        unknown=tuple(not math.isfinite(error) for error in curve.errors),
    )
    quantities = all_observables().quantities
    return Panel(curve.along.label, quantities[name].axis_label if name in quantities else name, (drawn,))


@panel_of.register
def _(thing: LocatedLine, quantity: str | None, colour: str) -> Panel:
    name = quantity or "density"
    found = [each for each in thing.criteria.values() if each.resolved and each.criterion.curve == name]
    dashes = (Dash.DASHED, Dash.DOTTED)
    marks = tuple(
        VerticalLine(
            f"{each.criterion}: {each.place}",
            each.place.value,
            each.place.error if math.isfinite(each.place.error) else 0.0,
            colour,
            dashes[number % 2],
        )
        for number, each in enumerate(found)
    )
    return replace(panel_of(thing.states, name, colour), lines=marks)


@panel_of.register
def _(thing: Observations, quantity: str | None, colour: str) -> Panel:
    name = quantity or "rdf"
    if name in thing.absent:
        raise InputError(f"There is no {name} here. {thing.absent[name]}", f"There are {', '.join(thing)}.")
    return panel_of(thing.summary, name, colour)


@panel_of.register
def _(thing: xr.Dataset, quantity: str | None, colour: str) -> Panel:
    name = quantity or "rdf"
    curves = [str(each) for each in thing if thing[each].ndim == 1 and not str(each).endswith((ERROR, SAMPLES))]
    if name not in curves:
        raise InputError(f"There is no curve {name!r} in what was observed.", f"There are {', '.join(curves)}.")
    [dimension] = thing[name].dims
    record = all_observables().quantities[name]
    temperature = float(thing.attrs["temperature_k"])
    drawn = PlottedCurve(
        f"{temperature:.4g} K" if math.isfinite(temperature) else record.symbol,
        numbers(thing[dimension].to_numpy()),
        numbers(thing[name].to_numpy()),
        numbers_of(thing, f"{name}{ERROR}"),
        colour,
        samples=numbers_of(thing, f"{name}{SAMPLES}"),
        band=True,
    )
    return Panel(record.axes[0].label, with_unit(record.symbol, record.unit), (drawn,))


def _size_inch(things: list[Any]) -> tuple[float, float]:
    heights = [height_inch(each) for each in things if isinstance(each, Verdict)]
    return (VERDICT_WIDTH_INCH, max(heights)) if heights else (WIDTH_INCH, HEIGHT_INCH)


def _next_colour(ax: Axes) -> str:
    """Return the first colour of the cycle that no line on the axes has."""
    used = {to_hex(line.get_color()).upper() for line in ax.lines}
    return next((colour for colour in palette.CYCLE if colour.upper() not in used), palette.CYCLE[0])


def _called(panel: Panel, label: str | None, *, several: bool) -> Panel:
    """Return a panel whose own curve, the first that the legend names, is called what the caller wants."""
    if label is None:
        return panel
    own = next(curve for curve in panel.curves if curve.in_legend)
    called = replace(own, label=f"{label}, {own.label}" if several else label)
    return replace(panel, curves=tuple(called if curve is own else curve for curve in panel.curves))


def _legend(ax: Axes, *, below: bool) -> None:
    """Name what is on the axes, each name once."""
    handles, labels = ax.get_legend_handles_labels()
    named = dict(zip(labels, handles, strict=True))
    # Points with error bars first: matplotlib puts them after the lines that mark criteria.
    named = dict(sorted(named.items(), key=lambda item: not isinstance(item[1], Container)))
    style: dict[str, Any] = {}
    if before := ax.get_legend():  # an addition keeps the looks of what it is added to
        style = {"fontsize": before.get_texts()[0].get_fontsize(), "frameon": before.get_frame_on()}
    if below:  # its distance from the axes is in letters, so that it clears their labels whatever their height
        ax.legend(
            named.values(), named.keys(), loc="upper center", bbox_to_anchor=(0.5, 0.0), borderaxespad=4.5, ncols=2
        )
    elif named:
        ax.legend(named.values(), named.keys(), **style)
