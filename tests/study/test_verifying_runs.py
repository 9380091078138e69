"""A run's own record is held against what its study planned."""

import json
import sqlite3
import subprocess

import pytest
from tests.studies import ENGINES, WITHOUT_REPORT, study_of_one_engine, with_modules_of

from llpt.study.verifying import verify

RUN = "runs/soft/N8/P200/T800"


@pytest.fixture(scope="module")
def study(tmp_path_factory, warm_programs):
    place = tmp_path_factory.mktemp("verifying")
    text = study_of_one_engine("ase:engines_for_tests.Soft", steps=10, discard=2, settle_steps=0, relax_steps=2)
    (place / "study.toml").write_text(text)
    command = [warm_programs / "python", *WITHOUT_REPORT[1:], "run", "study.toml", "--trust"]
    subprocess.run(command, cwd=place, env=with_modules_of(ENGINES), capture_output=True, check=True, timeout=600)
    return place / "study"


def disagreeing(study):
    """What about the run itself does not agree; its averages have not been made."""
    checks = [each for each in verify(study) if each.subject == RUN and not each.passed]
    return {each.what: each.found for each in checks if "results" not in each.what}


@pytest.mark.parametrize(
    ("key", "value", "what", "named"),
    [
        ("settings.temperature_k", 900.0, "state and settings, job and run.json", "settings.temperature_k"),
        ("settings.seed", 1, "state and settings, job and run.json", "settings.seed"),
        ("state", "failed", "state and settings, job and run.json", "state"),
        ("engine.options.sigma", 1.0, "engine, ledger and run.json", "ase:engines_for_"),
    ],
)
def test_what_was_changed_in_the_record_of_a_run_is_found(key, value, what, named, study):
    assert disagreeing(study) == {}
    record = study / RUN / "run.json"
    before = record.read_text()
    document = json.loads(before)
    *tables, last = key.split(".")
    table = document
    for name in tables:
        table = table[name]
    table[last] = value
    record.write_text(json.dumps(document))
    found = disagreeing(study)
    record.write_text(before)
    assert list(found) == [what]
    assert named in found[what]


@pytest.mark.parametrize("column", ["provenance", "conditions"])
def test_what_the_ledger_cannot_tell_any_more_is_found(column, study):
    database = study / "study.db"
    before = database.read_bytes()
    with sqlite3.connect(database) as other:
        other.execute(f"UPDATE runs SET {column} = '{{bad'")  # noqa: S608 - a parameter of this test
    other.close()
    (found,) = verify(study)
    database.write_bytes(before)
    assert (found.subject, found.what, found.passed) == ("study", "ledger", False)
    assert f"is damaged: what it says of {RUN} cannot be read" in found.found
