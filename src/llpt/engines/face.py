"""The face that every source of energy, forces and stress shows to the rest of the program.

The energy contract (``docs/engines.md``): forces and stress are derivatives of the Mermin free energy F = E - T S. F
drives molecular dynamics and is ``free_energy``; the internal energy E = F + T S is ``energy`` and enters only the
enthalpy. This is our one deviation from ASE, whose ``energy`` is the extrapolation of E to zero smearing.
"""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from ase.calculators.calculator import Calculator, all_changes

from llpt.errors import EngineError, InputError
from llpt.structure import check_cell, check_elements, check_finite

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path
    from typing import Self

    from ase import Atoms
    from numpy.typing import NDArray

    from llpt.options import OptionValue


class PressureLabel(StrEnum):
    """What stands behind an engine's stress: shown beside every pressure that is reported."""

    CORRECTED = "finite-basis corrected"
    UNCORRECTED = "uncorrected"
    EXACT = "exact"


@dataclass(frozen=True)
class EngineDescription:
    """What an engine is, for run.json and the report: enough to make it again and to see whether it is the same.

    Args:
        name: the kind of engine, e.g. ``dft`` or ``n2p2``.
        spec: the SPEC it was made from, e.g. ``n2p2:DIR``.
        version: version of the program or package that computes.
        options: every option with its value, defaults included.
        content_hash: SHA-256 of the files (potential, pseudopotential) that define it; empty where there are none.
        pressure_label: whether its stress is exact, lacks the basis-set term, or is corrected for it.
    """

    name: str
    spec: str
    version: str
    options: Mapping[str, OptionValue] = field(default_factory=dict)
    content_hash: str = ""
    pressure_label: PressureLabel = PressureLabel.EXACT

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", MappingProxyType(dict(self.options)))


@dataclass(frozen=True)
class EngineResult:
    """Energy, forces and stress of one structure.

    Args:
        free_energy_ev: F, what forces and stress derive from (finite-basis corrected where the engine corrects).
        energy_ev: internal energy E = F + T S.
        forces_ev_per_angstrom: -dF/dR, shape (n_atoms, 3).
        stress_ev_per_angstrom3: (1/V) dF/d strain, shape (6,), Voigt order xx, yy, zz, yz, xz, xy,
            tension positive; None where the engine cannot give it.
        entropy_ev_per_k: electronic entropy S; 0 where the engine has none.
        free_energy_uncorrected_ev: F before the finite-basis correction; None where none is applied.
        stress_uncorrected_ev_per_angstrom3: stress before that correction, shape (6,); None where none
            is applied.
        extrapolation_warnings: number of descriptors outside the range seen in training; None where it has no meaning.
        force_spread_ev_per_angstrom: largest standard deviation of a force vector over a committee; None
            without one.
        energy_spread_ev: standard deviation of F over a committee; None without one.
    """

    free_energy_ev: float
    energy_ev: float
    forces_ev_per_angstrom: NDArray[np.float64]
    stress_ev_per_angstrom3: NDArray[np.float64] | None
    entropy_ev_per_k: float = 0.0
    free_energy_uncorrected_ev: float | None = None
    stress_uncorrected_ev_per_angstrom3: NDArray[np.float64] | None = None
    extrapolation_warnings: int | None = None
    force_spread_ev_per_angstrom: float | None = None
    energy_spread_ev: float | None = None

    def as_ase_results(self) -> dict[str, Any]:
        """Return the dictionary that an ASE calculator keeps as ``results``; what is None is left out."""
        named = {name: getattr(self, field_name) for field_name, name in _IN_ASE.items()}
        return {name: value for name, value in named.items() if value is not None}

    @classmethod
    def of_ase_results(cls, results: Mapping[str, Any]) -> EngineResult:
        """Return what the ``results`` of an ASE calculator hold: energy, free energy and forces at least.

        Args:
            results: as :meth:`as_ase_results` returns them; without a stress where the engine gives none.
        """
        known = {field_name: results[name] for field_name, name in _IN_ASE.items() if results.get(name) is not None}
        return cls(**{"stress_ev_per_angstrom3": None, **known})


_IN_ASE = {
    "energy_ev": "energy",
    "free_energy_ev": "free_energy",
    "entropy_ev_per_k": "entropy",
    "forces_ev_per_angstrom": "forces",
    "stress_ev_per_angstrom3": "stress",
    "free_energy_uncorrected_ev": "free_energy_uncorrected",
    "stress_uncorrected_ev_per_angstrom3": "stress_uncorrected",
    "extrapolation_warnings": "extrapolation_warnings",
    "force_spread_ev_per_angstrom": "force_spread",
    "energy_spread_ev": "energy_spread",
}
"""What each field is called in the results of an ASE calculator."""


