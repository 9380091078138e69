"""Hold a published potential against the published labels of its own reference: a bias first, then errors by group.

    python examples/published-potential/audit_labels.py DATA POTENTIAL [POTENTIAL ...] [--every 5] [--out docs]

``DATA`` holds ``rerun-h-nnp-gen8-nvt-traj.extxyz.gz`` and ``rerun-H-highP-liquid.extxyz.gz`` of Cheng, Mazzola, Pickard
and Ceriotti (doi:10.1038/s41586-020-2677-y), as they published them, each ``POTENTIAL`` a folder
with ``input.nn``, ``scaling.data`` and ``weights.001.data``. None of these are in this repository. The labels have
energies and forces and no stress; they do not say the temperature. Energies of different data sets may differ by a
constant, so that each set is judged by itself.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gzip
import io
import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from ase.io import read

from llpt.audit import DoublyLabelled, Grouping, frame_table, residuals_of
from llpt.audit.double_labels import forces_of, neighbour_distances
from llpt.bridge import REFERENCE
from llpt.engines import evaluate, make_engine
from llpt.files import make_directory, write_atomically

if TYPE_CHECKING:
    from ase import Atoms

    from llpt.audit import Residuals

LIQUIDS = ("rerun-h-nnp-gen8-nvt-traj", "rerun-H-highP-liquid")
UNKNOWN_K = 1000.0
"""The labels do not say their temperature; nothing below depends on it."""
NEIGHBOUR_EDGES = np.array([0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0, 1.1, 1.3])


def read_frames(path: Path, every: int) -> list[Atoms]:
    """Return one in so many of the labelled frames of a file."""
    with gzip.open(path, "rt") as stream:
        found = read(io.StringIO(stream.read()), f"::{every}", format="extxyz")
    return list(found)


def audited(potential: Path, frames: dict[str, list[Atoms]]) -> dict[str, DoublyLabelled]:
    """Return the frames of each data set with the labels of the potential beside their own."""
    engine = make_engine(f"n2p2:{potential}")
    try:
        found = {}
        for name, labelled in frames.items():
            print(f"{potential.name}: {name}, {len(labelled)} frames", file=sys.stderr)
            found[name] = DoublyLabelled(name, REFERENCE, UNKNOWN_K, labelled, evaluate(labelled, engine))
        return found
    finally:
        engine.close()


def told(residuals: Residuals) -> dict[str, Any]:
    """Return the numbers of one data set, the bias between the phases first."""
    overall = residuals.accuracy.overall
    return {
        "phase_differential_bias": residuals.accuracy.phase_bias.model_dump(),
        "frames": overall.frames,
        "energy_rmse_mev_per_atom": round(overall.energy_rmse_mev_per_atom, 2),
        "force_rmse_ev_per_angstrom": round(overall.force_rmse_ev_per_angstrom, 3),
        "force_rms_ev_per_angstrom": round(overall.force_rms_ev_per_angstrom, 3),
        "neighbour_at_0.85_to_1.0": {
            "share": round(residuals.neighbours.share, 3),
            "force_error_inside": round(residuals.neighbours.inside_ev_per_angstrom, 3),
            "force_error_outside": round(residuals.neighbours.outside_ev_per_angstrom, 3),
        },
        "groups": [
            {
                "by": str(row.grouping),
                "group": row.group,
                "frames": row.frames,
                "energy_mev_per_atom": [rounded(row.energy.value), rounded(row.energy.error)],
                "force_error_ev_per_angstrom": round(row.force_error_ev_per_angstrom, 3),
                "force_ev_per_angstrom": round(row.force_ev_per_angstrom, 3),
            }
            for row in residuals.groups
            if row.grouping not in {Grouping.ENSEMBLE, Grouping.TEMPERATURE}
        ],
    }


def rounded(value: float) -> float | None:
    """Return a number for JSON: two digits after the point, None where it is not known."""
    return round(value, 2) if math.isfinite(value) else None


def draw(found: dict[str, dict[str, DoublyLabelled]], path: Path) -> None:
    """Draw energy errors against molecular fraction and density, and force errors against the nearest neighbour."""
    import matplotlib as mpl  # noqa: PLC0415 - slow to import

    mpl.use("Agg")
    import matplotlib.pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(len(found), 3, figsize=(10.0, 3.0 * len(found)), squeeze=False, layout="constrained")
    for panels, (potential, sets) in zip(axes, found.items(), strict=True):
        for marker, (name, labels) in zip("os", sets.items(), strict=True):
            table = frame_table([labels])
            errors = -(table["difference"] - table["difference"].mean())
            style = {"marker": marker, "linestyle": "", "markersize": 3.0, "alpha": 0.6, "label": name}
            panels[0].plot(table["molecular_fraction"], errors, **style)
            panels[1].plot(table["density"], errors, **style)
            distances = np.concatenate([neighbour_distances(atoms) for atoms in labels.reference])
            squares = np.concatenate(
                [
                    ((forces_of(one) - forces_of(other)) ** 2).mean(axis=1)
                    for one, other in zip(labels.surrogate, labels.reference, strict=True)
                ]
            )
            place = np.digitize(distances, NEIGHBOUR_EDGES)
            there = [index for index in range(1, len(NEIGHBOUR_EDGES)) if (place == index).any()]
            centres = [0.5 * (NEIGHBOUR_EDGES[index] + NEIGHBOUR_EDGES[index - 1]) for index in there]
            means = [np.sqrt(squares[place == index].mean()) for index in there]
            panels[2].plot(centres, means, marker=marker, label=name)
        panels[0].set_ylabel(f"{potential}: energy error (meV/atom)")
        panels[2].set_ylabel("force error (eV/Å)")
        for panel, label in zip(
            panels, ("molecular fraction", "density (g/cm³)", "nearest neighbour (Å)"), strict=True
        ):
            panel.set_xlabel(label)
        panels[2].axvspan(0.85, 1.0, color="#dddddd", zorder=0)
    axes[0][0].legend(frameon=False, fontsize="small")
    figure.savefig(path, dpi=150, metadata={"Software": None})


def main() -> None:
    """Audit and print; write numbers and figure where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("potentials", type=Path, nargs="+")
    parser.add_argument("--every", type=int, default=5, help="one in so many frames")
    parser.add_argument("--out", type=Path, help="a folder for results/published-potential.json and figures/….png")
    given = parser.parse_args()
    frames = {name: read_frames(given.data / f"{name}.extxyz.gz", given.every) for name in LIQUIDS}
    found = {potential.name: audited(potential, frames) for potential in given.potentials}
    document = {
        "command": f"python examples/published-potential/audit_labels.py DATA POTENTIAL … --every {given.every}",
        "date": dt.datetime.now(tz=dt.UTC).date().isoformat(),
        "potentials": {
            potential: {name: told(residuals_of([labels])) for name, labels in sets.items()}
            for potential, sets in found.items()
        },
    }
    text = json.dumps(document, indent=1, ensure_ascii=False)
    print(text)
    if given.out is not None:
        for name in ("results", "figures"):
            make_directory(given.out / name)
        write_atomically(given.out / "results" / "published-potential.json", text + "\n")
        draw(found, given.out / "figures" / "published-potential.png")


if __name__ == "__main__":
    main()
