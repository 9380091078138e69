"""VASP's files, written here in the layout of VASP 6.4 with numbers that are known."""

import bz2
import gzip
import lzma
import re

import h5py
import numpy as np
import pytest
from ase import Atoms
from ase.io import write

from llpt import open_trajectory
from llpt.errors import InputError
from llpt.study.import_theory import rounding_told
from llpt.trajectory import Facts
from llpt.trajectory.foreign import Contents, ForeignReader, open_foreign
from llpt.trajectory.foreign.folders import find_runs
from llpt.trajectory.foreign.statements import check_statements
from llpt.units import BOLTZMANN_EV_PER_K

CELL = 3.0 * np.eye(3)
SIGMA_EV = 900.0 * BOLTZMANN_EV_PER_K


def numbers(step):
    """Fractions, forces, stress in kB (compression positive), F, E and kinetic energy of an ionic step."""
    random = np.random.default_rng(step)
    fractions = np.array([[0.98 + 0.03 * step, 0.1, 0.2], [0.3 + 0.03 * step, 0.5, 0.6]])
    stress = np.array([[1500.0, 10.0, 20.0], [10.0, 1600.0, 30.0], [20.0, 30.0, 1700.0]]) + step
    return fractions % 1.0, random.normal(size=(2, 3)), stress, -6.5 + 0.1 * step, -6.4 + 0.1 * step, 0.3 + 0.01 * step


def rows(table, tag="v"):
    return "".join(f"<{tag}>{' '.join(f'{value:.8f}' for value in row)}</{tag}>\n" for row in table)


def vasprun(path, steps=4, cut=None, *, first=0, temperature=900.0, ibrion=0):
    calculations = ""
    for step in range(first, first + steps):
        fractions, forces, stress, free, internal, kinetic = numbers(step)
        # the outer e_wo_entrp is the wrong one of some versions
        calculations += f"""<calculation><scstep><energy><i name="e_fr_energy">{free + 0.001}</i>
<i name="e_wo_entrp">{internal + 0.001}</i><i name="e_0_energy">0.0</i></energy></scstep>
<structure><crystal><varray name="basis">{rows(CELL)}</varray></crystal>
<varray name="positions">{rows(fractions)}</varray></structure>
<varray name="forces">{rows(forces)}</varray><varray name="stress">{rows(stress)}</varray>
<energy><i name="e_fr_energy">{free}</i><i name="e_wo_entrp">{free}</i><i name="e_0_energy">{free}</i>
<i name="kinetic">{kinetic}</i><i name="lattice kinetic">0.0</i><i name="total">{free + kinetic}</i></energy>
</calculation>
"""
    text = f"""<?xml version="1.0" encoding="ISO-8859-1"?>
<modeling><generator><i name="program" type="string">vasp </i></generator>
<incar><i type="int" name="IBRION">{ibrion}</i><i name="POTIM">0.2</i></incar>
<parameters><separator name="general"><i name="TEBEG">{temperature}</i><i name="TEEND">{temperature}</i>
<i name="POTIM">0.2</i><i type="int" name="ISMEAR">-1</i><i name="SIGMA">{SIGMA_EV}</i><i name="PSTRESS">0.0</i>
<i type="int" name="ISIF">2</i></separator></parameters>
<atominfo><atoms>2</atoms><types>1</types>
<array name="atoms"><set><rc><c>H </c><c>1</c></rc><rc><c>H </c><c>1</c></rc></set></array>
<array name="atomtypes"><set><rc><c>2</c><c>H </c><c>1.00000000</c><c>1.0</c><c>PAW_PBE H</c></rc></set></array>
</atominfo>
{calculations}</modeling>
"""
    path.write_text(text[:cut])
    return path


HEADER = """   VRHFIN =H: ultrasoft test
   POMASS =    1.000; ZVAL   =    1.000    mass and valenz
   ions per type =               2
  POMASS =   1.00
"""
LATTICE = """      direct lattice vectors                 reciprocal lattice vectors
     3.000000000  0.000000000  0.000000000     0.333333333  0.000000000  0.000000000
     0.000000000  3.000000000  0.000000000     0.000000000  0.333333333  0.000000000
     0.000000000  0.000000000  3.000000000     0.000000000  0.000000000  0.333333333
"""


