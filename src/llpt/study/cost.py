"""What a plan will cost, before anything is spent: an estimate from a short table, and the time on given cores.

Seconds per step of the built-in DFT engine on 2 cores are 0.025 + p (0.028 n² + 0.010 n³), n atoms in units of 64 and p
plane waves per atom in units of those at 60 Ry and 1.12 g/cm³: a constant, transforms, and matrix products. It was
fitted to 32, 64, 128, 256 and 512 atoms and is within 17 % of each (``docs/performance.md``). Runs that are done
correct the estimate: the ratio of their measured time to the table's, engine by engine, multiplies what is left.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from llpt.errors import InputError
from llpt.structure import volume_per_atom
from llpt.study.engine_sections import engine_kind
from llpt.study.protocol import starting_density

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llpt.campaign import ThermodynamicState
    from llpt.study.engine_sections import OptionValue

REFERENCE_CUTOFF_RY = 60.0
REFERENCE_DENSITY = 1.12
"""g/cm³ of the fluid that was timed."""
START_UP_S = 4.0
"""Starting a process and importing what it needs."""
SECOND_THREAD = 1.37
"""How many times faster a DFT step is on two threads than on one: 1.3 was measured at 64 atoms, 1.6 at 128."""


@dataclass(frozen=True)
class Speed:
    """Seconds per MD step of one engine on 2 cores: ``floor + sum_k terms[k] (N / 64)^k``.

    Args:
        terms: seconds for 64 atoms by the power they grow with; at 60 Ry and 1.12 g/cm³ where there are plane waves.
        floor: what every step costs besides, i-PI and the trajectory among it.
        plane_waves: whether the terms grow with the number of plane waves, cutoff^1.5 / density.
    """

    terms: Mapping[float, float]
    floor: float = 0.002
    plane_waves: bool = False

    def seconds(self, atoms: int, plane_waves: float) -> float:
        """Return the seconds of one step.

        Args:
            atoms: number of atoms.
            plane_waves: per atom, all k-points together, in units of those at the reference cutoff and density.
        """
        share = plane_waves if self.plane_waves else 1.0
        return self.floor + share * sum(seconds * (atoms / 64.0) ** power for power, seconds in self.terms.items())


SPEEDS: dict[str, Speed] = {
    "dft": Speed({2.0: 0.028, 3.0: 0.0102}, floor=0.025, plane_waves=True),
    "quantum-espresso": Speed({2.85: 0.9}, plane_waves=True),
    "vasp": Speed({2.85: 0.9}, plane_waves=True),
    "n2p2": Speed({1.0: 0.015}, floor=0.003),
    "model": Speed({1.0: 0.015}, floor=0.003),
    "mace": Speed({1.0: 0.3}),
    "lammps": Speed({1.0: 0.01}),
    "ase": Speed({1.0: 0.005}),
}
SINGLE_POINT_STEPS = 4.0
"""A single point from nothing costs as much as this many MD steps, which start from the step before."""


class TimedRun(Protocol):
    """What of a run decides how long its steps take."""

    @property
    def path(self) -> str:
        """Its directory below the study's."""

    @property
    def engine(self) -> str:
        """SPEC of the engine."""

    @property
    def options(self) -> Mapping[str, OptionValue]:
        """Options of the engine."""

    @property
    def atoms(self) -> int:
        """Number of atoms."""

    @property
    def state(self) -> ThermodynamicState:
        """Temperature and pressure or density."""

    @property
    def threads(self) -> int:
        """Processor cores, 0 for all."""

    @property
    def steps(self) -> int:
        """Number of MD steps."""


def seconds_per_step(run: TimedRun) -> float:
    """Return the table's estimate for one step of a run."""
    speed = SPEEDS.get(engine_kind(run.engine), SPEEDS["ase"])
    if not speed.plane_waves:
        return speed.seconds(run.atoms, 1.0)
    cutoff = float(run.options.get("ecut_ry", REFERENCE_CUTOFF_RY)) / REFERENCE_CUTOFF_RY
    try:
        density = starting_density(run.state)
    except InputError:  # nothing is known of this state
        density = REFERENCE_DENSITY
    edge = (run.atoms * volume_per_atom(density_g_per_cm3=density)) ** (1.0 / 3.0)
    kpoints = kpoint_count(str(run.options.get("kpoints", "mean-value")), edge_angstrom=edge)
    seconds = speed.seconds(run.atoms, kpoints * cutoff**1.5 / (density / REFERENCE_DENSITY))
    return seconds * SECOND_THREAD if run.threads == 1 else seconds


def kpoint_count(kpoints: str, *, edge_angstrom: float) -> int:
    """Return how many k-points are computed: half of a grid, by time reversal; else one.

    Args:
        kpoints: as the engine ``dft`` reads it.
        edge_angstrom: edge of the cubic cell, for points by spacing.

    >>> [kpoint_count(text, edge_angstrom=5.0) for text in ("2x2x2", "mean-value", "spacing:0.7", "spacing:1.3")]
    [4, 1, 4, 1]
    """
    spacing = re.fullmatch(r"spacing:(\d*\.?\d+)", kpoints)
    if spacing and float(spacing[1]) > 0.0:
        divisions = math.ceil(2.0 * math.pi / edge_angstrom / float(spacing[1]))
        return -(-(divisions**3) // 2)
    parts = kpoints.split("x")
    if len(parts) != 3 or not all(part.isdigit() for part in parts):
        return 1
    return -(-math.prod(int(part) for part in parts) // 2)


class Pace:
    """How long the MD steps of a study take: as measured, or by the table corrected by what was measured.

    Args:
        measured: runs already begun, each with its seconds per step; they correct all others of the same engine, the
            nearest number of atoms first.
    """

    def __init__(self, measured: Sequence[tuple[TimedRun, float]] = ()) -> None:
        self._measured = {run.path: seconds for run, seconds in measured}
        self._peers: dict[str, list[tuple[TimedRun, float]]] = {}
        for run, seconds in measured:
            self._peers.setdefault(run.engine, []).append((run, seconds))

    def run_s(self, run: TimedRun) -> float:
        """Return the seconds that a run takes from start to end."""
        peers = self._peers.get(run.engine, [])
        step = self._measured.get(run.path)
        if step is None:
            step = seconds_per_step(run)
            if peers:
                nearest, seconds = min(peers, key=lambda peer: abs(peer[0].atoms - run.atoms))
                step *= seconds / seconds_per_step(nearest)
        return START_UP_S + run.steps * step
