"""VASP as an engine, one run of VASP for each structure, through ASE's input writer.

VASP prints F = E - T S as ``free  energy   TOTEN`` and E as ``energy  without entropy``; ASE's ``energy`` is a third
value, the extrapolation to zero smearing. F and E are therefore read from OUTCAR here.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field

from llpt.dft.kpoints import parse_kpoints
from llpt.dft.papers import BLOECHL_1994
from llpt.dft.settings import ECUT_RY, KPOINTS, TOLD_FUNCTIONAL, BandCount, CutoffRy, ElectronicTemperatureK, KpointList
from llpt.engines.face import EngineCalculator, EngineDescription, EngineResult, PressureLabel
from llpt.engines.record import EngineRecord, EngineRequest, Speed
from llpt.errors import EngineError, MissingProgramError, first_line
from llpt.files import disk_refusal, make_scratch
from llpt.options import Options, Told
from llpt.papers import Paper
from llpt.prerequisites import Prerequisite
from llpt.units import BOLTZMANN_EV_PER_K, RYDBERG_TO_EV

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ase import Atoms

COMMANDS = ("ASE_VASP_COMMAND", "VASP_COMMAND", "VASP_SCRIPT")
PROGRAMS = ("vasp_std", "vasp_gam", "vasp")


KRESSE_1999 = Paper(
    key="kresse1999",
    authors="G. Kresse and D. Joubert",
    title="From ultrasoft pseudopotentials to the projector augmented-wave method",
    journal="Phys. Rev. B",
    volume="59",
    page="1758",
    year="1999",
    doi="10.1103/PhysRevB.59.1758",
)
"""Of the PAW sets that come with VASP."""


class VaspOptions(Options):
    """Options of engine ``vasp``."""

    electronic_temperature_k: ElectronicTemperatureK
    ecut_ry: CutoffRy = ECUT_RY
    kpoints: KpointList = KPOINTS
    xc: Annotated[str, TOLD_FUNCTIONAL] = Field(
        default="pbe", description="a functional by the name ASE gives it to VASP, e.g. pbe or lda"
    )
    bands: BandCount | None = Field(default=None, description="NBANDS; VASP's own choice if not given")
    setup: Annotated[str, Told("PAW set of hydrogen {}", papers=(BLOECHL_1994, KRESSE_1999))] = Field(
        default="_h", description="suffix of the PAW set of hydrogen: _h (hard) or empty"
    )
    ediff_ev: float = Field(default=1e-6, gt=0, description="convergence of the electronic loop in eV")
    command: str | None = Field(default=None, description="what starts VASP, e.g. 'mpirun -np 16 vasp_std'")
    directory: str | None = Field(
        default=None, description="where VASP works; a temporary directory, removed in the end, if not given"
    )


VASP = EngineRecord(
    name="vasp",
    label="VASP",
    maker="llpt.engines.vasp:make_vasp",
    options=VaspOptions,
    thermal=True,
    elements=frozenset({"H"}),
    speed=Speed({2.85: 0.9}, plane_waves=True),
    probe="llpt.engines.vasp:vasp_command",
    found="found; not run",
    needs=Prerequisite(
        "DFT by VASP (vasp)",
        "VASP has a licence: put vasp_std on the path, and set VASP_PP_PATH to its pseudopotentials",
        programs=("vasp_std",),
    ),
    papers=(
        Paper(
            key="kresse1996",
            authors="G. Kresse and J. Furthmüller",
            title="Efficient iterative schemes for ab initio total-energy calculations using a plane-wave basis set",
            journal="Phys. Rev. B",
            volume="54",
            page="11169",
            year="1996",
            doi="10.1103/PhysRevB.54.11169",
        ),
    ),
)


class VaspEngine(EngineCalculator):
    """VASP with Fermi–Dirac occupations at the electronic temperature (ISMEAR = -1, SIGMA = k_B T).

    Args:
        options: see :class:`VaspOptions`.

    Raises:
        MissingProgramError: there is no VASP, or no pseudopotentials for it.
    """

    elements = VASP.elements

    def __init__(self, options: VaspOptions) -> None:
        super().__init__()
        self._command = vasp_command(options.command)
        if not os.environ.get("VASP_PP_PATH"):
            raise MissingProgramError(
                "VASP's pseudopotentials are not known.", "Set VASP_PP_PATH to the directory that holds potpaw_PBE."
            )
        self._options = options
        self._temporary = options.directory is None
        self._workplace = (
            make_scratch("llpt-vasp-") if options.directory is None else Path(options.directory)
        ).resolve()
        self._calculator = self._build()

    def _build(self) -> Any:
        from ase.calculators.vasp import Vasp  # noqa: PLC0415  # slow to import

        options = self._options
        kpoints = parse_kpoints(options.kpoints)
        build: Any = Vasp
        return build(
            command=self._command,
            directory=str(self._workplace),
            xc=options.xc,
            setups={"H": options.setup},
            encut=options.ecut_ry * RYDBERG_TO_EV,
            ismear=-1,
            sigma=BOLTZMANN_EV_PER_K * options.electronic_temperature_k,
            kpts=[[*point, weight] for point, weight in zip(kpoints.fractional, kpoints.weights, strict=True)],
            reciprocal=True,
            isym=-1,
            nbands=options.bands,
            ediff=options.ediff_ev,
            nelm=200,
            prec="Accurate",
            lreal=False,
            isif=2,
            ibrion=-1,
            nsw=0,
            lwave=True,
            lcharg=False,
        )

    def compute(self, atoms: Atoms, system_changes: Iterable[str]) -> EngineResult:  # noqa: ARG002  # the face's
        """Return F, E, S, forces and stress; orbitals of the last structure (WAVECAR) are the start."""
        structure: Any = atoms
        structure = structure.copy()
        try:
            self._calculator.calculate(structure)
        except Exception as error:  # ASE raises what reading an unfinished output makes it
            if isinstance(error, OSError) and (refusal := disk_refusal(error, self._workplace, "write")):
                raise refusal from error
            reason = first_line(error)
            raise EngineError(f"VASP failed: {reason}.", f"See OUTCAR in {self._workplace}.") from error
        if not self._calculator.converged:
            raise EngineError(
                "VASP did not converge.", f"See OUTCAR in {self._workplace}; raise bands or lower ediff_ev."
            )
        free_energy_ev, energy_ev = energies_from_outcar(self._workplace / "OUTCAR")
        return EngineResult(
            free_energy_ev=free_energy_ev,
            energy_ev=energy_ev,
            entropy_ev_per_k=(energy_ev - free_energy_ev) / self._options.electronic_temperature_k,
            forces_ev_per_angstrom=np.array(self._calculator.results["forces"], dtype=float),
            stress_ev_per_angstrom3=np.array(self._calculator.results["stress"], dtype=float),
        )

    def describe(self) -> EngineDescription:
        """Return options; VASP tells its version only in its own output."""
        return EngineDescription(
            name=VASP.name,
            spec=VASP.name,
            version="VASP",
            options=self._options.as_mapping(),
            pressure_label=PressureLabel.UNCORRECTED,
        )

    def reset(self) -> None:
        """Forget the last structure and its orbitals."""
        super().reset()
        (self._workplace / "WAVECAR").unlink(missing_ok=True)

    def close(self) -> None:
        """Remove the temporary directory."""
        if self._temporary:
            shutil.rmtree(self._workplace, ignore_errors=True)


def make_vasp(request: EngineRequest[VaspOptions]) -> VaspEngine:
    """Make the engine ``vasp``.

    Raises:
        MissingProgramError: VASP or its pseudopotentials are not here.
    """
    return VaspEngine(request.options)


def vasp_command(given: str | None = None) -> str:
    """Return what starts VASP: the option, an environment variable that ASE knows, or a program on the path.

    Raises:
        MissingProgramError: there is none.
    """
    if given:
        return given
    for variable in COMMANDS:
        if os.environ.get(variable):
            return os.environ[variable]
    for program in PROGRAMS:
        if shutil.which(program):
            return program
    raise MissingProgramError(
        "VASP is not installed.", f"Put vasp_std on the path, set {COMMANDS[1]}, or give the option command."
    )


def energies_from_outcar(path: Path) -> tuple[float, float]:
    """Return F and E in eV from the last electronic loop in OUTCAR.

    Raises:
        EngineError: the lines are not there.
    """
    text = path.read_text(errors="replace") if path.is_file() else ""
    free = re.findall(r"free\s+energy\s+TOTEN\s*=\s*([-+.\dEe]+)", text)
    internal = re.findall(r"energy\s+without entropy\s*=\s*([-+.\dEe]+)", text)
    if not free or not internal:
        raise EngineError(f"There is no energy in {path}.", "VASP did not finish: see its output beside it.")
    return float(free[-1]), float(internal[-1])
