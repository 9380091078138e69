"""Symmetry functions and functions of moments in torch, for many atoms at once: what a GPU is good at.

Neighbours of an atom fill a row. What a row has left over lies beyond every cutoff, where all functions are zero.
Definitions: ``symmetry`` and ``moments``. Derivatives are torch's own.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from llpt.mlp.potential.moments import MomentField
from llpt.mlp.potential.symmetry import CutoffType, FunctionType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.mlp.potential.moments import Bump, MomentFunctions
    from llpt.mlp.potential.symmetry import SymmetryFunction

_LEAST_SQUARE = 1e-12
# The polynomials in x, the highest power first.
_SMOOTHSTEP: dict[CutoffType, tuple[float, ...]] = {
    CutoffType.POLYNOMIAL_1: (2.0, -3.0, 0.0, 1.0),
    CutoffType.POLYNOMIAL_2: (-6.0, 15.0, -10.0, 0.0, 0.0, 1.0),
    CutoffType.POLYNOMIAL_3: (20.0, -70.0, 84.0, -35.0, 0.0, 0.0, 0.0, 1.0),
    CutoffType.POLYNOMIAL_4: (-70.0, 315.0, -540.0, 420.0, -126.0, 0.0, 0.0, 0.0, 0.0, 1.0),
}


def cutoff_function(r: torch.Tensor, kind: CutoffType, radius: float, inner_fraction: float) -> torch.Tensor:
    """Return f(r), 0 at and beyond the radius (bohr); see ``rows.cutoff_row``.

    Args:
        r: distances in bohr, any shape.
        kind: which function.
        radius: where it ends, in bohr, > 0.
        inner_fraction: share of the radius within which it is 1, from 0 to below 1; of the kinds that have one.
    """
    if kind in {CutoffType.TANH3, CutoffType.TANH3_NORMALISED}:
        norm = math.tanh(1.0) ** -3 if kind is CutoffType.TANH3_NORMALISED else 1.0
        return norm * torch.tanh((1.0 - r / radius).clamp(min=0.0)) ** 3
    if kind is CutoffType.HARD:
        return (r < radius).to(r.dtype)
    x = ((r / radius - inner_fraction) / (1.0 - inner_fraction)).clamp(0.0, 1.0)
    if kind is CutoffType.COSINE:
        return 0.5 * (torch.cos(math.pi * x) + 1.0)
    if kind is CutoffType.EXPONENTIAL:
        inside = x < 1.0
        safe = torch.where(inside, x, torch.zeros_like(x))
        return torch.where(inside, torch.exp(1.0 - 1.0 / (1.0 - safe * safe)), torch.zeros_like(x))
    value = torch.zeros_like(x)
    for coefficient in _SMOOTHSTEP[kind]:
        value = value * x + coefficient
    return value


def symmetry_functions(
    functions: Sequence[SymmetryFunction],
    vectors: torch.Tensor,
    *,
    cutoff_type: CutoffType,
    inner_fraction: float,
) -> torch.Tensor:
    """Return symmetry functions, shape (n, n_functions).

    Args:
        functions: what is computed.
        vectors: from each atom to its neighbours, nearest first, shape (n, room, 3), bohr.
        cutoff_type: the cutoff function.
        inner_fraction: its inner radius as a fraction of the radius.
    """
    rows = _Rows(vectors, cutoff_type=cutoff_type, inner_fraction=inner_fraction)
    values = []
    for function in functions:
        if function.kind is FunctionType.RADIAL:
            values.append(rows.weight(function).sum(dim=1))
        else:
            values.append(0.5 * (rows.power(function) * rows.pairs(function)).sum(dim=(1, 2)))
    return torch.stack(values, dim=1)


class _Rows:
    """What functions share, found once: weights of neighbours, powers of the angles, products of weights of pairs."""

    def __init__(self, vectors: torch.Tensor, *, cutoff_type: CutoffType, inner_fraction: float) -> None:
        self._r = vectors.norm(dim=-1)
        self._unit = vectors / self._r[..., None]
        self._cutoff_type = cutoff_type
        self._inner = inner_fraction
        self._within: dict[float, int] = {}
        self._cosines: dict[int, torch.Tensor] = {}
        self._powers: dict[tuple[float, float, int], torch.Tensor] = {}
        self._weights: dict[tuple[float, float, float], torch.Tensor] = {}
        self._pairs: dict[tuple[FunctionType, float, float, float], torch.Tensor] = {}

    def _count(self, cutoff: float) -> int:
        """Return the most neighbours of an atom within a cutoff; neighbours are sorted, so they come first."""
        if cutoff not in self._within:
            self._within[cutoff] = int((self._r < cutoff).sum(dim=1).max())
        return self._within[cutoff]

    def _fading(self, r: torch.Tensor, function: SymmetryFunction) -> torch.Tensor:
        """Return exp(-η (r - r_s)²) f(r)."""
        cutoff = cutoff_function(r, self._cutoff_type, function.cutoff, self._inner)
        return torch.exp(-function.eta * (r - function.shift) ** 2) * cutoff

    def weight(self, function: SymmetryFunction) -> torch.Tensor:
        """Return the weight of each neighbour within the cutoff, shape (n, count)."""
        key = (function.cutoff, function.eta, function.shift)
        if key not in self._weights:
            self._weights[key] = self._fading(self._r[:, : self._count(function.cutoff)], function)
        return self._weights[key]

    def _cosine(self, count: int) -> torch.Tensor:
        if count not in self._cosines:
            unit = self._unit[:, :count]
            self._cosines[count] = unit @ unit.transpose(1, 2)
        return self._cosines[count]

    def power(self, function: SymmetryFunction) -> torch.Tensor:
        """Return 2^(1-ζ) (1 + λ cos θ)^ζ of each pair, shape (n, count, count)."""
        count = self._count(function.cutoff)
        key = (function.lam, function.zeta, count)
        if key not in self._powers:
            base = (1.0 + function.lam * self._cosine(count)).clamp(min=0.0)
            self._powers[key] = 2.0 ** (1.0 - function.zeta) * base**function.zeta
        return self._powers[key]

    def pairs(self, function: SymmetryFunction) -> torch.Tensor:
        """Return w_j w_k, times the factor of r_jk in narrow functions; 0 for a neighbour with itself."""
        key = (function.kind, function.cutoff, function.eta, function.shift)
        if key not in self._pairs:
            weight = self.weight(function)
            count = weight.shape[1]
            others = 1.0 - torch.eye(count, dtype=weight.dtype, device=weight.device)
            both = weight[:, :, None] * weight[:, None] * others
            if function.kind is FunctionType.NARROW:
                near = self._r[:, :count]
                both = both * self._fading(_third_side(near, self._cosine(count)), function)
            self._pairs[key] = both
        return self._pairs[key]


def _third_side(r: torch.Tensor, cosine: torch.Tensor) -> torch.Tensor:
    """Return r_jk by the law of cosines."""
    square = r[:, :, None] ** 2 + r[:, None] ** 2 - 2.0 * r[:, :, None] * r[:, None] * cosine
    return square.clamp(min=_LEAST_SQUARE).sqrt()


def _bump(r: torch.Tensor, bump: Bump, reach: float) -> torch.Tensor:
    fading = (1.0 - (r / reach) ** 2).clamp(min=0.0) ** 3
    return torch.exp(-0.5 * ((r - bump.centre) / bump.width) ** 2) * fading


def _spread(unit: torch.Tensor) -> torch.Tensor:
    return unit[..., :, None] * unit[..., None, :] - torch.eye(3, dtype=unit.dtype, device=unit.device) / 3.0


def bond_moments(moments: MomentFunctions, vectors: torch.Tensor) -> torch.Tensor:
    """Return s, d and the nine of Q of each atom, shape (n, 13), from vectors to its neighbours, shape (n, room, 3)."""
    r = vectors.norm(dim=-1)
    b = _bump(r, moments.bond, moments.bond_reach)
    unit = vectors / r[..., None]
    axis = (b[..., None, None] * _spread(unit)).sum(dim=1)
    return torch.cat([b.sum(dim=1)[:, None], (b[..., None] * unit).sum(dim=1), axis.reshape(len(r), 9)], dim=1)


def moment_functions(moments: MomentFunctions, vectors: torch.Tensor, of_neighbours: torch.Tensor) -> torch.Tensor:
    """Return the functions of moments, shape (n, n_functions).

    Args:
        moments: what is computed.
        vectors: from each atom to its neighbours, shape (n, room, 3), bohr.
        of_neighbours: the neighbours' moments, shape (n, room, 13).
    """
    r = vectors.norm(dim=-1)
    unit = vectors / r[..., None]
    shells = torch.stack([_bump(r, shell, moments.reach) for shell in moments.shells], dim=-1)
    count, bond, axis = of_neighbours[..., 0], of_neighbours[..., 1:4], of_neighbours[..., 4:].unflatten(-1, (3, 3))
    pull = (axis @ unit[..., None])[..., 0]
    along = (pull * unit).sum(dim=-1)
    bond_along = (bond * unit).sum(dim=-1)
    spread = _spread(unit)
    turn = unit[..., :, None] * pull[..., None, :]
    fields = {
        MomentField.DIRECTION: unit,
        MomentField.COUNT_DIRECTION: count[..., None] * unit,
        MomentField.AXIS_PULL: pull,
        MomentField.AXIS_DIRECTION: along[..., None] * unit,
        MomentField.BOND: bond,
        MomentField.BOND_DIRECTION: bond_along[..., None] * unit,
        MomentField.SPREAD: spread,
        MomentField.COUNT_SPREAD: count[..., None, None] * spread,
        MomentField.AXIS: axis,
        MomentField.AXIS_TURN: 0.5 * (turn + turn.transpose(-1, -2)),
        MomentField.AXIS_SPREAD: along[..., None, None] * spread,
        MomentField.COUNT: count,
        MomentField.AXIS_ALONG: along,
        MomentField.BOND_ALONG: bond_along,
    }
    sums = {field: torch.einsum("akn,akc->anc", shells, value.reshape(*r.shape, -1)) for field, value in fields.items()}
    values = []
    for parts in moments.functions:
        first, *rest = (sums[part.field][:, part.shell] for part in parts)
        values.append((first * rest[0] if rest else first).sum(dim=-1))
    return torch.stack(values, dim=1)
