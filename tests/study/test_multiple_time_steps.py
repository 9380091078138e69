"""A study whose reference gives its forces once in some steps of a potential: the same times in fewer steps."""

import json
import re
import shutil

import pytest
from tests.studies import ENGINES, soft_study

from llpt.campaign import Role
from llpt.cli.trust import _mark, foreign_code
from llpt.errors import InputError
from llpt.observables import load_summary
from llpt.study import make_plan, parse_study
from llpt.study.cost import StepTimes
from llpt.study.inputs import named_inputs
from llpt.study.preflight import check_before_anything_runs

STUDY = """
[study]
name = "A soft fluid, in long steps"
seed = 3
[system]
atoms = 24
start = "atomic"
[state]
pressures_gpa = 200.0
temperatures_k = [900, 1100]
[dynamics]
steps = 241
discard = 41
settle_steps = 30
positions_every = 2
timestep_fs = 0.3
sampler = "multiple-time-steps"
[dynamics.multiple_time_steps]
engine = "ase:engines_for_tests.Soft"
options = { sigma = 1.2 }
inner_steps = 4
[reference]
engine = "ase:engines_for_tests.Soft"
threads = 1
[surrogate]
engine = "ase:engines_for_tests.Soft"
options = { sigma = 1.21 }
threads = 1
"""
POTENTIAL = 'engine = "ase:engines_for_tests.Soft"\noptions = { sigma = 1.2 }'


@pytest.fixture(autouse=True)
def _engines(monkeypatch):
    monkeypatch.syspath_prepend(str(ENGINES))


def runs_of(text):
    runs = make_plan(parse_study(text)).runs
    return [run for run in runs if run.role is Role.REFERENCE], [run for run in runs if run.role is Role.SURROGATE]


def test_the_reference_covers_the_same_time_in_fewer_steps():
    reference, surrogate = runs_of(STUDY)
    first, second = reference
    assert (first.steps, first.discard) == (61 + 8, 10 + 8)
    assert (second.steps, second.discard, second.timestep_fs) == (61, 10, 1.2)
    assert second.dynamics.positions_every * 4 == surrogate[1].dynamics.positions_every == 4
    assert second.dynamics.multiple_time_steps.inner_steps == 4
    assert (surrogate[1].steps, surrogate[1].discard, surrogate[1].timestep_fs) == (241, 41, 0.3)
    assert surrogate[1].dynamics.multiple_time_steps is None
    assert second.inner_timestep_fs == surrogate[1].inner_timestep_fs == pytest.approx(0.3)
    assert second.picoseconds == pytest.approx(surrogate[1].picoseconds, rel=0.02)


def test_runs_of_controlled_tests_cover_the_same_time_too():
    asked = "[tests]\nramp = { steps = [80] }\nduration = { repeats = 2, steps = 120 }\n"
    reference, surrogate = runs_of(STUDY + asked)
    lengths = [
        {run.test: run.steps * run.inner_timestep_fs * max(run.inner_steps, 1) for run in side if run.test != "base"}
        for side in (reference, surrogate)
    ]
    assert lengths[0] == pytest.approx(lengths[1])
    assert len(lengths[0]) == 3


def test_a_step_costs_one_of_the_engine_and_the_inner_ones():
    (_, run), (_, plain) = runs_of(STUDY)
    step = StepTimes().step_s(plain)
    assert StepTimes().step_s(run) == step
    assert StepTimes().step_of_run_s(run) == pytest.approx(step + 4 * run.seconds_of_potential)
    assert StepTimes([(run, 1000.0)]).step_of_run_s(run) == 1000.0
    assert StepTimes([(plain, 1.0)]).was_measured(plain)
    assert not StepTimes([(plain, 1.0)]).was_measured(run)


def test_a_step_of_electrons_costs_more_the_farther_they_moved():
    """A quarter of a step for each inner one after the first; what was measured here is taken apart alike."""
    dft = STUDY.replace('[reference]\nengine = "ase:engines_for_tests.Soft"', '[reference]\nengine = "dft"')
    table = dft.index("sampler"), dft.index("[reference]")
    (_, run), _ = runs_of(dft)
    (other, plain), _ = runs_of(dft[: table[0]] + dft[table[1] :])
    inner = 4 * run.seconds_of_potential
    assert StepTimes().step_of_run_s(run) == pytest.approx(1.75 * StepTimes().step_s(plain) + inner)
    assert StepTimes([(run, 7.0)]).step_s(other) == pytest.approx((7.0 - inner) / 1.75, rel=0.01)


