"""Trajectories made elsewhere: readers, one module for each program, and the way into our store."""

from llpt.trajectory.foreign.conversion import AMBIGUOUS_SHARE, Converted, EnergyMeaning, convert
from llpt.trajectory.foreign.detect import open_foreign
from llpt.trajectory.foreign.frame import Facts, ForeignFrame, ForeignTrajectory

__all__ = [
    "AMBIGUOUS_SHARE",
    "Converted",
    "EnergyMeaning",
    "Facts",
    "ForeignFrame",
    "ForeignTrajectory",
    "convert",
    "open_foreign",
]
