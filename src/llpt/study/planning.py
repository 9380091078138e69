"""From a study file to its plan: ladders along each line of states, training, and the matched runs of each test."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from llpt.campaign import ControlledTest, Role
from llpt.dynamics import Thermostat
from llpt.engines import engine_folder, find_engine
from llpt.study.controlled_tests import (
    BarostatTest,
    CoolingTest,
    CutoffTest,
    DurationTest,
    EngineTest,
    EnsembleTest,
    FixedElectronicTemperatureTest,
    FunctionalTest,
    IntegratorTest,
    KpointsTest,
    MatchedRunsSection,
    RampTest,
    StartTest,
    ThermostatTest,
    TimestepTest,
)
from llpt.study.inputs import MADE_HERE
from llpt.study.nodes import MolecularDynamics, Node, Origin, PlannedLabels, PlannedTraining, Start
from llpt.study.plan import Plan
from llpt.study.protocol import run_settings
from llpt.study.sections import Ladder
from llpt.study.stored import MODELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llpt.options import GivenValue
    from llpt.study.controlled_tests import SnapshotTest
    from llpt.study.file import StudyFile
    from llpt.study.sections import StateLine

ATOMS_PER_CORE = 250


@dataclass(frozen=True)
class Side:
    """One of the two engines under comparison, as the plan needs it.

    Args:
        role: reference or surrogate.
        engine: its SPEC.
        folder: its name in paths.
        options: its options without the electrons' temperature.
        thermal: whether its electrons have a temperature.
        model: the node that makes it; empty where it exists already.
        threads: processor cores of a run, 0 for all; None where the number of atoms decides.
    """

    role: Role
    engine: str
    folder: str
    options: Mapping[str, GivenValue]
    thermal: bool
    model: str
    threads: int | None


def make_plan(study: StudyFile) -> Plan:
    """Return the graph of runs that a study implies.

    Raises:
        InputError: no starting density or time step is known for a state, or the settings of a run contradict one
            another.
    """
    reference, surrogate = _reference_side(study), _surrogate_side(study)
    nodes: list[Node] = []
    learnt: tuple[MolecularDynamics, ...] = ()
    if reference is not None:
        base = _Builder(study, reference).base_runs()
        learnt = tuple(base)
        nodes += base + _matched_runs(study, reference, base)
    if surrogate is not None and study.surrogate is not None and surrogate.model:
        seed = derived_seed(study.study.seed, "training")
        training = study.surrogate.training
        nodes.append(PlannedTraining(engine_folder=surrogate.folder, settings=training, seed=seed, runs=learnt))
    if reference is not None and study.tests.snapshots is not None:
        nodes.append(_labels(study.tests.snapshots, reference, learnt))
    if surrogate is not None:
        builder = _Builder(study, surrogate)
        base = builder.base_runs()
        nodes += base + _matched_runs(study, surrogate, base) + builder.extra_runs()
    return Plan((*nodes, *(run.planned() for run in study.imported)))


def _matched_runs(study: StudyFile, side: Side, base: list[MolecularDynamics]) -> list[MolecularDynamics]:
    """Return the runs of every controlled test that is done with one side."""
    builder = _Builder(study, side)
    asked = [test for test in study.tests.asked().values() if test.engines in {"both", side.role}]
    return [run for test in asked for run in builder.test_runs(test, base)]


def _reference_side(study: StudyFile) -> Side | None:
    section = study.reference
    if section is None:
        return None
    threads = 0 if section.threads == "auto" else section.threads
    return Side(
        Role.REFERENCE,
        section.engine,
        engine_folder(section.engine),
        section.engine_options(),
        section.thermal,
        "",
        threads,
    )


def _surrogate_side(study: StudyFile) -> Side | None:
    section = study.surrogate
    if section is None:
        return None
    folder = engine_folder(section.engine)
    if study.reference is not None and folder == engine_folder(study.reference.engine):
        folder += "-surrogate"
    model = f"{MODELS}{folder}" if section.train else ""
    threads = None if section.threads == "auto" else section.threads
    return Side(Role.SURROGATE, section.spec(model), folder, section.options, False, model, threads)


def _threads_for(atoms: int) -> int:
    """Return the cores of a run with a potential: few for a small cell, so that several run at once."""
    return max(1, round(atoms / ATOMS_PER_CORE))


def derived_seed(seed: int, *labels: object) -> int:
    """Return a seed below 2³¹ that depends on the study's seed and on ``labels`` alone (SHA-256).

    Reference and surrogate runs of one state share it: they start from the same configuration and velocities.
    """
    text = "/".join(str(label) for label in (seed, *labels))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") % 2**31


def _labels(test: SnapshotTest, reference: Side, runs: tuple[MolecularDynamics, ...]) -> PlannedLabels:
    return PlannedLabels(
        engine=reference.engine,
        engine_folder=reference.folder,
        options=reference.options,
        electronic_temperatures_k=test.electronic_temperatures_k,
        reference_temperature_k=test.reference_temperature_k,
        snapshots=test.snapshots,
        runs=runs,
        threads=reference.threads or 0,
    )


class _Builder:
    """Makes the runs of one side."""

    def __init__(self, study: StudyFile, side: Side) -> None:
        self.study = study
        self.side = side

    def base_runs(self) -> list[MolecularDynamics]:
        """Return the study's own ladders: every line of states at every size."""
        ladder = self.study.dynamics.ladder
        return [
            run
            for line in self.study.state.lines()
            for atoms in self.study.sizes(line)
            for run in self._chained(self._rungs(line, atoms), ladder)
        ]

    def extra_runs(self) -> list[MolecularDynamics]:
        """Return the surrogate's runs in cells that the reference does not do."""
        assert self.study.surrogate is not None
        runs: list[MolecularDynamics] = []
        for extra in self.study.surrogate.extra:
            given = {"timestep_fs": extra.timestep_fs, "steps": extra.steps}
            changed = {key: value for key, value in given.items() if value is not None}
            for line in self.study.state.lines():
                rungs = [_with_dynamics(run, **changed) for run in self._rungs(line, extra.atoms)]
                if extra.discard is not None:
                    rungs = [replace(run, discard=extra.discard) for run in rungs]
                if extra.atoms in self.study.sizes(line):
                    rungs = [_matched(run, ControlledTest.EXTRA) for run in rungs]
                runs += self._chained(rungs, self.study.dynamics.ladder)
        return runs

    def _rungs(self, line: StateLine, atoms: int) -> list[MolecularDynamics]:
        """Return the runs of one line and size in order of temperature, each starting on its own."""
        return [self._alone(line, atoms, temperature) for temperature in sorted(line.temperatures_k)]

    def _alone(self, line: StateLine, atoms: int, temperature_k: float) -> MolecularDynamics:
        state = line.at(temperature_k)
        study = self.study
        options = dict(self.side.options)
        if self.side.thermal and study.reference is not None:
            fixed = study.reference.electronic_temperature
            options["electronic_temperature_k"] = temperature_k if fixed == "ionic" else fixed
        word = study.system.start_for(atoms)
        start = self._made(word) if word in MADE_HERE else Start(Origin.FILE, word)
        seed = derived_seed(study.study.seed, state.line, f"T{temperature_k:g}", f"N{atoms}")
        settings = run_settings(study.dynamics, state, seed)
        return MolecularDynamics(
            role=self.side.role,
            engine=self.side.engine,
            engine_folder=self.side.folder,
            options=options,
            atoms=atoms,
            state=state,
            test=ControlledTest.BASE,
            dynamics=settings,
            discard=study.dynamics.discard,
            start=start,
            model=self.side.model,
            threads=_threads_for(atoms) if self.side.threads is None else self.side.threads,
        )

    def _made(self, fluid: str) -> Start:
        """Return the start from a fluid that is made here."""
        return Start(Origin(fluid), relax_steps=self.study.dynamics.relax_steps)

    def _chained(self, rungs: list[MolecularDynamics], ladder: Ladder) -> list[MolecularDynamics]:
        """Let each rung start from its neighbour's end; the first, or all without a ladder, settle first."""
        if ladder is Ladder.NONE:
            return [self._settling(run) for run in rungs]
        ordered = rungs if ladder is Ladder.HEATING else rungs[::-1]
        chain = [self._settling(ordered[0])]
        for run in ordered[1:]:
            chain.append(_starting_from(run, chain[-1].path))
        return chain

    def _settling(self, run: MolecularDynamics) -> MolecularDynamics:
        extra = self.study.dynamics.settle_steps
        return replace(_with_dynamics(run, steps=run.steps + extra), discard=run.discard + extra)

    def test_runs(self, test: MatchedRunsSection, base: list[MolecularDynamics]) -> list[MolecularDynamics]:
        """Return the matched runs of one controlled test."""
        matched = [run for run in base if _within(run, test)]
        if isinstance(test, DurationTest):
            return [again for run in matched for again in self._sequential(run, test)]
        if isinstance(test, CoolingTest):
            return self._cooling(test, base)
        if isinstance(test, RampTest):
            return [
                run for number, steps in enumerate(test.steps, start=1) for run in self._loop(matched, steps, number)
            ]
        if isinstance(test, StartTest):
            alone = [replace(run, start=self._made(test.start)) for run in matched]
            return [self._settling(_matched(self._unsettled(run), ControlledTest.START)) for run in alone]
        if isinstance(test, EnsembleTest):
            return [
                _starting_from(
                    _matched(
                        _with_dynamics(self._unsettled(run), ensemble=test.ensemble, pressure_gpa=None),
                        ControlledTest.ENSEMBLE,
                    ),
                    run.path,
                    origin=Origin.RUN_AT_MEAN_VOLUME,
                )
                for run in matched
            ]
        return self._ladders_with(test, matched)

    def _loop(self, matched: list[MolecularDynamics], steps: int, number: int) -> list[MolecularDynamics]:
        """Return a heating and a cooling ladder whose runs have another length, the discarded share the same."""
        dynamics = self.study.dynamics
        discard = round(steps * dynamics.discard / dynamics.steps)
        runs: list[MolecularDynamics] = []
        for rungs in self._fresh(matched).values():
            shorter = [replace(_with_dynamics(run, steps=steps), discard=discard) for run in rungs]
            up, down = (
                [self._reseeded(_matched(run, way, number)) for run in shorter]
                for way in (ControlledTest.RAMP_UP, ControlledTest.RAMP_DOWN)
            )
            runs += self._chained(up, Ladder.HEATING)
            for run in down[-2::-1]:
                runs.append(_starting_from(run, runs[-1].path))
        return runs

    def _reseeded(self, run: MolecularDynamics) -> MolecularDynamics:
        """Return ``run`` with a seed of its own: another sample of the same state."""
        labels = (run.engine_folder, run.role, run.atoms, run.state.line, run.identity.part)
        seed = derived_seed(self.study.study.seed, *labels, f"T{run.state.temperature_k:g}")
        return _with_dynamics(run, seed=seed)

    def _fresh(self, matched: list[MolecularDynamics]) -> dict[tuple[str, int], list[MolecularDynamics]]:
        """Return the rungs of every ladder in ``matched`` as they are before they start from one another."""
        lines = {line.name: line for line in self.study.state.lines()}
        ladders: dict[tuple[str, int], list[MolecularDynamics]] = {}
        for run in sorted(matched, key=lambda run: run.state.temperature_k):
            alone = self._alone(lines[run.state.line], run.atoms, run.state.temperature_k)
            ladders.setdefault((run.state.line, run.atoms), []).append(alone)
        return ladders

    def _ladders_with(self, test: MatchedRunsSection, matched: list[MolecularDynamics]) -> list[MolecularDynamics]:
        """Return the matched ladders once more with one thing changed from their first rung on."""
        name = next(name for name, asked in self.study.tests.asked().items() if asked is test)
        runs: list[MolecularDynamics] = []
        for rungs in self._fresh(matched).values():
            others = [
                _in_another_code(run, test) if isinstance(test, EngineTest) else _matched(run, ControlledTest(name))
                for run in rungs
            ]
            runs += [_changed(run, test) for run in self._chained(others, self.study.dynamics.ladder)]
        return runs

    def _unsettled(self, run: MolecularDynamics) -> MolecularDynamics:
        """Return ``run`` with the length that a run which starts from another has."""
        extra = run.discard - self.study.dynamics.discard
        return replace(_with_dynamics(run, steps=run.steps - extra), discard=run.discard - extra)

    def _sequential(self, run: MolecularDynamics, test: DurationTest) -> list[MolecularDynamics]:
        runs: list[MolecularDynamics] = []
        previous = run.path
        for repeat in range(2, test.repeats + 1):
            again = _matched(self._unsettled(run), ControlledTest.DURATION, repeat)
            seed = derived_seed(self.study.study.seed, run.state.line, f"T{run.state.temperature_k:g}", repeat)
            longer = _with_dynamics(again, seed=seed, steps=test.steps or again.steps)
            runs.append(_starting_from(replace(longer, discard=0), previous))
            previous = runs[-1].path
        return runs

    def _cooling(self, test: CoolingTest, base: list[MolecularDynamics]) -> list[MolecularDynamics]:
        runs: list[MolecularDynamics] = []
        for line in self.study.state.lines():
            for atoms in self.study.sizes(line):
                heated = [run for run in base if run.state.line == line.name and run.atoms == atoms]
                if not any(_within(run, test, temperature=False) for run in heated):
                    continue
                hottest = sorted(line.temperatures_k)
                temperatures = sorted(test.temperatures_k or hottest[:-1], reverse=True)
                source = next(
                    (run for run in heated if run.state.temperature_k >= temperatures[0]),
                    heated[-1],
                )
                if not test.temperatures_k:
                    source = heated[-1]
                previous = source.path
                for temperature in temperatures:
                    run = _matched(self._alone(line, atoms, temperature), ControlledTest.COOLING)
                    if test.steps:
                        run = _with_dynamics(run, steps=test.steps)
                    runs.append(_starting_from(run, previous))
                    previous = runs[-1].path
        return runs


