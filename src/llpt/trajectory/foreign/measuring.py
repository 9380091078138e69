"""What the frames themselves say of a run: temperature, pressure, time step, whether numbers fit each other.

Three identities of classical dynamics need no knowledge of how a run was made. A velocity is half the displacement from
the frame before to the frame after, divided by the time between frames; the force on an atom over its mass is the
second difference of its positions, divided by that time squared; and the potential energy changes by the work of the
forces, ΔF = −Σ f·Δr + Ω σ:ε. Each is fitted with one factor and counts only where the two sides follow each other
closely (``MINIMUM_CORRELATION``), which they do not where frames lie far apart.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from llpt.units import EV_PER_ANGSTROM3_TO_GPA, U_ANGSTROM2_PER_FS2_TO_EV

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from llpt.trajectory.foreign.frame import ForeignFrame
    from llpt.trajectory.frame import StepRecord

MINIMUM_CORRELATION = 0.95
MINIMUM_COMPONENTS = 24
MINIMUM_CHANGES = 10
FAR = 1.6
"""A step this many times as long as every step around it spans frames that are not there."""
AROUND = 5
FEWEST_AROUND = 3


@dataclass(slots=True)
class Proportion:
    """Fits y = factor · x through the origin, pair by pair."""

    xx: float = 0.0
    xy: float = 0.0
    yy: float = 0.0
    count: int = 0

    def add(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
        """Take in pairs of numbers."""
        self.xx += float((x * x).sum())
        self.xy += float((x * y).sum())
        self.yy += float((y * y).sum())
        self.count += x.size

    def factor(self, fewest: int) -> float | None:
        """Return the factor; None where there are too few pairs or they do not follow each other."""
        if self.count < fewest or not self.xx * self.yy > 0.0:
            return None
        if self.xy < MINIMUM_CORRELATION * math.sqrt(self.xx * self.yy):
            return None
        return self.xy / self.xx


@dataclass(slots=True)
class _Point:
    """What is remembered of a frame until the next two have come."""

    fractions: NDArray[np.float64]
    cell: NDArray[np.float64]
    velocities: NDArray[np.float64] | None
    forces: NDArray[np.float64] | None
    stress_gpa: NDArray[np.float64]
    energy_ev: float


@dataclass(slots=True)
class Measurements:
    """Collects, frame by frame, what the frames say.

    Args:
        masses_u: masses of the dynamics, shape (n,).
    """

    masses_u: NDArray[np.float64]
    temperature_k: list[float] = field(default_factory=list)
    pressure_gpa: list[float] = field(default_factory=list)
    volume_angstrom3: list[float] = field(default_factory=list)
    steps_angstrom: list[float] = field(default_factory=list)
    energy_gap_ev: list[float] = field(default_factory=list)
    by_velocity: Proportion = field(default_factory=Proportion)
    by_force: Proportion = field(default_factory=Proportion)
    by_work: Proportion = field(default_factory=Proportion)
    kinetic: Proportion = field(default_factory=Proportion)
    _recent: deque[_Point] = field(default_factory=lambda: deque(maxlen=3))

    @property
    def n_atoms(self) -> int:
        """Number of atoms."""
        return len(self.masses_u)

    def add(
        self, record: StepRecord, positions: NDArray[np.float64], raw: ForeignFrame, own_k_ev: float | None
    ) -> None:
        """Take in a frame.

        Args:
            record: its scalars.
            positions: unwrapped, Å.
            raw: the frame as the files give it.
            own_k_ev: kinetic energy of its velocities, None where it has none.
        """
        self.temperature_k.append(record.temperature_k)
        self.pressure_gpa.append(record.pressure_gpa)
        self.volume_angstrom3.append(record.volume_angstrom3)
        self.energy_gap_ev.append(record.internal_energy_ev - record.free_energy_ev)
        if own_k_ev is not None and raw.kinetic_energy_ev is not None:
            self.kinetic.add(np.array([raw.kinetic_energy_ev]), np.array([own_k_ev]))
        energy = record.internal_energy_ev if math.isnan(record.free_energy_ev) else record.free_energy_ev
        self._recent.append(
            _Point(
                positions @ np.linalg.inv(raw.cell_angstrom),
                raw.cell_angstrom,
                raw.velocities_angstrom_per_fs,
                raw.forces_ev_per_angstrom,
                record.stress_gpa,
                energy,
            )
        )
        if len(self._recent) > 1:
            self._step(self._recent[-2], self._recent[-1])
        if len(self._recent) == 3:
            self._curve(*self._recent)

    def _step(self, before: _Point, now: _Point) -> None:
        cell = 0.5 * (before.cell + now.cell)
        moved = (now.fractions - before.fractions) @ cell
        self.steps_angstrom.append(float(np.sqrt((moved**2).sum(axis=1).mean())))
        if before.forces is None or now.forces is None or math.isnan(before.energy_ev + now.energy_ev):
            return
        work = -0.5 * float(((before.forces + now.forces) * moved).sum())
        if not np.array_equal(before.cell, now.cell):
            if np.isnan(before.stress_gpa).any() or np.isnan(now.stress_gpa).any():
                return
            strain = np.linalg.inv(cell) @ (now.cell - before.cell)
            stress = 0.5 * _matrix(before.stress_gpa + now.stress_gpa) / EV_PER_ANGSTROM3_TO_GPA
            work += abs(float(np.linalg.det(cell))) * float((stress * strain).sum())
        self.by_work.add(np.array([work]), np.array([now.energy_ev - before.energy_ev]))

    def _curve(self, before: _Point, now: _Point, after: _Point) -> None:
        if now.velocities is not None:
            self.by_velocity.add(now.velocities, 0.5 * (after.fractions - before.fractions) @ now.cell)
        if now.forces is not None:
            acceleration = now.forces / (self.masses_u[:, None] * U_ANGSTROM2_PER_FS2_TO_EV)
            second = (after.fractions - 2.0 * now.fractions + before.fractions) @ now.cell
            self.by_force.add(acceleration, second)

    def interval_fs(self) -> float | None:
        """Return the time between frames, None where the frames do not tell."""
        found = self.by_velocity.factor(MINIMUM_COMPONENTS)
        if found is None:
            squared = self.by_force.factor(MINIMUM_COMPONENTS)
            found = None if squared is None else math.sqrt(squared)
        return found

    def work_ratio(self) -> float | None:
        """Return by how much the energy changes over the work of the forces, 1 where all is well; None if unknown."""
        return self.by_work.factor(MINIMUM_CHANGES)

    def gap(self) -> int | None:
        """Return the number of the frame that lies further from the one before than all steps around are long."""
        steps = np.array(self.steps_angstrom)
        for place in range(len(steps)):
            before, after = steps[max(0, place - AROUND) : place], steps[place + 1 : place + 1 + AROUND]
            if min(len(before), len(after)) < FEWEST_AROUND:
                continue
            if steps[place] > FAR * max(before.max(), after.max()) > 0.0:
                return place + 1
        return None


def measurements_of(scalars: Mapping[str, Any], masses_u: NDArray[np.float64]) -> Measurements:
    """Return what the scalars of a run of llpt say."""
    found = Measurements(masses_u)
    for name in ("temperature_k", "pressure_gpa", "volume_angstrom3"):
        getattr(found, name).extend(np.asarray(scalars[name], dtype=float).tolist())
    gap = np.asarray(scalars["internal_energy_ev"], dtype=float) - np.asarray(scalars["free_energy_ev"], dtype=float)
    found.energy_gap_ev.extend(gap.tolist())
    return found


def _matrix(stress: NDArray[np.float64]) -> NDArray[np.float64]:
    xx, yy, zz, yz, xz, xy = stress
    return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
