"""How often the verdict on a surrogate is wrong, on pairs of isobars and isotherms whose truth is known.

python benchmarks/verdict_rates.py [PAIRS]           # of each kind (1000): docs/results/verdict-rates.json, its figure
python benchmarks/verdict_rates.py PAIRS --print     # the same, printed
python benchmarks/verdict_rates.py --checkpoint FILE  # keeps what is done there, and goes on from it
python benchmarks/verdict_rates.py --checkpoint FILE --ended  # writes what is done there, and goes no further
python benchmarks/verdict_rates.py --table           # the committed table as Markdown; nothing is run
python benchmarks/verdict_pages.py                   # writes it and every number that follows from it into the pages

An isobar is a smooth baseline with curvature and a change from one fluid to the other, its form drawn: a jump, tanh,
the error function, or two states with Boltzmann weights. 6 to 12 temperatures, 25 to 100 K apart; relative errors of
the density from 0.05 to 0.5 % (2 to 10 ps of 64 to 512 atoms), those of enthalpy and first peak in proportion and
correlated with it; noise that the next run on the ladder remembers in part; errors that are themselves estimated from a
few degrees of freedom; one run in twenty too short to know its error. Baselines and forms are not those that the
analysis fits; how errors scatter is what it assumes (``analysis.py tails`` and ``findings.py`` make them of series).
An isotherm has 8 to 15 pressures, 4 to 10 GPa apart, the density a power law of the pressure that bends, and the same
noise; 200 pairs of each kind at most. At held volumes the pressure stands for the density, its error that of the
density over the compressibility: isochores of the temperatures of the isobars, and isotherms of 8 to 15 densities, 0.01
to 0.025 g/cm^3 apart, whose pressure softens without two phases; 200 pairs of each kind at most.

In the kinds of long runs (12 to 16 temperatures, 25 or 50 K apart, errors of 0.01 to 0.03 %) half of the equal pairs
are proven equal, so that what forbids *faithful* is tested there: a difference just outside a threshold, everywhere or
at one state whose error is known; states that are not known, were not run or drift, with a difference that is hidden
there and nowhere else; a quantity that a side does not have; states at which one side alone is a solid. 200 pairs of
each at most.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import datetime as dt
import json
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import erf

from llpt.audit import Thresholds, compare
from llpt.statistics import STATISTICS, Estimate, combined, steady
from llpt.transition import (
    Coordinate,
    Isobar,
    Isochore,
    Isotherm,
    LineKind,
    LineOfStates,
    LinePoint,
    Located,
    LocatedLine,
    all_criteria,
    deciding,
)
from llpt.transition.criterion import CriterionResult
from llpt.units import BOLTZMANN_EV_PER_K, GPA_TO_EV_PER_ANGSTROM3, U_PER_ANGSTROM3_TO_G_PER_CM3

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llpt.audit import Verdict

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "docs" / "results" / "verdict-rates.json"
FIGURE = ROOT / "docs" / "figures" / "verdict-rates.png"
NEIGHBOURS = 0.2
"""Correlation of the noise of neighbouring runs."""
UNKNOWN = 0.05
HYDROGEN = 1.008 * U_PER_ANGSTROM3_TO_G_PER_CM3
"""Volume in Å³/atom times density in g/cm^3."""
MOST = {LineKind.ISOTHERM: 200, LineKind.ISOCHORE: 200, LineKind.DENSITY_ISOTHERM: 200}
"""Pairs of each kind of line that are drawn at most."""
MOST_OF_LONG_RUNS = 200
HEAT_THRESHOLD_MEV = 1000.0 * Thresholds().enthalpy_step_ev_per_atom
HELD = {"isochores": LineKind.ISOCHORE, "held densities": LineKind.DENSITY_ISOTHERM}
TEMPERATURE_K = 1000.0
"""Of the isotherms."""
PRESSURE_GPA = 150.0
EXPONENT = 0.45
"""d ln(rho) / d ln(P)."""
GPA_PER_PERCENT = 0.01 * PRESSURE_GPA / EXPONENT
"""By how much the pressure at held volume differs where the density at held pressure differs by 1 %."""
GRIDS = {
    LineKind.ISOBAR: ((6, 13), (25.0, 50.0, 75.0, 100.0), 500.0, 50.0, 1.0),
    LineKind.ISOCHORE: ((6, 13), (25.0, 50.0, 75.0, 100.0), 500.0, 50.0, 1.0),
    LineKind.ISOTHERM: ((8, 16), (4.0, 6.0, 8.0, 10.0), 100.0, 6.0, 0.1),
    LineKind.DENSITY_ISOTHERM: ((8, 16), (0.01, 0.015, 0.02, 0.025), 0.85, 0.015, 0.0),
}
"""How many points, how far apart, the first, what counts as near, and the width of a step in units of 1 K."""


@dataclass(frozen=True)
class Truth:
    """What a fluid is.

    Args:
        place: T0 in K, on an isotherm P0 in GPa.
        width: w, in the sense that three quarters of the change lie within T0 ± w; 0 is a jump; in the same unit.
        form: of the change.
        jump_percent: of the density.
        heat_ev: of the enthalpy, eV/atom.
        curvature: of the density's baseline, % at 250 K from the middle, or at a pressure 1.35 times as high.
        offset_percent: of the density.
        hidden_ev: part of the heat that another heat capacity of both fluids hides: eV/atom by which the curve of the
            enthalpy falls evenly from the middle of one fluid's temperatures to that of the other's; of isobars.
        offset_gpa: of the pressure at held volumes.
    """

    place: float
    width: float
    form: str
    jump_percent: float
    heat_ev: float
    curvature: float
    offset_percent: float = 0.0
    hidden_ev: float = 0.0
    offset_gpa: float = 0.0

    def hides(self, temperatures: Any) -> Any:
        """Return what the enthalpy loses evenly with the temperature, in eV/atom."""
        if self.hidden_ev == 0.0:
            return np.zeros_like(temperatures)
        below, above = temperatures[temperatures < self.place], temperatures[temperatures >= self.place]
        return self.hidden_ev * (temperatures - self.place) / (above.mean() - below.mean())

    def share(self, coordinates: Any) -> Any:
        """Return the share of the upper phase."""
        u = coordinates - self.place
        if self.width == 0.0:
            return (u > 0.0).astype(float)
        if self.form == "erf":
            return 0.5 * (1.0 + erf(0.83 * u / self.width))
        if self.form == "two states":
            sharpness = 2.0 * self.place / self.width
            return 1.0 / (1.0 + np.exp(np.clip(sharpness * (self.place / coordinates - 1.0), -200.0, 200.0)))
        return 0.5 * (1.0 + np.tanh(u / self.width))


LONG_GRIDS = {LineKind.ISOBAR: ((12, 17), (25.0, 50.0))}
"""How many temperatures and how far apart in K where runs are long; other lines have those of ``GRIDS``."""
LONG_NOISE = (0.01, 0.03)
"""The error of the density in %."""
USUAL_NOISE = (0.05, 0.5)
FAR_K = 175.0
"""From the transition: what lies nearer is left to the comparison of the transition."""
SAMPLES = 40
"""Independent samples of a run that drifts."""
STATES = ("everywhere", "above T*", "at the ends", "at two neighbours", "lowest", "highest")


def states_of(where: str, coordinates: Any, place: float) -> Any:
    """Return which states of a line are meant by one of ``STATES``, shape (n,): two at either end, two neighbours."""
    number = np.arange(len(coordinates))
    if where == "above T*":
        return coordinates > place
    first, last = number < 2, number >= len(number) - 2
    ends = {"at the ends": first | last, "lowest": first, "highest": last}
    if where in ends:
        return ends[where]
    return (number == 1) | (number == 2) if where == "at two neighbours" else number >= 0


@dataclass(frozen=True)
class Hidden:
    """What hides a difference: states of an isobar that say nothing of it.

    Args:
        states: a name of ``STATES``.
        how: "unknown", without an error; "missing", without the quantity; "not run"; "solid"; or "drifting", begun in
            the reference's equilibrium and left after one decay time or after ten.
        quantity: that is not known; every one where it is empty.
        percent: by how much it differs there, beside what the kind itself changes.
        sides: "dft", "mlp" or both, which say nothing.
    """

    states: str
    how: str
    quantity: str = ""
    percent: float = 0.0
    sides: tuple[str, ...] = ("mlp",)

    def applied(
        self, lines: tuple[LocatedLine, LocatedLine], place: float, random: np.random.Generator
    ) -> tuple[LocatedLine, ...]:
        """Return reference and surrogate as they are left."""
        return tuple(
            self._left(line, lines[0], place, random) if line.states.engine in self.sides else line for line in lines
        )

    def _left(self, line: LocatedLine, start: LocatedLine, place: float, random: np.random.Generator) -> LocatedLine:
        there = states_of(self.states, np.array(line.states.coordinates), place)
        points = []
        for point, begun, concerned in zip(line.states.points, start.states.points, there.tolist(), strict=True):
            if not concerned:
                points.append(point)
            elif self.how == "unknown":
                points.append(replace(point, estimates=self._unknown(point.estimates)))
            elif self.how == "missing":
                kept = {name: each for name, each in point.estimates.items() if name != self.quantity}
                points.append(replace(point, estimates=kept))
            elif self.how == "solid":
                points.append(replace(point, solid=True))
            elif self.how == "drifting":
                points.append(replace(point, estimates=drifting(point.estimates, begun.estimates, random)))
        return located(replace(line.states, points=tuple(points)))

    def _unknown(self, estimates: Mapping[str, Estimate]) -> dict[str, Estimate]:
        concerned = [self.quantity] if self.quantity else list(estimates)
        return dict(estimates) | {
            name: replace(estimates[name], value=estimates[name].value * (1.0 + 0.01 * self.percent), error=np.nan)
            for name in concerned
        }


@dataclass(frozen=True)
class AtOneState:
    """A difference at one state alone, away from the transition, whose error is known on both sides.

    Args:
        quantity: that differs.
        percent: by how much.
        noise_percent: of the quantity on either side at every state, drawn for itself.
    """

    quantity: str
    percent: float
    noise_percent: float

    def applied(
        self, lines: tuple[LocatedLine, LocatedLine], place: float, random: np.random.Generator
    ) -> tuple[LocatedLine, ...]:
        """Return reference and surrogate, the surrogate off at one state."""
        away = np.abs(np.array(lines[0].states.coordinates) - place)
        for line in lines:
            away[[not point.estimates[self.quantity].resolved for point in line.states.points]] = 0.0
        far = np.flatnonzero(away > min(FAR_K, away.max() - 1.0))
        state = int(random.choice(far))
        changed = []
        for line in lines:
            points = []
            for number, point in enumerate(line.states.points):
                known = point.estimates[self.quantity]
                off = 0.01 * self.percent if line is lines[1] and number == state else 0.0
                drawn = self._drawn(known, off, random) if known.resolved else known
                points.append(replace(point, estimates=dict(point.estimates) | {self.quantity: drawn}))
            changed.append(located(replace(line.states, points=tuple(points))))
        return tuple(changed)

    def _drawn(self, known: Estimate, off: float, random: np.random.Generator) -> Estimate:
        degrees = known.degrees_of_freedom
        sigma = 0.01 * self.noise_percent * abs(known.value) * random.uniform(0.7, 1.4)
        value = known.value * (1.0 + off) + sigma * random.normal()
        deviation = sigma * np.sqrt(random.chisquare(degrees) / degrees)
        return Estimate.of_deviation(value, deviation, known.unit, known.effective_samples, degrees)


@dataclass(frozen=True)
class Apart:
    """States of the surrogate that lie between those of the reference: no two are compared.

    Args:
        lacking: a quantity that neither side has.
    """

    lacking: str

    def applied(
        self, lines: tuple[LocatedLine, LocatedLine], place: float, random: np.random.Generator
    ) -> tuple[LocatedLine, ...]:
        """Return reference and surrogate, the latter a third of the distance between two states further up."""
        first, second = (
            Hidden("everywhere", "missing", self.lacking, sides=(line.states.engine,)).applied(lines, place, random)[
                side
            ]
            for side, line in enumerate(lines)
        )
        coordinates = np.array(second.states.coordinates)
        moved = coordinates + np.diff(coordinates).min() / 3.0
        points = [replace(point, coordinate=at) for point, at in zip(second.states.points, moved.tolist(), strict=True)]
        return first, located(replace(second.states, points=tuple(points)))


def drifting(
    estimates: Mapping[str, Estimate], begun: Mapping[str, Estimate], random: np.random.Generator
) -> dict[str, Estimate]:
    """Return the means of a run that began elsewhere and decays to its own; errors of those seen to drift are NaN."""
    place = (np.arange(SAMPLES) + 0.5) / SAMPLES
    decay = np.exp(-place / random.uniform(0.1, 1.0))
    found = {}
    for name, each in estimates.items():
        scatter = random.normal(size=SAMPLES) * (each.standard_error if each.resolved else 0.0) * np.sqrt(SAMPLES)
        series = each.value + (begun[name].value - each.value) * decay + scatter - scatter.mean()
        found[name] = steady(replace(each, value=float(series.mean())), series)
    return found


@dataclass(frozen=True)
class Kind:
    """One row: how the surrogate differs.

    Args:
        name: for people.
        truth: "inside" every threshold, "outside" of one, or "at" one.
        change: of the truth of the surrogate.
        smooth: w of the surrogate of a sharp reference, in K; 0 leaves it alone.
        line: what the pair is one of.
        long: whether the runs are long and many, so that half of the equal pairs are proven equal.
        sharp: whether every change is a jump.
        special: what hides the difference, or the one state at which it is.
    """

    name: str
    truth: str
    change: dict[str, float]
    smooth: float = 0.0
    line: LineKind = LineKind.ISOBAR
    long: bool = False
    sharp: bool = False
    special: Hidden | AtOneState | Apart | None = None

    def pairs(self, asked: int) -> int:
        """Return how many pairs are drawn."""
        return min(asked, MOST_OF_LONG_RUNS if self.long else MOST.get(self.line, asked))


KINDS = (
    Kind("equal", "inside", {}),
    Kind("offset 0.5 %", "inside", {"offset_percent": 0.5}),
    Kind("offset 0.9 %", "inside", {"offset_percent": 0.9}),
    Kind("offset 1.1 %", "outside", {"offset_percent": 1.1}),
    Kind("offset 2 %", "outside", {"offset_percent": 2.0}),
    Kind("shift 50 K", "at", {"place": 50.0}),
    Kind("shift 100 K", "outside", {"place": 100.0}),
    Kind("shift 200 K", "outside", {"place": 200.0}),
    Kind("sharp against w = 100 K", "outside", {}, smooth=100.0),
    Kind("sharp against w = 150 K", "outside", {}, smooth=150.0),
    Kind("enthalpy step + 2.5 meV/atom", "inside", {"heat_ev": 0.0025}),
    Kind("enthalpy step + 5 meV/atom", "at", {"heat_ev": 0.005}),
    Kind("enthalpy step + 10 meV/atom", "outside", {"heat_ev": 0.010}),
    Kind("enthalpy step + 20 meV/atom", "outside", {"heat_ev": 0.020}),
    Kind("density jump + 1 %", "at", {"jump_percent": 1.0}),
    Kind("density jump + 2 %", "outside", {"jump_percent": 2.0}),
    Kind("isotherms, equal", "inside", {}, line=LineKind.ISOTHERM),
    Kind("isotherms, offset 0.9 %", "inside", {"offset_percent": 0.9}, line=LineKind.ISOTHERM),
    Kind("isotherms, offset 2 %", "outside", {"offset_percent": 2.0}, line=LineKind.ISOTHERM),
    Kind("isotherms, shift 10 GPa", "at", {"place": 10.0}, line=LineKind.ISOTHERM),
    Kind("isotherms, shift 20 GPa", "outside", {"place": 20.0}, line=LineKind.ISOTHERM),
    Kind("isotherms, enthalpy step + 20 meV/atom", "outside", {"heat_ev": 0.020}, line=LineKind.ISOTHERM),
    Kind("w + 40 K", "inside", {"width": 40.0}),
    Kind("w + 40 K, shift 40 K", "inside", {"width": 40.0, "place": 40.0}),
    Kind("enthalpy step + 10 meV/atom, hidden by C_P", "outside", {"heat_ev": 0.010, "hidden_ev": 0.010}),
    Kind("enthalpy step + 20 meV/atom, hidden by C_P", "outside", {"heat_ev": 0.020, "hidden_ev": 0.020}),
    Kind("isochores, equal", "inside", {}, line=LineKind.ISOCHORE),
    Kind("isochores, pressure + 4 GPa", "inside", {"offset_gpa": 4.0}, line=LineKind.ISOCHORE),
    Kind("isochores, pressure + 8 GPa", "outside", {"offset_gpa": 8.0}, line=LineKind.ISOCHORE),
    Kind("isochores, shift 100 K", "outside", {"place": 100.0}, line=LineKind.ISOCHORE),
    Kind("isochores, energy step + 20 meV/atom", "outside", {"heat_ev": 0.020}, line=LineKind.ISOCHORE),
    Kind("held densities, equal", "inside", {}, line=LineKind.DENSITY_ISOTHERM),
    Kind("held densities, pressure + 8 GPa", "outside", {"offset_gpa": 8.0}, line=LineKind.DENSITY_ISOTHERM),
    Kind("held densities, shift 0.06 g/cm^3", "outside", {"place": 0.06}, line=LineKind.DENSITY_ISOTHERM),
    Kind("held densities, energy step + 20 meV/atom", "outside", {"heat_ev": 0.02}, line=LineKind.DENSITY_ISOTHERM),
    Kind("long runs, equal", "inside", {}, long=True),
    Kind(
        "long runs, enthalpy step + 10 meV/atom, hidden by C_P",
        "outside",
        {"heat_ev": 0.01, "hidden_ev": 0.01},
        long=True,
    ),
    Kind(
        "H unknown, its step + 20 meV/atom",
        "outside",
        {"heat_ev": 0.02},
        long=True,
        special=Hidden("everywhere", "unknown", "enthalpy"),
    ),
    Kind(
        "H unknown above T*, its step + 20 meV/atom",
        "outside",
        {"heat_ev": 0.02},
        long=True,
        special=Hidden("above T*", "unknown", "enthalpy"),
    ),
    Kind(
        "first peak unknown, 30 % lower",
        "outside",
        {},
        long=True,
        special=Hidden("everywhere", "unknown", "rdf_peak_height", -30.0),
    ),
    Kind(
        "density unknown above T*, offset 3 %",
        "outside",
        {"offset_percent": 3.0},
        long=True,
        special=Hidden("above T*", "unknown", "density"),
    ),
    Kind(
        "density unknown at the ends, + 3 % there",
        "outside",
        {},
        long=True,
        special=Hidden("at the ends", "unknown", "density", 3.0),
    ),
    Kind(
        "first peak unknown at two neighbours, 30 % lower there",
        "outside",
        {},
        long=True,
        special=Hidden("at two neighbours", "unknown", "rdf_peak_height", -30.0),
    ),
    Kind("not run at the ends, where it differs", "outside", {}, long=True, special=Hidden("at the ends", "not run")),
    Kind(
        "not run at two neighbours, where it differs",
        "outside",
        {},
        long=True,
        special=Hidden("at two neighbours", "not run"),
    ),
    Kind(
        "runs that drift, offset 1.5 %",
        "outside",
        {"offset_percent": 1.5},
        long=True,
        special=Hidden("everywhere", "drifting"),
    ),
    Kind(
        "runs that drift, enthalpy step + 10 meV/atom",
        "outside",
        {"heat_ev": 0.01},
        long=True,
        special=Hidden("everywhere", "drifting"),
    ),
    Kind(
        "runs that drift, shift 100 K", "outside", {"place": 100.0}, long=True, special=Hidden("everywhere", "drifting")
    ),
    Kind("long runs, offset 1.1 %", "outside", {"offset_percent": 1.1}, long=True),
    Kind("long runs, shift 55 K", "outside", {"place": 55.0}, long=True),
    Kind("long runs, shift 70 K", "outside", {"place": 70.0}, long=True),
    Kind("long runs, w + 60 K", "outside", {"width": 60.0}, long=True),
    Kind("long runs, enthalpy step + 6 meV/atom", "outside", {"heat_ev": 0.006}, long=True),
    Kind("long runs, density jump + 1.2 %", "outside", {"jump_percent": 1.2}, long=True),
    *(
        Kind(
            f"first peak + {percent:g} % at one state, its noise {noise:g} %",
            "outside",
            {},
            long=True,
            special=AtOneState("rdf_peak_height", percent, noise),
        )
        for percent in (18.0, 22.5)
        for noise in (2.0, 3.0)
    ),
    Kind(
        "density + 1.3 % at one state, its noise 0.2 %",
        "outside",
        {},
        long=True,
        special=AtOneState("density", 1.3, 0.2),
    ),
    Kind(
        "H on one side alone, its step + 20 meV/atom",
        "outside",
        {"heat_ev": 0.02},
        long=True,
        special=Hidden("everywhere", "missing", "enthalpy"),
    ),
    Kind(
        "H on neither side: not compared",
        "inside",
        {},
        long=True,
        special=Hidden("everywhere", "missing", "enthalpy", sides=("dft", "mlp")),
    ),
    Kind(
        "reference a solid at its lowest states, surrogate a fluid",
        "outside",
        {},
        long=True,
        special=Hidden("lowest", "solid", sides=("dft",)),
    ),
    Kind(
        "reference a solid at its highest states, surrogate a fluid",
        "outside",
        {},
        long=True,
        special=Hidden("highest", "solid", sides=("dft",)),
    ),
    Kind(
        "surrogate a solid at its lowest states, reference a fluid",
        "outside",
        {},
        long=True,
        special=Hidden("lowest", "solid"),
    ),
    *(
        Kind(
            f"isotherms, long runs, jumps, shift 5 GPa, enthalpy step {off:+g} meV/atom".replace("step +", "step + "),
            "inside" if abs(off) < HEAT_THRESHOLD_MEV else "outside",
            {"place": 5.0, "heat_ev": 0.001 * off},
            line=LineKind.ISOTHERM,
            long=True,
            sharp=True,
        )
        for off in (4.0, -4.0, 6.5, -6.5)
    ),
    *(
        Kind(
            f"{name}, long runs, pressure + 20 GPa, the surrogate's not known",
            "outside",
            {"offset_gpa": 20.0},
            line=line,
            long=True,
            special=Hidden("everywhere", "missing", "pressure"),
        )
        for name, line in HELD.items()
    ),
    *(
        Kind(
            f"{name}, long runs, pressure + 20 GPa, no two states the same, no energies",
            "outside",
            {"offset_gpa": 20.0},
            line=line,
            long=True,
            special=Apart("internal_energy"),
        )
        for name, line in HELD.items()
    ),
)


def draw_pair(kind: Kind, random: np.random.Generator) -> tuple[LocatedLine, LocatedLine, Truth, Truth, float]:
    """Return reference and surrogate, the truth of either and the error of the density in %."""
    counts, spacings, first, _, scale = GRIDS[kind.line]
    noises = USUAL_NOISE
    if kind.long:
        (counts, spacings), noises = LONG_GRIDS.get(kind.line, (counts, spacings)), LONG_NOISE
    count, spacing = int(random.integers(*counts)), float(random.choice(spacings))
    coordinates = first + spacing * np.arange(count)
    middle, span = float(coordinates.mean()), float(np.ptp(coordinates))
    shift = kind.change.get("place", 0.0)
    room = 0.15 * span
    place = middle - min(0.5 * shift, 0.3 * span) + random.uniform(-room, room)
    sharp = kind.sharp or kind.smooth > 0.0 or random.random() < 0.3
    base = Truth(
        place=place,
        width=0.0 if sharp else random.uniform(10.0, 100.0) * scale,
        form=str(random.choice(["tanh", "erf", "two states"])),
        jump_percent=random.uniform(2.0, 5.0),
        heat_ev=random.uniform(0.03, 0.09),
        curvature=random.uniform(-0.3, 0.3),
    )
    changed = replace(base, **{key: getattr(base, key) + value for key, value in kind.change.items()})
    if kind.smooth:
        changed = replace(changed, width=kind.smooth)
    if kind.line is LineKind.DENSITY_ISOTHERM:
        width = random.uniform(0.02, 0.05)
        base, changed = replace(base, width=width), replace(changed, width=width)
    noise = float(np.exp(random.uniform(*np.log(noises))))
    draw_line = DRAWN[kind.line]
    sides = (draw_line(truth, coordinates, noise, random, name) for truth, name in ((base, "dft"), (changed, "mlp")))
    first, second = sides
    if kind.special is not None:
        first, second = kind.special.applied((first, second), changed.place, random)
    return first, second, base, changed, noise


def draw_isobar(
    truth: Truth, temperatures: Any, noise_percent: float, random: np.random.Generator, engine: str
) -> LocatedLine:
    """Return an isobar with noise, located by what decides."""
    share, x = truth.share(temperatures), (temperatures - 900.0) / 250.0
    density = (1.0 - 0.015 * x + 0.01 * truth.curvature * x**2) * (1.0 + 0.01 * truth.jump_percent * share)
    density *= 1.0 + 0.01 * truth.offset_percent
    enthalpy = 4.0 * BOLTZMANN_EV_PER_K * temperatures + truth.heat_ev * share - truth.hides(temperatures) - 14.0
    peak = 2.0 - 1.1 * share - 0.1 * x
    points = draw_points(temperatures, {"density": density, "enthalpy": enthalpy, "peak": peak}, noise_percent, random)
    return located(Isobar(engine, 256, 200.0, points))


def draw_isotherm(
    truth: Truth, pressures: Any, noise_percent: float, random: np.random.Generator, engine: str
) -> LocatedLine:
    """Return an isotherm with noise, located by what decides; H - int V dP steps by the latent heat."""
    fine = np.linspace(pressures[0], pressures[-1], 40 * (len(pressures) - 1) + 1)
    share = truth.share(fine)
    bent = np.log(fine / PRESSURE_GPA)
    density = np.exp(EXPONENT * bent + 0.01 * truth.curvature * (bent / 0.3) ** 2)
    density *= (1.0 + 0.01 * truth.jump_percent * share) * (1.0 + 0.01 * truth.offset_percent)
    volume = HYDROGEN / density
    pieces = 0.5 * (volume[1:] + volume[:-1]) * np.diff(fine) * GPA_TO_EV_PER_ANGSTROM3
    enthalpy = np.concatenate([[0.0], np.cumsum(pieces)]) + truth.heat_ev * share - 14.0
    peak = 2.0 - 1.1 * share - 0.1 * (fine - 150.0) / 50.0
    curves = {"density": density[::40], "enthalpy": enthalpy[::40], "peak": peak[::40]}
    points = draw_points(pressures, curves, noise_percent, random)
    return located(Isotherm(engine, 256, TEMPERATURE_K, points))


def draw_isochore(
    truth: Truth, temperatures: Any, noise_percent: float, random: np.random.Generator, engine: str
) -> LocatedLine:
    """Return an isochore with noise; the pressure falls where the molecules go."""
    share, x = truth.share(temperatures), (temperatures - 900.0) / 250.0
    curves = {
        "pressure": PRESSURE_GPA
        + 5.0 * x
        + GPA_PER_PERCENT * (truth.curvature * x**2 - truth.jump_percent * share)
        + truth.offset_gpa,
        "internal_energy": 3.0 * BOLTZMANN_EV_PER_K * temperatures + truth.heat_ev * share - 14.0,
        "peak": 2.0 - 1.1 * share - 0.1 * x,
    }
    return located(Isochore(engine, 256, 1.0, draw_points(temperatures, curves, noise_percent, random)))


def draw_held_isotherm(
    truth: Truth, densities: Any, noise_percent: float, random: np.random.Generator, engine: str
) -> LocatedLine:
    """Return an isotherm at held densities with noise, softer where the molecules go and without two phases."""
    share, x = truth.share(densities), (densities - 1.0) / 0.1
    curves = {
        "pressure": PRESSURE_GPA * densities ** (1.0 / EXPONENT) - truth.jump_percent * share + truth.offset_gpa,
        "internal_energy": 0.05 * x + truth.heat_ev * share - 14.0,
        "peak": 2.0 - 1.1 * share - 0.1 * x,
    }
    points = draw_points(densities, curves, noise_percent, random)
    return located(Isotherm(engine, 256, TEMPERATURE_K, points, against=Coordinate.DENSITY))


DRAWN = {
    LineKind.ISOBAR: draw_isobar,
    LineKind.ISOTHERM: draw_isotherm,
    LineKind.ISOCHORE: draw_isochore,
    LineKind.DENSITY_ISOTHERM: draw_held_isotherm,
}


def draw_points(
    coordinates: Any, curves: dict[str, Any], noise_percent: float, random: np.random.Generator
) -> tuple[LinePoint, ...]:
    """Return the points of a line with noise; the volume is that of the density, the peak's prominence its height."""
    common = _remembered(random, len(coordinates))
    held = "pressure" in curves
    if held:
        first = {"pressure": (curves["pressure"], GPA_PER_PERCENT * noise_percent, common, "GPa")}
    else:
        first = {"density": (curves["density"], 0.01 * noise_percent, common, "g/cm^3")}
    heat = "internal_energy" if held else "enthalpy"
    values = first | {
        heat: (curves[heat], 0.02 * noise_percent, _with(common, -0.5, random), "eV/atom"),
        "rdf_peak_height": (curves["peak"], 0.15 * noise_percent, _with(common, 0.3, random), ""),
    }
    points = []
    for index, coordinate in enumerate(coordinates):
        degrees, rough = float(random.uniform(4.0, 25.0)), float(random.uniform(0.7, 1.4))
        unknown = random.random() < UNKNOWN
        estimates = {}
        for name, (curve, error, deviates, unit) in values.items():
            sigma = error * rough
            deviation = np.nan if unknown else sigma * np.sqrt(random.chisquare(degrees) / degrees)
            value = float(curve[index] + sigma * deviates[index])
            estimates[name] = Estimate.of_deviation(value, deviation, unit, 2.0 * degrees, degrees)
        if held:
            estimates["rdf_peak_prominence"] = estimates["rdf_peak_height"]
        else:
            density = estimates["density"]
            volume = HYDROGEN / density.value
            estimates["volume"] = combined(volume, [(density, -volume / density.value)], "Å³/atom")
        points.append(LinePoint(float(coordinate), estimates, 4000.0))
    return tuple(points)


