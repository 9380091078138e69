"""``thermo.csv``: the course of a run for people, one row per frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.files import append_text, write_atomically
from llpt.trajectory.segment import open_h5
from llpt.units import U_PER_ANGSTROM3_TO_G_PER_CM3

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from llpt.trajectory.frame import Frame, StepRecord, System

THERMO_NAME = "thermo.csv"
_COLUMNS = (
    "temperature_k",
    "pressure_gpa",
    "volume_angstrom3",
    "internal_energy_ev",
    "free_energy_ev",
    "kinetic_energy_ev",
    "conserved_ev",
)
_HEADER = ",".join(("step", "time_fs", "density_g_per_cm3", *_COLUMNS)) + "\n"


def append_thermo(directory: Path, system: System, records: Sequence[StepRecord], frames: Sequence[Frame]) -> None:
    """Append the rows of a new segment.

    Args:
        directory: of the run.
        system: what does not change along it.
        records: scalars of the segment's steps.
        frames: its frames; only their steps are written.

    Raises:
        StorageError: the disk refuses.
    """
    path = directory / THERMO_NAME
    wanted = {frame.step for frame in frames}
    mass = float(system.masses_u.sum())
    rows = [
        _row(record.step, record.time_fs, mass, [getattr(record, name) for name in _COLUMNS])
        for record in records
        if record.step in wanted
    ]
    append_text(path, "".join([*([] if path.exists() else [_HEADER]), *rows]))


def rewrite_thermo(directory: Path, segments: Sequence[Path]) -> None:
    """Write the table anew from closed segments, so that it tells exactly what they hold.

    Raises:
        StorageError: a segment is damaged, or the disk refuses.
    """
    write_atomically(directory / THERMO_NAME, thermo_table(segments))


def thermo_table(segments: Sequence[Path]) -> str:
    """Return the table of closed segments.

    Raises:
        StorageError: a segment is damaged.
    """
    rows = [_HEADER]
    for path in segments:
        with open_h5(path) as file:
            observables = file["observables"]
            clock = file["particles/trajectory/position"]
            mass = float(file["particles/trajectory/mass"][:].sum())
            columns = [observables[name]["value"][:] for name in _COLUMNS]
            for step, time, *values in zip(clock["step"][:], clock["time"][:], *columns, strict=True):
                rows.append(_row(int(step), float(time), mass, values))
    return "".join(rows)


def _row(step: int, time_fs: float, mass_u: float, values: Sequence[float]) -> str:
    density = mass_u / values[_COLUMNS.index("volume_angstrom3")] * U_PER_ANGSTROM3_TO_G_PER_CM3
    return ",".join((str(step), f"{time_fs:.4f}", f"{density:.8g}", *(f"{value:.8g}" for value in values))) + "\n"
