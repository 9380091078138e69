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
    from collections.abc import Callable, Mapping, Sequence

    from llpt.campaign import ThermodynamicState
    from llpt.engines import Speed
    from llpt.options import GivenValue, OptionValue

START_UP_S = 0.5
"""Forking a process, making its engine, its first and last checkpoint."""
SINGLE_POINT_STEPS = 2.2
"""A single point of electrons from nothing costs as much as this many MD steps, which start from the step before: 2.1,
1.7, 2.2 and 2.9 (16 atoms at 2x2x2; 32 at the mean value point, atomic and molecular; 32 atomic at 2x2x2; PBE, 60 Ry,
NPT at 200 GPa, 0.4 fs, forty steps against three snapshots, seconds of one processor, 2026-11-28)."""
PROPOSAL_STEPS = 4.0
"""The label of a proposal of hybrid Monte Carlo: solved in full, from orbitals of a configuration far away."""
FOLLOWED_POINT_STEPS = 3.0
"""A single point at the electrons' next temperature, 50 K on, from the solution at the one before: 0.20 to 0.28 s where
a step takes 0.078 s (32 atoms, 2x2x2, 55 Ry, PBE, one core)."""


def single_point_steps(speed: Speed) -> float:
    """Return how many MD steps a single point costs; one where there are no electrons to start from nothing.

    Args:
        speed: of the engine that computes it.
    """
    return SINGLE_POINT_STEPS if speed.plane_waves else 1.0


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
    def beads(self) -> int:
        """Beads of a path integral, each of which is computed at every step; 1 for classical nuclei."""

    @property
    def steps(self) -> int:
        """Number of MD steps, or of proposals."""

    @property
    def segment_steps(self) -> int:
        """Mean number of time steps of a proposal; 0 in molecular dynamics."""

    @property
    def seconds_of_proposer(self) -> float:
        """What a force call of the potential that proposes costs; 0 in molecular dynamics."""


def seconds_per_step(run: TimedRun) -> float:
    """Return the estimate of the engine's record for one step of a run."""
    speed = run.speed
    slower = run.beads * (speed.on_one_thread if run.threads == 1 else 1.0)
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
        here = [pace_of("", run, seconds) for run, seconds in measured if not run.segment_steps]
        like = [_Peers(options_text, paces) for paces in (here, known)]
        scaled = [_Peers(_unscaled_text, paces) for paces in (here, known)]
        self._same = tuple(peers for peers in (*like, *scaled) if peers)
        self._others = tuple(peers for peers in (_Peers(_no_text, here),) if peers)

    def run_s(self, run: TimedRun) -> float:
        """Return the seconds that a run takes from start to end."""
        return START_UP_S + run.steps * (self.proposal_s(run) if run.segment_steps else self.step_s(run))

    def proposal_s(self, run: TimedRun) -> float:
        """Return the seconds of a proposal: a label of the engine and a segment of the potential."""
        if run.path in self._measured:
            return self._measured[run.path]
        return PROPOSAL_STEPS * self.step_s(run) + run.segment_steps * run.seconds_of_proposer

    def step_s(self, run: TimedRun) -> float:
        """Return the seconds of one step of dynamics with its engine."""
        if run.path in self._measured and not run.segment_steps:
            return self._measured[run.path]
        peer = self._peer(run)
        estimate = seconds_per_step(run)
        return estimate if peer is None else estimate * peer.seconds / peer.estimated

    def was_measured(self, run: TimedRun) -> bool:
        """Whether a run of the same engine and options was measured, here or in a study before."""
        return _nearest(run, self._same) is not None

    def _peer(self, run: TimedRun) -> KnownPace | None:
        """Return what was measured of the run that is most like this one: same options, then other points of k."""
        return _nearest(run, (*self._same, *self._others))


def _unscaled_text(options: Mapping[str, GivenValue]) -> str:
    return options_text(options, scaled=False)


def _no_text(_: Mapping[str, GivenValue]) -> str:
    return ""


class _Peers:
    """Measured runs by their engine and what they have in common of its options.

    Args:
        text: writes what counts of the options.
        paces: the runs.
    """

    def __init__(self, text: Callable[[Mapping[str, GivenValue]], str], paces: Sequence[KnownPace]) -> None:
        self.text = text
        self._paces: dict[tuple[str, str], dict[tuple[int, int], KnownPace]] = {}
        for pace in paces:
            found = self._paces.setdefault((pace.engine, text(json.loads(pace.options))), {})
            found[pace.atoms, pace.threads] = pace

    def __len__(self) -> int:
        return len(self._paces)

    def of(self, engine: str, text: str) -> Sequence[KnownPace]:
        """Return those of an engine whose options come to this text."""
        return tuple(self._paces.get((engine, text), {}).values())


def _nearest(run: TimedRun, groups: Sequence[_Peers]) -> KnownPace | None:
    """Return the first peer of a run: of the nearest number of atoms, on as many threads if there is one."""
    texts: dict[object, str] = {}  # a plan of ten thousand runs asks several times a second: each is written once
    for peers in groups:
        if peers.text not in texts:
            texts[peers.text] = peers.text(run.options)
        paces = peers.of(run.engine, texts[peers.text])
        if paces:
            return min(paces, key=lambda pace: (pace.threads != run.threads, abs(math.log(pace.atoms / run.atoms))))
    return None


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
