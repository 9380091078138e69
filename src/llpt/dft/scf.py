"""Self-consistency: orbitals, occupations and density that belong to each other.

Atomic units. Mermin, Phys. Rev. 137, A1441 (1965); the cycle is n_in -> V -> orbitals -> n_out -> next n_in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from llpt.dft.eigensolver import Eigenpairs, davidson, orthonormalised
from llpt.dft.ground_state import GroundState
from llpt.dft.mixing import AndersonMixer
from llpt.dft.occupations import Occupations, fermi_dirac
from llpt.dft.settings import EMPTY_BAND
from llpt.errors import EngineError

if TYPE_CHECKING:
    from llpt.dft.grid import Grid
    from llpt.dft.hamiltonian import Hamiltonian
    from llpt.dft.problem import Problem


@dataclass(frozen=True)
class ScfSettings:
    """When to stop.

    Args:
        energy_tolerance: estimated error of the free energy, Ha per atom.
        orbital_tolerance: largest residual norm |H x - e x| of a band, weighted with the root of its filling, Ha.
        bands: number of bands, or None to add bands until the last is empty.
        max_cycles: cycles before giving up one rung of the ladder.
    """

    energy_tolerance: float = 1e-10
    orbital_tolerance: float = 1e-5
    bands: int | None = None
    max_cycles: int = 80


@dataclass(frozen=True)
class InitialGuess:
    """Where a calculation begins.

    Args:
        density: n(G) on the half grid.
        orbitals: trial orbitals of each k-point, linearly independent.
        filled: number of bands that held electrons in the state before; None where it is not known.
    """

    density: Tensor
    orbitals: tuple[Tensor, ...]
    filled: int | None = None


def density_error(grid: Grid, difference: Tensor) -> float:
    """Return half the electrostatic energy of a change of density, Ha: an estimate of the error of F."""
    safe = torch.where(grid.g2 > 0.0, grid.g2, 1.0)
    return (
        2.0 * math.pi * grid.volume * grid.inner(difference, difference * torch.where(grid.g2 > 0.0, 1.0 / safe, 0.0))
    )


def fill(problem: Problem, pairs: tuple[Eigenpairs, ...]) -> Occupations:
    """Occupy the orbitals of all k-points."""
    return fermi_dirac(
        tuple(p.values for p in pairs),
        problem.basis.kpoints.weights,
        electrons=problem.electrons,
        temperature=problem.theory.electronic_temperature,
    )


def _first_start(problem: Problem, bands: int) -> InitialGuess:
    """Density of free atoms and the lowest Ritz vectors of 1s functions in its potential."""
    density = problem.superposed_density()
    problem.set_density(density)

    def lowest(hamiltonian: Hamiltonian, trial: Tensor) -> Tensor:
        return davidson(hamiltonian, orthonormalised(trial), expansions=1).orbitals[:bands].contiguous()

    return InitialGuess(density, problem.at_each_kpoint(lowest, problem.starting_orbitals(bands)))


def _more_bands(problem: Problem, orbitals: tuple[Tensor, ...], bands: int) -> tuple[Tensor, ...]:
    """Add random orbitals up to ``bands``."""
    enlarged = []
    for index, psi in enumerate(orbitals):
        extra = problem.random_orbitals(index, bands - psi.shape[0], seed=bands)
        enlarged.append(orthonormalised(torch.cat([psi, extra])))
    return tuple(enlarged)


def solve_scf(
    problem: Problem, settings: ScfSettings, start: InitialGuess | None = None, *, fallback: InitialGuess | None = None
) -> GroundState:
    """Solve for the electrons in equilibrium.

    A calculation that does not converge is tried again along a ladder: from ``start`` with a long mixing history;
    from ``fallback`` with a short one and half steps; from free atoms with still smaller steps.

    Args:
        problem: the geometry and the theory.
        settings: tolerances.
        start: density and orbitals to begin with; free atoms without it.
        fallback: the start of the second try, where ``start`` was extrapolated and may have gone too far.

    Raises:
        EngineError: no rung of the ladder converged; the message tells how far the last one came.
        InputError: more bands are asked for than there are plane waves.
    """
    rungs = [(start, 8, 1.0), (fallback or start, 3, 0.5), (None, 4, 0.3)]
    last = math.inf
    for begin, depth, step in rungs:
        try:
            result = _iterate(problem, settings, begin, depth=depth, step=step)
        except EngineError:
            # What free atoms lead to is final; an extrapolated start may be to blame itself.
            if begin is None:
                raise
            continue
        if isinstance(result, GroundState):
            return result
        last = result
    raise EngineError(
        f"self-consistency was not reached: after {settings.max_cycles} cycles on each of {len(rungs)} tries the "
        f"free energy is still uncertain by {last:.1e} Ha/atom.",
        "Raise the electronic temperature, give more bands, or check the structure.",
    )


def _iterate(
    problem: Problem, settings: ScfSettings, start: InitialGuess | None, *, depth: int, step: float
) -> GroundState | float:
    """One rung of the ladder: a ground state, or the error that was left."""
    bands = settings.bands or problem.default_bands()
    if start is not None:
        bands = max(bands, start.orbitals[0].shape[0]) if settings.bands is None else bands
    begin = start if start is not None else _first_start(problem, bands)
    density, orbitals = begin.density, begin.orbitals
    if orbitals[0].shape[0] < bands:
        orbitals = _more_bands(problem, orbitals, bands)
    mixer = AndersonMixer(problem.basis.grid, problem.screening * step, depth=depth)
    error = math.inf
    for cycle in range(1, settings.max_cycles + 1):
        problem.set_density(density)
        expansions = 2 if cycle <= 2 or error < 1e-7 else 1
        pairs = problem.at_each_kpoint(partial(davidson, expansions=expansions, keep_images=False), orbitals)
        orbitals = tuple(p.orbitals for p in pairs)
        occupations = fill(problem, pairs)
        if settings.bands is None and occupations.highest > EMPTY_BAND and bands < problem.most_bands:
            bands = min(problem.most_bands, bands + max(4, bands // 8))
            orbitals = _more_bands(problem, orbitals, bands)
            continue
        density_out = problem.density_of(orbitals, occupations)
        error = density_error(problem.basis.grid, density_out - density) / problem.ions.count
        residual = max(
            float((p.residual * (f / 2.0).sqrt()).max()) for p, f in zip(pairs, occupations.numbers, strict=True)
        )
        if error < settings.energy_tolerance and residual < settings.orbital_tolerance:
            _check_empty(problem, settings, occupations)
            return finish(problem, pairs, occupations, density_out, density_out, cycles=cycle, residual=error)
        density = mixer.next_density(density, density_out)
    return error


def _check_empty(problem: Problem, settings: ScfSettings, occupations: Occupations) -> None:
    """Refuse a basis whose last band still holds electrons: there is nothing to add."""
    if settings.bands is None and occupations.highest > EMPTY_BAND:
        raise EngineError(
            f"the {problem.most_bands} plane waves of this cell are too few for the electronic temperature: the "
            f"highest band is still filled to {occupations.highest:.1e}.",
            "Raise ecut_ry, or give a number of bands to accept it.",
        )


def finish(
    problem: Problem,
    pairs: tuple[Eigenpairs, ...],
    occupations: Occupations,
    density_out: Tensor,
    density: Tensor,
    *,
    cycles: int,
    residual: float,
) -> GroundState:
    """Return energy, forces and stress.

    Args:
        problem: the geometry and the theory.
        pairs: orbitals of the last cycle.
        occupations: of these orbitals.
        density_out: the density of these orbitals, at which the free energy is stationary.
        density: the best estimate of the converged density, at which forces and stress are taken.
        cycles: how many cycles led here.
        residual: estimated error of F per atom, Ha.
    """
    orbitals = tuple(p.orbitals for p in pairs)
    totals = problem.totals(orbitals, occupations, problem.field_of(density), density=density_out)
    if not (math.isfinite(totals.energy.free) and bool(torch.isfinite(totals.forces).all())):
        raise EngineError(
            "the DFT engine gave an energy or a force that is not finite.", "Check the structure for overlapping atoms."
        )
    return GroundState(
        free_energy=totals.energy.free,
        entropy_energy=totals.energy.entropy_energy,
        forces=totals.forces,
        stress=totals.stress,
        eigenvalues=tuple(p.values for p in pairs),
        occupations=occupations,
        density=density,
        orbitals=orbitals,
        cycles=cycles,
        residual=residual,
    )