def located(line: LineOfStates) -> LocatedLine:
    """Return a line with its transition by what decides; other criteria are not looked for."""
    nowhere = Located.nowhere("Not looked for.", unit=line.along.unit)
    fluid, criteria = line.fluid() or line, {}
    for each in all_criteria():
        if line.kind in each.kinds:
            rises = each.rises_upwards(line.kind, density_rises=True)
            criteria[each] = CriterionResult.of(
                each, each.locate(fluid, each.curve, rises) if each in deciding(line.kind) else nowhere
            )
    return LocatedLine(line, criteria, volume_step=None)


def _remembered(random: np.random.Generator, count: int) -> Any:
    """Return unit noise of which the next one remembers a part."""
    fresh = random.normal(size=count)
    found = fresh.copy()
    for index in range(1, count):
        found[index] = NEIGHBOURS * found[index - 1] + np.sqrt(1.0 - NEIGHBOURS**2) * fresh[index]
    return found


def _with(common: Any, correlation: float, random: np.random.Generator) -> Any:
    return correlation * common + np.sqrt(1.0 - correlation**2) * _remembered(random, len(common))


def judge(task: tuple[int, int, int]) -> list[dict[str, Any]]:
    """Return what some pairs of one kind are said to be."""
    row, first, count = task
    kind, found = KINDS[row], []
    for number in range(first, first + count):
        random = np.random.default_rng([row, number])
        reference, surrogate, base, changed, noise = draw_pair(kind, random)
        coordinates = reference.states.coordinates
        spacing = coordinates[1] - coordinates[0]
        verdict = compare([reference], [surrogate], Thresholds())
        at_fault = [
            each.quantity
            for each in verdict.comparisons
            if each.judged and each.outcome != "faithful" and verdict.value in {each.outcome, "not resolved"}
        ]
        entry: dict[str, Any] = {
            "value": str(verdict.value),
            "noise": noise,
            "fine": spacing <= GRIDS[kind.line][3],
            "by": at_fault,
            "pulls": pulls_of_places(kind.line, ((reference, base), (surrogate, changed))),
        }
        if (pull := pull_of_shift(verdict, base.place, changed.place)) is not None:
            entry["shift pull"] = pull
        found.append(entry)
    return found