@runtime_checkable
class Engine(Protocol):
    """A source of energy, forces and stress: an ASE calculator with a description and a state that can be kept.

    ``results`` after ``calculate`` holds ``energy`` (E, eV), ``free_energy`` (F, eV), ``entropy`` (eV/K), ``forces``
    (eV/Å) and, where the engine can, ``stress`` (eV/Å³). Optional keys: see :class:`EngineResult`.
    """

    results: dict[str, Any]

    def calculate(
        self, atoms: Atoms | None = None, properties: Iterable[str] = ..., system_changes: Iterable[str] = ...
    ) -> None:
        """Compute all results of ``atoms``; raise EngineError where one is not finite.

        Args:
            atoms: the structure; None for the last one.
            properties: not looked at: all are computed.
            system_changes: what changed since the last call, in ASE's words.
        """

    def get_property(self, name: str, atoms: Atoms | None = None, allow_calculation: bool = True) -> Any:
        """Return one result, computing it if ``atoms`` changed since the last call.

        Args:
            name: of the result, in ASE's words.
            atoms: the structure; None for the last one.
            allow_calculation: whether it may be computed; else None is returned where it is not there.
        """

    def reset(self) -> None:
        """Forget the last structure and whatever carries over from it: the next one is computed afresh."""

    def describe(self) -> EngineDescription:
        """Return what this engine is."""

    def save_state(self, path: Path) -> None:
        """Write to ``path`` what carries over between MD steps; engines without such a state write nothing."""

    def load_state(self, path: Path) -> None:
        """Take up a state written by ``save_state``; engines without such a state ignore it."""

    def close(self) -> None:
        """Release processes, sockets and device memory; the engine is not used afterwards."""


@runtime_checkable
class Separable(Protocol):
    """An engine that carries something from one MD step to the next, and can be had once more without it."""

    def separate(self) -> Engine:
        """Return the same engine with a memory of its own."""


def separate_engine(engine: Engine) -> Engine:
    """Return the engine of a further trajectory in this process: one bead of a path integral beside another.

    An engine that carries nothing from step to step, or starts from its last structure whatever that was, serves all.
    """
    return engine.separate() if isinstance(engine, Separable) else engine


class EngineCalculator(Calculator, metaclass=ABCMeta):
    """Base of our engines: an ASE calculator whose results are checked before anyone sees them.

    A subclass implements :meth:`compute` and :meth:`describe`; it overrides ``save_state``, ``load_state`` and
    ``close`` where it has something to keep or to release.
    """

    implemented_properties = ["energy", "free_energy", "forces", "stress"]  # noqa: RUF012  # ASE's declaration
    elements: frozenset[str] | None = None
    """Chemical symbols this engine can do; None where the engine itself must be asked."""

    def __init__(self) -> None:
        begin: Any = super().__init__  # untyped in ASE
        begin()

    @abstractmethod
    def compute(self, atoms: Atoms, system_changes: Iterable[str]) -> EngineResult:
        """Return energy, forces and stress of ``atoms``.

        Args:
            atoms: the structure, already checked to be finite.
            system_changes: what changed since the last call, in ASE's words (positions, cell, numbers, pbc).
        """

    @abstractmethod
    def describe(self) -> EngineDescription:
        """Return what this engine is."""

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Iterable[str] = ("energy",),  # noqa: ARG002  # ASE's signature: we always compute all
        system_changes: Iterable[str] = all_changes,
    ) -> None:
        """Compute all results of ``atoms``.

        Args:
            atoms: the structure; None for the last one.
            properties: not looked at: all are computed.
            system_changes: what changed since the last call, in ASE's words.

        Raises:
            InputError: the structure cannot be computed (empty, not finite, an element the engine does not know).
            EngineError: the calculation failed or gave a value that is not finite.
        """
        structure: Any = self.atoms if atoms is None else atoms
        if structure is None:
            raise InputError("The engine was asked for a result without a structure.", "Give it a structure.")
        self.atoms = structure.copy()
        self.results = {}
        check_computable(structure, elements=self.elements, engine=self.describe().spec)
        result = self.compute(structure, system_changes)
        check_result(result, atoms=len(structure), engine=self.describe().spec)
        self.results = result.as_ase_results()

    def reset(self) -> None:
        """Forget the last structure and its results."""
        self.atoms = None
        self.results = {}

    def save_state(self, path: Path) -> None:
        """Write nothing: this engine starts every structure afresh."""

    def load_state(self, path: Path) -> None:
        """Ignore ``path``: this engine starts every structure afresh."""

    def close(self) -> None:
        """Release nothing: this engine holds no process."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def check_computable(atoms: Atoms, *, elements: Collection[str] | None, engine: str) -> None:
    """Refuse a structure that an engine cannot compute.

    Args:
        atoms: the structure.
        elements: chemical symbols the engine knows; None if it knows all, or says so itself.
        engine: its name in the message.

    Raises:
        InputError: no atoms; a position or cell entry that is not finite; a cell of zero volume; an element the
            engine does not know.
    """
    where = f"the structure given to engine {engine}"
    check_finite(atoms, where=where)
    if all(atoms.pbc):
        check_cell(atoms, where=where)
    if elements is not None:
        check_elements(atoms, elements, where=where)


def check_result(result: EngineResult, *, atoms: int, engine: str) -> None:
    """Refuse a result that is not finite or has the wrong shape: a failure is never a number.

    Args:
        result: what the engine computed.
        atoms: number of atoms of the structure.
        engine: its name in the message.

    Raises:
        EngineError: names the first value that is wrong.
    """
    shapes: dict[str, tuple[int, ...]] = {"forces": (atoms, 3), "stress": (6,), "stress_uncorrected": (6,)}
    for name, value in result.as_ase_results().items():
        array = np.asarray(value, dtype=float)
        if array.shape != shapes.get(name, ()):
            raise EngineError(
                f"Engine {engine} gave {name} of shape {array.shape} where {shapes.get(name, ())} is due.",
                "This is a fault of the engine or its adapter; report it with the structure.",
            )
        if not np.isfinite(array).all():
            raise EngineError(
                f"Engine {engine} gave {name} that is not finite.",
                "Look at the structure (atoms too close, a cell that blew up) and at the engine's own log.",
            )
