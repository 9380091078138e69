"""What a plan costs is said in core-hours, and in node-hours where nodes do it."""

import pytest

from llpt.cli.planning import summary
from llpt.study import make_plan, parse_study
from llpt.study.engine_sections import ExecutionSection

STUDY = """
[study]
name = "costs"
[system]
atoms = 16
[state]
pressures_gpa = 200.0
temperatures_k = [700, 800, 900]
[dynamics]
steps = 1000
discard = 100
[reference]
engine = "ase:ase.calculators.lj.LennardJones"
threads = 4
"""


@pytest.fixture
def costs():
    plan = make_plan(parse_study(STUDY))
    return plan, dict.fromkeys(plan.paths, 7200.0)


def said(costs, **execution):
    section = ExecutionSection.model_validate(execution)
    return summary(*costs, execution["cores"], measured=0, execution=section)


def test_three_runs_of_two_hours_on_four_cores_each(costs):
    here = said(costs, cores=8)
    assert "24 core-hours" in here  # 3 runs, 2 hours, 4 cores
    assert "6.0 h on this study's 8 cores" in here  # each begins where the one before ended
    assert "node-hours" not in here


def test_on_nodes_of_sixteen_cores(costs):
    there = said(costs, where="slurm", cores=16)
    assert "24 core-hours; 1.5 node-hours on nodes of 16 cores" in there
