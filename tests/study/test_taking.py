"""One reference serves many surrogates: what is done elsewhere and would be the same is taken, and nothing else."""

import shutil
import sqlite3
import subprocess

import numpy as np
import pytest
from ase import Atoms
from ase.io import write
from tests.studies import ENGINES, WITHOUT_REPORT, study_of_one_engine, with_modules_of

from llpt.errors import InputError, StorageError
from llpt.study import Ledger, State, StudyDirectory, make_plan, parse_study
from llpt.study.fixed_thresholds import changed_thresholds, fix_thresholds
from llpt.study.jobs import write_job
from llpt.study.taking import take_done
from llpt.study.verifying import verify

STEPS = {"steps": 20, "discard": 2, "settle_steps": 0, "relax_steps": 2}
REFERENCE = study_of_one_engine("ase:engines_for_tests.Soft", temperatures_k=[700, 800], ladder="heating", **STEPS)
SURROGATE = '[surrogate]\nengine = "ase:engines_for_tests.Soft"\noptions = { sigma = 1.25 }\nthreads = 1\n'
LOWER, UPPER = "runs/soft/N8/P200/T700", "runs/soft/N8/P200/T800"


@pytest.fixture(scope="session")
def run(warm_programs):
    """A function that does a study, without its report, beside a file that it writes."""

    def done(place, text, *words):
        place.with_suffix(".toml").write_text(text)
        command = [warm_programs / "python", *WITHOUT_REPORT[1:], "run", f"{place.name}.toml", "--trust", *words]
        environment = with_modules_of(ENGINES)
        return subprocess.run(
            command, cwd=place.parent, env=environment, capture_output=True, text=True, timeout=600, check=False
        )

    return done


@pytest.fixture(scope="module")
def first(tmp_path_factory, run):
    """The directory of a study of the reference alone, done."""
    place = tmp_path_factory.mktemp("taking") / "first"
    done = run(place, REFERENCE)
    assert done.returncode == 0, done.stderr
    return place


@pytest.fixture(scope="module")
def second(first, tmp_path_factory, run):
    """The directory of a study of both sides, whose reference was taken from the first, and what was said."""
    place = tmp_path_factory.mktemp("taking") / "second"
    done = run(place, REFERENCE + SURROGATE, "--runs-from", str(first))
    assert done.returncode == 0, done.stderr
    return place, done.stderr


def entries(place):
    with Ledger(place / "study.db") as ledger:
        return {entry.path: entry for entry in ledger.entries()}


def test_a_second_surrogate_takes_the_reference_and_runs_itself_alone(first, second, run):
    place, said = second
    assert f"2 of 4 were done in {first} and are taken from there." in said
    before, after = entries(first), entries(place)
    for path, entry in before.items():
        taken = after.pop(path)
        assert taken.reason == 'taken from the study "test"'
        for name in ("state", "inputs_hash", "attempts", "started", "finished", "steps_done", "host", "provenance"):
            assert getattr(taken, name) == getattr(entry, name)
        for file in (first / path).rglob("*"):
            if file.is_file():
                assert (place / file.relative_to(first)).read_bytes() == file.read_bytes()
    assert len(after) == 2
    assert {entry.state for entry in after.values()} == {State.DONE}
    told = [{(each.subject, each.what, each.passed) for each in verify(study)} for study in (first, place)]
    assert {each for each in told[0] if each[0] != "study"} <= told[1]
    assert ("study", "thresholds, study file and ledger", True) in told[1]
    again = run(place, REFERENCE + SURROGATE, "--runs-from", str(first))
    assert again.returncode == 0, again.stderr
    assert "0 of 4 were done" in again.stderr


def test_a_disk_that_refuses_takes_no_run_in_part(first, disk):
    text = REFERENCE + SURROGATE
    study = StudyDirectory.claim(disk.path / "second", text, parse_study(text), source=disk.path)
    for state in (disk.full, disk.read_only):
        with state(), pytest.raises(StorageError):
            taken(study.root, text, first)
        assert not [path for path in study.root.glob("runs/**/*") if path.is_file()]
    assert taken(study.root, text, first) == (LOWER, UPPER)
    assert (study.root / UPPER / "run.json").read_bytes() == (first / UPPER / "run.json").read_bytes()


