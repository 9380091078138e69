"""What a plan will cost, before anything is spent: estimated from engines' records, corrected by what was measured.

A record says how long a step takes on 2 cores (``llpt.engines.Speed``). Runs that are done correct the estimate, those
of this study first, then those of studies before on this machine (``llpt.study.paces``): the ratio of their measured
time to the record's multiplies it. Runs of several sizes also tell how a step grows (``llpt.study.step_growth``).
"""

from __future__ import annotations

import json
import math
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

import numpy as np

from llpt.dft.kpoints import kpoints_in_cell
from llpt.engines import find_engine
from llpt.engines.record import TIMED_CUTOFF_RY, TIMED_DENSITY_G_PER_CM3
from llpt.errors import InputError, LlptError
from llpt.precision import Precision
from llpt.structure import volume_per_atom
from llpt.study.paces import RUN_START_UP_S, KnownPace, engine_key, options_text, typical_pace
from llpt.study.protocol import starting_density
from llpt.study.step_growth import StepGrowth, growth_of, growth_of_one
from llpt.units import ANGSTROM_TO_BOHR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from llpt.campaign import ThermodynamicState
    from llpt.engines import Speed
    from llpt.options import GivenValue, OptionValue

STEP_CYCLES = 3.0
"""Cycles of self-consistency of an MD step of electrons, which starts from the steps before."""
COLD_CYCLES_OF_16_ATOMS = 5.0
"""Cycles of a single point of electrons from nothing; one more for each doubling of the atoms, and in double precision,
where they end nearer to the solution (docs/performance.md)."""
COLD_ORBITALS = 1.67
"""How many times dearer the orbitals are in such a cycle than in one of a step, which leaves empty bands as they are
and expands the others from products that it has. Density and potential cost the same."""
STEPS_OF_EACH_INNER = 0.25
"""How much dearer a step of electrons is for each inner step after the first: 0.43 s of a processor (3 cycles) at 1.2
fs where 0.4 fs takes 0.28 s (2 cycles; ``docs/results/multiple-time-steps.json``)."""
TIGHT = 1.4
"""How many times dearer than another single point in double precision one on the exact grid is, which is solved more
tightly: 1.15 to 1.6 times (docs/performance.md)."""
FOLLOWED = 0.17
"""What of that a single point at the electrons' next temperature costs, 50 K on, from the solution at the one before:
0.20 to 0.28 s where the first takes 1.4 s (32 atoms, 2x2x2, 55 Ry, PBE, one core)."""


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
        """Number of MD steps."""

    @property
    def inner_steps(self) -> int:
        """Steps of a potential that one step is made of; 0 without such a potential."""

    @property
    def seconds_of_potential(self) -> float:
        """What a force call of the potential within a step costs; 0 where there is none."""


def _slower(run: TimedRun) -> float:
    """Return how many times longer a step takes than with two threads and the default functional."""
    functional = run.speed.functionals(str(run.option("xc"))) if run.speed.functionals else 1.0
    return functional * (run.speed.on_one_thread if run.threads == 1 else 1.0)


def floor_per_step(run: TimedRun) -> float:
    """Return the part of the record's estimate that is the same for all numbers of atoms."""
    return _slower(run) * run.speed.floor


def seconds_per_step(run: TimedRun) -> float:
    """Return the estimate of the engine's record for one step of a run, of a path integral for each of its beads.

    Beads are left out of what is learnt of the growth of a step with its atoms: they follow one another.
    """
    return sum(_seconds_of_step(run))


