"""Files are read as they are, and every way they can be wrong is one clear sentence."""

import numpy as np
import pytest
from ase import Atoms
from ase.io import write

from llpt.errors import InputError
from llpt.structure import check_structure, closest_pair, molecular_fluid, read_structures


@pytest.fixture
def fluid():
    return molecular_fluid(atoms=16, seed=0, wigner_seitz_radius=1.4)


def test_frames_come_back(tmp_path, fluid):
    write(tmp_path / "two.extxyz", [fluid, fluid])
    frames = read_structures(tmp_path / "two.extxyz")
    assert len(frames) == 2
    assert np.allclose(frames[1].positions, fluid.positions, atol=1e-7)
    assert len(read_structures(tmp_path / "two.extxyz", index="-1")) == 1


def test_published_structures(reference_directory):
    for name in ("M-64", "A-64"):
        (frame,) = read_structures(reference_directory / f"{name}.extxyz", elements={"H"})
        assert len(frame) == 64
        assert frame.pbc.all()


@pytest.mark.parametrize(
    "header",
    [
        'Lattice="{cell}" Properties=species:S:1:pos:R:3 pbc="T T T" name="H-H-Cmce-4" pressure_GPa=400.0291',
        'Lattice="{cell}" Properties=species:S:1:pos:R:3',
        'Lattice="{cell}" Properties=species:S:1:pos:R:3:forces:R:3 energy=-3.1 pbc="T T T" config_type="rerun"',
    ],
)
def test_headers_as_published_sets_have_them(tmp_path, header):
    """A slanted cell, atoms outside it, keys of others."""
    cell = "1.54447 0.0 0.0 -0.77222781 1.36913616 0.0 0.0 0.0 2.39305"
    forces = " 0.1 -0.2 0.3" if "forces" in header else ""
    atoms = "".join(f"H {0.4 * number:.3f} -0.36397294 {0.7 * number:.3f}{forces}\n" for number in range(4))
    (tmp_path / "solid.extxyz").write_text(f"4\n{header.format(cell=cell)}\n{atoms}")
    (frame,) = read_structures(tmp_path / "solid.extxyz", elements={"H"})
    assert frame.cell.array[1] == pytest.approx([-0.77222781, 1.36913616, 0.0])
    assert frame.positions[2] == pytest.approx([0.8, -0.36397294, 1.4])


def refused(path):
    with pytest.raises(InputError) as caught:
        read_structures(path)
    assert caught.value.remedy
    return caught.value.cause


@pytest.mark.parametrize(
    ("lines", "number"),
    [
        (["2", "", "H 0 0 0", "H 1 1"], 4),
        (["1", "", "H 0 0 0", "2", "", "H 0 x 0", "H 1 1 1"], 6),
        (["3", 'Lattice="3 0 0 0 3 0 0 0 3" Properties=species:S:1:pos:R:3', "H 0 0 0", "H 1 1 1"], 4),
        (["1", 'Lattice="3 0 0 0 3 0 0 0"', "H 0 0 0"], 2),
        (["many", "", "H 0 0 0"], 1),
    ],
)
def test_the_line_that_breaks_an_xyz_file_is_named(tmp_path, lines, number):
    (tmp_path / "broken.extxyz").write_text("\n".join([*lines, ""]))
    assert f"broken.extxyz, line {number}, cannot be read: " in refused(tmp_path / "broken.extxyz")


def test_frames_after_an_empty_line_are_not_passed_over(tmp_path):
    frame = "1\nh\nH 0 0 0\n"
    path = tmp_path / "two.xyz"
    path.write_text(frame + "\n" + frame)
    with pytest.raises(InputError, match=r"two\.xyz has an empty line, 4, with structures after it"):
        read_structures(path, periodic=False)
    path.write_text(frame + frame + "\n\n")
    assert len(read_structures(path, periodic=False)) == 2


def test_absent_and_empty(tmp_path):
    assert "no structure file" in refused(tmp_path / "nowhere.extxyz")
    (tmp_path / "empty.extxyz").touch()
    assert "is empty" in refused(tmp_path / "empty.extxyz")
    assert "no structure file" in refused(tmp_path)


@pytest.mark.parametrize("name", ["torn.extxyz", "POSCAR", "noise.cif", "what.ever"])
def test_corrupt(tmp_path, name, fluid):
    write(tmp_path / "whole.extxyz", fluid)
    (tmp_path / name).write_text((tmp_path / "whole.extxyz").read_text()[:300])
    assert name in refused(tmp_path / name)


def test_binary_noise(tmp_path):
    (tmp_path / "noise.extxyz").write_bytes(bytes(range(256)) * 4)
    assert "cannot be read" in refused(tmp_path / "noise.extxyz")


def test_overlap_names_the_pair_and_the_distance(tmp_path, fluid):
    fluid.positions[11] = fluid.positions[4] + [0.1, 0, 0]
    write(tmp_path / "a.extxyz", [fluid])
    cause = refused(tmp_path / "a.extxyz")
    assert "Atoms 4 and 11" in cause
    assert "0.100 Å" in cause


def test_overlap_across_the_boundary_of_a_slanted_cell():
    cell = [[3, 0, 0], [1, 3, 0], [0.5, 0.2, 3]]
    atoms = Atoms("H2", positions=[[0.05, 0.05, 0.05], np.sum(cell, axis=0)], cell=cell, pbc=True)
    with pytest.raises(InputError, match=r"0\.087 Å"):
        check_structure(atoms)


def test_own_image_counts():
    with pytest.raises(InputError, match="its own periodic image"):
        check_structure(Atoms("H", cell=[0.2, 3, 3], pbc=True))


def test_no_flat_and_open_cells(tmp_path, fluid):
    flat = fluid.copy()
    flat.cell[2] = flat.cell[1]
    with pytest.raises(InputError, match="zero volume"):
        check_structure(flat)
    open_ = fluid.copy()
    open_.pbc = (True, True, False)
    with pytest.raises(InputError, match="not periodic"):
        check_structure(open_)
    write(tmp_path / "molecule.xyz", Atoms("H2", positions=[[0, 0, 0], [0, 0, 0.74]]))
    assert "no cell" in refused(tmp_path / "molecule.xyz")
    assert len(read_structures(tmp_path / "molecule.xyz", periodic=False)[0]) == 2


def test_not_finite_positions_name_the_atom(fluid):
    fluid.positions[5, 1] = np.nan
    with pytest.raises(InputError, match="atom 5"):
        check_structure(fluid)


def test_elements(fluid):
    fluid.symbols[3] = "He"
    with pytest.raises(InputError, match=r"Atom 3 .* is He"):
        check_structure(fluid, elements={"H"})


def test_second_frame_is_named(tmp_path, fluid):
    broken = fluid.copy()
    broken.positions[1] = broken.positions[0]
    write(tmp_path / "two.extxyz", [fluid, broken])
    assert "frame 1 of" in refused(tmp_path / "two.extxyz")


def test_fast_and_general_search_agree():
    # The same fluid in its cube and in an equivalent slanted cell, which takes the general search.
    fluid = molecular_fluid(atoms=64, seed=9, wigner_seitz_radius=1.4)
    fluid.positions += 100.0  # far outside the cell
    slanted = fluid.copy()
    slanted.set_cell(fluid.cell.array @ np.eye(3) + np.array([[0, 0, 0], fluid.cell.array[0], [0, 0, 0]]))
    (i, j, fast), (_, _, general) = (closest_pair(x, within_angstrom=1.0) for x in (fluid, slanted))
    assert j == i + 1
    assert fast == pytest.approx(general, abs=1e-9)