def pulls_of_places(kind: LineKind, sides: tuple[tuple[LocatedLine, Truth], ...]) -> list[float]:
    """Return how many of their errors the resolved places lie from the truth."""
    pulls = []
    for side, truth in sides:
        found = side.deciding[-1 if kind is LineKind.DENSITY_ISOTHERM else 0]
        if found.resolved:
            pulls.append((found.place.value - truth.place) / found.place.error)
    return pulls


def pull_of_shift(verdict: Verdict, place: float, other: float) -> float | None:
    """Return how many of its errors the shift lies from the truth; None where it is not resolved."""
    names = ("transition temperature", "transition pressure", "transition density")
    shifts = [each for each in verdict.comparisons if each.judged and each.quantity.startswith(names)]
    if not shifts or not shifts[0].difference.resolved:
        return None
    shift = other - place if shifts[0].difference.unit != "%" else 100.0 * (other - place) / place
    return float((shifts[0].difference.value - shift) / shifts[0].difference.error)


def table(pairs: int, processes: int, checkpoint: Path | None = None, *, ended: bool = False) -> dict[str, Any]:
    """Return the rates of every kind.

    What a checkpoint holds is not done again, and nothing else where it is ended; it is of one version of the program.
    """
    chunk = min(25, pairs)
    tasks = [
        (row, start, min(chunk, kind.pairs(pairs) - start))
        for start in range(0, pairs, chunk)
        for row, kind in enumerate(KINDS)
        if start < kind.pairs(pairs)
    ]
    done = kept_in(checkpoint) if checkpoint and checkpoint.exists() else {}
    tasks = [task for task in tasks if task in done] if ended else tasks
    left = [task for task in tasks if task not in done]
    with concurrent.futures.ProcessPoolExecutor(processes) as pool:
        for task, found in zip(left, pool.map(judge, left), strict=True):
            done[task] = found
            if checkpoint:
                with checkpoint.open("a", encoding="utf-8") as stream:
                    stream.write(json.dumps([task, found]) + "\n")
    results: dict[int, list[dict[str, Any]]] = {row: [] for row in range(len(KINDS))}
    for task in tasks:
        results[task[0]] += done[task]
    return {kind.name: _row(kind, results[row]) for row, kind in enumerate(KINDS)}


