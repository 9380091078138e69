"""Quantum ESPRESSO's pw.x as an engine: its options, its record, and what it is told (pseudopotential, input file).

``espresso_engine`` computes with it, ``espresso_process`` starts it, speaks with it and reads its log.
"""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from llpt.dft.kpoints import parse_kpoints
from llpt.dft.papers import BLOECHL_1994, GTH_PBE
from llpt.dft.settings import (
    ECUT_RY,
    KPOINTS,
    TOLD_FUNCTIONAL,
    TOLD_PSEUDOPOTENTIAL,
    AutomaticBands,
    CutoffRy,
    ElectronicTemperatureK,
    KpointList,
    PressureCorrection,
)
from llpt.engines.mpi import MpiCommand, MpiProcesses  # noqa: TC001 - pydantic reads them
from llpt.engines.record import EngineRecord, Speed
from llpt.errors import InputError, MissingProgramError
from llpt.files import write_atomically
from llpt.options import Options, Told
from llpt.papers import Paper
from llpt.prerequisites import Prerequisite
from llpt.units import ANGSTROM_TO_BOHR, HARTREE_TO_RYDBERG, HYDROGEN_MASS_U, KELVIN_TO_HARTREE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from llpt.engines.purpose import Purpose


class EspressoFunctional(StrEnum):
    """Functionals by our names; pw.x takes PBE from the pseudopotential, the others by ``input_dft``."""

    PBE = "pbe"
    LDA = "lda"
    BLYP = "blyp"
    SCAN = "scan"
    VDW_DF = "vdw-df"
    VDW_DF2 = "vdw-df2"


class EspressoOptions(Options):
    """Options of engine ``quantum-espresso``."""

    electronic_temperature_k: ElectronicTemperatureK
    ecut_ry: CutoffRy = ECUT_RY
    ecut_density_ry: float | None = Field(
        default=None, gt=0, description="cutoff of the density in Ry; 4 times ecut_ry if not given"
    )
    kpoints: KpointList = KPOINTS
    xc: Annotated[EspressoFunctional, TOLD_FUNCTIONAL] = Field(
        default=EspressoFunctional.PBE, description="pbe, lda, blyp, scan, vdw-df or vdw-df2"
    )
    pseudopotential: Annotated[str, Told(TOLD_PSEUDOPOTENTIAL, papers_of={"paw": (BLOECHL_1994,), "gth": GTH_PBE})] = (
        Field(default="paw", description="paw, gth, or the path of a UPF file for hydrogen")
    )
    bands: AutomaticBands = "auto"
    conv_thr_ry: float | None = Field(
        default=None, gt=0, description="SCF convergence of the whole cell in Ry; 1e-9 per atom if not given"
    )
    processes: MpiProcesses = 1
    mpi_command: MpiCommand = None
    rebuild_volume_fraction: float = Field(
        default=0.05, gt=0, lt=0.1, description="plane waves are chosen anew when the volume drifted by this fraction"
    )
    pressure_correction: PressureCorrection = Field(
        default=PressureCorrection.NONE,
        description="finite-basis or none; if not given, finite-basis for constant pressure and labels, else none",
    )
    directory: str | None = Field(
        default=None, description="where pw.x works; a temporary directory, removed in the end, if not given"
    )

    def convergence_ry(self, atoms: int) -> float:
        """Return the SCF convergence of a cell of so many atoms, Ry."""
        return self.conv_thr_ry or 1e-9 * atoms

    def made_for(self, purpose: Purpose) -> EspressoOptions:
        """Return the options with what was not given chosen for a purpose."""
        if not purpose.corrects_pressure or "pressure_correction" in self.model_fields_set:
            return self
        return self.model_copy(update={"pressure_correction": PressureCorrection.FINITE_BASIS})


