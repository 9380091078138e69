"""What it would take to decide what is not resolved: picoseconds, sizes, temperatures.

An error falls with the root of the production time, so that the time needed is the time there is times
(error / error needed)^2. A run that does not know its own error needs at least ``CORRELATION_TIMES`` correlation
times, of which the number of independent samples it found gives a lower bound.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt.audit.equivalence import error_needed
from llpt.audit.region import EDGE
from llpt.audit.verdict import Requirement
from llpt.statistics import in_words
from llpt.transition import LineKind
from llpt.transition.step import MINIMUM_POINTS
from llpt.units import PS_TO_FS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.audit.compared import Contrast
    from llpt.audit.pairing import Pair
    from llpt.audit.thresholds import Thresholds
    from llpt.audit.verdict import Comparison
    from llpt.transition import Criterion, LineOfStates, LocatedLine

CORRELATION_TIMES = 50.0
#: So many temperatures are named one by one.
_MOST_LISTED = 8


def production_ps(states: LineOfStates) -> float:
    """Return the shortest production time of an isobar's points, in ps; NaN where none has times."""
    known = [point.production_fs for point in states.points if math.isfinite(point.production_fs)]
    return min(known, default=math.nan) / PS_TO_FS


def fluid_requirement(states: LineOfStates) -> Requirement:
    """Return what an isobar lacks that is a solid at every temperature."""
    return _requirement(
        states,
        f"{states.engine} at {states.where}: temperatures above the melting line; up to "
        f"{states.coordinates[-1]:g} {states.along.unit} every run is a solid.",
    )


def minimum_requirements(states: LineOfStates, thresholds: Thresholds) -> list[Requirement]:
    """Return what an isobar lacks before anything can be concluded from it: time, size, known errors, temperatures."""
    found = []
    now = production_ps(states)
    curve = states.curve("pressure" if states.kind.holds_volume else "density")
    unknown = ~np.isfinite(curve.errors)
    if now < thresholds.minimum_production_ps:
        found.append(
            _requirement(
                states,
                f"{states.engine} at {states.where}: at least {thresholds.minimum_production_ps:g} ps of "
                f"production at every {states.along.word}; the shortest run has {now:.3g} ps.",
                picoseconds=thresholds.minimum_production_ps,
            )
        )
    if states.n_atoms < thresholds.minimum_atoms:
        found.append(
            _requirement(
                states,
                f"{states.engine} at {states.where}: at least {thresholds.minimum_atoms} atoms; the cell "
                f"has {states.n_atoms}.",
                atoms=thresholds.minimum_atoms,
            )
        )
    if unknown.any():
        needed = _time_to_know_the_error_ps(curve.effective_samples[unknown], curve.production_fs[unknown])
        runs = f"about {in_words(needed)} ps" if math.isfinite(needed) else "longer runs"
        temperatures = tuple(float(value) for value in curve.coordinates[unknown])
        found.append(
            _requirement(
                states,
                f"{states.engine} at {states.where}: {runs} at "
                f"{_list(temperatures)} {states.along.unit}, where the runs are shorter than a few of their own "
                "correlation times.",
                picoseconds=needed,
                temperatures_k=temperatures,
            )
        )
    if len(curve) < MINIMUM_POINTS:
        found.append(
            _requirement(
                states,
                f"{states.engine} at {states.where}: at least {MINIMUM_POINTS} {states.along.words}, better "
                f"eight, across the transition; there are {len(curve)}.",
            )
        )
    return found


@dataclass(frozen=True)
class OpenComparison:
    """A comparison that is not resolved.

    Args:
        comparison: that is open.
        among: number of statements of which any one may prove *not faithful*.
        contrast: the difference behind it.
    """

    comparison: Comparison
    among: float
    contrast: Contrast

    def longer(self, confidence: float) -> float:
        """Return how many times as long the runs have to be, at least 1.

        The points of a fitted curve are taken to lie on it.
        """
        shown, threshold = self.comparison.difference, self.comparison.threshold
        wanted = [(shown.error, error_needed(shown, threshold, confidence=confidence, among=self.among))]
        if abs(shown.value) < threshold:
            points = self.contrast.points
            wanted += [
                (point.error, error_needed(part, threshold, confidence=confidence, every=len(points)))
                for part, point in zip(self.contrast.parts[: len(points)], points, strict=True)
            ]
        return max(1.0, *((error / needed) ** 2 for error, needed in wanted))


