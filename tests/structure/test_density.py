"""The rough equation of state agrees with published points and behaves like matter."""

import numpy as np
import pytest

from llpt.errors import InputError
from llpt.structure import starting_density_g_per_cm3, volume_per_atom
from llpt.units import HYDROGEN_MASS_U, U_PER_ANGSTROM3_TO_G_PER_CM3

# Volume per atom (Å³) of the published potential at 1000 K, 1728 atoms.
PUBLISHED_AT_1000_K = {100: 2.403, 150: 2.006, 200: 1.724, 250: 1.559, 300: 1.447, 350: 1.355}


@pytest.mark.parametrize(("pressure", "volume"), PUBLISHED_AT_1000_K.items())
def test_published_volumes(pressure, volume):
    density = HYDROGEN_MASS_U * U_PER_ANGSTROM3_TO_G_PER_CM3 / volume
    assert starting_density_g_per_cm3(pressure, 1000) == pytest.approx(density, rel=0.003)


def test_every_published_volume_within_a_per_cent(reference_directory):
    points = np.loadtxt(reference_directory / "volumes.csv", delimiter=",", skiprows=1)
    errors = [
        starting_density_g_per_cm3(pressure, min(temperature, 3000)) * volume / 1.67377 - 1
        for pressure, temperature, volume in points
    ]
    assert len(errors) == 240
    assert np.max(np.abs(errors)) < 0.01


def test_density_grows_with_pressure_everywhere():
    for temperature in (300, 650, 1000, 1800, 3000):
        isotherm = [starting_density_g_per_cm3(p, temperature) for p in np.linspace(50, 400, 60)]
        assert np.all(np.diff(isotherm) > 0)


def test_hot_fluid_expands():
    for pressure in (50, 100, 200, 400):
        isobar = [starting_density_g_per_cm3(pressure, t) for t in (1000, 1500, 2000, 3000)]
        assert np.all(np.diff(isobar) < 0)
        assert isobar[-1] > 0.88 * isobar[0]


@pytest.mark.parametrize(("pressure", "temperature"), [(10, 1000), (500, 1000), (200, 100), (200, 5000), (200, -5)])
def test_outside_the_table_is_refused(pressure, temperature):
    with pytest.raises(InputError, match="starting density"):
        starting_density_g_per_cm3(pressure, temperature)


def test_volume_from_either_measure_of_density():
    volume = volume_per_atom(wigner_seitz_radius=1.4)
    assert volume == pytest.approx(4 / 3 * np.pi * (1.4 * 0.529177210903) ** 3, rel=1e-12)
    assert volume_per_atom(density_g_per_cm3=1.67377 / volume) == pytest.approx(volume, rel=1e-4)
