"""The Lennard-Jones study in reduced units, beside the literature: a figure, and a small table as JSON.

    python examples/lennard-jones/critical_point.py lennard-jones

The critical point lies between the highest isobar of which the evidence says *first order* and the lowest of which it
says *crossover*; without more isobars every place between them is as likely, hence the errors of a uniform
distribution. Its temperature lies between the boiling point on the one and the steepest density on the other.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from lennard_jones import CUTOFF_SIGMA, EPSILON_EV, EPSILON_K, SIGMA_ANGSTROM

from llpt.campaign import ControlledTest, Role
from llpt.report.tables import estimate_text
from llpt.statistics import Estimate
from llpt.study import Ledger, StudyDirectory, make_plan
from llpt.study.analysis import analyse_study
from llpt.transition.order import Order
from llpt.units import EV_PER_ANGSTROM3_TO_GPA, U_PER_ANGSTROM3_TO_G_PER_CM3

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from llpt.campaign.analysis import Analysis
    from llpt.campaign.ladders import ObservedLadder

PRESSURE_GPA = EPSILON_EV / SIGMA_ANGSTROM**3 * EV_PER_ANGSTROM3_TO_GPA
DENSITY_G_PER_CM3 = 39.948 * U_PER_ANGSTROM3_TO_G_PER_CM3 / SIGMA_ANGSTROM**3
LITERATURE = {
    "temperature": Estimate(1.3120, 0.0007, "", math.inf),
    "pressure": Estimate(0.1279, 0.0006, "", math.inf),
    "source": "Potoff and Panagiotopoulos, J. Chem. Phys. 109, 10914 (1998), full potential",
}
BELOW, ABOVE = "#D55E00", "#0072B2"
COLOURS = {False: (BELOW, "#E69F00"), True: (ABOVE, "#56B4E9")}
"""Of the isobars below and above the critical pressure, the nearest to it first."""
MARKERS = {128: "o", 256: "s", 512: "^"}
BOTH_WAYS = (ControlledTest.BASE, ControlledTest.COOLING)


def places(ladders: list[ObservedLadder]) -> list[Estimate]:
    """Return T* of each ladder of one isobar that resolves it: by the density, else by the enthalpy."""
    found = []
    for ladder in ladders:
        resolved = [each.place for each in ladder.located.deciding if each.resolved] if ladder.located else []
        if resolved:
            found.append(resolved[0].scaled(1.0 / EPSILON_K, ""))
    return found


def between(estimates: list[Estimate]) -> Estimate:
    """Return the middle of the least and the greatest with the error of a uniform distribution and their own."""
    low, high = (choose(estimates, key=lambda each: each.value) for choose in (min, max))
    spread = (high.value - low.value) / math.sqrt(12.0)
    error = math.sqrt(spread**2 + 0.25 * (low.error**2 + high.error**2))
    return Estimate(0.5 * (low.value + high.value), error, "", min(low.effective_samples, high.effective_samples))


def table(analysis: Analysis) -> dict[str, Any]:
    """Return what each isobar is, where, and the critical point that follows."""
    rows = []
    for result in analysis.orders:
        ladders = [each for each in analysis.ladders if each.line == result.line and each.test in BOTH_WAYS]
        found = places(ladders)
        rows.append(
            {
                "pressure": _reduced(ladders[0]),
                "order": result.statement.order,
                "place": between(found) if found else Estimate.unknown(""),
                "sentence": result.statement.sentence,
                "evidence": [
                    {
                        "kind": item.kind,
                        "says": item.order,
                        "number": estimate_text(item.number),
                        "meaning": item.meaning,
                        "reason": item.reason,
                    }
                    for item in result.statement.evidence
                ],
            }
        )
    below = [row for row in rows if row["order"] is Order.FIRST_ORDER]
    above = [row for row in rows if row["order"] is Order.CROSSOVER]
    critical = None
    if below and above:
        last, first = max(below, key=lambda row: row["pressure"]), min(above, key=lambda row: row["pressure"])
        if last["pressure"] > first["pressure"]:
            return {"isobars": rows, "critical point": None}  # the verdicts contradict each other
        pressures = [Estimate(row["pressure"], 0.0, "", math.inf) for row in (last, first)]
        critical = {"pressure": between(pressures), "temperature": between([last["place"], first["place"]])}
    return {"isobars": rows, "critical point": critical}


def holds(found: dict[str, Estimate], sigmas: float) -> bool:
    """Whether the literature's critical point lies within so many errors of both coordinates."""
    return all(
        abs(found[name].value - LITERATURE[name].value)
        <= sigmas * math.hypot(found[name].error, LITERATURE[name].error)
        for name in ("pressure", "temperature")
    )


