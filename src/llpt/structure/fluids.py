"""Disordered starting configurations at a given density: molecules or atoms pushed apart until none touch.

Random positions are relaxed in the soft-sphere energy Σ (d_contact - d)² over pairs closer than d_contact, molecules
moving as rigid bodies (centre and axis). The result is a loose random packing: not an equilibrium fluid, but one
from which dynamics starts without a shock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from ase import Atoms
from ase.neighborlist import primitive_neighbor_list
from scipy.optimize import minimize

from llpt.errors import InputError
from llpt.structure.density import volume_per_atom

if TYPE_CHECKING:
    from numpy.typing import NDArray

BOND_LENGTH_ANGSTROM = 0.74
SKIN_ANGSTROM = 0.4
MAXIMUM_ROUNDS = 60
STEPS_PER_ROUND = 15
# Fractions of the volume filled by spheres of the contact distance about every atom, tried in this order. (Spheres jam
# at 0.64, but those of one molecule overlap.) A loose packing would heat a run by thousands of kelvin: by the published
# PBE potential 64 atoms at r_s = 1.34 have -13.59, -13.87, -14.02 eV/atom at 0.36, 0.50, 0.62; in equilibrium -14.11.
MOLECULAR_PACKINGS = (0.62, 0.57, 0.50, 0.36)
ATOMIC_PACKINGS = (0.52, 0.46, 0.36)
LARGEST_CONTACT_ANGSTROM = 2.0


def molecular_fluid(
    *,
    atoms: int,
    seed: int,
    density_g_per_cm3: float | None = None,
    wigner_seitz_radius: float | None = None,
    bond_length_angstrom: float = BOND_LENGTH_ANGSTROM,
    minimum_contact_angstrom: float | None = None,
) -> Atoms:
    """Return H₂ molecules at random places and in random directions in a periodic cube, none touching another.

    Atoms 2k and 2k + 1 are a molecule.

    Args:
        atoms: number of hydrogen atoms, even, ≥ 2.
        seed: of the random numbers; the same seed gives the same structure.
        density_g_per_cm3: mass density; or
        wigner_seitz_radius: r_s in bohr.
        bond_length_angstrom: length of every molecule.
        minimum_contact_angstrom: smallest distance between atoms of different molecules; if not given as large as can
            be reached quickly (1.26 Å at r_s = 1.4).

    Raises:
        InputError: an odd number of atoms, or a density at which the molecules cannot be kept apart.
    """
    if atoms < 2 or atoms % 2:
        raise InputError(f"{atoms} atoms cannot form H₂ molecules.", "Give an even number of atoms, 2 or more.")
    volume = volume_per_atom(density_g_per_cm3=density_g_per_cm3, wigner_seitz_radius=wigner_seitz_radius)
    generator = np.random.default_rng(seed)
    edge = (atoms * volume) ** (1.0 / 3.0)
    axes = generator.normal(size=(atoms // 2, 3))
    bodies = _Bodies(edge_angstrom=edge, half_bond_angstrom=bond_length_angstrom / 2.0, axes=axes)
    centres = generator.uniform(0.0, edge, size=(atoms // 2, 3))
    return _separated(bodies, centres, minimum_contact_angstrom, packings=MOLECULAR_PACKINGS)


def atomic_fluid(
    *,
    atoms: int,
    seed: int,
    density_g_per_cm3: float | None = None,
    wigner_seitz_radius: float | None = None,
    minimum_contact_angstrom: float | None = None,
) -> Atoms:
    """Return hydrogen atoms at random places in a periodic cube, none touching another.

    Args:
        atoms: number of hydrogen atoms, ≥ 1.
        seed: of the random numbers; the same seed gives the same structure.
        density_g_per_cm3: mass density; or
        wigner_seitz_radius: r_s in bohr.
        minimum_contact_angstrom: smallest distance between atoms; if not given as large as can be reached quickly
            (1.19 Å at r_s = 1.4).

    Raises:
        InputError: no atoms, or a density at which they cannot be kept apart.
    """
    if atoms < 1:
        raise InputError(f"A fluid of {atoms} atoms was asked for.", "Give one atom or more.")
    volume = volume_per_atom(density_g_per_cm3=density_g_per_cm3, wigner_seitz_radius=wigner_seitz_radius)
    generator = np.random.default_rng(seed)
    edge = (atoms * volume) ** (1.0 / 3.0)
    centres = generator.uniform(0.0, edge, size=(atoms, 3))
    return _separated(_Bodies(edge_angstrom=edge), centres, minimum_contact_angstrom, packings=ATOMIC_PACKINGS)


@dataclass(frozen=True)
class _Bodies:
    """Rigid bodies in a periodic cube: atoms, or molecules if there are axes (shape (n_molecules, 3), any length)."""

    edge_angstrom: float
    half_bond_angstrom: float = 0.0
    axes: NDArray[np.float64] | None = None

    def pack(self, centres: NDArray[np.float64]) -> NDArray[np.float64]:
        parts = [centres] if self.axes is None else [centres, self.axes]
        return np.concatenate([part.ravel() for part in parts])

    def positions(self, variables: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.axes is None:
            return variables.reshape(-1, 3)
        centres, axes = variables.reshape(2, -1, 3)
        arm = self.half_bond_angstrom * axes / np.linalg.norm(axes, axis=1, keepdims=True)
        return np.stack([centres + arm, centres - arm], axis=1).reshape(-1, 3)

    def pull_back(self, variables: NDArray[np.float64], gradient: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the gradient in the variables from the one in the positions, shape (n_atoms, 3)."""
        if self.axes is None:
            return gradient.ravel()
        axes = variables.reshape(2, -1, 3)[1]
        length = np.linalg.norm(axes, axis=1, keepdims=True)
        unit = axes / length
        ends = gradient.reshape(-1, 2, 3)
        twist = self.half_bond_angstrom * (ends[:, 0] - ends[:, 1])
        twist = (twist - unit * np.sum(unit * twist, axis=1, keepdims=True)) / length
        return np.concatenate([ends.sum(axis=1).ravel(), twist.ravel()])


