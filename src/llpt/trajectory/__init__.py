"""The trajectory store: H5MD segments written at checkpoints, read as one."""

from llpt.trajectory.extxyz import export_extxyz, frame_to_atoms
from llpt.trajectory.files import atomic_stream, fsync_directory, storage_error, write_atomically
from llpt.trajectory.frame import OPTIONAL_SCALAR_UNITS, SCALAR_UNITS, Frame, FrameBlock, StepRecord, System
from llpt.trajectory.reader import Trajectory
from llpt.trajectory.stress import kinetic_stress_gpa
from llpt.trajectory.writer import TrajectoryWriter

__all__ = [
    "OPTIONAL_SCALAR_UNITS",
    "SCALAR_UNITS",
    "Frame",
    "FrameBlock",
    "StepRecord",
    "System",
    "Trajectory",
    "TrajectoryWriter",
    "atomic_stream",
    "export_extxyz",
    "frame_to_atoms",
    "fsync_directory",
    "kinetic_stress_gpa",
    "storage_error",
    "write_atomically",
]