def test_the_study_keeps_its_own_copy_of_the_potential(tmp_path):
    (tmp_path / "network").mkdir()
    study = parse_study(STUDY.replace(POTENTIAL, 'engine = "n2p2:network"', 1))
    (item,) = [each for each in named_inputs(study, tmp_path) if each.key == "dynamics.multiple_time_steps.engine"]
    run = next(run for run in make_plan(study).runs if run.role is Role.REFERENCE)
    assert run.task.settings.multiple_time_steps.engine == f"n2p2:{item.stored}" == "n2p2:inputs/potential/network"


@pytest.mark.parametrize(
    ("was", "becomes", "words"),
    [
        ('sampler = "multiple-time-steps"\n', "", "a table multiple_time_steps"),
        (
            'sampler = "multiple-time-steps"',
            'sampler = "hybrid-monte-carlo"',
            "'molecular-dynamics' or 'multiple-time-steps'",
        ),
        ("inner_steps = 4", "inner_steps = 1", "inner_steps"),
        ("positions_every = 2", "positions_every = 2\nbeads = 4", "beads"),
        ("inner_steps = 4", "inner_steps = 7", "2.1 fs from one force of the reference to the next"),
        (POTENTIAL, 'engine = "dft"', "has electrons"),
        (POTENTIAL, 'engine = "quantum-espresso"', "has electrons"),
        ("[surrogate]", "[tests]\nbeads = 4\n[surrogate]", "for classical nuclei"),
        (POTENTIAL, 'engine = "nothing"', "names in dynamics.multiple_time_steps"),
        ("[surrogate]", "[tests]\nintegrator = true\n[surrogate]", "i-PI makes its inner steps, for classical nuclei"),
        ("[reference]", "[mistaken]", "mistaken"),
    ],
)
def test_what_contradicts_it_is_refused(was, becomes, words):
    assert was in STUDY
    with pytest.raises(InputError, match=words):
        parse_study(STUDY.replace(was, becomes, 1))


def test_the_potential_is_tried_before_anything_runs(tmp_path):
    study = parse_study(STUDY.replace("options = { sigma = 1.2 }", "options = { colour = 1.2 }"))
    with pytest.raises(InputError, match="colour"):
        check_before_anything_runs(study, make_plan(study), tmp_path)


def test_the_potential_is_code_that_somebody_has_to_trust():
    """A reference that is part of llpt, moved by a class from elsewhere, which is named with its place."""
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


@pytest.mark.slow
def test_the_whole_study(tmp_path, warm_programs):
    """Runs, verdict and report: both sides by the same time step, the reference's forces less often."""
    root = soft_study(warm_programs / "llpt", tmp_path, STUDY)
    page = (root / "report" / "index.html").read_text()
    assert "every 1.2 fs" in page
    assert "at every time step" in page
    methods = (root / "report" / "methods.md").read_text()
    assert re.search(
        r'in steps of 0.3 fs by ASE calculator ase \S+, "engines_for_tests.Soft" \[@larsen2017\], with its own forces '
        r"every 1.2 fs",
        methods,
    )
    times = {each.name: load_summary(each).attrs["timestep_fs"] for each in (root / "results").glob("*.nc")}
    assert sorted(times.values()) == pytest.approx([0.3, 0.3, 1.2, 1.2])
    assert json.loads((root / "results" / "verdict.json").read_text())["comparisons"]


def test_another_file_of_the_potential_is_other_code_though_the_surrogate_has_the_same(tmp_path):
    """What was agreed to of a study file holds of its directory too, and no longer where a copy was swapped."""
    text = STUDY.replace(POTENTIAL, 'engine = "n2p2:network"', 1)
    text = text.replace('[surrogate]\nengine = "ase:engines_for_tests.Soft"\noptions = { sigma = 1.21 }', "[surrogate]")
    text = text.replace("[surrogate]", '[surrogate]\nengine = "n2p2:network"')
    plan = make_plan(parse_study(text))
    (tmp_path / "network").mkdir()
    (tmp_path / "network" / "input.nn").write_text("one")
    (tmp_path / "soft.toml").write_text(text)
    root = tmp_path / "soft"
    for folder in ("potential", "surrogate"):
        shutil.copytree(tmp_path / "network", root / "inputs" / folder / "network")
    agreed = _mark(tmp_path / "soft.toml", plan, [], with_study=False)
    assert _mark(root, plan, [], with_study=False) == agreed
    (root / "inputs" / "potential" / "network" / "input.nn").write_text("another")
    assert _mark(root, plan, [], with_study=False) != agreed
