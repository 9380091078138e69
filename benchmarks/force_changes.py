"""How many ions change their force with the electrons' temperature, by several definitions of a change of 5 %.

    python benchmarks/force_changes.py FOLDER…    # of llpt audit electronic-temperature -o FOLDER, with 600 and 1800 K

Prints two tables: the share of ions beyond 5 % at 1800 K by each definition, and that of each configuration by the one
of ``llpt.audit.electronic_temperature`` beside its molecular fraction.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import ase.io
import numpy as np

from llpt.audit.double_labels import WINDOW_ANGSTROM, forces_of
from llpt.audit.electronic_temperature import LARGE_CHANGE, REFERENCE_K
from llpt.mlp.quality.phases import molecular_fraction
from llpt.units import ANGSTROM_TO_BOHR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ase import Atoms
    from numpy.typing import NDArray

WARM_K = 1800.0


def changes(cold: NDArray[np.float64], warm: NDArray[np.float64]) -> Mapping[str, NDArray[np.float64]]:
    """Return the relative change of each ion's force by several definitions.

    Args:
        cold: forces at 600 K, shape (ions, 3).
        warm: at 1800 K.
    """
    difference, component = np.abs(warm - cold), np.abs(cold).mean()
    size = np.linalg.norm(cold, axis=1)
    vector, length = np.linalg.norm(warm - cold, axis=1), np.abs(np.linalg.norm(warm, axis=1) - size)
    return {
        "any component, of the mean component (the text's)": difference.max(axis=1) / component,
        "any component's magnitude, of the mean component": np.abs(np.abs(warm) - np.abs(cold)).max(axis=1) / component,
        "mean of the three components, of the mean component": difference.mean(axis=1) / component,
        "force as a vector, of the mean length": vector / size.mean(),
        "length of the force, of the mean length": length / size.mean(),
        "force as a vector, of its own length": vector / size,
        "every component, of the mean component": difference.min(axis=1) / component,
    }


def has_neighbour(atoms: Atoms) -> NDArray[np.bool_]:
    """Return which ions have a neighbour in the window."""
    distances = atoms.get_all_distances(mic=True)
    np.fill_diagonal(distances, np.inf)
    low, high = WINDOW_ANGSTROM
    return np.asarray(((distances >= low) & (distances <= high)).any(axis=1))


def main() -> None:
    """Print both tables."""
    folders = [Path(each) for each in sys.argv[1:]]
    sets = [
        [ase.io.read(folder / "labels" / f"T{kelvin:g}.extxyz", ":") for kelvin in (REFERENCE_K, WARM_K)]
        for folder in folders
    ]
    print(f"| beyond 5 % at 1800 K | {' | '.join(f'{each.name}: all | with a neighbour' for each in folders)} |")
    print("|---" * (1 + 2 * len(folders)) + "|")
    near = [np.concatenate([has_neighbour(atoms) for atoms in cold]) for cold, _ in sets]
    found = [changes(*(np.concatenate([forces_of(atoms) for atoms in side]) for side in labels)) for labels in sets]
    for name in found[0]:
        shares = []
        for each, chosen in zip(found, near, strict=True):
            large = each[name] > LARGE_CHANGE
            shares += [f"{100 * large.mean():.1f} %", f"{100 * large[chosen].mean():.1f} %"]
        print(f"| {name} | {' | '.join(shares)} |")
    print("\n| configurations | molecular fraction | with a neighbour | ions beyond 5 % at 1800 K |\n|---|---|---|---|")
    for folder, (cold, _), each in zip(folders, sets, found, strict=True):
        large = next(iter(each.values())) > LARGE_CHANGE
        for atoms, shares in zip(cold, np.split(large, len(cold)), strict=True):
            fraction = molecular_fraction(atoms.positions * ANGSTROM_TO_BOHR, atoms.cell[:] * ANGSTROM_TO_BOHR)
            near_share = has_neighbour(atoms).mean()
            print(f"| {folder.name} | {fraction:.2f} | {near_share:.2f} | {100 * shares.mean():.0f} % |")


if __name__ == "__main__":
    main()
