"""The matched runs of each controlled test: the study's own ladders once more, with one thing changed."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

from llpt.campaign import ControlledTest
from llpt.dynamics import Thermostat
from llpt.engines import engine_folder, find_engine
from llpt.ladder_path import LadderPath
from llpt.study.controlled_tests import (
    BarostatTest,
    BeadsTest,
    CoolingTest,
    CutoffTest,
    DecompressionTest,
    DurationTest,
    EngineTest,
    EnsembleTest,
    FixedElectronicTemperatureTest,
    FunctionalTest,
    IntegratorTest,
    IsotopeTest,
    KpointsTest,
    MatchedRunsSection,
    RampTest,
    StartTest,
    ThermostatTest,
    TimestepTest,
)
from llpt.study.ladders import derived_seed
from llpt.study.nodes import Origin

if TYPE_CHECKING:
    from llpt.campaign import ThermodynamicState
    from llpt.options import GivenValue
    from llpt.study.ladders import Ladders
    from llpt.study.nodes import MolecularDynamics
    from llpt.study.state_sections import LineSection


def matched_runs(ladders: Ladders, test: MatchedRunsSection, base: list[MolecularDynamics]) -> list[MolecularDynamics]:
    """Return the matched runs of one controlled test.

    A ladder that is walked several times comes down as often; every other test changes its first walk.

    Args:
        ladders: of the side it is done with.
        test: what is changed, and where.
        base: the side's own runs.
    """
    matched = [run for run in base if run.repeat == 1 and _within(run, test)]
    if isinstance(test, DurationTest):
        return [again for run in matched for again in _sequential(ladders, run, test)]
    if isinstance(test, CoolingTest | DecompressionTest):
        return _ways_down(ladders, test, base)
    if isinstance(test, RampTest):
        return [
            run for number, steps in enumerate(test.steps, start=1) for run in _loop(ladders, matched, steps, number)
        ]
    if isinstance(test, StartTest):
        alone = [replace(run, start=ladders.made(test.start)) for run in matched]
        return [ladders.settling(ladders.unsettled(run).for_test(ControlledTest.START)) for run in alone]
    if isinstance(test, EnsembleTest):
        held = [ladders.unsettled(run).with_dynamics(ensemble=test.ensemble, pressure_gpa=None) for run in matched]
        return [
            other.for_test(ControlledTest.ENSEMBLE).starting_from(run, origin=Origin.RUN_AT_MEAN_VOLUME)
            for run, other in zip(matched, held, strict=True)
        ]
    return _ladders_with(ladders, test, matched)


def _loop(ladders: Ladders, matched: list[MolecularDynamics], steps: int, number: int) -> list[MolecularDynamics]:
    """Return a ladder up and one down whose runs have another length, the discarded share the same."""
    dynamics = ladders.study.dynamics
    own = ladders.own_steps(steps)
    discard = min(ladders.own_discard(round(steps * dynamics.discard / dynamics.steps)), own - 1)
    runs: list[MolecularDynamics] = []
    for rungs in ladders.fresh(matched).values():
        shorter = [replace(run.with_dynamics(steps=own), discard=discard) for run in rungs]
        up, down = (
            [_reseeded(ladders, run.for_test(way, number)) for run in shorter]
            for way in (ControlledTest.RAMP_UP, ControlledTest.RAMP_DOWN)
        )
        runs += ladders.chained(up, LadderPath.HEATING)
        for run in down[-2::-1]:
            runs.append(run.starting_from(runs[-1]))
    return runs


def _reseeded(ladders: Ladders, run: MolecularDynamics) -> MolecularDynamics:
    """Return ``run`` with a seed of its own: another sample of the same state."""
    labels = (run.engine_folder, run.role, run.atoms, run.state.condition, run.identity.part)
    seed = derived_seed(ladders.study.study.seed, *labels, run.state.temperature_name)
    return run.with_dynamics(seed=seed)


def _ladders_with(
    ladders: Ladders, test: MatchedRunsSection, matched: list[MolecularDynamics]
) -> list[MolecularDynamics]:
    """Return the matched ladders once more with one thing changed from their first rung on."""
    name = next(name for name, asked in ladders.study.tests.asked() if asked is test)
    runs: list[MolecularDynamics] = []
    for rungs in ladders.fresh(matched).values():
        others = [
            _in_another_code(run, test) if isinstance(test, EngineTest) else run.for_test(ControlledTest(name))
            for run in rungs
        ]
        runs += [_changed(run, test) for run in ladders.chained(others, ladders.study.dynamics.ladder)]
    return runs


def _sequential(ladders: Ladders, run: MolecularDynamics, test: DurationTest) -> list[MolecularDynamics]:
    runs: list[MolecularDynamics] = []
    previous = run
    for repeat in range(2, test.repeats + 1):
        again = ladders.unsettled(run).for_test(ControlledTest.DURATION, repeat)
        seed = derived_seed(ladders.study.study.seed, run.state.condition, run.state.temperature_name, repeat)
        longer = again.with_dynamics(seed=seed, steps=ladders.own_steps(test.steps) if test.steps else again.steps)
        runs.append(replace(longer, discard=0).starting_from(previous))
        previous = runs[-1]
    return runs


def _ways_down(
    ladders: Ladders, test: CoolingTest | DecompressionTest, base: list[MolecularDynamics]
) -> list[MolecularDynamics]:
    """Return the ladders down from the upper ends of the study's own: isobars cooled, or isotherms decompressed."""
    of_isotherms = isinstance(test, DecompressionTest)
    runs: list[MolecularDynamics] = []
    for line in ladders.study.state.lines():
        if line.states[0].on_isotherm is not of_isotherms:
            continue
        for atoms, repeat in itertools.product(ladders.study.sizes(line), ladders.repeats):
            walked = (line.name, atoms, repeat)
            up = [run for run in base if (run.state.line, run.atoms, run.repeat) == walked]
            if not any(_within(run, test, rungs=False) for run in up):
                continue
            states = _own_rungs(line, test)
            down = states or line.states[-2::-1]
            sources = [run for run in up if run.state.coordinate >= down[0].coordinate] if states else []
            previous = (sources or up[-1:])[0]
            for state in down:
                run = ladders.alone(state, atoms, repeat).for_test(WAYS_DOWN[type(test)], repeat)
                if test.steps:
                    run = run.with_dynamics(steps=ladders.own_steps(test.steps))
                runs.append(run.starting_from(previous))
                previous = runs[-1]
    return runs


