"""Pulls of places and shifts of the equal pairs of verdict_rates.py, by the width of their step.

python benchmarks/verdict_pulls.py            # 400 pairs of isobars, 500 of isotherms: docs/results/verdict-pulls.json
python benchmarks/verdict_pulls.py --table    # the committed table as Markdown; nothing is run

A pull is the distance from the truth in units of the stated error.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import datetime as dt
import json
from typing import Any

import numpy as np
from verdict_rates import KINDS, ROOT, draw_pair, pull_of_shift, pulls_of_places

from llpt.audit import Thresholds, compare
from llpt.statistics import STATISTICS

RESULTS = ROOT / "docs" / "results" / "verdict-pulls.json"
PAIRS = {"equal": ("T* of isobars", "shift of T*", 400), "isotherms, equal": ("P* of isotherms", "shift of P*", 500)}
"""By the kind of pair: what the rows are called, and how many pairs there are."""
SEED = 14
CHUNK = 25
WIDTHS = ("jumps", "narrower", "wider")


def pulls(task: tuple[str, int]) -> list[tuple[str, list[float], float | None]]:
    """Return of some pairs of a kind how wide the step is against the spacing, and the pulls of places and shift."""
    name, first = task
    kind, found = next(each for each in KINDS if each.name == name), []
    for number in range(first, first + CHUNK):
        random = np.random.default_rng([SEED, number])
        reference, surrogate, base, changed, _ = draw_pair(kind, random)
        coordinates = reference.states.coordinates
        spacing = coordinates[1] - coordinates[0]
        width = "jumps" if base.width == 0.0 else "narrower" if base.width < spacing else "wider"
        verdict = compare([reference], [surrogate], Thresholds())
        places = pulls_of_places(kind.line, ((reference, base), (surrogate, changed)))
        found.append((width, places, pull_of_shift(verdict, base.place, changed.place)))
    return found


def table() -> dict[str, dict[str, float | int]]:
    """Return the standard deviations of the pulls by row and width, and of how many pairs."""
    rows: dict[str, dict[str, float | int]] = {}
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        for name, (of_place, of_shift, pairs) in PAIRS.items():
            tasks = [(name, first) for first in range(0, pairs, CHUNK)]
            found = [each for part in pool.map(pulls, tasks) for each in part]
            places = [(width, pull) for width, of_pair, _ in found for pull in of_pair]
            shifts = [(width, pull) for width, _, pull in found if pull is not None]
            for row, each in ((of_place, places), (of_shift, shifts)):
                rows[row] = {"pairs": pairs} | {
                    width: round(float(np.std([pull for at, pull in each if width in (at, "all")])), 2)
                    for width in (*WIDTHS, "all")
                }
    return rows


def markdown(rows: dict[str, Any]) -> str:
    """Return the table for the page."""
    lines = [
        "| pairs of equal lines | jumps | steps narrower than the spacing | wider | all |",
        "|---|---|---|---|---|",
    ]
    for name, row in rows.items():
        cells = " | ".join(f"{row[width]:.2f}" for width in (*WIDTHS, "all"))
        lines.append(f"| {name} ({row['pairs']} pairs) | {cells} |")
    return "\n".join(lines)


def main() -> None:
    """Measure and write, or print what is written."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", action="store_true", help="print what is written; nothing is run")
    if parser.parse_args().table:
        print(markdown(json.loads(RESULTS.read_text(encoding="utf-8"))["rows"]))
        return
    document = {
        "command": "python benchmarks/verdict_pulls.py",
        "statistics": STATISTICS,
        "date": dt.datetime.now(tz=dt.UTC).date().isoformat(),
        "rows": table(),
    }
    RESULTS.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
