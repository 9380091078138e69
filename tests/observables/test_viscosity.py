import math

import numba
import numpy as np
import pytest
from scipy.signal import lfilter
from tests.dynamics.fast_lennard_jones import pair_sum

from llpt.observables import shear_viscosity
from llpt.observables.viscosity import anisotropies
from llpt.statistics import autocorrelation_integral
from llpt.units import BOLTZMANN_J_PER_K

TIMESTEP = 0.005


@numba.njit(cache=True)
def stress_of_a_run(positions, velocities, edge, steps, temperature):
    """Return the pressure tensor times the volume at each step, and the mean temperature; scaled where one is given."""
    atoms = len(positions)
    degrees = 3 * atoms - 3
    cutoff = min(2.5, 0.5 * edge)
    _, _, forces, virial = pair_sum(positions, edge, cutoff, 1.0, 1.0)
    tensors = np.zeros((steps, 6))
    mean = 0.0
    for step in range(steps):
        velocities += 0.5 * TIMESTEP * forces
        positions += TIMESTEP * velocities
        _, _, forces, virial = pair_sum(positions, edge, cutoff, 1.0, 1.0)
        velocities += 0.5 * TIMESTEP * forces
        if temperature > 0.0 and step % 20 == 0:
            velocities *= np.sqrt(temperature * degrees / (velocities**2).sum())
        mean += (velocities**2).sum() / degrees / steps
        for component, (a, b) in enumerate(((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))):
            tensors[step, component] = virial[a, b] + (velocities[:, a] * velocities[:, b]).sum()
    return tensors, mean


@pytest.mark.slow
def test_lennard_jones_at_its_triple_point():
    """eta* = 3.24 ± 0.04 at rho* = 0.8442, T* = 0.722 (Ferrario et al., Phys. Rev. A 44, 6936, 1991; 2048 atoms)."""
    cells, density, temperature = 3, 0.8442, 0.722
    corners = np.array([[0.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]])
    places = np.stack(np.meshgrid(*[np.arange(cells)] * 3, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    edge = (4 * cells**3 / density) ** (1.0 / 3.0)
    positions = ((places + corners).reshape(-1, 3)) * edge / cells
    velocities = np.random.default_rng(3).normal(size=positions.shape) * math.sqrt(2.0 * temperature)
    velocities -= velocities.mean(axis=0)
    stress_of_a_run(positions, velocities, edge, 6000, temperature)
    tensors, found_temperature = stress_of_a_run(positions, velocities, edge, 40_000, 0.0)
    integral = autocorrelation_integral(anisotropies(tensors), TIMESTEP, "")
    viscosity = integral.scaled(1.0 / (edge**3 * found_temperature), "")
    assert viscosity.error < 0.15 * viscosity.value
    assert viscosity.effective_samples > 1000.0
    assert abs(viscosity.value - 3.24) < 2.0 * math.hypot(viscosity.error, 0.3)  # 108 atoms, at another 2 % of T


def shearing(steps, memory, seed=1):
    """The stress of a fluid in GPa whose six components are independent where they must be, <P_xy²> = 1."""
    random = np.random.default_rng(seed)
    factor = math.exp(-1.0 / memory)
    kicks = random.normal(size=(6, steps + 1000)) * math.sqrt(1.0 - factor**2)
    series = lfilter([1.0], [1.0, -factor], kicks, axis=1)[:, 1000:].T
    series[:, :3] *= math.sqrt(2.0)  # so that (xx - yy)/2 has the variance of xy
    return series, 0.5 * (1.0 + factor) / (1.0 - factor)


def test_known_autocorrelation_gives_the_known_viscosity():
    stress, integral = shearing(40_000, 20.0)
    assert np.allclose((anisotropies(stress) ** 2).mean(axis=1), 1.0, atol=0.15)
    found = shear_viscosity(stress, volume_angstrom3=1000.0, temperature_k=900.0, interval_fs=0.5)
    exact = 1000e-30 * 1e18 * integral * 0.5e-15 / (BOLTZMANN_J_PER_K * 900.0)
    assert found.reason == ""
    assert found.estimate.unit == "Pa s"
    assert abs(found.estimate.value - exact) < 3.0 * found.estimate.error
    assert found.estimate.error < 0.15 * exact
    rotated = shear_viscosity(-stress, volume_angstrom3=1000.0, temperature_k=900.0, interval_fs=0.5)
    assert rotated.estimate == found.estimate


def test_the_anisotropies_do_not_see_a_pressure():
    stress, _ = shearing(300, 5.0)
    squeezed = stress.copy()
    squeezed[:, :3] += np.linspace(0.0, 100.0, 300)[:, None]
    assert np.allclose(anisotropies(squeezed), anisotropies(stress))


@pytest.mark.parametrize(
    ("stress", "said"),
    [
        (np.full((500, 6), np.nan), "not known at every step"),
        (np.tile([3.0, 3.0, 3.0, 0.0, 0.0, 0.0], (500, 1)), "never shears"),
        (np.random.default_rng(1).normal(size=(500, 6)), "decay is not seen"),
        (shearing(40, 5.0)[0], "finite samples in a row"),
        (shearing(400, 200.0)[0], "too short"),
    ],
)
def test_what_cannot_be_known_is_said(stress, said):
    found = shear_viscosity(stress, volume_angstrom3=1000.0, temperature_k=900.0, interval_fs=0.5)
    assert said in found.reason
    assert not found.estimate.resolved or found.estimate.value < 2.0 * found.estimate.error