def outcar(path, steps=4, shift=0.0, header="", *, first=0):
    text = f""" vasp.6.4.2 20Jul23 (build) complex
{header}   ISMEAR =    -1;   SIGMA  =   {SIGMA_EV:.6f}  broadening in eV
   IBRION =      0    ionic relax: 0-MD
   ISIF   =      3    stress and relaxation
   POTIM  = 0.2000    time-step for ionic-motion
   TEBEG  =  900.0;   TEEND  = 900.0 temperature during run
   PSTRESS= 2000.0 pullay stress
"""
    for step in range(steps):
        fractions, forces, stress, free, internal, kinetic = numbers(first + step)
        (xx, xy, xz), (_, yy, yz), (_, _, zz) = stress
        text += f"""----------- Iteration      {step + 1}(   1)  -----------
  Total       1.0     1.0     1.0
  in kB    {xx:.5f} {yy:.5f} {zz:.5f} {xy:.5f} {yz:.5f} {xz:.5f}
  external pressure =    {np.trace(stress) / 3 - 2000.0:.2f} kB  Pullay stress =     2000.00 kB
 POSITION                                       TOTAL-FORCE (eV/Angst)
 -----------------------------------------------------------------------------------
"""
        for place, force in zip(fractions @ CELL + shift, forces, strict=True):
            text += "  ".join(f"{value:12.6f}" for value in (*place, *force)) + "\n"
        text += f"""  FREE ENERGIE OF THE ION-ELECTRON SYSTEM (eV)
  free  energy   TOTEN  =  {free:.8f} eV

  energy  without entropy= {internal:.8f}  energy(sigma->0) = 0.0
% ion-electron   TOTEN  = {free:.6f}  see above
  kinetic energy EKIN   =  {kinetic:.6f}
  kin. lattice  EKIN_LAT=  0.000000  (temperature  900.00 K)
  total energy   ETOTAL =  {free + kinetic:.6f} eV
"""
    path.write_text(text)
    return path


def xdatcar(path, steps=4, every=1, *, first=0):
    lines = ["H2", "1.0", *("  ".join(f"{value:.6f}" for value in row) for row in CELL), "H", "2"]
    for step in range(0, steps, every):
        lines.append(f"Direct configuration=  {step + 1:4d}")
        lines += ["  ".join(f"{value:.8f}" for value in row) for row in numbers(first + step)[0]]
    path.write_text("\n".join(lines) + "\n")
    return path


def check(frame, step):
    fractions, forces, stress, free, internal, kinetic = numbers(step)
    assert frame.positions_angstrom == pytest.approx(fractions @ CELL, abs=1e-6)
    assert frame.forces_ev_per_angstrom == pytest.approx(forces, abs=1e-5)
    assert (frame.free_energy_ev, frame.internal_energy_ev) == pytest.approx((free, internal), abs=1e-6)
    assert frame.kinetic_energy_ev == pytest.approx(kinetic)
    assert frame.conserved_ev == pytest.approx(free + kinetic)
    xx, yy, zz, yz, xz, xy = -frame.stress_gpa  # 1 kB = 0.1 GPa
    assert np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]]) == pytest.approx(0.1 * stress, abs=1e-5)


def test_vasprun_gives_every_number_in_our_units(tmp_path):
    source = open_foreign([vasprun(tmp_path / "vasprun.xml")])
    frames = list(source.frames())
    assert len(frames) == 4
    for step, frame in enumerate(frames):
        check(frame, step)
    facts = source.facts
    assert (facts.temperature_k, facts.frame_interval_fs, facts.constant_volume) == (900.0, 0.2, True)
    assert facts.electronic_temperature_k == pytest.approx(900.0)
    assert source.masses_u == pytest.approx([1.0, 1.0])


def test_outcar_adds_to_xdatcar_what_it_lacks(tmp_path):
    source = open_foreign([outcar(tmp_path / "OUTCAR"), xdatcar(tmp_path / "XDATCAR")])
    for step, frame in enumerate(source.frames()):
        check(frame, step)
    assert source.facts.pressure_gpa == pytest.approx(200.0)
    assert source.facts.electronic_temperature_k == pytest.approx(900.0, rel=1e-4)


