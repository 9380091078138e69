"""What a run holds constant: asked of the dynamics, and told by what a run says of itself."""

from __future__ import annotations

from enum import StrEnum


class Ensemble(StrEnum):
    """What is held constant besides the number of atoms."""

    NVE = "nve"
    NVT = "nvt"
    NPT = "npt"
