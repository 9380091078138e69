"""What is held against each other on one pair of isobars, before anything is judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.audit.density import DensityComparison, compare_density
from llpt.audit.equivalence import Outcome
from llpt.audit.requirements import fluid_requirement, minimum_requirements, production_ps
from llpt.audit.verdict import Comparison, Requirement
from llpt.statistics import Estimate
from llpt.transition import DECIDING, Standing, all_criteria

if TYPE_CHECKING:
    from llpt.audit.pairing import Pair
    from llpt.audit.thresholds import Thresholds


@dataclass(frozen=True)
class Findings:
    """The comparisons of one pair, still without an outcome.

    Args:
        pair: without solid points; None where one of the two is a solid at every temperature.
        comparisons: every one *not resolved* as yet.
        lacking: what the runs lack before anything can be concluded.
        remarks: sentences for the verdict.
        too: "short", "small", "short and small", or nothing: why the runs decide nothing.
    """

    pair: Pair | None
    comparisons: tuple[Comparison, ...]
    lacking: tuple[Requirement, ...]
    remarks: tuple[str, ...]
    too: str


def find(matched: Pair, thresholds: Thresholds) -> Findings:
    """Collect the comparisons of a pair: transition temperatures, density offset, density at each temperature."""
    isobars = (matched.reference.isobar, matched.surrogate.isobar)
    remarks = [
        f"{isobar.engine} is a solid at {isobar.pressure_gpa:g} GPa and "
        f"{', '.join(f'{value:g}' for value in isobar.solid_temperatures_k)} K; these runs take no part."
        for isobar in isobars
        if isobar.solid_temperatures_k
    ]
    if not matched.same_size:
        remarks.append(
            f"At {matched.pressure_gpa:g} GPa {isobars[0].n_atoms} atoms of the reference are held against "
            f"{isobars[1].n_atoms} of the surrogate: size may be a part of the difference."
        )
    fluid = matched.fluid()
    if fluid is None:
        nothing = _nothing(matched, thresholds, "One of the two is a solid at every temperature")
        melted = tuple(fluid_requirement(isobar) for isobar in isobars if isobar.fluid() is None)
        return Findings(None, (nothing,), melted, tuple(remarks), "")
    isobars = (fluid.reference.isobar, fluid.surrogate.isobar)
    lacking = [need for isobar in isobars for need in minimum_requirements(isobar, thresholds)]
    small = any(isobar.n_atoms < thresholds.minimum_atoms for isobar in isobars)
    short = any(production_ps(isobar) < thresholds.minimum_production_ps for isobar in isobars)
    too = " and ".join(text for text, holds in (("short", short), ("small", small)) if holds)
    if too:
        remarks.append(f"The runs at {matched.pressure_gpa:g} GPa are too {too} to prove anything.")
    density = compare_density(fluid, near_transition_k=thresholds.transition_temperature_k)
    comparisons = [*_transition_temperatures(fluid, thresholds), *_density(fluid, density, thresholds)]
    return Findings(fluid, tuple(comparisons), tuple(lacking), tuple(remarks), too)


def _transition_temperatures(matched: Pair, thresholds: Thresholds) -> list[Comparison]:
    found = []
    reference, surrogate = matched.reference.criteria, matched.surrogate.criteria
    decided = any(reference[criterion].resolved for criterion in DECIDING)
    for criterion in all_criteria():
        base, other = reference[criterion], surrogate[criterion]
        difference = other.temperature_k.minus(base.temperature_k)
        if base.resolved and other.resolved:
            values = f"({other.temperature_k} against {base.temperature_k})"
            sentence = f"T by {criterion}: surrogate minus reference {difference} {values}"
        else:
            lacking = [(matched.reference, base), (matched.surrogate, other)]
            reasons = [f"{side.isobar.engine}: {result.reason}" for side, result in lacking if not result.resolved]
            sentence = f"T by {criterion} cannot be compared. {' '.join(reasons)}"
        found.append(
            _comparison(
                matched,
                f"transition temperature ({criterion})",
                difference=difference,
                threshold=thresholds.transition_temperature_k,
                sentence=sentence,
                judged=criterion.standing is not Standing.REPORTED
                and (base.resolved or (criterion == DECIDING[0] and not decided)),
            )
        )
    return found


def _density(matched: Pair, density: DensityComparison, thresholds: Thresholds) -> list[Comparison]:
    found = []
    if density.offset is not None:
        sentence = f"Constant density offset in the atomic fluid {density.offset}"
        found.append(
            _comparison(
                matched,
                "density offset",
                difference=density.offset,
                threshold=thresholds.offset_percent,
                sentence=sentence,
                judged=True,
            )
        )
    kind = "after the offset" if density.offset is not None else "(no atomic fluid to take an offset from)"
    for index, residual in enumerate(density.shape):
        temperature = float(density.difference.temperatures_k[index])
        sentence = f"Density at {temperature:g} K {kind}: {residual}"
        found.append(
            _comparison(
                matched,
                "density",
                difference=residual,
                threshold=thresholds.density_percent,
                sentence=sentence,
                judged=bool(density.judged[index]),
                temperature_k=temperature,
            )
        )
    if not density.judged.any():
        found.append(_nothing(matched, thresholds, "No temperature away from the transition is common to both"))
    return found


def _nothing(matched: Pair, thresholds: Thresholds, sentence: str) -> Comparison:
    unknown = Estimate.unknown("%")
    return _comparison(
        matched, "density", difference=unknown, threshold=thresholds.density_percent, sentence=sentence, judged=True
    )


def _comparison(
    matched: Pair,
    quantity: str,
    *,
    difference: Estimate,
    threshold: float,
    sentence: str,
    judged: bool,
    temperature_k: float | None = None,
) -> Comparison:
    against = f"threshold {threshold:g} {difference.unit}"
    return Comparison(
        quantity=quantity,
        pressure_gpa=matched.pressure_gpa,
        reference_atoms=matched.reference.isobar.n_atoms,
        surrogate_atoms=matched.surrogate.isobar.n_atoms,
        temperature_k=temperature_k,
        difference=difference,
        threshold=threshold,
        outcome=Outcome.NOT_RESOLVED,
        judged=judged,
        sentence=f"{matched.pressure_gpa:g} GPa: {sentence.rstrip('.')}; {against}",
    )