def test_configurations_are_paired_by_their_number(tmp_path):
    source = open_foreign([outcar(tmp_path / "OUTCAR"), xdatcar(tmp_path / "XDATCAR", every=2)])
    frames = list(source.frames())
    check(frames[1], 2)
    assert source.facts.frame_interval_fs == pytest.approx(0.4)


def test_an_outcar_of_another_run_is_refused(tmp_path):
    source = open_foreign([outcar(tmp_path / "OUTCAR", shift=0.05), xdatcar(tmp_path / "XDATCAR")])
    with pytest.raises(InputError, match="is not what"):
        list(source.frames())
    source = open_foreign([outcar(tmp_path / "OUTCAR", steps=2), xdatcar(tmp_path / "XDATCAR")])
    with pytest.raises(InputError, match="ends at ionic step 2"):
        list(source.frames())


def test_pieces_of_one_run_are_joined_without_the_repeated_frame(tmp_path):
    vasprun(tmp_path / "vasprun.xml", steps=2)
    vasprun(tmp_path / "second.xml", steps=3, first=1)
    source = open_foreign([tmp_path / "vasprun.xml", tmp_path / "second.xml"])
    for step, frame in enumerate(source.frames()):
        check(frame, step)
    assert step == 3
    assert "first frame of" in source.notes[0]
    again = open_foreign([tmp_path / "second.xml", tmp_path / "second.xml"])
    assert len(list(again.frames())) == 3
    assert again.notes == [f"{tmp_path / 'second.xml'} only repeats frames of the files before it, and was left out."]
    write(tmp_path / "XDATCAR", [Atoms("H2", scaled_positions=numbers(i)[0], cell=CELL, pbc=True) for i in range(2)])
    assert len(list(open_foreign([tmp_path / "XDATCAR"]).frames())) == 2


def test_pieces_of_different_temperatures_are_different_runs(tmp_path):
    vasprun(tmp_path / "one.xml")
    vasprun(tmp_path / "two.xml", first=4, temperature=1100.0)
    with pytest.raises(InputError, match="another temperature, 1100"):
        open_foreign([tmp_path / "one.xml", tmp_path / "two.xml"])


def test_a_piece_that_follows_a_cut_one_is_kept(tmp_path):
    text = vasprun(tmp_path / "whole.xml").read_text()
    vasprun(tmp_path / "one.xml", steps=4, cut=text.rindex("<energy>"))
    vasprun(tmp_path / "two.xml", steps=4, first=3)
    contents = Contents()
    reader = ForeignReader(
        open_foreign([tmp_path / "one.xml", tmp_path / "two.xml"]),
        frame_interval_fs=0.2,
        electronic_temperature_k=900.0,
    )
    assert len(list(reader.steps(contents))) == 7
    assert not contents.cut
    assert "last frame of" in contents.notes[0]


def test_pieces_in_another_order_than_they_were_run_are_refused(tmp_path):
    a, b, c = (vasprun(tmp_path / f"{first}.xml", first=first) for first in (0, 4, 8))
    assert len(open_trajectory([a, b, c])) == 12
    with pytest.raises(InputError, match=r"Before frame 4 of .*4.xml"):
        open_trajectory([b, a, c])
    with pytest.raises(InputError, match=r"Before frame 4 of .*0.xml"):
        open_trajectory([a, c])


def test_damage_in_the_middle_is_not_called_the_end(tmp_path):
    path = vasprun(tmp_path / "vasprun.xml")
    text = path.read_text()
    path.write_text(text.replace("</structure>", "</strucure>", 2).replace("</strucure>", "</structure>", 1))
    contents = Contents()
    reader = ForeignReader(open_foreign([path]), frame_interval_fs=0.2, electronic_temperature_k=900.0)
    with pytest.raises(InputError, match=r"beginnings of 2 ionic steps .* 1 whole frame.s. come before it"):
        list(reader.steps(contents))
    path.write_text(text + text)
    with pytest.raises(InputError, match=r"beginnings of 4 ionic steps .* 4 whole frame.s. come before it"):
        list(reader.steps(contents))


