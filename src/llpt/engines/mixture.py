"""A Hamiltonian between two others, U_s + lambda (F_r - U_s): what drives a run at an intermediate coupling.

Forces, stress and energies are mixed with the weights that i-PI's own ``<force weight=...>`` would give them; one
engine that mixes does the same for every integrator, and remembers the difference of the two at the last structure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from llpt.engines.face import EngineCalculator, EngineDescription, EngineResult, separate_engine
from llpt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ase import Atoms

    from llpt.engines.face import Engine
    from llpt.options import OptionValue


class MixedEngine(EngineCalculator):
    """Two engines as one: (1 - coupling) of the first and coupling of the second.

    Args:
        surrogate: the Hamiltonian at coupling 0.
        reference: that at coupling 1; its Mermin free energy is mixed, as it is what its forces derive from.
        coupling: lambda, 0 … 1.

    Raises:
        InputError: a coupling outside 0 … 1.
    """

    def __init__(self, surrogate: Engine, reference: Engine, *, coupling: float) -> None:
        super().__init__()
        if not 0.0 <= coupling <= 1.0:
            raise InputError(f"A coupling of {coupling:g} is not between two Hamiltonians.", "Give 0 to 1.")
        self.coupling = coupling
        self.difference_ev = float("nan")
        self._parts = (surrogate, reference)

    def compute(self, atoms: Atoms, system_changes: Iterable[str]) -> EngineResult:  # noqa: ARG002 - the face's
        """Return the mixture; ``difference_ev`` is F_r - U_s of this structure."""
        found = []
        for part in self._parts:
            part.calculate(atoms)
            found.append(part.results)
        free = [float(each["free_energy"]) for each in found]
        self.difference_ev = free[1] - free[0]
        stresses = [each.get("stress") for each in found]
        stress = None if any(each is None for each in stresses) else np.asarray(self._mixed(*stresses))
        return EngineResult(
            free_energy_ev=float(self._mixed(*free)),
            energy_ev=float(self._mixed(*(float(each["energy"]) for each in found))),
            forces_ev_per_angstrom=np.asarray(self._mixed(*(np.asarray(each["forces"]) for each in found))),
            stress_ev_per_angstrom3=stress,
            entropy_ev_per_k=float(self._mixed(*(float(each.get("entropy", 0.0)) for each in found))),
        )

    def _mixed(self, first: Any, second: Any) -> Any:
        return (1.0 - self.coupling) * first + self.coupling * second

    def describe(self) -> EngineDescription:
        """Return both engines and the coupling."""
        surrogate, reference = (part.describe() for part in self._parts)
        return EngineDescription(
            name="mixed",
            spec=f"{surrogate.spec} and {reference.spec}",
            version=f"{surrogate.version}; {reference.version}",
            options={
                "coupling": self.coupling,
                **_with_prefix("surrogate", surrogate),
                **_with_prefix("reference", reference),
            },
            content_hash=surrogate.content_hash + reference.content_hash,
            pressure_label=reference.pressure_label,
        )

    def reset(self) -> None:
        """Forget the last structure, in both."""
        super().reset()
        for part in self._parts:
            part.reset()

    def separate(self) -> MixedEngine:
        """Return a mixture of the same engines with memories of their own."""
        surrogate, reference = (separate_engine(part) for part in self._parts)
        return MixedEngine(surrogate, reference, coupling=self.coupling)

    def save_state(self, path: Path) -> None:
        """Keep what the reference carries over between steps; potentials have nothing to keep."""
        self._parts[1].save_state(path)

    def load_state(self, path: Path) -> None:
        """Take up what the reference kept."""
        self._parts[1].load_state(path)

    def close(self) -> None:
        """Let go of both."""
        for part in self._parts:
            part.close()


def _with_prefix(prefix: str, description: EngineDescription) -> dict[str, OptionValue]:
    return {f"{prefix}_{key}": value for key, value in description.options.items()}
