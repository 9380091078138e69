"""The same Lennard-Jones engine, its pair sum compiled: for the tests that need many steps of many atoms."""

import numpy as np
from numba import njit

from .engines_for_tests import LennardJones


@njit(cache=True, error_model="numpy", fastmath={"reassoc", "contract", "arcp", "nsz"})
def pair_sum(positions, edge, cutoff, sigma, epsilon):
    """Energy without shift, number of pairs within the cutoff, forces, virial, in a cubic cell."""
    n = len(positions)
    forces = np.zeros((n, 3))
    virial = np.zeros((3, 3))
    energy = 0.0
    pairs = 0
    for i in range(n):
        x0, y0, z0 = positions[i]
        for j in range(i):
            x, y, z = x0 - positions[j, 0], y0 - positions[j, 1], z0 - positions[j, 2]
            x -= edge * np.rint(x / edge)
            y -= edge * np.rint(y / edge)
            z -= edge * np.rint(z / edge)
            distance2 = x * x + y * y + z * z
            if distance2 >= cutoff * cutoff:
                continue
            pairs += 1
            s6 = (sigma * sigma / distance2) ** 3
            energy += 4.0 * epsilon * (s6 * s6 - s6)
            factor = 24.0 * epsilon * (2.0 * s6 * s6 - s6) / distance2
            for axis, d in enumerate((x, y, z)):
                forces[i, axis] += factor * d
                forces[j, axis] -= factor * d
            virial[0, 0] += factor * x * x
            virial[1, 1] += factor * y * y
            virial[2, 2] += factor * z * z
            virial[0, 1] += factor * x * y
            virial[0, 2] += factor * x * z
            virial[1, 2] += factor * y * z
    virial[1, 0], virial[2, 0], virial[2, 1] = virial[0, 1], virial[0, 2], virial[1, 2]
    return energy, pairs, forces, virial


class FastLennardJones(LennardJones):
    """Cubic cells only."""

    def pair_sum(self, positions, cell):
        energy, pairs, forces, virial = pair_sum(
            positions, cell[0, 0], self.cutoff * self.sigma, self.sigma, self.epsilon
        )
        shift = self.cutoff**-12 - self.cutoff**-6
        return energy - 4.0 * self.epsilon * shift * pairs, forces, virial
