"""Runs are found in a folder tree, one a folder, and their names say their states."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.io import write

from llpt.errors import InputError
from llpt.trajectory.foreign import NoTrajectoryError, open_foreign
from llpt.trajectory.foreign.folders import FoundRun, find_runs

DATA = Path(__file__).parent / "data"


def walk(frames, start=0):
    """Frames of a slow random walk, the same whichever part of it is asked for."""
    random = np.random.default_rng(5)
    places = np.cumsum(random.normal(scale=0.01, size=(frames + start, 4, 3)), axis=0) + 2.0
    return [Atoms("H4", positions=place, cell=[4.0] * 3, pbc=True) for place in places[start:]]


def put(folder, *names):
    folder.mkdir(parents=True)
    for name in names:
        shutil.copy(DATA / name, folder)


def test_one_run_a_folder_whoever_wrote_it(tmp_path):
    put(tmp_path / "P200/T900", "pw-md.out")
    put(tmp_path / "P200/T1000", "run.dump", "lammps.log", "lammps.in")
    put(tmp_path / "ipi", "run.pos_0.xyz", "run.vel_0.xyz", "run.for_0.xyz", "run.out", "ipi.xml")
    put(tmp_path / "cp2k", "h-pos-1.xyz", "h-1.cell", "h-1.ener", "h.out.gz", "cp2k.inp")
    (tmp_path / "notes.txt").write_text("nothing")
    found = find_runs(tmp_path)
    assert [run.name for run in found] == ["P200/T900", "P200/T1000", "cp2k", "ipi"]
    assert [len(run.files) for run in found] == [1, 2, 4, 4]
    assert all(open_foreign(run.files, elements=["H"]).files for run in found)


def test_a_copy_in_another_format_is_no_second_run(tmp_path):
    put(tmp_path / "T900", "pw-md.out")
    write(tmp_path / "T900/copy.extxyz", walk(3))
    (run,) = find_runs(tmp_path)
    assert [path.name for path in run.files] == ["pw-md.out"]


def test_a_file_that_is_not_what_its_name_says_is_named(tmp_path):
    put(tmp_path / "good", "h-pos-1.xyz", "h-1.cell", "h-1.ener", "h.out.gz", "cp2k.inp")
    (tmp_path / "good/h-1.ener").write_text("")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/OUTCAR").write_text("killed\n")
    bad, good = find_runs(tmp_path)
    assert bad.problem == "OUTCAR does not begin as a file of this name does."
    assert good.notes == ("h-1.ener does not begin as its name says, and was left out.",)
    assert not good.problem


def test_pieces_are_put_in_the_order_in_which_one_begins_where_another_ends(tmp_path):
    for name, start in (("c", 0), ("a", 20), ("b", 10)):
        write(tmp_path / f"{name}.extxyz", walk(10, start))
    (run,) = find_runs(tmp_path)
    assert [path.stem for path in run.files] == ["c", "b", "a"]
    assert len(list(open_foreign(run.files).frames())) == 30


def test_files_that_say_different_things_are_different_runs(tmp_path):
    text = (DATA / "pw-md.out").read_text()
    text = text.replace("is set once at start", "is controlled by velocity rescaling (rescale-v)")
    place = text.index("Starting temperature")
    line = text[place : text.index("\n", place)]
    for kelvin in (700, 900):
        (tmp_path / f"{kelvin}.out").write_text(text.replace(line, f"Starting temperature = {kelvin}.0 K"))
    assert [run.name.split("/")[-1] for run in find_runs(tmp_path)] == ["700.out", "900.out"]


@pytest.mark.parametrize(
    ("name", "kelvin", "gpa"),
    [
        ("P200/T900", 900.0, 200.0),
        ("200GPa/900K/run2", 900.0, 200.0),
        ("T_el=300/T=900", 900.0, None),
        ("PBE-64/p150_t1000", 1000.0, 150.0),
        ("test2/run3", None, None),
        ("T800/T900", 900.0, None),
        ("P200/t4", None, 200.0),
        ("T900/p1", 900.0, None),
        ("t40K/p5GPa", 40.0, 5.0),
        ("t-900/p_150", 900.0, 150.0),
    ],
)
def test_names_of_folders_say_the_state(name, kelvin, gpa):
    run = FoundRun(name, ())
    assert (run.temperature_k, run.pressure_gpa) == (kelvin, gpa)


def test_what_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match="There is no"):
        find_runs(tmp_path / "nowhere")
    assert find_runs(tmp_path) == []


def test_the_structure_that_a_run_of_ipi_began_with_is_left_out(tmp_path):
    put(tmp_path / "T900", "run.pos_0.xyz", "run.out")
    text = (DATA / "run.pos_0.xyz").read_text().splitlines()
    start = [text[0], text[1][: text[1].index("Step:")] + "positions{angstrom} cell{angstrom}", *text[2:10]]
    (tmp_path / "T900/init.xyz").write_text("\n".join(start) + "\n")
    (run,) = find_runs(tmp_path)
    source = open_foreign(run.files)
    assert len(list(source.frames())) > 1
    assert "init.xyz tells no step of a run: left out." in source.notes
    assert [path.name for path in source.files] == ["run.pos_0.xyz", "run.out"]
    with pytest.raises(NoTrajectoryError, match=r"init.xyz tells no step of a run"):
        open_foreign([tmp_path / "T900/init.xyz"])
