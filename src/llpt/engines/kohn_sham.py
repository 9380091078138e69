"""The built-in DFT engine: options in text, description out; the calculator itself is ``llpt.dft``."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal

from ase.calculators.calculator import all_changes
from pydantic import Field

from llpt.dft import Convergence, KohnSham, KohnShamSettings, Precision, PressureCorrection
from llpt.engines.face import EngineDescription, OptionValue, PressureLabel, check_computable
from llpt.engines.options import EngineOptions, parse_options
from llpt.engines.purpose import Purpose
from llpt.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from ase import Atoms


class KohnShamOptions(EngineOptions):
    """Options of engine ``dft``."""

    ecut_ry: float = Field(default=60.0, gt=0, description="kinetic-energy cutoff in Ry, above 0")
    electronic_temperature_k: float = Field(
        default=1000.0, gt=0, description="temperature of the Fermi-Dirac occupations in K, above 0"
    )
    kpoints: str = Field(default="mean-value", description="mean-value, gamma, x,y,z, n1xn2xn3, or spacing:S in 1/Å")
    xc: str = Field(default="pbe", description="pbe, lda-pw92, scan-l, ksdt, corrksdt or kdt16")
    pseudopotential: str = Field(
        default="default", description="default, gth, hard, coulomb, or the path of a UPF or psp8 file"
    )
    bands: int | Literal["auto"] = Field(
        default="auto", description="number of bands, or auto: added until the last is empty to 1e-6"
    )
    pressure_correction: PressureCorrection | None = Field(
        default=None,
        description="finite-basis or none; if not given, finite-basis at constant pressure and for labels, else none",
    )
    precision: Precision | None = Field(
        default=None, description="double or single; if not given, double for single points and single for dynamics"
    )
    convergence: Convergence | None = Field(
        default=None, description="tight or molecular-dynamics; if not given, by what the engine is made for"
    )
    device: str = Field(default="cpu", description="cpu, cuda or cuda:N")


class KohnShamEngine(KohnSham):
    """``llpt.dft.KohnSham`` with a description.

    Args:
        settings: the theory and how it is solved.
    """

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: list[str] | None = None,
        system_changes: list[str] = all_changes,
    ) -> None:
        """Compute all results of ``atoms``.

        Raises:
            InputError: a structure that is not finite, not periodic, or not of hydrogen.
            EngineError: no self-consistency, or a result that is not finite.
        """
        structure: Any = self.atoms if atoms is None else atoms
        self.results = {}
        check_computable(structure, elements={"H"}, engine="dft")
        try:
            super().calculate(structure, properties, system_changes)
        except RuntimeError as error:  # torch: out of memory, a factorisation that failed
            said = (str(error) or type(error).__name__).splitlines()[0]
            raise EngineError(
                f"The DFT engine failed: {said}.",
                "If memory ran out take fewer bands, a lower cutoff or another device.",
            ) from error

    def describe(self) -> EngineDescription:
        """Return version, settings, and the hash of the pseudopotential."""
        settings = self.settings
        corrected = settings.pressure_correction is PressureCorrection.FINITE_BASIS
        return EngineDescription(
            name="dft",
            spec="dft",
            version=f"llpt {version('llpt')}",
            options={
                "ecut_ry": settings.ecut_ry,
                "electronic_temperature_k": settings.electronic_temperature_k,
                "kpoints": settings.kpoints,
                "xc": settings.xc,
                "pseudopotential": settings.pseudopotential,
                "bands": "auto" if settings.bands is None else settings.bands,
                "pressure_correction": str(settings.pressure_correction),
                "precision": str(settings.orbital_precision),
                "convergence": str(settings.convergence),
                "device": settings.device,
            },
            content_hash=self.theory.pseudopotential.content_hash,
            pressure_label=PressureLabel.CORRECTED if corrected else PressureLabel.UNCORRECTED,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of orbitals and densities."""
        self.reset()
        self.ground_state = self.problem = None


def make_kohn_sham(
    argument: str, options: Mapping[str, OptionValue], *, spec: str, purpose: Purpose = Purpose.SINGLE_POINT
) -> KohnShamEngine:
    """Make the engine ``dft``.

    Raises:
        InputError: an option that is unknown or not allowed, or a device that is not here.
    """
    assert not argument
    chosen = parse_options(KohnShamOptions, options, spec=spec)
    tight = purpose is Purpose.SINGLE_POINT
    return KohnShamEngine(
        KohnShamSettings(
            ecut_ry=chosen.ecut_ry,
            electronic_temperature_k=chosen.electronic_temperature_k,
            kpoints=chosen.kpoints,
            xc=chosen.xc,
            pseudopotential=chosen.pseudopotential,
            bands=None if chosen.bands == "auto" else chosen.bands,
            pressure_correction=chosen.pressure_correction
            or (PressureCorrection.FINITE_BASIS if purpose.corrects_pressure else PressureCorrection.NONE),
            precision=chosen.precision,
            convergence=chosen.convergence or (Convergence.TIGHT if tight else Convergence.MOLECULAR_DYNAMICS),
            device=chosen.device,
        )
    )
