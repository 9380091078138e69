"""CP2K as an engine: Gaussian orbitals with plane waves for the density (GPW), one run of it a structure.

The Mermin free energy F is what CP2K prints as its total energy with Fermi-Dirac smearing; its part -T S stands beside
it. The orbitals are those of a basis set of Gaussians that moves with the atoms: no set of plane waves changes with the
cell, and what is incomplete is the basis set. All its orbitals are computed and filled by Fermi-Dirac.

M. Krack, J. Hutter et al., in T. D. Kühne et al., J. Chem. Phys. 152, 194103 (2020).
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from llpt.dft.kpoints import parse_kpoints
from llpt.dft.papers import GTH_PBE
from llpt.dft.settings import KPOINTS, ElectronicTemperatureK, KpointList
from llpt.engines.face import EngineDescription, EngineResult, PressureLabel
from llpt.engines.mpi import MpiCommand, MpiProcesses, mpi_words, program_environment
from llpt.engines.one_run import CYCLES, LOG, OneRunEngine
from llpt.engines.record import EngineRecord, EngineRequest, Speed
from llpt.errors import EngineError, InputError, MissingProgramError
from llpt.files import remove, write_atomically
from llpt.options import Options, Told
from llpt.papers import Paper
from llpt.prerequisites import Prerequisite
from llpt.units import GPA_TO_EV_PER_ANGSTROM3, HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM, HARTREE_TO_EV

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ase import Atoms
    from numpy.typing import NDArray

PROGRAMS = ("cp2k.psmp", "cp2k.popt", "cp2k.ssmp", "cp2k")
POTENTIALS = "potentials"
FORCES = "run.forces"
STRESS = "run.stress"
_NUMBER = r"([-+]?\d+\.\d+(?:[ED][-+]?\d+)?)"


class Cp2kFunctional(StrEnum):
    """Functionals by our names."""

    PBE = "pbe"
    BLYP = "blyp"
    LDA = "lda"


SHORTCUTS = {Cp2kFunctional.PBE: "PBE", Cp2kFunctional.BLYP: "BLYP", Cp2kFunctional.LDA: "PADE"}
"""CP2K's names of them; its LDA is Goedecker, Teter and Hutter's (1996)."""


class Cp2kOptions(Options):
    """Options of engine ``cp2k``."""

    electronic_temperature_k: ElectronicTemperatureK
    basis_set: str = Field(
        default="TZV2P-GTH", pattern=r"^\S+$", description="name of a basis set of hydrogen, e.g. TZV2P-GTH"
    )
    basis_file: str = Field(
        default="GTH_BASIS_SETS",
        pattern=r"^\S+$",
        description="file that holds it, one of CP2K's own or a path",
    )
    cutoff_ry: float = Field(
        default=600.0, ge=20.0, le=5000.0, description="cutoff of the density's finest grid in Ry, 20 to 5000"
    )
    relative_cutoff_ry: float = Field(
        default=60.0,
        ge=10.0,
        le=1000.0,
        description="cutoff in Ry of a Gaussian's own grid, 10 to 1000",
    )
    kpoints: KpointList = KPOINTS
    xc: Cp2kFunctional = Field(default=Cp2kFunctional.PBE, description="pbe, blyp or lda")
    pseudopotential: Annotated[str, Told(papers_of={"gth": GTH_PBE})] = Field(
        default="gth",
        pattern=r"^\S+$",
        description="gth (GTH-PBE), or the name of one of hydrogen in CP2K's GTH_POTENTIALS, e.g. GTH-BLYP-q1",
    )
    tolerance: float = Field(default=1e-7, gt=0.0, le=1e-3, description="convergence of the density (EPS_SCF)")
    neglect: float = Field(
        default=1e-12, gt=0.0, le=1e-6, description="what is left out of integrals over Gaussians (EPS_DEFAULT)"
    )
    processes: MpiProcesses = 1
    mpi_command: MpiCommand = None
    directory: str | None = Field(
        default=None, description="where CP2K works; a temporary directory, removed in the end, if not given"
    )


CP2K = EngineRecord(
    name="cp2k",
    label="CP2K",
    maker="llpt.engines.cp2k:make_cp2k",
    options=Cp2kOptions,
    thermal=True,
    elements=frozenset({"H"}),
    speed=Speed({1.0: 60.0}),
    probe="llpt.engines.cp2k:cp2k_version",
    trial={
        "basis_set": "SZV-GTH",
        "cutoff_ry": 200.0,
        "relative_cutoff_ry": 30.0,
        "electronic_temperature_k": 3000.0,
        "tolerance": 1e-5,
        "neglect": 1e-8,
    },
    needs=Prerequisite("DFT by CP2K (cp2k)", "Debian: apt-get install cp2k", programs=PROGRAMS),
    papers=(
        Paper(
            key="kuhne2020",
            authors="T. D. Kühne and others",
            title="CP2K: An electronic structure and molecular dynamics software package - Quickstep: "
            "Efficient and accurate electronic structure calculations",
            journal="J. Chem. Phys.",
            volume="152",
            page="194103",
            year="2020",
            doi="10.1063/5.0007045",
        ),
    ),
)


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
        command = cp2k_command(options.processes, options.mpi_command)
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
        return self.place / ("run-RESTART.kp" if uses_kpoints(self._options) else "run-RESTART.wfn")

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


def cp2k_command(processes: int = 1, mpi_command: str | None = None) -> list[str]:
    """Return the command that starts CP2K.

    Args:
        processes: number of MPI processes.
        mpi_command: what starts them, with ``{processes}`` for their number; mpirun if None.

    Raises:
        MissingProgramError: CP2K, or what starts its processes, is not installed.
    """
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise MissingProgramError("CP2K is not installed.", "Install it (Debian: apt-get install cp2k).")
    return [*mpi_words(processes, mpi_command), program]


@cache
def cp2k_version() -> str:
    """Return the version of CP2K, e.g. ``2023.1``.

    Raises:
        MissingProgramError: it is not installed.
        EngineError: it does not say its version.
    """
    command = [*cp2k_command(), "--version"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=program_environment(1))
    found = re.search(r"CP2K version (\S+)", done.stdout)
    if not found:
        raise EngineError("CP2K does not start.", f"Try it by hand: {' '.join(command)}")
    return found[1]


def uses_kpoints(options: Cp2kOptions) -> bool:
    """Whether there is another k-point than Γ: CP2K then works with complex orbitals."""
    return any(any(point) for point in parse_kpoints(options.kpoints).fractional)


def gth_entry() -> str:
    """Return the GTH-PBE pseudopotential of hydrogen as CP2K reads it, from the numbers that ``dft`` uses."""
    from llpt.dft.pseudopotentials.gth import gth_pbe_hydrogen  # noqa: PLC0415 - torch, which few commands need

    potential = gth_pbe_hydrogen()
    numbers = " ".join(map(repr, potential.coefficients))
    return f"H GTH-PBE\n1\n{potential.r_loc!r} {len(potential.coefficients)} {numbers}\n0\n"


def cp2k_input(options: Cp2kOptions, atoms: Atoms, *, basis_file: Path, orbitals: bool) -> str:
    """Return the input of one run of CP2K: energy, forces and stress.

    Args:
        options: of the engine.
        atoms: the structure.
        basis_file: file of basis sets.
        orbitals: whether it starts from those of the last structure.
    """
    restart = "run-RESTART.kp" if uses_kpoints(options) else "run-RESTART.wfn"
    printed = f"""&PRINT
