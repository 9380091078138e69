"""Transport coefficients, or why there are none; and what a periodic cell does to the diffusion coefficient.

An atom that moves drags its periodic images along, so that D of a cubic cell of edge L is too small by
2.837297 k_B T / (6 pi eta L) (Dünweg and Kremer, J. Chem. Phys. 99, 6983, 1993; Yeh and Hummer, J. Phys. Chem. B 108,
15873, 2004). With the shear viscosity eta of the same run the shift follows; without it, from D against 1/L.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from llpt import units
from llpt.observables.displacement import DIFFUSION, MEAN_CELL
from llpt.observables.need import Need
from llpt.observables.record import DerivedObservable, Quantity, Reasoned
from llpt.observables.viscosity import VISCOSITY
from llpt.statistics import Estimate, combined, fit_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from llpt.observables.production import Production
    from llpt.observables.record import ObservedValues

INFINITE = Quantity(
    "diffusion_infinite", "D∞", DIFFUSION.unit, "diffusion coefficient of the infinite system", power=DIFFUSION.power
)

YEH_HUMMER = 2.837297
"""The lattice sum of a simple cubic array."""
LEAST_RATIO = 1.2
"""Least ratio of two edges for an extrapolation: a factor of 1.7 in the number of atoms."""


def yeh_hummer(
    diffusion: Estimate, *, temperature_k: float, viscosity_pa_s: Estimate, box_length_angstrom: float
) -> Estimate:
    """Return the diffusion coefficient of the infinite system, D_inf = D + 2.837297 k_B T / (6 pi eta L), cubic cell.

    Args:
        diffusion: of the periodic system, in cm²/s.
        temperature_k: temperature.
        viscosity_pa_s: shear viscosity eta in Pa s.
        box_length_angstrom: L.
    """
    length_m = box_length_angstrom * 1e-10
    shift_m2_per_s = (
        YEH_HUMMER * units.BOLTZMANN_J_PER_K * temperature_k / (6.0 * math.pi * viscosity_pa_s.value * length_m)
    )
    shift = shift_m2_per_s * 1e4
    slopes = ((diffusion, 1.0), (viscosity_pa_s, -shift / viscosity_pa_s.value))
    return combined(diffusion.value + shift, slopes, diffusion.unit)


def corrected_diffusion(
    diffusion: Estimate, viscosity: Reasoned, *, temperature_k: float, cell_angstrom: NDArray[np.float64]
) -> Reasoned:
    """Return D of the infinite system from D and the viscosity of one run.

    Args:
        diffusion: of the run, cm²/s.
        viscosity: of the run, Pa s.
        temperature_k: T.
        cell_angstrom: mean cell, shape (3, 3).
    """
    edges = np.linalg.norm(cell_angstrom, axis=1)
    products = cell_angstrom @ cell_angstrom.T
    if np.abs(products - np.diag(np.full(3, products[0, 0]))).max() > 1e-3 * products[0, 0]:
        return Reasoned.unknown(diffusion.unit, "The cell is not cubic; the shift is known for cubic cells.")
    if not diffusion.resolved:
        return Reasoned.unknown(diffusion.unit, "The run is too short for a diffusion coefficient with an error.")
    if viscosity.reason:
        return Reasoned.unknown(diffusion.unit, f"No viscosity. {viscosity.reason}")
    found = yeh_hummer(
        diffusion,
        temperature_k=temperature_k,
        viscosity_pa_s=viscosity.estimate,
        box_length_angstrom=float(edges.mean()),
    )
    return Reasoned(found, "")


def extrapolated_diffusion(by_edge_angstrom: Mapping[float, Estimate]) -> Reasoned:
    """Return D at 1/L = 0 of the straight line D(L) = D_inf - s/L, by least squares weighted with the errors.

    Args:
        by_edge_angstrom: D of cubic cells of one fluid at one state, by edge L in Å.
    """
    known = {edge: found for edge, found in by_edge_angstrom.items() if found.resolved and found.error > 0.0}
    if len(known) < 2 or max(known) < LEAST_RATIO * min(known):
        reason = f"{len(known)} sizes with a known D; two whose edges differ by a factor of {LEAST_RATIO} are needed."
        return Reasoned.unknown(DIFFUSION.unit, reason)
    unit = next(iter(known.values())).unit
    line = fit_line([1.0 / edge for edge in known], list(known.values()), intercept_unit=unit)
    return Reasoned(line.intercept, "")


def _infinite(production: Production, found: ObservedValues) -> ObservedValues:
    diffusion, viscosity, cell = (found[each.name] for each in (DIFFUSION, VISCOSITY, MEAN_CELL))
    assert isinstance(diffusion, Estimate)
    assert isinstance(viscosity, Reasoned)
    assert isinstance(cell, xr.DataArray)
    corrected = corrected_diffusion(
        diffusion, viscosity, temperature_k=production.temperature_k, cell_angstrom=cell.to_numpy()
    )
    return {INFINITE.name: corrected}


DIFFUSION_INFINITE = DerivedObservable(
    name=INFINITE.name,
    quantities=(INFINITE,),
    needs=frozenset({Need.SET_TEMPERATURE}),
    after=(DIFFUSION.name, VISCOSITY.name, MEAN_CELL.name),
    derive=_infinite,
)
