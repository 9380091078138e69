"""CP2K as an engine: one run of it a structure, from the orbitals of the last one, and what that run found."""

from __future__ import annotations

import hashlib
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from llpt.engines.cp2k import (
    CP2K,
    FORCES,
    NEEDS_CP2K,
    POTENTIALS,
    STRESS,
    Cp2kOptions,
    cp2k_input,
    gth_entry,
    orbitals_file,
)
from llpt.engines.face import EngineDescription, EngineResult, PressureLabel
from llpt.engines.mpi import program_environment, program_words
from llpt.engines.one_run import LOG, OneRunEngine
from llpt.errors import EngineError, InputError
from llpt.files import remove, write_atomically
from llpt.units import GPA_TO_EV_PER_ANGSTROM3, HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM, HARTREE_TO_EV

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ase import Atoms
    from numpy.typing import NDArray

    from llpt.engines.record import EngineRequest

_NUMBER = r"([-+]?\d+\.\d+(?:[ED][-+]?\d+)?)"


class Cp2k(OneRunEngine):
    """CP2K's Quickstep with Fermi-Dirac occupations at the electronic temperature.

    Args:
        options: see :class:`Cp2kOptions`.

    Raises:
        MissingProgramError: CP2K, or what starts its processes, is not installed.
        InputError: there is no such file of basis sets.
    """

    elements = CP2K.elements

    def __init__(self, options: Cp2kOptions) -> None:
        command = program_words(CP2K.label, NEEDS_CP2K, options.processes, options.mpi_command)
        environment = program_environment(options.processes, options.mpi_command)
        self._basis = Path(options.basis_file).expanduser()
        is_path = len(self._basis.parts) > 1
        if is_path and not self._basis.is_file():
            raise InputError(
                f"There is no file of basis sets {options.basis_file}.",
                "Give the name of a file in CP2K's data directory, e.g. GTH_BASIS_SETS, or the path of one.",
            )
        self._basis = self._basis.resolve() if is_path else self._basis
        super().__init__(label=CP2K.label, command=command, environment=environment, directory=options.directory)
        self._options = options
        write_atomically(self.place / POTENTIALS, gth_entry(), durable=False)
        self._found: EngineResult

    def compute(self, atoms: Atoms, system_changes: Iterable[str]) -> EngineResult:  # noqa: ARG002  # the face's
        """Return F, E, S, forces and stress."""
        self.run(atoms)
        return self._found

    @property
    def orbitals(self) -> Path:
        """Orbitals of the last structure, or with k-points its density matrix, which the next starts from."""
        return self.place / orbitals_file(self._options)

    def run_once(self, atoms: Atoms) -> None:
        """Run CP2K for one structure, and keep what it found."""
        text = cp2k_input(self._options, atoms, basis_file=self._basis, orbitals=self.orbitals.exists())
        for name in (FORCES, STRESS, "run.out"):
            remove(self.place / name)  # CP2K would append to them
        write_atomically(self.place / "run.inp", text, durable=False)
        self.start(["-i", "run.inp", "-o", "run.out"], result=self.place / FORCES)
        self._found = read_cp2k_result(self.place, self._options.electronic_temperature_k)

    def describe(self) -> EngineDescription:
        """Return version of CP2K, options, and the hash of the pseudopotential and of the basis sets, where known."""
        # A file of CP2K's own is that of its version.
        own = gth_entry() if self._options.pseudopotential == "gth" else ""
        basis = self._basis.read_text() if self._basis.is_absolute() else ""
        return EngineDescription(
            name=CP2K.name,
            spec=CP2K.name,
            version=f"CP2K {cp2k_version()}",
            options=self._options.as_mapping(),
            content_hash=hashlib.sha256((own + basis).encode()).hexdigest() if own or basis else "",
            pressure_label=PressureLabel.EXACT,
        )


def make_cp2k(request: EngineRequest[Cp2kOptions]) -> Cp2k:
    """Make the engine ``cp2k``.

    Raises:
        MissingProgramError: CP2K is not installed.
    """
    return Cp2k(request.options)


@cache
def cp2k_version() -> str:
    """Return the version of CP2K, e.g. ``2023.1``.

    Raises:
        MissingProgramError: it is not installed.
        EngineError: it does not say its version.
    """
    command = [*program_words(CP2K.label, NEEDS_CP2K), "--version"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=program_environment(1))
    found = re.search(r"CP2K version (\S+)", done.stdout)
    if not found:
        raise EngineError("CP2K does not start.", f"Try it by hand: {' '.join(command)}")
    return found[1]


def read_cp2k_result(place: Path, electronic_temperature_k: float) -> EngineResult:
    """Return what a run found.

    Args:
        place: the directory it ran in.
        electronic_temperature_k: of the occupations.

    Raises:
        EngineError: its files lack something.
    """
    free_ha = _value(place / "run.out", r"ENERGY\| Total FORCE_EVAL.*?:\s+")
    smearing_ha = _value(place / "run.out", r"Electronic entropic energy:\s+")
    forces = _table(place / FORCES, r"^\s*(?:FORCES\|)?\s+\d+(?:\s+\d+\s+[A-Z]\w*)?")
    # CP2K prints the pressure tensor: positive where the cell wants to grow.
    pressure_gpa = _table(place / STRESS, r"^\s*STRESS\|\s+[xyz]")[:3]
    if "[GPa]" not in (place / STRESS).read_text(errors="replace") or pressure_gpa.shape != (3, 3):
        raise EngineError(f"{place / STRESS} holds no stress in GPa.", f"See {place / 'run.out'}.")
    return EngineResult(
        free_energy_ev=free_ha * HARTREE_TO_EV,
        energy_ev=(free_ha - smearing_ha) * HARTREE_TO_EV,
        entropy_ev_per_k=-smearing_ha * HARTREE_TO_EV / electronic_temperature_k,
        forces_ev_per_angstrom=forces * HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM,
        stress_ev_per_angstrom3=-pressure_gpa[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]] * GPA_TO_EV_PER_ANGSTROM3,
    )


def _value(path: Path, label: str) -> float:
    found = re.findall(label + _NUMBER, path.read_text(errors="replace") if path.is_file() else "")
    if not found:
        raise EngineError(f"{path} is not what CP2K writes.", f"See {path.parent / LOG}.")
    return float(found[-1].replace("D", "E"))


def _table(path: Path, label: str) -> NDArray[np.float64]:
    """Return three numbers of each row that begins with a label, shape (n, 3)."""
    text = path.read_text(errors="replace") if path.is_file() else ""
    rows = re.findall(label + r"\s+" + r"\s+".join([_NUMBER] * 3), text, re.MULTILINE)
    return np.array(rows, dtype=float).reshape(-1, 3)