&FORCES ON
NDIGITS 12
FILENAME ={FORCES}
&END FORCES
&STRESS_TENSOR ON
FILENAME ={STRESS}
&END STRESS_TENSOR
&END PRINT
"""
    return f"""&GLOBAL
PROJECT run
RUN_TYPE ENERGY_FORCE
PRINT_LEVEL LOW
&END GLOBAL
{force_evaluation(options, atoms, basis_file=str(basis_file), restart=restart, orbitals=orbitals, printed=printed)}"""


def force_evaluation(
    options: Cp2kOptions, atoms: Atoms, *, basis_file: str, restart: str, orbitals: bool = False, printed: str = ""
) -> str:
    """Return the part of CP2K's input that says how energy, forces and stress are computed.

    Args:
        options: of the engine.
        atoms: the structure.
        basis_file: file of basis sets.
        restart: the file of orbitals.
        orbitals: whether it starts from those there.
        printed: section of what is printed besides.
    """
    own = options.pseudopotential == "gth"
    kpoints = ""
    if uses_kpoints(options):
        points = parse_kpoints(options.kpoints)
        rows = [
            f"KPOINT {_row(point)} {weight!r}" for point, weight in zip(points.fractional, points.weights, strict=True)
        ]
        kpoints = "\n".join(["&KPOINTS", "SCHEME GENERAL", "WAVEFUNCTIONS COMPLEX", *rows, "&END KPOINTS\n"])
    vectors = "\n".join(f"{name} {_row(row)}" for name, row in zip("ABC", atoms.cell.array, strict=True))
    positions = "\n".join(f"H {_row(row)}" for row in atoms.positions)
    mass = float(atoms.get_masses()[0])
    return f"""&FORCE_EVAL
METHOD QUICKSTEP
STRESS_TENSOR ANALYTICAL
&DFT
BASIS_SET_FILE_NAME {basis_file}
POTENTIAL_FILE_NAME {POTENTIALS if own else "GTH_POTENTIALS"}
WFN_RESTART_FILE_NAME {restart}
{kpoints}&MGRID
CUTOFF [Ry] {options.cutoff_ry!r}
REL_CUTOFF [Ry] {options.relative_cutoff_ry!r}
&END MGRID
&QS
METHOD GPW
EPS_DEFAULT {options.neglect!r}
&END QS
&SCF
SCF_GUESS {"RESTART" if orbitals else "ATOMIC"}
EPS_SCF {options.tolerance!r}
MAX_SCF {CYCLES}
ADDED_MOS -1
&DIAGONALIZATION
ALGORITHM STANDARD
&END DIAGONALIZATION
&SMEAR
METHOD FERMI_DIRAC
ELECTRONIC_TEMPERATURE [K] {options.electronic_temperature_k!r}
&END SMEAR
&MIXING
METHOD BROYDEN_MIXING
ALPHA 0.4
NBROYDEN 8
&END MIXING
&PRINT
&RESTART
BACKUP_COPIES 0
&END RESTART
&END PRINT
&END SCF
&XC
&XC_FUNCTIONAL {SHORTCUTS[options.xc]}
&END XC_FUNCTIONAL
&END XC
&END DFT
&SUBSYS
&CELL
{vectors}
PERIODIC XYZ
&END CELL
&COORD
{positions}
&END COORD
&KIND H
MASS {mass!r}
BASIS_SET {options.basis_set}
POTENTIAL {"GTH-PBE" if own else options.pseudopotential}
&END KIND
&END SUBSYS
{printed}&END FORCE_EVAL
"""


def _row(values: Iterable[float]) -> str:
    return " ".join(f"{value:.15f}" for value in values)


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
