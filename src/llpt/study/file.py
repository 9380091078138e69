"""The study file as a whole: its sections, and what must hold between them."""

from __future__ import annotations

from typing import Any, Self

from pydantic import ConfigDict, Field, model_validator

from llpt.dynamics import Ensemble
from llpt.study.controlled_tests import (
    ControlledTestsSection,
    CoolingTest,
    FixedElectronicTemperatureTest,
    MatchedRunsSection,
)
from llpt.study.engine_sections import ExecutionSection, ReferenceSection, SurrogateSection, VerdictSection
from llpt.study.imported import ImportedRun, sections_of
from llpt.study.label_sections import BridgeSection, BudgetSection  # noqa: TC001 - pydantic reads them
from llpt.study.sections import (
    ContradictionError,
    DynamicsSection,
    Int,
    Ladder,
    Section,
    StateLine,
    StateSection,
    StudySection,
    SystemSection,
)

FORMAT = 1
"""Counts what study files may hold; raised where a file of today would be read as something else."""


def _needed(schema: dict[str, Any]) -> None:
    """Say that only runs of a study's own need states and steps: runs made elsewhere bring theirs along."""
    schema["required"] = ["study"]
    schema["dependentRequired"] = {key: ["system", "state", "dynamics"] for key in ("reference", "surrogate")}