def taken(place, text, source, *, wanted=None):
    """What a new study takes, without a run."""
    directory = StudyDirectory.claim(place, text, parse_study(text), source=place.parent)
    plan = make_plan(directory.study)
    with Ledger(directory.database) as ledger:
        return take_done(directory, plan, ledger, plan.paths if wanted is None else wanted, StudyDirectory.open(source))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (REFERENCE.replace('name = "test"', 'name = "test"\nseed = 2'), "seed"),
        (REFERENCE.replace("steps = 20", "steps = 21"), "settings.steps"),
        (
            REFERENCE.replace(
                '"ase:engines_for_tests.Soft"', '"ase:engines_for_tests.Soft"\noptions = { sigma = 1.3 }'
            ),
            "options.sigma",
        ),
        (REFERENCE.replace("[700, 800]", "[900]"), "no run that is asked for has the same name"),
    ],
)
def test_what_would_be_another_run_is_not_taken_and_what_differs_is_named(text, named, first, tmp_path):
    with pytest.raises(InputError, match=named):
        taken(tmp_path / "other", text, first)
    assert not (tmp_path / "other/runs").exists()


def test_what_stands_on_a_run_that_is_not_the_same_is_not_taken(first, tmp_path):
    """The upper run has the same job, but starts from the end of another run below."""
    source = tmp_path / "source"
    shutil.copytree(first, source)
    with Ledger(source / "study.db") as ledger:
        ledger.record(LOWER, State.UNFINISHED)
    with pytest.raises(InputError, match="soft/N8/P200/T800 starts from soft/N8/P200/T700, which is not taken"):
        taken(tmp_path / "other", REFERENCE, source)
    assert taken(tmp_path / "again", REFERENCE, first) == (LOWER, UPPER)
    with pytest.raises(InputError, match="soft/N8/P200/T800 starts from soft/N8/P200/T700, which is not taken"):
        taken(tmp_path / "upper", REFERENCE, first, wanted={UPPER})
    with pytest.raises(InputError, match="no run that is asked for has the same name"):
        taken(tmp_path / "none", REFERENCE, first, wanted=set())


def test_a_file_that_a_study_copied_counts_by_what_it_holds(tmp_path, run):
    grid = 1.4 * np.array(list(np.ndindex(2, 2, 2)))
    named = REFERENCE.replace('"atomic"', '"start.xyz"').replace("[700, 800]", "[800]")
    places = {}
    for name, scale in (("first", 1.0), ("same", 1.0), ("other", 1.01)):
        (tmp_path / name).mkdir()
        places[name] = tmp_path / name / "study"
        write(tmp_path / name / "start.xyz", Atoms("H8", scale * grid, cell=[scale * 2.8] * 3, pbc=True))
    done = run(places["first"], named)
    assert done.returncode == 0, done.stderr
    assert taken(places["same"], named, places["first"]) == (UPPER,)
    with pytest.raises(InputError, match="T800 differs in its start or a file it names"):
        taken(places["other"], named, places["first"])


def test_a_take_that_was_cut_off_before_the_ledger_knew_is_completed(first, tmp_path):
    directory = StudyDirectory.claim(tmp_path / "other", REFERENCE, parse_study(REFERENCE), source=tmp_path)
    shutil.copytree(first / UPPER, directory.root / UPPER)
    assert taken(directory.root, REFERENCE, first)[-1] == UPPER


def test_a_study_takes_nothing_from_itself(first, command):
    code, _, told = command("run", first, "--trust", "--runs-from", first)
    assert code == 1
    assert f"{first} is the study itself" in told.replace("\n", "")


