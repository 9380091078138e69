"""Molecular and atomic hydrogen in single structures, and the energy error that separates them.

The phase-differential bias is the slope of the energy error per atom on the molecular fraction, at fixed density and
within one data set (whose constant is free). It shifts a transition although no overall error shows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from llpt.compiling import compiled
from llpt.mlp.evaluation.neighbours import CellList, build_cell_list
from llpt.statistics.estimate import Estimate
from llpt.units import ANGSTROM_TO_BOHR, HARTREE_TO_EV

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.mlp.arrays import Floats, Integers
    from llpt.mlp.quality.labels import LabelledFrame

BOND_BOHR = 0.9 * ANGSTROM_TO_BOHR
_SEARCH_BOHR = BOND_BOHR
_MOLECULAR_ABOVE = 0.7
_ATOMIC_BELOW = 0.3
_SMALLEST_SAMPLE = 8


class Phase(StrEnum):
    """What a structure mostly is, by its molecular fraction."""

    ATOMIC = "atomic"
    MIXED = "mixed"
    MOLECULAR = "molecular"


@compiled
def _nearest(cells: CellList, cutoff: float, partner: Integers) -> None:
    """Fill the nearest other atom of each atom within the cutoff, by original index, or -1."""
    for centre in range(cells.positions.shape[0]):
        best = cutoff * cutoff
        atom = cells.atoms[centre]
        partner[atom] = -1
        for shift_a in range(-cells.reach[0], cells.reach[0] + 1):
            a = cells.bin_of[centre, 0] + shift_a
            turn_a = np.int64(np.floor(a / cells.bins[0]))
            for shift_b in range(-cells.reach[1], cells.reach[1] + 1):
                b = cells.bin_of[centre, 1] + shift_b
                turn_b = np.int64(np.floor(b / cells.bins[1]))
                for shift_c in range(-cells.reach[2], cells.reach[2] + 1):
                    c = cells.bin_of[centre, 2] + shift_c
                    turn_c = np.int64(np.floor(c / cells.bins[2]))
                    row = (a - turn_a * cells.bins[0]) * cells.bins[1] + b - turn_b * cells.bins[1]
                    bin_index = row * cells.bins[2] + c - turn_c * cells.bins[2]
                    for other in range(cells.starts[bin_index], cells.starts[bin_index + 1]):
                        square = 0.0
                        for axis in range(3):
                            d = cells.positions[other, axis] - cells.positions[centre, axis]
                            d += turn_a * cells.cell[0, axis] + turn_b * cells.cell[1, axis]
                            d += turn_c * cells.cell[2, axis]
                            square += d * d
                        if square < best and other != centre:
                            best = square
                            partner[atom] = cells.atoms[other]


def molecular_fraction(positions_bohr: Floats, cell_bohr: Floats) -> float:
    """Return the fraction of atoms that are mutual nearest neighbours closer than 0.9 Å.

    Args:
        positions_bohr: shape (n_atoms, 3).
        cell_bohr: lattice vectors as rows.
    """
    cells = build_cell_list(positions_bohr, cell_bohr, _SEARCH_BOHR)
    partner = np.zeros(len(positions_bohr), dtype=np.int64)
    _nearest(cells, _SEARCH_BOHR, partner)
    bound = partner >= 0
    mutual = partner[np.where(bound, partner, 0)] == np.arange(len(partner))
    return float((bound & mutual).mean())


def phase_of(fraction: float) -> Phase:
    """Return the phase by molecular fraction: molecular above 0.7, atomic below 0.3."""
    if fraction > _MOLECULAR_ABOVE:
        return Phase.MOLECULAR
    return Phase.ATOMIC if fraction < _ATOMIC_BELOW else Phase.MIXED


@dataclass(frozen=True, slots=True)
class PhaseBias:
    """The phase-differential bias of a potential on labelled frames.

    Args:
        molecular: energy error per atom, wholly molecular minus wholly atomic at one density, meV/atom; positive means
            that molecular structures are put too high.
        density: change of the energy error per atom with the relative density, meV/atom per 100 %.
        fraction_range: smallest and largest molecular fraction of the frames: outside it the slope is extrapolated.
    """

    molecular: Estimate
    density: Estimate
    fraction_range: tuple[float, float]


def phase_design(frames: Sequence[LabelledFrame]) -> tuple[Floats, Floats]:
    """Return the regressors of the phase-differential bias.

    Returns:
        The molecular fractions, shape (n_frames,), and the two regressors (molecular fraction; logarithm of the
        density), each with its mean in every data set removed, shape (n_frames, 2).
    """
    fractions = np.array([molecular_fraction(frame.positions, frame.cell) for frame in frames])
    density = np.log([frame.n_atoms / frame.volume for frame in frames])
    design = np.column_stack([fractions, density])
    sets = np.array([frame.dataset for frame in frames])
    for name in np.unique(sets):
        design[sets == name] -= design[sets == name].mean(axis=0)
    return fractions, design


def slope_weights(design: Floats) -> Floats | None:
    """Return weights z with slope on the molecular fraction = z · errors, or None where it is not determined."""
    gram = design.T @ design
    if len(design) < _SMALLEST_SAMPLE or gram[0, 0] < 1e-4 * len(design) * 0.01:
        return None
    return np.asarray(np.linalg.pinv(gram, rcond=1e-8, hermitian=True)[0] @ design.T)


def bias_weights(frames: Sequence[LabelledFrame], *, energy_scales: Floats, scale: float) -> Floats:
    """Return weights z of the energy errors in what a fit drives to zero: the phase-differential bias of each data set.

    The sum of z times errors over the frames of one set is its slope s on the molecular fraction, divided by
    (1 + (Δs / ``scale``)²)^(1/2), where Δs is the error of s that energies of the given scales leave: a slope that a
    set can hardly tell is hardly fitted. Weights are zero where a set does not determine its slope at all.

    Args:
        frames: labelled frames.
        energy_scales: expected error of each energy per atom, Ha, shape (n_frames,).
        scale: bias that matters, Ha per atom.
    """
    result = np.zeros(len(frames))
    sets = np.array([frame.dataset for frame in frames])
    for name in np.unique(sets):
        chosen = np.flatnonzero(sets == name).tolist()
        weights = slope_weights(phase_design([frames[index] for index in chosen])[1])
        if weights is not None:
            spread = float(np.linalg.norm(weights * energy_scales[chosen]))
            result[chosen] = weights / np.hypot(1.0, spread / scale)
    return result


def measure_phase_bias(frames: Sequence[LabelledFrame], energy_errors_ha_per_atom: Floats) -> PhaseBias:
    """Regress the energy error per atom on molecular fraction and density together, within each data set.

    Errors of the slopes are from the residuals, summed by block of trajectory (cluster-robust, White/Liang–Zeger), so
    that correlated frames do not count as many.

    Args:
        frames: labelled frames.
        energy_errors_ha_per_atom: prediction minus label, per atom, shape (n_frames,).
    """
    fractions, design = phase_design(frames)
    errors = np.array(energy_errors_ha_per_atom, dtype=np.float64) * HARTREE_TO_EV * 1000.0
    sets = np.array([frame.dataset for frame in frames])
    for name in np.unique(sets):
        errors[sets == name] -= errors[sets == name].mean()
    blocks = sorted({(frame.dataset, frame.block) for frame in frames})
    limits = (float(fractions.min()), float(fractions.max())) if len(fractions) else (np.nan, np.nan)
    unknown = Estimate.unknown("meV/atom")
    n_free = len(np.unique(sets)) + 2
    if slope_weights(design) is None or len(blocks) <= n_free:
        return PhaseBias(molecular=unknown, density=unknown, fraction_range=limits)
    inverse = np.linalg.pinv(design.T @ design, rcond=1e-8, hermitian=True)
    slopes = inverse @ (design.T @ errors)
    residual = errors - design @ slopes
    place = {block: index for index, block in enumerate(blocks)}
    scores = np.zeros((len(blocks), 2))
    for index, frame in enumerate(frames):
        scores[place[frame.dataset, frame.block]] += design[index] * residual[index]
    correction = len(blocks) / (len(blocks) - n_free)
    covariance = correction * inverse @ (scores.T @ scores) @ inverse
    deviations = np.sqrt(np.diag(covariance))
    molecular, density = (
        Estimate.of_deviation(float(slope), float(error), "meV/atom", float(len(blocks)), len(blocks) - n_free)
        for slope, error in zip(slopes, deviations, strict=True)
    )
    return PhaseBias(molecular=molecular, density=density, fraction_range=limits)
