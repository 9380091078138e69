"""The whole length of the house with a cheap reference: study file in, verdict and report out."""

import hashlib
import json
import re
import shutil
import socket
import subprocess

import numpy as np
import pytest
from tests.studies import COMMAND, ENGINES, with_modules_of

from llpt.audit import Outcome, Verdict
from llpt.errors import InputError
from llpt.files import file_hash
from llpt.observables import load_summary
from llpt.study import Ledger, State, StudyDirectory, parse_study
from llpt.study.growing import grow
from llpt.trajectory import open_trajectory

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


def run_command(*arguments, cwd, program=COMMAND):
    """Run a command of llpt in a process of its own, which finds the engines of the tests."""
    return subprocess.run(
        [*program, *map(str, arguments)],
        cwd=cwd,
        env=with_modules_of(ENGINES),
        text=True,
        capture_output=True,
        check=False,
        timeout=900,
    )


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    root = tmp_path_factory.mktemp("whole")
    (root / "soft.toml").write_text(STUDY)
    done = run_command("run", "soft.toml", cwd=root)
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
        assert entry.inputs_hash == hashlib.sha256(entry.job.encode()).hexdigest()
        assert entry.host == socket.gethostname()
        assert entry.attempts == 1
        assert entry.core_seconds >= 0.999 * entry.seconds
        assert entry.seconds > 0
    for entry in (entry for entry in entries if entry.path.startswith("runs/")):
        kept = entry.conditions
        assert 0 < entry.seconds_per_step * entry.steps_done < entry.seconds
        assert kept.temperature_k == pytest.approx(int(re.search(r"T(\d+)", entry.path)[1]), rel=0.5)
        assert kept.temperature_error_k is None or kept.temperature_error_k > 0
        assert kept.pressure_gpa is not None
        assert kept.drift_mev_per_atom_ps is not None


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


AT_ONE = "pressures_gpa = 200.0, atoms = 24"
GROWN = (
    STUDY.replace("pressures_gpa = 200.0", "pressures_gpa = [200.0, 210.0]", 1)
    .replace("[900, 1100]", "[900, 1000, 1100]")
    .replace("atoms = 24", "atoms = [24, 28]", 1)
    .replace("steps = 400", "steps = 420")
    .replace("steps = 100 }", f"steps = 100, {AT_ONE} }}")
    + f"""
duration = {{ engines = "reference", repeats = 2, steps = 60, temperatures_k = 900, {AT_ONE} }}
[budget]
snapshots = 8
pressures_gpa = 200.0
atoms = 24
temperatures_k = [900, 1100]
[[budget.choices]]
name = "a-wider-core"
options = {{ sigma = 1.22 }}
[verdict]
density_percent = 4.0
""".lstrip()
)
ADDED = {
    "runs/soft/N24/P200/T1000": State.WAITING,  # a temperature
    "runs/soft/N24/P210/T900": State.DONE,  # a pressure
    "runs/soft/N28/P200/T900": State.DONE,  # a size
    "runs/soft/N24/P200/T900-duration2": State.WAITING,  # a test
    "labels/budget/soft-N24-P200-T900/a-wider-core": State.WAITING,  # an item of the budget
}
LONGER = "runs/soft/N24/P200/T900"


def contents(root, paths):
    """Return the hash of every file that some nodes left."""
    return {file: file_hash(file) for path in paths for file in sorted((root / path).rglob("*")) if file.is_file()}


@pytest.mark.slow
def test_it_grows_while_what_is_done_stays_and_it_is_judged_anew(study, tmp_path, monkeypatch, warm_programs):
    """On a copy: all is added at once, a part of it is done, a threshold changes, another seed is refused."""
    root, file = tmp_path / "soft", tmp_path / "soft.toml"
    shutil.copytree(study[0], root)
    first = Verdict.from_json((root / "results/verdict.json").read_text())
    untouched = [
        "models/behler-parrinello",
        "runs/soft/N24/P200/T900-cooling1",
        "runs/behler-parrinello/N32/P200/T900",
        "runs/behler-parrinello/N32/P200/T1100",
    ]
    as_it_was, steps = contents(root, untouched), open_trajectory(root / LONGER).scalars()
    assert {path.relative_to(root).parts[0] for path in as_it_was} == {"models", "runs"}

    file.write_text(GROWN)
    words = ("run", file, "--out", root, "--only", "*soft?N2*T900")
    done = run_command(*words, cwd=tmp_path, program=[warm_programs / "llpt"])
    assert done.returncode == 0, done.stderr
    with Ledger(root / "study.db") as ledger:
        states = {entry.path: entry.state for entry in ledger.entries()}
    assert ADDED.items() <= states.items()
    assert {states[path] for path in (LONGER, *untouched)} == {State.DONE}
    assert contents(root, untouched) == as_it_was
    longer, before = open_trajectory(root / LONGER).scalars(), len(steps["step"])
    assert len(longer["step"]) == before + 20
    np.testing.assert_array_equal(longer["free_energy_ev"][:before], steps["free_energy_ev"])

    told = Verdict.from_json((root / "results/verdict.json").read_text()).reasons[0]
    assert "changed after the runs (density_percent from 1.0 to 4.0)" in told
    assert told.endswith(f"the verdict is: {first.value}.")
    assert "changed after the runs" in (root / "report/index.html").read_text()

    monkeypatch.syspath_prepend(str(ENGINES))
    other = GROWN.replace("seed = 3", "seed = 4")
    with pytest.raises(InputError, match=r"soft/N24/P200/T900: settings\.seed was"):
        grow(StudyDirectory.open(root), other, parse_study(other), tmp_path)
    assert StudyDirectory.open(root).study.study.seed == 3
    assert contents(root, untouched) == as_it_was
