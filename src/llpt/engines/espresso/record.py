"""What Quantum ESPRESSO is as an engine: its options and its record."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from llpt.dft.settings import ECUT_RY, KPOINTS, AutomaticBands, CutoffRy, ElectronicTemperatureK, KpointList
from llpt.engines.mpi import MpiCommand, MpiProcesses  # noqa: TC001 - pydantic reads them
from llpt.engines.record import EngineRecord, Speed
from llpt.options import Options


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
    xc: EspressoFunctional = Field(
        default=EspressoFunctional.PBE, description="pbe, lda, blyp, scan, vdw-df or vdw-df2"
    )
    pseudopotential: str = Field(default="paw", description="paw, gth, or the path of a UPF file for hydrogen")
    bands: AutomaticBands = "auto"
    conv_thr_ry: float | None = Field(
        default=None, gt=0, description="SCF convergence of the whole cell in Ry; 1e-9 per atom if not given"
    )
    processes: MpiProcesses = 1
    mpi_command: MpiCommand = None
    rebuild_volume_fraction: float = Field(
        default=0.05, gt=0, lt=0.1, description="plane waves are chosen anew when the volume drifted by this fraction"
    )
    directory: str | None = Field(
        default=None, description="where pw.x works; a temporary directory, removed in the end, if not given"
    )


QUANTUM_ESPRESSO = EngineRecord(
    name="quantum-espresso",
    label="Quantum ESPRESSO",
    maker="llpt.engines.espresso.engine:make_quantum_espresso",
    options=EspressoOptions,
    thermal=True,
    elements=frozenset({"H"}),
    speed=Speed({2.85: 0.9}, plane_waves=True),
    probe="llpt.engines.espresso.process:pw_version",
    trial={"ecut_ry": 20.0, "electronic_temperature_k": 3000.0, "pseudopotential": "gth", "conv_thr_ry": 1e-6},
    papers=("10.1088/1361-648X/aa8f79",),
)