class StudyFile(Section):
    """A study: one TOML file, checked as a whole before anything runs."""

    model_config = ConfigDict(json_schema_extra=_needed)

    format: Int = Field(
        default=FORMAT, ge=1, le=FORMAT, description=f"the format of this file: {FORMAT}, as there is no other yet"
    )
    study: StudySection = Field(description="a table with name")
    system: SystemSection = Field(description="a table with atoms and start")
    state: StateSection = Field(description="a table with pressures_gpa and temperatures_k, or [[state.isobars]]")
    dynamics: DynamicsSection = Field(description="a table with steps and what else the runs share")
    reference: ReferenceSection | None = Field(default=None, description="a table with engine")
    surrogate: SurrogateSection | None = Field(default=None, description="a table with engine and train or path")
    tests: ControlledTestsSection = Field(default=ControlledTestsSection(), description="a table of controlled tests")
    bridge: BridgeSection | None = Field(
        default=None, description="a table: snapshots of both sides' runs, each labelled with the other engine"
    )
    budget: BudgetSection | None = Field(
        default=None, description="a table with choices: what each change to the reference does, in kelvin"
    )
    verdict: VerdictSection = Field(default=VerdictSection(), description="a table of thresholds")
    execution: ExecutionSection = Field(default=ExecutionSection(), description="a table with where")
    imported: tuple[ImportedRun, ...] = Field(default=(), description="runs made elsewhere, which llpt import adds")

    @model_validator(mode="before")
    @classmethod
    def _of_imported_runs_alone(cls, data: Any) -> Any:
        """Let a study that runs nothing itself have the states of its imported runs."""
        if not isinstance(data, dict) or "reference" in data or "surrogate" in data or not data.get("imported"):
            return data
        return {**sections_of(data["imported"]), **data}

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        self._check_engines()
        self._check_lines()
        for name, test in self.tests.asked().items():
            self._check_test(name, test)
        if self.tests.snapshots is not None and (self.reference is None or not self.reference.thermal):
            raise ContradictionError(
                "asks for tests.snapshots, but has no reference whose electrons have a temperature",
                "Remove the test, or choose a reference of density-functional theory.",
            )
        self._check_labels()
        if self.tests.size and all(len(self.sizes(line)) < 2 for line in self.state.lines()):
            raise ContradictionError(
                "compares sizes (tests.size), but has only one", "Give system.atoms two sizes or more."
            )
        return self

    def sizes(self, line: StateLine) -> tuple[int, ...]:
        """Return the numbers of atoms run on one line of states."""
        return line.atoms or self.system.atoms

    @property
    def all_sizes(self) -> tuple[int, ...]:
        """Every number of atoms that the study runs, the surrogate's extra cells included, rising."""
        extra = self.surrogate.extra if self.surrogate is not None else ()
        own = {size for line in self.state.lines() for size in self.sizes(line)}
        return tuple(sorted(own | {each.atoms for each in extra}))

    def _check_engines(self) -> None:
        if self.reference is None and self.surrogate is None and not self.imported:
            raise ContradictionError("has nothing to run", "Add a table [reference], [surrogate], or both.")
        if self.reference is None and self.surrogate is not None and self.surrogate.train is not None:
            raise ContradictionError(
                'has surrogate.train = "reference" but no reference', "Add [reference], or give path."
            )

    def _check_labels(self) -> None:
        sides = (self.reference, self.surrogate)
        if self.bridge is not None and (not any(sides) or not (all(sides) or self.imported)):
            raise ContradictionError(
                "asks for a bridge, but has one side only, or no engine to label with",
                "Add [reference] and [surrogate], or remove [bridge].",
            )
        if self.budget is not None and self.reference is None:
            raise ContradictionError(
                "asks for a budget, but has no reference to change", "Add [reference], or remove [budget]."
            )

    def _check_lines(self) -> None:
        wanted = "pressure_gpa" if self.dynamics.ensemble is Ensemble.NPT else "density_gcc or rs"
        seen: set[tuple[float | None, float | None, float | None]] = set()
        for line in self.state.lines():
            if (line.pressure_gpa is not None) != (self.dynamics.ensemble is Ensemble.NPT):
                raise ContradictionError(
                    f'has dynamics.ensemble = "{self.dynamics.ensemble}" with a line of [state] of another kind',
                    f"Let every line give {wanted}, or change the ensemble.",
                )
            key = (line.pressure_gpa, line.density_gcc, line.rs)
            if key in seen:
                raise ContradictionError(
                    f"gives the line of states {next(value for value in key if value is not None)} twice",
                    "Give it once.",
                )
            seen.add(key)
            for values, what in ((line.temperatures_k, "temperature"), (self.sizes(line), "number of atoms")):
                if len(set(values)) < len(values):
                    raise ContradictionError(
                        f"gives a {what} twice on one line of states: {list(values)}", "Give it once."
                    )

    def _check_test(self, name: str, test: MatchedRunsSection) -> None:
        lines = self.state.lines()
        own: dict[str, set[float | None] | set[int] | set[float]] = {
            "pressures_gpa": {line.pressure_gpa for line in lines},
            "atoms": {size for line in lines for size in self.sizes(line)},
            "temperatures_k": {temperature for line in lines for temperature in line.temperatures_k},
        }
        for key, values in own.items():
            if key == "temperatures_k" and isinstance(test, CoolingTest):
                continue  # a way down has its own rungs
            for value in getattr(test, key) or ():
                if value not in values:
                    allowed = ", ".join(f"{each:g}" for each in sorted(each for each in values if each is not None))
                    raise ContradictionError(
                        f"names in tests.{name}.{key} the value {value:g}, which is not one of its own",
                        f"Give values out of {allowed}.",
                    )
        for engine, section in (("reference", self.reference), ("surrogate", self.surrogate)):
            if test.engines == engine and section is None:
                raise ContradictionError(f"asks for tests.{name} with the {engine} but has none", f"Add [{engine}].")
        if isinstance(test, FixedElectronicTemperatureTest) and self.reference and not self.reference.thermal:
            raise ContradictionError(
                f'asks for tests.{name}, but the electrons of engine "{self.reference.engine}" have no temperature',
                "Remove the test, or choose a reference whose electrons have one.",
            )
        if isinstance(test, CoolingTest) and self.dynamics.ladder is Ladder.COOLING:
            raise ContradictionError(
                f'asks for tests.{name}, but dynamics.ladder is "cooling" already', 'Let ladder be "heating".'
            )