def kept_in(checkpoint: Path) -> dict[tuple[int, ...], list[dict[str, Any]]]:
    """Return what is done; a line that a killed run left half written is taken out."""
    lines = checkpoint.read_text(encoding="utf-8").splitlines(keepends=True)
    whole = [line for line in lines if line.endswith("\n")]
    if len(whole) < len(lines):
        checkpoint.write_text("".join(whole), encoding="utf-8")
    return {tuple(task): found for task, found in map(json.loads, whole)}


def _row(kind: Kind, found: list[dict[str, Any]]) -> dict[str, Any]:
    counts = Counter(each["value"] for each in found)
    wrong = {"inside": ["not faithful"], "outside": ["faithful"], "at": ["faithful", "not faithful"]}[kind.truth]
    quiet = [each for each in found if each["noise"] < 0.1 and each["fine"]]
    pulls = [pull for each in found for pull in each["pulls"]]
    shifts = [each["shift pull"] for each in found if "shift pull" in each]
    if isinstance(kind.special, Apart):  # what its states are called was moved, and with it the place
        pulls, shifts = [], []
    return {
        "truth": kind.truth,
        "pairs": len(found),
        "faithful": counts["faithful"],
        "not faithful": counts["not faithful"],
        "not resolved": counts["not resolved"],
        "wrong": max(counts[value] for value in wrong),
        FINE: round(100.0 * float(np.mean([each["value"] != "not resolved" for each in quiet])) if quiet else 0.0, 1),
        "pull of T*": round(float(np.std(pulls)), 2) if pulls else None,
        "pull of the shift": round(float(np.std(shifts)), 2) if shifts else None,
        "by": dict(Counter(name for each in found for name in each["by"]).most_common(6)),
        "by nothing else": dict(Counter(each["by"][0] for each in found if len(each["by"]) == 1).most_common(6)),
    }


