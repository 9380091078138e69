"""What a run may not do on its way: be heated, or hold single numbers that nothing around them bears out.

A number is wild where it lies beyond those before it and beyond those after it, by many of their deviations and by more
than atoms could do by chance. Where a position is damaged the centre of mass goes there and back, where a force is, the
forces no longer add up to what they do else; neither needs frames that lie close together.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import gammainccinv, gammaincinv, ndtr

from llpt.trajectory.foreign.bounds import (
    CONTRADICTED_SIGMAS,
    HOTTEST_K,
    allowed_temperatures,
    pressure_of_one_frame,
    series_mean,
)
from llpt.trajectory.foreign.measuring import AROUND, DEVIATION_OVER_MEDIAN
from llpt.trajectory.foreign.statements import FactCheck
from llpt.units import BOLTZMANN_EV_PER_K

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

    from llpt.statistics import Estimate
    from llpt.trajectory.facts import Facts
    from llpt.trajectory.foreign.measuring import Measurements

DRIFT_SHARE = 0.1
"""Thermostats that are slow, and ends of an equilibration, may leave as much between two thirds of a run."""
DRIFT_GPA = 1.0
FEWEST_OF_THIRD = 3
FEWEST_AROUND = 3
WILD_DEVIATIONS = 12.0
WILD_SIGMAS = 8.0
"""One frame in some 10¹⁵ would be as far off by chance."""
FIRST_MAY = 4.0
"""Atoms may start so many times further off: on lattice sites, with all their energy in their motion."""
VOLUME_SHARE = 0.2
OUT_OF_PLACE_ANGSTROM = 0.2
AT_AN_END = 3.0
FORCE_SHARE = 2.0
FEWEST_OF_WORK = 10
MISSED_SHARE = 0.3
"""Frames that lie so close together that the work of the forces misses half of all changes by less than this share."""
MOST_MEETINGS = 10
ALONE = 3.0
"""What is so many times as far off as all that is not among these few is not of the motion."""
DIGITS_EV_PER_ATOM = 1e-5
"""Files carry so many digits, and electrons are converged to so many."""
LEVEL_SHARE = 0.5
"""An energy that varies by less than this share of a jump on both its sides has levels; one that relaxes has none."""


class Contradiction(NamedTuple):
    """What contradicts itself in a run: the check that finds it, the cause, and the beginning of a remedy."""

    check: FactCheck
    cause: str
    remedy: str


class _Series(NamedTuple):
    """A number of every frame, in words and with its unit, and how far above and below others it may lie."""

    what: str
    unit: str
    values: Sequence[float] | NDArray[np.float64]
    above: float
    below: float


def outliers(measured: Measurements, facts: Facts, name: str, discard: int) -> list[Contradiction]:
    """Return the first wild number of each kind.

    Args:
        measured: what was measured.
        facts: what files and person state together.
        name: of the trajectory.
        discard: first frames left out.
    """
    remedy = "Restore what is damaged, or take the frame out"
    return [Contradiction(FactCheck.OUTLIER, cause, remedy) for cause in _wild_numbers(measured, facts, name, discard)]


def state_changes(measured: Measurements, facts: Facts, name: str, discard: int) -> list[Contradiction]:
    """Return what tells that a run is not of one state.

    Args:
        measured: of its frames.
        facts: what it is said to be.
        name: of the run, for people.
        discard: frames at its start that are left out.
    """
    remedy = "Give a part of it at one state, or discard its beginning (discard_steps, --discard)"
    found = [Contradiction(FactCheck.DRIFT, cause, remedy) for cause in _drifting(measured, facts, name, discard)]
    jump = _jump(np.array(measured.energy_ev[discard:], dtype=float), _highest_energy_ev(measured, facts))
    if jump is not None:
        place, energy = jump
        cause = (
            f"From frame {place + discard} of {name} on the energy lies {energy / measured.n_atoms:.3g} eV per atom "
        )
        cause += "from what it was, and stays there: two runs, or two theories."
        found.append(Contradiction(FactCheck.DRIFT, cause, "Import what stands before and after as runs of their own"))
    return found


def unworked(measured: Measurements, name: str) -> list[Contradiction]:
    """Return the first frame at which the energy changes by what no force does work for.

    Between frames that lie close together the work of the forces misses the change of the energy by little, and by
    about as little everywhere. A few steps far beyond all others are where two theories, or two runs, meet.

    Args:
        measured: of the frames.
        name: of the run, for people.
    """
    missed, changes = (np.abs(np.array(each)) for each in (measured.unworked_ev, measured.changes_ev))
    follow = np.isfinite(missed)
    known = np.sort(missed[follow])[::-1]
    if len(known) < FEWEST_OF_WORK or np.median(known) > MISSED_SHARE * np.median(changes[follow]):
        return []
    deviation = DEVIATION_OVER_MEDIAN * float(np.median(known))
    least = max(WILD_DEVIATIONS * deviation, DIGITS_EV_PER_ATOM * measured.n_atoms)
    most = min(MOST_MEETINGS, len(known) - 1)
    alone = [place for place in range(most) if known[place] > max(least, ALONE * known[place + 1])]
    if not alone:
        return []
    (places,) = np.nonzero(missed >= known[alone[-1]])
    frame, by = int(places[0]) + 1, measured.unworked_ev[int(places[0])] / measured.n_atoms
    cause = f"To frame {frame} of {name} the energy changes by {by:.3g} eV per atom more than its forces do work, "
    cause += f"to no other by more than {known[alone[-1] + 1] / measured.n_atoms:.2g}: two theories, or two runs."
    return [Contradiction(FactCheck.ENERGY, cause, "Import what stands before and after as runs of their own")]


def _jump(energy_ev: NDArray[np.float64], least_ev: float) -> tuple[int, float] | None:
    """Return where an energy leaves its level at once for another and stays, and by how much; None where it does not.

    Args:
        energy_ev: of every frame; without any where one is NaN.
        least_ev: by which the two levels must lie apart at least.
    """
    if not np.isfinite(energy_ev).all() or len(energy_ev) < 2 * FEWEST_AROUND:
        return None
    steps = np.abs(np.diff(energy_ev))
    least = max(least_ev, WILD_DEVIATIONS * float(np.median(steps)))
    for place in (1 + np.flatnonzero(steps > least)).tolist():
        before, after = energy_ev[max(0, place - AROUND) : place], energy_ev[place : place + AROUND]
        apart = max(after.min() - before.max(), before.min() - after.max())
        level = max(np.ptp(before), np.ptp(after)) < LEVEL_SHARE * apart
        if min(len(before), len(after)) >= FEWEST_AROUND and apart > least and level:
            return place, float(np.median(after) - np.median(before))
    return None


def _drifting(measured: Measurements, facts: Facts, name: str, discard: int) -> Iterator[str]:
    kelvin = np.array(measured.temperature_k[discard:], dtype=float)
    how, degrees = "", 3 * measured.n_atoms - 3
    if not np.isfinite(kelvin).all():
        kelvin, dense = measured.motion_k(facts.frame_interval_fs or math.nan)
        kelvin, how = kelvin[discard:] if dense else kelvin[:0], " by their displacements"
    if degrees and (thirds := _thirds(kelvin)) is not None:
        errors = [
            allowed_temperatures(each.value, degrees, error_k=each.error, frames=len(kelvin) // 3).error_k
            for each in thirds
            if each.value > 0.0
        ]
        allowed = CONTRADICTED_SIGMAS * math.hypot(*errors) + DRIFT_SHARE * float(kelvin.mean())
        if abs(thirds[1].value - thirds[0].value) > allowed:
            ends = f"{thirds[0].value:.4g} K in its first third and at {thirds[1].value:.4g} K in its last"
            yield f"The atoms of {name} move{how} at {ends}: no equilibrium run."
    gpa = np.array(measured.pressure_gpa[discard:], dtype=float)
    if facts.pressure_gpa is None or not np.isfinite(gpa).all() or (thirds := _thirds(gpa)) is None:
        return
    most = pressure_of_one_frame(measured, facts, discard)
    error = math.hypot(*(most if math.isnan(each.error) else min(each.error, most) for each in thirds))
    if abs(thirds[1].value - thirds[0].value) > CONTRADICTED_SIGMAS * error + DRIFT_SHARE * abs(gpa.mean()) + DRIFT_GPA:
        ends = f"{thirds[0].value:.4g} GPa in its first third and {thirds[1].value:.4g} GPa in its last"
        yield f"The pressure of {name} is {ends}: no equilibrium run."


def _thirds(values: NDArray[np.float64]) -> tuple[Estimate, Estimate] | None:
    """Return the means of the first and of the last third, each with the error that it has beside its own trend."""
    count = len(values) // 3
    if count < FEWEST_OF_THIRD:
        return None
    time = np.linspace(-1.0, 1.0, count)
    found = []
    for part in (values[:count], values[-count:]):
        trend = time * float(time @ part) / float(time @ time)
        estimate = series_mean((part - trend).tolist(), 0, "")
        assert estimate is not None
        found.append(estimate)
    return found[0], found[1]


def _wild_numbers(measured: Measurements, facts: Facts, name: str, discard: int) -> Iterator[str]:
    """Yield a sentence for each kind of number of which one is wild."""
    degrees = max(1, 3 * measured.n_atoms - 3)
    tail = float(ndtr(-WILD_SIGMAS))
    highest, lowest = (float(inverse(0.5 * degrees, tail)) / (0.5 * degrees) for inverse in (gammainccinv, gammaincinv))
    heaviest = float(measured.masses_u.max() / measured.masses_u.sum())
    kelvin = np.array(measured.temperature_k, dtype=float)
    level = _level_k(measured, facts)
    energy = _highest_energy_ev(measured, facts)
    pressure = WILD_SIGMAS * pressure_of_one_frame(measured, facts, discard, bonds=True)
    force, speed = FORCE_SHARE * measured.force_spread, FORCE_SHARE * heaviest * measured.speed
    volume = float(np.median(measured.volume_angstrom3))
    series = (
        _Series("a temperature", "K", kelvin, (highest - 1.0) * level, (1.0 - lowest) * level),
        _Series("an energy", "eV", measured.energy_ev, energy, energy),
        _Series("an E − F", "eV", measured.energy_gap_ev, energy, energy),
        _Series("a volume", "Å³", measured.volume_angstrom3, VOLUME_SHARE * volume, VOLUME_SHARE * volume),
        _Series("a pressure", "GPa", measured.pressure_gpa, pressure, pressure),
        _Series("a sum of forces", "eV/Å", measured.net_force, force, force),
        _Series("a mean velocity", "Å/fs", measured.drift, speed, speed),
    )
    for what, unit, values, above, below in series:
        places = wild(values, above=above, below=below)
        places = places[places >= discard]
        if places.size:
            place = int(places[0])
            around = [*values[max(0, place - AROUND) : place], *values[place + 1 : place + 1 + AROUND]]
            yield (
                f"Frame {place} of {name} has {what} of {values[place]:.6g} {unit}, where those around it have "
                f"{float(np.median(around)):.6g} {unit}."
            )
    strayed = _out_of_place(measured, heaviest)
    if strayed is not None and strayed >= discard:
        yield f"In frame {strayed} of {name} an atom is out of place: the centre of all atoms goes there and back."


def _level_k(measured: Measurements, facts: Facts) -> float:
    """Return the temperature that most frames have; of atoms without one what is stated, or the hottest there is."""
    kelvin = np.array(measured.temperature_k, dtype=float)
    known = kelvin[np.isfinite(kelvin)]
    level = float(np.median(known)) if known.size else 0.0
    return level or facts.temperature_k or HOTTEST_K  # atoms at rest allow no spread, and rounding is one


def _highest_energy_ev(measured: Measurements, facts: Facts) -> float:
    """Return the kinetic energy above which atoms of the run's temperature never have any."""
    degrees = max(1, 3 * measured.n_atoms - 3)
    return float(gammainccinv(0.5 * degrees, ndtr(-WILD_SIGMAS))) * BOLTZMANN_EV_PER_K * _level_k(measured, facts)


