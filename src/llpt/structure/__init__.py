"""Cells and starting configurations: fluids at a given density, lattices, files."""

from llpt.structure.checks import (
    MINIMUM_DISTANCE_ANGSTROM,
    check_cell,
    check_elements,
    check_finite,
    check_structure,
    closest_pair,
)
from llpt.structure.density import starting_density_g_per_cm3, volume_per_atom
from llpt.structure.fluids import BOND_LENGTH_ANGSTROM, atomic_fluid, molecular_fluid
from llpt.structure.labels import (
    LABELS,
    attach_labels,
    label_of,
    six_components,
    with_computed_labels,
    with_labels_called,
)
from llpt.structure.lattices import Lattice, atomic_lattice, displaced, molecular_lattice, supercell
from llpt.structure.reading import read_structures

__all__ = [
    "BOND_LENGTH_ANGSTROM",
    "LABELS",
    "MINIMUM_DISTANCE_ANGSTROM",
    "Lattice",
    "atomic_fluid",
    "atomic_lattice",
    "attach_labels",
    "check_cell",
    "check_elements",
    "check_finite",
    "check_structure",
    "closest_pair",
    "displaced",
    "label_of",
    "molecular_fluid",
    "molecular_lattice",
    "read_structures",
    "six_components",
    "starting_density_g_per_cm3",
    "supercell",
    "volume_per_atom",
    "with_computed_labels",
    "with_labels_called",
]
