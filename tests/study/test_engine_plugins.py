"""A study with an engine of another package: read, planned, costed, checked and run as with a built-in one."""

import subprocess

import pytest
from tests.studies import COMMAND, with_modules_of

from llpt.errors import InputError
from llpt.study import estimate_costs, make_plan, parse_study
from llpt.study.inputs import named_inputs
from llpt.study.paces import RUN_START_UP_S
from llpt.study.preflight import check_before_anything_runs

SOFT = """
from pathlib import Path
from pydantic import Field
from ase.calculators.lj import LennardJones
from llpt.engines import Argument, EngineDescription, EngineRecord, Options, Speed
from llpt.engines.any_ase import WrappedCalculator

class SoftOptions(Options):
    electronic_temperature_k: float = Field(gt=0, description="a temperature in K, above 0")
    epsilon_ev: float = Field(default=0.2, gt=0, description="the depth of the well in eV, above 0")

def make(request):
    sigma = float(Path(request.argument).read_text())
    return WrappedCalculator(
        LennardJones(sigma=sigma, epsilon=request.options.epsilon_ev, rc=2.3, smooth=True),
        EngineDescription("soft", request.spec, "soft 1.0", request.options.as_mapping()),
    )

SOFT = EngineRecord(
    name="soft", label="Soft atoms", maker="soft:make", argument=Argument.FILE, copied=True, options=SoftOptions,
    thermal=True, elements=frozenset({"H", "D"}), speed=Speed({1.0: 64.0}, floor=0.0),
)
"""
STUDY = """
[study]
name = "test"
[system]
atoms = 16
start = "atomic"
[state]
pressures_gpa = 200.0
temperatures_k = 800
[dynamics]
steps = 30
discard = 10
relax_steps = 5
[reference]
engine = "soft:sigma.txt"
threads = 1
[reference.options]
epsilon_ev = 0.19
"""


@pytest.fixture
def soft(install_package, tmp_path):
    (tmp_path / "sigma.txt").write_text("1.215")
    return install_package("soft", SOFT, {"llpt.engines": {"soft": "soft:SOFT"}})


@pytest.mark.usefixtures("soft")
def test_it_is_planned_and_its_cost_estimated(tmp_path):
    study = parse_study(STUDY)
    plan = make_plan(study)
    [run] = plan.runs
    assert run.engine_folder == "soft"
    assert run.options == {"electronic_temperature_k": 800, "epsilon_ev": 0.19}
    assert sum(estimate_costs(plan).values()) == pytest.approx(RUN_START_UP_S + 30 * 16)
    assert [item.stored for item in named_inputs(study, tmp_path)] == ["inputs/reference/sigma.txt"]
    check_before_anything_runs(study, plan, tmp_path)


@pytest.mark.usefixtures("soft")
def test_what_it_does_not_take_is_refused_before_anything_runs(tmp_path):
    study = parse_study(STUDY.replace("epsilon_ev", "epsilon"))
    with pytest.raises(InputError, match="has no option 'epsilon'"):
        check_before_anything_runs(study, make_plan(study), tmp_path)


def test_where_its_package_is_missing_the_study_says_so():
    with pytest.raises(
        InputError, match=r'\[reference.engine\] asks for engine "soft:sigma.txt", which there is not'
    ) as caught:
        parse_study(STUDY)
    assert "Engines are: dft" in caught.value.remedy


def test_where_its_package_is_broken_the_study_says_so(install_package):
    install_package("soft", "import no_such_module", {"llpt.engines": {"soft": "soft:SOFT"}})
    with pytest.raises(InputError, match="No module named 'no_such_module'"):
        parse_study(STUDY)


def test_it_runs_in_the_workers(soft, tmp_path):
    (tmp_path / "study.toml").write_text(STUDY)
    done = subprocess.run(
        [*COMMAND, "run", "study.toml"],
        cwd=tmp_path,
        env=with_modules_of(soft),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "study" / "runs" / "soft" / "N16" / "P200" / "T800" / "run.json").exists()
    assert "Soft atoms" in (tmp_path / "study" / "report" / "index.html").read_text()
