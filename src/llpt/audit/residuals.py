"""How far a surrogate is off on the configurations of both ensembles, and where: by phase, bonds, density, temperature.

The number to read first is the phase-differential bias: the energy error of molecular less that of atomic
configurations at one density (``llpt.mlp.quality.phases``). A constant error shifts nothing; this one shifts the
transition by T* times bias over Delta H.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from llpt.audit.double_labels import (
    forces_of,
    frame_table,
    in_window,
    neighbour_distances,
)
from llpt.bridge import REFERENCE, SURROGATE
from llpt.errors import InputError
from llpt.mlp import Accuracy, Prediction, compare_with_labels, read_label
from llpt.statistics import Estimate, combined, mean_estimate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr
    from numpy.typing import NDArray

    from llpt.audit.double_labels import DoublyLabelled

DENSITY_STEP = 0.05
"""Width of a group of densities, relative."""
FRAMES_PER_BLOCK = 6


class Grouping(StrEnum):
    """What frames are sorted by."""

    ENSEMBLE = "sampled by"
    PHASE = "phase"
    FRACTION = "molecular fraction"
    WINDOW = "share of nearest neighbours at 0.85-1.0 Å"
    DENSITY = "density (g/cm³)"
    TEMPERATURE = "temperature (K)"


@dataclass(frozen=True)
class GroupErrors:
    """Mean errors of a surrogate on a group of configurations.

    Args:
        grouping: what the groups are sorted by.
        group: which one.
        frames: number of configurations.
        energy: mean energy error, surrogate minus reference, less the mean over all groups, in meV/atom.
        pressure: mean pressure error in GPa.
        force_error_ev_per_angstrom: root mean square over components.
        force_ev_per_angstrom: that of the reference's forces, what the error is to be held against.
    """

    grouping: Grouping
    group: str
    frames: int
    energy: Estimate
    pressure: Estimate
    force_error_ev_per_angstrom: float
    force_ev_per_angstrom: float


@dataclass(frozen=True)
class NeighbourForces:
    """Force errors of the ions by the distance of their nearest neighbour.

    Args:
        share: of ions whose nearest neighbour is at 0.85-1.0 Å.
        inside_ev_per_angstrom: root mean square error of a force component of these; NaN where there are none.
        outside_ev_per_angstrom: of the others.
    """

    share: float
    inside_ev_per_angstrom: float
    outside_ev_per_angstrom: float


@dataclass(frozen=True)
class Residuals:
    """Errors of a surrogate on doubly labelled configurations.

    Args:
        accuracy: the phase-differential bias first, then errors over all frames, by ensemble and by phase.
        groups: mean errors by group.
        neighbours: force errors by nearest neighbour.
        missing: which half of the labels there is none of; empty where both ensembles were labelled.
    """

    accuracy: Accuracy
    groups: tuple[GroupErrors, ...]
    neighbours: NeighbourForces
    missing: str


def residuals_of(sets: Sequence[DoublyLabelled]) -> Residuals:
    """Return how far the surrogate is off, and where.

    Args:
        sets: doubly labelled configurations of one element, one at least; of one ensemble or both. Where one engine is
            not at hand, runs of the other still give their residuals.

    Raises:
        InputError: there are none, or they are of several elements.
    """
    if not sets:
        raise InputError("There are no doubly labelled configurations.", "Label snapshots of a run with both engines.")
    sampled = {each.coupling for each in sets}
    missing = " ".join(
        f"No configurations of the {name}'s own runs are labelled: where it errs most may not be seen."
        for coupling, name in ((SURROGATE, "surrogate"), (REFERENCE, "reference"))
        if coupling not in sampled
    )
    return Residuals(_accuracy(sets), _groups(frame_table(sets)), _neighbours(sets), missing)


def _accuracy(sets: Sequence[DoublyLabelled]) -> Accuracy:
    """Return errors by ensemble and phase; both ensembles are one data set, as both energies count from one zero."""
    labelled: list[Any] = []
    for each in sets:
        for index, atoms in enumerate(each.reference):
            untyped: Any = atoms
            copy = untyped.copy()
            copy.calc = untyped.calc
            copy.info |= {"dataset": "reference", "block": f"{each.name}/{each.coupling}/{index // FRAMES_PER_BLOCK}"}
            labelled.append(copy)
    element = str(labelled[0].get_chemical_symbols()[0])
    others = [atoms for each in sets for atoms in each.surrogate]
    frames = [read_label(atoms, element=element) for atoms in labelled]
    answers = [read_label(atoms, element=element) for atoms in others]
    return compare_with_labels(frames, [Prediction(each.energy, each.forces, each.strain_slope) for each in answers])


def _neighbours(sets: Sequence[DoublyLabelled]) -> NeighbourForces:
    inside, squares = [], []
    for each in sets:
        for reference, surrogate in zip(each.reference, each.surrogate, strict=True):
            inside.append(in_window(neighbour_distances(reference)))
            squares.append(((forces_of(surrogate) - forces_of(reference)) ** 2).mean(axis=1))
    within, square = np.concatenate(inside), np.concatenate(squares)

    def rms(chosen: NDArray[np.bool_]) -> float:
        return float(np.sqrt(square[chosen].mean())) if chosen.any() else math.nan

    return NeighbourForces(float(within.mean()), rms(within), rms(~within))


def _groups(table: xr.Dataset) -> tuple[GroupErrors, ...]:
    """Return the mean errors by each grouping that the configurations allow."""
    found = []
    error = -np.asarray(table["difference"].values)
    error = error - error.mean()
    for grouping, names in _sorted_by(table).items():
        present = sorted(set(names.tolist()) - {""})
        if len(present) > 1 or grouping is Grouping.ENSEMBLE:
            found += [_group(table, error, grouping, name, names == name) for name in present]
    return tuple(found)


def _sorted_by(table: xr.Dataset) -> Mapping[Grouping, NDArray[np.str_]]:
    """Return the name of each frame's group, by grouping; empty where it has none."""
    fraction, density = table["molecular_fraction"].values, table["density"].values
    steps = np.rint(np.log(density) / DENSITY_STEP)
    return {
        Grouping.ENSEMBLE: table["sampled_by"].values.astype(str),
        Grouping.PHASE: np.where(
            np.isnan(fraction), "", np.where(fraction > 0.7, "molecular", np.where(fraction < 0.3, "atomic", "mixed"))
        ),
        Grouping.FRACTION: np.array([_fifth(value) for value in fraction]),
        Grouping.WINDOW: np.array([_fifth(value) for value in table["window_share"].values]),
        Grouping.DENSITY: np.array([f"{math.exp(step * DENSITY_STEP):.3g}" for step in steps]),
        Grouping.TEMPERATURE: np.array([f"{value:g}" for value in table["temperature"].values]),
    }


