r"""Conductivity and reflectivity along an isobar, from what ``llpt optics`` left in directories, as one table.

    python benchmarks/optics_along.py docs/results/optics-200-gpa.csv "PBE=up/runs/dft/N64/P200/T{}/optics" \
        "PBE, snapshots of pbe-v2=optics-nn/T{}" --temperatures 950 1300

A row for each side, temperature and width of the lines (half, one and two times that of the settings, with all bands):
dc conductivity in S/cm; at the width of the settings the reflectivity at 2.33 eV too, how far levels lie apart, what
mesh and bands lack of the sum rule. Errors are over snapshots, taken as independent.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path
from typing import Any

from llpt.observables import read_optics
from llpt.observables.optics import OPTICS_FILE

AVERAGES = ("reflectivity", "level_spacing", "sum_rule", "mesh_share", "found_share")
COLUMNS = ("side", "temperature_k", "snapshots", "mesh", "bands", "broadening_ev", "dc_conductivity_s_per_cm", "error")
COLUMNS += tuple(column for name in AVERAGES for column in (name, f"{name}_error"))


def rows_of(side: str, template: str, temperatures: list[float]) -> list[dict[str, Any]]:
    """Return the rows of a side, of each temperature at which its directory holds results."""
    rows = []
    for temperature in temperatures:
        directory = Path(template.format(f"{temperature:g}"))
        if not (directory / OPTICS_FILE).is_file():
            continue
        content, averages = json.loads((directory / OPTICS_FILE).read_text(encoding="utf-8")), read_optics(directory)
        settings = content["settings"]
        for trial in content["convergence"]:
            if trial["bands"] != max(each["bands"] for each in content["convergence"]):
                continue
            found = trial["dc_conductivity"]
            row = {"side": side, "temperature_k": temperature, "snapshots": content["snapshots"]}
            row |= {"mesh": settings.get("mesh", ""), "bands": trial["bands"], "broadening_ev": trial["broadening_ev"]}
            row |= {"dc_conductivity_s_per_cm": found["value"], "error": found["error"]}
            if trial["broadening_ev"] == settings["broadening_ev"]:
                for name in AVERAGES:
                    row |= {name: averages[name].value, f"{name}_error": averages[name].error}
            rows.append({name: f"{value:.5g}" if isinstance(value, float) else value for name, value in row.items()})
    return rows


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("sides", nargs="+", metavar="NAME=DIRECTORY", help="{} stands for the temperature")
    parser.add_argument("--temperatures", nargs="+", type=float, required=True, metavar="K")
    given = parser.parse_args()
    if nameless := [side for side in given.sides if "=" not in side]:
        parser.error(f"{nameless[0]} has no name: give NAME=DIRECTORY.")
    rows = []
    for side in given.sides:
        name, _, template = side.partition("=")
        rows += rows_of(name, template, sorted(given.temperatures))
    if not rows:
        parser.error(f"no directory holds an {OPTICS_FILE}: run llpt optics first.")
    with given.table.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