def test_what_stands_on_a_run_that_was_done_here_is_not_taken_where_its_bytes_differ(first, tmp_path):
    """The same job, done here on another machine, ends in another configuration."""
    directory = StudyDirectory.claim(tmp_path / "other", REFERENCE, parse_study(REFERENCE), source=tmp_path)
    done = entries(first)[LOWER]
    with Ledger(directory.database) as ledger:
        write_job(directory, make_plan(directory.study)[LOWER], ledger)
        own = done.provenance.model_copy(update={"content_hash": "other"})
        ledger.record(LOWER, State.DONE, attempts=1, provenance=own)
    assert taken(directory.root, REFERENCE, first) == ()
    with Ledger(directory.database) as ledger:
        ledger.record(LOWER, State.DONE, attempts=1, provenance=done.provenance)
    assert taken(directory.root, REFERENCE, first) == (UPPER,)


def test_a_run_that_is_not_what_its_ledger_says_is_not_taken(first, tmp_path):
    source = tmp_path / "source"
    shutil.copytree(first, source)
    segment = next((source / LOWER / "segments").iterdir())
    segment.write_bytes(segment.read_bytes() + b"more")
    with pytest.raises(StorageError, match="is not what the ledger says"):
        taken(tmp_path / "other", REFERENCE, source)
    assert not (tmp_path / "other" / LOWER).exists()


STRICTER = "[verdict]\ndensity_percent = 0.5\n"


def thresholds_found(place, text, source):
    """What is known of the thresholds of a study once it has taken what is done in others and begun."""
    taken(place, text, source)
    study = parse_study(text)
    with Ledger(place / "study.db") as ledger:
        fix_thresholds(study, ledger)
        return changed_thresholds(study, make_plan(study), ledger)


def test_thresholds_of_runs_that_were_taken_are_those_that_they_were_done_under(second, tmp_path):
    text = REFERENCE + SURROGATE
    assert thresholds_found(tmp_path / "third", text, second[0]) == ("", True, "")
    assert thresholds_found(tmp_path / "fourth", text, tmp_path / "third") == ("", True, "")
    found = thresholds_found(tmp_path / "stricter", text + STRICTER, tmp_path / "third")
    assert not found.told
    assert "4 runs were done in another study" in found.changed
    assert "density_percent 1.0, here 0.5" in found.changed
    assert "llpt verify it" in found.changed


def test_other_thresholds_of_one_side_alone_chose_nothing_and_are_told(first, tmp_path):
    """Without the surrogate there was no comparison by which thresholds could have been chosen."""
    found = thresholds_found(tmp_path / "stricter", REFERENCE + SURROGATE + STRICTER, first)
    assert (found.changed, found.told) == ("", True)
    assert found.remark.startswith("2 runs were done in another study, of the reference alone")


def test_what_was_taken_before_this_was_kept_is_entered_where_it_is_taken_again(second, tmp_path):
    text, place = REFERENCE + SURROGATE, tmp_path / "third"
    assert thresholds_found(place, text, second[0]).told
    with sqlite3.connect(place / "study.db") as ledger:
        ledger.execute("DELETE FROM facts WHERE name LIKE 'thresholds of %'")
    ledger.close()
    study = parse_study(text)
    with Ledger(place / "study.db") as ledger:
        before = changed_thresholds(study, make_plan(study), ledger)
    assert not before.told
    assert "llpt run DIR --runs-from THAT" in before.changed
    assert thresholds_found(place, text, second[0]) == ("", True, "")


def test_a_study_that_entered_its_thresholds_late_does_not_tell_what_its_runs_were_done_under(second, tmp_path):
    source = tmp_path / "source"
    shutil.copytree(second[0], source)
    with sqlite3.connect(source / "study.db") as ledger:
        ledger.execute("DELETE FROM facts")
    ledger.close()
    study = parse_study(REFERENCE + SURROGATE)
    with Ledger(source / "study.db") as ledger:
        fix_thresholds(study, ledger)
    found = thresholds_found(tmp_path / "third", REFERENCE + SURROGATE, source)
    assert not found.told
    assert "entered there after they had begun" in found.changed
