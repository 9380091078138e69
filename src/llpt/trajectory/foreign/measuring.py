"""What the frames themselves say of a run: temperature, pressure, time step, whether numbers fit each other.

Three identities of classical dynamics need no knowledge of how a run was made. A velocity is half the displacement from
the frame before to the frame after, divided by the time between frames; the force on an atom over its mass is the
second difference of its positions, divided by that time squared; and the potential energy changes by the work of the
forces, ΔF = −Σ f·Δr + Ω σ:ε. Each is fitted with one factor and counts only where the two sides follow each other
closely (``MINIMUM_CORRELATION``), which they do not where frames lie far apart.

Where there are no velocities, ½ Σ m Δr²/Δt² of the displacements from frame to frame is never above the kinetic energy
on average, since ⟨Δr²⟩ = 2 ∫₀^Δt (Δt − t) ⟨v(0)·v(t)⟩ dt. Displacements that follow each other with the correlation
cos x tell how much below it is: by (2 − 2 cos x)/x², exact for a vibration. They count as a measured temperature where
the correlation is at least ``DENSE``, as a lower bound elsewhere.
"""

from __future__ import annotations

import math
from array import array
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from llpt.trajectory.foreign.fingerprints import fingerprint
from llpt.trajectory.foreign.joining import mark_of
from llpt.units import BOLTZMANN_EV_PER_K, EV_PER_ANGSTROM3_TO_GPA, U_ANGSTROM2_PER_FS2_TO_EV

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableSequence

    from numpy.typing import NDArray

    from llpt.trajectory.foreign.frame import ForeignFrame
    from llpt.trajectory.frame import StepRecord

MINIMUM_CORRELATION = 0.95
MINIMUM_COMPONENTS = 24
MINIMUM_CHANGES = 10
FAR = 1.6
"""A step this many times as long as every step around it spans frames that are not there."""
AROUND = 5
ANOTHER_GAP = 3.0
"""A step around that is this many times as long as half of them is a gap of its own, and nothing to compare with."""
AT_REST_ANGSTROM = 1e-9
DENSE = 0.9
FEWEST_PACES = 8
PACE_SPREADS, PACE_SHARE = 8.0, 0.3
"""A time from frame to frame differs from the others if it is this many of their deviations and this share off."""
DEVIATION_OVER_MEDIAN = 1.4826
"""A normal distribution's deviation is so many times its median absolute one."""


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

    def opposed(self, fewest: int) -> bool:
        """Whether the pairs follow each other with the opposite sign."""
        mirrored = Proportion(self.xx, -self.xy, self.yy, self.count)
        return mirrored.factor(fewest) is not None


@dataclass(slots=True)
class _Point:
    """What is remembered of a frame until the next two have come."""

    fractions: NDArray[np.float64]
    cell: NDArray[np.float64]
    velocities: NDArray[np.float64] | None
    forces: NDArray[np.float64] | None
    stress_gpa: NDArray[np.float64]
    energy_ev: float
    learned: bool
    unconverged: bool


def _numbers() -> MutableSequence[float]:
    """Return a series that takes eight bytes a number."""
    return array("d")