def time_for(pair: Pair, comparisons: Sequence[OpenComparison], *, confidence: float) -> Requirement | None:
    """Return the production time at which all these comparisons would be resolved; None where no error is known.

    Args:
        pair: without solid points.
        comparisons: what is open.
        confidence: of the verdict.
    """
    known = [each for each in comparisons if each.comparison.difference.resolved]
    if not known:
        return None
    times = (production_ps(side.states) for side in (pair.reference, pair.surrogate))
    now = min((each for each in times if math.isfinite(each)), default=math.nan)

    hardest, times_longer = max(
        ((each.comparison, each.longer(confidence)) for each in known), key=lambda each: each[1]
    )
    rung = pair.reference.states.along.word
    what = f"about {in_words(now * times_longer)} ps of production at each {rung} (now {in_words(now)} ps)"
    if math.isnan(now):
        what = f"runs {in_words(times_longer)} times as long"
    place = "" if hardest.temperature_k is None else f" at {hardest.temperature_k:g} K"
    return Requirement(
        pressure_gpa=pair.pressure_gpa,
        engine=f"{pair.reference.states.engine} and {pair.surrogate.states.engine}",
        picoseconds=_known(now * times_longer),
        picoseconds_now=_known(now),
        atoms=None,
        temperatures_k=(),
        sentence=(
            f"Both engines at {pair.where}: {what}, to resolve what is open; the hardest "
            f"is the {hardest.quantity}{place}."
        ),
    )


def grid_for(located: LocatedLine, criterion: Criterion, threshold: float) -> Requirement | None:
    """Return the temperatures to add around a transition whose place the grid leaves open; None if it is fine enough.

    A place between two temperatures is known to spacing/sqrt(12); half the threshold is asked for.

    Args:
        located: the line of states with its transitions.
        criterion: by which the transition is placed.
        threshold: the largest shift of it that passes, in the unit of the line, > 0.
    """
    states, result = located.states, located.criteria[criterion]
    wanted = 0.5 * threshold * math.sqrt(12.0) / 2.0
    place = result.place if result.resolved else (result.step.location if result.step is not None else None)
    if place is None or not place.resolved:
        return None
    temperatures = np.array(states.coordinates)
    low = float(temperatures[max(int(np.searchsorted(temperatures, place.value - EDGE * place.error)) - 1, 0)])
    upper = min(int(np.searchsorted(temperatures, place.value + EDGE * place.error)), len(temperatures) - 1)
    high = float(temperatures[upper])
    inside = temperatures[(temperatures >= low) & (temperatures <= high)]
    if inside.size < 2 or float(np.diff(inside).max()) <= wanted:
        return None
    count = math.ceil((high - low) / wanted)
    planned = [low + (high - low) * step / count for step in range(1, count)]
    digits = states.along.digits
    added = tuple(round(value, digits) for value in planned if np.abs(temperatures - value).min() > 0.25 * wanted)
    if not added:
        return None
    where = f"{states.along.words} at {_list(added)} {states.along.unit}"
    if len(added) > _MOST_LISTED:
        apart = f"{in_words((high - low) / count)} {states.along.unit}"
        where = f"{len(added)} more {states.along.words}, {apart} apart from {low:g} to {high:g} {states.along.unit},"
    return _requirement(
        states,
        f"{states.engine} at {states.where}: {where} to place the {criterion}.",
        temperatures_k=added,
    )


def _time_to_know_the_error_ps(
    samples: np.ndarray[tuple[int], np.dtype[np.float64]], production_fs: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> float:
    correlation_fs = production_fs / np.maximum(samples, 1.0)
    return float((CORRELATION_TIMES * correlation_fs).max() / PS_TO_FS)


def _requirement(
    states: LineOfStates,
    sentence: str,
    *,
    picoseconds: float | None = None,
    atoms: int | None = None,
    temperatures_k: tuple[float, ...] = (),
) -> Requirement:
    return Requirement(
        pressure_gpa=states.held if states.kind is LineKind.ISOBAR else None,
        engine=states.engine,
        picoseconds=None if picoseconds is None else _known(picoseconds),
        picoseconds_now=_known(production_ps(states)),
        atoms=atoms,
        temperatures_k=temperatures_k,
        sentence=sentence,
    )


def _known(picoseconds: float) -> float | None:
    """Return a time, None where the runs have no times."""
    return picoseconds if math.isfinite(picoseconds) else None


def _list(temperatures_k: tuple[float, ...]) -> str:
    return ", ".join(f"{value:g}" for value in temperatures_k)
