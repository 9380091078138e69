"""The figure of the protocol: every setting that is a number, of the surrogate over that of the reference."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

from llpt.campaign import Role
from llpt.report.interval_figure import Interval, interval_panel
from llpt.report.palette import GREY
from llpt.report.panels import Figure, Source, VerticalLine
from llpt.report.question import Tone

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from llpt.study import PlannedRun

MATCHED = (
    "ensemble",
    "thermostat",
    "thermostat time",
    "barostat time",
    "integrator",
    "time step",
    "mass of an atom",
    "beads of a nucleus",
)
"""Settings that have to be the same; the others may differ and are shown."""
WORDS = {
    Tone.GOOD: "has to be the same, and is",
    Tone.BAD: "has to be the same, and is not",
    Tone.PLAIN: "may differ",
}
UNITS = {
    "thermostat time": " fs",
    "barostat time": " fs",
    "time step": " fs",
    "mass of an atom": " u",
    "production": " ps",
    "left out of averages": " ps",
    "temperature of the electrons": " K",
}
LEAST_REACH = 1.5
"""The axis reaches at least so many times below and above one."""
DIGITS = 6
"""Ratios are told apart by so many digits."""


@dataclass(frozen=True)
class _Pair:
    """One setting of the two sides at one state."""

    name: str
    reference: float
    surrogate: float
    atoms: int | None

    @property
    def ratio(self) -> float:
        return float(f"{self.surrogate / self.reference:.{DIGITS}g}")


def settings_figure(
    sides: Mapping[Role, Sequence[PlannedRun]],
    engines: Mapping[Role, str],
    masses: Mapping[Role, Collection[float]],
    *,
    unlike: Collection[str],
) -> Figure | None:
    """Return each setting that both sides have as a positive number, surrogate over reference.

    Args:
        sides: the base runs of each side.
        engines: the engine of each side, by its name for people.
        masses: of an atom in the runs of each side, in u.
        unlike: settings that have to be the same and are not.

    Returns:
        The figure; None where no state has runs of both sides that tell the same setting as a number.
    """
    pairs = list(_pairs(sides, masses))
    counts = Counter((each.name, each.ratio, each.atoms) for each in pairs)
    first = {(each.name, each.ratio, each.atoms): each for each in reversed(pairs)}
    intervals = []
    for key, number in counts.items():
        pair = first[key]
        tone = Tone.BAD if pair.name in unlike else Tone.GOOD if pair.name in MATCHED else Tone.PLAIN
        source = Source(engines.get(Role.REFERENCE, ""), pair.atoms, other=engines.get(Role.SURROGATE, ""))
        unit = UNITS.get(pair.name, "")
        told = f"{pair.surrogate:.4g} over {pair.reference:.4g}{unit}"
        cell = "" if pair.atoms is None else f", N = {pair.atoms}"
        more = f" and {number - 1} more pairs of runs" if number > 1 else ""
        name = f"{pair.name}, {told}{cell}{more}"
        intervals.append(Interval(pair.name, pair.ratio, 0.0, tone, source=source, name=name))
    if not intervals:
        return None
    panel = interval_panel(
        intervals, "surrogate / reference", words=WORDS, lines=(VerticalLine("the same", 1.0, 0.0, GREY),)
    )
    reach = LEAST_REACH * max(LEAST_REACH, *(max(each.value, 1.0 / each.value) for each in intervals))
    return Figure(
        "settings",
        "Every setting that is a number, surrogate over reference",
        "Settings of the base runs of both sides, as they were asked for, at the states that both have: a point on "
        "the line is the same on both sides. They are exact and have no error. Settings in words stand in the table.",
        ((replace(panel, log_x=True, x_range=(1.0 / reach, reach)),),),
        wide=True,
    )


def _pairs(sides: Mapping[Role, Sequence[PlannedRun]], masses: Mapping[Role, Collection[float]]) -> Iterator[_Pair]:
    """Yield the settings of every two runs of the two sides at one state."""
    for reference_u, surrogate_u in product(*(sorted(masses.get(role, ())) for role in Role)):
        yield _Pair("mass of an atom", reference_u, surrogate_u, None)
    at: dict[tuple[str, str], dict[Role, list[PlannedRun]]] = {}
    for role in Role:
        for run in sides[role]:
            at.setdefault((run.state.line, run.state.rung), {each: [] for each in Role})[role].append(run)
    for runs in at.values():
        for reference, surrogate in product(*(runs[role] for role in Role)):
            told, other = _numbers(reference), _numbers(surrogate)
            for name in (each for each in told if each in other):
                if min(told[name], other[name]) > 0.0:
                    yield _Pair(name, told[name], other[name], surrogate.atoms)


def _numbers(run: PlannedRun) -> dict[str, float]:
    """Return the settings of a run that are numbers and are known."""
    dynamics, step_ps = run.dynamics, run.timestep_fs / 1000.0
    electrons = run.options.get("electronic_temperature_k")
    found = {
        "time step": run.inner_timestep_fs,
        "thermostat time": getattr(dynamics, "thermostat_time", None),
        "barostat time": getattr(dynamics, "barostat_time_fs", None) if dynamics.pressure_gpa is not None else None,
        "production": (run.steps - run.discard) * step_ps,
        "left out of averages": run.discard * step_ps,
        "beads of a nucleus": run.beads,
        "temperature of the electrons": electrons if isinstance(electrons, int | float) else None,
    }
    return {name: float(value) for name, value in found.items() if value is not None and math.isfinite(value)}
