"""What a process is told stays as it was: its text is what the ledger's hash is of.

``golden/jobs.json`` was written by version 0.1.0 from the study files beside it: one whole job of each kind, test and
origin of the start, and the hash of every job.
"""

import json
import tomllib
from pathlib import Path

import pytest

from llpt.study import StudyDirectory, make_plan, parse_study
from llpt.study.jobs import inputs_hash, job_of, job_text

GOLDEN = Path(__file__).parent / "golden"
JOBS = json.loads((GOLDEN / "jobs.json").read_text())
IMPORTED = tomllib.loads((GOLDEN / "imported.toml").read_text())["imported"]


def study_called(name):
    if name == "imported":
        return parse_study('[study]\nname = "runs made elsewhere"\n', imported=IMPORTED)
    return parse_study((GOLDEN / f"{name}.toml").read_text())


@pytest.mark.parametrize("name", list(JOBS))
def test_jobs_keep_their_text(tmp_path, name):
    (tmp_path / "inputs/start").mkdir(parents=True)
    (tmp_path / "inputs/start/cell-2.xyz").write_text("2\n\nH 0 0 0\nH 0 0 0.74\n")
    study = study_called(name)
    directory, plan = StudyDirectory(tmp_path, study), make_plan(study)
    assert set(plan.paths) == set(JOBS[name]["hashes"])
    for path, job in JOBS[name]["jobs"].items():
        assert job_text(job_of(directory, plan, path)) == json.dumps(job, indent=1, sort_keys=True)
    for path, stored in JOBS[name]["hashes"].items():
        assert inputs_hash(job_of(directory, plan, path)) == stored
