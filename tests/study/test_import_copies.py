"""A copy of a run in a folder of runs is no repeat of it: the one with more frames is taken, whichever comes first.

Neither is a run that shares frames with another, or goes on where it ends.
"""

import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
from tests.vasp_format import write_thermal_run, write_thermal_runs

from llpt.campaign import Role
from llpt.study import StudyDirectory
from llpt.study.import_copies import ImportedBeforeError
from llpt.study.import_tree import Given, import_found, runs_below
from llpt.study.importing import NewStudy
from llpt.trajectory import Trajectory
from llpt.trajectory.foreign import open_foreign
from llpt.trajectory.foreign.fingerprints import as_prints, fingerprint, goes_on
from llpt.trajectory.foreign.statements import FactCheck

GIVEN = Given(role=Role.REFERENCE, label="VASP")
END = "</modeling>\n"


def frames_of(path, chosen):
    """Cut a vasprun.xml down to some of its frames."""
    head, *steps = path.read_text().removesuffix(END).split("<calculation>")
    apart = chosen.step or 1
    head = re.sub(r'(name="POTIM">)([\d.]+)', lambda found: f"{found[1]}{float(found[2]) * apart:g}", head)
    path.write_text("<calculation>".join([head, *steps[chosen]]) + END)


def taken(study, folder, *, dry=False, given=GIVEN):
    done = []
    for found in runs_below([folder], given, study=study):
        done.append(
            import_found(study, found, given, new=NewStudy.of_imported_runs("runs"), dry=dry, earlier=tuple(done))
        )
    return done


@pytest.fixture
def runs(tmp_path):
    write_thermal_runs(tmp_path / "runs" / "b-whole", temperatures=[900])
    write_thermal_runs(tmp_path / "runs" / "d-whole", temperatures=[900])  # the same: its path is as long
    return tmp_path / "runs"


@pytest.mark.parametrize(
    "chosen", [slice(7), slice(5, None), slice(None, None, 3)], ids=["begun", "end", "every third"]
)
@pytest.mark.parametrize("cut", ["b-whole", "d-whole"])
def test_a_copy_with_fewer_frames_is_no_repeat(tmp_path, runs, cut, chosen):
    frames_of(runs / cut / "T900" / "vasprun.xml", chosen)
    study = tmp_path / "study"
    planned = taken(study, runs, dry=True)
    assert not study.exists()
    one, other = taken(study, runs)
    (run,) = StudyDirectory.open(study).study.imported
    assert run.steps == 15
    assert run.repeat == 1
    assert run.path == "runs/vasp/N16/P100/T900"
    assert Trajectory.open(study / run.path).n_steps == 15
    for found in (planned, [one, other]):
        if cut == "b-whole":
            (note,) = [note for note in found[1].imported.notes if "takes the place" in note]
            assert "It takes the place of runs/vasp/N16/P100/T900, a copy of it with " in note
        else:
            assert found[1].imported is None
            assert found[1].expected
            assert "Its frames stand in runs/vasp/N16/P100/T900 already" in found[1].why


def test_a_run_that_has_grown_takes_its_own_place(tmp_path, runs):
    source = runs / "b-whole" / "T900" / "vasprun.xml"
    whole = source.read_text()
    frames_of(source, slice(9))
    study = tmp_path / "study"
    assert taken(study, runs / "b-whole")[0].imported.run.steps == 8
    source.write_text(whole)
    (grown,) = taken(study, runs / "b-whole")
    assert grown.imported.replaced.steps == 8
    (run,) = StudyDirectory.open(study).study.imported
    assert run.steps == 15
    (again,) = taken(study, runs / "b-whole")
    assert again.expected
    assert "imported before" in again.why


def test_a_run_of_its_own_is_a_repeat_also_where_it_begins_alike(tmp_path, runs):
    write_thermal_runs(tmp_path / "runs" / "c-another-run", temperatures=[900])
    beside = runs / "c-another-run" / "T900" / "vasprun.xml"
    head, first, *_ = (runs / "b-whole" / "T900" / "vasprun.xml").read_text().split("<calculation>")
    own = beside.read_text().split("<calculation>")
    beside.write_text("<calculation>".join([head, first, *own[2:]]))
    study = tmp_path / "study"
    done = taken(study, runs / "b-whole") + taken(
        study, runs / "c-another-run", given=replace(GIVEN, despite=frozenset({FactCheck.GAP}))
    )
    assert [each.why for each in done] == ["", ""]
    assert [each.imported.run.repeat for each in done] == [1, 2]