def single_point_steps(run: TimedRun) -> float:
    """Return how many MD steps a single point costs; one where there are no electrons to start from nothing.

    With c cycles from nothing it is c / ``STEP_CYCLES`` steps, of which the share that the orbitals take is
    ``COLD_ORBITALS`` times dearer: the more atoms and k-points, the more steps. The precision is that of the steps.

    Args:
        run: of the engine that computes it, with the options that it has then.
    """
    if not run.speed.plane_waves:
        return 1.0
    shared, orbitals = _seconds_of_step(run)
    cycles = COLD_CYCLES_OF_16_ATOMS + math.log2(run.atoms / 16.0) + _in_double(run)
    return max(1.0, cycles / STEP_CYCLES) * (shared + COLD_ORBITALS * orbitals) / (shared + orbitals)


def label_steps(run: TimedRun) -> float:
    """Return how many MD steps a label costs: a single point, or several where its pressure is corrected.

    Args:
        run: of the engine that labels, with the options that it has then.
    """
    plain = run.options.get("pressure_correction") == "none"
    return (1 if plain else run.speed.points_of_a_label) * single_point_steps(run)


def tight_point_steps(run: TimedRun, *, followed: int) -> float:
    """Return how many MD steps a single point on the exact grid costs, with those at other electronic temperatures.

    Args:
        run: of the engine that computes it, with the precision of the single point.
        followed: at how many more temperatures of the electrons. An engine that can takes each from the one before.
    """
    if not run.speed.follows_electrons:
        return (1.0 + followed) * single_point_steps(run)
    return TIGHT * single_point_steps(run) * (1.0 + followed * FOLLOWED)


def _seconds_of_step(run: TimedRun) -> tuple[float, float]:
    """Return what the engine's record says of a step: the part that is done once, and that of all k-points."""
    speed = run.speed
    given = run.option("kpoints")
    plane_waves = 1.0
    kpoints = 1
    if speed.plane_waves or given is not None:
        try:
            density = starting_density(run.state)
        except InputError:  # nothing is known of this state
            density = TIMED_DENSITY_G_PER_CM3
        edge = (run.atoms * volume_per_atom(density_g_per_cm3=density)) ** (1.0 / 3.0)
        kpoints = _kpoint_count(str(given), edge_angstrom=edge)
        cutoff = float(run.option("ecut_ry") or TIMED_CUTOFF_RY) / TIMED_CUTOFF_RY
        plane_waves = cutoff**1.5 / (density / TIMED_DENSITY_G_PER_CM3)
    shared, orbitals = speed.parts(run.atoms, plane_waves=plane_waves)
    precision = speed.in_double if _in_double(run) else 1.0
    return _slower(run) * shared, _slower(run) * kpoints * precision * orbitals


def _in_double(run: TimedRun) -> bool:
    """Whether an engine is told to keep orbitals in double precision; one without that choice was timed as it is."""
    return run.option("precision") == Precision.DOUBLE


def _kpoint_count(kpoints: str, *, edge_angstrom: float) -> int:
    """Return how many k-points a cubic cell takes; one where an engine has words of its own for them."""
    try:
        return len(kpoints_in_cell(kpoints, ANGSTROM_TO_BOHR * edge_angstrom * np.eye(3)).weights)
    except InputError:
        return 1


def steps_of_longer(run: TimedRun) -> float:
    """Return how many steps of plain dynamics a step of a run costs its engine, the electrons having moved farther."""
    return 1.0 + (STEPS_OF_EACH_INNER * (run.inner_steps - 1) if run.inner_steps and run.speed.plane_waves else 0.0)


def plain_step_s(run: TimedRun, seconds: float) -> float:
    """Return what a step of plain dynamics would have taken where one of a run took ``seconds``."""
    potential = run.inner_steps * run.seconds_of_potential
    return max(seconds - potential, 0.1 * seconds) / steps_of_longer(run)


