"""What light does to a snapshot on a mesh of k-points denser than that of its ground state."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from llpt.dft.bands import solve_bands
from llpt.dft.occupations import fermi_dirac
from llpt.dft.optics import Levels, Transitions, velocity_squared
from llpt.dft.periodic_functions import check_spans, periodic_functions
from llpt.dft.sum_rule import ExpectedSum, curvatures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from llpt.dft.ground_state import GroundState
    from llpt.dft.kpoints import KPoints
    from llpt.dft.periodic_functions import PeriodicFunctions
    from llpt.dft.problem import Problem

NOTHING_EXPECTED = ExpectedSum(mesh=0.0, projectors=0.0)


def transitions_on_mesh(problem: Problem, state: GroundState, bands: int, mesh: KPoints) -> Transitions:
    """Return levels and velocities of one snapshot on a mesh of its own, in the potential of its ground state.

    Occupations and the chemical potential are those of the mesh. What the bands miss of the sum rule is found at the
    first k-point of the ground state; all else that the sum lacks, or has too much, counts as the mesh's.

    Args:
        problem: the geometry and the theory, at the k-points of the ground state.
        state: its ground state.
        bands: number of bands, at these k-points and on the mesh.
        mesh: k-points of the transitions.

    Raises:
        InputError: the pseudopotential has projectors, the bands do not span those at other k-points, or there are more
            of them than plane waves.
        EngineError: the bands did not converge, or cannot hold the electrons.
    """
    check_spans(problem)
    values, orbitals = solve_bands(problem, state, bands)
    functions = periodic_functions(problem, state, orbitals)
    temperature, electrons = problem.theory.electronic_temperature, problem.electrons
    solved = [_solved(functions, point, bands) for point in mesh.fractional]
    energies = tuple(each for each, _ in solved)
    filling = fermi_dirac(energies, mesh.weights, electrons=electrons, temperature=temperature)
    levels = tuple(
        Levels(weight, e.cpu().numpy(), f.cpu().numpy(), squared.cpu().numpy())
        for weight, (e, squared), f in zip(mesh.weights, solved, filling.numbers, strict=True)
    )
    found = Transitions(levels, electrons, temperature, problem.basis.grid.volume, NOTHING_EXPECTED)
    missed = _missed_share(problem, state, values[0], orbitals[0])
    return replace(found, expected=ExpectedSum(mesh=_sum_rule(found) + missed - 1.0, projectors=0.0))


def _solved(functions: PeriodicFunctions, fractional: Sequence[float], bands: int) -> tuple[Tensor, Tensor]:
    """Return the lowest levels at a k-point, Ha, shape (bands,), and their squared velocities, shape (bands, bands)."""
    k = functions.vector(fractional)
    energies, vectors = torch.linalg.eigh(functions.hamiltonian(k))
    return energies[:bands], functions.velocity_squared(k, vectors[:, :bands])


def _sum_rule(transitions: Transitions) -> float:
    """Return what all lines sum up to, whatever their shape."""
    return transitions.spectrum(np.ones(1), broadening_ev=1.0).sum_rule


def _missed_share(problem: Problem, state: GroundState, values: Tensor, orbitals: Tensor) -> float:
    """Return the share of the sum rule that the bands of the first k-point do not hold, of the electrons there.

    All bands would hold those electrons less the curvature of their grand potential (:mod:`llpt.dft.sum_rule`).

    Args:
        problem: the geometry and the theory.
        state: its ground state.
        values: of the bands, Ha, shape (bands,).
        orbitals: of the bands, shape (bands, plane waves).
    """
    temperature = problem.theory.electronic_temperature
    numbers = 2.0 * torch.sigmoid((state.occupations.chemical_potential - values.to(torch.float64)) / temperature)
    squared = velocity_squared(problem.hamiltonians[0], orbitals)
    level = Levels(1.0, values.cpu().numpy(), numbers.cpu().numpy(), squared.cpu().numpy())
    electrons = float(numbers.sum())
    here = Transitions((level,), electrons, temperature, problem.basis.grid.volume, NOTHING_EXPECTED)
    return 1.0 - curvatures(problem, state, 0)[0] / (3.0 * electrons) - _sum_rule(here)
