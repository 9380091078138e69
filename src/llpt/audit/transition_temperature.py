"""The transition of a pair: its temperature, pressure or density by every criterion, and its width."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from llpt.audit.bracket import bracket_contrast
from llpt.audit.compared import ComparedQuantity, Contrast
from llpt.audit.thresholds import (
    TRANSITION_DENSITY_SHIFT,
    TRANSITION_PRESSURE_SHIFT,
    TRANSITION_PRESSURE_WIDENING,
    TRANSITION_SHIFT,
    TRANSITION_WIDENING,
)
from llpt.transition import LineKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llpt.audit.pairing import Pair
    from llpt.audit.thresholds import Thresholds
    from llpt.transition import Criterion

UNLIKE_RATES = 3.0
"""A ratio of production times beyond which two ladders walked one way overshoot a transition by different amounts."""


def shift_in_temperature(pair: Pair, thresholds: Thresholds) -> Iterator[Contrast]:
    """Return the shift of the transition by every criterion, on lines of rising temperature.

    Judged is the first of the deciding criteria that both resolve, and what the study names besides, where the
    reference resolves it and the surrogate has the observable. Where there is none that both resolve, the first that
    the reference does, or the first of all, is judged all the same, and leaves the verdict open. The steps of the
    judged one are held against each other as a pair (``llpt.transition.pair_steps``).
    """
    if not pair.kind.holds_temperature:
        yield from _shifts(pair, thresholds, TRANSITION_TEMPERATURE.name)


def shift_in_pressure(pair: Pair, thresholds: Thresholds) -> Iterator[Contrast]:
    """Return the same on isotherms at held pressures."""
    if pair.kind is LineKind.ISOTHERM:
        yield from _shifts(pair, thresholds, TRANSITION_PRESSURE.name)


def shift_in_density(pair: Pair, thresholds: Thresholds) -> Iterator[Contrast]:
    """Return the same on isotherms at held densities, in per cent of the reference's density."""
    if pair.kind is not LineKind.DENSITY_ISOTHERM:
        return
    for contrast in _shifts(pair, thresholds, TRANSITION_DENSITY.name):
        place = pair.reference.criteria[pair.deciding].place.value
        base = place if math.isfinite(place) else float(np.mean(pair.reference.states.coordinates))
        yield contrast.scaled(100.0 / base, "%")


def _shifts(pair: Pair, thresholds: Thresholds, name: str) -> Iterator[Contrast]:
    """Return the shift by every criterion of a kind of line, in its own unit."""
    reference, surrogate = pair.reference.criteria, pair.surrogate.criteria
    symbol = pair.reference.states.along.symbol
    for criterion, base in reference.items():
        other = surrogate[criterion]
        difference = other.place.minus(base.place)
        if base.resolved and other.resolved:
            if criterion == pair.deciding and base.step is not None:
                difference = pair.steps.shift
            values = f"({other.place} against {base.place})"
            sentence = f"{symbol} by {criterion}: surrogate minus reference {difference} {values}"
        else:
            sides = ((pair.reference, base), (pair.surrogate, other))
            reasons = [f"{side.states.engine}: {result.reason}" for side, result in sides if not result.resolved]
            sentence = f"{symbol} by {criterion} cannot be compared. {' '.join(reasons)}"
        asked = thresholds.judges(criterion.name) and base.resolved
        first = thresholds.judges(name) and criterion == pair.deciding
        judged = first or (asked and _has(pair, criterion))
        unlike = _unlike(pair)
        bracket = bracket_contrast(pair, criterion) if unlike else None
        if bracket is None:
            yield Contrast(difference, sentence, judged, kind=criterion.name, open_because=unlike)
        else:
            yield replace(bracket, judged=judged)


def width_contrasts(pair: Pair, thresholds: Thresholds) -> Iterator[Contrast]:
    """Return by how much the step of the surrogate is wider, by the curve that the place is judged by.

    Sharp against smooth is the question here, and a step too wide to be placed is an answer: the reference alone has
    to resolve its step.
    """
    del thresholds
    if not pair.kind.holds_temperature:
        yield from _widening(pair)


def widening_in_pressure(pair: Pair, thresholds: Thresholds) -> Iterator[Contrast]:
    """Return the same on isotherms at held pressures.

    At held densities two phases share the cell, and w belongs to neither.

    Args:
        pair: without solid points.
        thresholds: not asked for.
    """
    del thresholds
    if pair.kind is LineKind.ISOTHERM:
        yield from _widening(pair)


def _widening(pair: Pair) -> Iterator[Contrast]:
    if not pair.reference.criteria[pair.deciding].resolved:
        return
    widening = pair.steps.widening
    sentence = f"Width of the step in the {pair.deciding.curve}: surrogate minus reference {widening}"
    yield Contrast(widening, sentence, open_because=_unlike(pair))


def unlike_rates(pair: Pair) -> float | None:
    """Return the ratio of production times per temperature where it is beyond ``UNLIKE_RATES``, else None."""
    first, second = (
        sum(point.production_fs for point in side.states.points) / len(side.states.points)
        for side in (pair.reference, pair.surrogate)
    )
    ratio = max(first, second) / max(min(first, second), 1e-9)
    return ratio if ratio > UNLIKE_RATES else None


def _unlike(pair: Pair) -> str:
    return "" if unlike_rates(pair) is None else "runs of unlike length overshoot a transition by unlike amounts"


def _has(pair: Pair, criterion: Criterion) -> bool:
    return len(pair.surrogate.states.curve(criterion.curve).resolved()) > 0


TRANSITION_TEMPERATURE = ComparedQuantity(
    TRANSITION_SHIFT.quantity, threshold=TRANSITION_SHIFT, contrasts=shift_in_temperature
)
TRANSITION_WIDTH = ComparedQuantity(
    TRANSITION_WIDENING.quantity, threshold=TRANSITION_WIDENING, contrasts=width_contrasts
)
TRANSITION_PRESSURE = ComparedQuantity(
    TRANSITION_PRESSURE_SHIFT.quantity, threshold=TRANSITION_PRESSURE_SHIFT, contrasts=shift_in_pressure
)
TRANSITION_DENSITY = ComparedQuantity(
    TRANSITION_DENSITY_SHIFT.quantity, threshold=TRANSITION_DENSITY_SHIFT, contrasts=shift_in_density
)
TRANSITION_PRESSURE_WIDTH = ComparedQuantity(
    TRANSITION_PRESSURE_WIDENING.quantity, threshold=TRANSITION_PRESSURE_WIDENING, contrasts=widening_in_pressure
)
PLACES = {
    TRANSITION_TEMPERATURE: (LineKind.ISOBAR, LineKind.ISOCHORE),
    TRANSITION_PRESSURE: (LineKind.ISOTHERM,),
    TRANSITION_DENSITY: (LineKind.DENSITY_ISOTHERM,),
}
"""The quantities that have one row for each criterion, and the kinds of lines that they belong to."""
