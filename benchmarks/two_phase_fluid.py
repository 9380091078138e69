"""A fluid with two phases whose transition is known, as a calculator of ASE, and a small program that runs it.

Sixty-four atoms repel each other softly; a term in the volume alone holds two wells apart, so that there are two fluids
of one element between which cells of this size go to and fro within a picosecond:

    F(R, V; T_el) = sum over pairs of epsilon (sigma/r)^6, truncated and shifted, + N phi(V/N) - N gamma(V/N) T_el^2 / 2
    phi(v) = b ((x^2 - 1)^2 - 1) + c_1 x + c_2 x^2 + c_3 x^3 - P_0 v,  x = (v - v_m) / d

The cubic makes both wells equally likely near 900 K at 200 GPa: it takes off what the soft atoms and the electrons add
to the pressure there (``python benchmarks/two_phase_fluid.py`` finds it from runs at held volumes). Every defect of
``benchmarks/planted_defects.py`` is one of the fields of ``Model``. The program is Langevin dynamics (BAOAB; Leimkuhler
and Matthews, AMRX 2013, 34) with stochastic cell rescaling (Bernetti and Bussi, J. Chem. Phys. 153, 114107): it
stands for programs whose runs are imported, and can be told to do what such programs do wrong.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from ase import Atoms, units
from ase.calculators.calculator import Calculator, all_changes
from numba import njit

from llpt.structure import attach_labels
from llpt.units import BOLTZMANN_EV_PER_K, GPA_TO_EV_PER_ANGSTROM3, U_ANGSTROM2_PER_FS2_TO_EV

if TYPE_CHECKING:
    from numpy.typing import NDArray

ATOMS = 64
PRESSURE_GPA = 200.0
TRANSITION_K = 900.0
SIGMA_ANGSTROM = 1.2
CUTOFF_ANGSTROM = 2.3
MIDDLE_ANGSTROM3, HALF_ANGSTROM3 = 1.75, 0.12
"""v_m and d: the two phases have 1.63 and 1.87 Å³ for an atom."""
BARRIER_EV = 0.0025
ELECTRONS_EV_PER_K2 = 1.25e-8
"""gamma(v) is this times x + 3: the thin phase has more of a metal's electrons."""
COUNTERPARTS_EV = (0.0443964, -0.0033857, 0.0002880)
PAIR_EV = 0.05
STEP_FS = 0.5
"""Kinetic temperatures of BAOAB are too low by (omega dt)²/4: 1.3 % at 1 fs, which the audit finds."""
FRICTION_PER_FS = 0.05
BAROSTAT = 0.06
"""Compressibility over relaxation time in Å³/(eV fs)."""


@dataclass(frozen=True)
class Model:
    """The fluid, or one with a defect.

    Args:
        phases_ev: energy of an atom of the thin phase more than of the dense one.
        scale: factor of energy, forces and pressure alike.
        force_factor: factor of the forces alone.
        pressure_gpa: what is added to the pressure alone.
        cutoff_angstrom: of the pairs.
        pair_ev: epsilon.
        electrons: share of what electrons at T_el add to the free energy; 0: they are at 0 K whatever they are told.
        lattice_ev: depth of wells on a simple cubic lattice that moves with the cell, in which the atoms freeze.
        wells: whether the term in the volume is there; without it the fluid's own pressure is found.
    """

    phases_ev: float = 0.0
    scale: float = 1.0
    force_factor: float = 1.0
    pressure_gpa: float = 0.0
    cutoff_angstrom: float = CUTOFF_ANGSTROM
    pair_ev: float = PAIR_EV
    electrons: float = 1.0
    lattice_ev: float = 0.0
    wells: bool = True

    def numbers(self, electronic_temperature_k: float) -> tuple[float, ...]:
        """Return what the compiled functions take."""
        electrons = self.electrons * ELECTRONS_EV_PER_K2 * electronic_temperature_k**2
        return (
            self.pair_ev,
            self.cutoff_angstrom,
            self.phases_ev,
            self.scale,
            self.force_factor,
            self.pressure_gpa * GPA_TO_EV_PER_ANGSTROM3,
            electrons,
            float(self.wells),
            *COUNTERPARTS_EV,
            self.lattice_ev,
        )


@njit(cache=True)
def volume_term(v: float, numbers: tuple[float, ...]) -> tuple[float, float, float]:
    """Return energy and pressure of the term in the volume, and gamma T_el²/2, for one atom."""
    x = (v - MIDDLE_ANGSTROM3) / HALF_ANGSTROM3
    electrons = 0.5 * numbers[6] * (x + 3.0)
    outside = PRESSURE_GPA * GPA_TO_EV_PER_ANGSTROM3
    well = BARRIER_EV * ((x * x - 1.0) ** 2 - 1.0) + numbers[8] * x + numbers[9] * x * x + numbers[10] * x**3
    slope = BARRIER_EV * 4.0 * x * (x * x - 1.0) + numbers[8] + 2.0 * numbers[9] * x + 3.0 * numbers[10] * x * x
    tanh = math.tanh(4.0 * x)
    energy = numbers[7] * (well - outside * v) + 0.5 * numbers[2] * tanh - electrons
    derivative = numbers[7] * (slope / HALF_ANGSTROM3 - outside)
    derivative += (2.0 * numbers[2] * (1.0 - tanh * tanh) - 0.5 * numbers[6]) / HALF_ANGSTROM3
    return energy, -derivative, electrons


