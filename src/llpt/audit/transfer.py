"""What a surrogate is worth outside of what it was trained on: other sizes, densities, temperatures.

Doubly labelled configurations are sorted by whether they lie below, inside or above the range of the training, one
quantity at a time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from llpt.audit.double_labels import DoublyLabelled, density_of, forces_of, frame_table, free_energy_of
from llpt.bridge import REFERENCE
from llpt.errors import InputError
from llpt.statistics import Estimate, mean_estimate
from llpt.structure import attach_labels, label_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ase import Atoms
    from numpy.typing import NDArray


class TrainedQuantity(StrEnum):
    """What a training covers a range of."""

    ATOMS = "atoms"
    DENSITY = "density (g/cm³)"
    TEMPERATURE = "temperature (K)"


TEMPERATURES = ("temperature_k", "temperature_target_k")
"""Where the ``info`` of a frame may say how hot its ions are."""


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
        pressure: mean pressure error in GPa; unknown where a label has no stress.
        force_error_ev_per_angstrom: root mean square over components.
        force_ev_per_angstrom: that of the reference's forces.
    """

    quantity: TrainedQuantity
    place: Beyond
    frames: int
    energy: Estimate
    pressure: Estimate
    force_error_ev_per_angstrom: float
    force_ev_per_angstrom: float


def trained_ranges(frames: Sequence[Atoms]) -> dict[TrainedQuantity, tuple[float, float]]:
    """Return least and greatest value of each quantity in what a surrogate was trained on.

    Args:
        frames: of the training, one at least; temperatures count where every frame has one in its ``info``.
    """
    values = {
        TrainedQuantity.ATOMS: [float(len(atoms)) for atoms in frames],
        TrainedQuantity.DENSITY: [density_of(atoms) for atoms in frames],
        TrainedQuantity.TEMPERATURE: [temperature_of(atoms) for atoms in frames],
    }
    return {quantity: (min(each), max(each)) for quantity, each in values.items() if np.isfinite(each).all()}


def temperature_of(atoms: Atoms) -> float:
    """Return the temperature of the ions in K that the ``info`` of a frame says; NaN where it says none."""
    untyped: Any = atoms
    return float(next((untyped.info[key] for key in TEMPERATURES if key in untyped.info), math.nan))


def label_with_answers(frames: Sequence[Atoms], answers: Sequence[Sequence[Atoms]]) -> list[DoublyLabelled]:
    """Return labelled frames beside what a potential says of them, of one size, temperature and T_el in each set.

    Args:
        frames: labelled frames of anything, in their order.
        answers: the same frames as the potential labels them; of a committee one list for each member, whose mean
            counts.
    """
    kinds: dict[str, list[int]] = {}
    for number, frame in enumerate(frames):
        untyped: Any = frame
        electrons = float(untyped.info.get("electronic_temperature_k", math.nan))
        kind = f"{len(frame)} atoms, {temperature_of(frame):g} K, electrons {electrons:g} K"
        kinds.setdefault(kind, []).append(number)
    return [
        DoublyLabelled(
            kind,
            REFERENCE,
            temperature_of(frames[numbers[0]]),
            [frames[number] for number in numbers],
            [_mean_answer([answer[number] for answer in answers]) for number in numbers],
        )
        for kind, numbers in kinds.items()
    ]


def _mean_answer(members: Sequence[Atoms]) -> Atoms:
    untyped: Any = members[0]
    mean: Atoms = untyped.copy()
    stresses = [label_of(atoms, "stress") for atoms in members]
    energy = float(np.mean([free_energy_of(atoms) for atoms in members]))
    attach_labels(
        mean,
        energy=energy,
        free_energy=energy,
        forces=np.mean([forces_of(atoms) for atoms in members], axis=0),
        stress=None if any(each is None for each in stresses) else np.mean(stresses, axis=0),
    )
    return mean


def transfer_errors(
    sets: Sequence[DoublyLabelled], trained: Mapping[TrainedQuantity, tuple[float, float]]
) -> tuple[TransferErrors, ...]:
    """Return the errors below, inside and above each range that a surrogate was trained on.

    Args:
        sets: doubly labelled configurations, of any sizes and temperatures; energies of one zero.
        trained: least and greatest value in the training, by quantity.

    Raises:
        InputError: there are no configurations, or one does not say the temperature that a range is given of.
    """
    if not sets:
        raise InputError("There are no doubly labelled configurations.", "Label snapshots of a run with both engines.")
    table = frame_table(sets)
    values = {
        TrainedQuantity.ATOMS: np.concatenate([np.full(len(each.reference), float(each.atoms)) for each in sets]),
        TrainedQuantity.DENSITY: np.asarray(table["density"].values),
        TrainedQuantity.TEMPERATURE: np.asarray(table["temperature"].values),
    }
    if TrainedQuantity.TEMPERATURE in trained and np.isnan(values[TrainedQuantity.TEMPERATURE]).any():
        raise InputError(
            "A frame does not say its temperature, which a range is given of.",
            "Give temperature_k in the info of every frame, or leave the range of temperatures out.",
        )
    error = -np.asarray(table["difference"].values)
    found = []
    for quantity, (least, greatest) in trained.items():
        where = np.where(values[quantity] < least, "below", np.where(values[quantity] > greatest, "above", "inside"))
        inside = _mean(error[where == Beyond.INSIDE], "meV/atom")
        for place in Beyond:
            chosen = where == place
            if chosen.any():
                energy = _mean(error[chosen], "meV/atom")
                energy = replace(inside, value=0.0) if place is Beyond.INSIDE else energy.minus(inside)
                found.append(
                    TransferErrors(
                        quantity,
                        place,
                        int(chosen.sum()),
                        energy,
                        _mean(table["pressure_error"].values[chosen], "GPa"),
                        float(np.sqrt(np.mean(table["force_error"].values[chosen] ** 2))),
                        float(np.sqrt(np.mean(table["force"].values[chosen] ** 2))),
                    )
                )
    return tuple(found)


def _mean(values: NDArray[np.float64], unit: str) -> Estimate:
    known = values.size > 1 and bool(np.isfinite(values).all())
    return mean_estimate(values, unit) if known else Estimate.unknown(unit)
