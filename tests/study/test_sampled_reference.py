"""A study whose reference is sampled by hybrid Monte Carlo and whose surrogate is moved: averages, but no times."""

import json
import math

import pytest
from tests.studies import ENGINES, soft_study

from llpt.campaign import Role
from llpt.cli.trust import foreign_code
from llpt.errors import InputError
from llpt.observables import load_summary
from llpt.study import make_plan, parse_study
from llpt.study.cost import StepTimes
from llpt.study.inputs import named_inputs
from llpt.study.preflight import check_before_anything_runs

STUDY = """
[study]
name = "A soft fluid, sampled"
seed = 3
[system]
atoms = 24
start = "atomic"
[state]
pressures_gpa = 200.0
temperatures_k = [900, 1100]
[dynamics]
steps = 120
discard = 20
settle_steps = 30
positions_every = 2
timestep_fs = 0.3
sampler = "hybrid-monte-carlo"
[dynamics.proposals]
engine = "ase:engines_for_tests.Soft"
options = { sigma = 1.2 }
number = 60
discard = 40
segment_steps = 10
[reference]
engine = "ase:engines_for_tests.Soft"
threads = 1
[surrogate]
engine = "ase:engines_for_tests.Soft"
options = { sigma = 1.21 }
threads = 1
"""
PROPOSER = 'engine = "ase:engines_for_tests.Soft"\noptions = { sigma = 1.2 }'


@pytest.fixture(autouse=True)
def _engines(monkeypatch):
    monkeypatch.syspath_prepend(str(ENGINES))


def test_only_the_reference_is_sampled():
    plan = make_plan(parse_study(STUDY))
    for run in plan.runs:
        sampled = run.role is Role.REFERENCE
        assert run.sampled is sampled
        if not sampled:
            assert run.dynamics.proposals is None
            assert run.picoseconds > 0.0
            continue
        assert (run.steps, run.discard, run.picoseconds) == (60, 40, 0.0)
        assert run.dynamics.positions_every == 1
        proposals = run.dynamics.proposals
        assert (proposals.tune, proposals.segment_steps, proposals.options) == (40, 10, {"sigma": 1.2})
    untuned = make_plan(parse_study(STUDY.replace("segment_steps = 10", "tune = false")))
    assert untuned.runs[0].dynamics.proposals.tune == 0


def test_a_proposal_costs_a_label_and_a_segment():
    """Four steps of the reference and a segment of the potential; a measured proposal says nothing of steps."""
    run = next(run for run in make_plan(parse_study(STUDY)).runs if run.sampled)
    moved = next(run for run in make_plan(parse_study(STUDY)).runs if not run.sampled)
    step = StepTimes().step_s(moved)
    assert StepTimes().step_s(run) == step
    assert StepTimes().step_of_run_s(run) == pytest.approx(4.0 * step + 10 * run.seconds_of_potential)
    assert StepTimes([(run, 1000.0)]).step_of_run_s(run) == 1000.0
    assert StepTimes([(run, 1000.0)]).step_s(moved) == step


def test_the_study_keeps_its_own_copy_of_the_proposer(tmp_path):
    (tmp_path / "potential").mkdir()
    text = STUDY.replace(
        'engine = "ase:engines_for_tests.Soft"\noptions = { sigma = 1.2 }', 'engine = "n2p2:potential"'
    )
    study = parse_study(text)
    (item,) = [each for each in named_inputs(study, tmp_path) if each.key == "dynamics.proposals.engine"]
    run = next(run for run in make_plan(study).runs if run.sampled)
    assert run.task.settings.proposals.engine == f"n2p2:{item.stored}" == "n2p2:inputs/potential/potential"


@pytest.mark.parametrize(
    ("was", "becomes", "words"),
    [
        ('sampler = "hybrid-monte-carlo"\n', "", "a table proposals"),
        ("number = 60", "number = 40", "nothing to average"),
        ("positions_every = 2", 'positions_every = 2\nensemble = "nve"', "nve"),
        (
            'engine = "ase:engines_for_tests.Soft"\noptions = { sigma = 1.2 }',
            'engine = "nothing"',
            "which there is not",
        ),
        ("[surrogate]", "[tests]\nthermostat = true\n[surrogate]", "it has no times"),
        ("[surrogate]", "[tests]\ntimestep = true\n[surrogate]", "it has no times"),
        ("[surrogate]", "[tests]\nbeads = 8\n[surrogate]", "tests.beads of a reference with sampler"),
        ("[surrogate]", '[tests]\nensemble = { ensemble = "nve" }\n[surrogate]', "tests.ensemble of a reference"),
    ],
)
def test_what_contradicts_it_is_refused(was, becomes, words):
    assert was in STUDY
    with pytest.raises(InputError, match=words):
        parse_study(STUDY.replace(was, becomes, 1))


def test_a_test_of_motion_may_be_done_with_the_surrogate():
    plan = make_plan(parse_study(STUDY + '[tests]\nthermostat = { engines = "surrogate" }\n'))
    assert all(not run.sampled for run in plan.runs if run.test == "thermostat")


def test_what_proposes_is_tried_before_anything_runs(tmp_path):
    study = parse_study(STUDY.replace("options = { sigma = 1.2 }", "options = { colour = 1.2 }"))
    with pytest.raises(InputError, match="colour"):
        check_before_anything_runs(study, make_plan(study), tmp_path)


def test_what_proposes_is_code_that_somebody_has_to_trust():
    """A reference that is part of llpt, proposed for by a class from elsewhere, which is named with its place."""
    text = (
        STUDY.replace('[reference]\nengine = "ase:engines_for_tests.Soft"', '[reference]\nengine = "dft"')
        .replace(
            '[surrogate]\nengine = "ase:engines_for_tests.Soft"',
            '[surrogate]\nengine = "ase:ase.calculators.lj.LennardJones"',
        )
        .replace("options = { sigma = 1.21 }\n", "")
    )
    lines = foreign_code(make_plan(parse_study(text)))
    assert [line for line in lines if "engines_for_tests.Soft" in line] == [
        f"Engine ase:engines_for_tests.Soft runs code from {ENGINES}."
    ]


def times_in(node):
    """Yield every production time that a verdict asks for or tells."""
    if isinstance(node, dict):
        yield from (value for key, value in node.items() if key.startswith("picoseconds"))
    for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from times_in(each)


@pytest.mark.slow
def test_the_whole_study(tmp_path, warm_programs):
    """Runs, verdict and report: nothing stumbles over times that there are not, and the report says so."""
    root = soft_study(warm_programs / "llpt", tmp_path, STUDY)
    found = list(times_in(json.loads((root / "results" / "verdict.json").read_text())))
    assert found
    assert all(time is None or math.isfinite(time) for time in found)
    page = (root / "report" / "index.html").read_text()
    assert "only static averages are compared" in page
    assert "hybrid Monte Carlo" in (root / "report" / "methods.md").read_text()
    averages = {each.name: load_summary(each) for each in (root / "results").glob("*.nc")}
    assert len(averages) == 4
    for name, summary in averages.items():
        assert "density" in summary
        assert math.isnan(summary.attrs["timestep_fs"]) is name.startswith("soft-N24")
