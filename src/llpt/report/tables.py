"""The tables of the page: numbers with errors as text, one row each, ready for the template."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.observables import estimate_of
from llpt.report.figures import line_name
from llpt.study import Role, State
from llpt.transition import Criterion, differences

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import xarray as xr

    from llpt.statistics import Estimate
    from llpt.study import Entry, Plan
    from llpt.study.analysis import Analysis, LadderResult
    from llpt.transition import Difference

UNKNOWN = "–"


@dataclass(frozen=True)
class RunRow:
    """One run in the run table; every field is text as it is shown."""

    name: str
    role: str
    engine: str
    atoms: str
    line: str
    temperature: str
    part: str
    state: str
    reason: str
    steps: str
    picoseconds: str
    density: str
    enthalpy: str
    pressure: str
    first_peak: str
    molecular_fraction: str
    diffusion: str
    seed: str
    pace: str


@dataclass(frozen=True)
class TransitionRow:
    """One criterion on one line of states, both sides; text."""

    line: str
    criterion: str
    reference: str
    surrogate: str
    difference: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class ChangeRow:
    """The largest change between neighbouring temperatures of one ladder; text."""

    engine: str
    atoms: str
    line: str
    between: str
    density: str
    enthalpy: str


@dataclass(frozen=True)
class EffectRow:
    """What one controlled test did to one ladder; text."""

    test: str
    engine: str
    atoms: str
    line: str
    density: str
    shift: str
    verdict: str


@dataclass(frozen=True)
class OrderRow:
    """What the transition is on one line, by one side's largest cell; text."""

    engine: str
    atoms: str
    line: str
    order: str
    sentence: str
    evidence: tuple[str, ...]


def shown(estimate: Estimate, *, unit: bool = True, factor: float = 1.0) -> str:
    """Write an estimate: value ± error, the error to two digits; a value without a known error says so."""
    value, error = estimate.value * factor, estimate.error * factor
    if not math.isfinite(value):
        return UNKNOWN
    after = f" {estimate.unit}" if unit and estimate.unit else ""
    if not math.isfinite(error) or error <= 0.0:
        return f"{value:.4g}{after} (error unknown)"
    digits = max(0, 1 - math.floor(math.log10(error)))
    return f"{value:.{digits}f} ± {error:.{digits}f}{after}"


def run_rows(plan: Plan, entries: Mapping[str, Entry], analysis: Analysis) -> list[RunRow]:
    """Return every run of the plan with its state and, where it is done, its averages."""
    summaries = {item.run.identity: item.summary for ladder in analysis.ladders for item in ladder.runs}
    rows = []
    for run in plan.runs:
        entry = entries.get(run.identity)
        summary = summaries.get(run.identity)
        state = entry.state if entry else State.WAITING
        reason = entry.reason if entry else ""
        done = entry.steps_done if entry else 0
        pace = entry.seconds_per_step if entry else None
        rows.append(
            RunRow(
                name=run.identity.removeprefix("runs/"),
                role=str(run.role),
                engine=run.identity.split("/")[1],
                atoms=str(run.atoms),
                line=run.state.line,
                temperature=f"{run.state.temperature_k:g}",
                part=run.group[-1].replace("_", " "),
                state=str(state),
                reason=analysis.refused.get(run.identity, reason),
                steps=f"{done} / {run.steps}",
                picoseconds=f"{done * run.timestep_fs / 1000.0:.3g}",
                density=_observed(summary, "density"),
                enthalpy=_observed(summary, "enthalpy"),
                pressure=_observed(summary, "pressure"),
                first_peak=_observed(summary, "rdf_peak_height"),
                molecular_fraction=_observed(summary, "molecular_fraction"),
                diffusion=_observed(summary, "diffusion", factor=1e3),
                seed=str(run.dynamics["seed"]),
                pace=f"{pace:.3g}" if pace else UNKNOWN,
            )
        )
    return rows


def _observed(summary: xr.Dataset | None, name: str, *, factor: float = 1.0) -> str:
    if summary is None or name not in summary:
        return UNKNOWN
    return shown(estimate_of(summary, name), unit=False, factor=factor).replace(" (error unknown)", " (?)")


def transition_rows(analysis: Analysis) -> list[TransitionRow]:
    """Return where the transition is by each criterion, of the largest cell of each side."""
    rows = []
    for line in analysis.lines:
        sides = {role: _largest(analysis, role, line) for role in Role}
        reference, surrogate = sides[Role.REFERENCE], sides[Role.SURROGATE]
        some = reference or surrogate
        if some is None or some.isobar is None:
            continue
        for criterion in Criterion:
            results = [ladder.criteria[criterion] if ladder else None for ladder in (reference, surrogate)]
            texts = [
                shown(each.temperature_k, unit=False) if each and each.resolved else "not resolved" for each in results
            ]
            difference = UNKNOWN
            if all(each and each.resolved for each in results) and results[0] and results[1]:
                difference = shown(results[1].temperature_k.minus(results[0].temperature_k), unit=False)
            reasons = tuple(
                f"{ladder.engine}: {each.reason}"
                for ladder, each in zip((reference, surrogate), results, strict=True)
                if ladder and each
            )
            rows.append(TransitionRow(line_name(some), str(criterion), texts[0], texts[1], difference, reasons))
    return rows