class StepTimes:
    """How long the MD steps of a study take: as measured, or by the engines' records corrected by what was measured.

    Args:
        measured: runs of this study already begun, each with its seconds per step.
        known: what steps took in studies before.
        contents: hashes of the files of engines that are files, by SPEC (``llpt.study.engine_contents``).
        first: path of the run that begins first, and waits for the libraries.
    """

    def __init__(
        self,
        measured: Sequence[tuple[TimedRun, float]] = (),
        known: Sequence[KnownPace] = (),
        contents: Mapping[str, str] | None = None,
        first: str = "",
    ) -> None:
        self._first = first
        self._measured = {run.path: seconds for run, seconds in measured}
        self._contents = contents or {}
        begun = [(run, plain_step_s(run, seconds)) for run, seconds in measured]
        here = [pace_of("", run, seconds, self._contents) for run, seconds in begun]
        self._same = tuple(
            (_Peers(text, _as_it_is, here), _Peers(text, _as_it_is, known)) for text in (options_text, _unscaled_text)
        )
        self._others = ((_Peers(_no_text, _as_it_is, here),), (_Peers(_unscaled_text, _kind, known),))
        self._growths: dict[tuple[KnownPace, ...], StepGrowth | None] = {}

    def run_s(self, run: TimedRun) -> float:
        """Return the seconds that a run takes from start to end."""
        loading = self.loading_s(run) if run.path == self._first else 0.0
        return loading + self.start_up_s(run) + run.steps * self.step_of_run_s(run)

    def start_up_s(self, run: TimedRun) -> float:
        """Return the seconds of a run beside its steps: as runs before took them, those of the nearest size first.

        What electrons take to be found from nothing grows as a step does, the rest not at all.
        """
        for peers in self._before(run):
            if near := _nearest([pace for pace in peers if pace.start_up is not None], run.atoms):
                more = (near.start_up or 0.0) - RUN_START_UP_S
                grows = run.speed.plane_waves and more > 0.0
                return RUN_START_UP_S + more * (self._bead_s(run) / near.seconds if grows else 1.0)
        return RUN_START_UP_S

    def loading_s(self, run: TimedRun) -> float:
        """Return how many seconds more a run takes where it is the first of a study; 0 where none has told."""
        for peers in self._before(run):
            if near := _nearest([pace for pace in peers if pace.loading is not None], run.atoms):
                return near.loading or 0.0
        return 0.0

    def _before(self, run: TimedRun) -> Iterator[tuple[KnownPace, ...]]:
        """Yield what studies before tell of runs like one, those most like it first."""
        for groups in (*self._same, self._others[1]):
            yield self._paces_like(run, groups[-1:])[0]

    def step_of_run_s(self, run: TimedRun) -> float:
        """Return the seconds of a step of a run: with inner ones a longer step of the engine, and the inner ones."""
        if run.path in self._measured:
            return self._measured[run.path]
        return steps_of_longer(run) * self.step_s(run) + run.inner_steps * run.seconds_of_potential

    def changed_step_s(self, run: TimedRun, changed: TimedRun) -> float:
        """Return the seconds of one step of a run whose engine or options are changed, by the records of both."""
        return seconds_per_step(changed) / seconds_per_step(run) * self.step_s(run)

    def step_s(self, run: TimedRun) -> float:
        """Return the seconds of one step of plain dynamics with the engine of a run."""
        if run.path in self._measured:
            return plain_step_s(run, self._measured[run.path])
        return run.beads * self._bead_s(run)

    def _bead_s(self, run: TimedRun) -> float:
        """Return the seconds of a step with classical nuclei."""
        estimate = seconds_per_step(run)
        for levels in (self._same, self._others):
            for groups in levels:
                found = self._paces_like(run, groups)
                if any(found):
                    return self._scaled(run, estimate, found)
        return estimate

    def was_measured(self, run: TimedRun) -> bool:
        """Whether steps of a run were measured, here or by the same engine and options in a study before.

        Of a run with inner steps only its own are.
        """
        if run.inner_steps:
            return run.path in self._measured
        return any(any(self._paces_like(run, groups)) for groups in self._same)

    def _paces_like(self, run: TimedRun, groups: Sequence[_Peers]) -> list[tuple[KnownPace, ...]]:
        """Return the peers of a run in each group: on as many threads if there are any."""
        key = engine_key(run.engine, self._contents)
        return [peers.of(key, run.options, run.threads) for peers in groups]

    def _scaled(self, run: TimedRun, estimate: float, found: Sequence[tuple[KnownPace, ...]]) -> float:
        """Return the seconds of a step from the peer of the nearest size, by the growth that the first peers show."""
        first = next(filter(None, found))
        near = min(first, key=partial(_distance, run.atoms))
        alone = StepGrowth() if run.speed.plane_waves else growth_of_one(near)
        growth = next(filter(None, map(self._growth, found)), alone)
        floor = floor_per_step(run)
        ratio = growth.relative_s(floor, estimate - floor) / growth.relative_s(near.floor, near.estimated - near.floor)
        return near.seconds * ratio

    def _growth(self, paces: tuple[KnownPace, ...]) -> StepGrowth | None:
        if paces not in self._growths:
            self._growths[paces] = growth_of(paces)
        return self._growths[paces]


