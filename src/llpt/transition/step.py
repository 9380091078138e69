"""A step in a curve: where it is, how high, how wide, and whether it is there at all.

The model is a line that changes into another line,

    y(T) = a + b x + (d + c x) s((T - T0) / w),   s(u) = (1 + tanh u) / 2,   x = T - T_mean,

so that a first-order line (w far below the grid) and a crossover (w a part of the range) are one family. Level, slopes
and height are integrated out exactly (Gaussian priors as wide as the data themselves); T0 and w are summed over a grid,
T0 uniform within the range of the curve, a third of the probability on a jump (the narrowest w), the rest uniform in
the logarithm of w. A jump between two grid points thus gets the honest error spacing/sqrt(12); that of a wide step
holds ``FORM_SHARE`` w, because nobody knows its form. Errors of the points are enlarged by the root of chi^2 per degree
of freedom where the model fits worse than they allow.
The step must earn its place: against a parabola its evidence has to be ``MINIMUM_ODDS`` times greater.

T stands for whatever changes along the line of states: on an isotherm it is the pressure or the density. A density
against pressure bends too much for a line; there the model is that of ln(rho) against ln(P), whose lines are power
laws.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from llpt.statistics import Estimate, noisy_errors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from llpt.transition.curve import Curve

MINIMUM_POINTS = 5
MINIMUM_ODDS = 20.0
LOCATIONS = 161
WIDTHS = 31
NARROWEST = 0.02
CONFINED = 0.125
JUMP_ODDS = 0.5
"""Of a jump against all else, beforehand: a jump, a change between two temperatures and a wider one are three cases."""
FORM_SHARE = 0.2
"""Scatter of the place of a step of another form than tanh, in units of w (``benchmarks/findings.py form``)."""
_NEGLIGIBLE = 1e-6
_LEAST_ERROR = 1e-6
"""Of the span of the values."""


@dataclass(frozen=True)
class StepFit:
    """What a curve says of a step in it.

    Args:
        location: T0, in the unit of what changes along the line.
        height: change of the curve at T0 due to the step, d + c x(T0), in its unit; negative where it falls.
        width: w, posterior mean and standard deviation, in the unit of T0.
        width_below: upper limit of w, 95 %.
        width_above: lower limit of w, 95 %; the narrowest width tried says nothing.
        log_odds: ln of the evidence of the step over that of a parabola.
        chi_squared: of the best fit with the errors as given.
        degrees_of_freedom: points less six parameters, at least 1.
        resolved: whether there is a step and its location is confined by the points.
        reason: one sentence.
    """

    location: Estimate
    height: Estimate
    width: Estimate
    width_below: float
    width_above: float
    log_odds: float
    chi_squared: float
    degrees_of_freedom: int
    resolved: bool
    reason: str

    def shift_from(self, other: StepFit) -> Estimate:
        """Return how far the step lies from another of the same curve, e.g. walked the other way.

        What nobody knows of the form moves both alike where they are equally wide: ``FORM_SHARE`` of the difference of
        their widths stays.
        """
        apart = self.location.minus(other.location)
        known = [
            math.sqrt(max(0.0, step.location.error**2 - (FORM_SHARE * step.width.value) ** 2)) for step in (self, other)
        ]
        error = math.hypot(*known, FORM_SHARE * (self.width.value - other.width.value))
        return replace(apart, error=error)


def fit_step(curve: Curve) -> StepFit:
    """Fit a step to the points of a curve that have errors.

    Args:
        curve: any observable along a line of states.

    Returns:
        The fit; ``resolved`` is False, with the reason, for fewer than ``MINIMUM_POINTS`` points, for a curve in
        which a parabola does as well, and for a step whose place the points leave open.
    """
    known = curve.resolved()
    points = logarithms(known) if curve.is_power_law else known
    if len(points) < MINIMUM_POINTS:
        found = f"{len(points)} of {len(curve)} {curve.along.words}"
        return _nothing(f"{found} have a known error; {MINIMUM_POINTS} are needed.", curve)
    places = points.coordinates
    scaled = _Scaled.of(points)
    x = scaled.x
    grid = _Grid.over(places)
    designs = scaled.designs(grid)
    chi_squared = designs.least_chi_squared()
    inflation = _inflation(chi_squared, len(points))
    evidence, _ = designs.solved(inflation)
    weights = np.exp(evidence - evidence.max()) * grid.priors()
    log_step = float(evidence.max() + np.log(weights.sum()))
    weights /= weights.sum()
    parabola = _Designs.of(np.stack([np.ones_like(x), x, x**2], axis=1)[None], scaled.y, scaled.errors)
    log_parabola = float(parabola.marginal(inflation)[0][0])

    location = float(weights @ grid.locations)
    width = float(weights @ grid.widths)
    location_error = math.hypot(math.sqrt(float(weights @ (grid.locations - location) ** 2)), FORM_SHARE * width)
    likely = np.flatnonzero(weights > _NEGLIGIBLE * weights.max())
    _, means, covariances = designs.only(likely).marginal(inflation)
    at_step = np.stack([np.ones(len(likely)), scaled.of_places(grid.locations[likely])], axis=1)
    shares = weights[likely] / weights[likely].sum()
    heights = np.einsum("gi,gi->g", at_step, means[:, 2:])
    variances = np.einsum("gi,gij,gj->g", at_step, covariances[:, 2:, 2:], at_step)
    height = float(shares @ heights)
    height_error = float(np.sqrt(shares @ (variances + (heights - height) ** 2)))
    below, above = grid.width_limits(weights)
    width_error = float(np.sqrt(weights @ (grid.widths - width) ** 2))
    value, metre = height * scaled.span, 1.0
    height_error *= scaled.span
    if curve.is_power_law:
        level = math.exp(float(np.interp(location, places, points.values)))
        location, metre = math.exp(location), math.exp(location)
        value, height_error = value * level, height_error * level
    location_error *= metre
    resolved, reason = _judge(log_step - log_parabola, location, location_error, known)
    unit = curve.along.unit
    return StepFit(
        location=points.of_all(location, location_error, unit),
        height=points.of_all(value, height_error, curve.unit),
        width=points.of_all(width * metre, width_error * metre, unit),
        width_below=below * metre,
        width_above=above * metre,
        log_odds=log_step - log_parabola,
        chi_squared=chi_squared,
        degrees_of_freedom=_degrees(len(points)),
        resolved=resolved,
        reason=reason,
    )


def logarithms(points: Curve) -> Curve:
    """Return ln y against ln x of the points where both are positive."""
    positive = points.only(points.coordinates > 0.0).logarithm()
    return replace(positive, coordinates=np.log(positive.coordinates))


def log_evidence(
    curve: Curve, locations: NDArray[np.float64], widths: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Return ln of the evidence of a step at every place and of every width, up to a constant of the curve.

    Args:
        curve: any observable along a line of states.
        locations: T0, shape (l,); outside the points of the curve the evidence is none, -inf.
        widths: w, shape (m,).

    Returns:
        Shape (l, m); None for fewer than ``MINIMUM_POINTS`` points with a known error.
    """
    points = curve.resolved()
    if len(points) < MINIMUM_POINTS:
        return None
    places = points.coordinates
    centres, spreads = np.meshgrid(locations, widths, indexing="ij")
    designs = _Scaled.of(points).designs(_Grid(centres.ravel(), spreads.ravel()))
    inflation = _inflation(designs.least_chi_squared(), len(points))
    evidence = designs.solved(inflation)[0].reshape(centres.shape)
    outside = (locations < places[0]) | (locations > places[-1])
    return np.asarray(np.where(outside[:, None], -np.inf, evidence))


