"""What a surrogate is worth outside of what it was trained on: other sizes, densities, temperatures; and does it know?

``transfer_errors`` sorts doubly labelled configurations by whether they lie below, inside or above the range of the
training, one quantity at a time. ``spread_calibration`` holds the disagreement of a committee against its true error:
where the committee knows what it does not know, the error of frames of one spread is that spread (slope 1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from llpt.audit.double_labels import frame_table
from llpt.errors import InputError
from llpt.statistics import Estimate, mean_estimate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from llpt.audit.double_labels import DoublyLabelled

FEWEST = 4
"""Frames of one spread that a mean error is taken over, at least."""


class TrainedQuantity(StrEnum):
    """What a training covers a range of."""

    ATOMS = "atoms"
    DENSITY = "density (g/cm³)"
    TEMPERATURE = "temperature (K)"


class Beyond(StrEnum):
    """Where a configuration lies beside the range of the training."""

    BELOW = "below"
    INSIDE = "inside"
    ABOVE = "above"


@dataclass(frozen=True)
class TransferErrors:
    """Errors of the configurations on one side of a trained range.

    Args:
        quantity: what the range is of.
        place: below it, inside, or above.
        frames: number of configurations.
        energy: mean energy error, surrogate less reference, less that of the configurations inside, in meV/atom;
            unknown where there are none inside.
        force_error_ev_per_angstrom: root mean square over components.
        force_ev_per_angstrom: that of the reference's forces.
    """

    quantity: TrainedQuantity
    place: Beyond
    frames: int
    energy: Estimate
    force_error_ev_per_angstrom: float
    force_ev_per_angstrom: float


@dataclass(frozen=True)
class SpreadCalibration:
    """The true error of a committee by its disagreement.

    Args:
        spreads: mean disagreement in each group, rising, shape (n,).
        errors: root mean square of the true error in each group, the same unit, shape (n,).
        slope: error over disagreement, fitted through the origin; 1 where the committee knows its error.
        rank_correlation: Spearman's of disagreement and absolute error over all: does it know where it errs most?
    """

    spreads: NDArray[np.float64]
    errors: NDArray[np.float64]
    slope: Estimate
    rank_correlation: float


def transfer_errors(
    sets: Sequence[DoublyLabelled], trained: Mapping[TrainedQuantity, tuple[float, float]]
) -> tuple[TransferErrors, ...]:
    """Return the errors below, inside and above each range that a surrogate was trained on.

    Args:
        sets: doubly labelled configurations, of any sizes and temperatures; energies of one zero.
        trained: least and greatest value in the training, by quantity.

    Raises:
        InputError: there are no configurations.
    """
    if not sets:
        raise InputError("There are no doubly labelled configurations.", "Label snapshots of a run with both engines.")
    table = frame_table(sets)
    values = {
        TrainedQuantity.ATOMS: np.concatenate([np.full(len(each.reference), float(each.atoms)) for each in sets]),
        TrainedQuantity.DENSITY: np.asarray(table["density"].values),
        TrainedQuantity.TEMPERATURE: np.asarray(table["temperature"].values),
    }
    error = -np.asarray(table["difference"].values)
    found = []
    for quantity, (least, greatest) in trained.items():
        where = np.where(values[quantity] < least, "below", np.where(values[quantity] > greatest, "above", "inside"))
        inside = _mean(error[where == Beyond.INSIDE])
        for place in Beyond:
            chosen = where == place
            if chosen.any():
                energy = _mean(error[chosen])
                energy = (
                    Estimate(0.0, inside.error, "meV/atom", 1.0) if place is Beyond.INSIDE else energy.minus(inside)
                )
                found.append(
                    TransferErrors(
                        quantity,
                        place,
                        int(chosen.sum()),
                        energy,
                        float(np.sqrt(np.mean(table["force_error"].values[chosen] ** 2))),
                        float(np.sqrt(np.mean(table["force"].values[chosen] ** 2))),
                    )
                )
    return tuple(found)


def _mean(values: NDArray[np.float64]) -> Estimate:
    return mean_estimate(values, "meV/atom") if values.size > 1 else Estimate.unknown("meV/atom")


def spread_calibration(spreads: ArrayLike, errors: ArrayLike, *, groups: int = 10) -> SpreadCalibration:
    """Hold the disagreement of a committee against its true error.

    Frames are sorted by their disagreement into groups of equal number. The error of the slope is that of leaving out
    one group after another.

    Args:
        spreads: disagreement of the committee on each frame (or force component), > 0, shape (n,).
        errors: prediction of the committee's mean less label, in the same unit, shape (n,).
        groups: how many points the curve has, 2 at least.

    Raises:
        InputError: the two do not belong together, or there are fewer than four frames for a group.
    """
    spread, error = np.asarray(spreads, dtype=float), np.asarray(errors, dtype=float)
    if spread.ndim != 1 or spread.shape != error.shape or groups < 2 or spread.size < FEWEST * groups:
        raise InputError(
            f"{spread.size} disagreements and {error.size} errors do not make a curve of {groups} points.",
            f"Give one of each for every frame, {FEWEST} frames at least for a point, and two points.",
        )
    order = np.array_split(np.argsort(spread), groups)
    x = np.array([spread[group].mean() for group in order])
    y = np.array([math.sqrt(float(np.mean(error[group] ** 2))) for group in order])
    slopes = np.array([_through_origin(np.delete(x, left), np.delete(y, left)) for left in range(groups)])
    deviation = math.sqrt((groups - 1) / groups * float(((slopes - slopes.mean()) ** 2).sum()))
    slope = Estimate.of_deviation(_through_origin(x, y), deviation, "", float(groups), groups - 1.0)
    ranks = np.array([np.argsort(np.argsort(values)) for values in (spread, np.abs(error))], dtype=float)
    return SpreadCalibration(x, y, slope, float(np.corrcoef(ranks)[0, 1]))


def _through_origin(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    return float((x * y).sum() / (x * x).sum())