def _distance(atoms: int, pace: KnownPace) -> float:
    return abs(math.log(pace.atoms / atoms))


def _nearest(paces: Sequence[KnownPace], atoms: int) -> KnownPace | None:
    return min(paces, key=partial(_distance, atoms), default=None)


def _unscaled_text(options: Mapping[str, GivenValue]) -> str:
    return options_text(options, scaled=False)


def _no_text(_: Mapping[str, GivenValue]) -> str:
    return ""


def _as_it_is(engine: str) -> str:
    return engine


def _kind(engine: str) -> str:
    """Return the kind of an engine that is a file, so that other potentials of its kind stand in for it."""
    try:
        return engine.partition(":")[0] if find_engine(engine).copied else engine
    except LlptError:  # measured with a plug-in that is gone
        return engine


class _Peers:
    """Measured runs by their engine and what they have in common of its options.

    Args:
        text: writes what counts of the options.
        name: writes what counts of the engine.
        paces: the runs.
    """

    def __init__(
        self, text: Callable[[Mapping[str, GivenValue]], str], name: Callable[[str], str], paces: Sequence[KnownPace]
    ) -> None:
        self._text = text
        self._name = name
        self._paces: dict[tuple[str, str], dict[tuple[int, int], list[KnownPace]]] = {}
        for pace in paces:
            found = self._paces.setdefault((name(pace.engine), text(json.loads(pace.options))), {})
            found.setdefault((pace.atoms, pace.threads), []).append(pace)
        self._found: dict[tuple[str, str, int], tuple[KnownPace, ...]] = {}

    def of(self, engine: str, options: Mapping[str, GivenValue], threads: int) -> tuple[KnownPace, ...]:
        """Return those of an engine with options like these: on so many threads, or else on any."""
        if not self._paces:
            return ()
        key = self._name(engine), self._text(options), threads
        if key not in self._found:
            paces = [typical_pace(alike) for alike in self._paces.get(key[:2], {}).values()]
            self._found[key] = tuple(pace for pace in paces if pace.threads == threads) or tuple(paces)
        return self._found[key]


def pace_of(
    place: str,
    run: TimedRun,
    seconds: float,
    contents: Mapping[str, str] = MappingProxyType({}),
    *,
    start_up: float | None = None,
) -> KnownPace:
    """Return what was measured of a run.

    Args:
        place: where it was done.
        run: the run.
        seconds: wall time of a step, of all beads of a path integral.
        contents: hashes of the files of engines that are files, by SPEC.
        start_up: seconds of the run beside its steps, where they are known.

    Returns:
        The pace with the seconds of one bead.
    """
    return KnownPace(
        place=place,
        engine=engine_key(run.engine, contents),
        options=options_text(run.options),
        atoms=run.atoms,
        threads=run.threads,
        seconds=seconds / run.beads,
        estimated=seconds_per_step(run),
        floor=floor_per_step(run),
        start_up=start_up,
    )