def width_priors(count: int) -> NDArray[np.float64]:
    """Return how likely each of some widths is beforehand, shape (count,): they rise, and the first is that of a jump.

    Args:
        count: of the widths, evenly spaced in their logarithm.
    """
    jump = JUMP_ODDS / (1.0 + JUMP_ODDS)
    return np.concatenate([[jump], np.full(count - 1, (1.0 - jump) / (count - 1))])


@dataclass(frozen=True)
class _Scaled:
    """The points of a curve, coordinates from -1 to 1, values and errors in units of their span.

    Args:
        coordinates: as they are, shape (n,).
        x: scaled, shape (n,).
        y: values less their mean, shape (n,).
        errors: shape (n,).
        span: of the values.
    """

    coordinates: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    errors: NDArray[np.float64]
    span: float

    @classmethod
    def of(cls, points: Curve) -> _Scaled:
        """Scale the points of a curve."""
        places = points.coordinates
        span = float(np.ptp(points.values)) or 1.0
        errors = np.maximum(noisy_errors(points.errors, otherwise=_LEAST_ERROR * span), _LEAST_ERROR * span)
        y = (points.values - points.values.mean()) / span
        return cls(places, _from_ends(places, places), y, errors / span, span)

    def of_places(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return other places on the same scale."""
        return _from_ends(places, self.coordinates)

    def designs(self, grid: _Grid) -> _Designs:
        """Return the normal equations of a step at every point of a grid."""
        return _Designs.of_steps(grid.switches(self.coordinates), self.x, self.y, self.errors)


def _from_ends(places: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return places on the scale on which a curve goes from -1 to 1."""
    middle = 0.5 * float(ends[0] + ends[-1])
    return np.asarray((places - middle) / (0.5 * float(ends[-1] - ends[0])))


def _degrees(points: int) -> int:
    """Return points less the six parameters of a step, at least 1."""
    return max(1, points - 6)


def _inflation(chi_squared: float, points: int) -> float:
    """Return what errors squared are multiplied by where the best step fits worse than they allow."""
    return max(1.0, chi_squared / _degrees(points)) if points > 6 else 1.0


@dataclass(frozen=True)
class _Grid:
    """All (T0, w) tried, flattened: shape (grid,) each."""

    locations: NDArray[np.float64]
    widths: NDArray[np.float64]

    @classmethod
    def over(cls, places: NDArray[np.float64]) -> _Grid:
        spacing = float(np.diff(places).min())
        extent = float(places[-1] - places[0])
        locations = np.linspace(places[0], places[-1], LOCATIONS)
        widths = np.geomspace(NARROWEST * spacing, 0.5 * extent, WIDTHS)
        centres, spreads = np.meshgrid(locations, widths, indexing="ij")
        return cls(centres.ravel(), spreads.ravel())

    def priors(self) -> NDArray[np.float64]:
        """Return the probability of each grid point beforehand, shape (grid,)."""
        return np.tile(width_priors(WIDTHS) / LOCATIONS, LOCATIONS)

    def switches(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return s at every grid point, shape (grid, points)."""
        return np.asarray(0.5 * (1.0 + np.tanh((places[None] - self.locations[:, None]) / self.widths[:, None])))

    def width_limits(self, weights: NDArray[np.float64]) -> tuple[float, float]:
        """Return the 95 % upper and the 95 % lower limit of the width."""
        widths, index = np.unique(self.widths, return_inverse=True)
        cumulative = np.cumsum(np.bincount(index.ravel(), weights=weights))
        below = float(widths[min(int(np.searchsorted(cumulative, 0.95)), len(widths) - 1)])
        above = float(widths[min(int(np.searchsorted(cumulative, 0.05)), len(widths) - 1)])
        return below, above


def _prior_variances(columns: int) -> NDArray[np.float64]:
    """Return the prior variances of level, slope, height (or curvature), change of slope; the data span 1."""
    return np.array([1.0, 1.0, 1.0, 0.25])[:columns]


@dataclass(frozen=True)
class _Designs:
    """The normal equations of every design: X'X, X'y and y'y, all divided by the errors squared.

    Args:
        products: shape (grid, columns, columns).
        projections: shape (grid, columns).
        total: y'y.
    """

    products: NDArray[np.float64]
    projections: NDArray[np.float64]
    total: float

    @classmethod
    def of(cls, designs: NDArray[np.float64], y: NDArray[np.float64], errors: NDArray[np.float64]) -> _Designs:
        """Form them from designs of shape (grid, points, columns), data and errors of shape (points,)."""
        weighted = designs / errors[None, :, None]
        target = y / errors
        transposed = weighted.transpose(0, 2, 1)
        return cls(transposed @ weighted, transposed @ target, float(target @ target))

    @classmethod
    def of_steps(
        cls, switch: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64], errors: NDArray[np.float64]
    ) -> _Designs:
        """Form those of 1, x, s and x s from s of shape (grid, points): sums of x^k s^j, as products of matrices."""
        weights = errors**-2.0
        powers = x[:, None] ** np.arange(3) * weights[:, None]
        sums = np.stack([np.broadcast_to(powers.sum(axis=0), (len(switch), 3)), switch @ powers, switch**2 @ powers])
        sides = np.stack([y * weights, x * y * weights], axis=1)
        products = np.empty((len(switch), 4, 4))
        for row, (line, part) in enumerate(((0, 0), (1, 0), (0, 1), (1, 1))):
            for column, (other_line, other_part) in enumerate(((0, 0), (1, 0), (0, 1), (1, 1))):
                products[:, row, column] = sums[part + other_part, :, line + other_line]
        projections = np.concatenate([np.broadcast_to(sides.sum(axis=0), (len(switch), 2)), switch @ sides], axis=1)
        return cls(products, projections, float((y**2 * weights).sum()))

    def only(self, chosen: NDArray[np.intp]) -> _Designs:
        """Return those of some designs."""
        return replace(self, products=self.products[chosen], projections=self.projections[chosen])

    def marginal(self, inflation: float) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return ln evidence, means and covariances of the linear parameters, errors squared times ``inflation``."""
        prior = _prior_variances(self.products.shape[2])
        precision = self.products / inflation + np.diag(1.0 / prior)
        projections = self.projections / inflation
        covariances = np.linalg.inv(precision)
        means = (covariances @ projections[:, :, None])[:, :, 0]
        _, log_determinant = np.linalg.slogdet(precision)
        misfit = self.total / inflation - (projections * means).sum(axis=1)
        evidence = -0.5 * (misfit + log_determinant + np.log(prior).sum())
        return np.asarray(evidence), np.asarray(means), np.asarray(covariances)

    def solved(self, inflation: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return ln evidence and means as ``marginal`` does, without covariances and many times faster.

        Gaussian elimination of the positive definite normal equations, one step for all designs at once.
        """
        prior = _prior_variances(self.products.shape[2])
        matrix = (self.products / inflation + np.diag(1.0 / prior)).transpose(1, 2, 0).copy()
        side = (self.projections / inflation).T.copy()
        columns = len(prior)
        explained, log_determinant = np.zeros(side.shape[1]), np.zeros(side.shape[1])
        for pivot in range(columns):
            explained += side[pivot] ** 2 / matrix[pivot, pivot]
            log_determinant += np.log(matrix[pivot, pivot])
            for row in range(pivot + 1, columns):
                factor = matrix[row, pivot] / matrix[pivot, pivot]
                matrix[row, pivot:] -= factor * matrix[pivot, pivot:]
                side[row] -= factor * side[pivot]
        means = np.zeros_like(side)
        for row in reversed(range(columns)):
            means[row] = (side[row] - (matrix[row, row + 1 :] * means[row + 1 :]).sum(axis=0)) / matrix[row, row]
        evidence = -0.5 * (self.total / inflation - explained + log_determinant + np.log(prior).sum())
        return np.asarray(evidence), np.asarray(means.T)

    def least_chi_squared(self) -> float:
        """Return the least chi^2 of the posterior mean over all designs."""
        _, means = self.solved(1.0)
        quadratic = (means[:, None, :] @ self.products @ means[:, :, None])[:, 0, 0]
        return float(max((self.total - 2.0 * (self.projections * means).sum(axis=1) + quadratic).min(), 0.0))


def _judge(log_odds: float, location: float, location_error: float, points: Curve) -> tuple[bool, str]:
    """Return whether a step stands out and is placed, and the sentence that says so."""
    along, places = points.along, points.coordinates
    if log_odds < math.log(MINIMUM_ODDS):
        return False, (
            f"No step stands out: it is {math.exp(min(log_odds, 50.0)):.2g} times as likely as a smooth parabola, "
            f"{MINIMUM_ODDS:g} are asked for."
        )
    if location_error > CONFINED * float(np.ptp(places)):
        first = along.shown(places[0]).removesuffix(f" {along.unit}")
        return False, (
            f"There is a step, but its place, {along.shown(location, location_error)}, is not confined by the "
            f"{along.words} from {first} to {along.shown(places[-1])}."
        )
    if not places[1] <= location <= places[-2]:
        return False, (
            f"The step lies at the end of the {along.words}, near {along.shown(location)}; two {along.words} beyond it "
            "are needed."
        )
    return True, f"A step at {along.shown(location, location_error)}."


def _nothing(reason: str, curve: Curve) -> StepFit:
    unknown = Estimate.unknown(curve.along.unit)
    height = Estimate.unknown(curve.unit)
    return StepFit(unknown, height, unknown, math.nan, math.nan, math.nan, math.nan, 0, resolved=False, reason=reason)
