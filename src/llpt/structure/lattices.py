"""Crystals, for tests and as solids to recognise: sc, bcc, fcc, hcp of atoms, hcp of molecular centres; supercells."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from ase import Atoms

from llpt.errors import InputError
from llpt.structure.density import volume_per_atom

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Lattice(StrEnum):
    """Lattices of one kind of site."""

    SC = "sc"
    BCC = "bcc"
    FCC = "fcc"
    HCP = "hcp"


IDEAL_HCP_RATIO = float(np.sqrt(8.0 / 3.0))

_CUBIC_SITES: dict[Lattice, tuple[tuple[float, float, float], ...]] = {
    Lattice.SC: ((0.0, 0.0, 0.0),),
    Lattice.BCC: ((0.0, 0.0, 0.0), (0.5, 0.5, 0.5)),
    Lattice.FCC: ((0.0, 0.0, 0.0), (0.0, 0.5, 0.5), (0.5, 0.0, 0.5), (0.5, 0.5, 0.0)),
}
# The orthorhombic cell of hcp, a × √3 a × c.
_HCP_SITES = ((0.0, 0.0, 0.0), (0.5, 0.5, 0.0), (0.5, 5.0 / 6.0, 0.5), (0.0, 1.0 / 3.0, 0.5))


def atomic_lattice(
    lattice: Lattice | str,
    repeats: tuple[int, int, int],
    *,
    density_g_per_cm3: float | None = None,
    wigner_seitz_radius: float | None = None,
    c_over_a: float = IDEAL_HCP_RATIO,
) -> Atoms:
    """Return hydrogen atoms on a lattice, in ``repeats`` conventional (for hcp: orthorhombic) cells.

    Args:
        lattice: sc, bcc, fcc or hcp: 1, 2, 4 or 4 atoms in the conventional cell.
        repeats: number of cells along each axis.
        density_g_per_cm3: mass density; or
        wigner_seitz_radius: r_s in bohr.
        c_over_a: axial ratio of hcp.

    Raises:
        InputError: an unknown lattice or a density stated badly.
    """
    volume = volume_per_atom(density_g_per_cm3=density_g_per_cm3, wigner_seitz_radius=wigner_seitz_radius)
    sites, edges = _conventional_cell(lattice, volume_per_site_angstrom3=volume, c_over_a=c_over_a)
    return supercell(Atoms("H" * len(sites), positions=sites, cell=edges, pbc=True), repeats)


def molecular_lattice(
    lattice: Lattice | str,
    repeats: tuple[int, int, int],
    *,
    density_g_per_cm3: float | None = None,
    wigner_seitz_radius: float | None = None,
    bond_length_angstrom: float = 0.74,
    c_over_a: float = IDEAL_HCP_RATIO,
    seed: int | None = None,
) -> Atoms:
    """Return H₂ molecules with their centres on a lattice: with hcp and random directions a model of phase I.

    Atoms 2k and 2k + 1 are a molecule.

    Args:
        lattice: lattice of the centres; hcp has 4 molecules in its orthorhombic cell.
        repeats: number of cells along each axis.
        density_g_per_cm3: mass density; or
        wigner_seitz_radius: r_s in bohr, of the atoms.
        bond_length_angstrom: length of every molecule.
        c_over_a: axial ratio of hcp.
        seed: of the random directions; None points every molecule along z.

    Raises:
        InputError: an unknown lattice or a density stated badly.
    """
    volume = volume_per_atom(density_g_per_cm3=density_g_per_cm3, wigner_seitz_radius=wigner_seitz_radius)
    sites, edges = _conventional_cell(lattice, volume_per_site_angstrom3=2.0 * volume, c_over_a=c_over_a)
    centres = supercell(Atoms("H" * len(sites), positions=sites, cell=edges, pbc=True), repeats)
    if seed is None:
        axes = np.tile([0.0, 0.0, 1.0], (len(centres), 1))
    else:
        axes = np.random.default_rng(seed).normal(size=(len(centres), 3))
    arms = 0.5 * bond_length_angstrom * axes / np.linalg.norm(axes, axis=1, keepdims=True)
    positions = np.stack([centres.positions + arms, centres.positions - arms], axis=1).reshape(-1, 3)
    return Atoms("H" * len(positions), positions=positions, cell=centres.cell, pbc=True)


def supercell(atoms: Atoms, repeats: tuple[int, int, int]) -> Atoms:
    """Return ``repeats`` copies of the cell along each of its vectors.

    Raises:
        InputError: a number of repeats below one.
    """
    if min(repeats) < 1:
        raise InputError(f"A supercell of {repeats} cells was asked for.", "Give one or more cells along each axis.")
    structure: Atoms = atoms * repeats
    return structure


def displaced(atoms: Atoms, amplitude_angstrom: float, seed: int) -> Atoms:
    """Return a copy with every coordinate moved by a normal deviate of standard deviation ``amplitude_angstrom``.

    Args:
        atoms: the structure; it stays.
        amplitude_angstrom: standard deviation of a coordinate in Å, >= 0.
        seed: of the random numbers.
    """
    moves = np.random.default_rng(seed).normal(scale=amplitude_angstrom, size=(len(atoms), 3))
    structure = Atoms(atoms)
    structure.positions = atoms.positions + moves
    return structure


def _conventional_cell(
    lattice: Lattice | str, *, volume_per_site_angstrom3: float, c_over_a: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return sites (n, 3) in Å and the three edges (3,) in Å of the rectangular cell of a lattice."""
    try:
        kind = Lattice(lattice)
    except ValueError:
        raise InputError(f"There is no lattice {lattice!r}.", f"Choose one of {', '.join(Lattice)}.") from None
    if kind is Lattice.HCP:
        a = (4.0 * volume_per_site_angstrom3 / (np.sqrt(3.0) * c_over_a)) ** (1.0 / 3.0)
        edges = np.array([a, np.sqrt(3.0) * a, c_over_a * a])
        sites = np.array(_HCP_SITES)
    else:
        sites = np.array(_CUBIC_SITES[kind])
        edges = np.full(3, (len(sites) * volume_per_site_angstrom3) ** (1.0 / 3.0))
    return sites * edges, edges