NEEDS_PW = Prerequisite(
    "DFT by Quantum ESPRESSO (quantum-espresso)",
    "Debian: apt-get install quantum-espresso quantum-espresso-data",
    programs=("pw.x",),
)
QUANTUM_ESPRESSO = EngineRecord(
    name="quantum-espresso",
    label="Quantum ESPRESSO",
    maker="llpt.engines.espresso_engine:make_quantum_espresso",
    options=EspressoOptions,
    thermal=True,
    elements=frozenset({"H"}),
    # 0.95, 6.8 and 58 s at 64, 128 and 256 atoms (docs/performance.md); the growth from 8 to 32 was measured, too.
    speed=Speed({1.0: 0.3, 3.0: 0.67}, floor=0.004, plane_waves=True, points_of_a_label=3),
    probe="llpt.engines.espresso_process:pw_version",
    trial={"ecut_ry": 20.0, "electronic_temperature_k": 3000.0, "pseudopotential": "gth", "conv_thr_ry": 1e-6},
    needs=NEEDS_PW,
    papers=(
        Paper(
            key="giannozzi2017",
            authors="P. Giannozzi and others",
            title="Advanced capabilities for materials modelling with Quantum ESPRESSO",
            journal="J. Phys.: Condens. Matter",
            volume="29",
            page="465901",
            year="2017",
            doi="10.1088/1361-648X/aa8f79",
        ),
    ),
)

_INPUT_DFT = {EspressoFunctional.LDA: "sla+pw+nogx+nogc"}
PAW_FILE = "H.pbe-kjpaw.UPF"


def find_pseudopotential(choice: str, directory: Path) -> Path:
    """Return the UPF file for hydrogen, writing it to ``directory`` where it is analytic.

    Args:
        choice: ``paw`` (the PAW set of Debian's quantum-espresso-data, looked for in ESPRESSO_PSEUDO and
            /usr/share/espresso/pseudo), ``gth`` (GTH-PBE), or a path.
        directory: where the GTH file is written.

    Raises:
        MissingProgramError: the PAW file is nowhere.
        InputError: no such file, or not a UPF file for hydrogen.
    """
    if choice == "gth":
        path = directory / "H.gth-pbe.UPF"
        write_atomically(path, gth_upf(), durable=False)
        return path
    if choice == "paw":
        places = [Path(p) for p in (os.environ.get("ESPRESSO_PSEUDO"), "/usr/share/espresso/pseudo") if p]
        for place in places:
            if (place / PAW_FILE).is_file():
                return place / PAW_FILE
        raise MissingProgramError(
            f"The PAW set {PAW_FILE} is not in {' or '.join(map(str, places))}.",
            "Install quantum-espresso-data, point ESPRESSO_PSEUDO to it, or give pseudopotential=PATH or gth.",
        )
    path = Path(choice).expanduser().resolve()
    if not path.is_file():
        raise InputError(
            f"There is no pseudopotential file {choice}.", "Give paw, gth, or the path of a UPF file for hydrogen."
        )
    if "<UPF" not in path.read_text(errors="replace")[:4000]:
        raise InputError(f"{path} is not a UPF file.", "Give a pseudopotential in UPF version 2 format.")
    return path


def gth_upf() -> str:
    """Return the analytic GTH-PBE pseudopotential of hydrogen as a UPF file (local).

    It is that of the engine ``dft``, in Rydberg as UPF holds it. The orbital and charge of the bare atom come with it
    as a start of the SCF. A projector that is zero comes with it too: without any, pw.x 6.7 stops with a segmentation
    fault when the cell changes.
    """
    from llpt.dft.pseudopotentials.gth import gth_pbe_hydrogen  # noqa: PLC0415 - it loads torch

    points = 2001
    x_min, radius_max = np.log(1e-5), 60.0
    step = (np.log(radius_max) - x_min) / (points - 1)
    r = np.exp(x_min + step * np.arange(points))
    local_ha = gth_pbe_hydrogen().real_space(r)
    atomic_charge = 4.0 * r**2 * np.exp(-2.0 * r)
    size = f'type="real" size="{points}" columns="4"'
    return f"""<UPF version="2.0.1">
<PP_INFO>GTH-PBE hydrogen: analytic, local part only</PP_INFO>
<PP_HEADER generated="" author="" date="" comment="" element="H" pseudo_type="NC" relativistic="no" is_ultrasoft="F"
 is_paw="F" is_coulomb="F" has_so="F" has_wfc="F" has_gipaw="F" core_correction="F" functional="PBE" z_valence="1.0"
 total_psenergy="0.0" rho_cutoff="0.0" l_max="0" l_local="-1" mesh_size="{points}" number_of_wfc="1"
 number_of_proj="1"/>
<PP_MESH dx="{step:.15e}" mesh="{points}" xmin="{x_min:.15e}" rmax="{radius_max}" zmesh="1.0">
<PP_R {size}>
{_columns(r)}
</PP_R>
<PP_RAB {size}>
{_columns(r * step)}
</PP_RAB>
</PP_MESH>
<PP_LOCAL {size}>
{_columns(HARTREE_TO_RYDBERG * local_ha)}
</PP_LOCAL>
<PP_NONLOCAL>
<PP_BETA.1 {size} index="1" angular_momentum="0" cutoff_radius_index="{points}" cutoff_radius="1.0">
{_columns(np.zeros(points))}
</PP_BETA.1>
<PP_DIJ type="real" size="1" columns="1">
0.0
</PP_DIJ>
</PP_NONLOCAL>
<PP_PSWFC>
<PP_CHI.1 {size} index="1" label="1S" l="0" occupation="1.0" n="1" pseudo_energy="-0.47" cutoff_radius="0.0"
 ultrasoft_cutoff_radius="0.0">
{_columns(2.0 * r * np.exp(-r))}
</PP_CHI.1>
</PP_PSWFC>
<PP_RHOATOM {size}>
{_columns(atomic_charge)}
</PP_RHOATOM>
</UPF>
"""


