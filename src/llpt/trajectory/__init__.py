"""The trajectory store: H5MD segments written at checkpoints, read as one."""

from llpt.trajectory.extxyz import export_extxyz, frame_to_atoms
from llpt.trajectory.facts import Facts, stated
from llpt.trajectory.frame import OPTIONAL_SCALAR_UNITS, SCALAR_UNITS, Frame, FrameBlock, StepRecord, System
from llpt.trajectory.opening import open_trajectory
from llpt.trajectory.stored import check_segment
from llpt.trajectory.stress import kinetic_stress_gpa
from llpt.trajectory.trajectory import Trajectory
from llpt.trajectory.writer import TrajectoryWriter, segment_path

__all__ = [
    "OPTIONAL_SCALAR_UNITS",
    "SCALAR_UNITS",
    "Facts",
    "Frame",
    "FrameBlock",
    "StepRecord",
    "System",
    "Trajectory",
    "TrajectoryWriter",
    "check_segment",
    "export_extxyz",
    "frame_to_atoms",
    "kinetic_stress_gpa",
    "open_trajectory",
    "segment_path",
    "stated",
]
