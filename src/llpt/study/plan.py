"""The plan: the graph of runs that a study file implies, before anything is spent.

A node is one molecular-dynamics run (engine, N, state, path, repeat) or the training of the surrogate; an edge says
what must be done first: the neighbouring temperature of a ladder, the run that a controlled test goes on from, the
reference runs that a potential is trained on, the potential that a surrogate run is driven by.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from llpt.units import hydrogen_density_g_per_cm3, volume_per_atom_angstrom3

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llpt.study.engine_sections import OptionValue
    from llpt.study.sections import Isobar

BASE = "base"
"""The name of what every controlled test is compared with: the study's own runs."""

SIZE = "size"
RAMP_UP = "ramp-up"
RAMP_DOWN = "ramp-down"
"""Ladders of other rates: heating, and cooling from its hot end; ``repeat`` counts the rates from 1."""


class Role(StrEnum):
    """Which side of the audit a run stands on."""

    REFERENCE = "reference"
    SURROGATE = "surrogate"


class Origin(StrEnum):
    """Where a run's first configuration comes from."""

    MOLECULAR = "molecular"
    ATOMIC = "atomic"
    FILE = "file"
    RUN = "run"
    RUN_AT_MEAN_VOLUME = "run at mean volume"
    IMPORTED = "imported"


@dataclass(frozen=True)
class Start:
    """The first configuration of a run.

    Args:
        origin: made here, read from a file, or the last configuration of another run.
        source: the other run's id, or the file's path; empty where the fluid is made here.
    """

    origin: Origin
    source: str = ""


@dataclass(frozen=True)
class ThermodynamicState:
    """A point of the phase diagram: a temperature, and a pressure or a density.

    Args:
        line: the name of its isobar or isochore in paths, e.g. ``P200`` or ``rs1.38``.
        temperature_k: ionic temperature.
        pressure_gpa: pressure, None where the density is held.
        density_g_per_cm3: density, None where the pressure is held.
    """

    line: str
    temperature_k: float
    pressure_gpa: float | None
    density_g_per_cm3: float | None

    @classmethod
    def on(cls, line: Isobar, temperature_k: float) -> ThermodynamicState:
        """Return the state at a temperature of one line of the study file."""
        if line.pressure_gpa is not None:
            return cls(f"P{line.pressure_gpa:g}", temperature_k, line.pressure_gpa, None)
        if line.rs is not None:
            density = hydrogen_density_g_per_cm3(volume_per_atom_angstrom3(line.rs))
            return cls(f"rs{line.rs:g}", temperature_k, None, density)
        return cls(f"rho{line.density_gcc:g}", temperature_k, None, line.density_gcc)


@dataclass(frozen=True)
class PlannedRun:
    """One molecular-dynamics run.

    Args:
        identity: its directory below the study's, e.g. ``runs/dft/N256/P200/T900``.
        role: reference or surrogate.
        engine: SPEC of the engine; of a potential trained here, what ``models/`` will hold.
        options: options of the engine, the electrons' temperature included.
        atoms: number of atoms.
        state: temperature and pressure or density.
        test: the controlled test it belongs to, or ``base``.
        repeat: counts sequential runs at one state from 1.
        dynamics: the settings of the run as ``dynamics.RunSettings`` takes them.
        discard: first steps left out of averages.
        start: its first configuration.
        after: what must be done before, in the order: its start, its model.
        threads: processor cores it takes, 0 for "all this study may use".
    """

    identity: str
    role: Role
    engine: str
    options: Mapping[str, OptionValue]
    atoms: int
    state: ThermodynamicState
    test: str
    repeat: int
    dynamics: Mapping[str, Any]
    discard: int
    start: Start
    after: tuple[str, ...] = ()
    threads: int = 0

    @property
    def steps(self) -> int:
        """Number of MD steps in all."""
        return int(self.dynamics["steps"])

    @property
    def timestep_fs(self) -> float:
        """Time step in fs."""
        return float(self.dynamics["timestep_fs"])

    @property
    def picoseconds(self) -> float:
        """Simulated time in ps."""
        return self.steps * self.timestep_fs / 1000.0

    @property
    def ladder_test(self) -> str:
        """The controlled test whose ladder it belongs to; ramps of different rates are different ladders."""
        return self.group[-1] if self.test in {RAMP_UP, RAMP_DOWN} else self.test

    @property
    def group(self) -> tuple[str, str, int, str, str]:
        """What it shares with the other temperatures of its ladder: engine's folder, role, N, line, test and repeat."""
        label = self.test if self.repeat <= 1 else f"{self.test} {self.repeat}"
        return (self.identity.split("/")[1], str(self.role), self.atoms, self.state.line, label)