@pytest.mark.parametrize(
    ("ibrion", "name"),
    [
        (1, "a relaxation"),
        (2, "a relaxation"),
        (-1, "single points"),
        (5, "displacements for phonons"),
        (44, "a search for a saddle point"),
        (99, "something else"),
    ],
)
def test_what_is_no_molecular_dynamics_is_refused_by_name(tmp_path, ibrion, name):
    with pytest.raises(InputError, match=f"{name} .IBRION = {ibrion}"):
        open_foreign([vasprun(tmp_path / "vasprun.xml", ibrion=ibrion)])
    path = outcar(tmp_path / "OUTCAR")
    path.write_text(path.read_text().replace("IBRION =      0", f"IBRION =      {ibrion}"))
    with pytest.raises(InputError, match=name):
        open_foreign([path, xdatcar(tmp_path / "XDATCAR")])


def test_steps_whose_electrons_did_not_converge_are_counted(tmp_path):
    path = vasprun(tmp_path / "vasprun.xml")
    path.write_text(path.read_text().replace("<parameters>", '<parameters><i type="int" name="NELM">1</i>'))
    contents = Contents()
    reader = ForeignReader(open_foreign([path]), frame_interval_fs=0.2, electronic_temperature_k=900.0)
    list(reader.steps(contents))
    assert contents.notes == ["In 4 of 4 frames the electrons did not converge; they are kept."]


@pytest.mark.parametrize("ends", ["EDIFF was not reached (unconverged)", ""])  # VASP 6, VASP 5
def test_an_outcar_counts_the_steps_that_did_not_converge(tmp_path, ends):
    path = outcar(tmp_path / "OUTCAR", header=HEADER + LATTICE + "   NELM   =      2;   NELMIN=  2\n")
    first, *others = path.read_text().split("  Total       1.0")
    others = [f"--- aborting loop because EDIFF is reached ---\n  Total       1.0{other}" for other in others]
    others[1] = others[1].replace("because EDIFF is reached", ends) if ends else others[1].partition("\n")[2]
    first = first.replace("(   1)", "(   2)")
    path.write_text(first + "".join(others).replace("(   1)", "(   2)"))
    assert [frame.unconverged for frame in open_foreign([path]).frames()] == [False, True, False, False]


def learned(path, *, solved=()):
    """Change an OUTCAR into one of a machine-learned force field; of the steps ``solved`` the electrons follow it."""
    first, *steps = path.read_text().split("----------- Iteration ")
    text = first
    for number, step in enumerate(steps):
        iteration, body = step.split("\n", 1)
        energies, ends = body.split("% ion-electron")
        predicted = energies.replace("TOTAL-FORCE (eV/Angst)", "TOTAL-FORCE (eV/Angst) (ML)")
        predicted = predicted.replace("  FREE ENERGIE", "  ML FREE ENERGIE")
        predicted = predicted.replace("free  energy   TOTEN", "free  energy ML TOTEN")
        predicted = predicted.replace("energy  without", "ML energy  without").replace("energy(sig", "ML energy(sig")
        text += predicted.replace("TOTEN  =  -6", "TOTEN  =  -7") if number in solved else predicted
        if number in solved:
            text += f"----------- Iteration {iteration}\n{energies}"
        text += f"% ion-electron{ends}"
    path.write_text(text)
    return path


@pytest.mark.parametrize("solved", [(), (1,)])
@pytest.mark.parametrize("alone", [True, False])
def test_a_machine_learned_force_field_of_vasp_is_read(tmp_path, solved, alone):
    path = learned(outcar(tmp_path / "OUTCAR", header=HEADER + LATTICE), solved=solved)
    source = open_foreign([path] if alone else [path, xdatcar(tmp_path / "XDATCAR")])
    frames = list(source.frames())
    assert len(frames) == 4
    assert [note[: note.index(" steps")] for note in source.notes] == [f"In {4 - len(solved)} of 4"]
    for step, frame in enumerate(frames):
        _, forces, _, free, internal, kinetic = numbers(step)
        assert frame.free_energy_ev == pytest.approx(free, abs=1e-6)
        assert frame.internal_energy_ev == (pytest.approx(internal) if step in solved else None)
        assert frame.kinetic_energy_ev == pytest.approx(kinetic)
        assert frame.forces_ev_per_angstrom == pytest.approx(forces, abs=1e-5)


def test_a_learned_step_that_lacks_its_end_is_never_lost_in_silence(tmp_path):
    path = learned(outcar(tmp_path / "OUTCAR", header=HEADER + LATTICE))
    ends = [line for line in path.read_text().splitlines(keepends=True) if "ETOTAL" in line]
    path.write_text(path.read_text().replace(ends[1], ""))
    with pytest.raises(InputError, match="lacks a line of ionic step 2"):
        list(open_foreign([path]).frames())