@njit(cache=True, fastmath=True)
def forces_of(
    positions: NDArray[np.float64], edge: float, numbers: tuple[float, ...], forces: NDArray[np.float64]
) -> tuple[float, float, float]:
    """Fill in the forces; return free energy, virial pressure (eV/Å³) and T_el S of the cell."""
    n = len(positions)
    strength, cutoff = numbers[0] * SIGMA_ANGSTROM**6, numbers[1]
    shift = strength / cutoff**6
    energy = virial = 0.0
    forces[:] = 0.0
    for i in range(n):
        for j in range(i):
            x = positions[i, 0] - positions[j, 0]
            y = positions[i, 1] - positions[j, 1]
            z = positions[i, 2] - positions[j, 2]
            x -= edge * np.rint(x / edge)
            y -= edge * np.rint(y / edge)
            z -= edge * np.rint(z / edge)
            r2 = x * x + y * y + z * z
            if r2 < cutoff * cutoff:
                pair = strength / (r2 * r2 * r2)
                energy += pair - shift
                virial += 6.0 * pair
                factor = 6.0 * pair / r2
                forces[i, 0] += factor * x
                forces[i, 1] += factor * y
                forces[i, 2] += factor * z
                forces[j, 0] -= factor * x
                forces[j, 1] -= factor * y
                forces[j, 2] -= factor * z
    if numbers[11] > 0.0:
        wave = 2.0 * math.pi * round(n ** (1.0 / 3.0)) / edge
        for i in range(n):
            for axis in range(3):
                angle = wave * positions[i, axis] + math.pi
                energy += numbers[11] * (1.0 - math.cos(angle))
                forces[i, axis] -= numbers[11] * wave * math.sin(angle)
    volume = edge**3
    whole, pressure, electrons = volume_term(volume / n, numbers)
    forces *= numbers[3] * numbers[4]
    pressure = numbers[3] * (virial / (3.0 * volume) + pressure) + numbers[5]
    return numbers[3] * (energy + n * whole), pressure, numbers[3] * 2.0 * n * electrons


class TwoPhaseFluid(Calculator):
    """The fluid as a calculator of ASE; cubic cells.

    Args:
        electronic_temperature_k: of the electrons.
        model: fields of ``Model`` by name.
    """

    implemented_properties: ClassVar[list[str]] = ["energy", "free_energy", "forces", "stress"]

    def __init__(self, electronic_temperature_k: float = TRANSITION_K, **model: Any) -> None:
        super().__init__()
        self.numbers = Model(**model).numbers(float(electronic_temperature_k))

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: list[str] | None = None,
        system_changes: list[str] = all_changes,
    ) -> None:
        """Fill in the results."""
        super().calculate(atoms, properties or ["energy"], system_changes)
        forces = np.zeros((len(self.atoms), 3))
        free, pressure, entropy = forces_of(self.atoms.positions, self.atoms.cell[0, 0], self.numbers, forces)
        self.results = {
            "energy": free + entropy,
            "free_energy": free,
            "forces": forces,
            "stress": np.array([-pressure, -pressure, -pressure, 0.0, 0.0, 0.0]),
        }


@njit(cache=True)
def dynamics(  # noqa: PLR0917 - compiled functions take no keywords
    positions: NDArray[np.float64],
    velocities: NDArray[np.float64],
    numbers: tuple[float, ...],
    conditions: tuple[float, ...],
    frames: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    every: int,
    random: np.random.Generator,
) -> None:
    """Run; conditions are edge, k_B T, pressure, mass (eV fs²/Å²), time step, least and greatest volume.

    Frames are positions, velocities, forces, and edge, free energy, T_el S and virial pressure.
    """
    edge, kt, outside, mass, dt, least, greatest = conditions
    n = len(positions)
    forces = np.zeros_like(positions)
    free, pressure, entropy = forces_of(positions, edge, numbers, forces)
    keep = math.exp(-FRICTION_PER_FS * dt)
    noise = math.sqrt((1.0 - keep * keep) * kt / mass)
    for step in range(every * len(frames[0])):
        velocities += 0.5 * dt / mass * forces
        positions += 0.5 * dt * velocities
        for atom in range(n):
            for axis in range(3):
                velocities[atom, axis] = keep * velocities[atom, axis] + noise * random.standard_normal()
        for axis in range(3):
            velocities[:, axis] -= velocities[:, axis].mean()
        positions += 0.5 * dt * velocities
        free, pressure, entropy = forces_of(positions, edge, numbers, forces)
        velocities += 0.5 * dt / mass * forces
        if outside > 0.0:
            volume = edge**3
            inside = pressure + mass * (velocities * velocities).sum() / (3.0 * volume)
            change = -BAROSTAT * dt * (outside - inside - kt / volume)
            change += math.sqrt(2.0 * kt * BAROSTAT * dt / volume) * random.standard_normal()
            if least < volume * math.exp(change) / n < greatest:
                factor = math.exp(change / 3.0)
                edge *= factor
                positions *= factor
                velocities /= factor
                free, pressure, entropy = forces_of(positions, edge, numbers, forces)
        if (step + 1) % every == 0:
            place = step // every
            frames[0][place] = positions
            frames[1][place] = velocities
            frames[2][place] = forces
            frames[3][place, 0] = edge
            frames[3][place, 1] = free
            frames[3][place, 2] = entropy
            frames[3][place, 3] = pressure


