"""What a plan will cost, before anything is spent: estimated from engines' records, corrected by what was measured.

A record says how long a step takes on 2 cores (``llpt.engines.Speed``). Runs that are done correct the estimate, those
of this study first, then those of studies before on this machine (``llpt.study.paces``): the ratio of their measured
time to the record's multiplies it.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Protocol

import numpy as np

from llpt.dft.kpoints import kpoints_in_cell
from llpt.engines.record import TIMED_CUTOFF_RY, TIMED_DENSITY_G_PER_CM3
from llpt.errors import InputError
from llpt.structure import volume_per_atom
from llpt.study.paces import KnownPace, options_text
from llpt.study.protocol import starting_density
from llpt.units import ANGSTROM_TO_BOHR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llpt.campaign import ThermodynamicState
    from llpt.engines import Speed
    from llpt.options import GivenValue, OptionValue

START_UP_S = 0.5
"""Forking a process, making its engine, its first and last checkpoint."""
SINGLE_POINT_STEPS = 4.0
"""A single point from nothing costs as much as this many MD steps, which start from the step before."""
FOLLOWED_POINT_STEPS = 3.0
"""A single point at the electrons' next temperature, 50 K on, from the solution at the one before: 0.20 to 0.28 s where
a step takes 0.078 s (32 atoms, 2x2x2, 55 Ry, PBE, one core)."""


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
        """Options of the engine as they were given."""

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
        measured: runs of this study already begun, each with its seconds per step.
        known: what steps took in studies before.
    """

    def __init__(self, measured: Sequence[tuple[TimedRun, float]] = (), known: Sequence[KnownPace] = ()) -> None:
        self._measured = {run.path: seconds for run, seconds in measured}
        here = [pace_of("", run, seconds) for run, seconds in measured]
        self._like = _Peers(("engine", "options"), here), _Peers(("engine", "options"), known)
        self._scaled = _Peers(("engine", "scaled"), here), _Peers(("engine", "scaled"), known)
        self._others = _Peers(("engine",), here)

    def run_s(self, run: TimedRun) -> float:
        """Return the seconds that a run takes from start to end."""
        return START_UP_S + run.steps * self.step_s(run)

    def step_s(self, run: TimedRun) -> float:
        """Return the seconds of one of its steps."""
        if run.path in self._measured:
            return self._measured[run.path]
        peer = self._peer(run)
        estimate = seconds_per_step(run)
        return estimate if peer is None else estimate * peer.seconds / peer.estimated

    def was_measured(self, run: TimedRun) -> bool:
        """Whether a run of the same engine and options was measured, here or in a study before."""
        return any(peers.nearest(run) for peers in (*self._like, *self._scaled))

    def _peer(self, run: TimedRun) -> KnownPace | None:
        """Return what was measured of the run that is most like this one: same options, then other points of k."""
        for peers in (*self._like, *self._scaled, self._others):
            found = peers.nearest(run)
            if found is not None:
                return found
        return None


class _Peers:
    """Measured runs by what they have in common."""

    def __init__(self, common: tuple[str, ...], paces: Sequence[KnownPace]) -> None:
        self._common = common
        self._paces: dict[tuple[str, ...], dict[tuple[int, int], KnownPace]] = {}
        for pace in paces:
            found = self._paces.setdefault(self._key(pace.engine, json.loads(pace.options)), {})
            found[pace.atoms, pace.threads] = pace

    def _key(self, engine: str, options: Mapping[str, GivenValue]) -> tuple[str, ...]:
        texts = {
            "engine": lambda: engine,
            "options": lambda: options_text(options),
            "scaled": lambda: options_text(options, scaled=False),
        }
        return tuple(texts[name]() for name in self._common)

    def nearest(self, run: TimedRun) -> KnownPace | None:
        """Return the one of the nearest number of atoms, on as many threads if there is one."""
        paces = self._paces.get(self._key(run.engine, run.options)) if self._paces else None
        if not paces:
            return None
        return min(
            paces.values(), key=lambda pace: (pace.threads != run.threads, abs(math.log(pace.atoms / run.atoms)))
        )


def pace_of(place: str, run: TimedRun, seconds: float) -> KnownPace:
    """Return what was measured of a run.

    Args:
        place: where it was done.
        run: the run.
        seconds: wall time of a step.
    """
    return KnownPace(
        place=place,
        engine=run.engine,
        options=options_text(run.options),
        atoms=run.atoms,
        threads=run.threads,
        seconds=seconds,
        estimated=seconds_per_step(run),
    )
