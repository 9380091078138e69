"""Figures for the page: interactive, by plotly, from the same panels as those for paper.

Colours of paper and ink are left to the page, which knows whether it is dark; so is the room below for the names of
curves, and where panels stand on a phone (``page.js``).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from plotly.io.json import to_json_plotly
from plotly.subplots import make_subplots

from llpt.report.panels import NOTHING_KNOWN, Dash, Marker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from llpt.report.panels import Figure, Panel, PlottedCurve, Source

DASHES = {Dash.SOLID: "solid", Dash.DASHED: "dash", Dash.DOTTED: "dot"}
MARKERS = {
    Marker.CIRCLE: "circle",
    Marker.SQUARE: "square",
    Marker.DIAMOND: "diamond",
    Marker.TRIANGLE: "triangle-up",
    Marker.DOWN: "triangle-down",
    Marker.STAR: "star",
    Marker.PENTAGON: "pentagon",
    Marker.PLUS: "cross",
    Marker.CROSS: "x",
}
ROW_PIXELS = {1: 300, 2: 150}
"""Heights of the panels of a figure by the number of its rows: a question is to fit one screen of 900 pixels."""
LEAST_ROW_PIXELS = 140
NAMED_ROW_PIXELS = 24
MOST_NAMED_PIXELS = 420
TOP_PIXELS = {False: 12, True: 30}
"""By whether a panel of the first row has a note above it."""
BOTTOM_PIXELS = 50
GAP_PIXELS = 64
MOST_DECADES = 6
"""Of a logarithmic axis that is labelled between powers of ten too, with the one beyond each end."""
FONT = "Inter, Helvetica Neue, Helvetica, Arial, sans-serif"


def as_json(figure: Figure) -> str:
    """Return data and layout of a figure as JSON, for ``Plotly.newPlot``.

    Each trace says whose it is in ``meta``, and the layout in ``meta.shapes`` whose each of its shapes is.
    """
    return str(to_json_plotly(_plot(figure)))


def _plot(figure: Figure) -> go.Figure:
    rows, columns = len(figure.rows), max(len(row) for row in figure.rows)
    pixels = _row_pixels(figure)
    notes = [panel.note for row in figure.rows for panel in (*row, *[None] * (columns - len(row))) if panel is not None]
    plot = make_subplots(
        rows=rows,
        cols=columns,
        subplot_titles=notes,
        horizontal_spacing=0.1,
        vertical_spacing=GAP_PIXELS / (pixels * rows + GAP_PIXELS * (rows - 1)),
    )
    named: set[str] = set()
    shapes: list[tuple[dict[str, Any], Source | None]] = []
    for number, row in enumerate(figure.rows, start=1):
        for column, panel in enumerate(row, start=1):
            place = {"row": number, "col": column}
            _panel(plot, panel, place, None if panel.legend_inside else named)
            axes = (axis.plotly_name.replace("axis", "") for axis in plot.get_subplot(number, column))
            shapes += _lines(panel, *axes)
            if panel.legend_inside:
                plot.add_annotation(**_key(panel), **place)
    inner = pixels * rows + GAP_PIXELS * (rows - 1)
    top = TOP_PIXELS[any(panel.note for panel in figure.rows[0])]
    plot.update_layout(
        template="none",
        height=inner + top + BOTTOM_PIXELS,
        margin={"l": 60, "r": 20, "t": top, "b": BOTTOM_PIXELS},
        font={"family": FONT, "size": 13},
        legend={
            "orientation": "h",
            "yanchor": "top",
            "y": -BOTTOM_PIXELS / inner,
            "x": 0,
            "font": {"size": 12},
            "entrywidthmode": "fraction",
            "tracegroupgap": 0,
        },
        hovermode="closest",
        shapes=[shape for shape, _ in shapes],
        meta={"shapes": [_meta(source) for _, source in shapes]},
    )
    plot.update_annotations(font={"size": 13})
    plot.update_annotations(font={"size": 10}, selector={"name": "key"})
    plot.update_xaxes(showline=True, linewidth=1, mirror=True, ticks="inside", zeroline=False)
    plot.update_yaxes(showline=True, linewidth=1, mirror=True, ticks="inside", zeroline=False)
    return plot


def _row_pixels(figure: Figure) -> int:
    """Return the height of one row of panels."""
    named = max(len(panel.y_names) for row in figure.rows for panel in row)
    if named:
        return min(MOST_NAMED_PIXELS, max(LEAST_ROW_PIXELS, NAMED_ROW_PIXELS * (named + 1)))
    return ROW_PIXELS.get(len(figure.rows), LEAST_ROW_PIXELS)


def _key(panel: Panel) -> dict[str, Any]:
    """Return the names of the curves of a panel for one of its corners: a legend of plotly's is too tall for that."""
    named = {curve.label: curve for curve in panel.curves if curve.in_legend}
    lines = (f'<span style="color:{curve.colour}">{_sign(curve)}</span> {name}' for name, curve in named.items())
    left, bottom = panel.legend_inside.endswith("left"), panel.legend_inside.startswith("lower")
    return {
        "text": "<br>".join(lines),
        "xref": "x domain",
        "yref": "y domain",
        "x": 0.02 if left else 0.98,
        "y": 0.03 if bottom else 0.97,
        "xanchor": "left" if left else "right",
        "yanchor": "bottom" if bottom else "top",
        "align": "left",
        "showarrow": False,
        "name": "key",
    }


