import numpy as np
import pytest

from llpt.transition import Curve, differences, heat_capacity_j_per_mol_k, heat_capacity_k_b


def enthalpy(values, temperatures):
    size = len(values)
    return Curve(
        "enthalpy",
        "eV/atom",
        np.asarray(temperatures, dtype=float),
        np.asarray(values, dtype=float),
        np.full(size, 0.001),
        np.full(size, 10.0),
        np.full(size, np.inf),
        np.full(size, 1000.0),
    )


def test_heat_capacity_of_a_harmonic_crystal_is_dulong_petit():
    temperatures = np.array([500.0, 600.0, 800.0])
    slopes = [item.slope for item in differences(enthalpy(3.0 * 8.617333262e-5 * temperatures, temperatures))]
    for slope in slopes:
        assert heat_capacity_k_b(slope).value == pytest.approx(3.0)
        assert heat_capacity_j_per_mol_k(slope).value == pytest.approx(3.0 * 8.314462618)
        assert heat_capacity_j_per_mol_k(slope).unit == "J/mol/K"
    assert slopes[0].error == pytest.approx(0.001 * 2.0**0.5 / 100.0)


def test_peak_of_a_jump_is_set_by_the_grid_and_its_integral_is_not():
    coarse = differences(enthalpy([0.0, 0.0, 0.06, 0.06], [700.0, 800.0, 900.0, 1000.0]))
    fine = differences(enthalpy([0.0, 0.0, 0.06, 0.06], [700.0, 840.0, 860.0, 1000.0]))
    assert fine[1].slope.value == pytest.approx(5.0 * coarse[1].slope.value)
    assert fine[1].change.value == coarse[1].change.value == pytest.approx(0.06)
    assert fine[1].spacing == 20.0
    assert fine[1].midpoint == 850.0


def test_relative_density_jump_is_positive_where_the_density_rises():
    (jump,) = differences(enthalpy([1.00, 1.03], [850.0, 900.0]))
    assert jump.relative.value == pytest.approx(0.03 / 1.015)
