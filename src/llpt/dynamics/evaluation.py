"""Asks an engine for forces during MD: checks what comes back, keeps the last answer, carries it over a restart."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from llpt.engines import Engine, EngineResult, check_result, separate_engine
from llpt.errors import EngineError, InputError, LlptError
from llpt.files import disk_refusal

if TYPE_CHECKING:
    import ase
    from numpy.typing import NDArray

_REMEMBERED_TOLERANCE_ANGSTROM = 1e-9
"""A restart converts Å to bohr and back: equal to rounding."""

ABSURD_FORCE_EV_PER_ANGSTROM = 1e4
"""Two protons 0.04 Å apart repel each other so; a hydrogen atom would be moved by 12 Å in half a femtosecond."""

_LOOK = "See failed.extxyz and run.log in the run directory; a smaller time step or longer thermostat times may help."


class Evaluator:
    """Evaluates one system, step after step.

    Args:
        engine: the source of forces.
        template: atoms whose numbers and masses all steps share.
        stress_needed: whether a missing stress is an error (constant pressure) or tolerated.
    """

    def __init__(self, engine: Engine, template: ase.Atoms, *, stress_needed: bool) -> None:
        self.engine = engine
        self._atoms = template.copy()
        self._atoms.calc = None
        self._stress_needed = stress_needed
        self._name = engine.describe().spec
        self._known: EngineResult | None = None
        self._tolerance = 0.0
        self._started = False

    @property
    def atoms(self) -> ase.Atoms:
        """The configuration evaluated last."""
        return self._atoms

    @property
    def failed(self) -> bool:
        """Whether the configuration evaluated last has no result."""
        return self._known is None

    @property
    def last(self) -> EngineResult:
        """Result of the configuration evaluated last."""
        assert self._known is not None
        return self._known

    def remember(self, result: EngineResult, positions: NDArray[np.float64], cell: NDArray[np.float64]) -> None:
        """Take up a result from a checkpoint, so that its configuration is not computed twice.

        A second evaluation of one configuration would enter the engine's extrapolation history as if the atoms had
        rested for a step.

        Args:
            result: what the engine gave.
            positions: positions in Å, shape (n, 3).
            cell: cell vectors as rows in Å, shape (3, 3).
        """
        self._place(positions, cell)
        self._known = result
        self._tolerance = _REMEMBERED_TOLERANCE_ANGSTROM
        self._started = True

    def evaluate(self, positions: NDArray[np.float64], cell: NDArray[np.float64]) -> EngineResult:
        """Return energy, forces and stress of a configuration.

        Args:
            positions: positions in Å, shape (n, 3).
            cell: cell vectors as rows in Å, shape (3, 3).

        Raises:
            EngineError: the engine failed, refuses the configuration, or gave an absurd force or what is not finite.
        """
        if self._known is not None and self._is_at(positions, cell):
            return self._known
        self._known = None
        self._tolerance = 0.0
        self._place(positions, cell)
        try:
            self.engine.get_property("free_energy", self._atoms)
            results = self.engine.results
        except InputError as error:
            if self._started:
                raise EngineError(
                    f"The simulation came to a configuration that engine {self._name} refuses: {error.cause}", _LOOK
                ) from error
            raise
        except LlptError:
            raise
        except Exception as error:
            if isinstance(error, OSError) and (refusal := disk_refusal(error, Path.cwd(), "use")):
                raise refusal from error
            raise EngineError(
                f"Engine {self._name} stopped with {type(error).__name__}: {error}",
                _LOOK,
            ) from error
        self._known = self._take(results)
        self._started = True
        return self._known

    def _take(self, results: dict[str, Any]) -> EngineResult:
        missing = [key for key in ("energy", "free_energy", "forces") if key not in results]
        if "stress" not in results and self._stress_needed:
            missing.append("stress")
        if missing:
            raise EngineError(
                f"Engine {self._name} gave no {' and no '.join(missing)}.",
                "Use an engine that gives them (constant pressure needs stress).",
            )
        result = EngineResult.of_ase_results(results)
        check_result(result, atoms=len(self._atoms), engine=self._name)
        largest = float(np.linalg.norm(result.forces_ev_per_angstrom, axis=1).max())
        if largest > ABSURD_FORCE_EV_PER_ANGSTROM:
            raise EngineError(
                f"Engine {self._name} gave a force of {largest:.3g} eV/Å; no fluid has more than "
                f"{ABSURD_FORCE_EV_PER_ANGSTROM:g}.",
                _LOOK,
            )
        return result

    def _place(self, positions: NDArray[np.float64], cell: NDArray[np.float64]) -> None:
        self._atoms.positions[:] = positions
        self._atoms.cell[:] = cell

    def _is_at(self, positions: NDArray[np.float64], cell: NDArray[np.float64]) -> bool:
        near = np.abs(self._atoms.positions - positions).max() <= self._tolerance
        return bool(near and np.abs(self._atoms.cell.array - cell).max() <= self._tolerance)


def evaluators_of(engine: Engine, template: ase.Atoms, *, beads: int, stress_needed: bool) -> tuple[Evaluator, ...]:
    """Return the evaluators of a run, one for each bead.

    Every bead is a trajectory of its own: where an engine carries orbitals from step to step each bead has its own, in
    one process.

    Args:
        engine: that of the first bead.
        template: see ``Evaluator``.
        beads: how many; 1 for classical nuclei.
        stress_needed: see ``Evaluator``.
    """
    engines = [engine, *(separate_engine(engine) for _ in range(1, beads))]
    return tuple(Evaluator(each, template, stress_needed=stress_needed) for each in engines)


def result_to_arrays(result: EngineResult) -> dict[str, NDArray[np.float64]]:
    """Return a result as arrays for ``numpy.savez``; what the engine did not give is left out."""
    named = {item.name: getattr(result, item.name) for item in fields(result)}
    return {name: np.asarray(value) for name, value in named.items() if value is not None}


def result_from_arrays(arrays: dict[str, NDArray[np.float64]]) -> EngineResult:
    """Undo ``result_to_arrays``."""
    values: dict[str, Any] = {name: arrays[name] if arrays[name].ndim else arrays[name].item() for name in arrays}
    return EngineResult(
        free_energy_ev=values.pop("free_energy_ev"),
        energy_ev=values.pop("energy_ev"),
        forces_ev_per_angstrom=values.pop("forces_ev_per_angstrom"),
        stress_ev_per_angstrom3=values.pop("stress_ev_per_angstrom3", None),
        **values,
    )
