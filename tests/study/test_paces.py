"""What steps took before tells what they will take: on the same machine, with the same engine and options."""

from pathlib import Path

import pytest

from llpt.study import make_plan, parse_study
from llpt.study.cost import StepTimes, pace_of, seconds_per_step
from llpt.study.paces import known_paces, options_text, paces_file, remember_paces

STUDY = """
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
engine = "dft"
xc = "{xc}"
kpoints = "{kpoints}"
threads = 1
"""


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


def test_the_last_measurement_holds():
    remember_paces([pace_of("here", run_of(), 1.5)])
    remember_paces([pace_of("here", run_of(), 2.5)])
    (pace,) = known_paces("here")
    assert pace.seconds == 2.5


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