def _sign(curve: PlottedCurve) -> str:
    if curve.dash is Dash.NONE:
        return "●"
    return {Dash.DASHED: "– –", Dash.DOTTED: "···"}.get(curve.dash, "—")


def _panel(plot: go.Figure, panel: Panel, place: dict[str, int], named: set[str] | None) -> None:
    """Draw a panel; ``named`` holds what the legend names already, None where the panel has names of its own."""
    for curve in (each for each in panel.curves if each.x):  # plotly stumbles over those without points
        show = named is not None and curve.in_legend and curve.label not in named
        if named is not None and show:
            named.add(curve.label)
        _curve(plot, curve, place, panel, show=show)
    if panel.is_empty:
        _say_nothing_is_known(plot, place)
    plot.update_xaxes(title_text=_sub(panel.x_label), title_standoff=6, **place)
    plot.update_yaxes(title_text=_sub(panel.y_label), title_standoff=6, **place)
    if panel.y_names:
        rows = list(range(len(panel.y_names)))
        plot.update_yaxes(
            tickvals=rows, ticktext=panel.y_names, range=[len(rows) - 0.5, -0.5], automargin=True, **place
        )
    for update, limits, logarithmic, drawn in (
        (plot.update_xaxes, panel.x_range, panel.log_x, [x for curve in panel.curves for x in curve.x]),
        (plot.update_yaxes, panel.y_range, panel.log_y, [y for curve in panel.curves for y in curve.y]),
    ):
        if logarithmic and not panel.is_empty:
            update(type="log", **_log_ticks(limits or drawn), **place)
        if limits:
            update(range=[math.log10(value) for value in limits] if logarithmic else list(limits), **place)


def _log_ticks(values: Iterable[float]) -> dict[str, Any]:
    """Return ticks at 1, 2 and 5 of each decade, or at powers of ten of many; within one decade plotly's own serve."""
    exponents = [math.log10(value) for value in values if 0.0 < value < math.inf]
    if not exponents or 0.0 < max(exponents) - min(exponents) < 1.0:
        return {}
    decades = range(math.floor(min(exponents)) - 1, math.ceil(max(exponents)) + 2)
    digits = (1, 2, 5) if len(decades) <= MOST_DECADES else (1,)
    return {"tickvals": [digit * 10.0**decade for decade in decades for digit in digits]}


def _lines(panel: Panel, x: str, y: str) -> Iterator[tuple[dict[str, Any], Source | None]]:
    """Yield the shapes of the vertical lines of a panel and of their bands, each with whose it is.

    The figure gets all of its shapes at once: plotly copies those there are for each that it is given alone.

    Args:
        panel: the panel.
        x: what plotly calls its axis, as ``x2``.
        y: likewise.
    """
    whole = {"xref": x, "yref": f"{y} domain", "y0": 0, "y1": 1}
    for line in panel.lines:
        stroke = {"color": line.colour, "width": 1, "dash": DASHES.get(line.dash, "dash")}
        yield {"type": "line", "x0": line.x, "x1": line.x, "line": stroke, **whole}, line.source
        if line.x_error > 0.0:
            band = {"type": "rect", "x0": line.x - line.x_error, "x1": line.x + line.x_error, **whole}
            yield {**band, "fillcolor": line.colour, "opacity": 0.12, "line": {"width": 0}}, line.source


def _say_nothing_is_known(plot: go.Figure, place: dict[str, int]) -> None:
    """Say so where a panel has no point, in place of axes from −1 to 6."""
    centre = {"xref": "x domain", "yref": "y domain", "x": 0.5, "y": 0.5, "showarrow": False}
    plot.add_trace(go.Scatter(x=[None], y=[None], showlegend=False, hoverinfo="skip"), **place)  # else it has no axes
    plot.add_annotation(text=NOTHING_KNOWN, **centre, **place)
    for update in (plot.update_xaxes, plot.update_yaxes):
        update(type="linear", range=[0.0, 1.0], showticklabels=False, **place)


