"""An average against a distance at one point of a line of states: g(r)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Profile:
    """An average in each bin of a distance.

    Args:
        distances: centres of the bins, rising, in Å, shape (n,).
        values: shape (n,).
        errors: 68 %, NaN where unknown, shape (n,).
    """

    distances: NDArray[np.float64]
    values: NDArray[np.float64]
    errors: NDArray[np.float64]

    @classmethod
    def of_repeats(cls, runs: Sequence[xr.Dataset], name: str, weights: Sequence[float]) -> Profile | None:
        """Return a curve of a summary, that of repeats as a weighted mean; None where one does not have it.

        Repeats reach as far as the one with the smallest cell.

        Args:
            runs: their summaries (``llpt.observables.summarise_run``), at least one.
            name: of the curve in them.
            weights: of the runs, in any unit.
        """
        if not all(name in run and f"{name}_error" in run for run in runs):
            return None
        axis = str(runs[0][name].dims[0])
        parts = [cls(*(run[each].to_numpy() for each in (axis, name, f"{name}_error"))) for run in runs]
        shortest = min(parts, key=lambda part: float(part.distances[-1]))
        parts = [part.at(shortest.distances) for part in parts]
        shares = np.asarray(weights) / sum(weights)
        values = sum(share * part.values for share, part in zip(shares, parts, strict=True))
        variances = sum((share * part.errors) ** 2 for share, part in zip(shares, parts, strict=True))
        return cls(shortest.distances, np.asarray(values), np.sqrt(variances))

    def at(self, distances: NDArray[np.float64]) -> Profile:
        """Return values and errors at other distances, by straight lines between the bins."""
        values, errors = (np.interp(distances, self.distances, each) for each in (self.values, self.errors))
        return Profile(distances, values, errors)
