"""A program that was started again from an earlier step writes some frames twice: they are counted and left out."""

import re
import shutil
from pathlib import Path

import pytest

from llpt.errors import InputError
from llpt.trajectory.foreign import Contents, ForeignReader, open_foreign

DATA = Path(__file__).parent / "data"
CP2K = ("h-pos-1.xyz", "h-vel-1.xyz", "h-frc-1.xyz", "h-1.cell", "h-1.ener", "h-1.stress")
FRAME = re.compile(r"(?m)^ +8\n(?:.*\n){9}")


def read(files):
    contents = Contents()
    reader = ForeignReader(open_foreign(files, elements=["H"]), frame_interval_fs=0.5, electronic_temperature_k=None)
    return [frame.positions_angstrom for _, frame in reader.steps(contents)], contents.notes


def restarted(text, back, *, rows):
    """Return a file of CP2K as it is after a restart: the last rows or frames once more, and what came then."""
    parts = text.splitlines(keepends=True) if rows else FRAME.findall(text)
    return "".join(parts[:-1] + parts[-1 - back : -1] + parts[-1:])


@pytest.mark.parametrize("which", ["positions alone", "all files"])
@pytest.mark.parametrize("back", [1, 2])
def test_frames_that_cp2k_wrote_again_after_a_restart_are_left_out(tmp_path, back, which):
    whole, _ = read([Path(shutil.copy(DATA / name, tmp_path)) for name in CP2K])
    for name in CP2K if which == "all files" else CP2K[:1]:
        text = (DATA / name).read_text()
        (tmp_path / name).write_text(restarted(text, back, rows=not name.endswith(".xyz")))
    if which == "positions alone" and back == 2:  # energies of a step that stands before are not looked for again
        with pytest.raises(InputError, match="has nothing of step"):
            read([tmp_path / name for name in CP2K])
        return
    found, notes = read([tmp_path / name for name in CP2K])
    assert len(found) == len(whole)
    assert all((one == other).all() for one, other in zip(found, whole, strict=True))
    told = "1 frame stands" if back == 1 else "2 frames stand"
    assert notes == [f"{told} twice, with the same step or time, and the second was left out."]


def test_a_dump_that_was_appended_to_has_its_last_frame_once(tmp_path):
    shutil.copy(DATA / "lammps.log", tmp_path)
    frames = (DATA / "run.dump").read_text().split("ITEM: TIMESTEP")
    (tmp_path / "run.dump").write_text("ITEM: TIMESTEP".join([*frames[:4], frames[3], *frames[4:]]))
    found, (note,) = read([tmp_path / "run.dump", tmp_path / "lammps.log"])
    assert len(found) == len(frames) - 1
    assert note.startswith("1 frame stands twice")


def test_frames_of_a_step_that_was_made_anew_and_is_another_are_refused(tmp_path):
    shutil.copy(DATA / "lammps.log", tmp_path)
    frames = (DATA / "run.dump").read_text().split("ITEM: TIMESTEP")
    other = frames[3].replace("\n1 1 0.", "\n1 1 1.", 1)
    assert other != frames[3]
    (tmp_path / "run.dump").write_text("ITEM: TIMESTEP".join([*frames[:4], other, *frames[4:]]))
    with pytest.raises(InputError, match="the step goes from 4 to 4"):
        read([tmp_path / "run.dump", tmp_path / "lammps.log"])