def _matched(run: MolecularDynamics, test: ControlledTest, repeat: int = 1) -> MolecularDynamics:
    """Return ``run`` as the matched run of a controlled test: same state, in a directory of its own."""
    return replace(run, test=test, repeat=repeat)


def _with_dynamics(run: MolecularDynamics, **changed: Any) -> MolecularDynamics:
    """Return ``run`` with some of its ``RunSettings`` changed."""
    return replace(run, dynamics=run.dynamics.changed(**changed))


def _starting_from(run: MolecularDynamics, source: str, *, origin: Origin = Origin.RUN) -> MolecularDynamics:
    return replace(run, start=Start(origin, source))


def _within(run: MolecularDynamics, test: MatchedRunsSection, *, temperature: bool = True) -> bool:
    """Whether a run lies within the limits of a test."""
    return (
        (test.pressures_gpa is None or run.state.pressure_gpa in test.pressures_gpa)
        and (test.atoms is None or run.atoms in test.atoms)
        and (not temperature or test.temperatures_k is None or run.state.temperature_k in test.temperatures_k)
    )


def _changed(run: MolecularDynamics, test: MatchedRunsSection) -> MolecularDynamics:
    """Return ``run`` with the one thing changed that a test is about."""
    options = dict(run.options)
    match test:
        case FixedElectronicTemperatureTest():
            options["electronic_temperature_k"] = test.temperature_k
        case CutoffTest():
            options["ecut_ry"] = test.ecut_ry
        case KpointsTest():
            options["kpoints"] = test.kpoints
        case FunctionalTest():
            options["xc"] = test.xc
        case ThermostatTest():
            return _with_dynamics(run, thermostat=test.thermostat)
        case BarostatTest():
            return _with_dynamics(run, barostat_time_fs=test.barostat_time_fs)
        case IntegratorTest():
            time = test.thermostat_time_fs or run.dynamics.thermostat_time_fs
            return _with_dynamics(
                run, integrator=test.integrator, thermostat=Thermostat.NOSE_HOOVER, thermostat_time_fs=time
            )
        case TimestepTest():
            factor = test.factor
            other = _with_dynamics(run, timestep_fs=run.timestep_fs * factor, steps=round(run.steps / factor))
            return replace(other, discard=round(run.discard / factor))
    return replace(run, options=options)


def _in_another_code(run: MolecularDynamics, test: EngineTest) -> MolecularDynamics:
    """Return ``run`` with another engine, in that engine's folder; of the options only the electrons' heat is kept."""
    thermal = find_engine(test.engine).thermal
    kept = {key: value for key, value in run.options.items() if thermal and key == "electronic_temperature_k"}
    return replace(
        run,
        engine=test.engine,
        engine_folder=engine_folder(test.engine),
        options={**kept, **test.options},
        test=ControlledTest.ENGINE,
    )
