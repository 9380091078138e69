"""A directory belongs to one study; what is not its own is never touched."""

import multiprocessing
from pathlib import Path

import pytest

from llpt.errors import InputError, StorageError
from llpt.study import StudyDirectory, make_plan, parse_study
from llpt.study.inputs import named_potentials

TEXT = """
[study]
name = "one"
[system]
atoms = 32
[state]
pressures_gpa = 200.0
temperatures_k = 1000
[dynamics]
steps = 100
discard = 10
[reference]
engine = "dft"
"""


def claim(root, text=TEXT, source=None):
    return StudyDirectory.claim(root, text, parse_study(text), source=source or root.parent)


def listing(root):
    return sorted((str(path), path.read_bytes() if path.is_file() else b"") for path in root.rglob("*"))


def test_a_new_directory_holds_the_study_as_given(tmp_path):
    place = claim(tmp_path / "study")
    assert (place.root / "study.toml").read_text() == TEXT
    assert StudyDirectory.open(place.root).study == parse_study(TEXT)
    assert [path.name for path in tmp_path.iterdir()] == ["study"]


def test_the_same_study_takes_up_its_directory_whatever_its_comments(tmp_path):
    claim(tmp_path / "study")
    again = claim(tmp_path / "study", "# a comment\n" + TEXT)
    assert (again.root / "study.toml").read_text() == TEXT


@pytest.mark.parametrize(
    ("change", "by", "key"), [("1000", "1100", "state.temperatures_k"), ("32", "64", "system.atoms")]
)
def test_a_directory_of_another_study_is_refused_and_left_alone(tmp_path, change, by, key):
    claim(tmp_path / "study")
    before = listing(tmp_path)
    with pytest.raises(InputError, match=r"belongs to another study") as caught:
        claim(tmp_path / "study", TEXT.replace(change, by))
    assert key in caught.value.cause
    assert listing(tmp_path) == before


def test_a_directory_with_other_things_is_refused_and_left_alone(tmp_path):
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "thesis.tex").write_text("years of work")
    before = listing(tmp_path)
    with pytest.raises(InputError, match="not a study directory"):
        claim(tmp_path / "study")
    assert listing(tmp_path) == before
    with pytest.raises(InputError, match="not a study directory"):
        StudyDirectory.open(tmp_path / "study")


def test_files_the_study_names_are_copied(tmp_path):
    (tmp_path / "network").mkdir()
    (tmp_path / "network" / "input.nn").write_text("weights")
    text = TEXT + '[surrogate]\nengine = "n2p2"\npath = "network"\n'
    place = claim(tmp_path / "study", text)
    assert (place.root / "inputs" / "surrogate" / "network" / "input.nn").read_text() == "weights"


def test_a_link_that_the_study_names_becomes_a_copy_of_the_name_as_given(tmp_path):
    (tmp_path / "pot-v2").mkdir()
    (tmp_path / "pot-v2/input.nn").write_text("settings")
    (tmp_path / "mine").symlink_to("pot-v2")
    text = TEXT.replace('"dft"', '"n2p2:mine"')
    place = claim(tmp_path / "study", text)
    (run,) = make_plan(place.study).own_runs
    assert run.task.engine == "n2p2:inputs/reference/mine"
    assert (place.root / "inputs/reference/mine/input.nn").read_text() == "settings"
    assert named_potentials(place.study) == ("inputs/reference/mine",)


@pytest.mark.parametrize("given", [".", "..", "/", "pot-v2/.."])
def test_what_a_study_names_ends_in_the_name_of_its_copy(tmp_path, given):
    with pytest.raises(InputError, match="does not end in the name") as refused:
        claim(tmp_path / "study", TEXT.replace('"dft"', f'"n2p2:{given}"'))
    assert "../potential" in refused.value.remedy
    assert not (tmp_path / "study").exists()


def test_a_file_that_is_not_there_is_named_and_nothing_is_made(tmp_path):
    text = TEXT + '[surrogate]\nengine = "n2p2"\npath = "network"\n'
    with pytest.raises(InputError, match=r"surrogate.path = \"network\".*does not exist"):
        claim(tmp_path / "study", text)
    assert not list(tmp_path.iterdir())


def _hold(root, ready, leave):
    with StudyDirectory.open(Path(root)).locked():
        ready.set()
        leave.wait(30)


def test_two_at_once_are_refused(tmp_path):
    place = claim(tmp_path / "study")
    context = multiprocessing.get_context("fork")
    ready, leave = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(str(place.root), ready, leave))
    other.start()
    try:
        assert ready.wait(30)
        with pytest.raises(StorageError, match=f"process {other.pid}"), place.locked():
            pass
    finally:
        leave.set()
        other.join()
    with place.locked():
        pass
