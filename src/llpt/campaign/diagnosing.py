"""What is wrong with the runs of two sides, or with the surrogate, by name: from averages, labels and differences.

From the runs alone: masses, kinetic temperature, solids. From labels of both sides on the same snapshots: the size of
the forces, the pressure, the energy between the phases and which choice behind the reference has the same. From
differences of an engine's energy (``llpt.audit.check_derivatives``): whether forces and pressure derive from it.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from llpt.audit import DerivativeCheck, Diagnosis, diagnose, of_choices, of_derivatives, of_phases
from llpt.audit.diagnosis import Cause, DiagnosedSide
from llpt.audit.double_labels import forces_of, virial_pressure_gpa
from llpt.campaign.identity import Role
from llpt.campaign.labelled import MatchedState
from llpt.observables import estimate_of
from llpt.statistics import Estimate, combined
from llpt.transition.order import slope_of_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llpt.campaign.explained import CampaignExplanation, PlacedExplanation
    from llpt.campaign.labelled import LabelledRun
    from llpt.campaign.ladders import ObservedLadder
    from llpt.campaign.observed import ObservedRun


def diagnose_runs(ladders: Sequence[ObservedLadder]) -> tuple[Diagnosis, ...]:
    """Return what the base ladders say of themselves: kinetic temperatures, solids, and masses of the two sides.

    Args:
        ladders: of everything that was observed (``ladders_of``).
    """
    base = [ladder for ladder in ladders if ladder.is_base]
    return (*_masses(base), *(found for ladder in base for found in (*_kinetic(ladder), *_solid(ladder))))


def diagnose_labels(
    labelled: Sequence[LabelledRun],
    explanation: CampaignExplanation,
    ladders: Sequence[ObservedLadder],
    *,
    derivatives: Mapping[Role, DerivativeCheck] | None = None,
) -> tuple[Diagnosis, ...]:
    """Return what labels of both sides on the same snapshots say.

    Args:
        labelled: runs of either side, with both sides' labels.
        explanation: what came of them (``explain_campaign``).
        ladders: of everything that was observed.
        derivatives: differences of each engine's energy, where they were made.
    """
    found: list[Diagnosis] = []
    for placed in explanation.shifts:
        found.append(of_phases(placed.explanation, line=placed.place.line))
        for budget in explanation.budgets:
            if budget.place == placed.place:
                found += of_choices(placed.explanation, budget.rows, budget.left, line=placed.place.line)
    found += _of_labels(labelled)
    place = _place(labelled, explanation)
    if place is not None:
        slope = next((line_slope(placed) for placed in explanation.shifts), Estimate.unknown("K/GPa"))
        for role, check in (derivatives or {}).items():
            name = next((ladder.engine for ladder in ladders if ladder.role is role), str(role))
            found += of_derivatives(
                check, side=DiagnosedSide(role), engine=name, temperature_k=place.temperature_k, slope_k_per_gpa=slope
            )
    return tuple(found)


def line_slope(placed: PlacedExplanation) -> Estimate:
    """Return dT*/dP = T Delta V / Delta H of the reference in K/GPa (Clapeyron); unknown where a step is not known.

    Args:
        placed: both phases at one state, with the reference's steps between them.
    """
    temperature = Estimate(placed.place.temperature_k, 0.0, "K", math.inf)
    return slope_of_line(temperature, placed.steps.volume, placed.steps.enthalpy)


def _place(labelled: Sequence[LabelledRun], explanation: CampaignExplanation) -> MatchedState | None:
    """Return the state to count kelvins at: where both phases are, else the first that was labelled."""
    places = [placed.place for placed in explanation.shifts] + [MatchedState.of(each.identity) for each in labelled]
    return next(iter(places), None)


def _masses(base: Sequence[ObservedLadder]) -> list[Diagnosis]:
    """Hold the mean mass of an atom of the two sides against each other, on every line that both have."""
    sides: dict[tuple[str, int], dict[Role, ObservedRun]] = {}
    for ladder in base:
        sides.setdefault((ladder.line, ladder.atoms), {}).setdefault(ladder.role, ladder.runs[0])
    found = []
    for (line, atoms), runs in sides.items():
        if len(runs) < len(Role):
            continue
        masses = {role: float(run.summary.attrs["mass_u"]) / atoms for role, run in runs.items()}
        ratio = masses[Role.SURROGATE] / masses[Role.REFERENCE]
        engines = {role: run.engine for role, run in runs.items()}
        sentence = (
            f"An atom weighs {masses[Role.SURROGATE]:.4g} u in the runs of {engines[Role.SURROGATE]} and "
            f"{masses[Role.REFERENCE]:.4g} u in those of {engines[Role.REFERENCE]}."
        )
        if not math.isclose(ratio, 1.0, rel_tol=1e-3):
            sentence += (
                f" At equal volumes densities in g/cm³ differ by the factor {ratio:.4g}, diffusion and rates by its "
                "root; no other average of configurations changes, and the transition stays where it is."
            )
        exact = Estimate(100.0 * (ratio - 1.0), 0.0, "%", math.inf)
        nothing = Estimate(0.0, 0.0, "K", math.inf)
        found.append(
            diagnose(
                Cause.MASS,
                side=DiagnosedSide.BOTH,
                line=line,
                atoms=atoms,
                size=exact,
                kelvins=nothing,
                sentence=sentence,
            )
        )
    return found


def _kinetic(ladder: ObservedLadder) -> list[Diagnosis]:
    """Hold the temperature of the motion against the thermostat's, over all runs of a ladder."""
    shares = []
    for run in ladder.runs:
        measured = estimate_of(run.summary, "temperature") if "temperature" in run.summary else Estimate.unknown("K")
        if measured.resolved:
            ratio = measured.scaled(100.0 / run.temperature_k, "%")
            shares.append(
                Estimate(ratio.value - 100.0, ratio.error, "%", ratio.effective_samples, ratio.degrees_of_freedom)
            )
    if not shares:
        return []
    mean = combined(
        float(np.mean([each.value for each in shares])), [(each, 1.0 / len(shares)) for each in shares], "%"
    )
    middle = ladder.runs[len(ladder.runs) // 2].temperature_k
    size = f"{mean} hotter" if mean.value > 0.0 else f"{mean.scaled(-1.0, mean.unit)} colder"
    return [
        diagnose(
            Cause.KINETIC_TEMPERATURE,
            side=DiagnosedSide(ladder.role),
            line=ladder.line,
            atoms=ladder.atoms,
            temperature_k=middle,
            size=mean,
            kelvins=mean.scaled(-middle / 100.0, "K"),
            sentence=f"The atoms in the runs of {ladder.engine} are {size} than their thermostat is set to.",
        )
    ]


def _solid(ladder: ObservedLadder) -> list[Diagnosis]:
    """Say at which temperatures of a ladder a solid was found."""
    if ladder.states is None:
        return []
    along = ladder.states.along
    solid, untold = ladder.states.solid_coordinates, ladder.states.untold_coordinates
    if solid or not untold:
        share = Estimate(100.0 * len(solid) / len(ladder.states.coordinates), 0.0, "%", math.inf)
        where = f"a solid at {along.listing(solid)}" if solid else "a fluid at every point"
    else:
        share = Estimate.unknown("%")
        where = f"not seen long enough to tell a solid from a fluid at {along.listing(untold)}"
    return [
        diagnose(
            Cause.SOLID,
            side=DiagnosedSide(ladder.role),
            line=ladder.line,
            atoms=ladder.atoms,
            size=share,
            sentence=f"{ladder.engine} is {where}, in {ladder.atoms} atoms.",
        )
    ]


def _of_labels(labelled: Sequence[LabelledRun]) -> list[Diagnosis]:
    """Return by how much the surrogate's forces and pressures are larger on the same configurations."""
    if not labelled:
        return []
    factors, pressures = [], []
    for run in labelled:
        for reference, surrogate in zip(run.labels.reference, run.labels.surrogate, strict=True):
            right = forces_of(reference)
            factors.append(float((forces_of(surrogate) * right).sum() / (right**2).sum()))
            pressures.append(virial_pressure_gpa(surrogate) - virial_pressure_gpa(reference))
    runs = [run.labels.name + str(run.labels.coupling) for run in labelled for _ in run.labels.reference]
    force = _by_run(100.0 * (np.array(factors) - 1.0), runs, "%")
    pressure = _by_run(np.array(pressures), runs, "GPa")
    return [
        diagnose(
            Cause.FORCE_SIZE,
            side=DiagnosedSide.SURROGATE,
            size=force,
            sentence=_compared("forces are", force, "larger than", "smaller than"),
        ),
        diagnose(
            Cause.PRESSURE,
            side=DiagnosedSide.SURROGATE,
            size=pressure,
            sentence=_compared("pressure is", pressure, "above", "below"),
        ),
    ]


def _compared(what: str, difference: Estimate, more: str, less: str) -> str:
    """Say by how much something of the surrogate exceeds the reference's, or falls short of it."""
    size = replace(difference, value=abs(difference.value))
    word = less if difference.value < 0.0 else more
    return f"The surrogate's {what} {size} {word} the reference's on the same configurations."


def _by_run(values: np.ndarray[tuple[int], np.dtype[np.float64]], runs: Sequence[str], unit: str) -> Estimate:
    """Return the mean over runs, each of which counts once: its error is the scatter of the runs."""
    names = np.array(runs)
    means = np.array([values[names == name].mean() for name in dict.fromkeys(runs)])
    if means.size < 2 or not np.isfinite(means).all():
        return Estimate.unknown(unit)
    deviation = float(means.std(ddof=1)) / math.sqrt(means.size)
    return Estimate.of_deviation(float(means.mean()), deviation, unit, float(means.size), means.size - 1.0)
