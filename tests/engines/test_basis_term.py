"""The term of a finite set of plane waves: against a free energy whose dependence on the set is known."""

import math

import pytest

from llpt.engines.basis_term import BasisTerm, measure_basis_term
from llpt.errors import EngineError
from llpt.units import ANGSTROM_TO_BOHR

SLOPE_EV = -3.2
ECUT_RY = 60.0
VOLUME = 77.4


def waves(ecut_ry, volume_angstrom3=VOLUME):
    """How many there are in a sphere."""
    return volume_angstrom3 * (ANGSTROM_TO_BOHR * math.sqrt(ecut_ry)) ** 3 / (6 * math.pi**2)


def free_energy(number):
    return -481.0 + SLOPE_EV * math.log(number)


def measured(at_cutoff, known_within_ev=1e-6):
    return measure_basis_term(4094.0, ECUT_RY, at_cutoff, known_within_ev=known_within_ev)


def test_slope_is_that_of_f_with_the_number_of_plane_waves():
    asked = []

    def at_cutoff(ecut_ry):
        asked.append(ecut_ry)
        number = waves(ecut_ry) + 7.0 * math.sin(ecut_ry)  # a small cell takes them in by shells
        return free_energy(number), number

    term = measured(at_cutoff)
    assert asked == [57.0, 63.0]
    assert term.slope_ev == pytest.approx(SLOPE_EV, rel=1e-12)
    assert (term.plane_waves, term.ecut_ry) == (4094.0, ECUT_RY)


def test_cutoffs_farther_apart_where_no_shell_lies_between():
    """Two atoms at Gamma: the next shells lie 12 % below and above."""

    def at_cutoff(ecut_ry):
        number = 19.0 if ecut_ry < 0.88 * ECUT_RY else 27.0 if ecut_ry < 1.12 * ECUT_RY else 33.0
        return free_energy(number) + 1e-7 * (ecut_ry > ECUT_RY), number

    assert measured(at_cutoff).slope_ev == pytest.approx(SLOPE_EV, rel=1e-6)
    with pytest.raises(EngineError, match=r"Within 15% of the cutoff hardly a plane wave comes in"):
        measured(lambda ecut_ry: (-481.0 - 1e-9 * ecut_ry, 27.0))


def test_corrected_free_energy_is_that_of_the_nominal_cutoff():
    term = BasisTerm(SLOPE_EV, 0.97 * waves(ECUT_RY), ECUT_RY)
    corrected = free_energy(0.97 * waves(ECUT_RY)) + term.free_energy_ev(VOLUME)
    assert corrected == pytest.approx(free_energy(waves(ECUT_RY)), abs=1e-10)


def test_stress_is_the_derivative_of_the_free_energy():
    term = BasisTerm(SLOPE_EV, 4000.0, ECUT_RY)
    step = 1e-3
    slope = (term.free_energy_ev(VOLUME + step) - term.free_energy_ev(VOLUME - step)) / (2 * step)
    assert term.stress_ev_per_angstrom3(VOLUME) == pytest.approx(slope, rel=1e-8)


def test_free_energy_that_rises_with_the_cutoff_is_refused():
    with pytest.raises(EngineError, match=r"F rises by 0\.6 eV with the cutoff"):
        measured(lambda ecut_ry: (0.1 * ecut_ry, waves(ecut_ry)))


def test_a_rise_within_the_convergence_is_none():
    assert measured(lambda ecut_ry: (1e-8 * ecut_ry, waves(ecut_ry))).slope_ev == 0.0