@dataclass(frozen=True)
class _Pairs:
    """Pairs of atoms: indices (n_pairs,), and the lattice vector to add to the second, shape (n_pairs, 3), in Å."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    shifts: NDArray[np.float64]


def _separated(
    bodies: _Bodies,
    centres: NDArray[np.float64],
    contact_angstrom: float | None,
    *,
    packings: tuple[float, ...],
) -> Atoms:
    """Push bodies apart to the contact that was asked for, else to the first that can be reached of the packings."""
    if contact_angstrom is not None:
        return _relaxed(bodies, centres, contact_angstrom)
    atoms = len(centres) * (1 if bodies.axes is None else 2)
    spheres = np.cbrt(6.0 / np.pi * np.array(packings) * bodies.edge_angstrom**3 / atoms)
    contacts = np.minimum(spheres, LARGEST_CONTACT_ANGSTROM)
    for contact in contacts[:-1]:
        try:
            return _relaxed(bodies, centres, float(contact))
        except InputError:
            continue
    return _relaxed(bodies, centres, float(contacts[-1]))


def _relaxed(bodies: _Bodies, centres: NDArray[np.float64], contact_angstrom: float) -> Atoms:
    """Push bodies apart until no two atoms of different bodies are closer than the contact distance."""
    variables = bodies.pack(centres)
    aim = 1.03 * contact_angstrom  # so that the last small overlaps still leave the distance that was asked for
    cell = np.eye(3) * bodies.edge_angstrom
    nearest = np.inf
    search: Any = primitive_neighbor_list  # untyped in ASE
    for _ in range(MAXIMUM_ROUNDS):
        positions = bodies.positions(variables)
        first, second, shifts = search("ijS", (True,) * 3, cell, positions, aim + SKIN_ANGSTROM)
        whole = shifts @ cell
        strangers = first < second if bodies.axes is None else first // 2 < second // 2
        # An atom and images of its own body: counted one way, moved by nothing but the turn of the molecule.
        own = (first // 2 == second // 2) if bodies.axes is not None else first == second
        keep = strangers | (own & (np.abs(shifts).sum(axis=1) > 0) & (first <= second))
        first, second, whole = first[keep], second[keep], whole[keep]
        vectors = positions[second] - positions[first] + whole
        nearest = float(np.min(np.linalg.norm(vectors, axis=1), initial=np.inf))
        if nearest >= contact_angstrom:
            break
        solution = minimize(
            _overlap,
            variables,
            args=(bodies, _Pairs(first, second, whole), aim),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": STEPS_PER_ROUND},
        )
        variables = solution.x
    else:
        raise InputError(
            f"At {bodies.edge_angstrom**3 / len(positions):.3f} Å³ per atom the fluid cannot keep contacts of "
            f"{contact_angstrom:.3f} Å: the closest stayed at {nearest:.3f} Å.",
            "Ask for a lower density, a smaller minimum_contact_angstrom, or another seed.",
        )
    return Atoms("H" * len(positions), positions=positions, cell=cell, pbc=True)


def _overlap(
    variables: NDArray[np.float64],
    bodies: _Bodies,
    pairs: _Pairs,
    aim: float,
) -> tuple[float, NDArray[np.float64]]:
    """Return the soft-sphere energy Σ (aim - d)² of the listed pairs and its gradient in the variables."""
    positions = bodies.positions(variables)
    vectors = positions[pairs.second] - positions[pairs.first] + pairs.shifts
    distances = np.maximum(np.linalg.norm(vectors, axis=1), 1e-9)
    depth = np.maximum(aim - distances, 0.0)
    pull = (2.0 * depth / distances)[:, None] * vectors
    gradient = np.zeros_like(positions)
    for axis in range(3):
        gradient[:, axis] += np.bincount(pairs.first, pull[:, axis], len(positions))
        gradient[:, axis] -= np.bincount(pairs.second, pull[:, axis], len(positions))
    return float(np.sum(depth**2)), bodies.pull_back(variables, gradient)
