"""The study file as a whole: its sections, and what must hold between them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Self

from pydantic import ConfigDict, Field, PrivateAttr, model_validator

from llpt.campaign import ControlledTest, Role
from llpt.dynamics import Ensemble, find_integrator
from llpt.engines import engine_folder, find_engine
from llpt.errors import InputError, PluginError
from llpt.ladder_path import LadderPath
from llpt.study.controlled_tests import (
    ControlledTestsSection,
    CoolingTest,
    DecompressionTest,
    EngineTest,
    FixedElectronicTemperatureTest,
    MatchedRunsSection,
    needs_plain_steps,
)
from llpt.study.engine_sections import ExecutionSection, ReferenceSection, SurrogateSection, VerdictSection
from llpt.study.imported import ImportedRun, run_of_json, sections_of
from llpt.study.label_sections import BridgeSection, BudgetSection  # noqa: TC001 - pydantic reads them
from llpt.study.sections import (
    ContradictionError,
    DynamicsSection,
    Int,
    Section,
    StudySection,
    SystemSection,
)
from llpt.study.state_sections import LineSection, StateSection  # noqa: TC001 - pydantic reads them

STUDY_FILE_FORMAT = 1
"""Counts what study files may hold; raised where a file of today would be read as something else."""

OWN_RUNGS = {("temperatures_k", CoolingTest), ("pressures_gpa", DecompressionTest)}
"""Limits of a test that are no limits: the points of its own way down."""


def _needed(schema: dict[str, Any]) -> None:
    """Say that only runs of a study's own need states and steps: runs made elsewhere bring their own along.

    A surrogate needs none where it does what they did, which a schema of Draft 4 says only clumsily.
    """
    schema["required"] = ["study"]
    schema["dependentRequired"] = {"reference": ["system", "state", "dynamics"]}


class StudyFile(Section):
    """A study: one TOML file, checked as a whole before anything runs."""

    model_config = ConfigDict(json_schema_extra=_needed)

    format: Int = Field(
        default=STUDY_FILE_FORMAT,
        ge=1,
        le=STUDY_FILE_FORMAT,
        description=f"the format of this file: {STUDY_FILE_FORMAT}, as there is no other yet",
    )
    study: StudySection = Field(description="a table with name")
    system: SystemSection = Field(description="a table with atoms and start")
    state: StateSection = Field(
        description="a table with pressures_gpa and temperatures_k, or [[state.isobars]], [[state.isochores]] and "
        "[[state.isotherms]]"
    )
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

    _stages: tuple[Stage, ...] = PrivateAttr(default=())

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The study as it was each time before it grew; none where it never did."""
        return self._stages

    def grown_from(self, stages: tuple[Stage, ...]) -> Self:
        """Return the study as one that was these before.

        Args:
            stages: from the first on.
        """
        grown = self.model_copy()
        grown._stages = stages  # noqa: SLF001 - its own, of a copy
        return grown

    def says_the_same(self, other: StudyFile) -> bool:
        """Whether two study files say the same; runs made elsewhere and what the study was before do not count."""
        mine, its = (study.model_dump(mode="json", exclude={"imported"}) for study in (self, other))
        return mine == its

    @model_validator(mode="before")
    @classmethod
    def _of_imported_runs_alone(cls, data: Any) -> Any:
        """Let a study have the states of its imported runs, where it runs nothing itself or what they did once more."""
        if not isinstance(data, dict) or "reference" in data or not data.get("imported"):
            return data
        surrogate = data.get("surrogate")
        if surrogate is not None and not (isinstance(surrogate, dict) and surrogate.get("runs") == "imported"):
            return data
        implied = sections_of([run_of_json(json.dumps(run)) for run in data["imported"]])
        return {"system": implied.system, "state": implied.state, "dynamics": implied.dynamics, **data}

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        self._check_engines()
        self._check_lines()
        for name, test in self.tests.asked():
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

    def sizes(self, line: LineSection) -> tuple[int, ...]:
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

        if self.dynamics.multiple_time_steps is not None:
            self._check_potential_within(self.dynamics.multiple_time_steps.engine)

        if self.surrogate is not None and self.surrogate.runs == "imported":
            if self.reference is not None or not any(run.role is Role.REFERENCE for run in self.imported):
                raise ContradictionError(
                    'has surrogate.runs = "imported" but no imported reference, or one of its own',
                    "Import the reference's runs (llpt audit-model does it), and remove [reference].",
                )
            if self.tests.asked():
                raise ContradictionError(
                    'asks for controlled tests beside surrogate.runs = "imported"', "Remove one of the two."
                )

    def _check_potential_within(self, engine: str) -> None:
        """Refuse a potential within steps of no reference, or that is not there, or that forbids a test asked for."""
        sampler = self.dynamics.sampler
        if self.reference is None:
            raise ContradictionError(
                f'has dynamics.sampler = "{sampler}" but no reference to sample', "Add [reference]."
            )
        try:
            record = find_engine(engine)
        except (InputError, PluginError) as error:
            raise ContradictionError(
                f'names in dynamics.multiple_time_steps engine "{engine}", which there is not', error.remedy
            ) from error
        if record.thermal:
            raise ContradictionError(
                f'names in dynamics.multiple_time_steps engine "{engine}", which has electrons that it follows from '
                "step to step",
                "Take a potential without electrons, as a network.",
            )
        for name, test in self.tests.asked():
            if needs_plain_steps(test) and test.engines != "surrogate":
                raise ContradictionError(
                    f'asks for tests.{name} of a reference with sampler = "{sampler}": i-PI makes its inner steps, for '
                    "classical nuclei",
                    'Confine the test to engines = "surrogate", or remove it.',
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
        npt = self.dynamics.ensemble is Ensemble.NPT
        seen: set[str] = set()
        for line in self.state.lines():
            if line.holds_pressure != npt:
                wanted = "pressures" if npt else "densities (density_gcc, densities_gcc or rs)"
                raise ContradictionError(
                    f'has dynamics.ensemble = "{self.dynamics.ensemble}" with a line of [state] of another kind',
                    f"Let every line give {wanted}, or change the ensemble.",
                )
            if line.name in seen:
                raise ContradictionError(f"gives the line of states {line.name} twice", "Give it once.")
            seen.add(line.name)
            rungs = [state.rung for state in line.states]
            for values, what in ((rungs, "state"), (self.sizes(line), "number of atoms")):
                if len(set(values)) < len(values):
                    raise ContradictionError(
                        f"gives a {what} twice on the line of states {line.name}: {', '.join(map(str, values))}",
                        "Give it once.",
                    )
        self._check_ladder()
        self._check_nuclei()
        self._check_integrator()

    def _check_integrator(self) -> None:
        """Refuse an integrator that moves the atoms of another engine alone."""
        test = self.tests.integrator
        owner = "" if test is None else find_integrator(test.integrator).engine
        if test is None or not owner:
            return
        for role, side in (("reference", self.reference), ("surrogate", self.surrogate)):
            if test.engines in {"both", role} and side is not None and side.engine.partition(":")[0] != owner:
                raise ContradictionError(
                    f'asks in tests.integrator for "{test.integrator}", which moves the atoms of an engine '
                    f"{find_engine(owner).grammar}, and its {role} is {side.engine}",
                    'Confine the test with engines = "reference" or "surrogate", or let integrator be "ase".',
                )

    def _check_nuclei(self) -> None:
        """Refuse what a path integral, or another isotope, does not go with."""
        dynamics, tests = self.dynamics, self.tests
        changed = (
            ("beads", tests.beads is not None and tests.beads.beads == dynamics.beads),
            ("isotope", tests.isotope is not None and tests.isotope.isotope is dynamics.isotope),
        )
        for name, same in changed:
            if same:
                raise ContradictionError(
                    f"asks in tests.{name} for what dynamics.{name} is already", "Let the test change something."
                )
        if (dynamics.isotope or tests.isotope) and dynamics.ensemble is not Ensemble.NPT:
            raise ContradictionError(
                "asks for an isotope at held densities, which are those of natural hydrogen",
                'Hold pressures: dynamics.ensemble = "npt".',
            )
        if dynamics.ensemble is Ensemble.NVE and tests.beads is not None and tests.beads.beads > 1:
            raise ContradictionError(
                'asks for tests.beads beside dynamics.ensemble = "nve": a path integral samples a temperature',
                'Let dynamics.ensemble be "nvt" or "npt", or remove the test.',
            )
        if dynamics.beads == 1:
            return
        path_integral = f"has dynamics.beads = {dynamics.beads}"
        if tests.integrator is not None or (tests.ensemble is not None and tests.ensemble.ensemble is Ensemble.NVE):
            name = "ensemble" if tests.integrator is None else "integrator"
            raise ContradictionError(
                f"{path_integral}, but asks for tests.{name}, whose dynamics has no path integrals", "Remove the test."
            )
        if self.bridge is not None or self.budget is not None:
            name = "budget" if self.bridge is None else "bridge"
            raise ContradictionError(
                f"{path_integral} and a [{name}], whose free energies are those of classical nuclei",
                f"Remove [{name}], or let beads be 1.",
            )
        if self.surrogate is not None and self.surrogate.train is not None:
            raise ContradictionError(
                f"{path_integral}, but trains its surrogate on runs, whose frames then have no energies of their own",
                "Train it in a study with classical nuclei and give its path.",
            )

    def _check_ladder(self) -> None:
        """Refuse a way that no line of the study can be walked."""
        isotherms = bool(self.state.isotherms)
        others = len(self.state.lines()) > len(self.state.isotherms)
        way = self.dynamics.ladder
        if way in {LadderPath.COMPRESSION, LadderPath.DECOMPRESSION} and others:
            heat = LadderPath.HEATING if way is LadderPath.COMPRESSION else LadderPath.COOLING
            raise ContradictionError(
                f'has dynamics.ladder = "{way}", but lines of states that hold no temperature',
                f'Let ladder be "{heat}": on isotherms it means {way}.',
            )
        for name, test, there, kind in (
            (ControlledTest.COOLING, self.tests.cooling, others, "isobars or isochores"),
            (ControlledTest.DECOMPRESSION, self.tests.decompression, isotherms, "isotherms"),
        ):
            if test is not None and not there:
                other = ControlledTest.DECOMPRESSION if isotherms else ControlledTest.COOLING
                raise ContradictionError(
                    f"asks for tests.{name}, but has no {kind} to walk back", f"Ask for tests.{other} in its place."
                )

    def _check_test(self, name: str, test: MatchedRunsSection) -> None:
        states = [state for line in self.state.lines() for state in line.states]
        own: dict[str, set[float | None] | set[int] | set[float]] = {
            "pressures_gpa": {state.pressure_gpa for state in states},
            "atoms": {size for line in self.state.lines() for size in self.sizes(line)},
            "temperatures_k": {state.temperature_k for state in states},
        }
        for key, values in own.items():
            if (key, type(test)) in OWN_RUNGS:
                continue  # a way down has its own rungs
            for value in getattr(test, key) or ():
                if value not in values:
                    allowed = ", ".join(f"{each:g}" for each in sorted(each for each in values if each is not None))
                    raise ContradictionError(
                        f"names in tests.{name}.{key} the value {value:g}, which is not one of its own",
                        f"Give values out of {allowed or 'none: it has no such lines'}.",
                    )
        for engine, section in (("reference", self.reference), ("surrogate", self.surrogate)):
            if test.engines == engine and section is None:
                raise ContradictionError(f"asks for tests.{name} with the {engine} but has none", f"Add [{engine}].")
        if isinstance(test, EngineTest):
            self._check_other_code(test)
        if isinstance(test, FixedElectronicTemperatureTest) and self.reference and not self.reference.thermal:
            raise ContradictionError(
                f'asks for tests.{name}, but the electrons of engine "{self.reference.engine}" have no temperature',
                "Remove the test, or choose a reference whose electrons have one.",
            )
        if isinstance(test, CoolingTest | DecompressionTest) and self.dynamics.ladder.goes_down:
            raise ContradictionError(
                f'asks for tests.{name}, but dynamics.ladder is "{self.dynamics.ladder}" already',
                f'Let ladder be "{LadderPath.HEATING}".',
            )

    def _check_other_code(self, test: EngineTest) -> None:
        """Refuse the program of a side of the study: the runs would share a directory."""
        for side, section in (("reference", self.reference), ("surrogate", self.surrogate)):
            if section is not None and engine_folder(section.engine) == engine_folder(test.engine):
                raise ContradictionError(
                    f'asks in tests.{ControlledTest.ENGINE} for engine "{test.engine}", which is the {side}\'s',
                    "Name another program. Another cutoff, mesh, functional or T_el of the reference's own is "
                    "tests.cutoff, tests.kpoints, tests.functional or tests.fixed_electronic_temperature.",
                )


@dataclass(frozen=True)
class Stage:
    """A study as it was before it grew.

    Args:
        study: what its file states.
        begun: paths of the nodes that were begun then.
    """

    study: StudyFile
    begun: frozenset[str]
