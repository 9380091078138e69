"""A figure as data: panels of curves with errors, drawn alike for paper (matplotlib) and for the page (plotly)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import xarray as xr

Numbers = tuple[float, ...]


def numbers(values: Iterable[float]) -> Numbers:
    """Return plain numbers, as a curve holds them."""
    return tuple(float(value) for value in values)


def numbers_of(summary: xr.Dataset, name: str) -> Numbers:
    """Return a curve of a summary as plain numbers; none where the summary does not hold it."""
    return numbers(summary[name].to_numpy()) if name in summary else ()


class Dash(StrEnum):
    """How a line is drawn."""

    SOLID = "solid"
    DASHED = "dashed"
    DOTTED = "dotted"
    NONE = "none"


class Marker(StrEnum):
    """What stands at the points of a curve."""

    NONE = "none"
    CIRCLE = "circle"
    SQUARE = "square"
    DIAMOND = "diamond"
    TRIANGLE = "triangle"
    DOWN = "down"
    STAR = "star"
    PENTAGON = "pentagon"
    PLUS = "plus"
    CROSS = "cross"


@dataclass(frozen=True)
class Source:
    """Whose curve it is.

    Args:
        engine: its name for people.
        atoms: size of the cell; None where the curve is of several.
        other: the second engine where the curve is of two, else empty.
    """

    engine: str
    atoms: int | None = None
    other: str = ""


@dataclass(frozen=True)
class PlottedCurve:
    """One curve of a panel, as it is drawn.

    Args:
        label: what the legend and the page call it.
        x: abscissae.
        y: ordinates; not finite where there is nothing.
        y_error: 68 % errors; not finite where unknown, empty where the curve has none.
        colour: ``#rrggbb``.
        dash: how its line is drawn.
        marker: what stands at its points.
        filled: whether the markers are filled.
        unknown: for each point, whether its error is unknown: such a point is drawn open; empty where none is.
        samples: independent samples behind each point; empty where they are not told.
        x_error: half widths in x, empty where there are none.
        band: whether errors are a band around the line instead of bars.
        in_legend: whether the legend names it.
        width: of the line, in points.
        source: whose curve it is; None for those of others and of no engine.
        names: what each point is, where its axes do not say; empty where they do.
        interval: what the half widths in x are, e.g. ``95 % interval``; empty where they are 68 % errors.
    """

    label: str
    x: Numbers
    y: Numbers
    y_error: Numbers = ()
    colour: str = "#000000"
    dash: Dash = Dash.SOLID
    marker: Marker = Marker.NONE
    filled: bool = True
    unknown: tuple[bool, ...] = ()
    samples: Numbers = ()
    x_error: Numbers = ()
    band: bool = False
    in_legend: bool = True
    width: float = 1.2
    source: Source | None = None
    names: tuple[str, ...] = ()
    interval: str = ""


@dataclass(frozen=True)
class VerticalLine:
    """A vertical line at a temperature, with a band of its error.

    Args:
        label: what it marks.
        x: where.
        x_error: 68 % error; 0 where it has none.
        colour: ``#rrggbb``.
        dash: how it is drawn.
        source: whose place it is; None for a threshold and what others give.
    """

    label: str
    x: float
    x_error: float
    colour: str
    dash: Dash = Dash.DASHED
    source: Source | None = None


@dataclass(frozen=True)
class Panel:
    """One pair of axes.

    Args:
        x_label: name and unit.
        y_label: name and unit.
        curves: what is drawn.
        lines: vertical lines.
        note: a few words inside the panel, e.g. the pressure.
        x_range: limits; None chooses them.
        y_range: limits; None chooses them.
        legend_inside: the corner of the panel in which its curves are named, e.g. ``lower right``; empty where the
            figure's own legend names them.
        log_x: whether x is drawn on a logarithmic scale.
        log_y: whether y is; points that are not positive are left out.
        y_names: names of the rows y = 0, 1, 2 … from the top, where x is the number that is told and its half width the
            error; empty where y is a number.
    """

    x_label: str
    y_label: str
    curves: tuple[PlottedCurve, ...]
    lines: tuple[VerticalLine, ...] = ()
    note: str = ""
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    legend_inside: str = ""
    log_x: bool = False
    log_y: bool = False
    y_names: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether no curve has a point; then ``NOTHING_KNOWN`` stands in the middle."""
        return not any(curve.x for curve in self.curves)


NOTHING_KNOWN = "nothing is known"


@dataclass(frozen=True)
class Figure:
    """Panels in rows and columns.

    Args:
        name: of its files, e.g. ``isobars``.
        title: one line.
        caption: what is drawn, how the errors were found, what to beware of.
        rows: panels, every row of the same length.
        wide: whether a single column takes the width of the page, not of a column of text.
    """

    name: str
    title: str
    caption: str
    rows: tuple[tuple[Panel, ...], ...]
    wide: bool = False
