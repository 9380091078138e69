"""What a trajectory is made of: frames (per atom), step records (per step) and the system they belong to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCALAR_UNITS = {
    "internal_energy_ev": "eV",
    "free_energy_ev": "eV",
    "entropy_ev_per_k": "eV K-1",
    "kinetic_energy_ev": "eV",
    "temperature_k": "K",
    "volume_angstrom3": "Angstrom+3",
    "pressure_gpa": "GPa",
    "pressure_uncorrected_gpa": "GPa",
    "conserved_ev": "eV",
    "stress_gpa": "GPa",
}
"""Scalars of every step and their units, as H5MD writes units. ``stress_gpa`` has six components."""

OPTIONAL_SCALAR_UNITS = {
    "kinetic_stress_gpa": "GPa",
    "extrapolation_warnings": "",
    "force_spread_ev_per_angstrom": "eV Angstrom-1",
    "energy_spread_ev": "eV",
    "gyration_squared_angstrom2": "Angstrom+2",
}
"""Scalars that not every run has; a run has each of them at every step or at none. The stress has six components."""

STEP_UNITS = SCALAR_UNITS | OPTIONAL_SCALAR_UNITS
"""All that a step may have."""


@dataclass(frozen=True, slots=True)
class System:
    """What does not change along a trajectory.

    Args:
        numbers: atomic numbers, shape (n,).
        masses_u: masses in unified atomic mass units, shape (n,).
        timestep_fs: time between two steps; NaN where they have no times, as in Monte Carlo.
        attributes: what else a reader must know, e.g. ``electronic_temperature_k``, ``pressure_label``, ``engine``,
            ``beads`` of a path integral, ``sampler`` where it is not molecular dynamics.
    """

    numbers: NDArray[np.int64]
    masses_u: NDArray[np.float64]
    timestep_fs: float
    attributes: dict[str, str | float | int] = field(default_factory=dict)

    @property
    def n_atoms(self) -> int:
        """Number of atoms."""
        return len(self.numbers)

    @property
    def beads(self) -> int:
        """Number of beads of a path integral; 1 for classical nuclei."""
        return int(self.attributes.get("beads", 1))


@dataclass(frozen=True, slots=True)
class StepRecord:
    """The scalars of one MD step.

    Args:
        step: number of the step; 0 is the start.
        time_fs: time since the start.
        internal_energy_ev: E of the electrons and ions at rest.
        free_energy_ev: F = E − T_el S, the potential that drives the ions.
        entropy_ev_per_k: electronic entropy S; 0 where the engine has none.
        kinetic_energy_ev: kinetic energy of the ions.
        temperature_k: 2 K / (3N − 3) k_B: the centre of mass is at rest.
        volume_angstrom3: volume of the cell.
        pressure_gpa: total pressure, kinetic + virial, (2K − tr Ωσ)/3Ω: what the barostat sees.
        pressure_uncorrected_gpa: the same without the finite-basis correction of the stress.
        conserved_ev: conserved quantity of the integrator.
        stress_gpa: virial part of the stress, ASE's sign and order xx, yy, zz, yz, xz, xy, shape (6,).
        kinetic_stress_gpa: kinetic part of the stress, −Σ m v v / Ω, the same sign and order, shape (6,).
        extrapolation_warnings: number of symmetry functions outside their training range.
        force_spread_ev_per_angstrom: largest disagreement of a committee on a force.
        energy_spread_ev: disagreement of a committee on the energy of the cell.
        gyration_squared_angstrom2: squared radius of gyration of the nuclei's rings, mean over the atoms.

    Of a path integral energies, entropy and stress are means over the beads, the kinetic energy is the quantum one
    (centroid virial estimator) and enters the pressure, and the temperature is that of the beads' momenta.
    """

    step: int
    time_fs: float
    internal_energy_ev: float
    free_energy_ev: float
    entropy_ev_per_k: float
    kinetic_energy_ev: float
    temperature_k: float
    volume_angstrom3: float
    pressure_gpa: float
    pressure_uncorrected_gpa: float
    conserved_ev: float
    stress_gpa: NDArray[np.float64]
    kinetic_stress_gpa: NDArray[np.float64] | None = None
    extrapolation_warnings: int | None = None
    force_spread_ev_per_angstrom: float | None = None
    energy_spread_ev: float | None = None
    gyration_squared_angstrom2: float | None = None

    @property
    def scalar_names(self) -> tuple[str, ...]:
        """Names of the scalars this record has, in the order of storage."""
        optional = tuple(name for name in OPTIONAL_SCALAR_UNITS if getattr(self, name) is not None)
        return (*SCALAR_UNITS, *optional)


@dataclass(frozen=True, slots=True)
class Frame:
    """The atoms at one step.

    Args:
        step: number of the step; 0 is the start.
        time_fs: time since the start.
        positions_angstrom: unwrapped positions, shape (n, 3): never folded back into the cell.
        velocities_angstrom_per_fs: velocities, shape (n, 3); NaN in a path integral.
        cell_angstrom: cell vectors as rows, shape (3, 3).
        forces_ev_per_angstrom: forces, −dF/dR, shape (n, 3).
        bead_positions_angstrom: of a path integral all beads, shape (P, n, 3); positions and forces are those of the
            first. None for classical nuclei.
    """

    step: int
    time_fs: float
    positions_angstrom: NDArray[np.float64]
    velocities_angstrom_per_fs: NDArray[np.float64]
    cell_angstrom: NDArray[np.float64]
    forces_ev_per_angstrom: NDArray[np.float64]
    bead_positions_angstrom: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True)
class FrameBlock:
    """Consecutive frames, f of them.

    Args:
        steps: step of each frame, shape (f,).
        times_fs: time of each frame, shape (f,).
        positions_angstrom: unwrapped positions, shape (f, n, 3).
        velocities_angstrom_per_fs: velocities, shape (f, n, 3).
        cells_angstrom: cell vectors as rows, shape (f, 3, 3).
        forces_ev_per_angstrom: forces, shape (f, n, 3).
        bead_positions_angstrom: of a path integral all beads, shape (f, P, n, 3); see ``Frame``.
    """

    steps: NDArray[np.int64]
    times_fs: NDArray[np.float64]
    positions_angstrom: NDArray[np.float64]
    velocities_angstrom_per_fs: NDArray[np.float64]
    cells_angstrom: NDArray[np.float64]
    forces_ev_per_angstrom: NDArray[np.float64]
    bead_positions_angstrom: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def configurations_angstrom(self) -> NDArray[np.float64]:
        """All configurations of each frame: its beads, or the one of classical nuclei; shape (f, P, n, 3)."""
        beads = self.bead_positions_angstrom
        return self.positions_angstrom[:, np.newaxis] if beads is None else beads

    def frame(self, index: int) -> Frame:
        """Return one frame of the block."""
        return Frame(
            step=int(self.steps[index]),
            time_fs=float(self.times_fs[index]),
            positions_angstrom=self.positions_angstrom[index],
            velocities_angstrom_per_fs=self.velocities_angstrom_per_fs[index],
            cell_angstrom=self.cells_angstrom[index],
            forces_ev_per_angstrom=self.forces_ev_per_angstrom[index],
            bead_positions_angstrom=None
            if self.bead_positions_angstrom is None
            else self.bead_positions_angstrom[index],
        )
