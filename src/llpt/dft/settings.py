"""What defines a DFT calculation and how it is solved: every option with its range, default and phrase, once.

The engine's options, the keys of a study's ``[reference]`` and the arguments of :class:`llpt.dft.KohnSham` are these.
Nothing heavy is imported here: a study file is read, and an engine's options are listed, without torch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from llpt.dft.kpoints import LISTS, MEAN_VALUE, SAMPLINGS, parse_kpoints
from llpt.dft.papers import GOEDECKER_1996, GTH_PBE
from llpt.errors import InputError
from llpt.options import Told, check_settings, model_of
from llpt.precision import Precision


class Convergence(StrEnum):
    """How each geometry is solved."""

    TIGHT = "tight"
    """Full self-consistency on an exact grid: single points and references."""
    MOLECULAR_DYNAMICS = "molecular-dynamics"
    """Two short cycles from a prediction, on the smaller grid; full self-consistency where there is no history."""


class PressureCorrection(StrEnum):
    """What is done about the missing basis-set term of the stress."""

    NONE = "none"
    FINITE_BASIS = "finite-basis"


CutoffRy = Annotated[
    float,
    Field(ge=5.0, le=1000.0, description="kinetic-energy cutoff of the plane waves in Ry, from 5 to 1000"),
    Told("cutoff {} Ry"),
]
ElectronicTemperatureK = Annotated[
    float, Field(gt=0.0, description="temperature of the Fermi-Dirac occupations in K, above 0")
]


def _readable_kpoints(text: str) -> str:
    parse_kpoints(text)
    return text


KpointSampling = Annotated[str, Field(min_length=1, description=SAMPLINGS), Told("k-points {}")]
KpointList = Annotated[
    str, Field(min_length=1, description=LISTS), Told("k-points {}"), AfterValidator(_readable_kpoints)
]
TOLD_FUNCTIONAL = Told("functional {}")
TOLD_PSEUDOPOTENTIAL = "pseudopotential {}"
FunctionalName = Annotated[
    str,
    Field(
        min_length=1, description="an exchange-correlation functional by its name, e.g. pbe, lda-pw92, scan-l or kdt16"
    ),
    TOLD_FUNCTIONAL,
]
BandCount = Annotated[int, Field(ge=1)]
"""What is asked for in the same words elsewhere too: by other plane-wave codes, by controlled tests."""
AutomaticBands = Annotated[
    BandCount | Literal["auto"],
    Field(description="number of bands, or auto: added until the last is empty to 1e-6"),
]
ECUT_RY = 60.0
KPOINTS = MEAN_VALUE
"""What plane-wave codes take where nothing else is given, so that they can be held against each other."""
_DEVICE = re.compile(r"cpu|cuda(:\d+)?")
EMPTY_BAND = 1e-6
"""Bands are added until the occupation (0 to 1) of the last one is below this, here and in other plane-wave codes."""


def check_device_name(name: str) -> None:
    """Refuse what is no name of a device, whether it is here or not.

    Raises:
        InputError: it is none.
    """
    if not _DEVICE.fullmatch(name):
        raise InputError(f"device = {name!r} is not a device.", "Use cpu or cuda.")


@dataclass(frozen=True)
class KohnShamSettings:
    """Everything that defines the theory and how it is solved.

    Args:
        ecut_ry: kinetic-energy cutoff of the orbitals, Ry, 5 to 1000.
        electronic_temperature_k: temperature of the Fermi–Dirac occupations, K, > 0.
        kpoints: see :func:`llpt.dft.kpoints.kpoints_in_cell`; a spacing is settled by the first cell after a reset.
        xc: name of the exchange–correlation functional.
        pseudopotential: name or path.
        bands: number of bands, or ``auto`` to add bands until the highest occupation is below 1e-6.
        pressure_correction: finite-basis correction of free energy and stress.
        precision: number format of the orbitals; None means double for tight, single for molecular dynamics.
        convergence: how each geometry is solved.
        device: a torch device, e.g. ``cpu`` or ``cuda``.

    Raises:
        InputError: a value out of range.
    """

    ecut_ry: CutoffRy = ECUT_RY
    electronic_temperature_k: ElectronicTemperatureK = 1000.0
    kpoints: KpointSampling = KPOINTS
    xc: FunctionalName = "pbe"
    pseudopotential: Annotated[
        str,
        Field(description="default, gth, hard, coulomb, or the path of a UPF or psp8 file"),
        Told(
            TOLD_PSEUDOPOTENTIAL,
            papers_of={"default": (GOEDECKER_1996,), "hard": (GOEDECKER_1996,), "gth": GTH_PBE},
            words_of={
                "default": "soft of llpt (local, GTH form)",
                "hard": "hard of llpt (local, GTH form)",
                "gth": "GTH-PBE-q1",
                "coulomb": "none (bare proton)",
            },
        ),
    ] = "default"
    bands: AutomaticBands = "auto"
    pressure_correction: Annotated[
        PressureCorrection,
        Field(
            description="finite-basis or none; if not given, finite-basis for constant pressure and labels, else none"
        ),
    ] = PressureCorrection.NONE
    precision: Annotated[
        Precision | None,
        Field(description="double or single; if not given, double for single points and single for dynamics"),
    ] = None
    convergence: Annotated[
        Convergence,
        Field(description="tight or molecular-dynamics; if not given, by what the engine is made for"),
    ] = Convergence.TIGHT
    device: Annotated[str, Field(description="cpu, cuda or cuda:N")] = "cpu"

    def __post_init__(self) -> None:
        check_settings(self, KohnShamOptions)

    @property
    def fixed_bands(self) -> int | None:
        """The number of bands where it is fixed."""
        return None if self.bands == "auto" else self.bands

    @property
    def orbital_precision(self) -> Precision:
        """The number format in use."""
        if self.precision is not None:
            return self.precision
        return Precision.DOUBLE if self.convergence is Convergence.TIGHT else Precision.SINGLE


KohnShamOptions = model_of(KohnShamSettings)
"""The same as options by name: for an engine, a command line, a study file."""