def _out_of_place(measured: Measurements, heaviest: float) -> int | None:
    """Return the frame to which and from which the centre of mass moves further than ever else; None without any.

    Where an atom may move by half a cell from one frame to the next, nobody knows by which way it went, and the centre
    tells nothing.
    """
    steps, lengths = np.array(measured.centre_steps_angstrom), np.array(measured.steps_angstrom)
    half_angstrom = 0.5 * np.median(measured.volume_angstrom3) ** (1.0 / 3.0)
    if not len(lengths) or WILD_SIGMAS * np.median(lengths) > math.sqrt(3.0) * half_angstrom:
        return None
    far = set(wild(steps, above=OUT_OF_PLACE_ANGSTROM * heaviest, below=math.inf, first=1.0).tolist())
    for step in sorted(far):  # step n leads from frame n to frame n + 1
        if step + 1 in far:
            return int(step) + 1
        # at an end of the run, where frames may also be missing, all atoms would have moved further then
        alone = steps[step] * np.median(lengths) > AT_AN_END * np.median(steps) * lengths[step]
        if alone and step in {0, len(steps) - 1}:
            return 0 if step == 0 else len(steps)
    return None


def wild(values: ArrayLike, *, above: float, below: float, first: float = FIRST_MAY) -> NDArray[np.int64]:
    """Return the places of the numbers that lie beyond those before and beyond those after them.

    Args:
        values: a series; without any where one is NaN.
        above: how far above a number must lie at least.
        below: how far below.
        first: so many times as far for the first one.

    >>> wild([1.0, 1.1, 0.9, 1.0, 1e5, 1.0, 1.1, 0.9], above=1.0, below=1.0)
    array([4])
    """
    series = np.asarray(values, dtype=float)
    if len(series) < 2 * FEWEST_AROUND or not np.isfinite(series).all():
        return np.zeros(0, dtype=np.int64)
    padded = np.concatenate([np.full(AROUND, math.nan), series, np.full(AROUND, math.nan)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, AROUND)
    before, after = _medians(windows[: len(series)]), _medians(windows[AROUND + 1 :])
    off_before, off_after = series - before, series - after
    # at an end, where one side has too few numbers, the other side decides
    off_before = np.where(np.isnan(before), off_after, off_before)
    off_after = np.where(np.isnan(after), off_before, off_after)
    nearer = np.where(off_before * off_after > 0.0, np.minimum(np.abs(off_before), np.abs(off_after)), 0.0)
    spread = DEVIATION_OVER_MEDIAN * float(np.median(np.maximum(np.abs(off_before), np.abs(off_after))))
    far = np.maximum(WILD_DEVIATIONS * spread, np.where(off_before > 0.0, above, below))
    far[0] *= first
    return np.flatnonzero(nearer > far)


def _medians(windows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the median of each window; NaN where it has too few numbers."""
    enough = np.isfinite(windows).sum(axis=1) >= FEWEST_AROUND
    found = np.full(len(windows), math.nan)
    found[enough] = np.nanmedian(windows[enough], axis=1)
    return found
