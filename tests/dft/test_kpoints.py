"""k-point lists, and that they sample what a repeated cell holds."""

import pytest
import torch
from ase.build import make_supercell

from llpt.dft.kpoints import check_kpoints, kpoints_in_cell, monkhorst_pack, parse_kpoints
from llpt.dft.scf import ScfSettings, solve_scf
from llpt.errors import InputError


def test_words_and_points():
    assert parse_kpoints("gamma").fractional == ((0.0, 0.0, 0.0),)
    assert parse_kpoints("0.1, -0.2,0.3").fractional == ((0.1, -0.2, 0.3),)
    two = parse_kpoints("0,0,0;0.5,0,0")
    assert two.weights == (0.5, 0.5)


def test_monkhorst_pack_keeps_one_of_each_pair():
    grid = monkhorst_pack((2, 2, 2))
    assert len(grid.fractional) == 4
    assert sum(grid.weights) == pytest.approx(1.0)
    assert monkhorst_pack((3, 1, 1)).weights == pytest.approx((2 / 3, 1 / 3))


@pytest.mark.parametrize("text", ["middle", "0.1,0.2", "0x1x1", "nan,0,0", ""])
def test_nonsense_is_refused(text):
    with pytest.raises(InputError):
        parse_kpoints(text)


def test_a_spacing_samples_cells_of_every_size_alike():
    cube = torch.eye(3, dtype=torch.float64)
    # 2 pi / 8 bohr = 0.785/bohr = 1.484/Å
    assert kpoints_in_cell("spacing:1.49", 8.0 * cube) == parse_kpoints("mean-value")
    assert kpoints_in_cell("spacing:1.48", 8.0 * cube) == monkhorst_pack((2, 2, 2))
    assert kpoints_in_cell("spacing:0.75", 8.0 * cube) == monkhorst_pack((2, 2, 2))
    assert kpoints_in_cell("spacing:0.75", 4.0 * cube) == monkhorst_pack((4, 4, 4))
    sheared = torch.tensor([[8.0, 0.0, 0.0], [6.0, 8.0, 0.0], [0.0, 0.0, 16.0]], dtype=torch.float64)
    # The first reciprocal vector grows to 2 pi / 8 (1 + 0.75^2)^(1/2) = 1.855/Å.
    assert kpoints_in_cell("spacing:1.5", sheared) == monkhorst_pack((2, 1, 1))
    assert kpoints_in_cell("1x1x2", sheared) == parse_kpoints("1x1x2")


@pytest.mark.parametrize("text", ["spacing:", "spacing:0", "spacing:-1", "spacing:nan", "spacing:wide"])
def test_a_spacing_that_is_none_is_refused(text):
    with pytest.raises(InputError, match="1/Å above 0"):
        check_kpoints(text)


def test_the_refusal_names_what_the_reader_understands():
    with pytest.raises(InputError, match="spacing:S"):
        check_kpoints("dense")
    with pytest.raises(InputError) as refused:
        parse_kpoints("dense")
    assert "spacing" not in str(refused.value)


def test_two_kpoints_equal_a_doubled_cell(fluid, make_problem):
    fluid = fluid[:4]
    settings = ScfSettings(energy_tolerance=1e-12, orbital_tolerance=1e-7)
    # k = (+-1/4, 0, 0) fold onto (1/2, 0, 0) of the cell doubled along x.
    once = solve_scf(make_problem(fluid, cutoff=20.0, kpoints="0.25,0,0;-0.25,0,0"), settings)
    doubled = make_supercell(fluid, [[2, 0, 0], [0, 1, 0], [0, 0, 1]])
    twice = solve_scf(make_problem(doubled, cutoff=20.0, kpoints="0.5,0,0"), settings)
    # The exchange-correlation grids of the two cells differ a little.
    assert twice.free_energy == pytest.approx(2 * once.free_energy, abs=2e-6)
    assert twice.stress.numpy() == pytest.approx(once.stress.numpy(), abs=2e-7)
