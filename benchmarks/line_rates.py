"""How often what is said of one isotherm or isochore is wrong, on lines whose truth is known.

python benchmarks/line_rates.py [LINES]      # of each kind (1000): docs/results/line-rates.json, docs/verdict.md
python benchmarks/line_rates.py LINES --print [NAME]  # the same, printed; of the kinds whose name holds NAME
python benchmarks/line_rates.py --table      # the committed rates as Markdown; nothing is run

A line has 6 to 12 points and is walked both ways in equilibrium, unless its kind says otherwise. Noise, its memory from
run to run, how well errors are known, and one run in twenty without a known error are those of ``verdict_rates.py``;
cells have 64 to 512 atoms. Baselines are power laws or straight lines that bend, with a cubic part that no fit here
has. At held densities two phases have a flat pressure between their densities, or the loop of a small cell around it,
its areas equal; at held pressures they exchange their weights over the width of a cell of N atoms; at held volume they
share the cell over a range of temperatures.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from verdict_rates import (
    EXPONENT,
    GPA_PER_PERCENT,
    GRIDS,
    HYDROGEN,
    PRESSURE_GPA,
    ROOT,
    TEMPERATURE_K,
    USUAL_NOISE,
    Truth,
    draw_points,
)

from llpt.statistics import STATISTICS, Estimate
from llpt.transition import Coordinate, Isochore, Isotherm, LineKind, LineOfStates, locate
from llpt.transition.confidence import CONFIDENCE
from llpt.transition.order import Order, order_of_line
from llpt.transition.order.width import rounding_width_gpa
from llpt.units import BOLTZMANN_EV_PER_K, GPA_TO_EV_PER_ANGSTROM3

if TYPE_CHECKING:
    from llpt.transition import LocatedLine

RESULTS = ROOT / "docs" / "results" / "line-rates.json"
PAGE = ROOT / "docs" / "verdict.md"
SEED = 21
COUNTS = (6, 13)
HELD = LineKind.DENSITY_ISOTHERM
WORDS = ("loop", "plateau", "step", "none")


@dataclass(frozen=True)
class Kind:
    """One row: what the fluid is.

    Args:
        name: for people.
        line: what is drawn.
        wrong: what must not be said, words of ``WORDS`` and orders.
        width: w of a continuous change, in the unit of the line; 0 is none.
        softest: the least slope of the pressure at held densities over that beside the change.
        soft: whether that is the slope all the way over the change, which is as long as two phases would be.
        late: by how much a slow change is seen too late on either way, in g/cm^3, and four times as steep.
        phases: whether there are two.
        height_gpa: of the loop, above and below the pressure of equilibrium.
    """

    name: str
    line: LineKind
    wrong: tuple[str, ...]
    width: float = 0.0
    softest: float = 1.0
    soft: bool = False
    late: float = 0.0
    phases: bool = False
    height_gpa: float = 0.0


SMOOTH = ("loop", "plateau", "step", "first order")
CONTINUOUS = ("loop", "plateau", "first order")
KINDS = (
    Kind("held densities, smooth", HELD, SMOOTH),
    Kind("held densities, half as steep over 0.06", HELD, CONTINUOUS, 0.03, 0.5),
    Kind("held densities, a tenth as steep over 0.1", HELD, CONTINUOUS, 0.05, 0.1),
    Kind("held densities, a tenth as steep, evenly", HELD, CONTINUOUS, softest=0.1, soft=True),
    Kind("held densities, slow: 0.02 late on both ways", HELD, ("first order",), 0.04, 0.3, late=0.02),
    Kind("held densities, two phases, flat", HELD, ("loop", "crossover"), phases=True),
    *(
        Kind(f"held densities, loop of {height:g} GPa", HELD, ("crossover",), phases=True, height_gpa=height)
        for height in (1.0, 3.0, 6.0)
    ),
    Kind("held pressures, smooth", LineKind.ISOTHERM, SMOOTH),
    Kind("held pressures, w = 8 GPa", LineKind.ISOTHERM, CONTINUOUS, 8.0),
    Kind("held pressures, w = 20 GPa", LineKind.ISOTHERM, CONTINUOUS, 20.0),
    Kind("held pressures, two phases", LineKind.ISOTHERM, ("crossover",), phases=True),
    Kind("isochore, smooth", LineKind.ISOCHORE, SMOOTH),
    Kind("isochore, w = 30 K", LineKind.ISOCHORE, CONTINUOUS, 30.0),
    Kind("isochore, w = 100 K", LineKind.ISOCHORE, CONTINUOUS, 100.0),
    Kind("isochore, two phases over 50 to 150 K", LineKind.ISOCHORE, ("crossover",), phases=True),
)


@dataclass(frozen=True)
class Fluid:
    """What is drawn of one line beside its noise.

    Args:
        kind: its row.
        truth: of the change.
        cubic: of the baseline, in the unit of its curvature.
        atoms: of the cell.
        extent: of two phases that share the cell, in g/cm^3 or K.
        skew: of the loop.
    """

    kind: Kind
    truth: Truth
    cubic: float
    atoms: int
    extent: float
    skew: float

    def share(self, coordinates: Any) -> Any:
        """Return the share of the upper phase where it is not that of two phases in one cell."""
        return self.truth.share(coordinates) if self.truth.width else np.full(len(coordinates), 0.5)


def draw(kind: Kind, random: np.random.Generator) -> tuple[LineOfStates, LineOfStates, float, float]:
    """Return the line walked both ways, its true place and the true pressure there in GPa."""
    _, spacings, first, _, _ = GRIDS[kind.line]
    count, spacing = int(random.integers(*COUNTS)), float(random.choice(spacings))
    coordinates = first + spacing * np.arange(count)
    noise = float(np.exp(random.uniform(*np.log(USUAL_NOISE))))
    span, extent, room = spacing * (count - 1), random.uniform(50.0, 150.0), 0.15
    if kind.line is HELD and (kind.phases or kind.soft):  # both ends are seen
        extent = spacing * random.uniform(2.0, count - 2.5)
        room = 0.5 * (1.0 - (extent + spacing) / span)
    truth = Truth(
        place=float(coordinates.mean()) + random.uniform(-room, room) * span,
        width=kind.width,
        form=str(random.choice(["tanh", "erf", "two states"])),
        jump_percent=random.uniform(2.0, 5.0),
        heat_ev=random.uniform(0.03, 0.09),
        curvature=random.uniform(-0.3, 0.3),
    )
    atoms = int(random.choice([64, 128, 256, 512])) if kind.phases else 512
    fluid = Fluid(kind, truth, random.uniform(-0.1, 0.1), atoms, extent, random.uniform(0.0, 0.4))
    drawn = {HELD: held_densities, LineKind.ISOTHERM: held_pressures, LineKind.ISOCHORE: isochore}[kind.line]
    ways, pressure = drawn(fluid, coordinates)
    up, down = (_line(fluid, coordinates, curves, noise, random) for curves in ways)
    return up, down, truth.place, pressure


def _line(
    fluid: Fluid, coordinates: Any, curves: dict[str, Any], noise: float, random: np.random.Generator
) -> LineOfStates:
    """Return a line with noise; at held pressures with the molecular fraction, which says nothing of the order else."""
    points = draw_points(coordinates, curves, noise, random)
    if fluid.kind.line is LineKind.ISOCHORE:
        return Isochore("synthetic", fluid.atoms, 1.0, points)
    if fluid.kind.line is HELD:
        return Isotherm("synthetic", fluid.atoms, TEMPERATURE_K, points, against=Coordinate.DENSITY)
    error = 0.05 * noise
    fractions = 0.9 - 0.8 * curves["share"] + error * random.normal(size=len(coordinates))
    both = (
        replace(point, estimates=dict(point.estimates) | {"molecular_fraction": Estimate(value, error, "", 40.0)})
        for point, value in zip(points, fractions.tolist(), strict=True)
    )
    return Isotherm("synthetic", fluid.atoms, TEMPERATURE_K, tuple(both))


def held_densities(fluid: Fluid, densities: Any) -> tuple[tuple[dict[str, Any], ...], float]:
    """Return the curves of either way at held densities, and the pressure of equilibrium."""
    kind, truth, x = fluid.kind, fluid.truth, (densities - 1.0) / 0.1

    def ideal(density: Any) -> Any:
        return PRESSURE_GPA * density ** (1.0 / EXPONENT)

    def of_share(share: Any) -> dict[str, Any]:
        energy = 0.05 * x + 0.002 * truth.curvature * x**2 + truth.heat_ev * share - 14.0
        return {"internal_energy": energy, "peak": 2.0 - 1.1 * share - 0.1 * x, "share": share}

    if kind.phases or kind.soft:
        lighter, denser = truth.place - 0.5 * fluid.extent, truth.place + 0.5 * fluid.extent
        # from 0 to 1 as the volume goes from one phase to the other: sin(2 pi s) has equal areas in the volume
        s = np.clip((1.0 / lighter - 1.0 / densities) / (1.0 / lighter - 1.0 / denser), 0.0, 1.0)
        loop = kind.height_gpa * (np.sin(2.0 * np.pi * s) + fluid.skew * np.sin(4.0 * np.pi * s))
        level = float(ideal(lighter))
        rise = kind.softest * level / (EXPONENT * lighter) if kind.soft else 0.0
        inside = level + rise * (np.clip(densities, lighter, denser) - lighter)
        beyond = inside * (np.maximum(densities, denser) / denser) ** (1.0 / EXPONENT)
        curves = {"pressure": np.where(densities < lighter, ideal(densities), beyond) + loop} | of_share(s)
        return (curves, curves), level + 0.5 * rise * fluid.extent
    slope = float(ideal(truth.place)) / (EXPONENT * truth.place)
    softening = 2.0 * truth.width * (1.0 - kind.softest) * slope
    bent = ideal(densities) * (1.0 + 0.01 * (truth.curvature * x**2 + fluid.cubic * x**3) / EXPONENT)
    ways = []
    for sign in (1.0, -1.0):
        seen = replace(truth, place=truth.place + sign * kind.late, width=truth.width * (0.25 if kind.late else 1.0))
        share = replace(fluid, truth=seen).share(densities)
        ways.append({"pressure": bent - softening * share} | of_share(share))
    return tuple(ways), float(ideal(truth.place)) - 0.5 * softening


def held_pressures(fluid: Fluid, pressures: Any) -> tuple[tuple[dict[str, Any], ...], float]:
    """Return the curves of either way at held pressures, and the pressure of the change."""
    truth = fluid.truth
    fine = np.linspace(pressures[0], pressures[-1], 100 * (len(pressures) - 1) + 1)
    bent = np.log(fine / PRESSURE_GPA) / 0.3
    smooth = np.exp(0.3 * EXPONENT * bent + 0.01 * (truth.curvature * bent**2 + fluid.cubic * bent**3))
    if fluid.kind.phases:
        jump = HYDROGEN / float(np.interp(truth.place, fine, smooth)) * 0.01 * truth.jump_percent
        width = rounding_width_gpa(TEMPERATURE_K, n_atoms=fluid.atoms, volume_jump_angstrom3=jump)
        truth = replace(truth, form="tanh", width=width)
    share = replace(fluid, truth=truth).share(fine)
    volume = HYDROGEN / (smooth * (1.0 + 0.01 * truth.jump_percent * share))
    work = 0.5 * (volume[1:] + volume[:-1]) * np.diff(fine) * GPA_TO_EV_PER_ANGSTROM3
    heat = truth.heat_ev * share - 0.01 * bent + 0.005 * truth.curvature * bent**2
    curves = {
        "density": HYDROGEN / volume,
        "enthalpy": np.concatenate([[0.0], np.cumsum(work)]) + heat - 14.0,
        "peak": 2.0 - 1.1 * share - 0.1 * bent,
        "share": share,
    }
    seen = {name: curve[::100] for name, curve in curves.items()}
    return (seen, seen), truth.place


def isochore(fluid: Fluid, temperatures: Any) -> tuple[tuple[dict[str, Any], ...], float]:
    """Return the curves of either way at held volume, and the pressure at the change."""
    truth = fluid.truth

    def curves_at(places: Any) -> dict[str, Any]:
        x = (places - 900.0) / 250.0
        share = fluid.share(places)
        if fluid.kind.phases:
            share = np.clip((places - truth.place) / fluid.extent + 0.5, 0.0, 1.0)
        bend = truth.curvature * x**2 + fluid.cubic * x**3
        return {
            "pressure": PRESSURE_GPA + 5.0 * x + GPA_PER_PERCENT * (bend - truth.jump_percent * share),
            "internal_energy": 3.0 * BOLTZMANN_EV_PER_K * places + 0.01 * bend + truth.heat_ev * share - 14.0,
            "peak": 2.0 - 1.1 * share - 0.1 * x,
            "share": share,
        }

    curves = curves_at(temperatures)
    return (curves, curves), float(curves_at(np.array([truth.place]))["pressure"][0])


def judge_line(kind: Kind, number: int) -> dict[str, Any]:
    """Return what is said of one line, and how far place and pressure lie from the truth."""
    random = np.random.default_rng([SEED, number, KINDS.index(kind)])
    up, down, place, pressure = draw(kind, random)
    located = locate(up)
    statement = order_of_line(located)
    if any("Walked one way only" in each.reason for each in statement.evidence):  # else the way back decides nothing
        statement = order_of_line(located, back=locate(down))
    found: dict[str, Any] = {"word": word_of(located), "order": str(statement.order)}
    known = next((each for each in located.deciding if each.resolved), None)
    if known is None or not (kind.phases or kind.soft or kind.width) or kind.late:
        return found
    point = located.phase_point(known.criterion)
    judged = [("place", known.place, place)]
    if kind.line.holds_volume and point is not None:
        judged.append(("pressure", point.pressure_gpa, pressure))
    for name, stated, true in judged:
        if stated.resolved:
            off = stated.value - true
            found[name] = (off / stated.error, abs(off) > stated.half_width(0.975))
    return found


def word_of(located: LocatedLine) -> str:
    """Return the strongest word that the deciding criteria say of a change, one of ``WORDS``."""
    for result in located.deciding:
        both = result.coexistence
        if both is not None and (both.is_loop or both.resolved):
            return "loop" if both.is_loop else "plateau"
    return "step" if any(result.resolved for result in located.deciding) else "none"


def row_of(kind: Kind, lines: int) -> dict[str, Any]:
    """Return the rates of one kind."""
    found = [judge_line(kind, number) for number in range(lines)]
    words = Counter(each["word"] for each in found)
    orders = Counter(each["order"] for each in found)
    row: dict[str, Any] = {"must not be said": list(kind.wrong), "lines": lines}
    row |= {word: words[word] for word in WORDS}
    row |= {str(order): orders[str(order)] for order in (Order.FIRST_ORDER, Order.CROSSOVER)}
    row["wrong"] = sum(each["word"] in kind.wrong or each["order"] in kind.wrong for each in found)
    for name in ("place", "pressure"):
        pulls = [each[name] for each in found if name in each]
        row[f"pull of the {name}"] = round(float(np.std([pull for pull, _ in pulls])), 2) if pulls else None
        row[f"{name} beyond 95 %, %"] = round(100.0 * sum(far for _, far in pulls) / len(pulls), 1) if pulls else None
    return row


def markdown(rows: dict[str, Any]) -> str:
    """Return the table for the page."""
    orders = (str(Order.FIRST_ORDER), str(Order.CROSSOVER))
    lines = [
        f"| line | must not be said | lines | {' | '.join((*WORDS, *orders))} | wrong | pull of place | of pressure |",
        f"|{'---|' * 12}",
    ]
    for name, row in rows.items():
        pulls = (
            "" if row[f"pull of the {of}"] is None else f"{row[f'pull of the {of}']} ({row[f'{of} beyond 95 %, %']} %)"
            for of in ("place", "pressure")
        )
        counts = (str(row[key]) for key in ("lines", *WORDS, *orders, "wrong"))
        lines.append(f"| {name} | {', '.join(row['must not be said'])} | {' | '.join(counts)} | {' | '.join(pulls)} |")
    return "\n".join(lines)


def page_text(document: dict[str, Any]) -> str:
    """Return what stands between the marks of the page."""
    rows = document["rows"]
    worst = max(rows.values(), key=lambda row: row["wrong"] / row["lines"])
    how = f"`{document['command']}`, statistics {document['statistics']}; `results/line-rates.json`"
    measured = f"| measured | {document['date']}, {how} |\n|---|---|"
    wrong = f"| wrong | at most {worst['wrong']} of {worst['lines']} of a kind |"
    return f"{measured}\n{wrong}\n\n{markdown(rows)}"


def write_page(document: dict[str, Any]) -> None:
    """Write the rates into the page."""
    before, mark, rest = PAGE.read_text(encoding="utf-8").partition("<!-- rates of lines -->\n")
    _, end, after = rest.partition("<!-- end -->")
    PAGE.write_text(f"{before}{mark}{page_text(document)}\n{end}{after}", encoding="utf-8")


def main() -> None:
    """Measure and write or print, or print what is written."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lines", type=int, nargs="?", default=1000)
    parser.add_argument("--print", nargs="?", const="", dest="shown", metavar="NAME")
    parser.add_argument("--table", action="store_true", help="print what is written; nothing is run")
    given = parser.parse_args()
    if given.table:
        print(page_text(json.loads(RESULTS.read_text(encoding="utf-8"))))
        return
    if given.shown is not None:
        print(markdown({kind.name: row_of(kind, given.lines) for kind in KINDS if given.shown in kind.name}))
        return
    document: dict[str, Any] = {
        "command": f"python benchmarks/line_rates.py {given.lines}",
        "statistics": STATISTICS,
        "date": dt.datetime.now(tz=dt.UTC).date().isoformat(),
        "confidence": CONFIDENCE,
        "rows": {},
    }
    for kind in KINDS:
        document["rows"][kind.name] = row_of(kind, given.lines)
        RESULTS.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    write_page(document)


if __name__ == "__main__":
    main()
