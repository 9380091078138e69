"""Candidate symmetry functions for dense hydrogen, from which a set is chosen by the data.

All are smooth on the scale on which the fluid moves. With a few hundred frames, sharp Gaussians are each seen by few
atoms: the network learns those atoms by heart and is wild elsewhere. Measured on 150 DFT frames of 64 atoms at 200 GPa:
with widths down to 0.1 bohr the force error was 0.60 eV/Å on the training frames, 0.74 on others and 9.9 at worst, and
molecular dynamics blew up; with these 0.56, 0.54 and 1.6.
"""

from __future__ import annotations

from llpt.mlp.potential.symmetry import FunctionType, SymmetryFunction, in_order

_WIDEST = 3.0
# Width and centres of the radial Gaussians, bohr: fine around the bond (1.4) and the next molecules (2.3–3.5).
_RADIAL_GRIDS: tuple[tuple[float, tuple[float, ...]], ...] = (
    (0.35, (1.0, 1.35, 1.7, 2.05, 2.4, 2.75, 3.1, 3.45)),
    (0.6, (1.2, 1.8, 2.4, 3.0, 3.6, 4.2, 4.8, 5.4)),
    (1.0, (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0)),
    (1.6, (0.0, 2.5, 5.0, 7.5)),
    (_WIDEST, (0.0,)),
)
# Angular functions, by cutoff as a fraction of the largest: η (1/bohr²) and r_s (bohr) of each group, and exponents ζ.
_BOND, _NEAR, _FAR = 0.375, 0.5, 0.75
_ANGULAR_GROUPS: tuple[tuple[float, float, float, tuple[float, ...]], ...] = (
    (_BOND, 0.0, 0.0, (1.0, 2.0, 4.0, 8.0, 16.0)),
    (_NEAR, 0.0, 0.0, (1.0, 2.0, 4.0, 8.0, 16.0)),
    (_NEAR, 0.2, 0.0, (1.0, 2.0, 4.0, 8.0, 16.0)),
    (_FAR, 0.0, 0.0, (1.0, 2.0, 4.0, 8.0, 16.0)),
    (_FAR, 0.1, 0.0, (1.0, 2.0, 4.0, 8.0, 16.0)),
    (_FAR, 0.3, 0.0, (1.0, 2.0, 4.0, 8.0)),
    (1.0, 0.02, 0.0, (1.0, 2.0, 4.0, 8.0)),
)
# Triples of one shell: molecules have none within 2 bohr, the atomic fluid has.
_SHELLS = (2.0, 3.0, 4.0)
_SHELL_ETA = 0.8
_SHELL_ZETAS = (1.0, 4.0, 8.0)
# Triples of a shell farther out, where the cutoff leaves room: both atoms of one neighbouring molecule lie in it, at a
# small angle that only a large exponent tells from others.
_FAR_SHELLS = (5.0, 6.0)
_FAR_SHELL_ETA = 0.5
_FAR_SHELL_ZETAS = (1.0, 4.0, 16.0)
_ROOM = 3.0


def hydrogen_candidates(*, largest_cutoff_bohr: float) -> tuple[SymmetryFunction, ...]:
    """Return some two hundred candidates, in n2p2's order.

    Radial: Gaussians of five widths. Angular: wide (type 9, which factor and are therefore cheap) and narrow (type 3),
    both signs of λ, up to five exponents, four cutoffs, and triples of single shells, the far ones beyond 8 bohr only.

    Args:
        largest_cutoff_bohr: cutoff of the radial functions; most angular ones reach three quarters of it or less.
    """
    functions: list[SymmetryFunction] = []
    for width, centres in _RADIAL_GRIDS:
        eta = round(0.5 / width**2, 4)
        functions += [
            SymmetryFunction(FunctionType.RADIAL, eta=eta, shift=centre, cutoff=largest_cutoff_bohr)
            for centre in centres
            if centre < largest_cutoff_bohr - 0.5
        ]
    groups = [(fraction * largest_cutoff_bohr, eta, shift, zetas) for fraction, eta, shift, zetas in _ANGULAR_GROUPS]
    groups += [(_FAR * largest_cutoff_bohr, _SHELL_ETA, shell, _SHELL_ZETAS) for shell in _SHELLS]
    groups += [
        (largest_cutoff_bohr, _FAR_SHELL_ETA, shell, _FAR_SHELL_ZETAS)
        for shell in _FAR_SHELLS
        if shell + _ROOM < largest_cutoff_bohr
    ]
    functions += [
        SymmetryFunction(kind, eta=eta, shift=shift, cutoff=round(cutoff, 3), lam=lam, zeta=zeta)
        for cutoff, eta, shift, zetas in groups
        for kind in (FunctionType.WIDE, FunctionType.NARROW)
        for lam in (-1.0, 1.0)
        for zeta in zetas
    ]
    return in_order(functions)
