"""How often the truth lies within the error of what several walks of a ladder say together.

    python benchmarks/crossings.py            # docs/results/crossings.json
    python benchmarks/crossings.py --table    # the committed tables as Markdown; nothing is run

*Means*: repeats of one run, each a first-order process that remembers for a while; its mean with the error that each
knows or does not know, joined (``llpt.statistics.mean_of_repeats``). *Crossings*: walks of a ladder along which a
molecular fraction falls, in tanh, over a width; the place at which it passes 1/2 (``llpt.transition.find_crossing``).
Each run of a walk starts from the end of the one below, as runs do, and its first fifth is left out. A fluid that
remembers is behind its equilibrium in all walks alike (``llpt.transition.behind``).
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from llpt.ladder_path import LadderPath
from llpt.statistics import STATISTICS, mean_estimate, mean_of_repeats, memory_of_repeats
from llpt.transition import Isobar, LinePoint, find_crossing
from llpt.transition.behind import with_what_they_are_behind

if TYPE_CHECKING:
    from numpy.typing import NDArray

RESULTS = Path(__file__).resolve().parents[1] / "docs" / "results" / "crossings.json"
SAMPLES = 250
LEFT_OUT = 50
NAME = "molecular_fraction_lifetime"
MEMORIES = (0.02, 0.1, 0.3, 0.5, 1.0, 2.0, 5.0)
"""Relaxation times, in what is averaged of a run; the first is not asked of crossings."""
REPEATS = (2, 3, 5)
WIDTHS_K = (0.0, 30.0, 80.0)
SPREADS = (0.05, 0.25)
"""Standard deviation of the fraction within a run at a fraction of 1/2; elsewhere less, 0.02 at least."""
GRID_K = np.arange(700.0, 1101.0, 50.0)
CASES = 200


def walk(
    equilibrium: NDArray[np.float64], spreads: NDArray[np.float64], memory: float, random: np.random.Generator
) -> NDArray[np.float64]:
    """Return the fraction along one walk, shape (temperatures, samples): each run goes on from the end of the last."""
    kept = math.exp(-1.0 / (memory * (SAMPLES - LEFT_OUT)))
    rows, here = np.empty((len(equilibrium), SAMPLES)), equilibrium[0]
    for row, mean, spread in zip(rows, equilibrium, spreads, strict=True):
        kicks = random.normal(size=SAMPLES) * spread * math.sqrt(1.0 - kept**2)
        for number in range(SAMPLES):
            here = mean + (here - mean) * kept + kicks[number]
            row[number] = here
    return rows[:, LEFT_OUT:]


def of_means(memory: float, repeats: int) -> dict[str, Any]:
    """Return how often repeats of one run know their error, and how often it holds the truth."""
    random = np.random.default_rng([1, repeats, round(1000 * memory)])
    known, inside, outside, alone, samples = 0, 0, 0, 0, []
    for _ in range(CASES):
        flat = np.zeros(3)
        runs = [mean_estimate(walk(flat, flat + 1.0, memory, random)[-1], "") for _ in range(repeats)]
        joined = mean_of_repeats(runs, [1.0] * repeats, independent=True)
        samples += [run.effective_samples for run in runs]
        alone += sum(run.resolved for run in runs)
        if joined.resolved:
            known += 1
            inside += abs(joined.value) <= joined.error
            outside += abs(joined.value) > joined.half_width(0.975)
    return {
        "memory, runs": memory,
        "repeats": repeats,
        "cases": CASES,
        "independent samples, median": round(float(np.median(samples)), 1),
        "runs that know their error, %": round(100.0 * alone / (CASES * repeats)),
        "joined errors known, %": round(100.0 * known / CASES),
        "within the error, %": round(100.0 * inside / known) if known else None,
        "beyond 95 %, %": round(100.0 * outside / known, 1) if known else None,
    }


def of_crossings(width_k: float, spread: float, memory: float, repeats: int) -> dict[str, Any]:
    """Return how often walks place a change, how well, and how late."""
    random = np.random.default_rng([2, repeats, round(width_k), round(1000 * spread), round(1000 * memory)])
    off, inside, outside, errors = [], 0, 0, []
    cases = CASES // 2
    for _ in range(cases):
        place = random.uniform(850.0, 950.0)
        equilibrium = 0.5 * (1.0 - np.tanh((GRID_K - place) / width_k)) if width_k else (place > GRID_K).astype(float)
        spreads = 0.02 + spread * 4.0 * equilibrium * (1.0 - equilibrium)
        walks = [walk(equilibrium, spreads, memory, random) for _ in range(repeats)]
        points = [_point(place_k, [each[number] for each in walks]) for number, place_k in enumerate(GRID_K)]
        heated = with_what_they_are_behind(points, LadderPath.HEATING)
        found = find_crossing(Isobar("walks", 64, 200.0, heated, LadderPath.HEATING).curve(NAME), 0.5, rises=False)
        if found.resolved:
            off.append(found.place.value - place)
            errors.append(found.place.error)
            inside += abs(off[-1]) <= errors[-1]
            outside += abs(off[-1]) > found.place.half_width(0.975)
    return {
        "width, K": width_k,
        "spread": spread,
        "memory, runs": memory,
        "walks": repeats,
        "cases": cases,
        "placed, %": round(100.0 * len(off) / cases),
        "error, K": round(float(np.median(errors)), 1) if off else None,
        "late by, K": round(float(np.mean(off)), 1) if off else None,
        "within the error, %": round(100.0 * inside / len(off)) if off else None,
        "beyond 95 %, %": round(100.0 * outside / len(off), 1) if off else None,
    }


def _point(temperature_k: float, runs: list[NDArray[np.float64]]) -> LinePoint:
    found, times = [mean_estimate(run, "") for run in runs], [1000.0] * len(runs)
    joined, memory = mean_of_repeats(found, times, independent=True), memory_of_repeats(found, times)
    memories = {NAME: memory} if memory and joined.resolved else {}
    return LinePoint(temperature_k, {NAME: joined}, times[0], memories=memories)


def by_memory(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what the kinds of isobars range over, for each memory and number of walks."""
    ranges = []
    for memory, walks in sorted({(row["memory, runs"], row["walks"]) for row in rows}):
        alike = [row for row in rows if (row["memory, runs"], row["walks"]) == (memory, walks)]
        keys = ("placed, %", "error, K", "late by, K", "within the error, %", "beyond 95 %, %")
        found = {key: [row[key] for row in alike if row[key] is not None] for key in keys}
        spans = {key: f"{min(each):g} to {max(each):g}" if each else None for key, each in found.items()}
        ranges.append({"memory, runs": memory, "walks": walks, "kinds": len(alike), **spans})
    return ranges


def table(rows: list[dict[str, Any]]) -> str:
    """Return rows as a Markdown table."""
    heads = list(rows[0])
    cells = [[("–" if row[head] is None else row[head]) for head in heads] for row in rows]
    lines = [heads, ["---"] * len(heads), *cells]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def main() -> None:
    """Measure, or print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--table", action="store_true", help="print the committed tables; nothing is run")
    if not parser.parse_args().table:
        document = {
            "command": "python benchmarks/crossings.py",
            "date": dt.datetime.now(tz=dt.UTC).date().isoformat(),
            "statistics": STATISTICS,
            "means": [of_means(memory, repeats) for memory in MEMORIES for repeats in REPEATS],
            "crossings": [
                of_crossings(width_k, spread, memory, repeats)
                for width_k in WIDTHS_K
                for spread in SPREADS
                for memory in MEMORIES[1:]
                for repeats in REPEATS[1:]
            ],
        }
        RESULTS.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    document = json.loads(RESULTS.read_text(encoding="utf-8"))
    print(table(document["means"]), table(by_memory(document["crossings"])), sep="\n\n")


if __name__ == "__main__":
    main()
