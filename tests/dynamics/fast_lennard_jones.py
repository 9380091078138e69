"""The same Lennard-Jones engine, its pair sum compiled: for the tests that need many steps of many atoms."""

import numpy as np
from numba import njit

from .engines_for_tests import LennardJones


@njit(cache=True)
def pair_sum(positions, edge, cutoff, sigma, epsilon):
    """Energy without shift, number of pairs within the cutoff, forces, virial, in a cubic cell."""
    n = len(positions)
    forces = np.zeros((n, 3))
    virial = np.zeros((3, 3))
    energy = 0.0
    pairs = 0
    vector = np.zeros(3)
    for i in range(n):
        for j in range(i):
            distance2 = 0.0
            for axis in range(3):
                d = positions[i, axis] - positions[j, axis]
                d -= edge * np.rint(d / edge)
                vector[axis] = d
                distance2 += d * d
            if distance2 >= cutoff * cutoff:
                continue
            pairs += 1
            s6 = (sigma * sigma / distance2) ** 3
            energy += 4.0 * epsilon * (s6 * s6 - s6)
            factor = 24.0 * epsilon * (2.0 * s6 * s6 - s6) / distance2
            for axis in range(3):
                forces[i, axis] += factor * vector[axis]
                forces[j, axis] -= factor * vector[axis]
                for other in range(3):
                    virial[axis, other] += factor * vector[axis] * vector[other]
    return energy, pairs, forces, virial


class FastLennardJones(LennardJones):
    """Cubic cells only."""

    def pair_sum(self, positions, cell):
        energy, pairs, forces, virial = pair_sum(
            positions, cell[0, 0], self.cutoff * self.sigma, self.sigma, self.epsilon
        )
        shift = self.cutoff**-12 - self.cutoff**-6
        return energy - 4.0 * self.epsilon * shift * pairs, forces, virial