@dataclass(frozen=True)
class PlannedTraining:
    """The fit of the surrogate to the reference runs.

    Args:
        identity: its directory below the study's, e.g. ``models/behler-parrinello``.
        settings: what the fit is told (``[surrogate.training]``).
        seed: seed of the weights and of the split.
        after: the reference runs it learns from.
        threads: processor cores it takes, 0 for "all this study may use".
    """

    identity: str
    settings: Mapping[str, Any]
    seed: int
    after: tuple[str, ...]
    threads: int = 0


@dataclass(frozen=True)
class PlannedLabels:
    """Single points of snapshots at several electronic temperatures.

    Args:
        identity: its directory below the study's.
        engine: SPEC of the engine.
        options: options of the engine, without the electrons' temperature.
        electronic_temperatures_k: the electrons' temperatures.
        reference_temperature_k: the one that changes are counted from.
        snapshots: number of snapshots in all.
        sources: the runs they come from, each with the number of its first steps to leave out.
        threads: processor cores it takes, 0 for "all this study may use".
    """

    identity: str
    engine: str
    options: Mapping[str, OptionValue]
    electronic_temperatures_k: tuple[float, ...]
    reference_temperature_k: float
    snapshots: int
    sources: Mapping[str, int]
    threads: int = 0


@dataclass(frozen=True)
class Plan:
    """Every run of a study in an order in which they can be done."""

    runs: tuple[PlannedRun, ...]
    training: PlannedTraining | None = None
    labels: PlannedLabels | None = None
    _by_identity: dict[str, PlannedRun] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._by_identity.update({run.identity: run for run in self.runs})
        if len(self._by_identity) < len(self.runs):
            raise ValueError("two runs of the plan share one directory")

    def __getitem__(self, identity: str) -> PlannedRun:
        return self._by_identity[identity]

    def __contains__(self, identity: object) -> bool:
        return identity in self._by_identity

    @property
    def identities(self) -> tuple[str, ...]:
        """The directories of all nodes, training included, each after all it depends on."""
        reference = [run.identity for run in self.runs if run.role is Role.REFERENCE]
        surrogate = [run.identity for run in self.runs if run.role is Role.SURROGATE]
        others = tuple(node.identity for node in (self.training, self.labels) if node is not None)
        return (*reference, *others, *surrogate)

    @property
    def in_words(self) -> str:
        """What it holds, e.g. ``15 runs, one training and 560 single points``."""
        parts = [f"{len(self.runs)} runs"]
        if self.training:
            parts.append("one training")
        if self.labels:
            parts.append(f"{len(self.labels.electronic_temperatures_k) * self.labels.snapshots} single points")
        return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))

    def after(self, identity: str) -> tuple[str, ...]:
        """Return what must be done before the node ``identity``."""
        if self.training and identity == self.training.identity:
            return self.training.after
        if self.labels and identity == self.labels.identity:
            return tuple(self.labels.sources)
        return self._by_identity[identity].after


def derived_seed(seed: int, *labels: object) -> int:
    """Return a seed below 2³¹ that depends on the study's seed and on ``labels`` alone (SHA-256).

    Reference and surrogate runs of one state share it: they start from the same configuration and velocities.
    """
    text = "/".join(str(label) for label in (seed, *labels))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") % 2**31


def renamed(run: PlannedRun, *, test: str, repeat: int = 1) -> PlannedRun:
    """Return ``run`` as the matched run of a controlled test: same state, in a directory of its own."""
    stem = run.identity.rpartition("/")[0]
    word = test.replace("_", "-")
    identity = f"{stem}/T{run.state.temperature_k:g}-{word}{repeat}"
    return replace(run, identity=identity, test=test, repeat=repeat)
