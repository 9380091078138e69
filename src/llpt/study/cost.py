"""What a plan will cost, before anything is spent: estimated from engines' records, corrected by what was measured.

A record says how long a step takes on 2 cores (``llpt.engines.Speed``). Runs that are done correct the estimate: the
ratio of their measured time to the record's, engine by engine, multiplies what is left.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Protocol

from llpt.errors import InputError
from llpt.structure import volume_per_atom
from llpt.study.protocol import starting_density

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llpt.campaign import ThermodynamicState
    from llpt.engines import Speed
    from llpt.options import GivenValue

REFERENCE_CUTOFF_RY = 60.0
REFERENCE_DENSITY = 1.12
"""g/cm³ of the fluid that was timed."""
START_UP_S = 4.0
"""Starting a process and importing what it needs."""
SECOND_THREAD = 1.37
"""How many times faster a DFT step is on two threads than on one: 1.3 was measured at 64 atoms, 1.6 at 128."""
SINGLE_POINT_STEPS = 4.0
"""A single point from nothing costs as much as this many MD steps, which start from the step before."""


class TimedRun(Protocol):
    """What of a run decides how long its steps take."""

    @property
    def path(self) -> str:
        """Its directory below the study's."""

    @property
    def engine(self) -> str:
        """SPEC of the engine."""

    @property
    def speed(self) -> Speed:
        """What a step of the engine costs before any was measured."""

    @property
    def options(self) -> Mapping[str, GivenValue]:
        """Options of the engine."""

    @property
    def atoms(self) -> int:
        """Number of atoms."""

    @property
    def state(self) -> ThermodynamicState:
        """Temperature and pressure or density."""

    @property
    def threads(self) -> int:
        """Processor cores, 0 for all."""

    @property
    def steps(self) -> int:
        """Number of MD steps."""


def seconds_per_step(run: TimedRun) -> float:
    """Return the estimate of the engine's record for one step of a run."""
    speed = run.speed
    if not speed.plane_waves:
        return speed.seconds(run.atoms, 1.0)
    cutoff = float(run.options.get("ecut_ry", REFERENCE_CUTOFF_RY)) / REFERENCE_CUTOFF_RY
    try:
        density = starting_density(run.state)
    except InputError:  # nothing is known of this state
        density = REFERENCE_DENSITY
    edge = (run.atoms * volume_per_atom(density_g_per_cm3=density)) ** (1.0 / 3.0)
    kpoints = kpoint_count(str(run.options.get("kpoints", "mean-value")), edge_angstrom=edge)
    seconds = speed.seconds(run.atoms, kpoints * cutoff**1.5 / (density / REFERENCE_DENSITY))
    return seconds * SECOND_THREAD if run.threads == 1 else seconds


def kpoint_count(kpoints: str, *, edge_angstrom: float) -> int:
    """Return how many k-points are computed: half of a grid, by time reversal; else one.

    Args:
        kpoints: as the engine ``dft`` reads it.
        edge_angstrom: edge of the cubic cell, for points by spacing.

    >>> [kpoint_count(text, edge_angstrom=5.0) for text in ("2x2x2", "mean-value", "spacing:0.7", "spacing:1.3")]
    [4, 1, 4, 1]
    """
    spacing = re.fullmatch(r"spacing:(\d*\.?\d+)", kpoints)
    if spacing and float(spacing[1]) > 0.0:
        divisions = math.ceil(2.0 * math.pi / edge_angstrom / float(spacing[1]))
        return -(-(divisions**3) // 2)
    parts = kpoints.split("x")
    if len(parts) != 3 or not all(part.isdigit() for part in parts):
        return 1
    return -(-math.prod(int(part) for part in parts) // 2)


class Pace:
    """How long the MD steps of a study take: as measured, or by the engines' records corrected by what was measured.

    Args:
        measured: runs already begun, each with its seconds per step; they correct all others of the same engine, the
            nearest number of atoms first.
    """

    def __init__(self, measured: Sequence[tuple[TimedRun, float]] = ()) -> None:
        self._measured = {run.path: seconds for run, seconds in measured}
        self._peers: dict[str, list[tuple[TimedRun, float]]] = {}
        for run, seconds in measured:
            self._peers.setdefault(run.engine, []).append((run, seconds))

    def run_s(self, run: TimedRun) -> float:
        """Return the seconds that a run takes from start to end."""
        peers = self._peers.get(run.engine, [])
        step = self._measured.get(run.path)
        if step is None:
            step = seconds_per_step(run)
            if peers:
                nearest, seconds = min(peers, key=lambda peer: abs(peer[0].atoms - run.atoms))
                step *= seconds / seconds_per_step(nearest)
        return START_UP_S + run.steps * step
