"""What moves the atoms, as ``run_md`` sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import TextIO

    import ase
    import numpy as np
    from numpy.typing import NDArray

    from llpt.dynamics.evaluation import Evaluator
    from llpt.dynamics.ring_polymer import RingPolymer
    from llpt.dynamics.settings import RunSettings


@dataclass(frozen=True, slots=True)
class IntegratorState:
    """Atoms and conserved quantity at the end of a step.

    Args:
        positions_angstrom: unwrapped positions, shape (n, 3); of a path integral those of its first bead.
        velocities_angstrom_per_fs: velocities, shape (n, 3); NaN in a path integral, whose nuclei have none.
        cell_angstrom: cell vectors as rows, shape (3, 3).
        conserved_ev: conserved quantity of the integrator; of a path integral that of a bead.
        ring: all beads of a path integral; None for classical nuclei.
    """

    positions_angstrom: NDArray[np.float64]
    velocities_angstrom_per_fs: NDArray[np.float64]
    cell_angstrom: NDArray[np.float64]
    conserved_ev: float
    ring: RingPolymer | None = None


class IntegratorMaker(Protocol):
    """The class of an integrator, as its record names it: it starts a run, or goes on with one."""

    def start(
        self, atoms: ase.Atoms, settings: RunSettings, timestep_fs: float, evaluators: Sequence[Evaluator], log: TextIO
    ) -> Integrator:
        """Start from prepared atoms.

        Args:
            atoms: the start, with velocities.
            settings: of the run.
            timestep_fs: the time step in fs, > 0.
            evaluators: what computes the forces, one for each bead.
            log: where what others print goes.
        """

    def resume(
        self, directory: Path, settings: RunSettings, timestep_fs: float, evaluators: Sequence[Evaluator], log: TextIO
    ) -> Integrator:
        """Go on from what ``save`` wrote.

        Args:
            directory: of the checkpoint.
            settings: of the run.
            timestep_fs: the time step in fs, > 0.
            evaluators: what computes the forces, one for each bead.
            log: where what others print goes.
        """


class Integrator(Protocol):
    """Advances a system by one step at a time and can be saved so exactly that it goes on as if nothing had been."""

    @property
    def step(self) -> int:
        """Number of the last step."""

    def advance(self) -> None:
        """Do one step.

        Raises:
            EngineError: the engine could not give forces.
        """

    def state(self) -> IntegratorState:
        """Return the state at the end of the last step."""

    def save(self, directory: Path) -> None:
        """Write everything needed to continue into ``directory``."""

    def publish(self, run_directory: Path, checkpoint: Path) -> None:
        """Put what other programs can use of a checkpoint into the run directory."""

    def close(self) -> None:
        """Give back what the integrator holds of the process."""
