"""The whole length of the house with a cheap reference: study file in, verdict and report out."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from llpt.audit import Outcome, Verdict
from llpt.observables import load_summary
from llpt.study import Ledger, State

HERE = Path(__file__).parent
PATH = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])

STUDY = """
[study]
name = "A soft fluid and a network trained on it"
seed = 3
[system]
atoms = 24
start = "atomic"
[state]
pressures_gpa = 200.0
temperatures_k = [900, 1100]
[dynamics]
steps = 400
discard = 50
settle_steps = 50
positions_every = 2
[reference]
engine = "ase:engines_for_tests.Soft"
threads = 1
[surrogate]
engine = "behler-parrinello"
train = "reference"
[surrogate.training]
frames = 160
hidden_nodes = [8]
symmetry_functions = 20
largest_cutoff_bohr = 4.5
iterations = 15
max_seconds = 900
[[surrogate.extra]]
atoms = 32
steps = 150
[tests]
cooling = { engines = "reference", steps = 100 }
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    root = tmp_path_factory.mktemp("whole")
    (root / "soft.toml").write_text(STUDY)
    environment = {**os.environ, "PYTHONPATH": PATH, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", "from llpt.cli import main; main()", "run", "soft.toml"],
        cwd=root,
        env=environment,
        text=True,
        capture_output=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return root / "soft", done


@pytest.mark.slow
def test_every_run_is_done_and_accounted_for(study):
    root, _ = study
    with Ledger(root / "study.db") as ledger:
        entries = ledger.entries()
    assert {entry.state for entry in entries} == {State.DONE}
    assert [entry.path for entry in entries] == [
        "runs/soft/N24/P200/T900",
        "runs/soft/N24/P200/T1100",
        "runs/soft/N24/P200/T900-cooling1",
        "models/behler-parrinello",
        "runs/behler-parrinello/N24/P200/T900",
        "runs/behler-parrinello/N24/P200/T1100",
        "runs/behler-parrinello/N32/P200/T900",
        "runs/behler-parrinello/N32/P200/T1100",
    ]
    for entry in entries:
        assert entry.provenance.versions["llpt"]
        assert entry.provenance.device == "cpu"
        assert entry.seconds > 0


@pytest.mark.slow
def test_the_surrogate_is_the_network_that_was_trained(study):
    root, _ = study
    card = json.loads((root / "models/behler-parrinello/card.json").read_text())
    record = json.loads((root / "runs/behler-parrinello/N24/P200/T900/run.json").read_text())
    assert record["engine"]["spec"] == "n2p2:models/behler-parrinello"
    assert record["engine"]["content_hash"]
    assert card["frames_given"] >= 40


@pytest.mark.slow
def test_a_network_trained_on_a_pair_potential_gives_its_density(study):
    root, _ = study
    densities = {}
    for engine in ("soft", "behler-parrinello"):
        summary = load_summary(root / f"results/{engine}-N24-P200-T1100.nc")
        densities[engine] = float(summary["density"])
        assert float(summary["pressure"]) == pytest.approx(200.0, abs=12.0)
    assert densities["behler-parrinello"] == pytest.approx(densities["soft"], rel=0.05)


@pytest.mark.slow
def test_so_short_a_study_proves_nothing_and_says_what_it_would_take(study):
    root, done = study
    verdict = Verdict.from_json((root / "results/verdict.json").read_text())
    assert verdict.value is Outcome.NOT_RESOLVED
    assert verdict.requirements
    assert "Verdict: not resolved" in done.stdout
    page = (root / "report/index.html").read_text()
    assert "Not resolved" in page
    assert "What would change the answer?" in page
    assert "phase-differential bias" in page


@pytest.mark.slow
def test_progress_is_told_all_along(study):
    _, done = study
    lines = done.stderr.splitlines()
    assert any("0 of 8 done" in line for line in lines)
    assert any("8 of 8 done" in line for line in lines)
    assert any("left" in line for line in lines)


@pytest.mark.slow
def test_done_is_done(study):
    root, _ = study
    before = {path: path.stat().st_mtime_ns for path in (root / "runs").rglob("*") if path.is_file()}
    environment = {**os.environ, "PYTHONPATH": PATH}
    command = [sys.executable, "-c", "from llpt.cli import main; main()", "run", str(root)]
    again = subprocess.run(command, env=environment, text=True, capture_output=True, check=False, timeout=120)
    assert again.returncode == 0, again.stderr
    assert {path: path.stat().st_mtime_ns for path in (root / "runs").rglob("*") if path.is_file()} == before