def _curve(plot: go.Figure, curve: PlottedCurve, place: dict[str, int], panel: Panel, *, show: bool) -> None:
    by_row = bool(panel.y_names)
    x, y = np.array(curve.x), np.array(curve.y)
    error = np.array(curve.y_error) if curve.y_error else None
    lines, markers = curve.dash is not Dash.NONE, curve.marker is not Marker.NONE
    if curve.band and error is not None and np.isfinite(error).any():
        filled = np.nan_to_num(error)
        plot.add_trace(
            go.Scatter(
                x=np.concatenate([x, x[::-1]]),
                y=np.concatenate([y + filled, (y - filled)[::-1]]),
                fill="toself",
                fillcolor=_transparent(curve.colour),
                line={"width": 0},
                hoverinfo="skip",
                showlegend=False,
                legendgroup=curve.label,
                meta=_meta(curve.source),
            ),
            **place,
        )
        error = None
    trace: dict[str, Any] = {
        "x": x,
        "y": list(curve.y) if by_row else y,  # of named rows the page moves the points
        "name": curve.label,
        "legendgroup": curve.label,
        "showlegend": show,
        "mode": "+".join(part for part, wanted in (("lines", lines), ("markers", markers)) if wanted) or "lines",
        "line": {"color": curve.colour, "width": 1.6 * curve.width, "dash": DASHES.get(curve.dash, "solid")},
        "text": _row_texts(curve, panel) if by_row else _hover_texts(curve, panel),
        "hoverinfo": "text+name",
        "meta": _meta(curve.source),
    }
    if markers:
        plain = MARKERS[curve.marker]
        symbols = [f"{plain}-open" if unknown or not curve.filled else plain for unknown in curve.unknown]
        symbol = symbols or (plain if curve.filled else f"{plain}-open")
        trace["marker"] = {"color": curve.colour, "symbol": symbol, "size": 8 if curve.width >= 0.8 else 6}
    if error is not None:
        known = np.where(np.isfinite(error), error, 0.0)
        trace["error_y"] = {"type": "data", "array": known, "thickness": 1.2, "width": 3, "color": curve.colour}
    if curve.x_error:
        trace["error_x"] = {"type": "data", "array": np.array(curve.x_error), "thickness": 1, "width": 0}
    plot.add_trace(go.Scatter(**trace), **place)


def _meta(source: Source | None) -> dict[str, str | int | None] | None:
    """Return whose something is, by which the page shows and hides it."""
    return {"engine": source.engine, "atoms": source.atoms, "other": source.other} if source else None


def _hover_texts(curve: PlottedCurve, panel: Panel) -> list[str]:
    """Return what is told of each point: value, error, unit, place, independent samples."""
    blank = (math.nan,) * len(curve.x)
    errors, counts = curve.y_error or blank, curve.samples or blank
    y_unit, x_unit = _unit(panel.y_label), _unit(panel.x_label)
    texts = []
    for x, y, error, count in zip(curve.x, curve.y, errors, counts, strict=True):
        unknown = ", its error not known" if curve.y_error and not math.isfinite(error) else ""
        texts.append(f"{y:.5g}{_plus_minus(error)}{y_unit}{unknown} at {x:.5g}{x_unit}{_samples(count)}")
    return texts


def _row_texts(curve: PlottedCurve, panel: Panel) -> list[str]:
    """Return what is told of each point of a named row: value, error or interval, unit, independent samples."""
    blank = (math.nan,) * len(curve.x)
    unit, interval = _unit(panel.x_label), f" ({curve.interval})" if curve.interval else ""
    return [
        f"{name}: {x:.5g}{_plus_minus(error)}{unit}{interval}{_samples(count)}"
        for name, x, error, count in zip(curve.names, curve.x, curve.x_error, curve.samples or blank, strict=True)
    ]


def _plus_minus(error: float) -> str:
    """Write an error; a number that is exact, as a displacement after no time, has none."""
    return f" ± {error:.2g}" if math.isfinite(error) and error > 0.0 else ""


def _samples(count: float) -> str:
    return f", {count:.0f} independent samples" if math.isfinite(count) else ""


def _unit(label: str) -> str:
    """Return the unit that the label of an axis ends in, after a space: ``ρ (g/cm³)``; empty where it has none."""
    _, bracket, unit = label.rpartition(" (")
    return f" {unit.removesuffix(')')}" if bracket and unit.endswith(")") else ""


def _transparent(colour: str) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.18)"


def _sub(label: str) -> str:
    """Set the symbols of a label in italics."""
    for symbol, html in (
        ("C_P", "<i>C<sub>P</sub></i>"),
        ("T (", "<i>T</i> ("),
        ("P (", "<i>P</i> ("),
        ("r (", "<i>r</i> ("),
    ):
        if label.startswith(symbol):
            return html + label.removeprefix(symbol)
    return {"g(r)": "<i>g</i>(<i>r</i>)"}.get(label, label)
