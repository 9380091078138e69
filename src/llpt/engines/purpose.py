"""What an engine is made for: it decides the defaults of options that were not given."""

from __future__ import annotations

from enum import StrEnum


class Purpose(StrEnum):
    """What an engine is made for."""

    SINGLE_POINT = "single-point"
    """Structures one by one: tight convergence, no pressure correction."""
    DYNAMICS = "dynamics"
    """Steps at constant volume: each starts from what the last ones taught."""
    CONSTANT_PRESSURE = "constant-pressure"
    """Steps at constant pressure: the same, and the barostat sees the finite-basis-corrected pressure."""
