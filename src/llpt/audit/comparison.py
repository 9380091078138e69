"""Holds the isobars of a surrogate against those of its reference and comes to a verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from llpt.audit.equivalence import Outcome, combined_outcome, outcome_of
from llpt.audit.findings import Findings, Undecided, findings_of
from llpt.audit.pairing import pair
from llpt.audit.quantities import check_asked, is_built_in
from llpt.audit.requirements import OpenComparison, grid_for, time_for
from llpt.audit.thresholds import VERDICT_FORMAT, Thresholds
from llpt.audit.verdict import Comparison, Requirement, Verdict
from llpt.errors import InputError
from llpt.statistics import STATISTICS
from llpt.transition import LocatedLine, check_located, deciding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.audit.compared import Contrast
    from llpt.audit.pairing import Pair


def compare(
    reference: LocatedLine | Sequence[LocatedLine],
    surrogate: LocatedLine | Sequence[LocatedLine],
    thresholds: Thresholds | None = None,
) -> Verdict:
    """Say whether a surrogate is faithful to its reference.

    For every isobar, isochore and isotherm of the reference with a partner of the surrogate, what ``Thresholds.judge``
    names: by default temperature (or pressure, or density) and width of the transition, the density away from it after
    a constant offset is taken out, the offset itself, at held volumes the pressure instead, the step of the enthalpy
    and the first peak of g(r). *Not faithful* if any of these is proven to differ by more than its threshold,
    *faithful* if all are proven not to, else *not resolved* (see ``llpt.audit.equivalence`` for the statistics). Runs
    shorter or smaller than the thresholds' minimum decide nothing. What is compared and not judged decides nothing
    either; where it is proven to differ the reasons say so.

    Args:
        reference: the isobar of the reference engine with its criteria (``llpt.transition.locate``), or several.
        surrogate: the same of the surrogate.
        thresholds: what counts as faithful; None takes the defaults of ``Thresholds``.

    Raises:
        InputError: either list is empty or holds something else, or the thresholds name what this program does not
            know.
    """
    reference, surrogate = _located(reference), _located(surrogate)
    if not reference or not surrogate:
        missing = "reference" if not reference else "surrogate"
        raise InputError(
            f"There is no line of states of the {missing} to compare.",
            "Finish at least one run of each engine first.",
        )
    thresholds = Thresholds() if thresholds is None else thresholds
    check_asked(thresholds)
    pairs, alone = pair(reference, surrogate)
    places = Counter(matched.where for matched in pairs)
    findings = [findings_of(matched, thresholds, name_size=places[matched.where] > 1) for matched in pairs]
    among = sum(one.comparison.judged for found in findings for one in found.comparisons)
    comparisons: list[Comparison] = []
    requirements: list[Requirement] = []
    notes = [
        f"No runs of the surrogate at {located.states.where}: the reference there is not compared." for located in alone
    ]
    notes += _walked_alone(pairs, surrogate)
    for found in findings:
        decided = [_decide(undecided, found, thresholds, among=among) for undecided in found.comparisons]
        comparisons += decided
        undone = [
            OpenComparison(one, _level(undecided, among), undecided.contrast)
            for one, undecided in zip(decided, found.comparisons, strict=True)
            if one.judged and one.outcome is Outcome.NOT_RESOLVED
        ]
        requirements += [*found.lacking, *_needs(found, undone, thresholds)]
        notes += found.remarks
    judged = [comparison for comparison in comparisons if comparison.judged]
    outcomes = [comparison.outcome for comparison in judged] + [Outcome.NOT_RESOLVED for _ in alone]
    value = combined_outcome(outcomes)
    deciding = [comparison.sentence for comparison in judged if comparison.outcome is value]
    open_ = (
        [] if value is Outcome.NOT_RESOLVED else [one.sentence for one in judged if one.outcome is Outcome.NOT_RESOLVED]
    )
    return Verdict(
        format=VERDICT_FORMAT,
        statistics=STATISTICS,
        value=value,
        reference=reference[0].states.engine,
        surrogate=surrogate[0].states.engine,
        reasons=(*deciding, *open_, *_shown(comparisons), *notes),
        comparisons=tuple(comparisons),
        requirements=tuple({requirement.sentence: requirement for requirement in requirements}.values()),
        thresholds=thresholds,
    )


def _walked_alone(pairs: Sequence[Pair], surrogate: Sequence[LocatedLine]) -> list[str]:
    """Return a sentence for each line of the surrogate that was walked as no line of its partner was."""
    of_pairs = [(matched.surrogate.states.where, matched.surrogate.states.n_atoms) for matched in pairs]
    used = [id(matched.surrogate) for matched in pairs]
    return [
        f"At {located.states.where} {located.states.engine} alone was walked by {located.states.path}: what it shows, "
        "a loop among it, is not compared."
        for located in surrogate
        if id(located) not in used and (located.states.where, located.states.n_atoms) in of_pairs
    ]


def _located(given: LocatedLine | Sequence[LocatedLine]) -> Sequence[LocatedLine]:
    return [check_located(each) for each in (given if isinstance(given, Iterable) else [given])]


def _decide(undecided: Undecided, found: Findings, thresholds: Thresholds, *, among: int) -> Comparison:
    """Return the comparison with its outcome; ``among`` is how many are judged in the whole verdict."""
    comparison, contrast = undecided.comparison, undecided.contrast
    parts = contrast.parts or (comparison.difference,)
    level = _level(undecided, among)
    allowances = contrast.allowances or (0.0,) * len(parts)
    outcome = combined_outcome(
        [
            outcome_of(part, comparison.threshold, confidence=thresholds.confidence, among=level, allowance=allowance)
            for part, allowance in zip(parts, allowances, strict=True)
        ]
    )
    sentence = f"{comparison.sentence}: {outcome}."
    because = f"the runs are too {found.insufficient} to prove it" if found.insufficient else contrast.open_because
    if outcome is Outcome.FAITHFUL:
        by_itself = _unproven_points(contrast, comparison.threshold, thresholds)
        because = because or contrast.unproven or found.unproven or by_itself
    if because and outcome is not Outcome.NOT_RESOLVED:
        outcome = Outcome.NOT_RESOLVED
        sentence = f"{sentence.rstrip('.')}, but {because}: {outcome}."
    return comparison.model_copy(update={"outcome": outcome, "sentence": sentence})


def _unproven_points(contrast: Contrast, threshold: float, thresholds: Thresholds) -> str:
    """Return at which places a fitted curve is not proven small without its neighbours; empty where it is at all."""
    outcomes = [outcome_of(point, threshold, confidence=thresholds.confidence) for point in contrast.points]
    open_ = [
        (place, point)
        for place, point, outcome in zip(contrast.places, contrast.points, outcomes, strict=True)
        if outcome is not Outcome.FAITHFUL
    ]
    if not open_:
        return ""
    place, point = max(open_, key=lambda each: abs(each[1].value) + each[1].half_width(thresholds.confidence))
    others = f" (and at {len(open_) - 1} more)" if len(open_) > 1 else ""
    return f"by itself the difference at {place}{others} is not proven, {point}"


def _level(undecided: Undecided, among: int) -> float:
    """Return how many statements of a verdict there are of which any one may prove *not faithful*."""
    return max(among, 1) * undecided.contrast.independent


def _shown(comparisons: Sequence[Comparison]) -> list[str]:
    """Return one sentence for each line of states on which something differs that does not count.

    What another package adds is left out: without that package the verdict has to come out again.
    """
    places: dict[str, dict[str, list[str]]] = {}
    for one in comparisons:
        if not one.judged and one.outcome is Outcome.NOT_FAITHFUL and is_built_in(one):
            at = places.setdefault(one.where, {}).setdefault(one.quantity, [])
            at += [] if one.temperature_k is None else [f"{one.temperature_k:g}"]
    return [
        f"{where}: not judged, but proven beyond their thresholds: "
        + "; ".join(f"{name} at {', '.join(at)} K" if at else name for name, at in names.items())
        + "."
        for where, names in places.items()
    ]


def _needs(found: Findings, open_: Sequence[OpenComparison], thresholds: Thresholds) -> list[Requirement]:
    """Return what decides the judged comparisons that are open."""
    if found.pair is None:
        return []
    needs = [time_for(found.pair, open_, confidence=thresholds.confidence)]
    needs += [
        grid_for(located, criterion, found.pair.near(thresholds))
        for criterion in deciding(found.pair.reference.states.kind)
        for located in (found.pair.reference, found.pair.surrogate)
    ]
    return [need for need in needs if need is not None]
