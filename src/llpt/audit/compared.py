"""What a verdict compares: one record for each quantity, and the differences it makes of a pair of isobars."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from llpt.statistics import Estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from llpt.audit.pairing import Pair
    from llpt.audit.thresholds import Threshold, Thresholds
    from llpt.transition import LineOfStates

    Contrasts = Callable[[Pair, Thresholds], Iterable["Contrast"]]
    """Takes a pair without solid points, and the thresholds of the study."""


@dataclass(frozen=True)
class Contrast:
    """One difference of a pair, before it is held against its threshold.

    Args:
        difference: surrogate minus reference, in the unit of the quantity's threshold.
        sentence: what was found, for people.
        judged: whether it can be judged here; a temperature at the transition, say, is left to the transition.
        temperature_k: where it belongs to one temperature; None where it is one for the whole line of states.
        kind: which of several of the same quantity, e.g. the name of a criterion.
        open_because: why it decides nothing here, whatever its size; nothing where it may.
        unproven: why it cannot be proven small here, though it can be proven large; nothing where it can.
        parts: where a whole curve is one comparison, the difference at each temperature, of which ``difference`` is the
            one that says most.
        allowances: by how much more than the threshold each part may differ before anything is proven, because the
            transition may lie elsewhere; nothing where it is known where it lies.
        independent: how many independent statements the parts make together, at least 1.
        points: the difference at the place of each part by itself, where the parts are of a fitted curve: each has to
            be proven small as well.
        places: of the points, for people.
    """

    difference: Estimate
    sentence: str
    judged: bool = True
    temperature_k: float | None = None
    kind: str = ""
    open_because: str = ""
    unproven: str = ""
    parts: tuple[Estimate, ...] = ()
    allowances: tuple[float, ...] = ()
    independent: float = 1.0
    points: tuple[Estimate, ...] = ()
    places: tuple[str, ...] = ()

    def scaled(self, factor: float, unit: str) -> Contrast:
        """Return the same in another unit; the sentence stays as it is.

        Args:
            factor: of the new unit over the old one, > 0.
            unit: its text.
        """
        return replace(
            self,
            difference=self.difference.scaled(factor, unit),
            parts=tuple(part.scaled(factor, unit) for part in self.parts),
            allowances=tuple(factor * each for each in self.allowances),
            points=tuple(point.scaled(factor, unit) for point in self.points),
        )


@dataclass(frozen=True)
class ComparedQuantity:
    """A quantity that is compared between reference and surrogate. Two of one name are the same.

    Args:
        name: for people, verdicts and study files.
        threshold: the largest difference that counts as faithful, with its unit.
        contrasts: its differences on a pair of isobars: one for the line of states, or one at each temperature.
        open_for_solids: whether it stands in the verdict, as open, where one of the two is a solid at every state.
        is_in: of what the runs of any engine can have, whether a line of states has it. Where it is judged and one side
            alone has it, the verdict is open: what is missing is no evidence of being equal.
    """

    name: str
    threshold: Threshold = field(compare=False)
    contrasts: Contrasts = field(compare=False, repr=False)
    open_for_solids: bool = field(default=False, compare=False)
    is_in: Callable[[LineOfStates], bool] | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return self.name

    def open_because(self, reason: str) -> Contrast:
        """Return that its difference is not known, and why."""
        return Contrast(Estimate.unknown(self.threshold.unit), reason)