def test_an_xdatcar_whose_elements_change_their_order_is_refused(tmp_path):
    head = ["1.0", *("  ".join(f"{value:.6f}" for value in row) for row in CELL)]
    rows = ["0.1 0.1 0.1", "0.5 0.5 0.5"]
    lines = []
    for number, elements in enumerate(["H O", "H O", "O H"]):
        lines += ["title", *head, elements, "1 1", f"Direct configuration= {number + 1}", *rows]
    path = tmp_path / "XDATCAR"
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(InputError, match=r"Frame 2 of .* other kinds"):
        list(open_foreign([path]).frames())


def test_an_outcar_one_step_shorter_than_its_xdatcar_gives_what_both_have(tmp_path):
    source = open_foreign([outcar(tmp_path / "OUTCAR", steps=3), xdatcar(tmp_path / "XDATCAR")])
    contents = Contents()
    assert len(list(ForeignReader(source, frame_interval_fs=0.2, electronic_temperature_k=900.0).steps(contents))) == 3
    assert contents.cut


def test_forces_that_are_printed_now_and_then_count_as_missing(tmp_path):
    path = outcar(tmp_path / "OUTCAR")
    lines = path.read_text().splitlines(keepends=True)
    second = [number for number, line in enumerate(lines) if "TOTAL-FORCE" in line][1]
    path.write_text("".join(lines[:second] + lines[second + 4 :]))
    contents = Contents()
    reader = ForeignReader(
        open_foreign([path, xdatcar(tmp_path / "XDATCAR")]), frame_interval_fs=0.2, electronic_temperature_k=900.0
    )
    found = [frame for _, frame in reader.steps(contents)]
    assert np.isnan(found[1].forces_ev_per_angstrom).all()
    assert "forces" in contents.missing
    assert "Forces are in some frames only" in contents.notes[-1]
    assert not np.isnan(found[2].forces_ev_per_angstrom).any()


def test_a_negative_scale_is_a_volume_and_an_element_may_come_twice(tmp_path):
    path = xdatcar(tmp_path / "XDATCAR")
    text = path.read_text().replace("\n1.0\n", "\n-216.0\n", 1).replace("\nH\n2\n", "\nH H\n1 1\n", 1)
    path.write_text(text)
    source = open_foreign([path])
    assert next(source.frames()).cell_angstrom == pytest.approx(6.0 * np.eye(3))
    assert source.numbers.tolist() == [1, 1]


@pytest.mark.parametrize(("ending", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)])
def test_packed_files_are_read(tmp_path, ending, pack):
    for name, write_file in (("XDATCAR", xdatcar), ("vasprun.xml", vasprun)):
        plain = write_file(tmp_path / name)
        packed = tmp_path / f"{name}{ending}"
        packed.write_bytes(pack(plain.read_bytes()))
        assert len(list(open_foreign([packed]).frames())) == 4


def test_a_last_number_that_is_cut_short_is_no_number(tmp_path):
    path = xdatcar(tmp_path / "XDATCAR")
    path.write_text(path.read_text()[:-4])
    contents = Contents()
    reader = ForeignReader(open_foreign([path]), frame_interval_fs=0.2, electronic_temperature_k=900.0)
    assert len(list(reader.steps(contents))) == 3
    assert contents.cut


def test_an_outcar_alone_is_a_run(tmp_path):
    path = outcar(tmp_path / "OUTCAR", header=HEADER + LATTICE)
    source = open_foreign([path])
    frames = list(source.frames())
    assert source.numbers.tolist() == [1, 1]
    assert source.masses_u.tolist() == [1.0, 1.0]
    assert (source.facts.temperature_k, source.facts.pressure_gpa) == (900.0, 200.0)
    assert len(frames) == 4
    for step, frame in enumerate(frames):
        check(frame, step)
        assert frame.cell_angstrom == pytest.approx(CELL)


