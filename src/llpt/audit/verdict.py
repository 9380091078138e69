"""The verdict: three values, every comparison behind it, and what it would take to decide what is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from llpt.audit.diagnosis import HAMILTONIAN, PROTOCOL, DiagnosedSide, Diagnosis, Presence
from llpt.audit.equivalence import Outcome, outcome_of
from llpt.audit.thresholds import VERDICT_FORMAT, Thresholds
from llpt.errors import InputError, NewerFormatError, path_of
from llpt.files import write_atomically
from llpt.json_values import FormatNumber
from llpt.statistics import Estimate  # noqa: TC001 - pydantic reads annotations when the class is made

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class Comparison(_Record):
    """One quantity compared between reference and surrogate.

    Args:
        quantity: e.g. ``transition temperature (density jump)``, ``density``, ``density offset``.
        pressure_gpa: of the isobar; None on another line of states.
        reference_atoms: size of the reference cell.
        surrogate_atoms: size of the surrogate cell.
        temperature_k: where the quantity belongs to one temperature; else None.
        difference: surrogate minus reference.
        threshold: what it was compared with, in the difference's unit.
        outcome: of this comparison.
        judged: whether it enters the verdict.
        sentence: for people.
        line: of a line that is no isobar, what it holds, e.g. ``1000 K``; else empty.
    """

    quantity: str
    pressure_gpa: float | None
    reference_atoms: int
    surrogate_atoms: int
    temperature_k: float | None
    difference: Estimate
    threshold: float
    outcome: Outcome
    judged: bool
    sentence: str
    line: str = ""

    @property
    def where(self) -> str:
        """What its line of states holds, for people."""
        return self.line or f"{self.pressure_gpa:g} GPa"

    @property
    def of_one_state(self) -> bool:
        """Whether it is the difference at one point of a curve, which is shown beside the curve."""
        return self.temperature_k is not None or "(at " in self.quantity


class Requirement(_Record):
    """Something that would help to decide what is not resolved.

    Args:
        pressure_gpa: of the isobar; None on another line of states.
        engine: whose runs.
        picoseconds: production time needed at each temperature; None where time is not what lacks.
        picoseconds_now: the shortest production time there is.
        atoms: size needed; None where size is not what lacks.
        temperatures_k: temperatures to add or extend; on an isotherm pressures in GPa or densities in g/cm^3.
        sentence: for people.
    """

    pressure_gpa: float | None
    engine: str
    picoseconds: float | None
    picoseconds_now: float | None
    atoms: int | None
    temperatures_k: tuple[float, ...]
    sentence: str


class Verdict(_Record):
    """Whether a surrogate is faithful to its reference.

    Args:
        format: of the file, see ``llpt.audit.VERDICT_FORMAT``; a file without it has format 1.
        statistics: version it was judged by, see ``llpt.statistics.STATISTICS``; a file without it has version 1.
        value: faithful, not faithful or not resolved.
        reference: name of the reference engine.
        surrogate: name of the surrogate.
        reasons: sentences, the deciding ones first.
        comparisons: all that was compared.
        requirements: what it would take, empty if all is resolved.
        thresholds: what it was judged by.
        diagnoses: what is wrong by name, with its size and its kelvins, and what was checked and is not.
    """

    format: int = 1
    statistics: int = 1
    value: Outcome
    reference: str
    surrogate: str
    reasons: tuple[str, ...]
    comparisons: tuple[Comparison, ...]
    requirements: tuple[Requirement, ...]
    thresholds: Thresholds
    diagnoses: tuple[Diagnosis, ...] = ()

    def __repr__(self) -> str:
        judged = sum(comparison.judged for comparison in self.comparisons)
        return f"Verdict({self.surrogate} against {self.reference}: {self.value}, {judged} comparisons judged)"

    def with_diagnoses(self, diagnoses: Sequence[Diagnosis]) -> Verdict:
        """Return the verdict with what is wrong by name.

        Sides that were not run alike prove nothing of each other. A surrogate with a defect that is present is called
        faithful only where its kelvins are proven less than the threshold of the transition temperature, and its forces
        and its pressure derive from its energy.

        Args:
            diagnoses: of ``llpt.campaign.diagnose_runs`` and ``diagnose_labels``.
        """
        present = [each for each in diagnoses if each.presence is Presence.PRESENT]
        causes = {each.cause for each in present if each.side is not DiagnosedSide.REFERENCE or each.cause in PROTOCOL}
        barred = bool(causes & PROTOCOL)
        if self.value is Outcome.FAITHFUL:
            barred |= any(not self._may_be_present(each) for each in present if each.cause in causes)
        value = Outcome.NOT_RESOLVED if barred else self.value
        reasons = (*(each.sentence for each in present), *self.reasons)
        return self.model_copy(update={"diagnoses": tuple(diagnoses), "value": value, "reasons": reasons})

    def _may_be_present(self, diagnosis: Diagnosis) -> bool:
        """Whether a surrogate with this defect may still be faithful."""
        limit = self.thresholds.transition_temperature_k
        costs = outcome_of(diagnosis.kelvins, limit, confidence=self.thresholds.confidence)
        return diagnosis.cause not in HAMILTONIAN and costs is Outcome.FAITHFUL

    def to_json(self) -> str:
        """Return the verdict as JSON text; numbers that are not known are the string "NaN"."""
        return self.model_dump_json(indent=2)

    @classmethod
    def from_json(cls, text: str) -> Verdict:
        """Read a verdict written by ``to_json``, of this format or an older one.

        Raises:
            InputError: it is damaged.
            NewerFormatError: a later version of this program wrote it.
        """
        try:
            stored = FormatNumber.model_validate_json(text).format
            if stored <= VERDICT_FORMAT:
                return cls.model_validate_json(text)
        except ValueError as error:
            remedy = "Restore it from a copy, or make it anew with llpt analyse."
            raise InputError("The verdict is damaged.", remedy) from error
        raise NewerFormatError.of("The verdict", stored, VERDICT_FORMAT)

    def save(self, path: Path | str) -> None:
        """Write the JSON text to a file.

        Raises:
            StorageError: the disk refuses.
        """
        write_atomically(path_of(path), self.to_json() + "\n")