@dataclass(slots=True)
class Measurements:
    """Collects, frame by frame, what the frames say.

    Args:
        masses_u: masses of the dynamics, shape (n,).
        electrons: of all atoms, the core's among them.
    """

    masses_u: NDArray[np.float64]
    electrons: int
    temperature_k: MutableSequence[float] = field(default_factory=_numbers)
    pressure_gpa: MutableSequence[float] = field(default_factory=_numbers)
    volume_angstrom3: MutableSequence[float] = field(default_factory=_numbers)
    steps_angstrom: MutableSequence[float] = field(default_factory=_numbers)
    energy_gap_ev: MutableSequence[float] = field(default_factory=_numbers)
    energy_ev: MutableSequence[float] = field(default_factory=_numbers)
    changes_ev: MutableSequence[float] = field(default_factory=_numbers)
    unworked_ev: MutableSequence[float] = field(default_factory=_numbers)
    net_force: MutableSequence[float] = field(default_factory=_numbers)
    drift: MutableSequence[float] = field(default_factory=_numbers)
    centre_steps_angstrom: MutableSequence[float] = field(default_factory=_numbers)
    by_velocity: Proportion = field(default_factory=Proportion)
    by_force: Proportion = field(default_factory=Proportion)
    by_work: Proportion = field(default_factory=Proportion)
    kinetic: Proportion = field(default_factory=Proportion)
    fingerprints: MutableSequence[float] = field(default_factory=_numbers)
    motion_u_angstrom2: MutableSequence[float] = field(default_factory=_numbers)
    paces_fs: MutableSequence[float] = field(default_factory=_numbers)
    _squares: dict[str, tuple[float, int]] = field(default_factory=dict)
    _along: float = 0.0
    _follow: float = 0.0
    _follow_norm: float = 0.0
    _moved: NDArray[np.float64] | None = None
    _marks: array[int] = field(default_factory=lambda: array("q"))
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
        self.energy_ev.append(energy)
        self.net_force.append(self._net_length("forces", raw.forces_ev_per_angstrom, None))
        self.drift.append(self._net_length("velocities", raw.velocities_angstrom_per_fs, self.masses_u))
        fractions = positions @ np.linalg.inv(raw.cell_angstrom)
        self.fingerprints.extend(fingerprint(fractions))
        self._recent.append(
            _Point(
                fractions,
                raw.cell_angstrom,
                raw.velocities_angstrom_per_fs,
                raw.forces_ev_per_angstrom,
                record.stress_gpa,
                energy,
                raw.learned,
                raw.unconverged,
            )
        )
        self._marks.append(mark_of(raw))
        if len(self._recent) > 1:
            self._step(self._recent[-2], self._recent[-1], classical=raw.bead_positions_angstrom is None)
        if len(self._recent) == 3:
            self._curve(*self._recent)

    def _net_length(self, name: str, vectors: NDArray[np.float64] | None, weights: NDArray[np.float64] | None) -> float:
        """Return the length of the sum of vectors, or of their mean by weights; NaN where there are none."""
        if vectors is None:
            return math.nan
        squares, count = self._squares.get(name, (0.0, 0))
        self._squares[name] = (squares + float((vectors**2).mean()), count + 1)
        net = vectors.sum(axis=0) if weights is None else weights @ vectors / weights.sum()
        return float(np.linalg.norm(net))

    @property
    def force_spread(self) -> float:
        """Root mean square component of the forces, eV/Å; 0 without any."""
        return self._root_mean_square("forces")

    @property
    def speed(self) -> float:
        """Root mean square component of the velocities, Å/fs; 0 without any."""
        return self._root_mean_square("velocities")

    def _root_mean_square(self, name: str) -> float:
        squares, count = self._squares.get(name, (0.0, 1))
        return math.sqrt(squares / count)

    def _step(self, before: _Point, now: _Point, *, classical: bool) -> None:
        cell = 0.5 * (before.cell + now.cell)
        moved = (now.fractions - before.fractions) @ cell
        self.steps_angstrom.append(float(np.sqrt((moved**2).sum(axis=1).mean())))
        self.centre_steps_angstrom.append(float(np.linalg.norm(self.masses_u @ moved / self.masses_u.sum())))
        if classical:
            self._follow_motion(moved)
        if before.velocities is not None and now.velocities is not None:
            velocities = 0.5 * (before.velocities + now.velocities)
            squared = float((velocities**2).sum())
            along, lengths = float((velocities * moved).sum()), squared * float((moved**2).sum())
            self.paces_fs.append(along / squared if squared else math.nan)
            self._along += along / math.sqrt(lengths) if lengths > 0.0 else 0.0
        self.changes_ev.append(now.energy_ev - before.energy_ev)
        self.unworked_ev.append(self._work(before, now, cell, moved))

    def _work(self, before: _Point, now: _Point, cell: NDArray[np.float64], moved: NDArray[np.float64]) -> float:
        """Take in the work of the forces from frame to frame, and return by how much more the energy changes.

        NaN where that is not known, or one of the two energies is of electrons that did not converge or of another
        theory than the other's.
        """
        if before.forces is None or now.forces is None or math.isnan(before.energy_ev + now.energy_ev):
            return math.nan
        work = -0.5 * float(((before.forces + now.forces) * moved).sum())
        if not np.array_equal(before.cell, now.cell):
            if np.isnan(before.stress_gpa).any() or np.isnan(now.stress_gpa).any():
                return math.nan
            strain = np.linalg.inv(cell) @ (now.cell - before.cell)
            stress = 0.5 * _matrix(before.stress_gpa + now.stress_gpa) / EV_PER_ANGSTROM3_TO_GPA
            work += abs(float(np.linalg.det(cell))) * float((stress * strain).sum())
        change = now.energy_ev - before.energy_ev
        self.by_work.add(np.array([work]), np.array([change]))
        alike = before.learned == now.learned and not (before.unconverged or now.unconverged)
        return change - work if alike else math.nan

    def _follow_motion(self, moved: NDArray[np.float64]) -> None:
        """Take in a displacement, the drift of all atoms aside."""
        weights = self.masses_u[:, None]
        moved = moved - (weights * moved).sum(axis=0) / self.masses_u.sum()
        now = float((weights * moved**2).sum())
        self.motion_u_angstrom2.append(0.5 * now)
        if self._moved is not None:
            self._follow += float((weights * moved * self._moved).sum())
            self._follow_norm += 0.5 * (now + float((weights * self._moved**2).sum()))
        self._moved = moved

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
        return self.interval_by_force_fs() if found is None else found

    def interval_by_force_fs(self) -> float | None:
        """Return the time between frames that forces tell, None where they do not."""
        squared = self.by_force.factor(MINIMUM_COMPONENTS)
        return None if squared is None else math.sqrt(squared)

    def work_ratio(self) -> float | None:
        """Return by how much the energy changes over the work of the forces, 1 where all is well; None if unknown."""
        return self.by_work.factor(MINIMUM_CHANGES)

    def motion_k(self, interval_fs: float) -> tuple[NDArray[np.float64], bool]:
        """Return the temperature of every displacement, and whether it is measured; else it is a lower bound.

        Args:
            interval_fs: time from frame to frame.
        """
        degrees = 3 * self.n_atoms - 3
        if not self.motion_u_angstrom2 or not degrees or not interval_fs > 0.0:
            return np.zeros(0), False
        kinetic = np.array(self.motion_u_angstrom2) * U_ANGSTROM2_PER_FS2_TO_EV / interval_fs**2
        kelvin = 2.0 * kinetic / (degrees * BOLTZMANN_EV_PER_K)
        follow = self._follow / self._follow_norm if self._follow_norm > 0.0 else 0.0
        if not DENSE <= follow < 1.0:
            return kelvin, False
        return kelvin * math.acos(follow) ** 2 / (2.0 - 2.0 * follow), True

    def gap(self) -> int | None:
        """Return the number of the frame that lies further from the one before than all steps around are long."""
        steps = np.array(self.steps_angstrom)
        for place in range(len(steps)):
            around = np.concatenate([steps[max(0, place - AROUND) : place], steps[place + 1 : place + 1 + AROUND]])
            around = around[around > AT_REST_ANGSTROM]
            if len(around) < AROUND:
                continue
            around = around[around <= ANOTHER_GAP * np.median(around)]
            if steps[place] > FAR * around.max():
                return place + 1
        return None

    def uneven(self) -> int | None:
        """Return the number of the frame that the atoms have taken another time to reach than all others.

        The time is that of displacements over velocities. What it is where frames lie far apart has no meaning, but it
        is the same from frame to frame: its spread over all frames tells which one differs. Where displacements follow
        the velocities it is the time itself, and has no spread.
        """
        paces = np.array(self.paces_fs)
        if len(paces) < FEWEST_PACES or 3 * self.n_atoms < MINIMUM_COMPONENTS or not np.isfinite(paces).all():
            return None
        off = np.abs(paces - np.median(paces))
        spread = 0.0 if self._along > MINIMUM_CORRELATION * len(paces) else DEVIATION_OVER_MEDIAN * np.median(off)
        far = np.maximum(PACE_SPREADS * spread, PACE_SHARE * abs(np.median(paces)))
        places = np.flatnonzero(off > far)
        return int(places[0]) + 1 if places.size else None

    @property
    def n_repeated(self) -> int:
        """Number of frames that are an earlier one again."""
        return len(self._marks) - len(set(self._marks))

    def repeated(self) -> tuple[int, int] | None:
        """Return the first frame that is an earlier one again, and that one; None where all differ."""
        first = self._first_alike()
        again = np.flatnonzero(first < np.arange(len(first)))
        return (int(again[0]), int(first[again[0]])) if again.size else None

    def returned(self) -> tuple[int, int] | None:
        """Return the first frame that is an earlier one again after others, and that one; None where there is none.

        A proposal that was not taken repeats the frame right before it, and atoms do not come back by chance.
        """
        first = self._first_alike()
        again = 1 + np.flatnonzero((first < np.arange(len(first)))[1:] & (first[1:] != first[:-1]))
        return (int(again[0]), int(first[again[0]])) if again.size else None

    def _first_alike(self) -> NDArray[np.int64]:
        """Return the number of the first frame that each frame is the same as."""
        _, first, which = np.unique(np.array(self._marks), return_index=True, return_inverse=True)
        return first[which]


def measurements_of(
    scalars: Mapping[str, NDArray[Any]], masses_u: NDArray[np.float64], *, electrons: int
) -> Measurements:
    """Return what the scalars of a run of llpt say.

    Args:
        scalars: series by name, each of shape (steps,), units in the names.
        masses_u: shape (n_atoms,).
        electrons: number of electrons of the cell.
    """
    found = Measurements(masses_u, electrons=electrons)
    for name in ("temperature_k", "pressure_gpa", "volume_angstrom3"):
        getattr(found, name).extend(np.asarray(scalars[name], dtype=float).tolist())
    gap = np.asarray(scalars["internal_energy_ev"], dtype=float) - np.asarray(scalars["free_energy_ev"], dtype=float)
    found.energy_gap_ev.extend(gap.tolist())
    return found


def _matrix(stress: NDArray[np.float64]) -> NDArray[np.float64]:
    xx, yy, zz, yz, xz, xy = stress
    return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