def test_a_step_of_an_outcar_that_lacks_a_line_is_never_lost_in_silence(tmp_path):
    path = outcar(tmp_path / "OUTCAR", header=HEADER + LATTICE)
    text = path.read_text()
    ends = [line for line in text.splitlines(keepends=True) if "ETOTAL" in line]
    path.write_text(text.replace(ends[1], ""))
    with pytest.raises(InputError, match="lacks a line of ionic step 2"):
        list(open_foreign([path]).frames())
    path.write_text(text.replace(ends[-1], ""))
    reader, contents = (
        ForeignReader(open_foreign([path]), frame_interval_fs=0.2, electronic_temperature_k=900.0),
        Contents(),
    )
    assert len(list(reader.steps(contents))) == 3
    assert contents.cut


@pytest.mark.parametrize("alone", [True, False])
def test_a_whole_step_that_an_outcar_lacks_is_counted(tmp_path, alone):
    files = [outcar(tmp_path / "OUTCAR", steps=6, header=HEADER + LATTICE)]
    files += [] if alone else [xdatcar(tmp_path / "XDATCAR", steps=6)]
    step = re.compile(r"-+ Iteration +3\(.*?(?=-+ Iteration +4\()", re.DOTALL)
    files[0].write_text(step.sub("", files[0].read_text()))
    with pytest.raises(
        InputError, match="from 2 to 4, not by 1: 1 frame is missing" if alone else "no ionic step 3, of"
    ):
        read(files)


@pytest.mark.parametrize(
    ("name", "old", "new", "cause"),
    [
        ("vasprun.xml", '<varray name="forces"><v>', '<varray name="forces"><v>****', "forces of ionic step 1"),
        ("XDATCAR", "\n1.0\n", "\n0.0\n", "the scale of the cell, which is not 0"),
        ("XDATCAR", "Direct configuration=     2", "Direct configuration=     x", "the number of a configuration"),
        ("OUTCAR", "  in kB    ", "  in kB    ****** ", "a line of the stress"),
    ],
)
def test_a_number_of_vasp_that_is_none_is_named_with_its_place(tmp_path, name, old, new, cause):
    writers = {"vasprun.xml": vasprun, "XDATCAR": xdatcar, "OUTCAR": lambda path: outcar(path, header=HEADER + LATTICE)}
    path = writers[name](tmp_path / name)
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(InputError, match=cause) as refused:
        read([path])
    assert "could not" not in str(refused.value)


def read(files):
    """Return the frames as an import reads them."""
    reader = ForeignReader(open_foreign(files), frame_interval_fs=0.2, electronic_temperature_k=900.0)
    return list(reader.steps(Contents()))


def test_an_outcar_without_its_potentials_needs_the_elements(tmp_path):
    path = outcar(tmp_path / "OUTCAR", header=HEADER.replace("VRHFIN", "taken out") + LATTICE)
    with pytest.raises(InputError, match="does not name its atoms") as refused:
        open_foreign([path])
    assert "--elements" in refused.value.remedy
    assert open_foreign([path], elements=["H"]).numbers.tolist() == [1, 1]


def vaspout(path, steps=4):
    made = [numbers(step) for step in range(steps)]
    fractions, forces, stress, free, _, kinetic = (np.array(column) for column in zip(*made, strict=True))
    with h5py.File(path, "w") as file:
        place = file.create_group("intermediate/ion_dynamics")
        place["position_ions"], place["forces"], place["stress"] = fractions, forces, stress
        place["lattice_vectors"] = np.array([CELL / 1.5] * steps)
        place["scale"] = 1.5
        labels = ("ion-electron   TOTEN", "kinetic energy EKIN", "temperature    TEIN", "total energy   ETOTAL")
        place["energies_tags"] = np.array(labels, dtype="S")
        place["energies"] = np.column_stack([free, kinetic, kinetic / (1.5 * BOLTZMANN_EV_PER_K), free + kinetic])
        place["electronic_step_converged"] = [0, 0, 1, 0]
        file["results/positions/ion_types"] = np.array(["H "], dtype="S")
        file["results/positions/number_ion_types"] = [2]
        for name, value in {"TEBEG": 900.0, "ISMEAR": -1, "SIGMA": SIGMA_EV, "POTIM": 0.2, "ISIF": 2}.items():
            file[f"input/incar/{name}"] = value
    return path


