"""Figures for paper: PDF and PNG by matplotlib."""

from __future__ import annotations

import os
from contextlib import contextmanager
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas
from matplotlib.font_manager import FontProperties
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D

from llpt.files import atomic_stream, make_directory
from llpt.report.panels import NOTHING_KNOWN, Dash, Marker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from matplotlib.axes import Axes

    from llpt.report.panels import Figure, Panel, PlottedCurve

WIDTH_INCH = 7.1
ROW_INCH = 2.15
LINE_HEIGHT = 1.65
"""Of the letters of a legend."""
NAMED_ROW_INCH = 0.17
LEGEND_COLUMNS = {12: 6, 30: 3}
"""How many names stand beside each other on the whole width, by the characters of the longest; else two."""
INSIDE_ROWS = 5
STYLE_VARIABLE = "LLPT_STYLE"
DASHES: dict[Dash, Any] = {Dash.SOLID: "-", Dash.DASHED: (0, (4, 1.6)), Dash.DOTTED: (0, (1, 1.2)), Dash.NONE: "none"}
MARKERS = {
    Marker.NONE: "",
    Marker.CIRCLE: "o",
    Marker.SQUARE: "s",
    Marker.DIAMOND: "D",
    Marker.TRIANGLE: "^",
    Marker.DOWN: "v",
    Marker.STAR: "*",
    Marker.PENTAGON: "p",
    Marker.PLUS: "P",
    Marker.CROSS: "X",
}
SYMBOLS = {
    "C_P": "$C_P$",
    "T (": "$T$ (",
    "P (": "$P$ (",
    "r (": "$r$ (",
    "t (": "$t$ (",
    "g(r)": "$g(r)$",
}
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def draw(figure: Figure, directory: Path) -> tuple[Path, Path]:
    """Draw a figure into ``directory`` and return the paths of its PDF and PNG.

    The style is ``publication.mplstyle`` beside this module, or that of ``LLPT_STYLE``: see ``own_style``.

    Raises:
        StorageError: a file cannot be written.
    """
    with own_style():
        canvas = _canvas(figure)
        canvas.draw_without_rendering()
        canvas.set_layout_engine(None)  # what was placed holds for both files: else each would be laid out anew
        make_directory(directory)
        paths = (directory / f"{figure.name}.pdf", directory / f"{figure.name}.png")
        for path in paths:
            with atomic_stream(path, durable=False) as stream:
                canvas.savefig(stream, format=path.suffix[1:], metadata={"Title": figure.title})
    return paths


def _line_inch() -> float:
    """Return the height of a line of a legend in the style that is in use."""
    return LINE_HEIGHT * FontProperties(size=mpl.rcParams["legend.fontsize"]).get_size_in_points() / 72.0