def _columns(values: NDArray[np.float64]) -> str:
    return "\n".join(" ".join(f"{value:.15e}" for value in values[i : i + 4]) for i in range(0, len(values), 4))


def input_file(
    options: EspressoOptions,
    *,
    cell_angstrom: NDArray[np.float64],
    positions_angstrom: NDArray[np.float64],
    pseudopotential: Path,
    bands: int,
) -> str:
    """Return the input of pw.x: an MD run without steps of its own, driven over the socket.

    Orbitals and density are extrapolated to second order between steps. That it is a run at varying cell gives pw.x
    room for interpolation tables (``cell_factor``) when the cell shrinks.

    Args:
        options: of the engine.
        cell_angstrom: cell vectors as rows, shape (3, 3).
        positions_angstrom: shape (n, 3).
        pseudopotential: the UPF file.
        bands: number of bands, >= 1.
    """
    atoms = len(positions_angstrom)
    density = f", ecutrho={options.ecut_density_ry}" if options.ecut_density_ry else ""
    functional = (
        "" if options.xc is EspressoFunctional.PBE else f", input_dft='{_INPUT_DFT.get(options.xc, options.xc.value)}'"
    )
    # A Fermi–Dirac smearing of width degauss (Ry) is the temperature k_B T itself.
    degauss = options.electronic_temperature_k * KELVIN_TO_HARTREE * HARTREE_TO_RYDBERG
    return f"""&CONTROL
calculation='vc-md', prefix='hydrogen', outdir='./tmp', pseudo_dir='{pseudopotential.parent}', tprnfor=.true.,
tstress=.true., nstep=1, disk_io='none'
/
&SYSTEM
ibrav=0, nat={atoms}, ntyp=1, ecutwfc={options.ecut_ry}{density}, nbnd={bands}, nosym=.true., occupations='smearing',
smearing='fermi-dirac', degauss={degauss:.16e}{functional}
/
&ELECTRONS
conv_thr={options.convergence_ry(atoms):.6e}, mixing_beta=0.6, electron_maxstep=100
/
&IONS
pot_extrapolation='second_order', wfc_extrapolation='second_order'
/
&CELL
cell_dynamics='w', cell_factor=1.5
/
ATOMIC_SPECIES
H {HYDROGEN_MASS_U} {pseudopotential.name}
CELL_PARAMETERS bohr
{_rows(cell_angstrom * ANGSTROM_TO_BOHR)}
ATOMIC_POSITIONS bohr
{_rows(positions_angstrom * ANGSTROM_TO_BOHR, first="H ")}
{_kpoints_card(options.kpoints)}
"""


def _rows(values: NDArray[np.float64], *, first: str = "") -> str:
    return "\n".join(first + " ".join(f"{x:.15f}" for x in row) for row in values)


def _kpoints_card(text: str) -> str:
    if text.strip().lower() == "gamma":
        return "K_POINTS gamma"
    kpoints = parse_kpoints(text)
    lines = [
        f"{x:.15f} {y:.15f} {z:.15f} {w:.15f}" for (x, y, z), w in zip(kpoints.fractional, kpoints.weights, strict=True)
    ]
    return "\n".join(["K_POINTS crystal", str(len(lines)), *lines])
