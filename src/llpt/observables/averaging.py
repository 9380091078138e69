"""One pass over a run for all observables: what each gives, and why some give nothing.

The frames are read once, block by block, and handed to every accumulator that needs them. Memory does not grow with the
length of the run beyond what each of them keeps of the frames that its record lets through.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import xarray as xr

from llpt.errors import LlptError
from llpt.observables.production import OF_STEPS
from llpt.observables.record import (
    ERROR,
    SAMPLES,
    Absent,
    DerivedObservable,
    FrameObservable,
    Reasoned,
    StepObservable,
)
from llpt.statistics import Estimate
from llpt.trajectory import FrameBlock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from llpt.observables.production import Production
    from llpt.observables.record import Accumulator, Observable, ObservedValue, ObservedValues, Quantity
    from llpt.observables.registry import Registry

BLOCK_BYTES = 64 * 1024**2

Result = TypeVar("Result")


@dataclass
class Averages:
    """What the observables gave.

    Args:
        found: by the names of the quantities, in the registry's order; an array's error under ``name_error``.
        reasons: why a quantity is absent or not determined, one sentence, by its name.
        failed: why an observable of another package could not be used, one sentence, by its name.
    """

    found: dict[str, ObservedValue] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


def average_run(
    production: Production,
    observables: Registry,
    *,
    forgiving: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> Averages:
    """Average a run.

    An observable of another package may fail in any way: it is left out then, and nothing else is touched.

    Args:
        production: the part of the run to average.
        observables: those wanted, each after those it is made from.
        forgiving: whether the package's own may refuse a run as well and only they are left out; else the refusal is
            raised.
        on_progress: called with (frames read, frames to read) after each block; not at all where no frames are needed.

    Raises:
        InputError: an observable of the package refuses the run, unless ``forgiving``.
        StorageError: the trajectory is damaged.
    """
    work = _Work(production, observables, forgiving=forgiving)
    for each in observables:
        if isinstance(each, StepObservable) and not work.is_settled(each):
            work.settle(each, partial(each.estimate, production))
    _average_frames(work, on_progress)
    for each in observables:
        if isinstance(each, DerivedObservable) and not work.is_settled(each):
            lacking = [name for name in each.after if name not in work.found]
            if lacking:
                work.results[each.name] = Absent(work.reason(lacking[0]))
            else:
                work.settle(each, partial(each.derive, production, work.found))
    return work.averages()


class _Work:
    """The results so far of every observable."""

    def __init__(self, production: Production, observables: Registry, *, forgiving: bool) -> None:
        self.production = production
        self.observables = observables
        self.results: dict[str, ObservedValues | Absent] = {}
        self.failed: dict[str, str] = {}
        self._forgiving = forgiving
        self._axes: dict[str, xr.Variable] = {}
        for each in observables:
            missing = production.missing(each.required)
            if missing in OF_STEPS:
                self.results[each.name] = {
                    quantity.name: Estimate.unknown(quantity.unit)
                    for quantity in each.quantities
                    if quantity.is_sampled
                }
            elif missing is not None:
                self.results[each.name] = Absent(production.why_missing(missing))

    def is_settled(self, each: Observable) -> bool:
        """Whether an observable has its result already."""
        return each.name in self.results

    def settle(self, each: Observable, compute: Callable[[], ObservedValues | Absent]) -> None:
        """Compute the result of an observable."""
        result = self.attempt(each, compute)
        if not isinstance(result, Absent):
            fault = _fault(each, result) or self._clash(result)
            if fault and each.name not in self.observables.foreign:
                raise TypeError(f"The record of {each.name} and its estimator disagree: {fault}")
            result = self._fail(each, fault) if fault else self._explained(each, result)
        self.results[each.name] = result

    def _explained(self, each: Observable, result: ObservedValues) -> ObservedValues:
        """Return a result in which a number of another package that is none has a reason."""
        if each.name not in self.observables.foreign:
            return result
        why = f"Observable {each.name!r} of another package gave no number."
        return {
            name: Reasoned.unknown(found.unit, why)
            if isinstance(found, Estimate) and not np.isfinite(found.value)
            else found
            for name, found in result.items()
        }

    def _clash(self, result: ObservedValues) -> str:
        """Return what is wrong where an axis of a result is there already and differs; empty where nothing is."""
        for array in (each for each in result.values() if isinstance(each, xr.DataArray)):
            for name, coordinate in array.coords.items():
                if not self._axes.setdefault(str(name), coordinate.variable).equals(coordinate.variable):
                    return f"its axis {name!r} differs from that of another observable."
        return ""

    def attempt(self, each: Observable, compute: Callable[[], Result]) -> Result | Absent:
        """Return what ``compute`` does, or why it cannot, where that must not spoil the others."""
        try:
            return compute()
        except LlptError as error:
            if each.name in self.observables.foreign:
                return self._fail(each, error)
            if not self._forgiving:
                raise
            return Absent(error.cause)
        except Exception as error:
            if each.name not in self.observables.foreign:
                raise
            return self._fail(each, error)

    def _fail(self, each: Observable, why: Exception | str) -> Absent:
        self.failed[each.name] = failure(each, why)
        return Absent(self.failed[each.name])

    @property
    def found(self) -> dict[str, ObservedValue]:
        """All quantities so far, in the registry's order."""
        return self.averages().found

    def reason(self, name: str) -> str:
        """Return why a quantity is not there."""
        giver = self.observables.givers.get(name)
        result = self.results.get(giver.name) if giver is not None else None
        why = result.reason if isinstance(result, Absent) else "It is not among the observables asked for."
        return f"There is no {name}. {why}"

    def averages(self) -> Averages:
        """Put the results into the registry's order."""
        averages = Averages(failed=self.failed)
        for each in self.observables:
            result = self.results.get(each.name)
            if result is None:
                continue
            for quantity in each.quantities:
                self._take(averages, quantity, each, result)
        return averages

    def _take(self, averages: Averages, quantity: Quantity, each: Observable, result: ObservedValues | Absent) -> None:
        """Take one quantity over, or say why it is not there."""
        if isinstance(result, Absent):
            averages.reasons[quantity.name] = result.reason
            return
        missing = self.production.missing(quantity.needs | each.required)
        if self.production.missing(quantity.needs) is None or (missing in OF_STEPS and not quantity.is_sampled):
            averages.found |= {name: result[name] for name in _names(quantity) if name in result}
        elif quantity.is_sampled:
            averages.found[quantity.name] = Estimate.unknown(quantity.unit)
        reason = self.production.why_missing(missing) if missing else _reason(averages.found.get(quantity.name))
        if reason:
            averages.reasons[quantity.name] = reason


