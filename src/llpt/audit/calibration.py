"""Does a committee know its error? Its disagreement against the true error, in groups of equal disagreement.

Values are sorted by the disagreement of the members into groups of equal number; in each the root mean square of the
true error stands against that of the disagreement. The components of a frame are not independent, nor the frames of one
stretch of trajectory, so that every error bar comes from leaving out one block of values after another (the jackknife;
Efron and Stein, Ann. Stat. 9, 586, 1981, https://doi.org/10.1214/aos/1176345462).

The factor is that by which a disagreement has to be multiplied to be an error, over all values (Imbalzano et al.,
J. Chem. Phys. 154, 074102, 2021, https://doi.org/10.1063/5.0036522, scale disagreements by such a one). Members that
scatter independently about the truth have a mean that is better than any of them: their factor is 1/sqrt(members). What
they all have wrong, the data they share and the form they share, is in none of their disagreements, and lifts the curve
at its left end. The disagreement of few members is itself noisy: sorted by it, groups at either end hold values whose
disagreement is small or great by chance, and the curve is flatter than the line of the factor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from llpt.audit.double_labels import forces_of, free_energy_of
from llpt.errors import InputError
from llpt.statistics import Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ase import Atoms
    from numpy.typing import ArrayLike, NDArray

FEWEST = 4
"""Values of one group, and blocks in all, from which an error is taken, at least."""
FEWEST_GROUPS = 2
FEWEST_MEMBERS = 2


@dataclass(frozen=True)
class SpreadCalibration:
    """The true error of a committee by its disagreement.

    Args:
        unit: of disagreements and errors.
        blocks: number of frames, or of stretches of trajectory, behind the error bars.
        spreads: root mean square of the disagreement in each group, rising.
        errors: that of the true error.
        factor: root mean square of the error over that of the disagreement, of all values; 1 where the disagreement is
            the error; unknown where the members never differ.
        rank_correlation: Spearman's of disagreement and absolute error over all: does it know where it errs most?
    """

    unit: str
    blocks: int
    spreads: tuple[float, ...]
    errors: tuple[Estimate, ...]
    factor: Estimate
    rank_correlation: Estimate


def spread_calibration(
    spreads: ArrayLike, errors: ArrayLike, *, unit: str = "", groups: int = 10, blocks: ArrayLike | None = None
) -> SpreadCalibration:
    """Hold the disagreement of a committee against its true error.

    Args:
        spreads: disagreement of the committee on each value (an energy, a component of a force), >= 0, shape (n,).
        errors: prediction of the committee's mean less label, in the same unit, shape (n,).
        unit: of both.
        groups: how many points the curve has, 2 at least.
        blocks: number of the frame, or of the stretch of trajectory, that each value is of, shape (n,); None takes
            every value for independent.

    Raises:
        InputError: they do not belong together, or are too few for so many groups.

    >>> found = spread_calibration([0.1, 0.2] * 20, [0.2, -0.4] * 20, unit="eV/Å", groups=2)
    >>> round(found.factor.value, 6), [round(each.value, 6) for each in found.errors]
    (2.0, [0.2, 0.4])
    """
    spread, error = np.asarray(spreads, dtype=float), np.asarray(errors, dtype=float)
    names = np.arange(spread.size) if blocks is None else np.asarray(blocks)
    _, block = np.unique(names, return_inverse=True)
    count = int(block.max(initial=-1)) + 1
    alike = spread.ndim == 1 and spread.shape == error.shape == names.shape
    if not alike or groups < FEWEST_GROUPS or spread.size < FEWEST * groups or count < FEWEST:
        raise InputError(
            f"{spread.size} disagreements and {error.size} errors of {count} blocks do not make a curve of {groups} "
            "points.",
            f"Give one of each for every value, {FEWEST} values for a point, {FEWEST} blocks and {FEWEST_GROUPS} "
            "points at least.",
        )
    group = np.empty(spread.size, dtype=np.intp)
    for number, members in enumerate(np.array_split(np.argsort(spread, kind="stable"), groups)):
        group[members] = number
    counts, spreads, wrong = (
        _by_group(values, group, block, groups) for values in (np.ones_like(spread), spread**2, error**2)
    )
    return SpreadCalibration(
        unit,
        count,
        tuple(np.sqrt(spreads.sum(axis=1) / counts.sum(axis=1)).tolist()),
        tuple(_rms(wrong[number], counts[number], unit) for number in range(groups)),
        _rms(wrong.sum(axis=0), spreads.sum(axis=0), ""),
        _rank_correlation(spread, np.abs(error), block),
    )


def committee_calibration(
    frames: Sequence[Atoms], answers: Sequence[Sequence[Atoms]], *, groups: int = 10
) -> dict[str, SpreadCalibration]:
    """Return the calibration of a committee's forces, component by component, and of its energies.

    Args:
        frames: labelled frames that no training saw, ``FEWEST`` at least; ``info["block"]`` says of each which stretch
            of trajectory it is from, else it is one by itself.
        answers: the same frames as each member labels them, two members at least.
        groups: how many points a curve has at most; that of the energies has fewer where frames are few.

    Returns:
        ``force`` in eV/Å; ``energy`` in meV/atom, each member's mean error taken off, where there are frames for two
        points.

    Raises:
        InputError: there are too few frames, or the committee has one member.
    """
    if len(answers) < FEWEST_MEMBERS:
        raise InputError("One potential is no committee.", "Give several that were trained alike.")
    block = _blocks(frames)
    names = np.repeat(block, [3 * len(atoms) for atoms in frames])
    members = np.array([np.concatenate([forces_of(atoms).ravel() for atoms in answer]) for answer in answers])
    labels = np.concatenate([forces_of(atoms).ravel() for atoms in frames])
    found = {
        "force": spread_calibration(
            members.std(axis=0, ddof=1), members.mean(axis=0) - labels, unit="eV/Å", groups=groups, blocks=names
        )
    }
    points = min(groups, len(frames) // FEWEST)
    if points >= FEWEST_GROUPS:
        wrong = np.array([[_energy(one) - _energy(label) for one, label in zip(answer, frames, strict=True)]
                          for answer in answers])  # fmt: skip
        wrong -= wrong.mean(axis=1, keepdims=True)
        found["energy"] = spread_calibration(
            wrong.std(axis=0, ddof=1), wrong.mean(axis=0), unit="meV/atom", groups=points, blocks=block
        )
    return found


def _blocks(frames: Sequence[Atoms]) -> NDArray[np.intp]:
    names = []
    for number, atoms in enumerate(frames):
        untyped: Any = atoms
        names.append(str(untyped.info.get("block", number)))
    return np.unique(names, return_inverse=True)[1]


def _energy(atoms: Atoms) -> float:
    """Return F of a labelled frame in meV/atom."""
    return 1000.0 * free_energy_of(atoms) / len(atoms)


def _by_group(
    values: NDArray[np.float64], group: NDArray[np.intp], block: NDArray[np.intp], groups: int
) -> NDArray[np.float64]:
    """Return sums by group and block, shape (groups, blocks)."""
    blocks = int(block.max()) + 1
    sums = np.bincount(group * blocks + block, weights=values, minlength=groups * blocks)
    return sums.astype(np.float64).reshape(groups, blocks)


def _rms(squares: NDArray[np.float64], counts: NDArray[np.float64], unit: str) -> Estimate:
    """Return a root mean square from its sums by block, its error by leaving out block after block."""
    if not counts.sum() > 0.0:
        return Estimate.unknown(unit)
    value = math.sqrt(float(squares.sum() / counts.sum()))
    rest = counts.sum() - counts
    if not rest.all():
        return Estimate(value, math.nan, unit, 1.0)
    return _jackknifed(value, np.sqrt(np.maximum(squares.sum() - squares, 0.0) / rest), unit)


def _jackknifed(value: float, left_out: NDArray[np.float64], unit: str) -> Estimate:
    count = left_out.size
    deviation = math.sqrt((count - 1) / count * float(((left_out - left_out.mean()) ** 2).sum()))
    return Estimate.of_deviation(value, deviation, unit, float(count), count - 1.0)


def _rank_correlation(spread: NDArray[np.float64], size: NDArray[np.float64], block: NDArray[np.intp]) -> Estimate:
    """Return Spearman's correlation of two columns; its error leaves out block after block, the ranks kept."""
    ranks = [np.argsort(np.argsort(values, kind="stable"), kind="stable").astype(float) for values in (spread, size)]
    x, y = (each - each.mean() for each in ranks)
    columns = np.array([np.bincount(block, weights=each) for each in (np.ones_like(x), x, y, x * x, y * y, x * y)])
    totals = columns.sum(axis=1)
    left = [_correlation(totals - column) for column in columns.T]
    return _jackknifed(_correlation(totals), np.array(left), "")


def _correlation(sums: NDArray[np.float64]) -> float:
    """Return the correlation from number and sums of x, y, x², y² and xy."""
    count, x, y, xx, yy, xy = sums.tolist()
    variances = (xx - x * x / count) * (yy - y * y / count)
    return float((xy - x * y / count) / math.sqrt(variances)) if variances > 0.0 else 0.0
