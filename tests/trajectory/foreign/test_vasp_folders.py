"""The files of VASP in one folder: pieces, pairs, copies; none goes without a word."""

import shutil

import pytest
from tests.trajectory.foreign.test_vasp import HEADER, LATTICE, check, outcar, vasprun, xdatcar

from llpt.trajectory.foreign import open_foreign
from llpt.trajectory.foreign.folders import find_runs


def frames_of(run):
    """Check that the frames of a run are the first ones, in their order, and return their number."""
    number = -1
    for number, frame in enumerate(open_foreign(run.files).frames()):
        check(frame, number)
    return number + 1


@pytest.mark.parametrize("names", ["{}.{}", "{1}_{0}"])
def test_pairs_in_one_folder_are_pieces_of_one_run(tmp_path, names):
    for piece, first in (("2", 0), ("1", 4)):  # found in another order than they were run
        xdatcar(tmp_path / names.format("XDATCAR", piece), first=first)
        outcar(tmp_path / names.format("OUTCAR", piece), first=first)
    (run,) = find_runs(tmp_path)
    assert len(run.files) == 4
    assert frames_of(run) == 8
    assert not run.notes


def test_an_outcar_whose_xdatcar_is_gone_is_a_piece(tmp_path):
    outcar(tmp_path / "OUTCAR.1", header=HEADER + LATTICE)
    outcar(tmp_path / "OUTCAR", first=4)
    xdatcar(tmp_path / "XDATCAR", first=4)
    (run,) = find_runs(tmp_path)
    assert len(run.files) == 3
    assert frames_of(run) == 8


def test_pairs_of_two_folders_are_given_by_name(tmp_path):
    files = []
    for number, first in enumerate((0, 4)):
        (tmp_path / f"run{number}").mkdir()
        files += [outcar(tmp_path / f"run{number}/OUTCAR", first=first)]
        files += [xdatcar(tmp_path / f"run{number}/XDATCAR", first=first)]
    assert len(list(open_foreign(files).frames())) == 8


def test_a_piece_of_which_one_file_ends_early_is_kept_with_what_follows(tmp_path):
    outcar(tmp_path / "OUTCAR.1", steps=3)  # the job was killed
    xdatcar(tmp_path / "XDATCAR.1", steps=4)
    outcar(tmp_path / "OUTCAR.2", first=3)
    xdatcar(tmp_path / "XDATCAR.2", first=3)
    (run,) = find_runs(tmp_path)
    source = open_foreign(run.files)
    assert len(list(source.frames())) == 7
    (note,) = source.notes
    assert note.startswith("The last frame of ")
    assert note.endswith("XDATCAR.1 is incomplete and was left out.")


def test_text_that_repeats_vasprun_is_left_out_and_named(tmp_path):
    vasprun(tmp_path / "vasprun.xml")
    xdatcar(tmp_path / "XDATCAR")
    outcar(tmp_path / "OUTCAR")
    (run,) = find_runs(tmp_path)
    assert [path.name for path in run.files] == ["vasprun.xml"]
    assert run.notes == ("Left out beside vasprun.xml, which has their frames: XDATCAR, OUTCAR.",)
    assert frames_of(run) == 4


@pytest.mark.parametrize("numbered", [".1", ".old"])
def test_text_of_an_earlier_piece_beside_vasprun_is_read_before_it(tmp_path, numbered):
    path = vasprun(tmp_path / "vasprun.xml", first=4)  # each start of VASP writes over the one before
    text = path.read_text().replace('name="PSTRESS">0.0', 'name="PSTRESS">2000.0').replace('"ISIF">2', '"ISIF">3')
    path.write_text(text)
    for ending, first in ((numbered, 0), ("", 4)):
        xdatcar(tmp_path / f"XDATCAR{ending}", first=first)
        outcar(tmp_path / f"OUTCAR{ending}", first=first, header=HEADER + LATTICE)
    (run,) = find_runs(tmp_path)
    assert [path.name for path in run.files] == [f"XDATCAR{numbered}", f"OUTCAR{numbered}", "vasprun.xml"]
    assert frames_of(run) == 8
    assert run.notes == (f"Left out beside XDATCAR{numbered}, which has their frames: XDATCAR, OUTCAR.",)


def test_other_atoms_beside_vasprun_are_refused(tmp_path):
    vasprun(tmp_path / "vasprun.xml")
    text = xdatcar(tmp_path / "XDATCAR").read_text().replace("\nH\n", "\nHe\n", 1)
    (tmp_path / "XDATCAR").write_text(text)
    (run,) = find_runs(tmp_path)
    assert run.problem == "XDATCAR holds other atoms than vasprun.xml: two runs in one folder."


def test_a_copy_beside_vasprun_is_left_out(tmp_path):
    vasprun(tmp_path / "vasprun.xml")
    shutil.copy(tmp_path / "vasprun.xml", tmp_path / "vasprun.xml.bak")
    (run,) = find_runs(tmp_path)
    source = open_foreign(run.files)
    assert len(list(source.frames())) == 4
    (note,) = source.notes
    assert note.endswith("only repeats frames of the files before it, and was left out.")