def failure(each: Observable, why: Exception | str) -> str:
    """Return one sentence on why an observable of another package could not be used."""
    if isinstance(why, LlptError):
        why = why.cause
    elif isinstance(why, Exception):
        why = f"{type(why).__name__}: {(str(why) or 'no message').splitlines()[0]}."
    return f"Observable {each.name!r} of another package failed: {why}"


def _reason(found: ObservedValue | None) -> str:
    """Return why a number is not determined, or an array is not there; empty where there is nothing to explain."""
    if found is None:
        return "The run does not give it."
    if isinstance(found, Reasoned):
        return found.reason
    value = found.value if isinstance(found, Estimate) else found
    if isinstance(value, float) and np.isnan(value):
        return "The run is too short or too small to tell."
    return ""


def _average_frames(work: _Work, on_progress: Callable[[int, int], None] | None) -> None:
    """Read the frames once for all accumulators."""
    production = work.production
    live: dict[str, tuple[FrameObservable, Accumulator]] = {}
    for each in work.observables:
        if isinstance(each, FrameObservable) and not work.is_settled(each):
            accumulator = work.attempt(each, partial(each.accumulate, production))
            if isinstance(accumulator, Absent):
                work.results[each.name] = accumulator
            else:
                live[each.name] = (each, accumulator)
    if not live:
        return
    frames = len(production.frame_steps)
    size = max(1, BLOCK_BYTES // (production.n_atoms * (9 + 3 * production.beads) * 8))
    seen = 0
    for read in production.source.blocks(size, start_step=int(production.frame_steps[0])):
        block = _chosen(read, np.isin(read.steps, production.frame_steps))
        for name, (each, accumulator) in list(live.items()):
            part = _every(block, each.thinning(frames, production.n_atoms * production.beads), seen)
            failure = work.attempt(each, partial(accumulator.add, part))
            if isinstance(failure, Absent):
                work.results[name] = failure
                del live[name]
        seen += len(block.times_fs)
        if on_progress is not None:
            on_progress(seen, frames)
    for each, accumulator in live.values():
        work.settle(each, accumulator.results)


def _names(quantity: Quantity) -> tuple[str, ...]:
    """Return the keys under which an observable hands a quantity over."""
    name = quantity.name
    return (name, f"{name}{ERROR}", f"{name}{SAMPLES}") if quantity.axes and quantity.has_error else (name,)


def _fault(each: Observable, result: Mapping[str, object]) -> str:
    """Return what is wrong with a result, measured by the record of its observable; empty where nothing is."""
    declared = {name: quantity for quantity in each.quantities for name in _names(quantity)}
    for name, found in result.items():
        quantity = declared.get(name)
        if quantity is None:
            return f"it gives {name!r}, which its record does not name."
        estimate = found.estimate if isinstance(found, Reasoned) else found
        if quantity.is_sampled:
            if not isinstance(estimate, Estimate):
                return f"{name!r} is of type {type(found).__name__}, not Estimate."
            if estimate.unit != quantity.unit:
                return f"{name!r} has the unit {estimate.unit!r}, its record says {quantity.unit!r}."
        elif quantity.axes:
            axes = tuple(axis.name for axis in quantity.axes)
            if not isinstance(found, xr.DataArray) or found.dims != axes:
                return f"{name!r} is not an array over {', '.join(axes)}."
        elif not isinstance(found, float | int):
            return f"{name!r} is of type {type(found).__name__}, not a number."
    return ""


def _every(block: FrameBlock, every: int, seen: int) -> FrameBlock:
    """Return every k-th frame of a block, counted from the first frame of the run; ``seen`` came before the block."""
    return block if every == 1 else _chosen(block, np.arange(seen, seen + len(block.steps)) % every == 0)


def _chosen(block: FrameBlock, chosen: NDArray[np.bool_]) -> FrameBlock:
    if chosen.all():
        return block
    return FrameBlock(
        steps=block.steps[chosen],
        times_fs=block.times_fs[chosen],
        positions_angstrom=block.positions_angstrom[chosen],
        velocities_angstrom_per_fs=block.velocities_angstrom_per_fs[chosen],
        cells_angstrom=block.cells_angstrom[chosen],
        forces_ev_per_angstrom=block.forces_ev_per_angstrom[chosen],
        bead_positions_angstrom=None
        if block.bead_positions_angstrom is None
        else block.bead_positions_angstrom[chosen],
    )
