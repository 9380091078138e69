"""Combinations of symmetry functions in which a network learns faster.

Symmetry functions of a fluid repeat each other: of 64, scaled to a deviation of one, a few combinations hold nearly all
variance, and what separates structures lies in the small rest. Levenberg–Marquardt damps all weights alike, so it moves
those combinations last. The network is therefore fitted on x R with

    R = U (Λ + s)^(-1/2),   U Λ Uᵀ = covariance of x,

which gives every combination of variance above s a deviation of one. The first layer's weights W are written as R W:
the network that leaves is the same function of the symmetry functions themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from llpt.mlp.potential.scaling import Scaling, ScalingKind

if TYPE_CHECKING:
    from llpt.mlp.arrays import Floats, Singles


# The best of 0.1, 0.01 and 0.001 after ten steps of a fit to 343 liquids.
_SOFTENING = 0.01


def mixing_matrix(scaled: Floats) -> Floats:
    """Return the matrix R that takes scaled symmetry functions to uncorrelated inputs of more equal size.

    Args:
        scaled: symmetry functions of the training atoms with mean 0 and deviation 1, shape (n_samples, n_functions).
    """
    variances, directions = np.linalg.eigh(scaled.T @ scaled / len(scaled))
    return np.asarray(directions / np.sqrt(np.maximum(variances, 0.0) + _SOFTENING))


@dataclass(frozen=True, slots=True, eq=False)
class NetworkInputs:
    """What a network is fitted on: symmetry functions, scaled and combined.

    Args:
        scaling: of each symmetry function.
        mixing: the matrix R, shape (n_functions, n_functions).
    """

    scaling: Scaling
    mixing: Floats

    @classmethod
    def from_values(cls, values: Floats) -> Self:
        """Return the inputs for raw symmetry functions of the training atoms, shape (n_samples, n_functions)."""
        scaling = Scaling(
            kind=ScalingKind.SIGMA,
            minimum=values.min(axis=0),
            maximum=values.max(axis=0),
            mean=values.mean(axis=0),
            sigma=values.std(axis=0),
        )
        return cls(scaling, mixing_matrix((values - scaling.offset) * scaling.factor))

    def of_values(self, raw: Floats) -> Floats:
        """Return the inputs of raw symmetry functions, shape (..., n_functions)."""
        return np.asarray((raw - self.scaling.offset) * self.scaling.factor @ self.mixing)

    def of_slopes(self, raw: Singles) -> Singles:
        """Return the inputs' derivatives from those of the raw symmetry functions, shape (..., n_functions)."""
        return np.asarray(raw @ (self.scaling.factor[:, None] * self.mixing).astype(np.float32))

    def first_layer(self, weights: Floats) -> Floats:
        """Return the first layer's weights on scaled symmetry functions, from those on the inputs."""
        return np.asarray(self.mixing @ weights)

    def start(self, weights: Floats) -> Floats:
        """Return the first layer's weights on the inputs, from those on scaled symmetry functions.

        A fit starts from weights that are random on the *functions*: weights random on the inputs would give small
        combinations, whose slopes are large, as much say as large ones.
        """
        return np.asarray(np.linalg.solve(self.mixing, weights))
