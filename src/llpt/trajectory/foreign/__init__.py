"""Trajectories made elsewhere: readers, one module for each program, and the way into our store."""

from llpt.trajectory.foreign.contents import Contents
from llpt.trajectory.foreign.conversion import convert, read_through
from llpt.trajectory.foreign.detect import open_foreign
from llpt.trajectory.foreign.frame import ForeignFrame, ForeignTrajectory
from llpt.trajectory.foreign.reading import (
    AMBIGUOUS_SHARE,
    EnergyMeaning,
    ForeignReader,
    NoTrajectoryError,
)

__all__ = [
    "AMBIGUOUS_SHARE",
    "Contents",
    "EnergyMeaning",
    "ForeignFrame",
    "ForeignReader",
    "ForeignTrajectory",
    "NoTrajectoryError",
    "convert",
    "open_foreign",
    "read_through",
]
