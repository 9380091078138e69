"""``llpt run --dry-run`` tells what would be done of a study in every form that ``llpt run`` takes."""

import tarfile

import pytest

from llpt.cli.running import tell_what_would_be_done
from llpt.errors import InputError, LlptError, StorageError
from llpt.study import StudyDirectory, parse_study

TEXT = """
[study]
name = "dry"
[system]
atoms = [16]
[state]
pressures_gpa = [200.0]
temperatures_k = [800, 1000]
[dynamics]
steps = 60
discard = 10
[reference]
engine = "ase:ase.calculators.lj.LennardJones"
"""


@pytest.fixture
def archive(tmp_path):
    folder = tmp_path / "packed"
    folder.mkdir()
    (folder / "study.toml").write_text(TEXT)
    path = tmp_path / "packed.tar"
    with tarfile.open(path, "w") as tar:
        tar.add(folder, "packed")
    return path


def test_file_archive_and_directory_say_the_same_and_nothing_is_written(archive, tmp_path, capsys):
    (tmp_path / "study.toml").write_text(TEXT)
    StudyDirectory.claim(tmp_path / "begun", TEXT, parse_study(TEXT), source=tmp_path)
    told = []
    for given in (tmp_path / "study.toml", archive, tmp_path / "begun"):
        tell_what_would_be_done(given, tmp_path / "new", None, retry_failed=False, trust=True)
        told.append(capsys.readouterr().out)
    assert "2 of 2 would be done" in told[0]
    assert "Engine ase:ase.calculators.lj.LennardJones runs code from" in told[0]
    assert told[0] == told[1] == told[2]
    assert not (tmp_path / "new").exists()


def test_an_archive_of_another_study_is_refused_as_by_the_run_itself(archive, tmp_path):
    other = TEXT.replace("[800, 1000]", "[900, 1000]")
    StudyDirectory.claim(tmp_path / "begun", other, parse_study(other), source=tmp_path)
    with pytest.raises(InputError, match="belongs to another study"):
        tell_what_would_be_done(archive, tmp_path / "begun", None, retry_failed=False, trust=True)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('engine = "ase:ase.calculators.lj.LennardJones"', 'engine = "n2p2:nowhere"', "does not exist"),
        ("LennardJones", "Lennard", "has no class Lennard"),
        ('"ase:ase.calculators.lj.LennardJones"', '"ase:nowhere_at_all.Kind"', "is not installed"),
    ],
)
def test_what_the_run_itself_refuses_is_refused(tmp_path, old, new, says):
    (tmp_path / "study.toml").write_text(TEXT.replace(old, new))
    with pytest.raises(LlptError, match=says):
        tell_what_would_be_done(tmp_path / "study.toml", tmp_path / "new", None, retry_failed=False)


def test_a_place_of_something_else_and_an_archive_nobody_trusts_are_refused(archive, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/chapter.tex").touch()
    (tmp_path / "study.toml").write_text(TEXT)
    with pytest.raises(InputError, match="is not a study directory"):
        tell_what_would_be_done(tmp_path / "study.toml", tmp_path / "thesis", None, retry_failed=False)
    with pytest.raises(InputError, match="comes from elsewhere"):
        tell_what_would_be_done(archive, tmp_path / "fresh", None, retry_failed=False)


def test_a_study_s_directory_goes_on_where_it_is(tmp_path, command):
    root = StudyDirectory.claim(tmp_path / "begun", TEXT, parse_study(TEXT), source=tmp_path).root
    for words in ((), ("--dry-run",)):
        code, _, err = command("run", root, "--out", tmp_path / "new", *words)
        assert code == 1
        assert "goes on where it is" in " ".join(err.split())
        assert "llpt archive" in err
    assert command("run", root, "--out", root, "--dry-run", "--trust")[0] == 0
    assert not (tmp_path / "new").exists()


def test_a_study_at_work_is_refused(tmp_path):
    directory = StudyDirectory.claim(tmp_path / "begun", TEXT, parse_study(TEXT), source=tmp_path)
    with directory.locked(), pytest.raises(StorageError, match="Another llpt run"):
        tell_what_would_be_done(tmp_path / "begun", None, None, retry_failed=False)
    tell_what_would_be_done(tmp_path / "begun", None, None, retry_failed=False)
