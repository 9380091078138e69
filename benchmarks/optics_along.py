r"""Conductivity and reflectivity along an isobar, from what ``llpt optics`` left in directories: a table and a figure.

    python benchmarks/optics_along.py docs/results/optics-200-gpa.csv "PBE=up/runs/dft/N64/P200/T{}/optics" \
        "PBE, snapshots of pbe-v2=optics-nn/T{}" --temperatures 700 850 950 --figure docs/figures/optics-200-gpa.png

A row for each side and temperature: dc conductivity (S/cm) and reflectivity at 2.33 eV with errors over snapshots, how
many there were, and what mesh and bands lack of the sum rule. The figure draws both against temperature, and the
reflectivity against photon energy at the ends.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd

from llpt.report.drawing import own_style
from llpt.report.palette import CYCLE

COLUMNS = (
    *("side", "temperature_k", "snapshots", "dc_conductivity_s_per_cm", "dc_conductivity_error"),
    *("reflectivity", "reflectivity_error", "sum_rule", "mesh_share", "found_share", "mesh", "bands", "broadening_ev"),
)


def rows_of(side: str, template: str, temperatures: list[float]) -> list[dict[str, Any]]:
    """Return a row for each temperature at which a side's directory holds results."""
    rows = []
    for temperature in temperatures:
        path = Path(template.format(f"{temperature:g}")) / "optics.json"
        if not path.is_file():
            continue
        content = json.loads(path.read_text(encoding="utf-8"))
        averages, settings = content["averages"], content["settings"]
        row = {"side": side, "temperature_k": temperature, "snapshots": content["snapshots"]}
        row |= {
            "dc_conductivity_s_per_cm": averages["dc_conductivity"]["value"],
            "dc_conductivity_error": averages["dc_conductivity"]["error"],
            "reflectivity": averages["reflectivity"]["value"],
            "reflectivity_error": averages["reflectivity"]["error"],
            **{name: averages[name]["value"] for name in ("sum_rule", "mesh_share", "found_share")},
            "mesh": settings.get("mesh", ""),
            "bands": settings["bands"],
            "broadening_ev": settings["broadening_ev"],
        }
        rows.append({name: f"{value:.5g}" if isinstance(value, float) else value for name, value in row.items()})
    return rows


def draw(rows: list[dict[str, Any]], spectra: dict[str, str], path: Path) -> None:
    """Draw both quantities against temperature, and spectra at the lowest and the highest."""
    with own_style():
        figure, (left, middle, right) = plt.subplots(1, 3, figsize=(7.6, 2.5), layout="constrained")
        for colour, (side, group) in zip(CYCLE, itertools.groupby(rows, key=lambda row: row["side"]), strict=False):
            own = list(group)
            at = [float(row["temperature_k"]) for row in own]
            for axes, name, error in (
                (left, "dc_conductivity_s_per_cm", "dc_conductivity_error"),
                (middle, "reflectivity", "reflectivity_error"),
            ):
                values, errors = ([float(row[column]) for row in own] for column in (name, error))
                axes.errorbar(at, values, errors, color=colour, marker="o", markersize=3, capsize=2, label=side)
            for temperature, style in ((at[0], ":"), (at[-1], "-")):
                spectrum = pd.read_csv(Path(spectra[side].format(f"{temperature:g}")) / "spectrum.csv")
                right.plot(
                    spectrum["photon_energy_ev"], spectrum["reflectivity"], style, color=colour,
                    label=f"{temperature:g} K",
                )  # fmt: skip
        left.set(xlabel="T (K)", ylabel="dc conductivity (S/cm)", yscale="log")
        left.axhline(2000.0, color="0.5", linewidth=0.6, linestyle="--")
        middle.set(xlabel="T (K)", ylabel="reflectivity at 2.33 eV")
        right.set(xlabel="photon energy (eV)", ylabel="reflectivity", xlim=(0.0, 15.0), ylim=(0.0, 1.0))
        right.legend(fontsize=6)
        handles, labels = left.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=len(labels), fontsize=7)
        figure.savefig(path, dpi=160)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("sides", nargs="+", metavar="NAME=DIRECTORY", help="{} stands for the temperature")
    parser.add_argument("--temperatures", nargs="+", type=float, required=True, metavar="K")
    parser.add_argument("--figure", type=Path)
    given = parser.parse_args()
    spectra = dict(side.split("=", 1) for side in given.sides)
    rows = [row for side, place in spectra.items() for row in rows_of(side, place, sorted(given.temperatures))]
    if not rows:
        parser.error("no directory holds an optics.json: run llpt optics first.")
    with given.table.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    if given.figure:
        draw(rows, spectra, given.figure)


if __name__ == "__main__":
    main()
