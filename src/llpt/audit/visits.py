"""Where a cell too small to hold a phase has its transition: the temperature at which it is in both regions as often.

A small cell goes to and fro between two regions of configurations, one on each side of a value of an order parameter.
The two have equal free energy where each is visited half of the time (equal weights; Borgs and Kotecký, J. Stat. Phys.
61, 79, 1990, https://doi.org/10.1007/BF01013955). With p the share of the region that is stable above the transition,

    ln(p / (1 - p)) = -(G_high - G_low) / k_B T,    its slope along 1/T: -(H_high - H_low) / k_B  (van 't Hoff),

a straight line in 1/T as long as the step of enthalpy of the cell changes little, fitted to the counts by their
likelihood. That is the transition *observed*, of each Hamiltonian by itself. The one *predicted* starts from the
surrogate's T*: within a region the two Hamiltonians differ by Delta G (``llpt.bridge``), so that

    ln(p / (1 - p))_r = ln(p / (1 - p))_s - (Delta G_high - Delta G_low) / k_B T,

and with the reference's step of enthalpy, from the slope of its own visits,

    1/T*_r = 1/T*_s - (Delta G_high - Delta G_low) / (T*_s Delta H_r)    at T*_s.

Delta G of a region does not know how often the reference went there: the two can disagree. (The labelled snapshots of
the reference come from the runs whose visits are counted: an average within a region is taken as independent of the
share of that region.) The difference by the labels is a straight line in 1/T as well, fitted over all temperatures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt import units
from llpt.audit.explanation import ShiftAgreement, finding_of
from llpt.audit.inverse_lines import (
    FEWEST_TEMPERATURES,
    EqualShares,
    InverseLine,
    Parts,
    equal_shares,
    inverse_line,
    is_known,
    merged,
    no_line,
    nowhere,
    parts_of,
    somewhere,
)
from llpt.audit.phase_regions import by_region
from llpt.bridge import REFERENCE, SURROGATE, FreeEnergyMethod, free_energy_difference
from llpt.statistics import (
    MINIMUM_EFFECTIVE_SAMPLES,
    Estimate,
    fit_logit,
    statistical_inefficiency,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from llpt.audit.double_labels import DoublyLabelled
    from llpt.audit.phase_regions import PhaseBoundary


@dataclass(frozen=True, eq=False)
class Walk:
    """The order parameter along one run.

    Args:
        coupling: whose run it is, ``llpt.bridge.SURROGATE`` or ``REFERENCE``.
        order: its values at equally spaced times, shape (n,).
    """

    coupling: float
    order: NDArray[np.float64]

    @classmethod
    def of_snapshots(cls, run: DoublyLabelled, boundary: PhaseBoundary) -> Walk:
        """Return what labelled snapshots show of their run."""
        return cls(run.coupling, np.array([boundary.order.of(atoms) for atoms in run.reference]))


@dataclass(frozen=True)
class Visits:
    """How often the runs of one Hamiltonian at one temperature were in the region stable above the transition.

    Args:
        temperature_k: T.
        share: of the snapshots in that region, 0 … 1.
        effective_samples: independent snapshots.
        log_ratio: ln(p / (1 - p)) for figures, with half a snapshot added to either count, which removes most of
            its bias (Haldane, Ann. Hum. Genet. 20, 309, 1956, https://doi.org/10.1111/j.1469-1809.1955.tb01285.x).
    """

    temperature_k: float
    share: float
    effective_samples: float
    log_ratio: Estimate


@dataclass(frozen=True)
class RegionDifference:
    """What the labels of one temperature say of the two regions.

    Args:
        temperature_k: T.
        difference_mev_per_atom: Delta G_high - Delta G_low, reference less surrogate, per atom.
        low: how the lower region's was found.
        high: the upper one's.
        overlap: of the poorer region, 0 … 0.5; NaN where one is missing.
        reduced: (Delta G_high - Delta G_low) / k_B T of the cell.
        predicted: ln(p / (1 - p)) of the reference at this T: the surrogate's straight line less ``reduced``.
    """

    temperature_k: float
    difference_mev_per_atom: Estimate
    low: FreeEnergyMethod
    high: FreeEnergyMethod
    overlap: float
    reduced: Estimate
    predicted: Estimate


@dataclass(frozen=True)
class Crossover:
    """The shift of a transition in cells that hold no phase: predicted from labels, and observed.

    Args:
        region: what parts the two regions, for people.
        surrogate_visits: of the surrogate, by temperature.
        reference_visits: of the reference.
        differences: what the labels say, by temperature.
        surrogate: T* of the surrogate by its visits.
        reference: T* of the reference by its visits.
        predicted: T* of the reference by the surrogate's T*, the labels and the reference's step of enthalpy.
        predicted_shift: T*_r - T*_s by the labels, in K.
        observed_shift: the same by both sides' visits.
        finding: whether the two agree.
        sentence: the finding for people.
    """

    region: str
    surrogate_visits: tuple[Visits, ...]
    reference_visits: tuple[Visits, ...]
    differences: tuple[RegionDifference, ...]
    surrogate: EqualShares
    reference: EqualShares
    predicted: EqualShares
    predicted_shift: Estimate
    observed_shift: Estimate
    finding: ShiftAgreement
    sentence: str


def crossover(
    sets: Mapping[float, Sequence[DoublyLabelled]],
    boundary: PhaseBoundary,
    walks: Mapping[float, Sequence[Walk]] | None = None,
) -> Crossover | None:
    """Return the predicted and the observed shift; None where the runs do not go to and fro.

    A side whose runs go to and fro has, at three temperatures or more, a run that was in both regions. At others the
    shares are those of the starts, and take no part.

    Args:
        sets: doubly labelled snapshots of both sides' runs at one pressure and size, by temperature in K.
        boundary: what parts the two regions, the same for both sides.
        walks: the order parameter along these runs, more densely than the labelled snapshots; None takes the snapshots.
    """
    if walks is None:
        walks = {each: [Walk.of_snapshots(run, boundary) for run in runs] for each, runs in sets.items()}
    visits = {coupling: _visits(walks, coupling, boundary) for coupling in (SURROGATE, REFERENCE)}
    if any(len(side) < FEWEST_TEMPERATURES for side in visits.values()):
        return None
    own = {coupling: line_of_visits(side) for coupling, side in visits.items()}
    differences = tuple(
        found
        for temperature in sorted(sets)
        if (found := _difference(temperature, sets[temperature], boundary, own[SURROGATE])) is not None
    )
    labels = inverse_line([(each.temperature_k, each.reduced) for each in differences])
    surrogate, reference = (equal_shares(own[coupling]) for coupling in (SURROGATE, REFERENCE))
    foretold = _foretold(own, labels, surrogate)
    predicted = foretold.place
    of_surrogate, of_reference = (
        parts_of(own[coupling], place) for coupling, place in ((SURROGATE, surrogate), (REFERENCE, reference))
    )
    value = predicted.temperature.value
    shifts = [
        merged(value - surrogate.temperature.value, (foretold.parts, 1.0), (of_surrogate, -1.0)),
        merged(reference.temperature.value - surrogate.temperature.value, (of_reference, 1.0), (of_surrogate, -1.0)),
    ]
    # What two places owe to the same visits is counted once.
    apart = merged(value - reference.temperature.value, (foretold.parts, 1.0), (of_reference, -1.0))
    finding, sentence = finding_of(shifts[0], shifts[1], apart, without=predicted.reason)
    region = f"{boundary.order.value.replace('_', ' ')} {boundary.value:.3g}"
    return Crossover(
        region,
        visits[SURROGATE],
        visits[REFERENCE],
        differences,
        surrogate,
        reference,
        predicted,
        shifts[0],
        shifts[1],
        finding,
        sentence,
    )


def line_of_visits(visits: Sequence[Visits]) -> InverseLine:
    """Fit ln(p / (1 - p)) of one side by the likelihood of its counts (``llpt.statistics.fit_logit``).

    Args:
        visits: by temperature; fewer than ``FEWEST_TEMPERATURES`` make no line.
    """
    temperatures = [each.temperature_k for each in visits]
    if len(visits) < FEWEST_TEMPERATURES:
        return no_line(temperatures)
    found = fit_logit(
        [1.0 / temperature for temperature in temperatures],
        [each.share for each in visits],
        [each.effective_samples for each in visits],
        slope_unit="K",
    )
    line = found.line
    ends = min(temperatures), max(temperatures)
    return InverseLine(*ends, len(visits), found.middle, line.intercept, line.slope, line.chi_squared)


@dataclass(frozen=True)
class _Foretold:
    """Where the labels foretell the reference's T*, and what that was made of."""

    place: EqualShares
    parts: Parts = ()


def _foretold(own: Mapping[float, InverseLine], labels: InverseLine, surrogate: EqualShares) -> _Foretold:
    """Return T* of the reference from that of the surrogate.

    At the surrogate's T* the reference's ln(p / (1 - p)) is less by what the labels say there, and its own slope, the
    reference's step of enthalpy, leads from there to zero.
    How often the reference was where is not asked, but for that slope.

    Args:
        own: the line of each side's visits.
        labels: the line of (Delta G_high - Delta G_low) / k_B T.
        surrogate: its T*.
    """
    visits, slope = own[REFERENCE], own[REFERENCE].slope
    if not surrogate.temperature.resolved:
        return _Foretold(nowhere(visits, f"Of the surrogate's runs: {surrogate.reason}"))
    if not labels.slope.resolved:
        known = f"Differences of the regions are known at {labels.points} temperatures"
        return _Foretold(nowhere(visits, f"{known}; {FEWEST_TEMPERATURES} are needed."))
    if not (slope.resolved and is_known(slope)):
        return _Foretold(nowhere(visits, "The reference's step of enthalpy is not known to three errors."))
    start_k = surrogate.temperature.value
    away = 1.0 / start_k - labels.middle
    lost = labels.value.value + away * labels.slope.value
    place_k = 1.0 / (1.0 / start_k + lost / slope.value)
    if not visits.coldest_k <= place_k <= visits.hottest_k:
        return _Foretold(nowhere(visits, "The labels lead beyond the temperatures that were run."))
    by_value = -(place_k**2) / slope.value
    by_start = (place_k / start_k) ** 2 * (1.0 + labels.slope.value / slope.value)
    parts = (
        (labels.value, by_value),
        (labels.slope, away * by_value),
        (slope, place_k**2 * lost / slope.value**2),
        *((part, by_start * by) for part, by in parts_of(own[SURROGATE], surrogate)),
    )
    return _Foretold(somewhere(visits, merged(place_k, (parts, 1.0))), parts)


def _visits(walks: Mapping[float, Sequence[Walk]], coupling: float, boundary: PhaseBoundary) -> tuple[Visits, ...]:
    """Return the visits of one side by temperature, its runs at one temperature together."""
    found = []
    for temperature in sorted(walks):
        counted = [
            counts
            for walk in walks[temperature]
            if walk.coupling == coupling and (counts := _counts(walk.order, boundary)) is not None
        ]
        if not any(0.0 < high < samples for high, samples in counted):
            continue
        high, samples = (sum(each) for each in zip(*counted, strict=True))
        above, below = high + 0.5, samples - high + 0.5
        deviation = math.sqrt(1.0 / above + 1.0 / below)
        value = Estimate.of_deviation(math.log(above / below), deviation, "", samples, samples)
        found.append(Visits(temperature, high / samples, samples, value))
    return tuple(found)


def _counts(order: NDArray[np.float64], boundary: PhaseBoundary) -> tuple[float, float] | None:
    """Return independent snapshots in the upper region, and in all; None where they are too few to tell."""
    high = (order > boundary.value) != boundary.low_is_above
    lengths = [statistical_inefficiency(series) for series in (order, high.astype(float)) if np.ptp(series) > 0.0]
    if not lengths or not np.isfinite(lengths).all():
        return None
    samples = order.size / max(*lengths, 1.0)
    return (float(high.mean()) * samples, samples) if samples >= MINIMUM_EFFECTIVE_SAMPLES else None


def _difference(
    temperature_k: float, runs: Sequence[DoublyLabelled], boundary: PhaseBoundary, visits: InverseLine
) -> RegionDifference | None:
    """Return what the labels of one temperature say; None where a region has none."""
    sides = by_region(runs, boundary)
    if not all(sides):
        return None
    low, high = (free_energy_difference([each.samples() for each in side]) for side in sides)
    difference = high.value.minus(low.value)
    reduced = difference.scaled(1.0 / (units.BOLTZMANN_EV_PER_K * temperature_k), "")
    per_atom = difference.scaled(1000.0 / low.atoms, "meV/atom")
    overlap = min(low.overlap, high.overlap)
    predicted = visits.at(temperature_k).minus(reduced)
    return RegionDifference(temperature_k, per_atom, low.method, high.method, overlap, reduced, predicted)
