"""Candidate symmetry functions for dense hydrogen, from which a set is chosen by the data.

All are smooth on the scale on which the fluid moves. With a few hundred frames, sharp Gaussians are each seen by few
atoms: the network learns those atoms by heart and is wild elsewhere. Measured on 150 DFT frames of 64 atoms at 200 GPa:
with widths down to 0.1 bohr the force error was 0.60 eV/Å on the training frames, 0.74 on others and 9.9 at worst, and
molecular dynamics blew up; with these 0.56, 0.54 and 1.6.
"""

from __future__ import annotations

import numpy as np

from llpt.mlp.symmetry import FunctionType, SymmetryFunction, in_order

_WIDEST = 3.0
# Width and centres of the radial Gaussians, bohr: fine around the bond (1.4) and the next molecules (2.3–3.5).
_RADIAL_GRIDS: tuple[tuple[float, tuple[float, ...]], ...] = (
    (0.35, (1.0, 1.35, 1.7, 2.05, 2.4, 2.75)),
    (0.6, (1.2, 1.8, 2.4, 3.0, 3.6, 4.2, 4.8)),
    (1.0, (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0)),
    (1.6, (0.0, 2.5, 5.0, 7.5)),
    (_WIDEST, (0.0,)),
)
_NEAR_ANGULAR_CUTOFF = 4.0
_FAR_ANGULAR_FRACTION = 0.75
_ANGULAR_ETAS = (0.0, 0.1)
_ZETAS = (1.0, 2.0, 4.0, 8.0)


def hydrogen_candidates(*, largest_cutoff_bohr: float) -> tuple[SymmetryFunction, ...]:
    """Return some ninety candidates, in n2p2's order.

    Radial: Gaussians of five widths. Angular: wide (type 9, which factor and are therefore cheap) and narrow (type 3),
    both signs of λ, four exponents, two cutoffs.

    Args:
        largest_cutoff_bohr: cutoff of the radial functions; the longer angular ones reach three quarters of it.
    """
    functions: list[SymmetryFunction] = []
    for width, centres in _RADIAL_GRIDS:
        eta = round(0.5 / width**2, 4)
        functions += [
            SymmetryFunction(FunctionType.RADIAL, eta=eta, shift=centre, cutoff=largest_cutoff_bohr)
            for centre in centres
            if centre < largest_cutoff_bohr - 0.5
        ]
    far = float(np.round(_FAR_ANGULAR_FRACTION * largest_cutoff_bohr, 3))
    functions += [
        SymmetryFunction(kind, eta=eta, shift=0.0, cutoff=cutoff, lam=lam, zeta=zeta)
        for cutoff in sorted({min(_NEAR_ANGULAR_CUTOFF, far), far})
        for kind in (FunctionType.WIDE, FunctionType.NARROW)
        for eta in _ANGULAR_ETAS
        for lam in (-1.0, 1.0)
        for zeta in _ZETAS
    ]
    return in_order(functions)