FINE = "decided where noise < 0.1 % and spacing <= 50 K or 6 GPa, %"


def markdown(rows: dict[str, Any]) -> str:
    """Return the table for the page."""
    fine = FINE.replace("<=", "≤").replace("50 K or 6 GPa", "50 K, 6 GPa or 0.015 g/cm³")
    lines = [
        f"| pair | truth | pairs | faithful | not faithful | open | wrong | {fine} | pull of place | of shift |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, row in rows.items():
        keys = ("pairs", "faithful", "not faithful", "not resolved", "wrong", FINE, "pull of T*", "pull of the shift")
        counts = ("" if row[key] is None else str(row[key]) for key in keys)
        lines.append(f"| {name} | {row['truth']} | {' | '.join(counts)} |")
    return "\n".join(lines)


def draw(rows: dict[str, Any], path: Path) -> None:
    """Draw the shares of every kind."""
    import matplotlib as mpl  # noqa: PLC0415 - only where a figure is asked for

    mpl.use("Agg")
    import matplotlib.pyplot as plt  # noqa: PLC0415

    kinds = [kind for kind in KINDS if kind.name in rows]
    columns = (
        ("runs of 2 to 10 ps", [kind for kind in kinds if not kind.long]),
        ("long runs", [kind for kind in kinds if kind.long]),
    )
    most = max(len(part) for _, part in columns)
    figure, axes = plt.subplots(1, 2, figsize=(14.0, 0.25 * most + 1.2), layout="constrained")
    colours = {"faithful": "#0072B2", "not resolved": "#BBBBBB", "not faithful": "#D55E00"}
    for axis, (title, part) in zip(axes, columns, strict=True):
        for place, kind in enumerate(part):
            row, left = rows[kind.name], 0.0
            for value, colour in colours.items():
                share = 100.0 * row[value] / row["pairs"]
                named = value if axis is axes[0] and place == 0 else None
                axis.barh(place, share, left=left, color=colour, label=named)
                left += share
            axis.text(101.0, place, f"{row['wrong']} wrong", va="center", fontsize="small")
        axis.set_yticks(range(len(part)), [f"{kind.name} ({rows[kind.name]['truth']})" for kind in part])
        axis.set_ylim(most - 0.4, -0.6)
        axis.set_xlim(0.0, 145.0)
        axis.set_xlabel("% of the pairs")
        axis.set_title(title, loc="left", fontsize="medium")
    figure.legend(loc="outside upper center", ncols=3, frameon=False)
    figure.savefig(path, dpi=150, metadata={"Software": None})


def main() -> None:
    """Measure, and write or print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=int, nargs="?", default=1000)
    parser.add_argument("--print", action="store_true", dest="shown")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--ended", action="store_true", help="take what the checkpoint holds")
    parser.add_argument("--table", action="store_true", help="print the committed table, and draw its figure")
    given = parser.parse_args()
    if given.table:
        rows = json.loads(RESULTS.read_text(encoding="utf-8"))["rows"]
        draw(rows, FIGURE)
        print(markdown(rows))
        return
    began = time.perf_counter()
    rows = table(given.pairs, given.processes, given.checkpoint, ended=given.ended)
    document = {
        "command": f"python benchmarks/verdict_rates.py {given.pairs}",
        "statistics": STATISTICS,
        "date": dt.datetime.now(tz=dt.UTC).date().isoformat(),
        "minutes": None if given.ended else round((time.perf_counter() - began) / 60.0, 1),
        "confidence": Thresholds().confidence,
        "rows": rows,
    }
    if given.shown:
        print(json.dumps(document, indent=1))
        return
    RESULTS.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    draw(rows, FIGURE)


if __name__ == "__main__":
    main()
