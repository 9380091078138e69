"""One step of molecular dynamics: two short self-consistency cycles from a predicted start.

The first cycle expands the orbitals twice, the second once; the force is taken at n_in + K (n_out - n_in), whose error
is of higher order than that of n_out. A step that is not good enough goes on until it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from llpt.dft.eigensolver import Eigenpairs, davidson
from llpt.dft.scf import InitialGuess, density_error, fill, finish
from llpt.dft.settings import EMPTY_BAND

if TYPE_CHECKING:
    from torch import Tensor

    from llpt.dft.ground_state import GroundState
    from llpt.dft.hamiltonian import Hamiltonian, Potential
    from llpt.dft.occupations import Occupations
    from llpt.dft.problem import Problem


#: Where a cycle has left an error of F beyond this, Ha per atom, the next expands the orbitals twice as well: a step of
#: 1.2 fs takes 3 cycles in place of 5, and 0.85 of the time (docs/decisions.md).
_FAR = 5e-7
#: Bands above the last one that holds electrons which are still corrected.
_MARGIN = 2


@dataclass(frozen=True)
class FollowSettings:
    """The cycles of a step.

    Args:
        expansions: Davidson expansions of each cycle.
        energy_tolerance: what density and orbitals may each still miss of F (Ha per atom); further cycles are added
            until both miss less.
        max_cycles: cycles before the step is left to the full self-consistency ladder.
        fixed_bands: whether the number of bands is the user's.
    """

    expansions: tuple[int, ...] = (2, 1)
    energy_tolerance: float = 1e-7
    max_cycles: int = 8
    fixed_bands: bool = False


def follow(problem: Problem, start: InitialGuess, settings: FollowSettings) -> GroundState | None:
    """Return the ground state near a predicted start, or None where the prediction was too poor or bands are too few.

    Args:
        problem: the new geometry.
        start: predicted density and orbitals.
        settings: cycles and tolerance.
    """
    density = start.density
    problem.set_density(density)
    trial = start.orbitals
    # Empty bands only help the others along: they are rotated but not corrected.
    active = None if start.filled is None else start.filled + _MARGIN
    images: tuple[Tensor | None, ...] = (None,) * len(trial)
    error = 0.0
    for cycle in range(settings.max_cycles):
        expansions = settings.expansions[min(cycle, len(settings.expansions) - 1)]
        if error > _FAR:
            expansions = max(settings.expansions)
        planned = cycle + 1 < len(settings.expansions)
        improve = partial(davidson, expansions=expansions, active=active, keep_images=planned)
        pairs = problem.at_each_kpoint(improve, trial, images)
        occupations = fill(problem, pairs)
        if not settings.fixed_bands and occupations.highest > EMPTY_BAND and trial[0].shape[0] < problem.most_bands:
            return None
        trial = tuple(p.orbitals for p in pairs)
        density_out = problem.density_of(trial, occupations)
        difference = density_out - density
        better = density + problem.screening * difference
        error = density_error(problem.basis.grid, density_out - better) / problem.ions.count
        error = max(error, _last_gain(problem, pairs, occupations) / problem.ions.count)
        if not planned and error < settings.energy_tolerance:
            return finish(problem, pairs, occupations, density_out, better, cycles=cycle + 1, residual=error)
        if planned:
            images = _changed_images(problem, pairs, better)
        else:
            # Beyond the planned cycles something has moved far: images from the coarser grid would not do.
            problem.set_density(better)
            images = (None,) * len(trial)
        density = better
    return None


def _last_gain(problem: Problem, pairs: tuple[Eigenpairs, ...], occupations: Occupations) -> float:
    """By how much the last expansion lowered the band energy, Ha per cell: more than what the next one would."""
    return sum(
        weight * float((f * p.gain).sum())
        for weight, f, p in zip(problem.basis.kpoints.weights, occupations.numbers, pairs, strict=True)
    )


def _changed_images(problem: Problem, pairs: tuple[Eigenpairs, ...], density: Tensor) -> tuple[Tensor, ...]:
    """Put a new density into the Hamiltonians and return H X, correcting the old one by the change of potential."""
    old = [h.potential for h in problem.hamiltonians]
    problem.set_density(density)

    def changed(hamiltonian: Hamiltonian, before: Potential, pair: Eigenpairs) -> Tensor:
        assert pair.images is not None
        change = hamiltonian.coarse.apply_potential(pair.orbitals, hamiltonian.potential.coarse - before.coarse)
        return change.add_(pair.images)

    return problem.at_each_kpoint(changed, old, pairs)
