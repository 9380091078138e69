"""Engines whose physics is known exactly: ideal gas, harmonic crystal, Lennard-Jones; and engines that fail."""

from __future__ import annotations

import copy

import numpy as np

from llpt.engines import EngineCalculator, EngineDescription, EngineResult
from llpt.errors import EngineError


class IdealGas(EngineCalculator):
    """No forces. With an electronic entropy, to follow E and S through a run: S = s per atom, E = T_el S."""

    entropy_per_atom = 1e-5
    electronic_temperature_k = 1000.0

    def compute(self, atoms, _system_changes):
        entropy = self.entropy_per_atom * len(atoms)
        return EngineResult(
            free_energy_ev=0.0,
            energy_ev=self.electronic_temperature_k * entropy,
            entropy_ev_per_k=entropy,
            forces_ev_per_angstrom=np.zeros((len(atoms), 3)),
            stress_ev_per_angstrom3=np.zeros(6),
        )

    def describe(self):
        return EngineDescription(name="ideal-gas", spec="test:ideal-gas", version="1")


class Einstein(EngineCalculator):
    """Every atom on a spring to its site; fixed cell."""

    def __init__(self, sites, spring=2.0):
        super().__init__()
        self.sites = np.array(sites)
        self.spring = spring

    def compute(self, atoms, _system_changes):
        displacement = atoms.positions - self.sites
        energy = 0.5 * self.spring * float((displacement**2).sum())
        return EngineResult(
            free_energy_ev=energy,
            energy_ev=energy,
            forces_ev_per_angstrom=-self.spring * displacement,
            stress_ev_per_angstrom3=np.zeros(6),
        )

    def describe(self):
        return EngineDescription(
            name="einstein", spec="test:einstein", version="1", options={"spring": self.spring, "threads": 1}
        )


class HarmonicCrystal(EngineCalculator):
    """Every atom on a spring to its site, and neighbours at ``distance`` coupled by springs; fixed cell.

    ``stiffness`` is the matrix of second derivatives, the same for x, y and z, shape (n, n), in eV/Å².
    """

    def __init__(self, sites, *, spring, coupling, distance):
        super().__init__()
        self.sites = sites.positions.copy()
        near = np.abs(sites.get_all_distances(mic=True) - distance) < 0.01
        self.stiffness = spring * np.eye(len(sites)) + coupling * (np.diag(near.sum(axis=0)) - near)

    def compute(self, atoms, _system_changes):
        displacement = atoms.positions - self.sites
        forces = -self.stiffness @ displacement
        energy = -0.5 * float((displacement * forces).sum())
        return EngineResult(
            free_energy_ev=energy, energy_ev=energy, forces_ev_per_angstrom=forces, stress_ev_per_angstrom3=np.zeros(6)
        )

    def describe(self):
        return EngineDescription(name="harmonic", spec="test:harmonic", version="1")


class LennardJones(EngineCalculator):
    """Lennard-Jones, truncated at ``cutoff`` σ, all pairs by numpy, minimum image.

    Shifted so that E → 0 at the cutoff. With ``tail`` the shift and what lies beyond are put back for g(r) = 1,
    16π/3 N²/V ε σ³ (⅔ r_c⁻⁹ − r_c⁻³): the usual long-range correction of pressure, and the energy it derives from.
    """

    def __init__(self, epsilon=0.01, sigma=2.5, cutoff=2.5, *, memory=False, tail=False):
        super().__init__()
        self.epsilon, self.sigma, self.cutoff = epsilon, sigma, cutoff
        self.memory, self.tail = memory, tail
        self.history = 0.0

    def pair_sum(self, positions, cell):
        """Energy (shifted), forces and virial of all pairs within the cutoff."""
        n = len(positions)
        upper, lower = np.triu_indices(n, 1)
        vectors = positions[upper] - positions[lower]
        vectors -= np.rint(vectors @ np.linalg.inv(cell)) @ cell
        distance2 = np.einsum("ij,ij->i", vectors, vectors)
        near = distance2 < (self.cutoff * self.sigma) ** 2
        upper, lower, vectors, distance2 = upper[near], lower[near], vectors[near], distance2[near]
        s6 = (self.sigma**2 / distance2) ** 3
        shift = self.cutoff**-12 - self.cutoff**-6
        energy = 4.0 * self.epsilon * float((s6 * s6 - s6 - shift).sum())
        pair = (24.0 * self.epsilon * (2.0 * s6 * s6 - s6) / distance2)[:, np.newaxis] * vectors
        forces = np.empty((n, 3))
        for axis in range(3):
            forces[:, axis] = np.bincount(upper, pair[:, axis], n) - np.bincount(lower, pair[:, axis], n)
        return energy, forces, vectors.T @ pair

    def compute(self, atoms, _system_changes):
        n = len(atoms)
        cell = atoms.cell.array
        volume = abs(np.linalg.det(cell))
        energy, forces, virial = self.pair_sum(atoms.positions, cell)
        if self.tail:
            beyond = 2.0 / 3.0 * self.cutoff**-9 - self.cutoff**-3
            correction = 16.0 * np.pi / 3.0 * self.epsilon * n * n * self.sigma**3 / volume * beyond
            energy += correction
            virial = virial + np.eye(3) * correction
        stress = -virial / volume
        if self.memory:
            # An engine with a memory of its steps, as DFT has: forces depend on it a little.
            self.history = 0.5 * self.history + 1e-3 * (1.0 + np.sin(energy))
            forces = forces * (1.0 + self.history)
        return EngineResult(
            free_energy_ev=energy,
            energy_ev=energy,
            forces_ev_per_angstrom=forces,
            stress_ev_per_angstrom3=stress.ravel()[[0, 4, 8, 5, 2, 1]],
            stress_uncorrected_ev_per_angstrom3=stress.ravel()[[0, 4, 8, 5, 2, 1]] + 0.01,
        )

    def describe(self):
        return EngineDescription(
            name="lennard-jones",
            spec="test:lennard-jones",
            version="1",
            options={"epsilon": self.epsilon, "sigma": self.sigma, "cutoff": self.cutoff, "memory": self.memory},
        )

    def separate(self):
        other = copy.copy(self)
        other.history = 0.0
        return other

    def save_state(self, path):
        if self.memory:
            path.write_text(repr(float(self.history)))

    def load_state(self, path):
        self.history = float(path.read_text())


class Failing(LennardJones):
    """Fails at call number ``at``, in the way of ``how``."""

    def __init__(self, at, how="nan"):
        super().__init__()
        self.at, self.how, self.calls = at, how, 0

    def compute(self, atoms, _system_changes):
        self.calls += 1
        result = super().compute(atoms, _system_changes)
        if self.calls == self.at:
            if self.how == "nan":
                result.forces_ev_per_angstrom[0, 0] = np.nan
            if self.how == "engine":
                raise EngineError("The SCF did not converge.", "Raise the number of cycles.")
            if self.how == "crash":
                raise MemoryError("out of memory")
        return result