def test_vaspout_gives_what_the_xml_gives_but_the_internal_energy(tmp_path):
    source = open_foreign([vaspout(tmp_path / "vaspout.h5")])
    xml = open_foreign([vasprun(tmp_path / "vasprun.xml")])
    assert source.program == "VASP"
    assert source.facts.electronic_temperature_k == pytest.approx(900.0)
    assert source.facts.frame_interval_fs == 0.2
    for one, other in zip(source.frames(), xml.frames(), strict=True):
        assert one.positions_angstrom == pytest.approx(other.positions_angstrom)
        assert one.forces_ev_per_angstrom == pytest.approx(other.forces_ev_per_angstrom, abs=1e-6)
        assert one.stress_gpa == pytest.approx(other.stress_gpa)
        assert (one.free_energy_ev, one.kinetic_energy_ev) == (other.free_energy_ev, other.kinetic_energy_ev)
        assert one.internal_energy_ev is None
    assert [frame.unconverged for frame in source.frames()] == [False, False, True, False]


def test_xdatcar_without_elements_is_refused(tmp_path):
    path = xdatcar(tmp_path / "XDATCAR")
    path.write_text(path.read_text().replace("\nH\n", "\n"))
    with pytest.raises(InputError, match="elements"):
        open_foreign([path])


def test_the_masses_of_the_potentials_count_whichever_files_give_them(tmp_path):
    heavy = HEADER.replace("  POMASS =   1.00\n", "  POMASS =   2.014\n") + LATTICE
    alone, beside = outcar(tmp_path / "OUTCAR", header=heavy), xdatcar(tmp_path / "XDATCAR")
    masses = {}
    for name, files in {"alone": [alone], "both": [alone, beside], "positions": [beside]}.items():
        source = open_foreign(files)
        contents = Contents()
        reader = ForeignReader(source, frame_interval_fs=0.2, electronic_temperature_k=900.0)
        list(reader.steps(contents))
        masses[name] = contents.mass_u
    assert masses == pytest.approx({"alone": 4.028, "both": 4.028, "positions": 2.016})
    path = vaspout(tmp_path / "vaspout.h5")
    assert open_foreign([path]).masses_u is None
    with h5py.File(path, "a") as file:
        file["input/incar/POMASS"] = [2.014]
    assert open_foreign([path]).masses_u.tolist() == [2.014, 2.014]


@pytest.mark.parametrize(
    ("tags", "held"),
    [
        ({"SMASS": -3}, False),
        ({"SMASS": -3, "MDALGO": 2}, False),
        ({"SMASS": -3, "MDALGO": 3}, True),
        ({"SMASS": 0}, True),
        ({"MDALGO": 1, "ANDERSEN_PROB": 0.0}, False),
        ({"MDALGO": 1, "ANDERSEN_PROB": 0.1}, True),
    ],
)
def test_without_a_thermostat_tebeg_is_that_of_the_first_velocities_alone(tmp_path, tags, held):
    said = "".join(f'<i name="{name}">{value}</i>' for name, value in tags.items())
    path = vasprun(tmp_path / "vasprun.xml")
    path.write_text(path.read_text().replace("</incar>", said + "</incar>"))
    assert open_foreign([path]).facts.temperature_k == (900.0 if held else None)
    path = vaspout(tmp_path / "vaspout.h5")
    with h5py.File(path, "a") as file:
        for name, value in ({"MDALGO": 0} | tags).items():
            file[f"input/incar/{name}"] = value
    assert open_foreign([path]).facts.temperature_k == (900.0 if held else None)


def test_an_outcar_that_does_not_say_what_holds_its_temperature_is_told_by_its_incar(tmp_path):
    path = outcar(tmp_path / "OUTCAR", header=HEADER + LATTICE + "   SMASS  =  -3.00    Nose mass-parameter (am)\n")
    incar = tmp_path / "INCAR"
    assert open_foreign([path]).facts.temperature_k is None  # of the first velocities alone
    for tags, kelvin in (("MDALGO = 3", 900.0), ("MDALGO = 0", None)):
        incar.write_text(tags)
        assert open_foreign([path]).facts.temperature_k == kelvin