def draw(analysis: Analysis, found: dict[str, Any], path: Path) -> None:
    """Draw densities below and above the critical pressure, their fluctuations above it, and the plane of P and T."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415  # after the backend is chosen

    figure, grid = plt.subplots(2, 2, figsize=(7.2, 5.6), layout="constrained")
    below, above, fluctuations, plane = grid.ravel()
    colours = isobar_colours({_reduced(ladder) for ladder in analysis.ladders})
    for ladder in sorted(analysis.ladders, key=_reduced):
        pressure = _reduced(ladder)
        critical = pressure > LITERATURE["pressure"].value
        if ladder.test in BOTH_WAYS:
            _curve(above if critical else below, ladder, "density", 1.0 / DENSITY_G_PER_CM3, colours[pressure])
        if critical and ladder.is_base:
            _curve(fluctuations, ladder, "density_susceptibility", 1.0, colours[pressure])
    _plane(plane, found)
    below.set(ylabel="$\\rho^*$", title="below the critical pressure")
    above.set(ylabel="$\\rho^*$", title="above it")
    fluctuations.set(ylabel="$N\\,\\mathrm{Var}(\\rho)/\\langle\\rho\\rangle^2$", title="fluctuations above it")
    for panel in (below, above, fluctuations):
        panel.set(xlabel="$T^*$")
    for panel in grid.ravel():
        panel.legend(fontsize=6, frameon=False)
    figure.savefig(path, dpi=150)
    figure.savefig(path.with_suffix(".pdf"))


def isobar_colours(pressures: set[float]) -> dict[float, str]:
    """Return a colour for each reduced pressure, by its side of the critical one."""
    literature = LITERATURE["pressure"].value
    nearest = sorted(pressures, key=lambda pressure: abs(pressure - literature))
    found: dict[float, str] = {}
    for side, colours in COLOURS.items():
        found |= zip([each for each in nearest if (each > literature) is side], itertools.cycle(colours), strict=False)
    return found


def _reduced(ladder: ObservedLadder) -> float:
    assert ladder.pressure_gpa is not None
    return ladder.pressure_gpa / PRESSURE_GPA


def _curve(panel: Axes, ladder: ObservedLadder, name: str, factor: float, colour: str) -> None:
    """Draw an observable of one ladder; a point that does not know its error has no bar."""
    assert ladder.states is not None
    curve = ladder.states.curve(name)
    cooling = ladder.test is ControlledTest.COOLING
    panel.errorbar(
        curve.temperatures_k / EPSILON_K,
        curve.values * factor,
        np.nan_to_num(curve.errors) * factor,
        marker=MARKERS[ladder.atoms],
        markersize=4,
        mfc="white" if cooling else None,
        color=colour,
        alpha=0.6 if ladder.atoms == min(MARKERS) else 1.0,
        linewidth=0.8,
        linestyle="--" if cooling else "-",
        label=f"$P^*$ = {_reduced(ladder):.3f}, N = {ladder.atoms}{', cooling' if cooling else ''}",
    )


def _plane(panel: Axes, found: dict[str, Any]) -> None:
    """Draw where each isobar changes, what order it is stated to have, and the critical point that follows."""
    colours = {Order.FIRST_ORDER: BELOW, Order.CROSSOVER: ABOVE, Order.NOT_RESOLVED: "#6E6E6E"}
    named: set[str] = set()
    for row in found["isobars"]:
        label = "" if row["order"] in named else f"stated: {row['order']}"
        named.add(row["order"])
        place = row["place"]
        panel.errorbar(
            place.value, row["pressure"], xerr=place.error, fmt="o", ms=5, color=colours[row["order"]], label=label
        )
    critical = found["critical point"]
    if critical:
        panel.errorbar(
            critical["temperature"].value,
            critical["pressure"].value,
            xerr=critical["temperature"].error,
            yerr=critical["pressure"].error,
            fmt="D",
            ms=5,
            mfc="white",
            color="black",
            label="critical point from these",
        )
    panel.plot(
        LITERATURE["temperature"].value, LITERATURE["pressure"].value, "*", ms=10, color="#009E73", label="literature"
    )
    panel.set(xlabel="$T^*$", ylabel="$P^*$", title="the line and its end")


def main() -> None:
    """Analyse, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", type=Path, help="the directory of the study")
    parser.add_argument("--figure", type=Path, default=Path("lennard-jones.png"))
    given = parser.parse_args()
    directory = StudyDirectory.open(given.study)
    plan = make_plan(directory.study)
    with Ledger(directory.database) as ledger:
        entries = {entry.path: entry for entry in ledger.entries()}
    analysis = analyse_study(directory, plan, entries).found
    assert analysis.base(Role.REFERENCE), "no run of the study is done"
    found = table(analysis)
    draw(analysis, found, given.figure)
    critical = found["critical point"]
    statement: dict[str, Any] = {
        "cutoff": f"{CUTOFF_SIGMA} sigma with long-range correction",
        "isobars": [
            {
                "P*": round(row["pressure"], 4),
                "T*": estimate_text(row["place"]),
                "order": row["order"],
                "sentence": row["sentence"],
                "evidence": row["evidence"],
            }
            for row in found["isobars"]
        ],
        "critical point": {
            name: {"found": estimate_text(critical[name]), "literature": estimate_text(LITERATURE[name])}
            for name in ("temperature", "pressure")
        }
        if critical
        else None,
        "literature within one error": bool(critical) and holds(critical, 1.0),
        "literature": LITERATURE["source"],
        "hours of all runs, one after another": sum(entry.seconds for entry in entries.values()) / 3600.0,
    }
    print(json.dumps(statement, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
