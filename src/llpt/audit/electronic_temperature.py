"""How much forces depend on the electronic temperature, and on which ions.

As in the supplement of Karasiev et al. 2021 (doi:10.1038/s41586-021-04078-x), Fig. S3.

The same configurations are labelled at several T_el. The relative change of a force component is |F_i(T) -
F_i(T_ref)| / <|F_i(T_ref)|>, the mean over all components of all ions at T_ref = 600 K in the denominator, so that
tiny components do not dominate. Four populations, taken at T_ref: every component; components below 0.05 Ry/bohr;
components of ions with a neighbour at 0.85 to 1.0 Å (the text's condition; the figure caption's, that the *nearest*
neighbour is there, is reported beside it); and of those of them whose three components are all below 0.05 Ry/bohr.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from llpt.audit.double_labels import WINDOW_ANGSTROM, virial_pressure_gpa
from llpt.errors import InputError
from llpt.observables import nearest_neighbours
from llpt.structure import label_of
from llpt.units import EV_PER_ANGSTROM_TO_RYDBERG_PER_BOHR

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ase import Atoms
    from numpy.typing import NDArray

REFERENCE_K = 600.0
SMALL_RY_PER_BOHR = 0.05
LARGE_CHANGE = 0.05
FORCE_BIN_RY_PER_BOHR = 0.0015
CHANGE_BIN = 0.001
LARGEST_FORCE_RY_PER_BOHR = 0.6
LARGEST_CHANGE = 2.0


class Population(StrEnum):
    """A choice of ions, or of components, at the reference temperature."""

    ALL = "all components"
    SMALL = "components below 0.05 Ry/bohr"
    NEIGHBOUR = "ions with a neighbour at 0.85-1.0 Å"
    NEAREST = "ions whose nearest neighbour is at 0.85-1.0 Å"
    NEIGHBOUR_SMALL = "ions with a neighbour at 0.85-1.0 Å and all components below 0.05 Ry/bohr"
    NEAREST_SMALL = "ions whose nearest neighbour is at 0.85-1.0 Å and all components below 0.05 Ry/bohr"


def electronic_temperature_audit(
    frames: Mapping[float, Sequence[Atoms]], *, reference_k: float = REFERENCE_K
) -> xr.Dataset:
    """Return how forces, free energy and pressure change with T_el.

    Args:
        frames: labelled configurations (array ``forces`` in eV/Å, info ``free_energy`` in eV, info ``stress`` in eV/Å³
            where there) by electronic temperature; the same configurations in the same order at each.
        reference_k: T_ref.

    Returns:
        A data set with dimensions ``temperature`` (K), ``population``, ``force`` (bin's left edge, Ry/bohr),
        ``change`` (bin's right edge): ``force_histogram(temperature, force)``, ``change_histogram(temperature,
        population, change)`` (numbers of components), ``population_share(population)`` (of all ions, or of all
        components for the component populations), ``components_changed`` and ``ions_changed(temperature,
        population)`` (share whose change exceeds 5 %; an ion counts if any of its components does),
        ``mean_change(temperature, population)``, and means over the configurations: ``energy_change(temperature)`` of E
        and ``free_energy_change(temperature)`` of F (eV/atom), ``pressure_change(temperature)`` (GPa).

    Raises:
        InputError: the reference temperature is missing, or configurations differ between temperatures.
    """
    temperatures = np.array(sorted(frames))
    _check(frames, reference_k)
    forces = {temperature: _forces(frames[temperature]) for temperature in temperatures}
    reference = forces[reference_k]
    scale = float(np.abs(reference).mean())
    chosen = _populations(frames[reference_k], reference)
    force_edges = np.arange(0.0, LARGEST_FORCE_RY_PER_BOHR + 0.5 * FORCE_BIN_RY_PER_BOHR, FORCE_BIN_RY_PER_BOHR)
    change_edges = np.arange(0.0, LARGEST_CHANGE + 0.5 * CHANGE_BIN, CHANGE_BIN)
    shape = (len(temperatures), len(Population))
    force_histogram = np.zeros((len(temperatures), len(force_edges) - 1))
    change_histogram = np.zeros((*shape, len(change_edges) - 1))
    components, ions, mean = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for row, temperature in enumerate(temperatures):
        force_histogram[row] = np.histogram(np.abs(forces[temperature]), bins=force_edges)[0]
        change = np.abs(forces[temperature] - reference) / scale
        for column, population in enumerate(Population):
            mask = chosen[population]
            values = change[mask]
            change_histogram[row, column] = np.histogram(values, bins=change_edges)[0]
            components[row, column] = (values > LARGE_CHANGE).mean() if values.size else np.nan
            mean[row, column] = values.mean() if values.size else np.nan
            members = mask.any(axis=1)
            large = (change > LARGE_CHANGE) & mask
            ions[row, column] = np.asarray(large.any(axis=1))[members].mean() if members.any() else np.nan
    labels = [str(population) for population in Population]
    grid = ("temperature", "population")
    return xr.Dataset(
        {
            "force_histogram": (("temperature", "force"), force_histogram),
            "change_histogram": ((*grid, "change"), change_histogram),
            "population_share": ("population", [float(chosen[population].mean()) for population in Population]),
            "components_changed": (grid, components),
            "ions_changed": (grid, ions),
            "mean_change": (grid, mean),
            "energy_change": ("temperature", _mean_change(frames, temperatures, reference_k, _energy)),
            "free_energy_change": ("temperature", _mean_change(frames, temperatures, reference_k, _free_energy)),
            "pressure_change": ("temperature", _mean_change(frames, temperatures, reference_k, virial_pressure_gpa)),
        },
        coords={
            "temperature": ("temperature", temperatures, {"unit": "K"}),
            "population": labels,
            "force": ("force", force_edges[:-1], {"unit": "Ry/bohr"}),
            "change": ("change", change_edges[1:], {"unit": ""}),
        },
        attrs={"reference_k": reference_k, "mean_force_ry_per_bohr": scale, "ions": len(reference)},
    )


def _check(frames: Mapping[float, Sequence[Atoms]], reference_k: float) -> None:
    if reference_k not in frames:
        raise InputError(
            f"No configuration is labelled at the reference electronic temperature of {reference_k:g} K.",
            f"Label them there too, or choose one of {sorted(frames)}.",
        )
    for temperature, labelled in frames.items():
        same = len(labelled) == len(frames[reference_k]) and all(
            len(one) == len(other) and np.allclose(one.positions, other.positions, atol=1e-6)
            for one, other in zip(labelled, frames[reference_k], strict=True)
        )
        if not same:
            raise InputError(
                f"The configurations labelled at {temperature:g} K are not those labelled at {reference_k:g} K.",
                "Label the same configurations, in the same order, at every electronic temperature.",
            )


def _forces(labelled: Sequence[Atoms]) -> NDArray[np.float64]:
    """Return the force components of all ions in Ry/bohr, shape (ions, 3)."""
    rows = [label_of(atoms, "forces") for atoms in labelled]
    return np.concatenate([np.asarray(row, dtype=np.float64) for row in rows]) * EV_PER_ANGSTROM_TO_RYDBERG_PER_BOHR


def _populations(labelled: Sequence[Atoms], forces: NDArray[np.float64]) -> dict[Population, NDArray[np.bool_]]:
    """Return the components of every population, shape (ions, 3) each."""
    any_near, nearest = [], []
    low, high = WINDOW_ANGSTROM
    for atoms in labelled:
        cell = np.asarray(atoms.cell.array)
        positions = np.asarray(atoms.positions)
        distances = _distances(positions, cell, high)
        any_near.append([any(low <= value <= high for value in row) for row in distances])
        found = nearest_neighbours(positions, cell)[1]
        nearest.append((found >= low) & (found <= high))
    near = np.repeat(np.concatenate(any_near)[:, None], 3, axis=1)
    closest = np.repeat(np.concatenate(nearest)[:, None], 3, axis=1)
    small: NDArray[np.bool_] = np.asarray(np.abs(forces) < SMALL_RY_PER_BOHR)
    quiet = np.repeat(np.asarray(small.all(axis=1))[:, None], 3, axis=1)
    return {
        Population.ALL: np.ones_like(small),
        Population.SMALL: small,
        Population.NEIGHBOUR: near,
        Population.NEAREST: closest,
        Population.NEIGHBOUR_SMALL: near & quiet,
        Population.NEAREST_SMALL: closest & quiet,
    }


def _distances(positions: NDArray[np.float64], cell: NDArray[np.float64], cutoff: float) -> list[list[float]]:
    """Return each ion's distances to its neighbours within the cutoff."""
    from ase.neighborlist import primitive_neighbor_list  # noqa: PLC0415  # only this analysis needs it

    index, distance = primitive_neighbor_list("id", (True, True, True), cell, positions, cutoff)
    rows: list[list[float]] = [[] for _ in positions]
    for ion, value in zip(index, distance, strict=True):
        rows[int(ion)].append(float(value))
    return rows


def _energy(atoms: Atoms) -> float:
    energy = label_of(atoms, "energy")
    return float("nan") if energy is None else float(energy) / len(atoms)


def _free_energy(atoms: Atoms) -> float:
    free_energy = label_of(atoms, "free_energy")
    return float("nan") if free_energy is None else float(free_energy) / len(atoms)


def _mean_change(
    frames: Mapping[float, Sequence[Atoms]],
    temperatures: NDArray[np.float64],
    reference_k: float,
    value: Callable[[Atoms], float],
) -> NDArray[np.float64]:
    base = np.array([value(atoms) for atoms in frames[reference_k]])
    return np.array([(np.array([value(atoms) for atoms in frames[t]]) - base).mean() for t in temperatures])
