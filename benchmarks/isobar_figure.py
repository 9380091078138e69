r"""Draw density, molecular fraction and first peak of g(r) along an isobar from the tables of studies.

    python benchmarks/isobar_figure.py FIGURE NAME=ENGINE:TABLE [NAME=ENGINE:TABLE ...]
    python benchmarks/isobar_figure.py docs/figures/hydrogen-64.png \
        "PBE, 2x2x2=dft:docs/results/hydrogen-64/observables.csv" \
        pbe-v2=n2p2:pbe-v2:docs/results/hydrogen-64/observables.csv

``TABLE`` is the ``results/observables.csv`` that ``llpt analyse`` leaves, with a line for each walk of a ladder, or
``results/lines.csv``, with one for all; ENGINE is a name in its column. Triangles that point up are runs of the heating
ladder, open ones that point down those of cooling; a square stands around a run that is a solid. A value without a
known error has no bar. ``--rs`` draws pressure, molecular fraction and that of molecules that last against the
Wigner-Seitz radius, along an isotherm at held volumes.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import math
from pathlib import Path

import matplotlib.pyplot as plt

from llpt.report.drawing import own_style
from llpt.report.palette import CYCLE
from llpt.structure.density import volume_per_atom
from llpt.units import wigner_seitz_radius_bohr

PANELS = (
    ("density (g/cm^3)", "density error", "density (g/cm³)"),
    ("molecular_fraction", "molecular_fraction error", "molecular fraction"),
    ("rdf_peak_height", "rdf_peak_height error", "first peak of g(r)"),
)
PANELS_OF_ISOTHERM = (
    ("pressure (GPa)", "pressure error", "P (GPa)"),
    ("molecular_fraction", "molecular_fraction error", "molecular fraction"),
    ("molecular_fraction_lifetime", "molecular_fraction_lifetime error", "fraction that lasts 85 fs"),
)


def number(text: str) -> float:
    return float(text) if text else math.nan


def place(row: dict[str, str], *, along_rs: bool) -> float:
    """Return where a state stands on the axis: its temperature in K, or its Wigner-Seitz radius in bohr."""
    if not along_rs:
        return float(row["temperature_k"])
    volume = volume_per_atom(density_g_per_cm3=float(row["density_gcc"]))
    return round(wigner_seitz_radius_bohr(volume), 3)


def walk_of(row: dict[str, str]) -> str:
    """Return which walk of a ladder a run is of; empty for the first, and where they are joined."""
    return row.get("run", "").partition("-repeat")[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("figure", type=Path)
    parser.add_argument("--rs", action="store_true", help="against the Wigner-Seitz radius, at held volumes")
    parser.add_argument("sides", nargs="+", metavar="NAME=ENGINE:TABLE")
    given = parser.parse_args()
    panels = PANELS_OF_ISOTHERM if given.rs else PANELS
    with own_style():
        figure, axes = plt.subplots(1, len(panels), figsize=(7.2, 2.6), layout="constrained")
        for side, colour in zip(given.sides, itertools.cycle(CYCLE)):
            name, _, rest = side.partition("=")
            engine, _, table = rest.rpartition(":")
            if not Path(table).is_file():
                parser.error(f"there is no {table}: give NAME=ENGINE:TABLE.")
            with Path(table).open(encoding="utf-8") as stream:
                rows = [row for row in csv.DictReader(stream) if row["engine"] == engine]
            if not rows:
                parser.error(f"{table} has no run by {engine!r}")
            ways = [("base", "heating", "^", colour, "-"), ("cooling", "cooling", "v", "white", ":")]
            walks = sorted({walk_of(row) for row in rows})
            for (test, way, marker, face, line), walk in itertools.product(ways, walks):
                of_walk = [row for row in rows if (row["test"], walk_of(row)) == (test, walk)]
                chosen = sorted(of_walk, key=lambda row: place(row, along_rs=given.rs))
                if not chosen:
                    continue
                places = [place(row, along_rs=given.rs) for row in chosen]
                for axis, (value, error, label) in zip(axes, panels, strict=True):
                    axis.errorbar(
                        places,
                        [number(row[value]) for row in chosen],
                        [number(row[error]) for row in chosen],
                        color=colour,
                        mfc=face,
                        marker=marker,
                        ls=line,
                        label=name if given.rs else f"{name}, {way}",
                    )
                    solids = [
                        (where, number(row[value]))
                        for where, row in zip(places, chosen, strict=True)
                        if row.get("solid") == "yes"
                    ]
                    if solids:
                        axis.plot(
                            *zip(*solids, strict=True), ls="", marker="s", ms=8, mfc="none", mec="black", label="solid"
                        )
                    axis.set_xlabel("r_s (bohr)" if given.rs else "T (K)")
                    axis.set_ylabel(label)
        handles, labels = axes[0].get_legend_handles_labels()
        named = {label: handle for handle, label in zip(handles, labels, strict=True)}
        figure.legend(named.values(), named.keys(), loc="outside upper center", ncols=4)
        given.figure.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(given.figure, dpi=160)


if __name__ == "__main__":
    main()
