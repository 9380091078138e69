"""A run of the plan, whether molecular dynamics is to be done for it or was done elsewhere."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer

from llpt.campaign import ControlledTest, Role, RunIdentity
from llpt.dynamics import Ensemble  # noqa: TC001 - pydantic reads it
from llpt.engines import find_engine
from llpt.options import GivenValue, OptionValue  # noqa: TC001 - pydantic reads it
from llpt.study.nodes.node import Job, Node

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from llpt.campaign import ThermodynamicState
    from llpt.dynamics import RunSettings
    from llpt.engines import Speed
    from llpt.study.cost import StepTimes


class RecordedDynamics(BaseModel):
    """What is known of dynamics that was done elsewhere, under the names of ``llpt.dynamics.RunSettings``.

    Args:
        ensemble: ``npt`` or ``nvt``.
        temperature_k: the thermostat's temperature.
        pressure_gpa: the barostat's pressure; None at constant volume.
        timestep_fs: time from frame to frame.
        steps: number of the last frame.
        seed: nobody knows it.
        positions_every: every step is a frame.
        beads: of a path integral; 1 for classical nuclei.
        multiple_time_steps: none, for those of no other program are read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    ensemble: Literal[Ensemble.NVT, Ensemble.NPT]
    temperature_k: float
    pressure_gpa: float | None
    timestep_fs: float
    steps: int
    seed: Literal["unknown"] = "unknown"
    positions_every: Literal[1] = 1
    beads: int = 1
    multiple_time_steps: ClassVar[None] = None

    @property
    def inner_timestep_fs(self) -> float:
        """The same: nothing is known of inner steps."""
        return self.timestep_fs

    @model_serializer(mode="wrap")
    def _as_known(self, write: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Leave classical nuclei out: the records of runs were written before there were others."""
        return {key: value for key, value in write(self).items() if key != "beads" or value > 1}


class RunJob(Job):
    """What every job of a run says.

    Args:
        role: reference or surrogate.
        test: the controlled test.
        repeat: counts sequential runs at one state from 1.
        atoms: number of atoms.
        line: name of the line of states.
        engine: SPEC of the engine.
        options: options of the engine.
        discard: first steps left out of averages.
        after: what had to be done before.
    """

    role: Role
    test: ControlledTest
    repeat: int
    atoms: int
    line: str
    engine: str
    options: dict[str, GivenValue]
    discard: int
    after: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PlannedRun(Node):
    """One run of the plan.

    Args:
        role: reference or surrogate.
        engine: SPEC of the engine; of a potential trained here, what ``models/`` will hold.
        engine_folder: the engine's name in paths.
        options: options of the engine, the electrons' temperature included.
        atoms: number of atoms.
        state: temperature and pressure or density.
        test: the controlled test it belongs to.
        repeat: counts sequential runs at one state from 1.
        dynamics: how it is, or was, run.
        discard: first steps left out of averages.
        threads: processor cores it takes, 0 for "all this study may use".
    """

    role: Role
    engine: str
    engine_folder: str
    options: Mapping[str, GivenValue]
    atoms: int
    state: ThermodynamicState
    test: ControlledTest
    repeat: int = 1
    dynamics: RunSettings | RecordedDynamics
    discard: int
    threads: int = 0

    @abstractmethod
    def job(self, root: Path) -> RunJob:
        """Return what its process is told."""

    @property
    def speed(self) -> Speed:
        """What a step of its engine costs before any was measured."""
        return find_engine(self.engine).speed

    def option(self, name: str) -> OptionValue:
        """Return an option of its engine, as the study gives it or by default; None where it has no such option."""
        return find_engine(self.engine).option(name, self.options)

    @property
    def identity(self) -> RunIdentity:
        """Which run it is."""
        return RunIdentity(self.engine_folder, self.atoms, self.state.line, self.state.rung, self.test, self.repeat)

    @property
    def path(self) -> str:
        """Its directory below the study's, e.g. ``runs/dft/N256/P200/T900``."""
        return self.identity.path

    @property
    def part(self) -> str:
        """The controlled test it belongs to."""
        return self.test.replace("_", " ")

    @property
    def counted_as(self) -> tuple[str, int]:
        """One run."""
        return "run", 1

    @property
    def steps(self) -> int:
        """Number of MD steps in all."""
        return self.dynamics.steps

    @property
    def row(self) -> object:
        """Those of a ladder share one; ramps of all rates are one row."""
        return self.engine_folder, self.role, self.atoms, self.state.line, self.test

    @property
    def beads(self) -> int:
        """Beads of its path integral; 1 for classical nuclei."""
        return self.dynamics.beads

    @property
    def timestep_fs(self) -> float:
        """Time step in fs."""
        return float(self.dynamics.timestep_fs)

    @property
    def inner_steps(self) -> int:
        """By how many steps of a potential its atoms are moved within one of its own; 0 without such a potential."""
        inner = self.dynamics.multiple_time_steps
        return 0 if inner is None else inner.inner_steps

    @property
    def inner_timestep_fs(self) -> float:
        """The time step in fs by which its atoms are moved."""
        return self.dynamics.inner_timestep_fs

    @property
    def seconds_of_potential(self) -> float:
        """What a force call of the potential within a step costs by its engine's record; 0 where there is none."""
        inner = self.dynamics.multiple_time_steps
        return 0.0 if inner is None else find_engine(inner.engine).speed.seconds(self.atoms)

    @property
    def picoseconds(self) -> float:
        """Simulated time in ps."""
        return self.steps * self.timestep_fs / 1000.0

    @property
    def pressure_gpa(self) -> float | None:
        """The barostat's pressure; None at constant volume, also where the run's line of states is an isobar."""
        return self.dynamics.pressure_gpa

    def cost_s(self, times: StepTimes) -> float:
        """Return the seconds it will take from start to end."""
        return times.run_s(self)
