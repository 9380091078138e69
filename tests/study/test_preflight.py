"""What is wrong is found before anything runs."""

import subprocess
import sys

import pytest

from llpt.errors import InputError, MissingProgramError
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
ASE = 'engine = "ase:ase.calculators.lj.LennardJones"'
TRAINED = '[surrogate]\nengine = "behler-parrinello"\ntrain = "reference"\n'


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
        (ASE, 'engine = "dft"\n[reference.options]\necut = 60', "ecut"),
        (ASE, 'engine = "dtf"', "dtf"),
        (ASE, 'engine = "ase:ase.calculators.lj.Nothing"', "Nothing"),
        ('LennardJones"', 'LennardJones"\noptions = { sigmma = 1.0 }', "sigmma"),
        (ASE, 'engine = "ase:no.such.Class"', "Module no of engine"),
        (ASE, 'engine = "ase:nodots"', "does not name a class"),
        (ASE, 'engine = "lammps:nofile.in"', "no file nofile.in of LAMMPS commands"),
        (ASE, 'engine = "dft"\nxc = "nonsense"', "xc='nonsense' is not known"),
        (ASE, 'engine = "dft"\nkpoints = "abc"', "k-points 'abc' cannot be read"),
        (ASE, 'engine = "dft"\nkpoints = "0x2x2"', "divisions (0, 2, 2)"),
        (ASE, 'engine = "abinit"\nkpoints = "abc"', "k-points 'abc' cannot be read"),
        (ASE, 'engine = "dft"\npseudopotential = "nope"', "Pseudopotential 'nope' is not known"),
        (ASE, 'engine = "dft"\ndevice = "tpu"', "'tpu' is not a device"),
        (ASE, 'engine = "dft"\nbands = 15', "bands = 15 of engine dft hold 30 electrons, and a cell has 32"),
        ("[verdict]", f"{TRAINED}[surrogate.options]\nnope = 1", "has no option 'nope'"),
        ("atoms = 32", 'atoms = 32\nstart = "start.extxyz"', "holds 64 atoms, but the study asks for 32"),
    ],
)
def test_a_plan_refuses_what_a_run_will_refuse_without_making_an_engine(old, new, named, tmp_path, monkeypatch):
    molecular_fluid(atoms=64, density_g_per_cm3=0.9, seed=1).write(tmp_path / "start.extxyz")
    monkeypatch.setattr("llpt.study.preflight.make_engine", None)

    def plan():
        study = parse_study(STUDY.replace(old, new))
        check_what_is_named(study, make_plan(study), tmp_path)

    with pytest.raises((InputError, MissingProgramError)) as refused:
        plan()
    assert named in refused.value.cause


def test_what_is_not_installed_here_may_be_on_the_nodes(tmp_path):
    study = parse_study(STUDY.replace(ASE, 'engine = "ase:no.such.Class"') + '[execution]\nwhere = "slurm"\n')
    check_what_is_named(study, make_plan(study), tmp_path)


def test_a_plan_for_this_machine_is_checked_without_parsl():
    code = f"""
import sys
from pathlib import Path
from llpt.study import make_plan, parse_study
from llpt.study.preflight import check_what_is_named
study = parse_study({STUDY!r})
check_what_is_named(study, make_plan(study), Path())
print("parsl" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
