"""Our driver class for i-PI: it passes F as the potential, with E and S as extras, and the virial of F.

i-PI's own ASE driver reads ``energy`` and drops the entropy. ``EngineDriver`` serves ``run_md``, which hands it an
engine; ``RunDirectoryDriver`` serves i-PI's own command in a run directory and makes the engine that run.json names.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ase.io import read
from ase.stress import voigt_6_to_full_3x3_stress

from llpt.dynamics.evaluation import Evaluator
from llpt.units import (
    BOHR_TO_ANGSTROM,
    EV_PER_ANGSTROM_TO_HARTREE_PER_BOHR,
    EV_TO_HARTREE,
)

if TYPE_CHECKING:
    import ase
    import numpy as np
    from numpy.typing import NDArray

DRIVER_FILE = "ipi_driver.py"
DRIVER_SOURCE = '''"""Lets i-PI's own command (`i-pi RESTART`, started here) use the engine of this run."""

from llpt.dynamics.ipi_driver import RunDirectoryDriver

__DRIVER_NAME__ = "llpt"
__DRIVER_CLASS__ = "RunDirectoryDriver"
'''


class EngineDriver:
    """Evaluates with an engine that is already there; i-PI calls it as it calls its own drivers."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator

    def __call__(
        self, cell: NDArray[np.float64], pos: NDArray[np.float64]
    ) -> tuple[float, NDArray[np.float64], NDArray[np.float64], str]:
        """Return potential F, forces, virial and extras in atomic units.

        Args:
            cell: cell vectors as columns in bohr, shape (3, 3).
            pos: positions in bohr, shape (n, 3).
        """
        cell_angstrom = cell.T * BOHR_TO_ANGSTROM
        result = self.evaluator.evaluate(pos * BOHR_TO_ANGSTROM, cell_angstrom)
        stress = result.stress_ev_per_angstrom3
        virial = cell * 0.0
        if stress is not None:
            volume = abs(cell_angstrom[0, 0] * cell_angstrom[1, 1] * cell_angstrom[2, 2])
            virial = -volume * voigt_6_to_full_3x3_stress(stress) * EV_TO_HARTREE
        extras: dict[str, Any] = {"internal_energy_ev": result.energy_ev, "entropy_ev_per_k": result.entropy_ev_per_k}
        return (
            result.free_energy_ev * EV_TO_HARTREE,
            result.forces_ev_per_angstrom * EV_PER_ANGSTROM_TO_HARTREE_PER_BOHR,
            virial,
            json.dumps(extras),
        )


class RunDirectoryDriver(EngineDriver):
    """Makes the engine that run.json of the current directory names, when it is first asked."""

    def __init__(self, **_parameters: object) -> None:
        """Take what i-PI passes to a driver; nothing of it is needed."""

    def __call__(
        self, cell: NDArray[np.float64], pos: NDArray[np.float64]
    ) -> tuple[float, NDArray[np.float64], NDArray[np.float64], str]:
        """Return potential F, forces, virial and extras in atomic units; see ``EngineDriver``."""
        if not hasattr(self, "evaluator"):
            from llpt.engines import make_engine  # noqa: PLC0415  # run_md is handed its engine and needs no maker

            described = json.loads(Path("run.json").read_text(encoding="utf-8"))["engine"]
            engine = make_engine(described["spec"], described["options"])
            self.evaluator = Evaluator(engine, cast("ase.Atoms", read("start.extxyz")), stress_needed=False)
        return super().__call__(cell, pos)
