"""The tables of runs, controlled tests and provenance: numbers with errors as text, ready for the template."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.campaign import short_name
from llpt.observables import all_observables, estimate_of, quantity
from llpt.observables.record import typeset
from llpt.report.run_settling import settled
from llpt.study import State
from llpt.study.standing import word_of
from llpt.transition import DECIDING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import xarray as xr

    from llpt.campaign.analysis import Analysis
    from llpt.campaign.effects import Effect
    from llpt.observables import Quantity
    from llpt.run_file import DescribedEngine
    from llpt.statistics import Estimate
    from llpt.study import Entry, Plan
    from llpt.study.analysis import StudyAnalysis

UNKNOWN = "–"
UNSURE = " (?)"
"""Marks a value whose error is not known, in a file; the page does not show it."""


@dataclass(frozen=True)
class RunRow:
    """One run in the run table; every field is text as it is shown, ``averages`` those of ``tabled_quantities``."""

    name: str
    role: str
    engine: str
    atoms: str
    line: str
    temperature: str
    part: str
    state: str
    word: str
    reason: str
    steps: str
    picoseconds: str
    equilibrated: str
    averages: tuple[str, ...]
    seed: str
    pace: str


@dataclass(frozen=True)
class EffectRow:
    """What one controlled test did to one ladder; text."""

    test: str
    engine: str
    atoms: str
    line: str
    shift: str
    jump: str
    density: str
    influence: str
    densities: tuple[str, ...]


@dataclass(frozen=True)
class DiffusionRow:
    """The diffusion coefficient of the infinite system at one state; text."""

    engine: str
    line: str
    temperature: str
    by_atoms: str
    viscosity: str
    infinite: str
    method: str
    reason: str


def estimate_text(estimate: Estimate, *, unit: bool = True, factor: float = 1.0) -> str:
    """Write an estimate: value ± error, the error to two digits; without a known error it is not told.

    Args:
        estimate: the number.
        unit: whether its unit is written.
        factor: by which it is multiplied first.
    """
    value, error = estimate.value * factor, estimate.error * factor
    if not math.isfinite(value) or not math.isfinite(error) or error <= 0.0:
        return UNKNOWN
    after = f" {typeset(estimate.unit)}" if unit and estimate.unit else ""
    digits = max(0, 1 - math.floor(math.log10(error)))
    return f"{value:.{digits}f} ± {error:.{digits}f}{after}"


def tabled_quantities() -> tuple[Quantity, ...]:
    """Return the quantities that have a column in the run table."""
    return tuple(each for each in all_observables().quantities.values() if each.tabled)


def run_rows(plan: Plan, entries: Mapping[str, Entry], analysis: StudyAnalysis) -> list[RunRow]:
    """Return every run of the plan with its state and, where it is done, its averages.

    Args:
        plan: the study's nodes.
        entries: of the ledger, by path.
        analysis: what came out.
    """
    summaries = {run.identity: run.summary for ladder in analysis.found.ladders for run in ladder.runs}
    rows = []
    for run in plan.runs:
        entry = entries.get(run.path)
        summary = summaries.get(run.identity)
        state = entry.state if entry else State.WAITING
        reason = entry.reason if entry else ""
        done = entry.steps_done if entry else 0
        pace = entry.seconds_per_step if entry else None
        rows.append(
            RunRow(
                name=short_name(run.path),
                role=str(run.role),
                engine=run.engine_folder,
                atoms=str(run.atoms),
                line=run.state.line,
                temperature=f"{run.state.temperature_k:g}",
                part=run.identity.part.replace("_", " "),
                state=str(state),
                word=word_of(entry) if entry else str(state),
                reason=analysis.refused.get(run.path, reason),
                steps=f"{done} / {run.steps}",
                picoseconds=f"{done * run.timestep_fs / 1000.0:.3g}",
                equilibrated=_equilibrated(summary),
                averages=tuple(_observed(summary, given) for given in tabled_quantities()),
                seed=str(run.dynamics.seed),
                pace=f"{pace:.3g}" if pace else UNKNOWN,
            )
        )
    return rows


def _equilibrated(summary: xr.Dataset | None) -> str:
    """Return after how many picoseconds a run looks stationary, marked where that is later than what is discarded."""
    if summary is None:
        return UNKNOWN
    found = settled(summary)
    return f"{found.settled_ps:.3g}{' (!)' if found.late else ''}"


def _observed(summary: xr.Dataset | None, given: Quantity) -> str:
    if summary is None or given.name not in summary:
        return UNKNOWN
    estimate = estimate_of(summary, given.name)
    text = in_powers(estimate, given)
    unsure = text == UNKNOWN and math.isfinite(estimate.value)
    return f"{estimate.value * 10.0**-given.power:.4g}{UNSURE}" if unsure else text


def in_powers(estimate: Estimate, given: Quantity) -> str:
    """Write an estimate without its unit, in the power of ten that the heading of its column names."""
    return estimate_text(estimate, unit=False, factor=10.0**-given.power)


def effect_row(effect: Effect) -> EffectRow:
    """Return what a controlled test did to the transition, to the jump and to rho, and whether it matters."""
    largest = effect.largest
    known = [change for change in effect.changes if change.percent.resolved and change.percent.error > 0.0]
    unknown = len(effect.changes) - len(known)
    by = "" if effect.shifted_by in {None, DECIDING[0]} else f" ({effect.shifted_by})"
    return EffectRow(
        effect.test.replace("_", " "),
        effect.engine,
        str(effect.atoms),
        effect.line,
        estimate_text(effect.shift, unit=effect.shift.unit != "K") + by,
        estimate_text(effect.jump_percent, unit=False),
        f"{estimate_text(largest.percent, unit=False)} at {largest.coordinate:g} {largest.unit}"
        if largest
        else UNKNOWN,
        str(effect.influence),
        (
            *(
                f"{change.coordinate:g} {change.unit}: {estimate_text(change.percent)}"
                + ("" if change.judged else " (at the transition)")
                for change in known
            ),
            *([f"{unknown} of {len(effect.changes)} not known"] if unknown else []),
        ),
    )


def diffusion_rows(analysis: Analysis) -> list[DiffusionRow]:
    """Return D of every size and of the infinite system at every state, and how the latter was found."""
    return [
        DiffusionRow(
            row.engine,
            row.line,
            f"{row.temperature_k:g}",
            "; ".join(f"{atoms}: {in_powers(found, quantity('diffusion'))}" for atoms, found in row.by_atoms.items()),
            in_powers(row.viscosity_pa_s, quantity("viscosity")),
            in_powers(row.infinite, quantity("diffusion_infinite")),
            str(row.method),
            row.reason,
        )
        for row in analysis.diffusion
    ]


def provenance_rows(entries: Iterable[Entry]) -> list[tuple[str, str]]:
    """Return, once for each different engine, what it is, and the versions everything rests on."""
    engines: dict[str, _Engine] = {}
    versions: dict[str, set[str]] = {}
    hosts: set[str] = set()
    for entry in entries:
        for described in (entry.provenance.engine, entry.provenance.potential):
            if described is None:
                continue
            options = {name: value for name, value in described.options.items() if value is not None}
            electronic = options.pop("electronic_temperature_k", None)
            found = engines.setdefault(f"{described.spec} {options}", _Engine(described, options, set()))
            if isinstance(electronic, int | float):
                found.electronic_k.add(float(electronic))
        for package, number in entry.provenance.versions.items():
            versions.setdefault(package, set()).add(number)
        if entry.host:
            device = entry.provenance.device
            hosts.add(f"{entry.host} ({device})" if device else entry.host)
    rows = [(f"engine {engine.described.spec}", engine.text) for engine in engines.values()]
    rows.append(("versions", ", ".join(f"{name} {' and '.join(sorted(found))}" for name, found in versions.items())))
    rows.append(("machines", ", ".join(sorted(hosts))))
    return rows


@dataclass(frozen=True)
class _Engine:
    """One engine under all electronic temperatures it was used with.

    Args:
        described: what it is.
        options: its options without the electrons' temperature.
        electronic_k: the electrons' temperatures.
    """

    described: DescribedEngine
    options: Mapping[str, object]
    electronic_k: set[float]

    @property
    def text(self) -> str:
        """What it is, in one line."""
        parts = [f"{key} = {value}" for key, value in self.options.items()]
        if self.electronic_k:
            values = ", ".join(f"{value:g}" for value in sorted(self.electronic_k))
            parts.append(f"electronic temperature {values} K")
        parts.append(f"pressure {self.described.pressure_label}")
        if self.described.content_hash:
            parts.append(f"SHA-256 {self.described.content_hash[:16]}…")
        return f"{self.described.version}: {'; '.join(parts)}"
