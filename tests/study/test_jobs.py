"""What a process is told stays as it was: its text is what the ledger's hash is of.

``golden/jobs.json`` was written by version 0.1.0 from the study files beside it: one whole job of each kind, test and
origin of the start, and the hash of every job.
"""

import json
from pathlib import Path

import pytest

from llpt.errors import InputError, StorageError
from llpt.study import make_plan, parse_study
from llpt.study.imported import read_imported
from llpt.study.nodes import job_kinds, node_kinds, read_job

GOLDEN = Path(__file__).parent / "golden"
JOBS = json.loads((GOLDEN / "jobs.json").read_text())
IMPORTED = read_imported(GOLDEN / "imported.toml")


def study_called(name):
    if name == "imported":
        return parse_study('[study]\nname = "runs made elsewhere"\n', imported=IMPORTED)
    return parse_study((GOLDEN / f"{name}.toml").read_text())


@pytest.mark.parametrize("name", list(JOBS))
def test_jobs_keep_their_text(tmp_path, name):
    (tmp_path / "inputs/start").mkdir(parents=True)
    (tmp_path / "inputs/start/cell-2.xyz").write_text("2\n\nH 0 0 0\nH 0 0 0.74\n")
    study = study_called(name)
    plan = make_plan(study)
    assert set(plan.paths) == set(JOBS[name]["hashes"])
    for path, job in JOBS[name]["jobs"].items():
        assert plan[path].job(tmp_path).text() == json.dumps(job, indent=1, sort_keys=True)
    for path, stored in JOBS[name]["hashes"].items():
        assert plan[path].job(tmp_path).inputs_hash() == stored
    for node in plan.nodes:
        assert type(node) in node_kinds()
        assert type(node.job(tmp_path)) is node.job_class


@pytest.mark.parametrize("name", list(JOBS))
def test_a_job_is_read_back_as_it_was_written(tmp_path, name):
    file = tmp_path / "job.json"
    for job in JOBS[name]["jobs"].values():
        file.write_text(json.dumps(job))
        assert read_job(file).text() == json.dumps(job, indent=1, sort_keys=True)


def untyped(schema, place=""):
    """The places of a schema that hold anything whatever."""
    inner = [*schema.get("properties", {}).items(), *schema.get("$defs", {}).items()]
    inner += [
        (word, schema[word])
        for word in ("items", "additionalProperties")
        if schema.get(word) is not None and schema[word] is not False
    ]
    inner += [(word, each) for word in ("anyOf", "oneOf", "allOf") for each in schema.get(word, ())]
    for name, each in inner:
        if each is True or not {"type", "$ref", "anyOf", "oneOf", "allOf", "const", "enum"} & each.keys():
            yield f"{place}/{name}"
        else:
            yield from untyped(each, f"{place}/{name}")


@pytest.mark.parametrize(("kind", "job"), job_kinds().items())
def test_all_that_a_job_holds_is_typed(kind, job):
    assert not list(untyped(job.model_json_schema(), kind))


@pytest.mark.parametrize("text", ["{", '{"kind": "md"}', '{"kind": "cooking", "identity": "runs/a"}'])
def test_a_job_that_cannot_be_read_says_so(tmp_path, text):
    (tmp_path / "job.json").write_text(text)
    with pytest.raises(StorageError, match=r"job\.json cannot be read"):
        read_job(tmp_path / "job.json")


def test_a_run_made_elsewhere_is_not_gone_on_with(tmp_path):
    node = make_plan(study_called("imported")).nodes[0]
    with pytest.raises(InputError, match="made elsewhere"):
        node.job(tmp_path).work(print)
