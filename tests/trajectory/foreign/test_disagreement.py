"""Files that contradict themselves or each other are refused in one sentence that names the file."""

import gzip
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from llpt.errors import InputError
from llpt.trajectory.foreign import Contents, ForeignReader, open_foreign

DATA = Path(__file__).parent / "data"
PW = ("pw-md.out",)
CELL_MD = ("pw-vc-md.out",)
CP2K = ("h-pos-1.xyz", "h-vel-1.xyz", "h-frc-1.xyz", "h-1.cell", "h-1.ener", "h-1.stress", "h.out")
LAMMPS = ("run.dump", "lammps.log")
IPI = ("run.pos_0.xyz", "run.vel_0.xyz", "run.for_0.xyz", "run.out")
OF_PYTHON = re.compile(
    r"could not convert|invalid literal|out of bounds|reshape|not enough values|unpack|list index|dtype"
)


def changed(directory, names, name, change):
    """Copy files of a run, one of them changed, and return their paths."""
    for each in names:
        if each == "h.out":
            (directory / each).write_bytes(gzip.decompress((DATA / "h.out.gz").read_bytes()))
        else:
            shutil.copy(DATA / each, directory)
    place = directory / name
    place.write_text(change(place.read_text()))
    return [directory / each for each in names]


def read(files):
    """Return the numbers of the frames as an import reads them, and what was told of them."""
    contents = Contents()
    reader = ForeignReader(open_foreign(files, elements=["H"]), frame_interval_fs=0.5, electronic_temperature_k=None)
    return [record for record, _ in reader.steps(contents)], contents


def put(old, new, count=-1):
    def change(text):
        assert old in text
        return text.replace(old, new, count)

    return change


def matching(pattern, new):
    def change(text):
        assert re.search(pattern, text)
        return re.sub(pattern, new, text, count=1)

    return change


def lines_cut_at(column):
    return lambda text: "".join(line[:column] + "\n" for line in text.splitlines())


def without(start, stop, which):
    """Leave out what stands from the ``which``-th occurrence of a text to the next one of another."""

    def change(text):
        places = [found.start() for found in re.finditer(start, text)]
        return text[: places[which]] + text[text.index(stop, places[which] + 1) :]

    return change


@pytest.mark.parametrize(
    ("names", "name", "change", "cause"),
    [
        (PW, "pw-md.out", matching(r"Starting temperature\s+=\s+\S+", "Starting temperature = ****"), "a temperature"),
        (PW, "pw-md.out", matching(r"atoms/cell\s+=\s+8", "atoms/cell = ab"), "a number of atoms"),
        (PW, "pw-md.out", matching(r"atoms/cell\s+=\s+8", "atoms/cell = 7"), "end of a list of 7 atoms"),
        (PW, "pw-md.out", matching(r"atoms/cell\s+=\s+8", "atoms/cell = 9"), "an atom, of 9"),
        (PW, "pw-md.out", matching(r"Time step  .*", "Time step  = **** a.u.,"), "a time step"),
        (PW, "pw-md.out", matching(r"width \(Ry\)=.*", "width (Ry)= ****"), "a width of smearing"),
        (PW, "pw-md.out", put("H             0.4086", "He            0.4086"), "atom 1 of 8, of kind H"),
        (PW, "pw-md.out", matching(r"\nH  .*", "\\g<0>\\g<0>"), "end of a list of 8 atoms"),
        (PW, "pw-md.out", matching(r"\nH  .*", ""), "atom 8 of 8"),
        (PW, "pw-md.out", without(r"\n!", "\n!", 1), "step goes from 1 to 3, not by 1: 1 frame is missing"),
        (CELL_MD, "pw-vc-md.out", without(r"\n!", "\n!", 1), "step goes from 1 to 3, not by 1: 1 frame is missing"),
        (CP2K, "h-1.ener", lines_cut_at(60), "a row of 4 numbers"),
        (CP2K, "h-1.cell", lines_cut_at(80), "a row of 9 numbers"),
        (CP2K, "h-1.stress", lines_cut_at(60), "a row of 9 numbers"),
        (CP2K, "h-1.ener", put("-4.20", "-8.40"), "has another energy of step 1 than"),
        (CP2K, "h-vel-1.xyz", put("  H ", "  He"), "holds other atoms, or in another order, than"),
        (CP2K, "h-pos-1.xyz", put("       8\n", "      -8\n", 1), "a number of atoms"),
        (CP2K, "h-frc-1.xyz", put("       8\n", "       7\n", 1), "holds other atoms"),
        (CP2K, "h.out", matching(r"(Electronic entropic energy:\s+)\S+", r"\1****"), "an electronic entropic energy"),
        (CP2K, "h.out", matching(r"(?i)(MD_PAR\| temperature \[k\]\s+)\S+", r"\1****"), "a line of the temperature"),
        (
            CP2K,
            "h-1.ener",
            lambda text: "".join(text.splitlines(keepends=True)[:2]),
            "before step 1, and so the last 3 frames",
        ),
        (LAMMPS, "run.dump", put("\n5 1", "\n7 1", 1), "with id 7 stands twice"),
        (LAMMPS, "run.dump", put("\n1 1", "\n9 1", 1), "Frame 1 of .* holds other ids"),
        (LAMMPS, "run.dump", put("\n1 1", "\n1 0"), "which element type 0 is"),
        (LAMMPS, "run.dump", put("\n1 1", "\nx 1", 1), "an atom whose id is a whole number"),
        (LAMMPS, "run.dump", put("TIMESTEP\n2\n", "TIMESTEP\n1e400\n"), "a step"),
        (
            LAMMPS,
            "run.dump",
            without("ITEM: TIMESTEP", "ITEM: TIMESTEP", 2),
            "from 2 to 6, not by 2: 1 frame is missing",
        ),
        (LAMMPS, "lammps.log", matching(r"timestep .*", "timestep ****"), r"time step in .* is '\*\*\*\*'"),
        (IPI, "run.vel_0.xyz", put("H ", "He "), "holds other atoms, or in another order, than"),
    ],
)
def test_what_does_not_fit_is_named_with_its_file(tmp_path, names, name, change, cause):
    files = changed(tmp_path, names, name, change)
    with pytest.raises(InputError, match=cause) as refused:
        read(files)
    assert name in refused.value.cause
    assert not OF_PYTHON.search(str(refused.value))


