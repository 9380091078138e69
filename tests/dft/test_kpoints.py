"""k-point lists, and that they sample what a repeated cell holds."""

import pytest
from ase.build import make_supercell

from llpt.dft.kpoints import monkhorst_pack, parse_kpoints
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