def _fifth(value: float) -> str:
    if math.isnan(value):
        return ""
    place = min(int(5.0 * value), 4)
    return f"{place / 5:.1f}-{(place + 1) / 5:.1f}"


def _group(
    table: xr.Dataset, error: NDArray[np.float64], grouping: Grouping, name: str, chosen: NDArray[np.bool_]
) -> GroupErrors:
    runs = (table["run"].values + table["sampled_by"].values)[chosen]
    return GroupErrors(
        grouping=grouping,
        group=name,
        frames=int(chosen.sum()),
        energy=_mean_over_runs(error[chosen], runs, "meV/atom"),
        pressure=_mean_over_runs(table["pressure_error"].values[chosen], runs, "GPa"),
        force_error_ev_per_angstrom=float(np.sqrt(np.mean(table["force_error"].values[chosen] ** 2))),
        force_ev_per_angstrom=float(np.sqrt(np.mean(table["force"].values[chosen] ** 2))),
    )


def _mean_over_runs(values: NDArray[np.float64], runs: NDArray[np.object_], unit: str) -> Estimate:
    """Return the mean of frames of several runs, each run a correlated series of its own."""
    if not np.isfinite(values).all():
        return Estimate.unknown(unit)
    parts, independent = [], 0.0
    for name in sorted(set(runs.tolist())):
        series = values[runs == name]
        mean = mean_estimate(series, unit) if series.size > 1 else Estimate.unknown(unit)
        parts.append((mean, series.size / values.size))
        independent += mean.effective_samples
    return replace(combined(float(values.mean()), parts, unit), effective_samples=independent)