def test_a_copy_that_is_given_alone_is_one_sentence(tmp_path, runs):
    study = tmp_path / "study"
    taken(study, runs / "b-whole")
    frames_of(runs / "d-whole" / "T900" / "vasprun.xml", slice(6))
    (copy,) = taken(study, runs / "d-whole")
    assert copy.why == "Its frames stand in runs/vasp/N16/P100/T900 already (6 of 16): a copy of that run."
    assert copy.remedy == "Import each run once."
    assert ImportedBeforeError(copy.why, copy.remedy).cause == copy.why


@pytest.fixture
def pieces(tmp_path):
    """Two parts of one run of 80 frames."""
    whole = write_thermal_run(tmp_path / "whole.xml", kelvin=900, frames=80).read_text()

    def write(one, other):
        for name, chosen in (("run1", one), ("run2", other)):
            path = tmp_path / "runs" / "T900" / name / "vasprun.xml"
            path.parent.mkdir(parents=True)
            path.write_text(whole)
            frames_of(path, chosen)
        return tmp_path / "runs"

    return write


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize(
    ("cuts", "said"),
    [
        ((slice(50), slice(30, 80)), "20 of its 50 frames stand in "),
        ((slice(50), slice(20, 80)), "30 of its "),  # the longer one does not take the place of the other
        ((slice(40), slice(39, 80)), "goes on where"),
        ((slice(50), slice(50, 80)), "goes on where"),
    ],
    ids=["equal lengths", "a longer one", "the last frame again", "the next frame"],
)
def test_a_run_that_overlaps_or_goes_on_is_a_piece(tmp_path, pieces, cuts, said, swapped):
    parts = cuts[::-1] if swapped else cuts
    runs = pieces(*parts)
    study = tmp_path / "study"
    planned = taken(study, runs, dry=True)
    one, other = taken(study, runs)
    for refused in (planned[1], other):
        assert refused.imported is None
        assert not refused.expected
        assert said in refused.why
        assert "runs/vasp/N16/P100/T900" in refused.why
        assert "in one command, as pieces of one run" in refused.remedy
    (run,) = StudyDirectory.open(study).study.imported
    assert run.steps + 1 == one.imported.converted.frames == len(range(80)[parts[0]])
    files = [each.found.files[0] for each in (one, other)]
    joint = open_foreign(files[::-1] if swapped else files)
    assert len(list(joint.frames())) == 80


def test_a_run_that_begins_where_another_ends_is_a_repeat_where_a_person_says_so(tmp_path, pieces):
    given = replace(GIVEN, despite=frozenset({FactCheck.REPEAT}))
    done = taken(tmp_path / "study", pieces(slice(40), slice(39, 80)), given=given)
    assert [each.imported.run.repeat for each in done] == [1, 2]


def test_a_run_that_holds_two_others_is_told_of_both(tmp_path, pieces):
    study = tmp_path / "study"
    runs = pieces(slice(40), slice(42, 80))  # two frames are missing: more than a step apart
    given = replace(GIVEN, despite=frozenset({FactCheck.REPEAT}))
    assert [each.why for each in taken(study, runs, given=given)] == ["", ""]
    whole = tmp_path / "runs2" / "vasprun.xml"
    whole.parent.mkdir()
    shutil.copy(tmp_path / "whole.xml", whole)
    (refused,) = taken(study, whole.parent)
    assert refused.why == "It holds all frames of runs/vasp/N16/P100/T900 and of runs/vasp/N16/P100/T900-repeat2."


def test_frames_far_apart_do_not_tell_which_run_goes_on():
    random = np.random.default_rng(3)
    sites = random.random((16, 3))

    def apart(count):  # atoms about their sites, every frame on its own
        return as_prints(fingerprint(sites + random.normal(scale=0.02, size=sites.shape)) for _ in range(count))

    assert not any(goes_on(apart(30), apart(30)) for _ in range(50))
    walk = as_prints(
        fingerprint(each) for each in sites + np.cumsum(random.normal(scale=0.004, size=(80, 16, 3)), axis=0)
    )
    assert goes_on(walk[:40], walk[40:])
    assert not goes_on(walk[40:], walk[:40])