def _names_beside(curves: Iterable[PlottedCurve], *, wide: bool) -> int:
    """Return how many names of a legend stand beside each other."""
    longest = max((len(curve.label) for curve in curves), default=0)
    whole = next((columns for most, columns in LEGEND_COLUMNS.items() if longest <= most), 2)
    return whole if wide else max(1, whole // 2)


@contextmanager
def own_style() -> Iterator[None]:
    """Draw in the style of the report, or in that of the file that the variable LLPT_STYLE names."""
    with as_file(files("llpt.report").joinpath("publication.mplstyle")) as own:
        style = os.environ.get(STYLE_VARIABLE) or str(own)
        with mpl.rc_context(fname=style):
            yield


def _canvas(figure: Figure) -> Canvas:
    rows, columns = len(figure.rows), max(len(row) for row in figure.rows)
    outside = _outside(figure)
    wide = figure.wide or columns > 1
    names = _names_beside(outside, wide=wide)
    legend_inch = _line_inch() * -(-len(outside) // names) + 0.1 if outside else 0.0
    width = WIDTH_INCH if wide else WIDTH_INCH / 2.0
    names_inch = NAMED_ROW_INCH * max(len(panel.y_names) for row in figure.rows for panel in row)
    height = ROW_INCH * rows * (1.7 if figure.wide else 1.0 if columns > 2 else 1.25) + legend_inch + 0.15
    height = max(height, names_inch + legend_inch + 0.6) if names_inch else height
    layout = ConstrainedLayoutEngine(rect=(0.0, 0.0, 1.0, 1.0 - legend_inch / height))
    canvas = Canvas(figsize=(width, height), layout=layout)
    FigureCanvasAgg(canvas)
    axes = canvas.subplots(rows, columns, squeeze=False)
    for number, row in enumerate(figure.rows):
        for column in range(columns):
            axis = axes[number, column]
            if column >= len(row):
                axis.set_axis_off()
                continue
            letter = LETTERS[column] if rows == 1 else f"{LETTERS[column]}{number + 1}"
            _panel(axis, row[column], letter if rows * columns > 1 else "", bottom=number == rows - 1)
    if outside:
        canvas.legend(handles=_handles(outside), loc="upper center", ncols=names, borderaxespad=0.4)
    return canvas


def add_curves(axis: Axes, panel: Panel) -> None:
    """Draw the curves and lines of a panel and name the axes; scales and legend are left as they are."""
    for line in panel.lines:
        axis.axvline(line.x, color=line.colour, ls=DASHES[line.dash], lw=0.7, zorder=0, label=line.label)
        if line.x_error > 0.0:
            axis.axvspan(line.x - line.x_error, line.x + line.x_error, color=line.colour, alpha=0.12, lw=0, zorder=0)
    for curve in panel.curves:
        _curve(axis, curve)
    axis.set_xlabel(_math(panel.x_label))
    axis.set_ylabel(_math(panel.y_label))


def _panel(axis: Axes, panel: Panel, letter: str, *, bottom: bool) -> None:
    add_curves(axis, panel)
    if panel.is_empty:
        axis.text(0.5, 0.5, NOTHING_KNOWN, transform=axis.transAxes, va="center", ha="center")
        axis.set_xticks([])
        axis.set_yticks([])
    if not bottom:
        axis.set_xlabel("")
    _scales(axis, panel)
    if panel.legend_inside:
        entries = _named([panel])
        many = len(entries) > INSIDE_ROWS
        size = 5.5 if many else 6.0
        style: dict[str, Any] = {"loc": panel.legend_inside, "ncols": 2 if many else 1, "fontsize": size}
        axis.legend(
            handles=_handles(entries),
            handlelength=1.6,
            bbox_to_anchor=(0.0, 0.0, 1.0, 0.9),
            borderaxespad=0.3,
            **style,
        )
    if letter:
        axis.text(0.03, 0.96, f"({letter})", transform=axis.transAxes, va="top", ha="left", weight="bold")
    axis.text(0.97, 0.96, panel.note, transform=axis.transAxes, va="top", ha="right", fontsize=7)


def _scales(axis: Axes, panel: Panel) -> None:
    """Set scales and limits of both axes."""
    if panel.log_x:
        axis.set_xscale("log")
    if panel.log_y:
        axis.set_yscale("log", nonpositive="mask")
    if panel.x_range:
        axis.set_xlim(*panel.x_range)
    if panel.y_names:
        axis.set_yticks(range(len(panel.y_names)), panel.y_names)
        axis.set_ylim(len(panel.y_names) - 0.5, -0.5)
        return
    limits = panel.y_range or _y_range(panel)
    if limits:
        axis.set_ylim(*limits)


def _y_range(panel: Panel) -> tuple[float, float] | None:
    """Return limits that leave a band at the top for the panel's letter and note, clear of the curves."""
    inside = panel.x_range or (-np.inf, np.inf)
    lows, highs = [], []
    for curve in panel.curves:
        x, y = np.array(curve.x), np.array(curve.y)
        error = np.nan_to_num(np.array(curve.y_error)) if curve.y_error else np.zeros(len(y))
        chosen = np.isfinite(y) & (x >= inside[0]) & (x <= inside[1])
        if chosen.any():
            lows.append(float((y - error)[chosen].min()))
            highs.append(float((y + error)[chosen].max()))
    if not lows or max(highs) <= min(lows) or panel.log_y:
        return None
    span = max(highs) - min(lows)
    return min(lows) - 0.06 * span, max(highs) + 0.20 * span


def _curve(axis: Axes, curve: PlottedCurve) -> None:
    x, y = np.array(curve.x), np.array(curve.y)
    error = np.array(curve.y_error) if curve.y_error else None
    style: dict[str, Any] = {
        "label": curve.label if curve.in_legend else "_nolegend_",
        "color": curve.colour,
        "ls": DASHES[curve.dash],
        "marker": MARKERS[curve.marker],
        "lw": curve.width,
        "mfc": curve.colour if curve.filled else "white",
        "mew": 0.8,
        "ms": 4.0 if curve.width >= 0.8 else 2.6,
    }
    if curve.band or (error is None and not curve.x_error):
        axis.plot(x, y, **style)
        if error is not None and np.isfinite(error).any():
            axis.fill_between(x, y - error, y + error, color=curve.colour, alpha=0.18, lw=0)
        return
    known = None if error is None else np.where(np.isfinite(error), error, 0.0)
    if any(curve.unknown):
        chosen = np.array(curve.unknown)
        axis.plot(x[chosen], y[chosen], **{**style, "mfc": "white", "ls": "none", "zorder": 4, "label": "_nolegend_"})
    halves = np.array(curve.x_error) if curve.x_error else None
    axis.errorbar(x, y, yerr=known, xerr=halves, elinewidth=0.7, **style)


def _math(text: str) -> str:
    """Set the symbols of a label in italics."""
    for symbol, set_ in SYMBOLS.items():
        if text.startswith(symbol):
            text = set_ + text.removeprefix(symbol)
    return text.replace("⁻¹", "$^{-1}$")


def _named(panels: Iterable[Panel]) -> list[PlottedCurve]:
    """Return one curve for each label that panels name."""
    named: dict[str, PlottedCurve] = {}
    for panel in panels:
        for curve in panel.curves:
            if curve.in_legend:
                named.setdefault(curve.label, curve)
    return list(named.values())


def _outside(figure: Figure) -> list[PlottedCurve]:
    return _named(panel for row in figure.rows for panel in row if not panel.legend_inside)


def _handles(curves: Iterable[PlottedCurve]) -> list[Line2D]:
    return [
        Line2D(
            [],
            [],
            color=curve.colour,
            ls=DASHES[curve.dash],
            marker=MARKERS[curve.marker],
            lw=curve.width,
            mfc=curve.colour if curve.filled else "white",
            mew=0.8,
            label=curve.label,
        )
        for curve in curves
    ]
