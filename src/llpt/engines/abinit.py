"""ABINIT as an engine: a third plane-wave program for energy, entropy, forces and stress, one run of it a structure.

ABINIT writes what it found into ``*_GSR.nc`` in double precision: F, its part -T S, forces, stress, occupations.
Orbitals of the last structure are the start for the next. Plane waves are chosen for each cell at a constant cutoff;
with ``ecutsm_ry`` above 0 those near the cutoff come and go smoothly, so that F is a smooth function of the cell and
the stress its derivative, as a barostat needs (M. Bernasconi et al., J. Phys. Chem. Solids 56, 501, 1995).
"""

from __future__ import annotations

import subprocess
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from llpt.dft.kpoints import parse_kpoints
from llpt.dft.papers import GTH_PBE
from llpt.dft.settings import (
    ECUT_RY,
    KPOINTS,
    TOLD_FUNCTIONAL,
    TOLD_PSEUDOPOTENTIAL,
    AutomaticBands,
    CutoffRy,
    ElectronicTemperatureK,
    KpointList,
)
from llpt.engines.bands import check_bands, estimate_bands, until_empty
from llpt.engines.face import EngineDescription, EngineResult, PressureLabel
from llpt.engines.mpi import MpiCommand, MpiProcesses, program_environment, program_words
from llpt.engines.one_run import CYCLES, LOG, OneRunEngine
from llpt.engines.record import EngineRecord, EngineRequest, Speed
from llpt.errors import EngineError, InputError
from llpt.files import file_hash, remove, write_atomically
from llpt.options import Options, Told
from llpt.papers import Paper
from llpt.prerequisites import Prerequisite
from llpt.units import (
    ANGSTROM_TO_BOHR,
    HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM,
    HARTREE_TO_EV,
    HARTREE_TO_RYDBERG,
    KELVIN_TO_HARTREE,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ase import Atoms
    from numpy.typing import NDArray

NEEDS_ABINIT = Prerequisite("DFT by ABINIT (abinit)", "Debian: apt-get install abinit", programs=("abinit",))
UNCONVERGED = "was not enough SCF cycles to converge"


class AbinitFunctional(StrEnum):
    """Functionals by our names."""

    PBE = "pbe"
    LDA = "lda"


IXC = {AbinitFunctional.PBE: 11, AbinitFunctional.LDA: 7}
"""ABINIT's numbers: PBE, and LDA of Perdew and Wang (1992)."""


class AbinitOptions(Options):
    """Options of engine ``abinit``."""

    electronic_temperature_k: ElectronicTemperatureK
    ecut_ry: CutoffRy = ECUT_RY
    ecutsm_ry: float = Field(
        default=1.0, ge=0.0, le=10.0, description="range in Ry below the cutoff in which plane waves fade, 0 to 10"
    )
    kpoints: KpointList = KPOINTS
    xc: Annotated[AbinitFunctional, TOLD_FUNCTIONAL] = Field(default=AbinitFunctional.PBE, description="pbe or lda")
    pseudopotential: Annotated[str, Told(TOLD_PSEUDOPOTENTIAL, papers_of={"gth": GTH_PBE})] = Field(
        default="gth", description="gth, or the path of a pseudopotential of hydrogen that ABINIT reads (psp8, UPF)"
    )
    bands: AutomaticBands = "auto"
    tolerance: float = Field(
        default=1e-12, gt=0.0, le=1e-3, description="convergence of the potential (tolvrs), for each atom"
    )
    processes: MpiProcesses = 1
    mpi_command: MpiCommand = None
    directory: str | None = Field(
        default=None, description="where ABINIT works; a temporary directory, removed in the end, if not given"
    )


ABINIT = EngineRecord(
    name="abinit",
    label="ABINIT",
    maker="llpt.engines.abinit:make_abinit",
    options=AbinitOptions,
    thermal=True,
    elements=frozenset({"H"}),
    # Fitted to 8, 16 and 32 atoms at 20 Ry (benchmarks/planned_cost.py); a process is started for each step.
    speed=Speed({1.0: 7.0, 3.0: 10.7}, floor=0.17, plane_waves=True),
    probe="llpt.engines.abinit:abinit_version",
    trial={"ecut_ry": 20.0, "electronic_temperature_k": 3000.0, "tolerance": 1e-8},
    needs=NEEDS_ABINIT,
    papers=(
        Paper(
            key="gonze2020",
            authors="X. Gonze and others",
            title="The ABINIT project: impact, environment and recent developments",
            journal="Comput. Phys. Commun.",
            volume="248",
            page="107042",
            year="2020",
            doi="10.1016/j.cpc.2019.107042",
        ),
    ),
)


class Abinit(OneRunEngine):
    """ABINIT with Fermi-Dirac occupations at the electronic temperature (occopt 3, tsmear = k_B T).

    Args:
        options: see :class:`AbinitOptions`.

    Raises:
        MissingProgramError: ABINIT, or what starts its processes, is not installed.
        InputError: there is no such pseudopotential.
    """

    elements = ABINIT.elements

    def __init__(self, options: AbinitOptions) -> None:
        command = program_words(ABINIT.label, NEEDS_ABINIT, options.processes, options.mpi_command)
        environment = program_environment(options.processes, options.mpi_command)
        self._options = options
        pseudopotential = Path(options.pseudopotential).expanduser().resolve()
        if options.pseudopotential != "gth" and not pseudopotential.is_file():
            raise InputError(
                f"There is no pseudopotential file {options.pseudopotential}.", "Give gth, or the path of a file."
            )
        super().__init__(label=ABINIT.label, command=command, environment=environment, directory=options.directory)
        if options.pseudopotential == "gth":
            pseudopotential = self.place / "H.gth-pbe"
            write_atomically(pseudopotential, gth_file(), durable=False)
        self._pseudopotential = pseudopotential
        self._bands, self._atoms = 0 if options.bands == "auto" else options.bands, 0
        self._found: tuple[EngineResult, float]

    def compute(self, atoms: Atoms, system_changes: Iterable[str]) -> EngineResult:  # noqa: ARG002  # the face's
        """Return F, E, S, forces and stress."""
        options = self._options
        check_bands(options.bands, len(atoms))
        if options.bands == "auto" and len(atoms) != self._atoms:
            volume = float(np.abs(np.linalg.det(atoms.cell.array)))
            self._bands = estimate_bands(len(atoms), volume, options.electronic_temperature_k)
            remove(self.orbitals)
        self._atoms = len(atoms)
        automatic = options.bands == "auto"
        return until_empty(lambda bands: self._with(bands, atoms), self._bands, program="ABINIT", automatic=automatic)

    def _with(self, bands: int, atoms: Atoms) -> tuple[EngineResult, float]:
        """Compute with so many bands; also return the occupation of the last."""
        self._bands = bands
        self.run(atoms)
        return self._found

    @property
    def orbitals(self) -> Path:
        """Orbitals of the last structure, which the next starts from."""
        return self.place / "runi_WFK"

    def run_once(self, atoms: Atoms) -> None:
        """Run ABINIT for one structure, and keep what it found and the highest occupation of its last band."""
        text = abinit_input(
            self._options,
            atoms,
            pseudopotential=self._pseudopotential,
            bands=self._bands,
            orbitals=self.orbitals.exists(),
        )
        for name in ("run.abo", "runo_GSR.nc", "runo_WFK"):
            remove(self.place / name)  # ABINIT would write beside them under other names
        write_atomically(self.place / "run.abi", text, durable=False)
        found = self.place / "runo_GSR.nc"
        self.start(["run.abi"], result=found)
        if UNCONVERGED in (self.place / "run.abo").read_text(errors="replace"):
            raise EngineError(
                f"ABINIT did not converge within {CYCLES} cycles.", f"See {self.place / 'run.abo'}; raise tolerance."
            )
        self._found = read_result(found, self._options.electronic_temperature_k)
        (self.place / "runo_WFK").replace(self.orbitals)

    def describe(self) -> EngineDescription:
        """Return version of ABINIT, options, and the hash of the pseudopotential file."""
        return EngineDescription(
            name=ABINIT.name,
            spec=ABINIT.name,
            version=f"ABINIT {abinit_version()}",
            options=self._options.as_mapping(),
            content_hash=file_hash(self._pseudopotential),
            pressure_label=PressureLabel.UNCORRECTED,
        )


def make_abinit(request: EngineRequest[AbinitOptions]) -> Abinit:
    """Make the engine ``abinit``.

    Raises:
        MissingProgramError: ABINIT is not installed.
    """
    return Abinit(request.options)


@cache
def abinit_version() -> str:
    """Return the version of ABINIT, e.g. ``9.6.2``.

    Raises:
        MissingProgramError: it is not installed.
        EngineError: it does not say its version.
    """
    command = [*program_words(ABINIT.label, NEEDS_ABINIT), "--version"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=program_environment(1))
    words = done.stdout.split()
    if not words:
        raise EngineError("ABINIT does not start.", f"Try it by hand: {' '.join(command)}")
    return words[0]


def gth_file() -> str:
    """Return the GTH-PBE pseudopotential of hydrogen in ABINIT's format 2."""
    from llpt.dft.pseudopotentials.gth import gth_pbe_hydrogen  # noqa: PLC0415 - torch, which few commands need

    potential = gth_pbe_hydrogen()
    coefficients = [*potential.coefficients, 0.0, 0.0, 0.0, 0.0][:4]
    return f"""GTH-PBE hydrogen: analytic, local part only
1 1 0                                 zatom, zion, pspdat
2 11 0 0 2001 0.                      pspcod, pspxc, lmax, lloc, mmax, r2well
{potential.r_loc!r} {" ".join(map(repr, coefficients))}   rloc, c1, c2, c3, c4
0 0 0                                 rs, h1s, h2s
0 0                                   rp, h1p
"""


def abinit_input(options: AbinitOptions, atoms: Atoms, *, pseudopotential: Path, bands: int, orbitals: bool) -> str:
    """Return the input of one run of ABINIT.

    Args:
        options: of the engine.
        atoms: the structure.
        pseudopotential: its file.
        bands: number of bands.
        orbitals: whether it starts from those of ``runi_WFK``.
    """
    kpoints = parse_kpoints(options.kpoints)
    return f"""pseudos "{pseudopotential}"
natom {len(atoms)} ntypat 1 typat {len(atoms)}*1 znucl 1
acell 3*1.0
rprim
{_rows(atoms.cell.array * ANGSTROM_TO_BOHR)}
xred
{_rows(np.linalg.solve(atoms.cell.array.T, atoms.positions.T).T)}
ecut {options.ecut_ry / HARTREE_TO_RYDBERG!r} ecutsm {options.ecutsm_ry / HARTREE_TO_RYDBERG!r} nband {bands}
occopt 3 tsmear {options.electronic_temperature_k * KELVIN_TO_HARTREE!r} ixc {IXC[options.xc]}
kptopt 0 nkpt {len(kpoints.weights)}
kpt
{_rows(np.asarray(kpoints.fractional))}
wtk {" ".join(repr(float(weight)) for weight in kpoints.weights)}
nsym 1 chkprim 0 chksymbreak 0 nstep {CYCLES} tolvrs {options.tolerance * len(atoms)!r}
optforces 1 optstress 1 prtwf 1 prtden 0 prtebands 0 irdwfk {int(orbitals)}
"""


def _rows(values: NDArray[np.float64]) -> str:
    return "\n".join(" ".join(f"{value:.15f}" for value in row) for row in values)


def read_result(path: Path, electronic_temperature_k: float) -> tuple[EngineResult, float]:
    """Return what a run found, and the highest occupation (0 to 1) of its last band.

    Args:
        path: its file ``*_GSR.nc``, in Hartree atomic units.
        electronic_temperature_k: of the occupations.

    Raises:
        EngineError: the file lacks something.
    """
    import h5py  # noqa: PLC0415 - start-up time of what only names engines

    try:
        with h5py.File(path) as file:
            free, smearing = float(file["etotal"][()]), float(file["e_entropy"][()])
            forces = np.asarray(file["cartesian_forces"][()], dtype=float)
            stress = np.asarray(file["cartesian_stress_tensor"][()], dtype=float)
            occupation = 0.5 * float(np.max(file["occupations"][..., -1]))
    except (OSError, KeyError) as error:
        raise EngineError(f"{path} is not what ABINIT 9 writes: {error}.", f"See {path.parent / LOG}.") from error
    result = EngineResult(
        free_energy_ev=free * HARTREE_TO_EV,
        energy_ev=(free - smearing) * HARTREE_TO_EV,
        entropy_ev_per_k=-smearing * HARTREE_TO_EV / electronic_temperature_k,
        forces_ev_per_angstrom=forces * HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM,
        stress_ev_per_angstrom3=stress * HARTREE_TO_EV * ANGSTROM_TO_BOHR**3,
    )
    return result, occupation
