"""One molecular-dynamics run, from its start or from where it stopped, to its last step."""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from llpt.dynamics.checkpoint import (
    Checkpoint,
    has_checkpoint,
    restore_engines,
    save_checkpoint,
    sound_checkpoint,
    steps_on_disk,
)
from llpt.dynamics.evaluation import Evaluator, evaluators_of
from llpt.dynamics.inner_potential import inner_potential
from llpt.dynamics.integrators import find_integrator
from llpt.dynamics.ipi_integrator import IpiIntegrator
from llpt.dynamics.ladder import own_start
from llpt.dynamics.outcome import Progress, RunOutcome, RunState
from llpt.dynamics.record import make_frame, make_record, progress_of
from llpt.dynamics.run_directory import (
    LOG_NAME,
    RunLog,
    check_before_lock,
    check_new,
    locked,
)
from llpt.dynamics.run_record import RunRecord, Session, check_same, new_record, now, read_run_record
from llpt.dynamics.settings import RunSettings
from llpt.dynamics.signals import StopRequest, stop_on_signals
from llpt.dynamics.start import prepare_start, resolved_timestep_fs, start_hash
from llpt.dynamics.wall_time import WallTime
from llpt.engines.make import as_engine, imported
from llpt.ensembles import Ensemble
from llpt.errors import EngineError, InputError, MissingProgramError, StorageError, path_of, unsuitable
from llpt.run_file import write_run_file
from llpt.trajectory import System, TrajectoryWriter, export_extxyz
from llpt.version import package_versions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import ase
    from ase.calculators.calculator import BaseCalculator

    from llpt.dynamics.integrator import Integrator, IntegratorMaker
    from llpt.engines import Engine
    from llpt.trajectory import StepRecord

_LEAST_SECONDS = 10.0
_MOST_SECONDS = 600.0
_BUFFER_BYTES = 256 * 2**20
_SECONDS_BETWEEN_MASTERS = 20.0


def run_md(
    atoms: ase.Atoms | None,
    engine: Engine | BaseCalculator,
    settings: RunSettings,
    run_directory: str | Path,
    *,
    potential: Engine | BaseCalculator | None = None,
    start_may_differ: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
    progress_seconds: float = 0.2,
) -> RunOutcome:
    """Run molecular dynamics into a directory, or continue the run that is there, to ``settings.steps``.

    Safe against a kill at any moment: the next call continues from the last checkpoint, with positions, cell, piston,
    thermostats, conserved quantity, random state and the engine's memory as they were. SIGINT and SIGTERM end the run
    after the current step, with a checkpoint, as ``unfinished``.

    Args:
        atoms: the start; velocities are drawn where it has none. On a continuation it must be the same start; None
            continues from the run's own (``own_start``).
            The beads of a path integral begin where ``last_configuration`` of a run with as many left them, else at
            one place.
        engine: the source of forces, a calculator of ASE being taken for one; the caller closes it.
        settings: what to do. On a continuation only ``steps`` may grow and ``checkpoint_every`` may differ.
        run_directory: new, empty, or a run of the same start, engine and settings.
        potential: that of multiple time steps, where the settings name none; the caller closes it.
        start_may_differ: whether a run that ended before its first checkpoint, of which nothing is kept, begins anew
            from another start.
        on_progress: called after a step, at most once in ``progress_seconds``, and after the last one.
        progress_seconds: least time between two calls of ``on_progress``.

    Returns:
        How the run ended: ``failed`` if the engine could not go on (the reason is in ``run.json`` too).

    Raises:
        InputError: the start, the settings or the directory cannot be used; nothing was overwritten.
        MissingProgramError: the engine needs something that is not installed.
        StorageError: the disk refuses, a file is damaged, or another process runs here; what was done is kept.
    """
    if threading.current_thread() is not threading.main_thread():
        raise InputError("A run was started outside the main thread.", "Start each run in a process of its own.")
    if not isinstance(settings, RunSettings):
        raise unsuitable(
            settings, "says not what to run", "Give RunSettings(...) with ensemble, temperature_k, steps and seed."
        )
    engine = as_engine(engine)
    directory = path_of(run_directory)
    given = own_start(directory) if atoms is None else atoms
    if given is None:
        raise InputError(f"{directory} holds no run to continue.", "Give the atoms that it is to start from.")
    start = prepare_start(given, settings)
    timestep = resolved_timestep_fs(start, settings)
    is_new = not directory.exists()
    check_before_lock(directory)
    with inner_potential(settings, potential) as inner, locked(directory):
        fresh = new_record(
            settings,
            engine.describe(),
            None if inner is None else inner.describe(),
            start_hash=start_hash(given),
            timestep_fs=timestep,
            n_atoms=len(start),
        )
        record = read_run_record(directory)
        if record is None:
            check_new(directory)
            record = fresh
        else:
            if start_may_differ and not has_checkpoint(directory):
                record = record.model_copy(update={"start_sha256": fresh.start_sha256})
            check_same(record, fresh, directory, same_start=atoms is not None)
            if record.state is RunState.DONE and record.steps_done >= settings.steps:
                return _outcome(record)
        log = RunLog(directory / LOG_NAME)
        try:
            run = _Run(directory, start, engine, settings, inner=inner, record=record, log=log)
            with stop_on_signals() as stop:
                run.advance(stop, on_progress, progress_seconds)
        except (InputError, MissingProgramError):
            if is_new and read_run_record(directory) is None:
                _remove_unused(directory)
            raise
        finally:
            log.close()
        return _outcome(run.record)