WAYS_DOWN = {CoolingTest: ControlledTest.COOLING, DecompressionTest: ControlledTest.DECOMPRESSION}


def _own_rungs(line: LineSection, test: CoolingTest | DecompressionTest) -> tuple[ThermodynamicState, ...]:
    """Return the states that a way down visits where the test names its own, from the top; else none."""
    if isinstance(test, CoolingTest) and test.temperatures_k:
        own = line.model_copy(update={"temperatures_k": test.temperatures_k})
    elif isinstance(test, DecompressionTest) and test.pressures_gpa and line.holds_pressure:
        own = line.model_copy(update={"pressures_gpa": test.pressures_gpa})
    else:
        return ()
    return own.states[::-1]


def _within(run: MolecularDynamics, test: MatchedRunsSection, *, rungs: bool = True) -> bool:
    """Whether a run lies within the limits of a test; without ``rungs`` only its line of states and size count."""
    on_isotherm = run.state.on_isotherm
    return (
        (test.pressures_gpa is None or (on_isotherm and not rungs) or run.state.pressure_gpa in test.pressures_gpa)
        and (test.atoms is None or run.atoms in test.atoms)
        and (
            test.temperatures_k is None or not (on_isotherm or rungs) or run.state.temperature_k in test.temperatures_k
        )
    )


def _changed(run: MolecularDynamics, test: MatchedRunsSection) -> MolecularDynamics:
    """Return ``run`` with the one thing changed that a test is about: of its dynamics, or an option of its engine."""
    match test:
        case ThermostatTest():
            return run.with_dynamics(thermostat=test.thermostat)
        case BarostatTest():
            return run.with_dynamics(barostat_time_fs=test.barostat_time_fs)
        case BeadsTest():
            return run.with_dynamics(beads=test.beads)
        case IsotopeTest():
            return run.with_dynamics(isotope=test.isotope)
        case IntegratorTest() | TimestepTest():
            return _integrated_otherwise(run, test)
    return replace(run, options={**run.options, **_changed_option(test)})


def _integrated_otherwise(run: MolecularDynamics, test: IntegratorTest | TimestepTest) -> MolecularDynamics:
    """Return ``run`` by another integrator, or in other steps that cover the same time."""
    if isinstance(test, IntegratorTest):
        time = test.thermostat_time_fs or run.dynamics.thermostat_time_fs
        return run.with_dynamics(integrator=test.integrator, thermostat=Thermostat.NOSE_HOOVER, thermostat_time_fs=time)
    factor = test.factor
    other = run.with_dynamics(timestep_fs=run.timestep_fs * factor, steps=round(run.steps / factor))
    return replace(other, discard=round(run.discard / factor))


def _changed_option(test: MatchedRunsSection) -> dict[str, GivenValue]:
    """Return the option of the engine that a test changes; none where it changes none."""
    match test:
        case FixedElectronicTemperatureTest():
            return {"electronic_temperature_k": test.temperature_k}
        case CutoffTest():
            return {"ecut_ry": test.ecut_ry}
        case KpointsTest():
            return {"kpoints": test.kpoints}
        case FunctionalTest():
            return {"xc": test.xc}
    return {}


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
