"""What light does to a snapshot on a mesh of k-points denser than that of its ground state."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from llpt.dft.bands import solve_bands
from llpt.dft.occupations import fermi_dirac
from llpt.dft.optics import Levels, Transitions, velocity_squared
from llpt.dft.periodic_functions import periodic_functions
from llpt.dft.sum_rule import ExpectedSum, curvatures

if TYPE_CHECKING:
    from torch import Tensor

    from llpt.dft.ground_state import GroundState
    from llpt.dft.kpoints import KPoints
    from llpt.dft.problem import Problem


def transitions_on_mesh(problem: Problem, state: GroundState, bands: int, mesh: KPoints) -> Transitions:
    """Return levels and velocities of one snapshot on a mesh of its own, in the potential of its ground state.

    Occupations and the chemical potential are those of the mesh. What bands of the sum rule are missed is found at the
    first k-point of the ground state, and hardly changes with k.

    Args:
        problem: the geometry and the theory, at the k-points of the ground state.
        state: its ground state.
        bands: number of bands, at these k-points and on the mesh.
        mesh: k-points of the transitions.

    Raises:
        InputError: the pseudopotential has projectors, or there are more bands than plane waves.
        EngineError: the bands did not converge, or cannot hold the electrons.
    """
    values, orbitals = solve_bands(problem, state, bands)
    functions = periodic_functions(problem, state, orbitals)
    temperature, electrons = problem.theory.electronic_temperature, problem.electrons
    volume = problem.basis.grid.volume
    places = [functions.vector(point) for point in mesh.fractional]
    solved = [torch.linalg.eigh(functions.hamiltonian(k)) for k in places]
    energies = tuple(each[:bands] for each, _ in solved)
    filling = fermi_dirac(energies, mesh.weights, electrons=electrons, temperature=temperature)
    levels = tuple(
        Levels(
            weight,
            e.cpu().numpy(),
            f.cpu().numpy(),
            functions.velocity_squared(k, vectors[:, :bands]).cpu().numpy(),
        )
        for weight, k, e, f, (_, vectors) in zip(mesh.weights, places, energies, filling.numbers, solved, strict=True)
    )
    found = Transitions(levels, electrons, temperature, volume, ExpectedSum(mesh=0.0, projectors=0.0))
    share = sum(found.strengths(bands)) / (3.0 * electrons)
    missed = _missed_share(problem, state, values[0], orbitals[0])
    return replace(found, expected=ExpectedSum(mesh=share + missed - 1.0, projectors=0.0))


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
    here = Transitions((level,), electrons, temperature, problem.basis.grid.volume, ExpectedSum(0.0, 0.0))
    every = 3.0 * electrons - curvatures(problem, state, 0)[0]
    return (every - sum(here.strengths(level.energies.size))) / (3.0 * electrons)
