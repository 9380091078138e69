"""Runs made elsewhere as a study knows them: a table ``[[imported]]`` each, in ``imported.toml`` by the study file.

``llpt import`` writes the tables; each holds what the files state and what a person had to add. The study file itself
stays as it was given.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from llpt.campaign import ControlledTest, Role, RunIdentity, ThermodynamicState, engine_slug
from llpt.dynamics import Ensemble
from llpt.errors import StorageError
from llpt.ladder_path import LadderPath
from llpt.study.engine_spelling import imported_spec
from llpt.study.nodes.imported import ImportedTrajectory
from llpt.study.nodes.run import RecordedDynamics
from llpt.study.sections import (
    GCC_RANGE,
    GPA_RANGE,
    K_RANGE,
    AtomCount,
    BeadCount,
    ContradictionError,
    DensityGcc,
    DynamicsSection,
    Float,
    Int,
    PressureGpa,
    Section,
    SystemSection,
    TemperatureK,
)
from llpt.study.state_sections import StateLine, StateSection

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_PREFACE = "# Written by `llpt import`: runs made elsewhere, what their files state and what was added by hand.\n"
_HEADING = "\n[[imported]]\n"


class ImportedRun(Section):
    """``[[imported]]``: a run made elsewhere."""

    role: Role = Field(description='"reference" or "surrogate"')
    label: str = Field(
        min_length=1, max_length=80, description="what its engine is called, e.g. VASP PBE, in 1 to 80 letters"
    )
    program: str = Field(description="the program whose files were read")
    atoms: AtomCount = Field(description="a number of atoms, whole and at least 2")
    temperature_k: TemperatureK = Field(description=f"the thermostat's temperature in K, {K_RANGE}")
    pressure_gpa: PressureGpa | None = Field(default=None, description=f"the barostat's pressure in GPa, {GPA_RANGE}")
    density_gcc: DensityGcc | None = Field(default=None, description=f"the density in g/cm³ that was held, {GCC_RANGE}")
    electronic_temperature_k: Annotated[Float, Field(ge=0.0, le=1e6)] | None = Field(
        default=None, description="the electrons' temperature in K, 0 to 1e6; 0 where they are cold or there are none"
    )
    frame_interval_fs: Annotated[Float, Field(gt=0.0, le=1e6)] = Field(
        description="time between two frames in fs, above 0 and at most 1e6"
    )
    timestep_fs: Annotated[Float, Field(gt=0.0, le=1e3)] | None = Field(
        default=None, description="time step of its dynamics in fs, above 0 and at most 1000, where the files say it"
    )
    steps: Annotated[Int, Field(ge=1)] = Field(description="number of the last frame, the first being 0")
    discard: Annotated[Int, Field(ge=0)] = Field(default=0, description="first frames left out of every average")
    test: Literal[ControlledTest.BASE, ControlledTest.COOLING] = Field(
        default=ControlledTest.BASE,
        description=f'"{ControlledTest.BASE}", or "{ControlledTest.COOLING}" for a ladder that was walked down beside '
        "one walked up",
    )
    repeat: Annotated[Int, Field(ge=1)] = Field(default=1, description="counts runs of one state from 1")
    beads: BeadCount | None = Field(default=None, description="beads of a path integral; none for classical nuclei")
    missing: tuple[str, ...] = Field(default=(), description="what the files do not give")
    theory: tuple[tuple[str, str], ...] = Field(
        default=(), description="functional, cutoff and potentials, where the files name them"
    )
    files: tuple[str, ...] = Field(description="names of the files it was read from")
    sha256: tuple[str, ...] = Field(description="their hashes")
    cut_off: bool = Field(default=False, description="whether they end in the middle of a step, as of a killed run")

    @model_validator(mode="after")
    def _one_line(self) -> Self:
        if (self.pressure_gpa is None) == (self.density_gcc is None):
            raise ContradictionError(
                "does not lie on one line of states", "Give exactly one of pressure_gpa and density_gcc."
            )
        return self

    @property
    def folder(self) -> str:
        """Its engine's name in paths."""
        return engine_slug(self.label)

    @property
    def state(self) -> ThermodynamicState:
        """Where it lies in the phase diagram."""
        if self.pressure_gpa is not None:
            return ThermodynamicState.at_pressure(self.pressure_gpa, self.temperature_k)
        assert self.density_gcc is not None
        return ThermodynamicState.at_density(self.density_gcc, self.temperature_k, digits=4)

    @property
    def path(self) -> str:
        """Its directory below the study's."""
        return RunIdentity(self.folder, self.atoms, self.state.line, self.state.rung, self.test, self.repeat).path

    @property
    def engine(self) -> str:
        """What stands for its engine in the plan."""
        return imported_spec(self.label)

    @property
    def dynamics(self) -> RecordedDynamics:
        """What is known of its dynamics."""
        return RecordedDynamics(
            ensemble=Ensemble.NVT if self.pressure_gpa is None else Ensemble.NPT,
            temperature_k=self.temperature_k,
            pressure_gpa=self.pressure_gpa,
            timestep_fs=self.frame_interval_fs,
            steps=self.steps,
            beads=self.beads or 1,
        )

    def planned(self) -> ImportedTrajectory:
        """Return it as a node of the plan, which is done from the beginning."""
        electronic = self.electronic_temperature_k
        return ImportedTrajectory(
            role=self.role,
            engine=self.engine,
            engine_folder=self.folder,
            options={} if electronic is None else {"electronic_temperature_k": electronic},
            atoms=self.atoms,
            state=self.state,
            test=self.test,
            repeat=self.repeat,
            dynamics=self.dynamics,
            discard=self.discard,
            files_hash=hashlib.sha256("\n".join(self.sha256).encode()).hexdigest(),
            threads=1,
        )


