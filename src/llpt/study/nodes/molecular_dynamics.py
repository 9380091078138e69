"""The node of a run that is done here: its engine, its first configuration, molecular dynamics."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, field_serializer

from llpt.dynamics import RunSettings, options_to_go_on_with, own_start, run_md
from llpt.engines import make_engine
from llpt.errors import EngineError, StorageError
from llpt.options import GivenValue  # noqa: TC001 - pydantic reads it
from llpt.run_file import DescribedEngine, RunFile, read_run_file
from llpt.study.conditions import conditions_of
from llpt.study.nodes.node import AskedEngine, Node
from llpt.study.nodes.run import PlannedRun, RunJob
from llpt.study.nodes.start import Origin, OtherRun, OtherRunAtDensity, Start, StartTold, first_configuration
from llpt.study.outcome import NodeOutcome, NodeProgress, Provenance, RunConditions, State
from llpt.study.stored import POTENTIAL, stored_engine, stored_options
from llpt.units import U_PER_ANGSTROM3_TO_G_PER_CM3
from llpt.version import package_versions

if TYPE_CHECKING:
    from collections.abc import Callable

    from ase import Atoms

    from llpt.campaign import ControlledTest
    from llpt.dynamics import Progress
    from llpt.engines import Engine
    from llpt.study.outcome import Report

EXPLODED = 10.0
"""How many times hotter than asked a fluid must be for its run to have failed; 24 atoms fluctuate by 17 %."""


class DynamicsTask(BaseModel):
    """An engine and the dynamics it drives.

    Args:
        engine: SPEC of the engine.
        options: its options.
        settings: the dynamics.
    """

    engine: str
    options: dict[str, GivenValue]
    settings: RunSettings

    @field_serializer("settings")
    def _as_given(self, settings: RunSettings) -> dict[str, object]:
        """Write what the study says and no default, so that a new setting changes no job of before."""
        return settings.model_dump(mode="json", exclude_unset=True)

    def make_engine(self, directory: Path | None = None) -> Engine:
        """Return the engine, told that it is for dynamics in the run's ensemble.

        Args:
            directory: of the run that it drives, which an earlier version may have begun; None for no run of its own.
        """
        options = self.options if directory is None else options_to_go_on_with(directory, self.engine, self.options)
        return make_engine(self.engine, options, purpose=self.settings.purpose)


def progress_told(report: Report, settings: RunSettings, atoms: Atoms) -> Callable[[Progress], None]:
    """Return what hands the progress of a run on, and ends it where its fluid is none any more.

    Args:
        report: told how the node stands.
        settings: of the run.
        atoms: its first configuration.

    Returns:
        A function of the run's progress; it raises an EngineError where the atoms are ``EXPLODED`` times too hot.
    """
    mass_u = float(atoms.get_masses().sum())

    def on_progress(progress: Progress) -> None:
        if progress.temperature_k > EXPLODED * settings.temperature_k:
            remedy = "A potential outside what it was trained on does this: train it on more frames, or hotter ones."
            if settings.multiple_time_steps is not None:
                remedy = "So do too many inner steps: take fewer, or a better potential within them."
            raise EngineError(
                f"The fluid reached {progress.temperature_k:.3g} K where its thermostat asks for "
                f"{settings.temperature_k:g} K: the forces are not those of a fluid.",
                remedy,
            )
        report(
            NodeProgress(
                steps_done=progress.step,
                steps=settings.steps,
                temperature_k=progress.temperature_k,
                pressure_gpa=progress.pressure_gpa,
                density_g_per_cm3=mass_u * U_PER_ANGSTROM3_TO_G_PER_CM3 / progress.volume_angstrom3,
                seconds_per_step=progress.seconds_per_step,
            )
        )

    return on_progress


class MolecularDynamicsJob(DynamicsTask, RunJob):
    """What the process of a run is told.

    Args:
        kind: which job it is.
        start: its first configuration.
    """

    kind: Literal["md"] = "md"
    start: StartTold

    def work(self, report: Report) -> NodeOutcome:
        """Do or continue the run."""
        settings = self.settings
        engine = self.make_engine(Path(self.path))
        try:
            # the run that it started from may have become longer since, and ends elsewhere then
            begun = own_start(self.path) if isinstance(self.start, OtherRun | OtherRunAtDensity) else None
            atoms = begun or first_configuration(
                self.start,
                engine,
                path=self.path,
                atoms=self.atoms,
                temperature_k=settings.temperature_k,
                discard=self.discard,
                report=report,
            )
            told = progress_told(report, settings, atoms)
            # one that was killed before its first checkpoint begins where the run before it ends now
            given = atoms if begun is None else None
            outcome = run_md(given, engine, settings, self.path, start_may_differ=True, on_progress=told)
            description = DescribedEngine.of(engine.describe())
        finally:
            engine.close()
        seconds = outcome.seconds_per_step
        return NodeOutcome(
            path=self.path,
            state=State(outcome.state),
            reason=outcome.reason or outcome.damage,
            steps_done=outcome.steps_done,
            seconds_per_step=seconds if math.isfinite(seconds) else None,
            provenance=Provenance(
                engine=description, potential=self._potential(), versions=package_versions(), seed=settings.seed
            ),
            conditions=self._conditions(),
        )

    def _potential(self) -> DescribedEngine | None:
        """Return the potential within a step, as the run directory tells it."""
        if self.settings.multiple_time_steps is None:
            return None
        told = read_run_file(Path(self.path), RunFile)
        return None if told is None else told.potential

    def _conditions(self) -> RunConditions:
        """Return how the run kept to its conditions; what cannot be read is found by who analyses it."""
        try:
            return conditions_of(Path(self.path), discard=self.discard, atoms=self.atoms)
        except StorageError:
            return RunConditions()


@dataclass(frozen=True, kw_only=True)
class MolecularDynamics(PlannedRun):
    """A run that is done here.

    Args:
        dynamics: the settings of the run; what the study leaves to the dynamics is not set in them.
        start: its first configuration.
        model: the training whose potential drives it; empty where the engine is there already.
    """

    job_class = MolecularDynamicsJob
    growing = ("discard", "settings.steps")
    """The discarded steps of a first rung count the settling; ``dynamics.discard`` is looked at apart."""

    dynamics: RunSettings
    start: Start
    model: str = ""

    @property
    def after(self) -> tuple[str, ...]:
        """The run it starts from and the potential that drives it."""
        return (*self.start.after, *((self.model,) if self.model else ()))

    @property
    def engines(self) -> tuple[AskedEngine, ...]:
        """The one that drives it, and the potential within a step."""
        inner = self.dynamics.multiple_time_steps
        within = () if inner is None else (AskedEngine(inner.engine, inner.options),)
        return (AskedEngine(self.engine, self.options), *within)

    @property
    def task(self) -> DynamicsTask:
        """Its engine and its dynamics, with the study's own copies of the files they name."""
        settings, inner = self.dynamics, self.dynamics.multiple_time_steps
        if inner is not None:
            stored = {"engine": stored_engine(inner.engine, POTENTIAL), "options": stored_options(inner.options)}
            settings = settings.changed(multiple_time_steps=inner.model_copy(update=stored))
        return DynamicsTask(
            engine=stored_engine(self.engine, self.role), options=stored_options(self.options), settings=settings
        )

    def with_dynamics(self, **changed: object) -> MolecularDynamics:
        """Return the run with some of its settings changed (``llpt.dynamics.RunSettings``).

        Raises:
            InputError: the settings contradict one another.
        """
        return replace(self, dynamics=self.dynamics.changed(**changed))

    def starting_from(self, run: MolecularDynamics, *, origin: Origin = Origin.RUN) -> MolecularDynamics:
        """Return the run with the last configuration of another as its start, brought to its own density if held."""
        held = self.state.density_g_per_cm3
        if origin is Origin.RUN and held is not None and held != run.state.density_g_per_cm3:
            origin = Origin.RUN_AT_DENSITY
        return replace(self, start=Start(origin, run.path))

    def for_test(self, test: ControlledTest, repeat: int = 1) -> MolecularDynamics:
        """Return the run as the matched run of a controlled test: same state, in a directory of its own."""
        return replace(self, test=test, repeat=repeat)

    def grown(self, later: Node) -> Node:
        """Return the run as long as the longer of the two."""
        return self.with_dynamics(steps=later.steps) if later.steps > self.steps else self

    def shrinks(self, later: Node) -> bool:
        """Whether it would end before it does; one that starts in another way is told so."""
        return later.steps < self.steps and self.start.origin == getattr(later, "start", self.start).origin

    def job(self, root: Path) -> MolecularDynamicsJob:
        """Return what its process is told."""
        task = self.task
        return MolecularDynamicsJob(
            path=self.path,
            role=self.role,
            test=self.test,
            repeat=self.repeat,
            atoms=self.atoms,
            line=self.state.line,
            engine=task.engine,
            options=task.options,
            settings=task.settings,
            discard=self.discard,
            start=self.start.told(root, self.state, self.dynamics.seed),
            after=self.after,
        )