THEORY = '<i name="GGA" type="string">{}</i><i name="ENMAX">{}</i></separator>'


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        ('name="ISIF">2', 'name="ISIF">3', "another ensemble, constant volume False, than .*, True: two runs"),
        ("</separator>", THEORY.format("PS", 400.0), "computed with functional pbesol, .* with functional pbe: two th"),
        (
            "</separator>",
            THEORY.format("PE", 800.0),
            "computed with cutoff 800 eV, .* with cutoff 400 eV: two theories",
        ),
        ("PAW_PBE H<", "PAW_PBE H_h<", "computed with potential of H PAW_PBE H_h, .* PAW_PBE H: two theories"),
    ],
)
def test_pieces_of_another_ensemble_or_theory_are_different_runs(tmp_path, old, new, cause):
    files = [vasprun(tmp_path / f"vasprun.{part}.xml", first=first) for part, first in ((1, 0), (2, 4))]
    for file, change in zip(files, (None, (old, new)), strict=True):
        text = file.read_text()
        assert old in text
        text = text if change is None else text.replace(*change)
        file.write_text(text if "ENMAX" in text else text.replace("</separator>", THEORY.format("PE", 400.0)))
    with pytest.raises(InputError, match=cause):
        open_foreign(files)
    assert len(find_runs(tmp_path)) == 2


def read_all(files, *, electronic):
    contents = Contents()
    reader = ForeignReader(open_foreign(files), frame_interval_fs=0.2, electronic_temperature_k=electronic)
    list(reader.steps(contents))
    return contents


@pytest.mark.parametrize("electronic", [900.0, 0.0])
def test_e_that_only_the_solved_electrons_of_a_learned_run_have_counts_as_missing(tmp_path, electronic):
    path = learned(outcar(tmp_path / "OUTCAR", header=HEADER + LATTICE), solved=(1,))
    contents = read_all([path], electronic=electronic)
    assert contents.frames == 4
    told = "E is in some frames only, so it counts as missing."
    assert (told in contents.notes) == (electronic > 0.0)
    assert ("internal_energy_ev" in contents.missing) == (electronic > 0.0)


def test_energies_that_are_equal_now_and_then_are_taken_where_nobody_says_how_warm_electrons_are(tmp_path):
    path = vasprun(tmp_path / "vasprun.xml")
    text = path.read_text()
    _, _, _, free, internal, _ = numbers(0)
    for old in {f"{internal:.8f}", f"{internal}"}:  # of the first step alone
        text = text.replace(old, f"{free}")
    path.write_text(text)
    contents = read_all([path], electronic=None)
    assert contents.frames == 4
    assert "entropy_ev_per_k" in contents.missing
    assert "internal_energy_ev" not in contents.missing


def test_masses_of_100_and_more_leave_no_blank_between_them(tmp_path):
    header = """   VRHFIN =Pb: 5d10
   VRHFIN =I : s2p5
   VRHFIN =H : ultrasoft test
   ions per type =               1   1   1
  Mass of Ions in am
   POMASS = 207.20126.90
   POMASS =   1.00
"""
    path = outcar(tmp_path / "OUTCAR", header=header + LATTICE)
    assert open_foreign([path]).masses_u.tolist() == [207.2, 126.9, 1.0]


def test_a_sigma_of_two_decimals_is_no_temperature_of_the_electrons(tmp_path):
    path = outcar(tmp_path / "OUTCAR", header=HEADER + LATTICE)
    path.write_text(path.read_text().replace(f"{SIGMA_EV:.6f}", "0.08"))
    facts = open_foreign([path]).facts
    assert facts.electronic_temperature_k == pytest.approx(928.4, abs=0.1)
    assert facts.electronic_rounding_k == pytest.approx(58.0, abs=0.1)
    check_statements(facts, Facts(electronic_temperature_k=900.0), "it")
    with pytest.raises(InputError, match=r"it states electronic_temperature_k = 928\.361, not 800"):
        check_statements(facts, Facts(electronic_temperature_k=800.0), "it")
    (told,) = rounding_told(facts, facts.electronic_temperature_k)
    assert told.startswith("Its files print SIGMA with so few digits that T_el is 928 K to within 58 K only")
    assert rounding_told(facts, 900.0) == ()
    for sigma, kelvin, rounding in ((SIGMA_EV, 900.0, 0.0), (0.2, 928.4, 58.0)):  # of another run
        (tmp_path / "INCAR").write_text(f"SIGMA = {sigma}\n")
        facts = open_foreign([path]).facts
        assert facts.electronic_temperature_k == pytest.approx(kelvin, abs=0.1)
        assert facts.electronic_rounding_k == pytest.approx(rounding, abs=0.1)
