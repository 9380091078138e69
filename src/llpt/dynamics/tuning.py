"""Tunes the proposals of hybrid Monte Carlo in the part of a run that is thrown away."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from llpt.units import BOLTZMANN_EV_PER_K, GPA_TO_EV_PER_ANGSTROM3

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from llpt.dynamics.settings import RunSettings

FIRST_MATCH = 32
"""Proposals before T' and P' are changed for the first time; they are again whenever their number has doubled."""
_RATIOS = (0.8, 1.25)
_MOST_SHIFT = 0.2
"""T'/T, and the share of P that P' may differ by: further away the segments are those of another fluid."""


class Tuning:
    """Length of the segments, T' and P' as they stand.

    The length follows the acceptance by stochastic approximation (Robbins and Monro, Ann. Math. Statist. 22, 400,
    1951): ln n grows by (a − a*)/√k at proposal k. T' and P' are those at which segments from the engine's
    configurations change U and V by nothing on average: then the potential's ensemble has the engine's mean U and V,
    and of all its T' and P' the least relative entropy. With x = (U, V), whose conjugates are (β', β'P'), linear
    response to a first-order process gives the correction 2 ⟨Δx Δxᵀ⟩⁻¹ ⟨Δx⟩, however short the segments are.

    Args:
        settings: of the run; ``proposals`` is set.
    """

    def __init__(self, settings: RunSettings) -> None:
        assert settings.proposals is not None
        self._proposals = settings.proposals
        self._temperature_k = settings.temperature_k
        self._pressure_gpa = settings.pressure_gpa
        self._log_steps = math.log(self._proposals.segment_steps)
        self.temperature_ratio = self._proposals.temperature_ratio
        self.pressure_shift_gpa = self._proposals.pressure_shift_gpa
        self._learnt = 0
        self._changes: list[tuple[float, float]] = []

    @property
    def segment_steps(self) -> int:
        """Mean number of steps of a segment."""
        return max(1, round(math.exp(self._log_steps)))

    @property
    def temperature_k(self) -> float:
        """Temperature of the segments, T'."""
        return self.temperature_ratio * self._temperature_k

    @property
    def pressure_ev_per_angstrom3(self) -> float:
        """Pressure of the segments, P'; 0 at constant volume."""
        if self._pressure_gpa is None:
            return 0.0
        return (self._pressure_gpa + self.pressure_shift_gpa) * GPA_TO_EV_PER_ANGSTROM3

    def draw_steps(self, random: np.random.Generator) -> int:
        """Return the number of steps of the next segment: evenly from half to one and a half of the mean."""
        mean = self.segment_steps
        return int(random.integers(max(1, (mean + 1) // 2), (3 * mean) // 2 + 1))

    def learn(self, *, log_ratio: float, proposer_ev: float, volume: float) -> None:
        """Take account of a proposal; after the part that is tuned nothing changes any more.

        Args:
            log_ratio: logarithm of the acceptance ratio; minus infinity where it could not be computed.
            proposer_ev: change of U; NaN where the segment had no end.
            volume: change of V, Å³; NaN likewise.
        """
        if self._learnt >= self._proposals.tune:
            return
        self._learnt += 1
        accepted = math.exp(min(0.0, log_ratio))
        self._log_steps += (accepted - self._proposals.acceptance) / math.sqrt(self._learnt)
        self._log_steps = min(max(self._log_steps, 0.0), math.log(self._proposals.most_segment_steps))
        if math.isfinite(proposer_ev):
            self._changes.append((proposer_ev, volume))
        if self._learnt >= FIRST_MATCH and self._learnt.bit_count() == 1:
            self._match()

    def _match(self) -> None:
        """Change T' and P' by what the segments since the last change tell."""
        breathing = self._pressure_gpa is not None
        changes = np.array(self._changes).reshape(-1, 2)[:, : 2 if breathing else 1]
        self._changes.clear()
        if len(changes) < FIRST_MATCH // 2:
            return
        correction = 2.0 * np.linalg.lstsq(changes.T @ changes, changes.sum(axis=0), rcond=None)[0]
        before = 1.0 / (BOLTZMANN_EV_PER_K * self.temperature_k)
        after = before + float(correction[0])
        least, most = (1.0 / (BOLTZMANN_EV_PER_K * self._temperature_k * ratio) for ratio in reversed(_RATIOS))
        after = min(max(after, least), most)
        pressure = self.pressure_ev_per_angstrom3
        self.temperature_ratio = 1.0 / (BOLTZMANN_EV_PER_K * self._temperature_k * after)
        if self._pressure_gpa is not None:
            matched = (before * pressure + float(correction[1])) / after / GPA_TO_EV_PER_ANGSTROM3
            limit = _MOST_SHIFT * abs(self._pressure_gpa)
            self.pressure_shift_gpa = min(max(matched - self._pressure_gpa, -limit), limit)

    def as_arrays(self) -> dict[str, NDArray[np.float64]]:
        """Return all of it as arrays for ``numpy.savez``."""
        return {
            "tuned": np.array([self._log_steps, self.temperature_ratio, self.pressure_shift_gpa, self._learnt]),
            "tuning_changes": np.array(self._changes, dtype=float).reshape(-1, 2),
        }

    def take(self, tuned: NDArray[np.float64], changes: NDArray[np.float64]) -> None:
        """Take up what ``as_arrays`` returned."""
        self._log_steps, self.temperature_ratio, self.pressure_shift_gpa, learnt = (float(each) for each in tuned)
        self._learnt = int(learnt)
        self._changes = [(float(energy), float(volume)) for energy, volume in changes]