@dataclass(frozen=True)
class Run:
    """What is run, and how.

    Args:
        model: the fluid.
        temperature_k: of thermostat and electrons.
        steps: of ``STEP_FS``.
        every: steps from frame to frame.
        limits_angstrom3: least and greatest volume of an atom.
        mass_u: of an atom.
        thermostat: what the thermostat makes of its temperature, a factor.
        seed: of the random numbers.
        held_angstrom3: volume of an atom where it is held.
    """

    model: Model
    temperature_k: float
    steps: int = 32_000
    every: int = 160
    limits_angstrom3: tuple[float, float] = (1.45, 2.1)
    mass_u: float = 1.008
    thermostat: float = 1.0
    seed: int = 0
    held_angstrom3: float | None = None


def run(what: Run) -> list[Atoms]:
    """Return the frames of a run with their labels; it starts from a fluid in the middle of its limits."""
    start = what.held_angstrom3 or 0.5 * sum(what.limits_angstrom3)
    edge = (ATOMS * start) ** (1.0 / 3.0)
    random = np.random.default_rng([what.seed, round(what.temperature_k)])
    cells = round(ATOMS ** (1.0 / 3.0))
    places = np.array([[i, j, k] for i in range(cells) for j in range(cells) for k in range(cells)], dtype=float)
    positions = (places + 0.5 + 0.05 * random.standard_normal(places.shape)) * edge / cells
    mass = what.mass_u * U_ANGSTROM2_PER_FS2_TO_EV
    kt = BOLTZMANN_EV_PER_K * what.temperature_k * what.thermostat
    velocities = random.standard_normal(positions.shape) * math.sqrt(kt / mass)
    numbers = what.model.numbers(what.temperature_k)
    outside = 0.0 if what.held_angstrom3 else PRESSURE_GPA * GPA_TO_EV_PER_ANGSTROM3
    count = what.steps // what.every
    frames = (*(np.zeros((count, ATOMS, 3)) for _ in range(3)), np.zeros((count, 4)))
    conditions = (edge, kt, outside, mass, STEP_FS, *what.limits_angstrom3)
    settle = (*(np.zeros((50, ATOMS, 3)) for _ in range(3)), np.zeros((50, 4)))
    dynamics(positions, velocities, numbers, conditions, settle, 20, random)
    conditions = (settle[3][-1, 0], *conditions[1:])
    dynamics(positions, velocities, numbers, conditions, frames, what.every, random)
    return [
        labelled(what, position, velocity, force, scalars)
        for position, velocity, force, scalars in zip(*frames, strict=True)
    ]


def labelled(
    what: Run,
    position: NDArray[np.float64],
    velocity: NDArray[np.float64],
    force: NDArray[np.float64],
    scalars: NDArray[np.float64],
) -> Atoms:
    """Return one frame with what the program wrote of it."""
    edge, free, entropy, pressure = (float(value) for value in scalars)
    atoms = Atoms(f"H{ATOMS}", positions=position, cell=edge * np.eye(3), pbc=True, masses=np.full(ATOMS, what.mass_u))
    atoms.set_velocities(velocity / units.fs)
    stress = np.array([-pressure, -pressure, -pressure, 0.0, 0.0, 0.0])
    atoms.info["entropy"] = entropy / what.temperature_k  # by which a reader knows that the energy beside F is E
    attach_labels(atoms, energy=free + entropy, free_energy=free, forces=force, stress=stress)
    return atoms


def fitted() -> tuple[float, float, float]:
    """Return the cubic's coefficients c_1, c_2, c_3 in eV that cancel the fluid's own pressure at the transition."""
    volumes = np.linspace(1.52, 1.98, 9)
    bare = Model(wells=False)
    pressures = []
    for volume in volumes:
        frames = run(Run(bare, TRANSITION_K, steps=8000, held_angstrom3=float(volume)))
        virial = np.mean([-atoms.get_stress()[0] for atoms in frames])
        pressures.append(float(virial) + BOLTZMANN_EV_PER_K * TRANSITION_K / float(volume))
    x = (volumes - MIDDLE_ANGSTROM3) / HALF_ANGSTROM3
    slope = np.polynomial.polynomial.polyfit(x, HALF_ANGSTROM3 * np.array(pressures), 2)
    return float(slope[0]), float(slope[1]) / 2.0, float(slope[2]) / 3.0


if __name__ == "__main__":
    print(fitted())
