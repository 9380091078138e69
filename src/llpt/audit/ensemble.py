"""Is a run of the ensemble that it claims? Its kinetic energy, its volume, and pairs of neighbouring states are asked.

In the canonical ensemble the kinetic energy of n degrees of freedom has the mean n k_B T / 2 and the variance
n (k_B T)² / 2, whatever the forces; of a path integral that is asked of the momenta of its beads. Two runs at one
temperature and two pressures, or at one pressure and two temperatures, sample distributions whose ratio is known:
ln p₂/p₁ = −(β₂ − β₁) H at one pressure, with the enthalpy H = E + PV, and −β (P₂ − P₁) V at one temperature (Shirts,
J. Chem. Theory Comput. 9, 909, 2013, doi:10.1021/ct300688p). The slope is found by maximum likelihood and compared with
what it must be. Where the electrons have the temperature of the ions, E is the internal energy, since ∂(βF)/∂β = E;
where they have one temperature in both runs, it is the free energy F.

At constant pressure Var(V) = −k_B T (∂⟨V⟩/∂P)_T. With the pressures of neighbours at hand, −(∂ ln V/∂ ln P)_T is the
chord on each side, so that no model of the fluid is needed; where the two chords differ much, the fluid changes between
them (a transition), and nothing is judged. The pair of pressures asks the same without a chord, but needs volumes that
overlap.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import binom

from llpt.statistics import Estimate, mean_estimate, statistical_inefficiency, variance_estimate
from llpt.statistics.autocorrelation import as_series, block_averages, spectral_estimate
from llpt.statistics.equilibration import TREND_BLOCKS
from llpt.statistics.estimate import combined
from llpt.statistics.mean import MINIMUM_EFFECTIVE_SAMPLES
from llpt.trajectory.foreign.suspicion import TEMPERATURE_SHARE
from llpt.units import BOLTZMANN_EV_PER_K, EV_PER_ANGSTROM3_TO_GPA

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

ENSEMBLE_CONFIDENCE = 0.99865
"""One-sided: three standard errors of a normal distribution, more where an error rests on few samples."""
FALSE_FAILURES = 2.0 * (1.0 - ENSEMBLE_CONFIDENCE)
"""A check of a run that is right fails so often."""
SURPRISING = 1e-3
"""So many failures that share no run, or more, are no chance among as many right runs."""
FEWEST = 20
"""So many independent samples on each side, or a slope is not asked for."""
NEWTON_STEPS = 50
LARGEST_BEND = 0.2
"""Chords to the two neighbouring pressures that differ by more than this share of their mean are of no one fluid."""


class EnsembleOutcome(StrEnum):
    """What a check came to."""

    HOLDS = "as it must be"
    FAILS = "is not of this ensemble"
    OPEN = "not resolved"


@dataclass(frozen=True, slots=True)
class EnsembleCheck:
    """One thing that an ensemble demands of runs.

    Args:
        what: e.g. ``variance of the kinetic energy``.
        measured: in units of what it must be; a trend in standard deviations of its series.
        outcome: whether it is.
        expected: what is right: 1, or 0 of a trend.
    """

    what: str
    measured: Estimate
    outcome: EnsembleOutcome
    expected: float = 1.0

    @property
    def words(self) -> str:
        """The number with its error; that there is none where it is not resolved."""
        if not self.measured.resolved:
            return "not available"
        return f"{self.measured.value:.3f} ± {self.measured.error:.2g}"


def trend_check(what: str, series: ArrayLike) -> EnsembleCheck:
    """Return whether a series stays where it is: its straight trend over the run, in its own standard deviations.

    Args:
        what: e.g. ``volume``.
        series: at every step, shape (n,).
    """
    values = block_averages(as_series(series), TREND_BLOCKS)
    spread = float(np.std(np.asarray(series, dtype=float)))
    found = Estimate.unknown("")
    if spread > 0.0 and len(values) > 2:
        place = (np.arange(len(values)) + 0.5) / len(values) - 0.5
        trend = float(place @ values / (place @ place))
        left = spectral_estimate(values - values.mean() - trend * place)
        if left.effective_samples >= MINIMUM_EFFECTIVE_SAMPLES:
            error = math.sqrt(left.variance_of_mean * len(values) / float(place @ place))
            samples, degrees = left.effective_samples, left.degrees_of_freedom
            found = Estimate.of_deviation(trend / spread, error / spread, "", samples, degrees)
    return EnsembleCheck(f"trend of the {what}", found, _outcome(found, 0.0, expected=0.0), expected=0.0)


def volume_variance_check(
    volumes_angstrom3: Sequence[ArrayLike], *, pressures_gpa: Sequence[float], temperature_k: float
) -> EnsembleCheck:
    """Return whether a volume fluctuates as the volumes at the two neighbouring pressures demand.

    Var(V) = k_B T κ V with the compressibility κ = a / P, and a = −∂ ln V/∂ ln P the mean of the chords to both sides.
    Half the difference of the chords is allowed besides.

    Args:
        volumes_angstrom3: of three runs at one temperature, at every step.
        pressures_gpa: the barostat's, rising and above 0; the middle one is asked.
        temperature_k: of all.
    """
    what = "variance of the volume, by neighbouring pressures"
    means = [mean_estimate(volumes, "") for volumes in volumes_angstrom3]
    variance = variance_estimate(volumes_angstrom3[1], "")
    open_check = EnsembleCheck(what, Estimate.unknown(""), EnsembleOutcome.OPEN)
    if not (variance.resolved and all(mean.resolved for mean in means)):
        return open_check
    chords = [
        math.log(means[side].value / means[side + 1].value) / math.log(pressures_gpa[side + 1] / pressures_gpa[side])
        for side in (0, 1)
    ]
    exponent, bend = 0.5 * (chords[0] + chords[1]), 0.5 * abs(chords[0] - chords[1])
    if not exponent > 0.0 or bend > 0.5 * LARGEST_BEND * exponent:
        return open_check
    pressure = pressures_gpa[1] / EV_PER_ANGSTROM3_TO_GPA
    expected = BOLTZMANN_EV_PER_K * temperature_k * exponent * means[1].value / pressure
    ratio = variance.value / expected
    widths = [math.log(pressures_gpa[side + 1] / pressures_gpa[side]) for side in (0, 1)]
    slopes = (  # of ln ratio by ln V of each run
        -0.5 / widths[0] / exponent,
        -(0.5 / widths[1] - 0.5 / widths[0]) / exponent - 1.0,
        0.5 / widths[1] / exponent,
    )
    parts = [(variance, 1.0 / expected)]
    parts += [(mean, ratio * slope / mean.value) for mean, slope in zip(means, slopes, strict=True)]
    measured = combined(ratio, parts, "")
    return EnsembleCheck(what, measured, _outcome(measured, ratio * bend / exponent))


def kinetic_energy_checks(
    kinetic_energy_ev: ArrayLike, *, temperature_k: float, degrees_of_freedom: int, of: str = "kinetic energy"
) -> tuple[EnsembleCheck, EnsembleCheck]:
    """Return whether mean and variance of a kinetic energy are those of the canonical ensemble.

    Args:
        kinetic_energy_ev: at every step, shape (n,).
        temperature_k: the thermostat's temperature.
        degrees_of_freedom: 3 N − 3 where the centre of mass rests.
        of: what the checks call it.
    """
    thermal = BOLTZMANN_EV_PER_K * temperature_k
    values = np.asarray(kinetic_energy_ev, dtype=float) / (0.5 * degrees_of_freedom * thermal)
    mean = mean_estimate(values, "")
    variance = variance_estimate(values * math.sqrt(degrees_of_freedom / 2.0), "")
    return (
        EnsembleCheck(f"mean of the {of}", mean, _outcome(mean, TEMPERATURE_SHARE)),
        EnsembleCheck(f"variance of the {of}", variance, _outcome(variance, 0.0)),
    )


def bead_momenta_checks(
    bead_temperature_k: ArrayLike, *, temperature_k: float, atoms: int, beads: int
) -> tuple[EnsembleCheck, EnsembleCheck]:
    """Return whether the momenta of a path integral's beads are canonical: a check of its thermostats.

    They are 3 N P − 3 classical degrees of freedom at P T, whatever the forces. The nuclei's own kinetic energy is an
    estimator of positions and forces, of which no ensemble demands a number.

    Args:
        bead_temperature_k: of the momenta of all beads at every step, shape (n,).
        temperature_k: the thermostats' temperature.
        atoms: N.
        beads: P.
    """
    degrees = 3 * atoms * beads - 3
    kinetic = np.asarray(bead_temperature_k, dtype=float) * (0.5 * degrees * BOLTZMANN_EV_PER_K)
    what = "kinetic energy of the beads"
    return kinetic_energy_checks(kinetic, temperature_k=temperature_k, degrees_of_freedom=degrees, of=what)


def pressure_pair_check(
    volumes_angstrom3: tuple[ArrayLike, ArrayLike], *, pressures_gpa: tuple[float, float], temperature_k: float
) -> EnsembleCheck:
    """Return whether the volumes of two runs at one temperature differ as their pressures demand.

    Args:
        volumes_angstrom3: of the two runs, at every step.
        pressures_gpa: the barostat's.
        temperature_k: of both.
    """
    difference = (pressures_gpa[1] - pressures_gpa[0]) / EV_PER_ANGSTROM3_TO_GPA
    expected = -difference / (BOLTZMANN_EV_PER_K * temperature_k)
    return _pair("volumes of two pressures", volumes_angstrom3, expected)


def temperature_pair_check(
    enthalpies_ev: tuple[ArrayLike, ArrayLike], *, temperatures_k: tuple[float, float]
) -> EnsembleCheck:
    """Return whether the enthalpies of two runs at one pressure differ as their temperatures demand.

    Args:
        enthalpies_ev: E + P V of the cell, kinetic part left out, P that of the barostat; E alone at one volume. F in
            the place of E where the electrons have one temperature in both.
        temperatures_k: the thermostat's.
    """
    one, other = (1.0 / (BOLTZMANN_EV_PER_K * kelvin) for kelvin in temperatures_k)
    return _pair("energies of two temperatures", enthalpies_ev, -(other - one))


def _pair(what: str, series: tuple[ArrayLike, ArrayLike], expected: float) -> EnsembleCheck:
    first, second = (_independent(values) for values in series)
    slope = Estimate.unknown("")
    if min(len(first), len(second)) >= FEWEST:
        found = log_ratio_slope(first, second)
        if found is not None:
            slope = Estimate(found[0] / expected, abs(found[1] / expected), "", float(min(len(first), len(second))))
    return EnsembleCheck(what, slope, _outcome(slope, 0.0))


def _independent(values: ArrayLike) -> NDArray[np.float64]:
    """Return every g-th sample, g of which are worth one."""
    series = np.asarray(values, dtype=float)
    inefficiency = statistical_inefficiency(series)
    return series[:: max(1, math.ceil(inefficiency))] if math.isfinite(inefficiency) else series[:0]


def log_ratio_slope(one: NDArray[np.float64], other: NDArray[np.float64]) -> tuple[float, float] | None:
    """Return the slope of ln p_other(x)/p_one(x) on x by maximum likelihood, and its standard error.

    Args:
        one: independent samples.
        other: the same of the other distribution.

    Returns:
        Slope and error; None where the two do not overlap.
    """
    x = np.concatenate([one, other])
    centre, spread = x.mean(), x.std()
    if spread == 0.0:
        return None
    design = np.column_stack([np.ones(len(x)), (x - centre) / spread])
    belongs = np.concatenate([np.zeros(len(one)), np.ones(len(other))])
    weights = np.zeros(2)
    for _ in range(NEWTON_STEPS):
        probable = 1.0 / (1.0 + np.exp(-np.clip(design @ weights, -500.0, 500.0)))
        curvature = design.T @ (design * (probable * (1.0 - probable))[:, np.newaxis])
        if abs(float(np.linalg.det(curvature))) < 1e-12 * len(x):
            return None  # nothing of the one lies where the other is
        step = np.linalg.solve(curvature, design.T @ (belongs - probable))
        weights += step
        if float(np.abs(step).max()) < 1e-10:
            break
    error = math.sqrt(float(np.linalg.inv(curvature)[1, 1]))
    return float(weights[1] / spread), error / spread


def _outcome(measured: Estimate, allowed: float, *, expected: float = 1.0) -> EnsembleOutcome:
    if not measured.resolved:
        return EnsembleOutcome.OPEN
    off = abs(measured.value - expected) - allowed
    return EnsembleOutcome.HOLDS if off <= measured.half_width(ENSEMBLE_CONFIDENCE) else EnsembleOutcome.FAILS


def fail_by_no_chance(found: Sequence[tuple[Sequence[str], EnsembleCheck]]) -> bool:
    """Whether runs fail that would not if all were right.

    The checks of one run are not independent of each other: a long fluctuation fails several. Counted are failures of
    which no two share a run, among the runs; a right run fails one of its checks at most as often as all together.

    Args:
        found: the checks, each with the runs that it is of.
    """
    decided = [(paths, check) for paths, check in found if check.outcome is not EnsembleOutcome.OPEN]
    runs = {path for paths, _ in decided for path in paths}
    seen: set[str] = set()
    failures = 0
    for paths, check in sorted(decided, key=lambda item: len(item[0])):
        if check.outcome is EnsembleOutcome.FAILS and seen.isdisjoint(paths):
            seen.update(paths)
            failures += 1
    if not failures:
        return False
    chance = min(sum(len(paths) for paths, _ in decided) / len(runs) * FALSE_FAILURES, 1.0)
    return float(binom.sf(failures - 1, len(runs), chance)) < SURPRISING
