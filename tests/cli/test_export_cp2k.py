"""A study's reference becomes folders for CP2K, which does them, and what it leaves comes back to its states."""

import subprocess

import pytest
from tests.others import needs_program

from llpt.errors import InputError
from llpt.study import StudyDirectory, make_plan, parse_study
from llpt.study.export_cp2k import CP2K
from llpt.study.exporting import export_runs

STUDY = """
[study]
name = "exported"
[system]
atoms = [4]
start = "molecular"
[state]
pressures_gpa = [100.0]
temperatures_k = [500, 700]
[dynamics]
steps = 3
discard = 1
settle_steps = 0
timestep_fs = 0.4
relax_steps = 1
[reference]
engine = "cp2k"
kpoints = "gamma"
electronic_temperature = 3000
options = { basis_set = "SZV-GTH", cutoff_ry = 80.0, relative_cutoff_ry = 20.0, tolerance = 1e-4, neglect = 1e-8 }
"""


def test_a_run_is_a_folder_with_what_cp2k_needs(tmp_path):
    written = export_runs(CP2K, make_plan(parse_study(STUDY)), tmp_path / "runs", tmp_path)
    assert written.folders == ("N4/P100/T500", "N4/P100/T700")
    first, second = ((tmp_path / "runs" / folder / "h.inp").read_text() for folder in written.folders)
    for line in (
        "ENSEMBLE NPT_I",
        "STEPS 3",
        "MAX_STEPS 4",
        "TIMESTEP [fs] 0.4",
        "TEMPERATURE [K] 500.0",
        "PRESSURE [bar] 1000000.0",
        "TIMECON [fs] 20.0",
        "ELECTRONIC_TEMPERATURE [K] 3000.0",
        "BASIS_SET SZV-GTH",
        "RESTART_FILE_NAME .relax/relax-1.restart",
    ):
        assert line in first.splitlines()
    assert "RESTART_FILE_NAME @before@/h-1.restart" in second
    assert "RESTART_VEL T" in second
    assert "RUN_TYPE GEO_OPT" in (tmp_path / "runs/N4/P100/T500/.relax/relax.inp").read_text()
    assert not (tmp_path / "runs/N4/P100/T700/.relax").exists()
    assert 'run "N4/P100/T700" "$PWD/N4/P100/T500"' in (tmp_path / "runs" / written.scripts[0]).read_text()


def test_of_another_reference_only_the_theory_is_taken(tmp_path):
    other = STUDY.split("[reference]", maxsplit=1)[0] + '[reference]\nengine = "dft"\necut_ry = 30\nkpoints = "2x2x2"\n'
    written = export_runs(CP2K, make_plan(parse_study(other)), tmp_path / "runs", tmp_path)
    text = (tmp_path / "runs" / written.folders[0] / "h.inp").read_text()
    assert "BASIS_SET TZV2P-GTH" in text
    assert text.count("KPOINT ") == 4
    assert "ELECTRONIC_TEMPERATURE [K] 500.0" in text
    plan = make_plan(parse_study(other.replace("ecut_ry", 'xc = "scan-l"\necut_ry')))
    with pytest.raises(InputError, match="scan-l"):
        export_runs(CP2K, plan, tmp_path / "b", tmp_path)
    assert not (tmp_path / "b").exists()


@pytest.mark.peer
@pytest.mark.slow
@needs_program("cp2k.psmp")
def test_the_way_there_through_cp2k_and_back(tmp_path, command):
    """Some 5 s; the second run is killed after its second step, as far as its files tell."""
    plan = make_plan(parse_study(STUDY))
    out = tmp_path / "runs"
    (script,) = export_runs(CP2K, plan, out, tmp_path).scripts
    hot = out / "N4/P100/T700"
    (hot / "h.inp").write_text((hot / "h.inp").read_text().replace("\nSTEPS 3", "\nSTEPS 2"))
    subprocess.run(["bash", out / script], check=True, capture_output=True, timeout=600)
    (hot / "done").unlink()
    subprocess.run(["bash", out / script], check=True, capture_output=True, timeout=600)
    steps = [line.split()[0] for line in (hot / "h-1.ener").read_text().splitlines()[1:]]
    assert steps == ["0", "1", "2", "3"]
    code, text, err = command(
        "import", out, "-o", tmp_path / "study", "--role", "reference", "--label", "CP2K", "--despite", "pressure",
        "--despite", "temperature",
    )  # fmt: skip
    assert code == 0, text + err
    imported = {run.temperature_k: run for run in StudyDirectory.open(tmp_path / "study").study.imported}
    for run in plan.runs:
        back = imported[run.state.temperature_k]
        assert (back.atoms, back.pressure_gpa, back.steps, back.timestep_fs) == (4, 100.0, 3, 0.4)
        assert back.electronic_temperature_k == 3000.0
        assert back.missing == ()
