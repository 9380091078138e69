"""What plane waves beyond a fixed set would add to F and to the pressure, from F at two cutoffs beside the own one.

Forces and stress of a program are derivatives of F at a fixed set of plane waves. At a cutoff that is held, the set
grows with the cell, and F falls (Francis and Payne, J. Phys.: Condens. Matter 2, 4395 (1990)). With a slope
D = dF/d ln N <= 0 that is held,

    F_corrected = F + D ln(N_nominal(V) / N),      P_corrected = P - D / V,

which are derivatives of one function. N counts the plane waves of the set, N_nominal = V k³ / 6π² those that the cutoff
k² (Ry) asks for in the cell of volume V.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.errors import EngineError
from llpt.units import ANGSTROM_TO_BOHR

if TYPE_CHECKING:
    from collections.abc import Callable

CUTOFF_STEPS = (0.05, 0.10, 0.15)
"""By what share the cutoff is lowered and raised: by the first at which the two sets differ enough."""
ENOUGH = 0.1
"""The least ln(N_more / N_fewer): in a small cell plane waves come in by shells, and a small step may take in none."""


@dataclass(frozen=True)
class BasisTerm:
    """What one set of plane waves leaves out.

    Args:
        slope_ev: D = dF/d ln N, eV per cell, <= 0.
        plane_waves: N of the set, a mean over the k-points by their weights.
        ecut_ry: the nominal cutoff, Ry.
    """

    slope_ev: float
    plane_waves: float
    ecut_ry: float

    def free_energy_ev(self, volume_angstrom3: float) -> float:
        """Return what is to be added to F, eV per cell."""
        return self.slope_ev * math.log(_asked_for(self.ecut_ry, volume_angstrom3) / self.plane_waves)

    def stress_ev_per_angstrom3(self, volume_angstrom3: float) -> float:
        """Return what is to be added to each diagonal component of the stress, eV/Å³, tension positive."""
        return self.slope_ev / volume_angstrom3


def measure_basis_term(
    plane_waves: float, ecut_ry: float, at_cutoff: Callable[[float], tuple[float, float]], *, known_within_ev: float
) -> BasisTerm:
    """Return the term of a set of plane waves, from further calculations at a lower and a higher cutoff.

    Args:
        plane_waves: N of the set.
        ecut_ry: its cutoff, Ry.
        at_cutoff: F (eV per cell) and N of the same structure at another cutoff (Ry).
        known_within_ev: how well F is converged, eV per cell; it may rise with the cutoff by so much, which is none.

    Raises:
        EngineError: F rises with the cutoff by more than that, or no plane waves come in.
    """
    for step in CUTOFF_STEPS:
        (low_ev, fewer), (high_ev, more) = (at_cutoff((1.0 + sign * step) * ecut_ry) for sign in (-1, 1))
        share = math.log(more / fewer)
        if share < ENOUGH:
            continue
        if high_ev - low_ev > known_within_ev:
            raise EngineError(
                f"F rises by {high_ev - low_ev:.2g} eV with the cutoff: the pressure cannot be corrected.",
                "Tighten the convergence, or take pressure_correction = none.",
            )
        return BasisTerm(min(0.0, high_ev - low_ev) / share, plane_waves, ecut_ry)
    raise EngineError(
        f"Within {CUTOFF_STEPS[-1]:.0%} of the cutoff hardly a plane wave comes in: the pressure cannot be corrected.",
        "The cell is very small: take a larger one, more k-points, or pressure_correction = none.",
    )


def _asked_for(ecut_ry: float, volume_angstrom3: float) -> float:
    return volume_angstrom3 * ANGSTROM_TO_BOHR**3 * ecut_ry**1.5 / (6.0 * math.pi**2)
