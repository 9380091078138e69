"""A trajectory in memory, made from arrays whose statistics are known."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
import xarray as xr

from llpt.observables import registry
from llpt.trajectory import FrameBlock


@dataclass
class MemoryTrajectory:
    positions: np.ndarray
    cells: np.ndarray
    timestep_fs: float = 0.5
    every: int = 1
    mass: float = 1.008
    number: int = 1
    velocities: np.ndarray | None = None
    beads: int = 1
    columns: dict = field(default_factory=dict)

    @property
    def n_atoms(self):
        return self.positions.shape[1]

    @property
    def n_frames(self):
        return len(self.positions)

    @property
    def masses_u(self):
        return np.full(self.n_atoms, self.mass)

    @property
    def mass_u(self):
        return self.mass * self.n_atoms

    @property
    def numbers(self):
        return np.full(self.n_atoms, self.number)

    @property
    def frame_steps(self):
        return np.arange(self.n_frames) * self.every

    def scalars(self):
        n_steps = (self.n_frames - 1) * self.every + 1
        zero = np.zeros(n_steps)
        volumes = np.repeat(np.abs(np.linalg.det(self.cells)), self.every)[:n_steps]
        table = {
            "internal_energy_ev": zero,
            "free_energy_ev": zero,
            "entropy_ev_per_k": zero,
            "kinetic_energy_ev": zero,
            "temperature_k": zero,
            "volume_angstrom3": volumes,
            "pressure_gpa": zero,
            "pressure_uncorrected_gpa": zero,
            "conserved_ev": zero,
        } | self.columns
        n_steps = len(table["volume_angstrom3"]) if self.columns else n_steps
        table = {name: values[:n_steps] for name, values in table.items()}
        steps = np.arange(n_steps)
        return xr.Dataset(
            {name: ("step", values) for name, values in table.items()},
            coords={"step": steps, "time_fs": ("step", steps * self.timestep_fs)},
        )

    def blocks(self, size=256, *, start_step=0, every=1):
        chosen = np.flatnonzero(self.frame_steps >= start_step)[::every]
        for first in range(0, len(chosen), size):
            index = chosen[first : first + size]
            velocities = np.zeros_like(self.positions[index]) if self.velocities is None else self.velocities[index]
            yield FrameBlock(
                steps=self.frame_steps[index],
                times_fs=self.frame_steps[index] * self.timestep_fs,
                positions_angstrom=self.positions[index],
                velocities_angstrom_per_fs=velocities,
                cells_angstrom=self.cells[index],
                forces_ev_per_angstrom=np.zeros_like(velocities),
            )


@pytest.fixture
def make_trajectory():
    """Positions (frames, n, 3) in a cubic cell (edge, or one edge per frame) become a trajectory."""

    def make(positions, edge, **options):
        edges = np.broadcast_to(np.asarray(edge, dtype=float), (len(positions),))
        return MemoryTrajectory(np.asarray(positions, dtype=float), edges[:, None, None] * np.eye(3), **options)

    return make


@pytest.fixture
def limit_frames(monkeypatch):
    """A function that hands observables no more frames than it is told, by the names of their records."""

    def limit(**frames):
        assert set(frames) <= {each.name for each in registry.BUILT_IN}
        monkeypatch.setattr(
            registry,
            "BUILT_IN",
            tuple(
                replace(each, most_frames=frames[each.name]) if each.name in frames else each
                for each in registry.BUILT_IN
            ),
        )

    return limit
