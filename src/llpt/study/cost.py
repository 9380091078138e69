"""What a plan will cost, before anything is spent: estimated from engines' records, corrected by what was measured.

A record says how long a step takes on 2 cores (``llpt.engines.Speed``). Runs that are done correct the estimate: the
ratio of their measured time to the record's, engine by engine, multiplies what is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from llpt.dft.kpoints import kpoints_in_cell
from llpt.engines.record import TIMED_CUTOFF_RY, TIMED_DENSITY_G_PER_CM3
from llpt.errors import InputError
from llpt.structure import volume_per_atom
from llpt.study.protocol import starting_density
from llpt.units import ANGSTROM_TO_BOHR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.campaign import ThermodynamicState
    from llpt.engines import Speed
    from llpt.options import OptionValue

START_UP_S = 4.0
"""Starting a process and importing what it needs."""
SINGLE_POINT_STEPS = 4.0
"""A single point from nothing costs as much as this many MD steps, which start from the step before."""
FOLLOWED_POINT_STEPS = 2.0
"""A single point at the electrons' next temperature, from the solution at the one before."""


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

    def option(self, name: str) -> OptionValue:
        """An option of the engine, as given or by default."""

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
    slower = speed.on_one_thread if run.threads == 1 else 1.0
    if not speed.plane_waves:
        return slower * speed.seconds(run.atoms, 1.0)
    try:
        density = starting_density(run.state)
    except InputError:  # nothing is known of this state
        density = TIMED_DENSITY_G_PER_CM3
    edge = (run.atoms * volume_per_atom(density_g_per_cm3=density)) ** (1.0 / 3.0)
    cutoff = float(run.option("ecut_ry") or TIMED_CUTOFF_RY) / TIMED_CUTOFF_RY
    kpoints = _kpoint_count(str(run.option("kpoints")), edge_angstrom=edge)
    return slower * speed.seconds(run.atoms, kpoints * cutoff**1.5 / (density / TIMED_DENSITY_G_PER_CM3))


def _kpoint_count(kpoints: str, *, edge_angstrom: float) -> int:
    """Return how many k-points a cubic cell takes; one where an engine has words of its own for them."""
    try:
        return len(kpoints_in_cell(kpoints, ANGSTROM_TO_BOHR * edge_angstrom * np.eye(3)).weights)
    except InputError:
        return 1


class StepTimes:
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