@pytest.mark.parametrize("lost", [1, 2])
@pytest.mark.parametrize(("names", "name"), [(CP2K, "h-1.ener"), (LAMMPS, "lammps.log"), (IPI, "run.out")])
def test_a_file_that_lacks_the_last_steps_costs_these_steps_and_they_are_counted(tmp_path, names, name, lost):
    whole, _ = read(changed(tmp_path, names, name, lambda text: text))

    def cut(text):
        rows = [found.start() for found in re.finditer(r"(?m)^(?: +[-+\d.eE]+){4,} *$", text)]
        return text[: rows[-lost] + 20]

    found, contents = read(changed(tmp_path, names, name, cut))
    (note,) = contents.notes
    assert name in note
    told = re.search(r"so the last (\d*) ?frames? of positions cannot be taken", note)
    assert 1 <= int(told[1] or 1) == len(whole) - len(found) <= lost


def test_smeared_electrons_whose_entropy_is_not_told_have_no_internal_energy(tmp_path):
    _, contents = read(changed(tmp_path, PW, "pw-md.out", put("smearing contrib.", "smearing")))
    assert "internal_energy_ev" in contents.missing
    _, contents = read(changed(tmp_path, PW, "pw-md.out", lambda text: text))
    assert "internal_energy_ev" not in contents.missing


def test_a_dump_of_some_atoms_is_told(tmp_path):
    def only_some(text):
        return re.sub(r"\n8 1 .*", "", text.replace("ATOMS\n8\n", "ATOMS\n7\n"))

    files = changed(tmp_path, LAMMPS, "run.dump", lambda text: only_some(text).replace("\n1 1 ", "\n11 1 "))
    assert any("may hold a part of them" in note for note in open_foreign(files, elements=["H"]).notes)
    assert not open_foreign(changed(tmp_path, LAMMPS, "run.dump", only_some), elements=["H"]).notes


def test_a_variable_that_lammps_replaces_is_read_where_it_is_replaced(tmp_path):
    files = changed(tmp_path, LAMMPS, "lammps.log", matching(r"timestep (.*)", "timestep ${dt}\ntimestep \\1"))
    assert open_foreign(files, elements=["H"]).facts.timestep_fs == pytest.approx(
        open_foreign([DATA / name for name in LAMMPS], elements=["H"]).facts.timestep_fs
    )
    assert np.isfinite(open_foreign(files, elements=["H"]).facts.timestep_fs)