class _Run:
    """A run in progress: what ``run_md`` holds between opening the directory and leaving it."""

    def __init__(
        self,
        directory: Path,
        start: ase.Atoms,
        engine: Engine,
        settings: RunSettings,
        *,
        inner: Engine | None,
        record: RunRecord,
        log: RunLog,
    ) -> None:
        self.directory = directory
        self.start = start
        self.engine = engine
        self.settings = settings
        self.record = record
        self.log = log
        self.timestep_fs = record.timestep_fs
        stress_needed = settings.ensemble is Ensemble.NPT
        self.evaluators = evaluators_of(engine, start, beads=settings.beads, stress_needed=stress_needed)
        self.inner = None if inner is None else Evaluator(inner, start, stress_needed=stress_needed)
        self.checkpointed_at = time.monotonic()
        self.checkpointed_step: int | None = None
        self.master_at = -math.inf

    def advance(
        self, stop: StopRequest, on_progress: Callable[[Progress], None] | None, progress_seconds: float
    ) -> None:
        """Do the steps that are missing and leave ``record`` and run.json as the run ended."""
        checkpoint, damage = sound_checkpoint(self.directory)
        began_at = 0 if checkpoint is None else checkpoint.step
        self.checkpointed_step = None if checkpoint is None else began_at
        session = Session(started=now(), first_step=began_at, versions=package_versions(), damage=damage or None)
        if damage:
            self.log.say(damage)
        earlier = self.record.sessions
        clock = WallTime(self.record.wall_seconds)
        try:
            integrator = self._integrator(checkpoint)
            self._open(checkpoint, began_at)
            self._say(settings=self.settings, sessions=(*earlier, session))
            self._note(RunState.UNFINISHED, "running, or killed while running", began_at, clock)
            if checkpoint is None:
                self._too_uncertain(self._store(integrator))
            self._loop(integrator, stop, on_progress, progress_seconds, clock)
        except EngineError as error:
            # Ctrl-C reaches the programs an engine has started too: their death is then no failure of the run.
            done = steps_on_disk(self.directory)
            self.log.say(f"stopped after step {done} on disk: {error.cause}")
            if stop:
                self._note(RunState.UNFINISHED, f"stopped by {stop.signal_name}", done, clock)
            else:
                self._keep_failed()
                self._say(sessions=(*earlier, session))
                self._note(RunState.FAILED, str(error), done, clock)
        if self.record.sessions != earlier:  # it began
            ended = {"ended": now(), "last_step": self.record.steps_done, "state": self.record.state}
            self._say(sessions=(*earlier, Session.model_validate({**dict(session), **ended})))
        write_run_file(self.directory, self.record)

    def _integrator(self, checkpoint: Checkpoint | None) -> Integrator:
        common = (self.settings, self.timestep_fs, self.evaluators, self.log.stream)
        if checkpoint is not None:
            restore_engines(checkpoint, self.evaluators)
            self.log.say(f"continuing from the checkpoint of step {checkpoint.step}")
        if self.inner is not None:
            if checkpoint is None:
                return IpiIntegrator.start(self.start, *common, inner=self.inner)
            return IpiIntegrator.resume(checkpoint.directory, *common, inner=self.inner)
        make: IntegratorMaker = imported(find_integrator(self.settings.integrator).maker)
        if checkpoint is None:
            return make.start(self.start, *common)
        return make.resume(checkpoint.directory, *common)

    def _open(self, checkpoint: Checkpoint | None, step: int) -> None:
        """Write what a new run directory begins with and open the trajectory."""
        if checkpoint is None:
            export_extxyz(self.directory / "start.extxyz", [self.start])
            self.log.say(f"starting at step {step}: {self.settings!r}")
        description = self.engine.describe()
        attributes: dict[str, str | float | int] = {
            "engine": description.spec,
            "pressure_label": str(description.pressure_label),
        }
        electronic = description.options.get("electronic_temperature_k")
        if isinstance(electronic, (int, float)):
            attributes["electronic_temperature_k"] = electronic
        if self.settings.beads > 1:
            attributes["beads"] = self.settings.beads
        if self.inner is not None:
            attributes["sampler"] = str(self.settings.sampler)
        system = System(
            numbers=np.asarray(self.start.numbers),
            masses_u=np.asarray(self.start.get_masses()),
            timestep_fs=self.timestep_fs,
            attributes=attributes,
        )
        self.writer = TrajectoryWriter(
            self.directory, system, keep_segments=0 if checkpoint is None else checkpoint.segments
        )

    def _store(self, integrator: Integrator) -> StepRecord:
        """Add the current step to the trajectory."""
        state = integrator.state()
        time_fs = integrator.step * self.timestep_fs
        results = [evaluator.last for evaluator in self.evaluators]
        record = make_record(
            integrator.step,
            time_fs,
            state,
            results,
            self.start.get_masses(),
            temperature_k=self.settings.temperature_k,
        )
        keep = integrator.step % self.settings.positions_every == 0
        self.writer.add(record, make_frame(integrator.step, time_fs, state, results) if keep else None)
        return record

    def _loop(
        self,
        integrator: Integrator,
        stop: StopRequest,
        on_progress: Callable[[Progress], None] | None,
        progress_seconds: float,
        clock: WallTime,
    ) -> None:
        told_at = -math.inf
        too_uncertain = ""
        clock.start()
        try:
            while integrator.step < self.settings.steps and not stop and not too_uncertain:
                integrator.advance()
                record = self._store(integrator)
                too_uncertain = self._too_uncertain(record)
                clock.count()
                last = integrator.step == self.settings.steps
                if self._due(integrator.step) and not last:
                    self._checkpoint(integrator, clock)
                    self._note(RunState.UNFINISHED, "running, or killed while running", integrator.step, clock)
                if on_progress and (last or time.monotonic() - told_at >= progress_seconds):
                    on_progress(progress_of(record, self.settings.steps, clock.pace))
                    told_at = time.monotonic()
            if integrator.step != self.checkpointed_step:
                self._checkpoint(integrator, clock)
            self.writer.refresh_master()
            state, reason = RunState.DONE, ""
            if too_uncertain:
                state, reason = RunState.FAILED, too_uncertain
                self._keep_failed()
            elif integrator.step < self.settings.steps:
                state, reason = RunState.UNFINISHED, f"stopped by {stop.signal_name}"
            self._note(state, reason, integrator.step, clock)
            self.log.say(f"{self.record.state} at step {integrator.step} {reason}".rstrip())
        finally:
            integrator.close()

    def _too_uncertain(self, record: StepRecord) -> str:
        """Return why a committee is too uncertain to go on; empty if it is not."""
        limit = self.settings.maximum_force_spread_ev_per_angstrom
        if limit is None:
            return ""
        spread = record.force_spread_ev_per_angstrom
        if spread is None:
            raise EngineError(
                f"Engine {self.record.engine.spec} gives no force spread, but a limit on it was set.",
                "Use a committee of potentials, or leave maximum_force_spread_ev_per_angstrom out.",
            )
        if spread <= limit:
            return ""
        return f"The committee disagrees by {spread:.3g} eV/Å at step {record.step}, more than the limit {limit:g}."

    def _due(self, step: int) -> bool:
        """Whether a checkpoint is due; what a person set is kept to the step."""
        seconds = time.monotonic() - self.checkpointed_at
        if self.settings.checkpoint_every is not None:
            due = step % self.settings.checkpoint_every == 0
        else:
            enough = step - (self.checkpointed_step or 0) >= max(20, self.settings.steps // 100)
            due = enough and seconds > _LEAST_SECONDS
        return due or seconds > _MOST_SECONDS or self.writer.buffered_bytes > _BUFFER_BYTES

    def _checkpoint(self, integrator: Integrator, clock: WallTime) -> None:
        """Close the segment, then write the checkpoint that counts it as done."""
        self.writer.close_segment()
        path = save_checkpoint(
            self.directory,
            step=integrator.step,
            segments=self.writer.n_segments,
            integrator=integrator,
            evaluators=self.evaluators,
        )
        integrator.publish(self.directory, path)
        # The master only serves other programs, and writing it grows with the number of segments.
        if time.monotonic() - self.master_at > _SECONDS_BETWEEN_MASTERS:
            self.writer.refresh_master()
            self.master_at = time.monotonic()
        self.checkpointed_at = time.monotonic()
        self.checkpointed_step = integrator.step
        clock.checkpoint()

    def _note(self, state: RunState, reason: str, steps_done: int, clock: WallTime) -> None:
        """Write run.json."""
        self._say(state=state, reason=reason, steps_done=steps_done, wall_seconds=clock.on_disk, updated=now())
        write_run_file(self.directory, self.record)

    def _say(self, **changes: Any) -> None:
        """Change what the record says."""
        self.record = RunRecord.model_validate({**dict(self.record), **changes})

    def _keep_failed(self) -> None:
        """Keep the configuration the engine failed at, for who looks for the cause."""
        try:
            asked = [*self.evaluators, *([] if self.inner is None else [self.inner])]
            failed = next((each for each in asked if each.failed), asked[0])
            export_extxyz(self.directory / "failed.extxyz", [failed.atoms])
        except (StorageError, ValueError) as error:
            self.log.say(f"the failed configuration could not be written: {error}")


def _outcome(record: RunRecord) -> RunOutcome:
    steps = record.steps_done
    pace = record.wall_seconds / steps if steps else math.nan
    damage = " ".join(session.damage for session in record.sessions if session.damage)
    return RunOutcome(record.state, record.reason, steps, pace, damage)


def _remove_unused(directory: Path) -> None:
    """Remove a directory we made for a start that turned out to be unusable."""
    for path in directory.iterdir():
        path.unlink()
    directory.rmdir()
