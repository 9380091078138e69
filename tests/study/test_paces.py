"""What steps took before tells what they will take: on the same machine, with the same engine and options."""

from dataclasses import replace
from pathlib import Path

import pytest

from llpt.study import make_plan, parse_study
from llpt.study.cost import StepTimes, pace_of, seconds_per_step
from llpt.study.paces import RUN_START_UP_S, known_paces, options_text, paces_file, remember_paces
from llpt.study.schedule import contents_of
from llpt.study.step_growth import growth_of

BEGINNING = """
[study]
name = "paces"
[system]
atoms = {atoms}
[state]
pressures_gpa = 200.0
temperatures_k = [800]
[dynamics]
steps = 100
discard = 10
[reference]
threads = 1
engine = "{engine}"
"""
STUDY = (
    BEGINNING.replace("{engine}", "dft")
    + """xc = "{xc}"
kpoints = "{kpoints}"
"""
)


def of_engine(engine, atoms):
    """Return a plan of one run with an engine and its run."""
    plan = make_plan(parse_study(BEGINNING.format(atoms=atoms, engine=engine), name="study.toml"))
    return plan, plan.runs[0]


def run_of(atoms=64, xc="pbe", kpoints="mean-value"):
    return make_plan(parse_study(STUDY.format(atoms=atoms, xc=xc, kpoints=kpoints), name="study.toml")).runs[0]


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def test_a_step_that_was_measured_is_known(tmp_path):
    remember_paces([pace_of("here", run_of(), 1.5), pace_of("there", run_of(), 99.0)])
    assert paces_file() == Path(tmp_path) / "llpt" / "paces.json"
    assert StepTimes((), known_paces("here")).step_s(run_of()) == pytest.approx(1.5)
    assert StepTimes((), known_paces("nowhere")).step_s(run_of()) == seconds_per_step(run_of())


@pytest.mark.parametrize(
    ("studies", "usual"),
    [
        ((1.5,), 1.5),
        ((1.5, 15.0), 1.5),
        ((15.0, 1.5), 1.5),
        ((1.5, 15.0, 1.6), 1.6),
        ((1.5, 1.6, 15.0), 1.6),
        ((9.0, 9.0, 9.0, 3.0, 3.1), 3.1),  # a faster program is believed when it was seen twice
        ((3.0, 3.0, 3.0, 9.0, 9.1), 9.0),
    ],
)
def test_a_study_that_was_disturbed_spoils_no_plan(studies, usual):
    for seconds in studies:
        remember_paces([pace_of("here", run_of(), seconds), pace_of("here", run_of(atoms=128), 4.0 * seconds)])
    assert sorted(pace.seconds for pace in known_paces("here")) == [usual, 4.0 * usual]
    assert StepTimes((), known_paces("here")).step_s(run_of()) == pytest.approx(usual)


def test_of_what_a_start_took_the_least_is_believed():
    """Others were disturbed."""
    for start in (40.0, 2.5, 41.0):
        remember_paces(pace_of("here", run_of(), 1.0, start_up=start_up) for start_up in (start + 5.0, start))
    (pace,) = known_paces("here")
    assert (pace.start_up, pace.loading) == (2.5, 5.0)


def test_a_run_of_the_study_itself_that_was_disturbed_spoils_not_what_is_left():
    text = STUDY.format(atoms=64, xc="pbe", kpoints="mean-value").replace("[800]", "[700, 800, 900, 1000]")
    runs = make_plan(parse_study(text, name="study.toml")).runs
    times = StepTimes([(run, seconds) for run, seconds in zip(runs, (1.0, 1.1, 10.0), strict=False)])
    assert times.step_s(runs[3]) == pytest.approx(1.1, rel=0.05)  # by its density
    assert times.step_s(runs[2]) == pytest.approx(10.0)  # its own is what it takes


