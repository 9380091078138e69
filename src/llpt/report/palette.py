"""Colours that people with any colour vision tell apart, and symbols that say the same without colour.

Reference and surrogate: vermilion and blue of Okabe and Ito (Color Universal Design, 2008), darker for larger cells.
Temperatures: four steps from blue to red that differ in lightness too, or the map *cividis* for more.
"""

from __future__ import annotations

from llpt.campaign import Role
from llpt.report.panels import Dash, Marker

SHADES = {
    Role.REFERENCE: ("#D55E00", "#8C3B00", "#E8934A", "#5A2600"),
    Role.SURROGATE: ("#0072B2", "#56B4E9", "#004A75", "#8CCBEE"),
}
DASHES = {Role.REFERENCE: Dash.SOLID, Role.SURROGATE: Dash.DASHED}
MARKERS = (Marker.CIRCLE, Marker.SQUARE, Marker.DIAMOND, Marker.TRIANGLE, Marker.DOWN)
FOUR_TEMPERATURES = ("#08306B", "#4292C6", "#F16913", "#7F0000")
CIVIDIS = ("#00224E", "#123570", "#3B496C", "#575D6D", "#707173", "#8A8678", "#A59C74", "#C3B369", "#E1CC55")
GREY = "#6E6E6E"
CYCLE = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Things drawn one after the other onto the same axes."""
GREYS = ("#2F2F2F", "#6E6E6E", "#9A9A9A")


def size_colour(role: Role, index: int) -> str:
    """Return the colour of the ``index``-th size of one side."""
    shades = SHADES[role]
    return shades[index % len(shades)]


def along(index: int, count: int) -> str:
    """Return the colour of the ``index``-th of ``count`` temperatures, from cold to hot."""
    if count <= 1:
        return CIVIDIS[0]
    return CIVIDIS[round(index * (len(CIVIDIS) - 1) / (count - 1))]
