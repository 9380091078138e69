"""Fermi–Dirac occupations at the electronic temperature, their chemical potential and entropy.

Mermin, Phys. Rev. 137, A1441 (1965). Spin-unpolarised: an orbital holds 0 to 2 electrons.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import brentq
from scipy.special import expit
from torch import Tensor

from llpt.errors import EngineError


@dataclass(frozen=True)
class Occupations:
    """Occupations of all orbitals.

    Args:
        numbers: electrons in each orbital, 0 to 2; one tensor (bands,) for each k-point.
        chemical_potential: Ha.
        entropy_energy: T S in Ha per cell, >= 0.
    """

    numbers: tuple[Tensor, ...]
    chemical_potential: float
    entropy_energy: float

    @property
    def filled(self) -> int:
        """Number of bands, at the k-point where it is largest, that hold more than 1e-9 electrons."""
        return max(int((f > 1e-9).sum()) for f in self.numbers)

    @property
    def highest(self) -> float:
        """Largest occupation, 0 to 1, of the last band of any k-point."""
        return max(float(f[-1]) for f in self.numbers) / 2.0


def fermi_dirac(
    eigenvalues: tuple[Tensor, ...], weights: tuple[float, ...], *, electrons: float, temperature: float
) -> Occupations:
    """Fill the orbitals so that they hold ``electrons`` in all.

    Args:
        eigenvalues: Ha, ascending, double, shape (bands,) for each k-point.
        weights: k-point weights, sum one.
        electrons: > 0 and at most 2 × bands.
        temperature: k_B T_el in Ha, > 0.

    Raises:
        EngineError: too few bands for the electrons, or eigenvalues that are not finite.
    """
    levels = np.stack([e.detach().cpu().numpy().astype(np.float64) for e in eigenvalues])
    if not np.isfinite(levels).all():
        raise EngineError("an orbital energy is not finite.", "Check the structure for overlapping atoms.")
    if electrons > 2.0 * levels.shape[1]:
        raise EngineError(
            f"{levels.shape[1]} bands cannot hold {electrons:g} electrons.", "Give more bands, or bands = auto."
        )
    share = np.asarray(weights)[:, None]

    def excess(mu: float) -> float:
        return float((share * 2.0 * expit((mu - levels) / temperature)).sum()) - electrons

    low = float(levels.min()) - 50.0 * temperature
    high = float(levels.max()) + 50.0 * temperature
    mu = high if excess(high) <= 0.0 else float(brentq(excess, low, high, xtol=1e-15, rtol=1e-14))
    x = (levels - mu) / temperature
    filling = expit(-x)
    # -[f ln f + (1-f) ln(1-f)] = ln(1 + exp(-|x|)) + |x| f(|x|)
    magnitude = np.abs(x)
    entropy = np.log1p(np.exp(-magnitude)) + magnitude * expit(-magnitude)
    return Occupations(
        numbers=tuple(torch.from_numpy(2.0 * row).to(eigenvalues[0].device) for row in filling),
        chemical_potential=mu,
        entropy_energy=temperature * float((share * 2.0 * entropy).sum()),
    )
