"""Constants against independent values and each other."""

import ase.units
import pytest

from llpt import units


def test_hartree_is_codata_2018():
    assert units.HARTREE_TO_EV == pytest.approx(27.211386245988, abs=1e-12)


def test_pressure_of_one_hartree_per_cubic_bohr():
    assert units.HARTREE_PER_BOHR3_TO_GPA == pytest.approx(29421.015697, rel=1e-9)


def test_close_to_ase_but_for_its_older_codata():
    assert units.HARTREE_TO_EV == pytest.approx(ase.units.Hartree, rel=2e-8)
    assert units.EV_PER_ANGSTROM3_TO_GPA == pytest.approx(1 / ase.units.GPa, rel=2e-8)
    assert units.U_ANGSTROM2_PER_FS2_TO_EV == pytest.approx(ase.units.fs**-2, rel=1e-7)


def test_density_of_hydrogen_at_wigner_seitz_radius():
    volume = units.volume_per_atom_angstrom3(1.40)
    assert units.wigner_seitz_radius_bohr(volume) == pytest.approx(1.40, abs=1e-12)
    # rho r_s^3 = 2.6966 g/cm^3 for hydrogen (1.67382e-24 g in a sphere of one bohr, 6.20715e-25 cm^3).
    assert units.hydrogen_density_g_per_cm3(volume) * 1.40**3 == pytest.approx(2.6966, abs=5e-4)
