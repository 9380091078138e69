"""What a verdict says where the surrogate's latent heat is too large and its heat capacity hides it from the means.

    python benchmarks/latent_heat.py [PAIRS]     # of each row (200): docs/results/latent-heat.json
    python benchmarks/latent_heat.py --table     # the committed table as Markdown; nothing is run

The pairs are those of ``benchmarks/verdict_rates.py`` but for their grid and their noise, which are held. The enthalpy
of the surrogate steps at the transition by the excess more than the reference's, and its heat capacity is smaller in
both phases, so that the means over the phases differ by less. In the first two rows the two are equal
(docs/verdict.md, "The enthalpy step").
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from verdict_rates import Truth, draw_isobar

from llpt.audit import Thresholds, compare
from llpt.statistics import STATISTICS
from llpt.units import BOLTZMANN_EV_PER_K

RESULTS = Path(__file__).resolve().parents[1] / "docs" / "results" / "latent-heat.json"
ROWS = (
    (0.0, 0.0, 12, 25.0, 0.05),
    (0.0, 0.0, 12, 50.0, 0.05),
    (0.30, 6.5, 12, 25.0, 0.05),
    (0.45, 7.0, 12, 25.0, 0.10),
    (0.45, 7.5, 9, 25.0, 0.05),
    (0.45, 10.0, 12, 25.0, 0.08),
    (0.45, 10.0, 12, 50.0, 0.08),
)
"""Of C_P in k_B an atom, the excess in meV/atom, temperatures, their spacing in K, error of the density in %."""


def row(settings: tuple[float, float, int, float, float], pairs: int) -> dict[str, Any]:
    """Return what the verdicts on so many pairs are, and by how much the means of the two phases differ."""
    capacity, excess, count, spacing, noise = settings
    temperatures = 500.0 + spacing * np.arange(count)
    counts: Counter[str] = Counter()
    means = []
    for number in range(pairs):
        random = np.random.default_rng([7, number])
        place = float(temperatures.mean() + random.uniform(-0.1, 0.1) * np.ptp(temperatures))
        base = Truth(
            place=place,
            width=0.0 if random.random() < 0.3 else random.uniform(10.0, 60.0),
            form="tanh",
            jump_percent=random.uniform(2.0, 5.0),
            heat_ev=random.uniform(0.03, 0.09),
            curvature=0.0,
        )
        apart = temperatures[temperatures >= place].mean() - temperatures[temperatures < place].mean()
        hidden = capacity * BOLTZMANN_EV_PER_K * apart
        changed = replace(base, heat_ev=base.heat_ev + 0.001 * excess, hidden_ev=hidden)
        sides = [
            draw_isobar(truth, temperatures, noise, random, name) for truth, name in ((base, "dft"), (changed, "mlp"))
        ]
        counts[str(compare(sides[:1], sides[1:], Thresholds()).value)] += 1
        means.append(excess - 1000.0 * hidden)
    return {
        "C_P, k_B": capacity,
        "latent heat, meV/atom": excess,
        "means, meV/atom": round(float(np.mean(means)), 1),
        "temperatures": count,
        "apart, K": spacing,
        "noise, %": noise,
        "pairs": pairs,
        "faithful": counts["faithful"],
        "not faithful": counts["not faithful"],
        "not resolved": counts["not resolved"],
    }


def main() -> None:
    """Measure and write, or print what is committed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=int, nargs="?", default=200)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--table", action="store_true", help="print the committed table")
    given = parser.parse_args()
    if given.table:
        rows = json.loads(RESULTS.read_text(encoding="utf-8"))["rows"]
        print("\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in _lines(rows)))
        return
    with ProcessPoolExecutor(given.processes) as pool:
        rows = list(pool.map(row, ROWS, [given.pairs] * len(ROWS)))
    document = {
        "command": f"python benchmarks/latent_heat.py {given.pairs}",
        "statistics": STATISTICS,
        "date": dt.datetime.now(tz=dt.UTC).date().isoformat(),
        "rows": rows,
    }
    RESULTS.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _lines(rows: list[dict[str, Any]]) -> list[list[Any]]:
    return [list(rows[0]), ["---"] * len(rows[0]), *(list(each.values()) for each in rows)]


if __name__ == "__main__":
    main()
