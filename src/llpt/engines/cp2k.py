"""What CP2K is told: Gaussian orbitals with plane waves for the density (GPW).

The Mermin free energy F is what CP2K prints as its total energy with Fermi-Dirac smearing; its part -T S stands beside
it. The orbitals are those of a basis set of Gaussians that moves with the atoms: no set of plane waves changes with the
cell, and what is incomplete is the basis set. All its orbitals are computed and filled by Fermi-Dirac.

M. Krack, J. Hutter et al., in T. D. Kühne et al., J. Chem. Phys. 152, 194103 (2020).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from llpt.dft.kpoints import parse_kpoints
from llpt.dft.papers import GTH_PBE
from llpt.dft.settings import KPOINTS, TOLD_FUNCTIONAL, TOLD_PSEUDOPOTENTIAL, ElectronicTemperatureK, KpointList
from llpt.engines.mpi import MpiCommand, MpiProcesses  # noqa: TC001 - pydantic reads them
from llpt.engines.one_run import CYCLES
from llpt.engines.record import EngineRecord, Speed
from llpt.options import Options, Told
from llpt.papers import Paper
from llpt.prerequisites import Prerequisite

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ase import Atoms

NEEDS_CP2K = Prerequisite(
    "DFT by CP2K (cp2k)",
    "Debian: apt-get install cp2k",
    programs=("cp2k.psmp", "cp2k.popt", "cp2k.ssmp", "cp2k"),
)
POTENTIALS = "potentials"
FORCES = "run.forces"
STRESS = "run.stress"


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
    basis_set: Annotated[str, Told("basis set {}")] = Field(
        default="TZV2P-GTH", pattern=r"^\S+$", description="name of a basis set of hydrogen, e.g. TZV2P-GTH"
    )
    basis_file: str = Field(
        default="GTH_BASIS_SETS",
        pattern=r"^\S+$",
        description="file that holds it, one of CP2K's own or a path",
    )
    cutoff_ry: Annotated[float, Told("cutoff of the density {} Ry")] = Field(
        default=600.0, ge=20.0, le=5000.0, description="cutoff of the density's finest grid in Ry, 20 to 5000"
    )
    relative_cutoff_ry: float = Field(
        default=60.0,
        ge=10.0,
        le=1000.0,
        description="cutoff in Ry of a Gaussian's own grid, 10 to 1000",
    )
    kpoints: KpointList = KPOINTS
    xc: Annotated[Cp2kFunctional, TOLD_FUNCTIONAL] = Field(default=Cp2kFunctional.PBE, description="pbe, blyp or lda")
    pseudopotential: Annotated[str, Told(TOLD_PSEUDOPOTENTIAL, papers_of={"gth": GTH_PBE})] = Field(
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
    maker="llpt.engines.cp2k_engine:make_cp2k",
    options=Cp2kOptions,
    thermal=True,
    elements=frozenset({"H"}),
    # A process is started for each step, 0.8 s of a processor (benchmarks/planned_cost.py).
    speed=Speed({1.0: 60.0}, floor=0.8),
    probe="llpt.engines.cp2k_engine:cp2k_version",
    trial={
        "basis_set": "SZV-GTH",
        "cutoff_ry": 200.0,
        "relative_cutoff_ry": 30.0,
        "electronic_temperature_k": 3000.0,
        "tolerance": 1e-5,
        "neglect": 1e-8,
    },
    needs=NEEDS_CP2K,
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


def uses_kpoints(options: Cp2kOptions) -> bool:
    """Whether there is another k-point than Γ: CP2K then works with complex orbitals."""
    return any(any(point) for point in parse_kpoints(options.kpoints).fractional)


def orbitals_file(options: Cp2kOptions) -> str:
    """Return the file that keeps the orbitals of a structure, or with k-points its density matrix."""
    return "run-RESTART.kp" if uses_kpoints(options) else "run-RESTART.wfn"


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
    restart = orbitals_file(options)
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
