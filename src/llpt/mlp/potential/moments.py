"""Functions of the moments of bonds: what symmetry functions of pairs of neighbours do not see, how molecules lie.

Every atom j has moments of its bonds, sums over the atoms k around it with u = r_jk / |r_jk|,

    s_j = Σ b(r_jk),   d_j = Σ b(r_jk) u,   Q_j = Σ b(r_jk) (u uᵀ - 1/3),   b(r) = exp(-(r - c)² / 2w²) (1 - (r/R)²)³ :

for an atom of a molecule one, the direction of the molecule, and its axis. Around an atom i they are summed in shells,

    X_n = Σ_j g_n(r_ij) φ(u_ij, s_j, d_j, Q_j),   g_n(r) = exp(-(r - c_n)² / 2w_n²) (1 - (r/R_g)²)³ ,

φ a scalar, a vector or a tensor (``MomentField``). A function is a scalar X_n, or the product X_m · X_n of two vectors
or two tensors: energies of four and more atoms that turn with the molecules, at a cost linear in the neighbours. The
sums are those of moment tensors and of the atomic cluster expansion (Shapeev, Multiscale Model. Simul. 14, 1153, 2016;
Drautz, Phys. Rev. B 99, 014104, 2019), with moments of the neighbours in them as in networks that pass messages.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from llpt.errors import InputError


class MomentField(StrEnum):
    """What is summed over the neighbours j in one shell; u is the unit vector to j."""

    DIRECTION = "direction"  # u
    COUNT_DIRECTION = "count-direction"  # s u
    AXIS_PULL = "axis-pull"  # Q u
    AXIS_DIRECTION = "axis-direction"  # (u Q u) u
    BOND = "bond"  # d
    BOND_DIRECTION = "bond-direction"  # (d · u) u
    SPREAD = "spread"  # P = u uᵀ - 1/3
    COUNT_SPREAD = "count-spread"  # s P
    AXIS = "axis"  # Q
    AXIS_TURN = "axis-turn"  # (u (Q u)ᵀ + (Q u) uᵀ) / 2
    AXIS_SPREAD = "axis-spread"  # (u Q u) P
    COUNT = "count"  # s
    AXIS_ALONG = "axis-along"  # u Q u
    BOND_ALONG = "bond-along"  # d · u

    @property
    def components(self) -> int:
        """Number of components: 3 of a vector, 6 of a symmetric tensor, 1 of a scalar."""
        return _COMPONENTS[self]

    @property
    def offset(self) -> int:
        """Place of the first component among those of all fields."""
        return _OFFSETS[self]


_VECTORS = tuple(MomentField)[:6]
_TENSORS = tuple(MomentField)[6:11]
_COMPONENTS = {field: 3 if field in _VECTORS else 6 if field in _TENSORS else 1 for field in MomentField}
_OFFSETS = {
    field: sum(_COMPONENTS[earlier] for earlier in tuple(MomentField)[:place])
    for place, field in enumerate(MomentField)
}
N_COMPONENTS = sum(_COMPONENTS.values())


@dataclass(frozen=True, slots=True)
class Bump:
    """A Gaussian exp(-(r - centre)² / 2 width²).

    Args:
        centre: bohr.
        width: bohr, > 0.

    Raises:
        InputError: a number is not finite, or the width is not positive.
    """

    centre: float
    width: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.centre) and math.isfinite(self.width) and self.width > 0.0):
            raise InputError(
                f"A shell has its centre at {self.centre} and a width of {self.width}.",
                "Give finite numbers with a positive width, bohr.",
            )


@dataclass(frozen=True, slots=True)
class Sum:
    """A field summed in one shell: the field, and the shell's place in ``MomentFunctions.shells``."""

    field: MomentField
    shell: int


@dataclass(frozen=True, slots=True)
class MomentFunctions:
    """Functions of the moments of bonds.

    Args:
        bond: Gaussian of b(r).
        bond_reach: R, bohr, > 0.
        shells: Gaussians of the g_n(r).
        reach: R_g, bohr, > 0.
        functions: each one sum of a scalar field, or two sums of fields of one kind, which are multiplied.

    Raises:
        InputError: a number is out of range, a shell does not exist, or a function's fields do not fit.
    """

    bond: Bump
    bond_reach: float
    shells: tuple[Bump, ...]
    reach: float
    functions: tuple[tuple[Sum, ...], ...]

    def __post_init__(self) -> None:
        if not all(math.isfinite(reach) and reach > 0.0 for reach in (self.bond_reach, self.reach)):
            raise InputError(
                f"Functions of moments reach {self.bond_reach} and {self.reach} bohr.", "Give positive numbers."
            )
        if not self.functions:
            raise InputError("There are moments of bonds, but no function of them.", "Give at least one, or none.")
        for function in self.functions:
            if any(not 0 <= part.shell < len(self.shells) for part in function):
                raise InputError("A function of moments names a shell that does not exist.", "Check its numbers.")
            components = [part.field.components for part in function]
            if components not in ([1], [3, 3], [6, 6]):
                names = " and ".join(part.field for part in function)
                raise InputError(
                    f"A function of moments is made of {names}, which gives no scalar.",
                    "Give one scalar field, or two vectors, or two tensors.",
                )

    def __len__(self) -> int:
        """Number of functions."""
        return len(self.functions)

    @property
    def cutoff_bohr(self) -> float:
        """How far atoms matter to an atom: a neighbour's neighbour counts too."""
        return self.reach + self.bond_reach
