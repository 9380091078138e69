"""``llpt audit-model``: from a folder of runs in VASP's format and a model to a report, in one command."""

import json

import pytest
from tests.vasp_format import thermal_frames, write_vasprun

import llpt
from llpt.study import Ledger, State, StudyDirectory, make_plan
from llpt.study.nodes import MolecularDynamics

TEMPERATURES = (300, 500)
MODEL = "ase:ase.calculators.lj.LennardJones"
OPTIONS = ("--option", "sigma=0.5", "--option", "epsilon=0.01", "--option", "rc=1.2")


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("tree")
    for kelvin in TEMPERATURES:
        trajectory = llpt.open_trajectory(
            thermal_frames(kelvin=kelvin, gpa=100.0, timestep_fs=0.4, atoms=16, frames=12),
            timestep_fs=0.4,
            temperature_k=kelvin,
            pressure_gpa=100.0,
            electronic_temperature_k=kelvin,
        )
        write_vasprun(root / f"T{kelvin}/vasprun.xml", trajectory, electronic_temperature_k=kelvin)
    return root


def test_a_model_does_every_run_once_more_and_is_judged(tree, tmp_path, command):
    study = tmp_path / "audit"
    given = ("audit-model", MODEL, tree, "-o", study, "--label", "VASP PBE", *OPTIONS, "--despite", "temperature")
    code, out, err = command(*given, "--dry-run")
    assert code == 0, err
    assert not study.exists()
    code, out, err = command(*given)
    assert code == 0, out + err
    assert out.index("Phase-differential bias") < out.index("Plan") < out.index("Verdict: ")
    assert "lennardjones/N16/P100/T300" in out
    place = StudyDirectory.open(study)
    plan = make_plan(place.study)
    with Ledger(place.database) as ledger:
        assert {entry.state for entry in ledger.entries()} == {State.DONE}
    own = [run for run in plan.runs if isinstance(run, MolecularDynamics)]
    for run in own:
        dynamics = run.dynamics
        assert (dynamics.pressure_gpa, dynamics.timestep_fs, dynamics.steps) == (100.0, 0.4, 11)
        first, again = (llpt.open_trajectory(study / path).atoms(0) for path in (run.start.source, run.path))
        assert again.positions == pytest.approx(first.positions)
        assert again.cell.array == pytest.approx(first.cell.array)
    assert json.loads((study / "results/verdict.json").read_text())["surrogate"]
    assert json.loads((study / "results/model-errors.json").read_text())["overall"]["frames"] > 0
    assert (study / "results/model-errors.pdf").stat().st_size > 0
    assert (study / "report/index.html").exists()
    code, out, err = command(*given)  # again: nothing is left to do
    assert code == 0, err
    assert out.count("imported before") == 2
    code, _, err = command("audit-model", MODEL, tree, "-o", study, "--label", "VASP PBE")
    assert code == 1
    assert "with other options or another model" in err


def test_a_model_that_is_not_there_is_refused_before_anything(tree, tmp_path, command):
    code, _, err = command("audit-model", tmp_path / "no.model", tree, "-o", tmp_path / "audit")
    assert code == 1
    assert "There is no engine" in err
    code, _, err = command("audit-model", f"mace:{tmp_path}/no.model", tree, "-o", tmp_path / "audit")
    assert code == 1
    assert "Check the path of the model" in err
    assert not (tmp_path / "audit").exists()
