"""Structures from which a recipe starts: fluids at conditions drawn at random, and random small cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt.dynamics.settings import SEED_LIMIT
from llpt.errors import InputError
from llpt.learning.recipe_settings import Recipe
from llpt.structure import atomic_fluid, closest_pair, molecular_fluid, starting_density_g_per_cm3

if TYPE_CHECKING:
    from ase import Atoms

    from llpt.learning.recipe_settings import RecipeSettings

_SHEAR = 0.15
_RATTLE_ANGSTROM = (0.02, 0.15)
_TRIES = 60


@dataclass(frozen=True, slots=True)
class StartingCell:
    """A structure and the conditions it is meant for.

    Args:
        atoms: the structure.
        temperature_k: temperature of its dynamics.
        pressure_gpa: pressure whose density it was made at.
    """

    atoms: Atoms
    temperature_k: float
    pressure_gpa: float


def draw_start(settings: RecipeSettings, random: np.random.Generator, *, first: bool = False) -> StartingCell:
    """Return a fluid of molecules or of atoms at conditions within the range.

    Args:
        settings: conditions and sizes.
        random: where the draws come from.
        first: whether it is for the first generation; its cells, and all of ``small-cells``, are sheared.

    Raises:
        InputError: no structure could be made at these conditions.
    """
    fewest, most = settings.first_atoms if first else (settings.fewest_atoms, settings.most_atoms)
    for _ in range(_TRIES):
        temperature = float(np.exp(random.uniform(*np.log(settings.temperatures_k))))
        pressure = float(random.uniform(*settings.pressures_gpa))
        density = starting_density_g_per_cm3(pressure, min(temperature, 3000.0))
        density *= 1.0 + random.uniform(-settings.density_spread, settings.density_spread)
        pairs = random.integers(fewest // 2, most // 2 + 1)
        make = molecular_fluid if random.random() < 0.5 else atomic_fluid
        try:
            atoms = make(atoms=int(2 * pairs), seed=int(random.integers(SEED_LIMIT)), density_g_per_cm3=density)
        except InputError:
            continue
        if first or settings.recipe is Recipe.SMALL_CELLS:
            atoms = _sheared(atoms, random)
        if is_apart(atoms, settings.closest_angstrom):
            return StartingCell(atoms=atoms, temperature_k=temperature, pressure_gpa=pressure)
    raise InputError(
        f"No structure with atoms {settings.closest_angstrom:g} Å apart could be made at these conditions.",
        "Lower the pressures or closest_angstrom.",
    )


def rattled(atoms: Atoms, random: np.random.Generator, *, closest_angstrom: float) -> Atoms:
    """Return a copy whose atoms are moved by 0.02–0.15 Å (one standard deviation per component), none too close.

    Args:
        atoms: the structure; it stays.
        random: source of the moves.
        closest_angstrom: least distance of two atoms, > 0; a structure that no try keeps apart is returned as it is.
    """
    for _ in range(_TRIES):
        moved: Atoms = atoms.copy()
        moved.positions += random.normal(0.0, random.uniform(*_RATTLE_ANGSTROM), moved.positions.shape)
        if is_apart(moved, closest_angstrom):
            return moved
    return atoms


def is_apart(atoms: Atoms, closest_angstrom: float) -> bool:
    """Return whether no two atoms, images included, are closer than this."""
    pair = closest_pair(atoms, within_angstrom=2.0 * closest_angstrom)
    return pair is None or pair[2] >= closest_angstrom


def _sheared(atoms: Atoms, random: np.random.Generator) -> Atoms:
    """Return the structure in a random cell of the same volume."""
    strain = np.eye(3) + random.uniform(-_SHEAR, _SHEAR, (3, 3))
    strain /= np.cbrt(np.linalg.det(strain))
    changed: Atoms = atoms.copy()
    changed.set_cell(atoms.cell.array @ strain, scale_atoms=True)
    return changed
