"""Did both sides run under the same protocol?"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llpt.audit.ensemble import ENSEMBLE_CONFIDENCE, FALSE_FAILURES, EnsembleCheck, EnsembleOutcome, fail_by_no_chance
from llpt.campaign import ControlledTest, Role
from llpt.campaign.state import words_of_line
from llpt.observables import estimate_of
from llpt.report.isobar_figures import curve_of_runs
from llpt.report.panels import Figure, Panel
from llpt.report.question import Question, Row, Table, Tone, text_columns
from llpt.report.settings_figure import MATCHED, settings_figure
from llpt.report.tables import estimate_text
from llpt.trajectory.foreign.suspicion import TEMPERATURE_SHARE
from llpt.transition import Coordinate

if TYPE_CHECKING:
    from llpt.campaign.observed import ObservedRun
    from llpt.report.case import Case
    from llpt.statistics import Estimate
    from llpt.study import PlannedRun

NOT_RECORDED = "not recorded"


@dataclass(frozen=True)
class _HeldMean:
    """A mean of what thermostat or barostat was set to."""

    run: str
    state: str
    name: str
    target: float
    estimate: Estimate

    @property
    def check(self) -> EnsembleCheck:
        """Whether it is what was set, by its error alone."""
        off = abs(self.estimate.value - self.target) > self.estimate.half_width(ENSEMBLE_CONFIDENCE)
        outcome = EnsembleOutcome.FAILS if off else EnsembleOutcome.HOLDS
        return EnsembleCheck(f"mean {self.name}", self.estimate, outcome, self.target)


def same_protocol(case: Case) -> Question | None:
    """Answer from the settings of the runs that both sides have, and from the means that were held."""
    base = [run for run in case.plan.runs if run.test is ControlledTest.BASE]
    sides = {role: [run for run in base if run.role is role] for role in Role}
    if not all(sides.values()):
        return None
    common = set.intersection(*({_place(run) for run in runs} for runs in sides.values()))
    masses = _masses(case)
    values = {
        role: _settings([run for run in runs if _place(run) in common] or runs, masses.get(role, frozenset()))
        for role, runs in sides.items()
    }
    rows, unlike, unsaid = [], [], []
    for name in dict.fromkeys(name for each in values.values() for name in each):
        texts = [values[role].get(name, frozenset()) for role in Role]
        tone = Tone.PLAIN
        if name in MATCHED:
            if any(not each or NOT_RECORDED in each for each in texts):
                unsaid.append(name)
                tone = Tone.OPEN
            elif texts[0] != texts[1]:
                unlike.append(name)
                tone = Tone.BAD
        rows.append(Row((name, *(_listed(each) for each in texts)), tone=tone))
    drawn = settings_figure(sides, case.engines, masses, unlike=unlike)
    means = _held_means(case)
    tone, word, sentence = _answer(unlike, unsaid, undone=[role for role in Role if role not in masses])
    off, by_no_chance, held = _judged(means)
    if by_no_chance and tone is Tone.GOOD:
        tone, word = Tone.BAD, "alike, but not held"
    return Question(
        "protocol",
        "Did both sides run under the same protocol?",
        tone,
        word,
        f"{sentence} {held}",
        "Settings of the base runs at states of both sides; averages of T and P.",
        figures=tuple(filter(None, [_held_figure(case), drawn])),
        tables=(
            Table("Settings of both sides", text_columns("Setting", "Reference", "Surrogate"), tuple(rows)),
            *_off_table(off),
        ),
        without_figure="0 settings are known as a number on both sides at one state. Runs of both sides at one state, "
        "with their time step and the times of thermostat and barostat, show them.",
    )


def _answer(unlike: list[str], unsaid: list[str], *, undone: list[Role]) -> tuple[Tone, str, str]:
    if unlike:
        return Tone.BAD, "no", f"The two sides differ in {', '.join(unlike)}."
    if unsaid and undone:
        return (
            Tone.OPEN,
            "not known",
            f"No run of the {' or the '.join(undone)} is done: not all of it can be compared.",
        )
    if unsaid:
        return Tone.OPEN, "not known", f"Runs made elsewhere do not say their {', '.join(unsaid)}."
    return Tone.GOOD, "yes", f"Alike on both sides: {', '.join(MATCHED)}."


def _place(run: PlannedRun) -> tuple[str, str]:
    return run.state.line, run.state.rung


def _masses(case: Case) -> dict[Role, frozenset[float]]:
    """Return the masses of an atom in the runs of each side, in u, to four digits."""
    masses: dict[Role, frozenset[float]] = {}
    for ladder, run in case.base_runs():
        mass = float(f"{float(run.summary.attrs['mass_u']) / ladder.atoms:.4g}")
        masses[ladder.role] = masses.get(ladder.role, frozenset()) | {mass}
    return masses


def _settings(runs: list[PlannedRun], masses: frozenset[float]) -> dict[str, frozenset[str]]:
    """Return every value that each setting takes in these runs."""
    found: dict[str, set[str]] = {}
    for run in runs:
        for name, value in _of_run(run).items():
            found.setdefault(name, set()).add(value)
    found["walks planned"] = {str(count) for count in Counter((run.atoms, *_place(run)) for run in runs).values()}
    found["mass of an atom"] = {f"{mass:g} u" for mass in masses}
    return {name: frozenset(values) for name, values in found.items()}


def _of_run(run: PlannedRun) -> dict[str, str]:
    dynamics = run.dynamics
    npt = dynamics.pressure_gpa is not None
    barostat = getattr(dynamics, "barostat_time_fs", None)
    thermostat_time = getattr(dynamics, "thermostat_time", None)
    electrons = run.options.get("electronic_temperature_k")
    return {
        "ensemble": str(dynamics.ensemble),
        "thermostat": str(getattr(dynamics, "thermostat", NOT_RECORDED)),
        "thermostat time": NOT_RECORDED if thermostat_time is None else f"{thermostat_time:g} fs",
        "barostat time": "–" if not npt else NOT_RECORDED if barostat is None else f"{barostat:g} fs",
        "integrator": str(getattr(dynamics, "integrator", NOT_RECORDED)),
        "time step": f"{run.inner_timestep_fs:.3g} fs",
        "forces of the engine": f"every {run.timestep_fs:.3g} fs" if run.inner_steps else "at every time step",
        "beads of a nucleus": str(run.beads),
        "atoms": str(run.atoms),
        "production": f"{(run.steps - run.discard) * run.timestep_fs / 1000.0:.3g} ps",
        "left out of averages": f"{run.discard * run.timestep_fs / 1000.0:.3g} ps",
        "temperature of the electrons": _electrons(run, electrons),
    }


def _electrons(run: PlannedRun, electrons: object) -> str:
    if electrons is None:
        return "none of its own"
    same = isinstance(electrons, int | float) and math.isclose(float(electrons), run.state.temperature_k)
    return "that of the ions" if same else f"{electrons} K"


def _listed(values: frozenset[str]) -> str:
    ordered = sorted(values, key=lambda text: (_leading_number(text), text))
    if len(ordered) > 6:
        return f"{ordered[0]} … {ordered[-1]} ({len(ordered)} values)"
    return ", ".join(ordered)


def _leading_number(text: str) -> float:
    """Return the number that a setting begins with, infinity where it is a word."""
    found = re.match(r"\d+(\.\d+)?", text)
    return float(found[0]) if found else math.inf


def _held_means(case: Case) -> list[_HeldMean]:
    """Return the means of T and P that know their error."""
    means = []
    for ladder, run in case.base_runs():
        for name, target in _targets(run):
            if name not in run.summary:
                continue
            estimate = estimate_of(run.summary, name)
            if estimate.resolved and estimate.error > 0.0:
                state = f"{ladder.line}, {run.state.rung}"
                place = f"{ladder.engine}, N = {ladder.atoms}, {state}"
                means.append(_HeldMean(place, state, name, target, estimate))
    return means


def _judged(means: list[_HeldMean]) -> tuple[list[_HeldMean], bool, str]:
    """Return the means that are off, whether so many are by no chance, and a sentence on both.

    All runs of one state count as one: both sides draw the same random numbers there, and would be off together.
    """
    if not means:
        return [], False, "No run knows the error of its mean T or P."
    off = [each for each in means if each.check.outcome is EnsembleOutcome.FAILS]
    by_no_chance = fail_by_no_chance([((each.state,), each.check) for each in means])
    told = (
        f"{len(off)} of {len(means)} means of T and P lie farther from what was set than three standard errors, at "
        f"{len({each.state for each in off})} of {len({each.state for each in means})} states "
        f"(expected by chance: {len(means) * FALSE_FAILURES:.2g})"
    )
    if not off:
        return off, by_no_chance, f"{told}."
    judged = "more than chance would" if by_no_chance else "so few may still be chance"
    return off, by_no_chance, f"{told}: {judged}."


def _held_figure(case: Case) -> Figure | None:
    """Return how far the means of T and P are from what was set; None where no error is known."""
    panels = []
    for name, label in (("temperature", "mean T − T set (K)"), ("pressure", "mean P − P set (GPa)")):
        curves = []
        for ladder in (each for role in Role for each in case.found.base(role)):
            points = [
                (run, found, target)
                for run in ladder.runs
                for held, target in _targets(run)
                if held == name and name in run.summary
                if (found := estimate_of(run.summary, name)).resolved and found.error > 0.0
            ]
            if points:
                beside = [each for each in case.found.ladders if each.line == ladder.line]
                style = curve_of_runs(beside, ladder, [0.0] * len(ladder.runs))
                curves.append(
                    replace(
                        style,
                        label=f"{style.label}, {words_of_line(ladder.line)}",
                        x=tuple(run.temperature_k for run, _, _ in points),
                        y=tuple(found.value - target for _, found, target in points),
                        y_error=tuple(found.error for _, found, _ in points),
                        samples=tuple(found.effective_samples for _, found, _ in points),
                    )
                )
        if curves:
            panels.append(Panel(Coordinate.TEMPERATURE.label, label, tuple(curves)))
    if not panels:
        return None
    return Figure(
        "held",
        "Means of temperature and pressure against what was set",
        "Averages over the production of each base run less what thermostat and barostat were set to, with one "
        "standard error.",
        (tuple(panels),),
    )


def _targets(run: ObservedRun) -> list[tuple[str, float]]:
    targets = [("temperature", run.temperature_k)]
    if run.constant_pressure and run.state.pressure_gpa is not None:
        targets.append(("pressure", run.state.pressure_gpa))
    return targets


def _off_table(off: list[_HeldMean]) -> tuple[Table, ...]:
    if not off:
        return ()
    rows = tuple(
        Row((each.run, each.name, f"{each.target:g}", estimate_text(each.estimate)), tone=Tone.BAD) for each in off
    )
    note = (
        "States are counted once, since both sides may share random numbers. The check of the mean kinetic energy "
        f"allows {100 * TEMPERATURE_SHARE:g} % besides the error."
    )
    return (Table("Means that are not what was set", text_columns("Run", "Mean of", "Set", "Found"), rows, note),)
