"""What an observable is: one record that says its names, units and needs, and how it comes out of a run.

A *quantity* is one number or array of a summary. An *observable* is what gives one or several quantities in one go:
from the scalars of each step, from the frames (through an accumulator), from other observables, or from the files that
another command left in the run's directory. All of them stand in ``llpt.observables.registry``; other packages add
those by the entry points of group ``llpt.observables``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import xarray as xr

from llpt.observables.need import Need
from llpt.statistics import Estimate

if TYPE_CHECKING:
    from pathlib import Path

    from llpt.observables.production import Production
    from llpt.trajectory import FrameBlock

ERROR, SAMPLES = "_error", "_effective_samples"
"""How the names of what goes with a quantity in a summary end."""


@dataclass(frozen=True)
class Axis:
    """A coordinate of an array.

    Args:
        name: of the dimension.
        symbol: as in formulas.
        unit: of the coordinate; empty for a pure number.
    """

    name: str
    symbol: str
    unit: str

    @property
    def label(self) -> str:
        """Symbol and unit, for a figure."""
        return with_unit(self.symbol, self.unit)


@dataclass(frozen=True)
class Quantity:
    """One number or array that a run gives.

    Args:
        name: of the variable in a summary; ``name_error`` and ``name_effective_samples`` go with it.
        symbol: as in formulas.
        unit: text of the unit; empty for a pure number.
        phrase: what it is, a few words for people.
        axes: of an array; empty for a number. An axis without coordinates has neither symbol nor unit.
        has_error: whether an error goes with it; a number without one is plain.
        needs: beyond those of its observable.
        tabled: whether it has a column in the report's table of runs.
        drawn: whether the report draws it against temperature.
        of_nuclei: whether the report tells by how much other nuclei, by mass or quantum motion, change it.
        power: numbers are shown in units of ten to this power in tables.
        reproducible: whether the same frames give the same numbers each time.
        spoken: what sentences call it where that is not its name in words.
        alike_in_repeats: whether what its error stands for is alike in all repeats of a run, as what a run of that
            length cannot know: it does not shrink with their number.
        averaged_over_time: whether it is a mean over the frames or steps of a run, which short runs have without bias:
            the scatter of repeats that do not know their errors is then one.
    """

    name: str
    symbol: str
    unit: str
    phrase: str
    axes: tuple[Axis, ...] = ()
    has_error: bool = True
    needs: frozenset[Need] = frozenset()
    tabled: bool = False
    drawn: bool = False
    of_nuclei: bool = False
    power: int = 0
    reproducible: bool = True
    spoken: str = ""
    alike_in_repeats: bool = False
    averaged_over_time: bool = False

    @property
    def words(self) -> str:
        """What sentences call it, e.g. ``molecular fraction``."""
        return self.spoken or self.name.replace("_", " ")

    @property
    def is_sampled(self) -> bool:
        """Whether it is a number with error and number of independent samples: an ``Estimate``."""
        return self.has_error and not self.axes

    @property
    def heading(self) -> str:
        """Symbol and unit for the head of a column; the phrase where it is a pure number."""
        return with_unit(self.symbol, self.unit, power=self.power) if self.unit else self.phrase

    @property
    def axis_label(self) -> str:
        """Phrase and unit for an axis of a figure."""
        return with_unit(self.phrase, self.unit)


@dataclass(frozen=True)
class Absent:
    """What an estimator returns that can say nothing of a run.

    Args:
        reason: why, one sentence.
    """

    reason: str


@dataclass(frozen=True)
class Reasoned:
    """An estimate, or why it is not determined.

    Args:
        estimate: the number; NaN, or its error NaN, where it is not determined.
        reason: why it is not, one sentence; empty where it is.
    """

    estimate: Estimate
    reason: str

    @classmethod
    def unknown(cls, unit: str, reason: str) -> Reasoned:
        """Return a number that is not determined."""
        return cls(Estimate.unknown(unit), reason)


ObservedValue = Estimate | Reasoned | float | xr.DataArray
"""Of a sampled number, of a plain number, of an array (with the coordinates of its axes)."""
ObservedValues = Mapping[str, ObservedValue]
"""By the names of the quantities; the error of an array under ``name_error``."""


class Accumulator(Protocol):
    """An analysis that takes in frames block by block."""

    def add(self, block: FrameBlock) -> None:
        """Take in a block of frames, in order of time."""

    def results(self) -> ObservedValues | Absent:
        """Return what came out, by the names of the quantities."""


@dataclass(frozen=True, kw_only=True)
class Observable:
    """What gives one or several quantities in one go; use one of its kinds.

    Args:
        name: the word it is known by; that of its quantity where it has one only.
        quantities: what it gives, in the order of a summary.
        version: raised where its numbers change; results kept with another version are made anew.
        needs: without these it gives nothing.
    """

    name: str
    quantities: tuple[Quantity, ...]
    version: int = 1
    needs: frozenset[Need] = frozenset()

    @property
    def required(self) -> frozenset[Need]:
        """All that it needs: what its record states, and what its kind needs."""
        return self.needs


@dataclass(frozen=True, kw_only=True)
class StepObservable(Observable):
    """From the scalars of each step.

    Args:
        estimate: returns what the production of a run gives.
    """

    estimate: Callable[[Production], ObservedValues | Absent]


@dataclass(frozen=True, kw_only=True)
class FrameObservable(Observable):
    """From the frames, which are read once for all of these.

    Where fewer frames than there are make the error of an average no larger, evenly spaced ones are taken.

    Args:
        accumulate: returns an empty accumulator for a run.
        most_frames: it is handed no more frames than this; None hands it all.
        most_atoms: nor more atoms than this, counted over all frames.
    """

    accumulate: Callable[[Production], Accumulator]
    most_frames: int | None = None
    most_atoms: int | None = None

    @property
    def required(self) -> frozenset[Need]:
        """All that it needs: frames, and what its record states."""
        return self.needs | {Need.FRAMES}

    def thinning(self, n_frames: int, n_atoms: int) -> int:
        """Return k where every k-th frame is handed to the accumulator."""
        most = n_frames if self.most_frames is None else self.most_frames
        if self.most_atoms is not None:
            most = min(most, self.most_atoms // n_atoms + 1)
        return max(1, -(-n_frames // most))


@dataclass(frozen=True, kw_only=True)
class DerivedObservable(Observable):
    """From other quantities of the same run.

    Args:
        after: names of the quantities it is made from.
        derive: returns what follows from them; called only where they are all there.
    """

    after: tuple[str, ...]
    derive: Callable[[Production, ObservedValues], ObservedValues | Absent]


@dataclass(frozen=True, kw_only=True)
class FileObservable(Observable):
    """From what another command left in the run's directory.

    Args:
        read: returns what lies in the directory of a run; empty where the command was not run.
    """

    read: Callable[[Path], Mapping[str, Estimate]]


def sampled(
    quantity: Quantity, estimate: Callable[[Production], Estimate | Reasoned], *needs: Need, version: int = 1
) -> StepObservable:
    """Declare an observable that is one sampled number from the scalars of each step.

    Args:
        quantity: the number.
        estimate: returns it for the production of a run.
        needs: what it needs of the run.
        version: raised where its numbers change.
    """
    return StepObservable(
        name=quantity.name,
        version=version,
        quantities=(quantity,),
        needs=frozenset(needs),
        estimate=lambda production: {quantity.name: estimate(production)},
    )


_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def typeset(unit: str) -> str:
    """Write a unit with raised exponents.

    >>> typeset("g/cm^3")
    'g/cm³'
    """
    return re.sub(r"\^(-?\d+)", lambda found: found.group(1).translate(_SUPERSCRIPTS), unit)


def with_unit(text: str, unit: str, *, power: int = 0) -> str:
    """Write a name with its unit in brackets.

    Args:
        text: the name.
        unit: as it stands in code, e.g. ``cm^2/s``; empty for none.
        power: of ten that the numbers were divided by.

    >>> with_unit("D", "cm^2/s", power=-3)
    'D (10⁻³ cm²/s)'
    """
    ten = f"10{str(power).translate(_SUPERSCRIPTS)} " if power else ""
    return f"{text} ({ten}{typeset(unit)})" if unit or ten else text
