"""Many bands of a known ground state, without further self-consistency."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from llpt.dft.eigensolver import davidson, orthonormalised
from llpt.errors import EngineError, InputError

if TYPE_CHECKING:
    from torch import Tensor

    from llpt.dft.ground_state import GroundState
    from llpt.dft.hamiltonian import Hamiltonian
    from llpt.dft.problem import Problem

#: A basis of so few plane waves is diagonalised whole: quicker than any iteration.
_WHOLE = 600


def solve_bands(
    problem: Problem, state: GroundState, bands: int, *, tolerance: float = 1e-3, max_steps: int = 60
) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Return eigenvalues (bands,) and orbitals (bands, plane waves) of each k-point in the potential of ``state``.

    Davidson steps with some bands more than are asked for, whose residuals do not count; the Hamiltonian of a small
    basis, or of which more than a third of the spectrum is wanted, is diagonalised whole.

    Args:
        problem: the geometry.
        state: its ground state.
        bands: number of bands, at most the number of plane waves.
        tolerance: largest residual norm |H x - e x| of a band, Ha.
        max_steps: Davidson steps before giving up.

    Raises:
        InputError: more bands than plane waves.
        EngineError: the bands did not converge.
    """
    if bands > problem.most_bands:
        raise InputError(
            f"{bands} bands are asked for and the basis holds {problem.most_bands} plane waves.", "Ask for fewer bands."
        )
    problem.set_density(state.density)

    def of_one(hamiltonian: Hamiltonian, start: Tensor, index: int) -> tuple[Tensor, Tensor]:
        count = hamiltonian.waves.count
        if 3 * bands > count or count <= _WHOLE:
            identity = torch.eye(count, dtype=start.dtype, device=start.device)
            e, vectors = torch.linalg.eigh(hamiltonian.apply(identity).T.to(torch.complex128))
            return e[:bands], vectors[:, :bands].T.to(start.dtype).contiguous()
        wanted = bands + max(8, bands // 8)
        extra = max(0, wanted - start.shape[0])
        x = orthonormalised(torch.cat([start, problem.random_orbitals(index, extra, seed=1)])[:wanted])
        for _ in range(max_steps):
            pairs = davidson(hamiltonian, x, expansions=1, keep_images=False, each_its_own=True)
            x = pairs.orbitals
            left = float(pairs.residual[:bands].max())
            if left < tolerance:
                return pairs.values[:bands], x[:bands]
        raise EngineError(
            f"{bands} bands did not converge: a residual of {left:.1e} Ha is left.",
            "Ask for fewer bands.",
        )

    solved = problem.at_each_kpoint(of_one, state.orbitals, range(len(state.orbitals)))
    return tuple(values for values, _ in solved), tuple(orbitals for _, orbitals in solved)
