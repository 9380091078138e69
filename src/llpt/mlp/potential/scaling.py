"""How symmetry functions are scaled before the network, and when an atom lies outside what the network was taught."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from llpt.errors import InputError

if TYPE_CHECKING:
    from llpt.mlp.arrays import Floats

# n2p2 does not warn of values that leave the range by rounding alone.
EXTRAPOLATION_TOLERANCE = 1000.0 * float(np.finfo(np.float64).eps)


class ScalingKind(StrEnum):
    """The five ways of n2p2 to scale a symmetry function G; a and b are the ends of the target range."""

    NONE = "none"
    RANGE = "range"  # a + (b - a) (G - min) / (max - min)
    CENTRE = "centre"  # G - mean
    RANGE_CENTRE = "range and centre"  # a + (b - a) (G - mean) / (max - min)
    SIGMA = "sigma"  # a + (b - a) (G - mean) / sigma


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """Statistics of each symmetry function over the training set, and how they scale it.

    Args:
        kind: the formula.
        minimum: smallest value seen, shape (n_functions,).
        maximum: largest value seen.
        mean: mean value.
        sigma: standard deviation.
        lower: a, lower end of the target range.
        upper: b, upper end of the target range.

    Raises:
        InputError: a number is not finite, or a range or sigma that is divided by is zero.
    """

    kind: ScalingKind
    minimum: Floats
    maximum: Floats
    mean: Floats
    sigma: Floats
    lower: float = 0.0
    upper: float = 1.0

    def __post_init__(self) -> None:
        for array in (self.minimum, self.maximum, self.mean, self.sigma):
            if not np.isfinite(array).all():
                raise InputError("The scaling data have a value that is not a finite number.", "Take another copy.")
        if not np.isfinite(self.factor).all():
            number = int(np.flatnonzero(~np.isfinite(self.factor))[0]) + 1
            raise InputError(
                f"Symmetry function {number} does not vary in the scaling data, so it cannot be scaled.",
                "Remove it from the set, or train on more varied structures.",
            )

    @property
    def factor(self) -> Floats:
        """What (G - offset) is multiplied by, shape (n_functions,)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.kind in (ScalingKind.RANGE, ScalingKind.RANGE_CENTRE):
                return np.asarray((self.upper - self.lower) / (self.maximum - self.minimum))
            if self.kind is ScalingKind.SIGMA:
                return np.asarray((self.upper - self.lower) / self.sigma)
        return np.ones_like(self.mean)

    @property
    def offset(self) -> Floats:
        """What is subtracted from G before the factor, shape (n_functions,)."""
        if self.kind is ScalingKind.NONE:
            return np.zeros_like(self.mean)
        if self.kind is ScalingKind.RANGE:
            return self.minimum
        return self.mean

    @property
    def base(self) -> float:
        """What is added after the factor."""
        return 0.0 if self.kind in (ScalingKind.NONE, ScalingKind.CENTRE) else self.lower