def test_what_a_run_takes_beside_its_steps_is_learnt_too():
    classical = of_engine("n2p2:a", 64)[1]
    assert StepTimes().start_up_s(classical) == RUN_START_UP_S
    starts = (7.5, 9.0, 3.0, None, 2.0)  # the first of a study waits for libraries, one was begun twice
    remember_paces(pace_of("here", classical, 0.01, start_up=start) for start in starts)
    times = StepTimes((), known_paces("here"))
    assert times.start_up_s(classical) == 3.0
    assert times.run_s(classical) == pytest.approx(3.0 + classical.steps * 0.01)
    assert times.start_up_s(of_engine("n2p2:a", 512)[1]) == 3.0
    assert times.start_up_s(of_engine("n2p2:b", 64)[1]) == 3.0
    assert times.start_up_s(run_of()) == RUN_START_UP_S
    first = StepTimes((), known_paces("here"), first=classical.path)
    assert first.run_s(classical) == pytest.approx(7.5 + classical.steps * 0.01)
    remember_paces([pace_of("here", classical, 0.02)])
    assert StepTimes((), known_paces("here")).start_up_s(classical) == 3.0
    assert StepTimes((), known_paces("here")).loading_s(classical) == 4.5


def test_electrons_that_start_from_nothing_take_longer_in_a_larger_cell():
    times = StepTimes((), [pace_of("here", run_of(), 1.0, start_up=RUN_START_UP_S + 4.0)])
    larger = run_of(atoms=128)
    assert times.start_up_s(larger) == pytest.approx(RUN_START_UP_S + 4.0 * times.step_s(larger))


def test_another_functional_is_another_kind_of_step():
    pace = StepTimes((), [pace_of("here", run_of(xc="scan-l"), 20.0)])
    assert pace.step_s(run_of(xc="scan-l")) == pytest.approx(20.0)
    assert pace.step_s(run_of()) == seconds_per_step(run_of())
    assert pace.was_measured(run_of(xc="scan-l"))
    assert not pace.was_measured(run_of())


def test_other_sizes_and_meshes_follow_by_what_the_engine_says_of_them():
    slow = 3.0 * seconds_per_step(run_of())
    pace = StepTimes((), [pace_of("here", run_of(), slow)])
    for other in (run_of(atoms=128), run_of(kpoints="2x2x2")):
        assert pace.step_s(other) == pytest.approx(3.0 * seconds_per_step(other))


def test_runs_of_the_study_itself_come_first():
    known = [pace_of("here", run_of(), 9.0)]
    assert StepTimes([(run_of(atoms=32), seconds_per_step(run_of(atoms=32)))], known).step_s(run_of()) == pytest.approx(
        seconds_per_step(run_of())
    )


def test_a_file_that_cannot_be_read_or_written_is_no_reason_to_stop(monkeypatch):
    paces_file().parent.mkdir()
    paces_file().write_text("{")
    assert known_paces("here") == ()
    monkeypatch.setenv("XDG_STATE_HOME", "/proc/nothing")
    remember_paces([pace_of("here", run_of(), 1.0)])


def test_the_temperature_of_the_electrons_is_no_matter():
    assert options_text({"electronic_temperature_k": 800.0, "xc": "pbe"}) == options_text({"xc": "pbe"})
    assert options_text({"kpoints": "gamma"}, scaled=False) == options_text({})


def measured(seconds_of, sizes, engine="n2p2:a"):
    """Return paces of runs of some sizes."""
    return [pace_of("here", of_engine(engine, atoms)[1], seconds_of(atoms)) for atoms in sizes]


LAWS = {
    "more overhead": lambda atoms: 0.009 + 1e-4 * atoms,
    "little overhead": lambda atoms: 0.0005 + 1.6e-3 * atoms,
    "all pairs": lambda atoms: 0.002 + 2e-6 * atoms**2,
    "cells": lambda atoms: 1e-4 * atoms**1.2,
}


@pytest.mark.parametrize("law", LAWS)
def test_sizes_that_ran_tell_what_others_take(law):
    seconds_of = LAWS[law]
    times = StepTimes((), measured(seconds_of, (16, 64, 128)))
    for atoms in (16, 32, 64, 256):  # to the double of the largest that ran
        planned = times.step_s(of_engine("n2p2:a", atoms)[1])
        assert planned == pytest.approx(seconds_of(atoms), rel=0.3), atoms
    assert times.step_s(of_engine("n2p2:a", 64)[1]) == pytest.approx(seconds_of(64))


