"""What is held against each other on one pair of isobars, before anything is judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.audit.coverage import frozen_alone, not_run
from llpt.audit.equivalence import Outcome
from llpt.audit.quantities import compared_quantities, contrasts_of, missing_in
from llpt.audit.requirements import fluid_requirement, minimum_requirements, production_ps
from llpt.audit.transition_temperature import unlike_rates
from llpt.audit.verdict import Comparison, Requirement
from llpt.transition import LineKind

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
        unproven: why nothing here is proven to be equal, whatever is compared; nothing where it may be.
    """

    pair: Pair | None
    comparisons: tuple[Undecided, ...]
    lacking: tuple[Requirement, ...]
    remarks: tuple[str, ...]
    insufficient: str
    unproven: str = ""


def findings_of(matched: Pair, thresholds: Thresholds, *, name_size: bool = False) -> Findings:
    """Collect the comparisons of a pair, of every quantity there is.

    Args:
        matched: the two lines of states.
        thresholds: of the study.
        name_size: whether sentences tell the number of atoms: there are other pairs at the same place.
    """
    lines = (matched.reference.states, matched.surrogate.states)
    remarks = [
        f"{states.engine} is a solid at {states.where} and "
        f"{states.along.listing(states.solid_coordinates)}; these runs take no part."
        for states in lines
        if states.solid_coordinates
    ]
    remarks += [
        f"Some of the runs of {states.engine} at {states.where} and "
        f"{states.along.listing(states.partly_solid_coordinates)} are a solid; "
        "the others, which are a fluid, are averaged without them."
        for states in lines
        if states.partly_solid_coordinates
    ]
    if not matched.same_size:
        remarks.append(
            f"At {matched.where} {lines[0].n_atoms} atoms of the reference are held against "
            f"{lines[1].n_atoms} of the surrogate: size may be a part of the difference."
        )
    fluid = matched.fluid()
    if fluid is None:
        reason = f"One of the two is a solid at every {lines[0].along.word}"
        nothing = tuple(
            _comparison(matched, quantity, quantity.open_because(reason), thresholds)
            for quantity in compared_quantities()
            if quantity.open_for_solids
        )
        melted = tuple(fluid_requirement(states) for states in lines if states.fluid() is None)
        return Findings(None, nothing, melted, tuple(remarks), "")
    lines = (fluid.reference.states, fluid.surrogate.states)
    lacking = [need for states in lines for need in minimum_requirements(states, thresholds)]
    small = any(states.n_atoms < thresholds.minimum_atoms for states in lines)
    short = any(production_ps(states) < thresholds.minimum_production_ps for states in lines)
    insufficient = " and ".join(text for text, holds in (("short", short), ("small", small)) if holds)
    if insufficient:
        remarks.append(f"The runs at {matched.where} are too {insufficient} to prove anything.")
    ratio = unlike_rates(fluid)
    if ratio is not None:
        remarks.append(
            f"At {matched.where} the runs of one side are {ratio:.1f} times as long as the "
            "other's: the shorter may overshoot the transition farther."
        )
    comparisons = [
        _comparison(fluid, quantity, contrast, thresholds, name_size=name_size)
        for quantity in compared_quantities()
        for contrast in contrasts_of(quantity, fluid, thresholds)
    ]
    unproven = frozen_alone(matched)
    remarks += [f"At {matched.where} {unproven}."] if unproven else []
    apart = not_run(matched)
    remarks += [f"{matched.where}: {apart}."] if apart else []
    missing = missing_in(fluid, thresholds)
    remarks += [f"{matched.where}: {missing}."] if missing else []
    return Findings(fluid, tuple(comparisons), tuple(lacking), tuple(remarks), insufficient, unproven)


def _comparison(
    pair: Pair, quantity: ComparedQuantity, contrast: Contrast, thresholds: Thresholds, *, name_size: bool = False
) -> Undecided:
    """Return a difference with its threshold, *not resolved* as yet."""
    threshold = thresholds.value_of(quantity.threshold)
    sentence = f"{contrast.sentence.rstrip('.')}; threshold {threshold:g} {contrast.difference.unit}"
    atoms = pair.reference.states.n_atoms
    place = f"{pair.where}, N = {atoms}" if name_size else pair.where
    comparison = Comparison(
        quantity=f"{quantity} ({contrast.kind})" if contrast.kind else quantity.name,
        pressure_gpa=pair.pressure_gpa,
        line="" if pair.kind is LineKind.ISOBAR else pair.where,
        reference_atoms=atoms,
        surrogate_atoms=pair.surrogate.states.n_atoms,
        temperature_k=contrast.temperature_k,
        difference=contrast.difference,
        threshold=threshold,
        outcome=Outcome.NOT_RESOLVED,
        judged=contrast.judged and (thresholds.judges(quantity.name) or thresholds.judges(contrast.kind)),
        sentence=f"{place}: {sentence}",
    )
    return Undecided(comparison, contrast)