def _largest(analysis: Analysis, role: Role, line: str) -> LadderResult | None:
    ladders = [ladder for ladder in analysis.base(role) if ladder.line == line and ladder.isobar is not None]
    return max(ladders, key=lambda ladder: ladder.atoms, default=None)


def change_rows(analysis: Analysis) -> list[ChangeRow]:
    """Return the largest change of density between neighbouring temperatures of each base ladder, with ΔH there."""
    rows = []
    for role in Role:
        for ladder in analysis.base(role):
            if ladder.isobar is None:
                continue
            steps = differences(ladder.isobar.curve("density"))
            if not steps:
                continue
            largest = max(steps, key=lambda step: step.change.value)
            heats = differences(ladder.isobar.curve("enthalpy"))
            heat = next((step for step in heats if _same(step, largest)), None)
            rows.append(
                ChangeRow(
                    ladder.engine,
                    str(ladder.atoms),
                    line_name(ladder),
                    f"{largest.lower_k:g} – {largest.upper_k:g}",
                    shown(largest.relative, unit=False, factor=100.0),
                    shown(heat.change, unit=False, factor=1000.0) if heat else UNKNOWN,
                )
            )
    return rows


def _same(one: Difference, other: Difference) -> bool:
    return (one.lower_k, one.upper_k) == (other.lower_k, other.upper_k)


def effect_rows(analysis: Analysis) -> list[EffectRow]:
    """Return what each controlled test did, and whether that is more than the errors."""
    rows = []
    for effect in analysis.effects:
        change = effect.density_percent
        if not change.resolved:
            verdict = "not resolved"
        elif abs(change.value) > 2.0 * change.error:
            verdict = "changes the density"
        else:
            verdict = "no change beyond the error"
        text = shown(change, unit=False)
        where = f" at {effect.at_temperature_k:g} K" if math.isfinite(effect.at_temperature_k) else ""
        rows.append(
            EffectRow(
                effect.test.replace("_", " "),
                effect.engine,
                str(effect.atoms),
                effect.line,
                text + where if text != UNKNOWN else text,
                shown(effect.shift_k, unit=False),
                verdict,
            )
        )
    return rows


def order_rows(analysis: Analysis) -> list[OrderRow]:
    """Return first order, crossover or not resolved for each side and line, with every piece of evidence."""
    return [
        OrderRow(
            result.engine,
            str(result.atoms),
            result.line,
            str(result.statement.order),
            result.statement.sentence,
            tuple(f"{item.kind}: {item.order}. {item.reason}" for item in result.statement.evidence),
        )
        for result in analysis.orders
    ]


def provenance_rows(entries: Iterable[Entry]) -> list[tuple[str, str]]:
    """Return, once for each different engine, what it is, and the versions everything rests on."""
    engines: dict[str, dict[str, object]] = {}
    versions: dict[str, set[str]] = {}
    hosts: set[str] = set()
    for entry in entries:
        described = entry.provenance.get("engine")
        if isinstance(described, dict):
            options = {key: value for key, value in described["options"].items() if key != "electronic_temperature_k"}
            key = f"{described['spec']} {options}"
            engines.setdefault(key, {**described, "options": options, "electronic": set()})
            electronic = described["options"].get("electronic_temperature_k")
            if electronic is not None:
                engines[key]["electronic"].add(float(electronic))  # type: ignore[attr-defined]
        for package, number in entry.provenance.get("versions", {}).items():
            versions.setdefault(package, set()).add(str(number))
        if entry.host:
            hosts.add(entry.host)
    rows = [(f"engine {described['spec']}", _engine_text(described)) for described in engines.values()]
    rows.append(("versions", ", ".join(f"{name} {' and '.join(sorted(found))}" for name, found in versions.items())))
    rows.append(("machines", ", ".join(sorted(hosts))))
    return rows


def _engine_text(described: Mapping[str, object]) -> str:
    options = described["options"]
    assert isinstance(options, dict)
    parts = [f"{key} = {value}" for key, value in options.items()]
    electronic = described.get("electronic")
    if electronic:
        values = ", ".join(f"{value:g}" for value in sorted(electronic))  # type: ignore[call-overload]
        parts.append(f"electronic temperature {values} K")
    parts.append(f"pressure {described['pressure_label']}")
    if described.get("content_hash"):
        parts.append(f"SHA-256 {str(described['content_hash'])[:16]}…")
    return f"{described['version']}: {'; '.join(parts)}"
