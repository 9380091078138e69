"""Do two samplers of one reference agree? State by state, from the tables of two studies.

    python benchmarks/sampler_agreement.py PLAIN/observables.csv OTHER/observables.csv --out docs/results/FILE.json

Runs of the reference that both studies have under one name are compared in density, pressure, molecular fraction,
first peak of g(r), enthalpy and diffusion: difference, joint error, and the difference over it (the
pull). The runs must be independent: other seeds. Where either error is unknown a quantity is left out of that state.
The last lines give for each quantity the sum of squared pulls, how often chance gives a larger one, and the
independent samples of both for one picosecond. Where two phases compete a run may have stayed in either, which says
nothing of samplers: leave such a state out with ``--without T1050``.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scipy.stats import chi2

QUANTITIES = (
    "density (g/cm^3)",
    "pressure (GPa)",
    "molecular_fraction",
    "rdf_peak_height",
    "enthalpy (eV/atom)",
    "diffusion (cm^2/s)",
)


def runs_of(path: Path) -> dict[str, dict[str, str]]:
    """Return the rows of the reference's runs by their names."""
    with path.open(encoding="utf-8", newline="") as stream:
        return {row["run"]: row for row in csv.DictReader(stream) if row["role"] == "reference"}


def estimate(row: dict[str, str], quantity: str) -> tuple[float, float, float] | None:
    """Return value, error and independent samples; None where one of them is unknown."""
    name = quantity.split(" (", maxsplit=1)[0]
    value, error, samples = (row.get(key) for key in (quantity, f"{name} error", f"{name} effective samples"))
    return (float(value), float(error), float(samples)) if value and error and samples else None


def compared(first: dict[str, str], second: dict[str, str]) -> dict[str, Any]:
    """Return what both rows know of each quantity."""
    found = {}
    for quantity in QUANTITIES:
        one, other = estimate(first, quantity), estimate(second, quantity)
        if one is None or other is None:
            continue
        joint = math.hypot(one[1], other[1])
        found[quantity] = {
            "first": one[0],
            "first_error": one[1],
            "second": other[0],
            "second_error": other[1],
            "difference": other[0] - one[0],
            "joint_error": joint,
            "pull": (other[0] - one[0]) / joint,
            "samples_per_ps": [one[2] / float(first["production_ps"]), other[2] / float(second["production_ps"])],
        }
    return found


def main() -> None:
    """Compare, print the table and write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("--without", nargs="+", default=[], help="runs left out, by the last part of their names")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    try:
        one, other = runs_of(given.first), runs_of(given.second)
    except (OSError, KeyError) as error:
        parser.error(f"{error}: give the results/observables.csv of two studies.")
    shared = [name for name in one if name in other and name.rpartition("/")[2] not in given.without]
    states = {name: compared(one[name], other[name]) for name in shared}
    if not states:
        parser.error("the two tables share no run of the reference.")
    summary = {}
    for quantity in QUANTITIES:
        rows = [state[quantity] for state in states.values() if quantity in state]
        total = sum(row["pull"] ** 2 for row in rows)
        summary[quantity] = {
            "states": len(rows),
            "squared_pulls": total,
            "chance_of_more": float(chi2.sf(total, len(rows))) if rows else None,
            "samples_per_ps": [sum(row["samples_per_ps"][side] for row in rows) / max(1, len(rows)) for side in (0, 1)],
        }
    print("| run | quantity | first | second | second less first | pull |\n|---|---|---|---|---|---|")
    for name, state in states.items():
        for quantity, row in state.items():
            print(
                f"| {name} | {quantity} | {row['first']:.6g} ± {row['first_error']:.2g} | {row['second']:.6g} ± "
                f"{row['second_error']:.2g} | {row['difference']:.2g} ± {row['joint_error']:.2g} | {row['pull']:.1f} |"
            )
    for quantity, row in summary.items():
        print(quantity, json.dumps(row))
    if given.out:
        told = {"date": datetime.now(UTC).isoformat(timespec="minutes"), "states": states, "summary": summary}
        given.out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
