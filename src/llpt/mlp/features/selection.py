"""Choosing symmetry functions from the data: CUR with deflation (Imbalzano et al., J. Chem. Phys. 148, 241730, 2018).

The candidates' values on a sample of atoms make a matrix. Repeatedly, the column with the largest weight in the leading
singular vectors is taken and projected out of the rest, so that each choice adds what the earlier ones lack.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from llpt.errors import InputError

if TYPE_CHECKING:
    from llpt.mlp.arrays import Floats, Integers

_LEADING = 3
_SMALLEST_SPREAD = 1e-6
_EXHAUSTED = 1e-10


def choose_columns(values: Floats, count: int, *, costs: Floats | None = None) -> Integers:
    """Choose the columns that best span a matrix of symmetry functions.

    Args:
        values: raw symmetry functions of sampled atoms, shape (n_samples, n_candidates).
        count: how many to choose.
        costs: relative cost of each candidate; a column's score is divided by its square root.

    Returns:
        Indices of the chosen columns, in order of choice; fewer than ``count`` where the rest add nothing.

    Raises:
        InputError: no column varies over the sample.
    """
    spread = values.std(axis=0)
    usable = spread > _SMALLEST_SPREAD * max(1.0, float(spread.max()))
    if not usable.any():
        raise InputError("All frames look alike to the symmetry functions.", "Give more varied frames.")
    matrix = np.zeros_like(values)
    matrix[:, usable] = (values[:, usable] - values[:, usable].mean(axis=0)) / spread[usable]
    price = np.ones(values.shape[1]) if costs is None else np.sqrt(costs)
    start = float((matrix**2).sum())
    chosen: list[int] = []
    gram = matrix.T @ matrix
    while len(chosen) < min(count, int(usable.sum())):
        if np.trace(gram) < _EXHAUSTED * start:
            break
        _, vectors = np.linalg.eigh(gram)
        score = (vectors[:, -_LEADING:] ** 2).sum(axis=1) / price
        score[chosen] = 0.0
        score[np.diag(gram) < _EXHAUSTED * len(values)] = 0.0
        if not score.any():
            break
        best = int(score.argmax())
        chosen.append(best)
        # Deflation on the Gram matrix: project the chosen column out of all others.
        gram -= np.outer(gram[:, best], gram[best]) / gram[best, best]
    return np.array(chosen, dtype=np.int64)
