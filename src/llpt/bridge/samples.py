"""What the bridge starts from: how far two Hamiltonians differ on configurations of one phase.

Delta(R) = F_r(R) - U_s(R) of the whole cell, r the reference (its Mermin free energy) and s the surrogate. Between the
two lies a family of Hamiltonians U_lambda = U_s + lambda Delta; a set of samples says at which lambda it was drawn: 0
is the surrogate's own run, 1 the reference's, and between them lies a run with mixed forces.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt import units
from llpt.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

SURROGATE = 0.0
REFERENCE = 1.0


@dataclass(frozen=True)
class DifferenceSamples:
    """Delta along one run, in one phase.

    Args:
        difference_ev: F_r - U_s of the cell at equally spaced times of the run, in eV, shape (n,), n >= 2.
        atoms: number of atoms of the cell, >= 1.
        temperature_k: temperature of the run in K, > 0.
        coupling: lambda of the run's Hamiltonian, 0 (surrogate) … 1 (reference).

    Raises:
        InputError: fewer than two samples, one that is not finite, or a number out of its range.
    """

    difference_ev: NDArray[np.float64]
    atoms: int
    temperature_k: float
    coupling: float

    def __post_init__(self) -> None:
        values = np.asarray(self.difference_ev, dtype=np.float64)
        object.__setattr__(self, "difference_ev", values)
        if values.ndim != 1 or values.size < 2 or not np.isfinite(values).all():
            raise InputError(
                "The differences of two Hamiltonians must be two or more finite energies in a row.",
                "Label more configurations, and leave out those whose label failed.",
            )
        if self.atoms < 1 or not self.temperature_k > 0.0 or not 0.0 <= self.coupling <= 1.0:
            raise InputError(
                f"Samples of {self.atoms} atoms at {self.temperature_k:g} K and coupling {self.coupling:g} cannot be.",
                "Give at least one atom, a temperature above 0 K and a coupling from 0 to 1.",
            )

    @property
    def beta_per_ev(self) -> float:
        """1 / k_B T in 1/eV."""
        return 1.0 / (units.BOLTZMANN_EV_PER_K * self.temperature_k)


def by_coupling(samples: list[DifferenceSamples]) -> list[DifferenceSamples]:
    """Return the sets of one phase ordered from the surrogate to the reference.

    Raises:
        InputError: none are given, two have one coupling, or they differ in size or temperature.
    """
    ordered = sorted(samples, key=lambda each: each.coupling)
    if len({(each.atoms, each.temperature_k) for each in ordered}) != 1:
        kinds = sorted({(each.atoms, each.temperature_k) for each in ordered}) or "none"
        raise InputError(
            f"One phase needs samples of one cell size at one temperature; these have (atoms, K) {kinds}.",
            "Compare runs of the same size and temperature.",
        )
    if len({each.coupling for each in ordered}) < len(ordered):
        raise InputError(
            "Two sets of samples belong to the same Hamiltonian.", "Join runs of one Hamiltonian end to end first."
        )
    return ordered
