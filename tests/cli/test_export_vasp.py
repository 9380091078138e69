"""A study's reference becomes folders for VASP, and what a VASP leaves in them comes back to its states."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ase.io import read

from llpt.errors import InputError
from llpt.study import StudyDirectory, make_plan, parse_study
from llpt.study.export_vasp import VASP, kpoints_file, lattice_mass_u
from llpt.study.exporting import export_runs, folder_of
from llpt.units import BOLTZMANN_EV_PER_K

ROOT = Path(__file__).resolve().parents[2]
STUDY = (ROOT / "tests/data/exported.toml").read_text(encoding="utf-8")


def incar_of(folder):
    return dict(line.split(" = ") for line in (folder / "INCAR").read_text().splitlines())


@pytest.fixture
def exported(tmp_path):
    plan = make_plan(parse_study(STUDY))
    return plan, export_runs(VASP, plan, tmp_path / "runs", tmp_path), tmp_path / "runs"


def test_a_run_is_a_folder_with_what_vasp_needs(exported):
    plan, written, out = exported
    assert written.folders == ("N16/P100/T300", "N16/P100/T500")
    assert [folder_of(run) for run in plan.runs] == list(written.folders)
    incar = incar_of(out / "N16/P100/T300")
    assert (incar["IBRION"], incar["ISIF"], incar["MDALGO"], incar["ISMEAR"]) == ("0", "3", "3", "-1")
    assert (incar["NSW"], float(incar["POTIM"]), float(incar["PSTRESS"])) == ("12", 0.4, 1000.0)
    assert float(incar["SIGMA"]) == pytest.approx(300.0 * BOLTZMANN_EV_PER_K, abs=1e-8)
    assert float(incar["ENCUT"]) == pytest.approx(40 * 13.605693, abs=1e-3)
    assert incar["GGA"] == "PE"
    start = read(out / "N16/P100/T300/POSCAR", format="vasp")
    assert len(start) == 16
    assert not (out / "N16/P100/T500/POSCAR").exists()  # it starts from the end of the rung below
    assert (out / "N16/P100/T300/INCAR.relax").exists()
    assert "jobs/N16-P100.sh" in (out / "README.md").read_text()


def test_points_are_those_of_the_study():
    rows = np.array([line.split() for line in kpoints_file("2x2x2", 4 * np.eye(3)).splitlines()[3:]], dtype=float)
    assert len(rows) == 4  # time reversal
    assert rows[:, 3].sum() == pytest.approx(1.0)
    assert np.abs(rows[:, :3]) == pytest.approx(0.25)


def test_the_lattice_has_a_period_of_forty_femtoseconds():
    mass, edge, pressure = lattice_mass_u(200.0, 4.0), 4.0, 200.0 / 160.2176634
    stiffness = 9.0 * 3.0 * pressure * edge  # of U = B (dV)^2 / 2V for three edges at once, eV/A^2
    omega = np.sqrt(stiffness / (3.0 * mass * 103.642696))
    assert 2 * np.pi / omega == pytest.approx(40.0, rel=1e-4)


def test_the_way_there_and_back(exported, command, tmp_path):
    plan, _, out = exported
    (tmp_path / "POTCAR").write_text("PAW_PBE H")
    environment = {
        **os.environ,
        "VASP": f"{sys.executable} {ROOT / 'tests/vasp_stand_in.py'}",
        "POTCAR": str(tmp_path / "POTCAR"),
    }
    done = subprocess.run(
        ["bash", out / "jobs/N16-P100.sh"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    before = {path: path.stat().st_mtime_ns for path in out.rglob("vasprun*.xml")}
    assert len(before) == 2
    subprocess.run(["bash", out / "jobs/N16-P100.sh"], env=environment, capture_output=True, check=True)
    assert {path: path.stat().st_mtime_ns for path in out.rglob("vasprun*.xml")} == before  # done is done
    code, text, err = command(
        "import", out, "-o", tmp_path / "study", "--role", "reference", "--label", "VASP", "--despite", "temperature"
    )
    assert code == 0, text + err
    imported = {
        (run.atoms, run.pressure_gpa, run.temperature_k): run
        for run in StudyDirectory.open(tmp_path / "study").study.imported
    }
    for run in plan.runs:
        back = imported[run.atoms, run.state.pressure_gpa, run.state.temperature_k]
        assert (back.steps, back.timestep_fs) == (run.steps, run.timestep_fs)
        assert back.electronic_temperature_k == pytest.approx(run.options["electronic_temperature_k"], rel=1e-6)


def test_what_cannot_be_exported_is_one_sentence(tmp_path):
    plan = make_plan(parse_study(STUDY))
    with pytest.raises(InputError, match="holds no @commands@"):
        export_runs(VASP, plan, tmp_path / "a", tmp_path, template="#!/bin/bash\n")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/x").write_text("")
    with pytest.raises(InputError, match="holds something"):
        export_runs(VASP, plan, tmp_path / "full", tmp_path)
    other = make_plan(parse_study(STUDY.replace('engine = "vasp"', 'engine = "dft"\nxc = "scan-l"')))
    with pytest.raises(InputError):
        export_runs(VASP, other, tmp_path / "b", tmp_path)
    assert not (tmp_path / "b").exists()


def test_every_rung_of_an_isotherm_has_a_folder_of_its_own(tmp_path):
    line = "[[state.isotherms]]\ntemperature_k = 1000\npressures_gpa = [100, 150, 200]\n"
    text = STUDY.replace("[state]\npressures_gpa = [100.0]\ntemperatures_k = [300, 500]\n", line)
    plan = make_plan(parse_study(text))
    written = export_runs(VASP, plan, tmp_path / "runs", tmp_path)
    assert written.folders == ("N16/T1000/P100", "N16/T1000/P150", "N16/T1000/P200")
    assert [float(incar_of(tmp_path / "runs" / folder)["PSTRESS"]) for folder in written.folders] == [1e3, 1.5e3, 2e3]
    script = (tmp_path / "runs" / written.scripts[0]).read_text()
    assert 'run "N16/T1000/P150" "$PWD/N16/T1000/P100"' in script


def test_each_walk_of_a_ladder_is_a_job_of_its_own(tmp_path):
    plan = make_plan(parse_study(STUDY.replace("[dynamics]", "[dynamics]\nrepeats = 2")))
    written = export_runs(VASP, plan, tmp_path / "runs", tmp_path)
    assert written.scripts == ("jobs/N16-P100.sh", "jobs/N16-P100-repeat2.sh")
    script = (tmp_path / "runs" / written.scripts[1]).read_text()
    assert 'run "N16/P100/T500-repeat2" "$PWD/N16/P100/T300-repeat2"' in script
    starts = [
        (tmp_path / "runs" / folder / "POSCAR").read_text() for folder in ("N16/P100/T300", "N16/P100/T300-repeat2")
    ]
    assert starts[0] != starts[1]