def test_beads_cost_as_many_steps_whatever_the_sizes_tell_of_growth():
    """Sixteen beads of 32 atoms are not a system of 512; and what they took tells of classical steps."""
    seconds_of = LAWS["more overhead"]
    _, classical = of_engine("n2p2:a", 64)
    quantum = replace(classical, dynamics=classical.dynamics.changed(beads=16))
    times = StepTimes((), measured(seconds_of, (16, 64, 128)))
    assert times.step_s(quantum) == pytest.approx(16 * seconds_of(64))
    assert StepTimes((), [pace_of("here", quantum, 1.6)]).step_s(classical) == pytest.approx(0.1)


def test_two_sizes_that_scatter_do_not_decide_what_large_ones_take():
    scattered = dict(zip((32, 48), (0.0105 * 1.2, 0.0143 * 0.85), strict=True))  # by the record 0.0105 and 0.0143
    planned = StepTimes((), measured(scattered.__getitem__, scattered)).step_s(of_engine("n2p2:a", 512)[1])
    assert 0.3 < planned / seconds_per_step(of_engine("n2p2:a", 512)[1]) < 1.0
    assert growth_of(measured(lambda _: 0.01, (32,))) is None
    assert growth_of(()) is None


def test_of_a_fast_potential_one_size_is_not_all_work():
    """The two networks of docs/performance.md, in ms: 32 atoms tell what 512 take."""
    for few, many in ((7.86e-3, 95.9e-3), (3.95e-3, 31.8e-3)):
        times = StepTimes((), measured(lambda _, few=few: few, (32,)))
        assert times.step_s(of_engine("n2p2:a", 512)[1]) == pytest.approx(many, rel=0.3)


def test_sizes_of_studies_before_tell_how_those_of_today_grow():
    seconds_of = LAWS["all pairs"]
    today = of_engine("n2p2:a", 64)[1]  # twice as slow as it was: other work beside it
    times = StepTimes([(today, 2.0 * seconds_of(64))], measured(seconds_of, (32, 64, 256)))
    assert times.step_s(of_engine("n2p2:a", 256)[1]) == pytest.approx(2.0 * seconds_of(256), rel=0.3)


def test_a_potential_is_known_by_what_its_files_hold(tmp_path):
    for name, text in (("a", "small"), ("b", "large"), ("c", "small")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "input.nn").write_text(text)
    plans = {name: of_engine(f"n2p2:{name}", 64) for name in "abc"}
    contents = {name: contents_of(plan, tmp_path, copies=False) for name, (plan, _) in plans.items()}
    known = [pace_of("here", plans["a"][1], 1.0, contents["a"])]
    assert StepTimes((), known, contents["c"]).was_measured(plans["c"][1])
    assert StepTimes((), known, contents["c"]).step_s(plans["c"][1]) == pytest.approx(1.0)
    other = StepTimes((), known, contents["b"])
    assert not other.was_measured(plans["b"][1])
    assert other.step_s(plans["b"][1]) == pytest.approx(1.0)  # the nearest thing that is known
    known.append(pace_of("here", plans["b"][1], 3.0, contents["b"]))
    assert StepTimes((), known, contents["b"]).step_s(plans["b"][1]) == pytest.approx(3.0)
    assert contents_of(of_engine("n2p2:nowhere", 64)[0], tmp_path, copies=False) == {}
    (tmp_path / "inputs" / "reference").mkdir(parents=True)
    (tmp_path / "a").rename(tmp_path / "inputs" / "reference" / "a")
    assert contents_of(plans["a"][0], tmp_path, copies=True) == contents["a"]


def test_a_pace_of_a_plug_in_that_is_gone_is_passed_over():
    gone = pace_of("here", of_engine("n2p2:a", 64)[1], 1.0).model_copy(update={"engine": "gone:x"})
    assert StepTimes((), [gone]).step_s(run_of()) == seconds_per_step(run_of())
