"""Our driver class for i-PI: it passes F as the potential, with E and S as extras, and the virial of F.

i-PI's own ASE driver reads ``energy`` and drops the entropy. ``EngineDriver`` serves ``run_md``, which hands it an
engine; ``RunDirectoryDriver`` serves i-PI's own command in a run directory and makes the engine that run.json names.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ase.io import read
from ase.stress import voigt_6_to_full_3x3_stress

from llpt.dynamics.evaluation import Evaluator, evaluators_of
from llpt.dynamics.run_record import read_run_record
from llpt.units import (
    BOHR_TO_ANGSTROM,
    EV_PER_ANGSTROM_TO_HARTREE_PER_BOHR,
    EV_TO_HARTREE,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ase
    import numpy as np
    from numpy.typing import NDArray

    from llpt.options import OptionValue

DRIVER_FILE = "ipi_driver.py"
INNER = "inner"
"""The parameter by which i-PI's input tells the driver of the potential within a step from that of the engine."""
DRIVER_SOURCE = '''"""Lets i-PI's own command (`i-pi RESTART`, started here) use the engine of this run."""

from llpt.dynamics.ipi_driver import RunDirectoryDriver

__DRIVER_NAME__ = "llpt"
__DRIVER_CLASS__ = "RunDirectoryDriver"
'''


Answer = tuple[float, "NDArray[np.float64]", "NDArray[np.float64]", str]
"""Potential F, forces, virial and extras, in atomic units."""


class EngineDriver:
    """Evaluates with engines that are already there; i-PI calls it as it calls its own drivers.

    Args:
        evaluators: one for each bead.
    """

    def __init__(self, evaluators: Sequence[Evaluator]) -> None:
        self.evaluators = evaluators

    def __call__(
        self,
        cell: NDArray[np.float64] | Sequence[NDArray[np.float64]],
        pos: NDArray[np.float64] | Sequence[NDArray[np.float64]],
    ) -> Answer | list[Answer]:
        """Return what i-PI asks for: of one structure, or of all beads of a path integral, in their order.

        Args:
            cell: cell vectors as columns in bohr, shape (3, 3), or a list of them.
            pos: positions in bohr, shape (n, 3), or a list of them.
        """
        if isinstance(pos, list):
            return [
                _answer(evaluator, one_cell, one)
                for evaluator, one_cell, one in zip(self.evaluators, cell, pos, strict=True)
            ]
        return _answer(self.evaluators[0], cast("NDArray[np.float64]", cell), cast("NDArray[np.float64]", pos))


class RunDirectoryDriver(EngineDriver):
    """Makes the engine that run.json of the current directory names, when it is first asked."""

    def __init__(self, **parameters: object) -> None:
        """Take what i-PI passes to a driver, of which it needs whether it stands for the potential within a step."""
        self._inner = INNER in parameters

    def __call__(
        self,
        cell: NDArray[np.float64] | Sequence[NDArray[np.float64]],
        pos: NDArray[np.float64] | Sequence[NDArray[np.float64]],
    ) -> Answer | list[Answer]:
        """Return what i-PI asks for; see ``EngineDriver``."""
        if not hasattr(self, "evaluators"):
            from llpt.engines import make_engine  # noqa: PLC0415  # run_md is handed its engine and needs no maker

            record = read_run_record(Path())
            assert record is not None  # i-PI was started in the directory of a run
            named = record.potential if self._inner else record.engine
            assert named is not None  # the input names a potential within a step only where the run has one
            engine = make_engine(named.spec, cast("dict[str, OptionValue]", named.options))
            start = cast("ase.Atoms", read("start.extxyz"))
            beads = len(pos) if isinstance(pos, list) else 1
            self.evaluators = evaluators_of(engine, start, beads=beads, stress_needed=False)
        return super().__call__(cell, pos)


def _answer(evaluator: Evaluator, cell: NDArray[np.float64], positions: NDArray[np.float64]) -> Answer:
    """Return what i-PI asks for of one structure in bohr, its cell vectors being columns."""
    cell_angstrom = cell.T * BOHR_TO_ANGSTROM
    result = evaluator.evaluate(positions * BOHR_TO_ANGSTROM, cell_angstrom)
    stress = result.stress_ev_per_angstrom3
    virial = cell * 0.0
    if stress is not None:
        volume = abs(cell_angstrom[0, 0] * cell_angstrom[1, 1] * cell_angstrom[2, 2])
        virial = -volume * voigt_6_to_full_3x3_stress(stress) * EV_TO_HARTREE
    extras = {"internal_energy_ev": result.energy_ev, "entropy_ev_per_k": result.entropy_ev_per_k}
    return (
        result.free_energy_ev * EV_TO_HARTREE,
        result.forces_ev_per_angstrom * EV_PER_ANGSTROM_TO_HARTREE_PER_BOHR,
        virial,
        json.dumps(extras),
    )