def read_imported(path: Path) -> tuple[ImportedRun, ...]:
    """Return the runs of ``imported.toml``; none where there is no such file.

    Raises:
        StorageError: the file is damaged.
    """
    try:
        text = path.read_text(encoding="utf-8")
        with contextlib.suppress(ValueError):  # of tables that somebody wrote in another way
            return _as_written(text)
        tables = tomllib.loads(text).get("imported", [])
        return tuple(ImportedRun.model_validate_json(json.dumps(table)) for table in tables)
    except FileNotFoundError:
        return ()
    except (OSError, tomllib.TOMLDecodeError, ValidationError, AttributeError) as error:
        first = str(error).splitlines()[0]
        raise StorageError(
            f"{path} is damaged: {first}.", "Restore it from a copy, or import the runs again."
        ) from error


def _as_written(text: str) -> tuple[ImportedRun, ...]:
    """Return the runs of a text of ``write_imported``; a folder of many runs has it read after each of them.

    Raises:
        ValueError: it is none, or damaged.
    """
    preface, *tables = text.split(_HEADING)
    if preface != _PREFACE:
        raise ValueError("not as it was written")
    return tuple(_of_table(table) for table in tables)


@lru_cache(maxsize=2**14)
def _of_table(text: str) -> ImportedRun:
    return run_of_json(json.dumps(tomllib.loads(text)))


@lru_cache(maxsize=2**14)
def run_of_json(text: str) -> ImportedRun:
    """Return a run by its table as JSON; of a text that was read before, the same object.

    Raises:
        ValidationError: it holds what no run has.
    """
    return ImportedRun.model_validate_json(text)


def write_imported(runs: Sequence[ImportedRun]) -> str:
    """Return the text of ``imported.toml``."""
    return _PREFACE + "".join(f"{_HEADING}{_table(run)}" for run in runs)


@lru_cache(maxsize=2**14)
def _table(run: ImportedRun) -> str:
    """Write a run as TOML; JSON's strings, numbers and lists of strings are TOML's."""
    known = run.model_dump(mode="json", exclude_none=True)
    return "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in known.items())


@dataclass(frozen=True)
class ImpliedSections:
    """What runs made elsewhere say of a study of nothing else.

    Args:
        system: their numbers of atoms.
        state: their lines of states.
        dynamics: their ensemble and the steps of the longest.
    """

    system: SystemSection
    state: StateSection
    dynamics: DynamicsSection


def sections_of(runs: Sequence[ImportedRun]) -> ImpliedSections:
    """Return the sections that runs made elsewhere imply, for a study of nothing else.

    Args:
        runs: at least one; where some are at constant pressure, the others lie beside the study's lines.
    """
    constant_pressure = [run for run in runs if run.pressure_gpa is not None]
    lines: dict[float, set[float]] = {}
    for run in constant_pressure or runs:
        held = run.pressure_gpa if constant_pressure else run.density_gcc
        assert held is not None
        lines.setdefault(held, set()).add(run.temperature_k)
    return ImpliedSections(
        system=SystemSection(atoms=tuple(sorted({run.atoms for run in runs}))),
        state=StateSection(
            isobars=tuple(
                StateLine(pressure_gpa=held, temperatures_k=tuple(sorted(lines[held])))
                if constant_pressure
                else StateLine(density_gcc=held, temperatures_k=tuple(sorted(lines[held])))
                for held in sorted(lines)
            )
        ),
        dynamics=DynamicsSection(
            ensemble=Ensemble.NPT if constant_pressure else Ensemble.NVT,
            steps=max(run.steps for run in runs),
            discard=0,
            ladder=LadderPath.SEPARATE,
        ),
    )
