"""What quantum nuclei have and classical ones lack: a kinetic energy of their own and an extent.

The kinetic energy is the centroid virial estimator of ``llpt.dynamics.ring_polymer``; classical nuclei have
(3N - 3)/2N k_B T, whatever their forces. The radius of gyration, sqrt(<r_g^2>), says how far the beads of a nucleus lie
from their centre: hbar sqrt(beta/4m) for a free particle, less the more tightly it is bound.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from llpt.observables.need import Need
from llpt.observables.record import Quantity, Reasoned, sampled
from llpt.observables.thermodynamics import PER_ATOM, available_mean
from llpt.statistics import Estimate, combined

if TYPE_CHECKING:
    from llpt.observables.production import Production

KINETIC_ENERGY = Quantity(
    "kinetic_energy", "K", PER_ATOM, "kinetic energy of quantum nuclei, centroid virial estimator"
)
GYRATION = Quantity("gyration_radius", "r_g", "Å", "radius of gyration of quantum nuclei")


def kinetic_energy(production: Production) -> Estimate:
    """Return <K> / N in eV per atom of a path integral."""
    return available_mean(production.series.kinetic_energy_ev / production.n_atoms, PER_ATOM)


def gyration_radius(production: Production) -> Estimate | Reasoned:
    """Return the radius of gyration in Å, the root of the mean square over steps and atoms."""
    if "gyration_squared_angstrom2" not in production.scalars:
        return Reasoned.unknown(GYRATION.unit, "The positions of the beads are not known at every step.")
    square = available_mean(np.asarray(production.scalars["gyration_squared_angstrom2"].to_numpy()), "Å^2")
    root = math.sqrt(square.value)
    return combined(root, [(square, 0.5 / root)], GYRATION.unit) if root else square.scaled(1.0, GYRATION.unit)


OBSERVABLES = (
    sampled(KINETIC_ENERGY, kinetic_energy, Need.QUANTUM_NUCLEI),
    sampled(GYRATION, gyration_radius, Need.QUANTUM_NUCLEI),
)
