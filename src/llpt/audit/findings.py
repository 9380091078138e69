"""What is held against each other on one pair of isobars, before anything is judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.audit.density import DENSITY, no_density
from llpt.audit.equivalence import Outcome
from llpt.audit.quantities import compared_quantities, contrasts_of
from llpt.audit.requirements import fluid_requirement, minimum_requirements, production_ps
from llpt.audit.transition_temperature import unlike_rates
from llpt.audit.verdict import Comparison, Requirement

if TYPE_CHECKING:
    from llpt.audit.compared import ComparedQuantity, Contrast
    from llpt.audit.pairing import Pair
    from llpt.audit.thresholds import Thresholds


@dataclass(frozen=True)
class Undecided:
    """A comparison without an outcome, and the difference behind it.

    Args:
        comparison: *not resolved* as yet.
        contrast: its difference, of a curve at every temperature.
    """

    comparison: Comparison
    contrast: Contrast


@dataclass(frozen=True)
class Findings:
    """The comparisons of one pair, still without an outcome.

    Args:
        pair: without solid points; None where one of the two is a solid at every temperature.
        comparisons: still without an outcome.
        lacking: what the runs lack before anything can be concluded.
        remarks: sentences for the verdict.
        insufficient: "short", "small", "short and small", or nothing: why the runs decide nothing.
    """

    pair: Pair | None
    comparisons: tuple[Undecided, ...]
    lacking: tuple[Requirement, ...]
    remarks: tuple[str, ...]
    insufficient: str


def findings_of(matched: Pair, thresholds: Thresholds) -> Findings:
    """Collect the comparisons of a pair, of every quantity there is."""
    isobars = (matched.reference.states, matched.surrogate.states)
    remarks = [
        f"{isobar.engine} is a solid at {isobar.where} and "
        f"{', '.join(f'{value:g}' for value in isobar.solid_coordinates)} {isobar.along.unit}; these runs take no part."
        for isobar in isobars
        if isobar.solid_coordinates
    ]
    if not matched.same_size:
        remarks.append(
            f"At {matched.pressure_gpa:g} GPa {isobars[0].n_atoms} atoms of the reference are held against "
            f"{isobars[1].n_atoms} of the surrogate: size may be a part of the difference."
        )
    fluid = matched.fluid()
    if fluid is None:
        nothing = _comparison(
            matched, DENSITY, no_density("One of the two is a solid at every temperature"), thresholds
        )
        melted = tuple(fluid_requirement(isobar) for isobar in isobars if isobar.fluid() is None)
        return Findings(None, (nothing,), melted, tuple(remarks), "")
    isobars = (fluid.reference.states, fluid.surrogate.states)
    lacking = [need for isobar in isobars for need in minimum_requirements(isobar, thresholds)]
    small = any(isobar.n_atoms < thresholds.minimum_atoms for isobar in isobars)
    short = any(production_ps(isobar) < thresholds.minimum_production_ps for isobar in isobars)
    insufficient = " and ".join(text for text, holds in (("short", short), ("small", small)) if holds)
    if insufficient:
        remarks.append(f"The runs at {matched.pressure_gpa:g} GPa are too {insufficient} to prove anything.")
    ratio = unlike_rates(fluid)
    if ratio is not None:
        remarks.append(
            f"At {matched.pressure_gpa:g} GPa the runs of one side are {ratio:.1f} times as long as the "
            "other's: the shorter may overshoot the transition farther."
        )
    comparisons = [
        _comparison(fluid, quantity, contrast, thresholds)
        for quantity in compared_quantities()
        for contrast in contrasts_of(quantity, fluid, thresholds)
    ]
    return Findings(fluid, tuple(comparisons), tuple(lacking), tuple(remarks), insufficient)


def _comparison(pair: Pair, quantity: ComparedQuantity, contrast: Contrast, thresholds: Thresholds) -> Undecided:
    """Return a difference with its threshold, *not resolved* as yet."""
    threshold = thresholds.value_of(quantity.threshold)
    sentence = f"{contrast.sentence.rstrip('.')}; threshold {threshold:g} {contrast.difference.unit}"
    comparison = Comparison(
        quantity=f"{quantity} ({contrast.kind})" if contrast.kind else quantity.name,
        pressure_gpa=pair.pressure_gpa,
        reference_atoms=pair.reference.states.n_atoms,
        surrogate_atoms=pair.surrogate.states.n_atoms,
        temperature_k=contrast.temperature_k,
        difference=contrast.difference,
        threshold=threshold,
        outcome=Outcome.NOT_RESOLVED,
        judged=contrast.judged and (thresholds.judges(quantity.name) or thresholds.judges(contrast.kind)),
        sentence=f"{pair.pressure_gpa:g} GPa: {sentence}",
    )
    return Undecided(comparison, contrast)
