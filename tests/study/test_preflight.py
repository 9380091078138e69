"""What is wrong is found before anything runs."""

import pytest

from llpt.errors import InputError
from llpt.structure import molecular_fluid
from llpt.study import make_plan, parse_study
from llpt.study.preflight import check_before_anything_runs, check_what_is_named

STUDY = """
[study]
name = "nothing but atoms"
[system]
atoms = 32
[state]
pressures_gpa = 200.0
temperatures_k = [1000]
[dynamics]
steps = 10
discard = 1
[reference]
engine = "ase:ase.calculators.lj.LennardJones"
[verdict]
"""


def test_a_verdict_may_ask_for_every_criterion_and_comparison_by_name(tmp_path):
    study = parse_study(STUDY + 'also_judge = ["expansion extremum", "density"]')
    check_before_anything_runs(study, make_plan(study), tmp_path)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('also_judge = ["beauty"]', "verdict.also_judge names 'beauty', which this program does not know"),
        ("others = { beauty_percent = 1.0 }", "verdict.others has the threshold 'beauty_percent'"),
    ],
)
def test_a_verdict_that_asks_for_what_nobody_adds_is_refused(line, says, tmp_path):
    study = parse_study(STUDY + line)
    with pytest.raises(InputError, match=says):
        check_before_anything_runs(study, make_plan(study), tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('engine = "ase:ase.calculators.lj.LennardJones"', 'engine = "dft"\n[reference.options]\necut = 60', "ecut"),
        ('engine = "ase:ase.calculators.lj.LennardJones"', 'engine = "dtf"', "dtf"),
        ('engine = "ase:ase.calculators.lj.LennardJones"', 'engine = "ase:ase.calculators.lj.Nothing"', "Nothing"),
        ('LennardJones"', 'LennardJones"\noptions = { sigmma = 1.0 }', "sigmma"),
        ("atoms = 32", 'atoms = 32\nstart = "start.extxyz"', "holds 64 atoms, but the study asks for 32"),
    ],
)
def test_a_plan_refuses_what_a_run_will_refuse_without_making_an_engine(old, new, named, tmp_path, monkeypatch):
    molecular_fluid(atoms=64, density_g_per_cm3=0.9, seed=1).write(tmp_path / "start.extxyz")
    monkeypatch.setattr("llpt.study.preflight.make_engine", None)

    def plan():
        study = parse_study(STUDY.replace(old, new))
        check_what_is_named(study, make_plan(study), tmp_path)

    with pytest.raises(InputError) as refused:
        plan()
    assert named in refused.value.cause
