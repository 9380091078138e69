"""The built-in DFT as an engine: made from its options, with a description; the calculator is ``llpt.dft``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ase.calculators.calculator import all_changes

from llpt.dft import Convergence, KohnSham, KohnShamSettings, PressureCorrection
from llpt.dft.settings import KohnShamOptions
from llpt.engines.face import EngineDescription, PressureLabel, check_computable
from llpt.engines.kohn_sham.record import DFT
from llpt.engines.purpose import Purpose
from llpt.engines.record import package_version
from llpt.errors import EngineError, first_line

if TYPE_CHECKING:
    from typing import Self

    from ase import Atoms

    from llpt.engines.record import EngineRequest
    from llpt.options import Options


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

        Args:
            atoms: the structure; None for the last one.
            properties: not looked at: all are computed.
            system_changes: what changed since the last call, in ASE's words.

        Raises:
            InputError: a structure that is not finite, not periodic, or not of hydrogen.
            EngineError: no self-consistency, or a result that is not finite.
        """
        structure: Any = self.atoms if atoms is None else atoms
        self.results = {}
        check_computable(structure, elements=DFT.elements, engine=DFT.name)
        try:
            super().calculate(structure, properties, system_changes)
        except RuntimeError as error:  # torch: out of memory, a factorisation that failed
            reason = first_line(error)
            raise EngineError(
                f"The DFT engine failed: {reason}.",
                "If memory ran out take fewer bands, a lower cutoff or another device.",
            ) from error

    def describe(self) -> EngineDescription:
        """Return version, settings, and the hash of the pseudopotential."""
        settings = self.settings
        corrected = settings.pressure_correction is PressureCorrection.FINITE_BASIS
        options = KohnShamOptions.model_validate(vars(settings)).as_mapping()
        return EngineDescription(
            name=DFT.name,
            spec=DFT.name,
            version=package_version(__name__),
            options={**options, "precision": str(settings.orbital_precision)},
            content_hash=self.theory.pseudopotential.content_hash,
            pressure_label=PressureLabel.CORRECTED if corrected else PressureLabel.UNCORRECTED,
        )

    def separate(self) -> KohnShamEngine:
        """Return an engine of the same theory with orbitals and densities of its own."""
        return KohnShamEngine(self.settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of orbitals and densities."""
        self.reset()
        self.ground_state = self.problem = None


def make_kohn_sham(request: EngineRequest[Options]) -> KohnShamEngine:
    """Make the engine ``dft``.

    Raises:
        InputError: a functional, k-points or pseudopotential that is not known, or a device that is not here.
    """
    tight = request.purpose is Purpose.SINGLE_POINT
    by_purpose = {
        "convergence": Convergence.TIGHT if tight else Convergence.MOLECULAR_DYNAMICS,
        "pressure_correction": PressureCorrection.FINITE_BASIS
        if request.purpose.corrects_pressure
        else PressureCorrection.NONE,
    }
    return KohnShamEngine(KohnShamSettings(**{**by_purpose, **request.options.model_dump(exclude_unset=True)}))
