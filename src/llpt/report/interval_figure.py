"""Numbers with their errors in named rows: one look tells which are small, which are large, which are not known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.report import palette
from llpt.report.panels import Dash, Marker, Panel, PlottedCurve
from llpt.report.question import Tone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llpt.report.panels import Source, VerticalLine

TONE_COLOURS = {Tone.GOOD: "#0072B2", Tone.BAD: "#D55E00", Tone.OPEN: palette.GREY, Tone.PLAIN: "#2F2F2F"}
MARKERS = {Tone.GOOD: Marker.CIRCLE, Tone.BAD: Marker.CROSS, Tone.OPEN: Marker.CIRCLE, Tone.PLAIN: Marker.SQUARE}
SPREAD, WIDEST_SPREAD = 0.1, 0.35
"""The outermost points of a row stand so far above and below its middle: so much for each point, at most so much."""


@dataclass(frozen=True)
class Interval:
    """One number of a row.

    Args:
        row: its name; numbers of one name share a row.
        value: the number, in the unit of the axis.
        half_width: of its interval, >= 0.
        tone: what it means.
        samples: independent samples behind it.
        source: whose it is; None where it is of no engine.
        name: what it is, where the row holds several; the row's where it is empty.
    """

    row: str
    value: float
    half_width: float
    tone: Tone = Tone.PLAIN
    samples: float = math.nan
    source: Source | None = None
    name: str = ""


def interval_panel(
    intervals: Sequence[Interval],
    x_label: str,
    *,
    words: Mapping[Tone, str],
    lines: tuple[VerticalLine, ...] = (),
    rows: Sequence[str] = (),
    named: bool = True,
    note: str = "",
    interval: str = "",
) -> Panel:
    """Return a panel of named rows.

    Args:
        intervals: the numbers; those that are not finite are left out.
        x_label: name and unit of the numbers.
        words: what the legend calls each tone.
        lines: vertical lines, e.g. at nothing, with the threshold as their band.
        rows: names from top to bottom; by default those of the numbers as they come.
        named: whether the names are written; False for a panel beside another of the same rows.
        note: a few words inside the panel.
        interval: what the half widths are, where they are not one standard error.
    """
    known = [each for each in intervals if math.isfinite(each.value) and math.isfinite(each.half_width)]
    order = list(rows or dict.fromkeys(each.row for each in known))
    places: dict[str, list[Interval]] = {name: [each for each in known if each.row == name] for name in order}
    curves = []
    for key in dict.fromkeys((each.tone, each.source) for each in known):
        tone, source = key
        mine = [each for each in known if (each.tone, each.source) == key]
        curves.append(
            PlottedCurve(
                words[tone],
                tuple(each.value for each in mine),
                tuple(order.index(each.row) + _offset(places[each.row], each) for each in mine),
                colour=TONE_COLOURS[tone],
                dash=Dash.NONE,
                marker=MARKERS[tone],
                filled=tone is not Tone.OPEN,
                samples=tuple(each.samples for each in mine),
                x_error=tuple(each.half_width for each in mine),
                source=source,
                names=tuple(each.name or each.row for each in mine),
                interval=interval,
            )
        )
    names = tuple(order) if named else ("",) * len(order)
    return Panel(x_label, "", tuple(curves), lines, note=note, y_names=names)


def _offset(row: Sequence[Interval], one: Interval) -> float:
    """Return how far from the middle of its row a number stands."""
    if len(row) == 1:
        return 0.0
    place = next(index for index, each in enumerate(row) if each is one)
    return min(SPREAD * len(row), WIDEST_SPREAD) * (2.0 * place / (len(row) - 1) - 1.0)
