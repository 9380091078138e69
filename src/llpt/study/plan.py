"""The plan: the graph of runs that a study file implies, before anything is spent.

A node is one molecular-dynamics run (engine, N, state, path, repeat) or the training of the surrogate; an edge says
what must be done first: the neighbouring temperature of a ladder, the run that a controlled test goes on from, the
reference runs that a potential is trained on, the potential that a surrogate run is driven by.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from llpt.campaign import ControlledTest, Role, RunIdentity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llpt.campaign import ThermodynamicState
    from llpt.study.engine_sections import OptionValue


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
class PlannedRun:
    """One molecular-dynamics run.

    Args:
        role: reference or surrogate.
        engine: SPEC of the engine; of a potential trained here, what ``models/`` will hold.
        engine_folder: the engine's name in paths.
        options: options of the engine, the electrons' temperature included.
        atoms: number of atoms.
        state: temperature and pressure or density.
        test: the controlled test it belongs to.
        repeat: counts sequential runs at one state from 1.
        dynamics: the settings of the run as ``dynamics.RunSettings`` takes them.
        discard: first steps left out of averages.
        start: its first configuration.
        after: what must be done before, in the order: its start, its model.
        threads: processor cores it takes, 0 for "all this study may use".
    """

    role: Role
    engine: str
    engine_folder: str
    options: Mapping[str, OptionValue]
    atoms: int
    state: ThermodynamicState
    test: ControlledTest
    repeat: int
    dynamics: Mapping[str, Any]
    discard: int
    start: Start
    after: tuple[str, ...] = ()
    threads: int = 0

    @property
    def identity(self) -> RunIdentity:
        """Which run it is."""
        return RunIdentity(
            self.engine_folder, self.atoms, self.state.line, self.state.temperature_k, self.test, self.repeat
        )

    @property
    def path(self) -> str:
        """Its directory below the study's, e.g. ``runs/dft/N256/P200/T900``."""
        return self.identity.path

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


@dataclass(frozen=True)
class PlannedTraining:
    """The fit of the surrogate to the reference runs.

    Args:
        engine_folder: the surrogate's name in paths.
        settings: what the fit is told (``[surrogate.training]``).
        seed: seed of the weights and of the split.
        after: the reference runs it learns from.
        threads: processor cores it takes, 0 for "all this study may use".
    """

    engine_folder: str
    settings: Mapping[str, Any]
    seed: int
    after: tuple[str, ...]
    threads: int = 0

    @property
    def path(self) -> str:
        """Its directory below the study's, e.g. ``models/behler-parrinello``."""
        return f"models/{self.engine_folder}"


@dataclass(frozen=True)
class PlannedLabels:
    """Single points of snapshots at several electronic temperatures.

    Args:
        path: its directory below the study's.
        engine: SPEC of the engine.
        options: options of the engine, without the electrons' temperature.
        electronic_temperatures_k: the electrons' temperatures.
        reference_temperature_k: the one that changes are counted from.
        snapshots: number of snapshots in all.
        sources: the runs they come from, each with the number of its first steps to leave out.
        threads: processor cores it takes, 0 for "all this study may use".
    """

    path: str
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
    _by_path: dict[str, PlannedRun] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._by_path.update({run.path: run for run in self.runs})
        if len(self._by_path) < len(self.runs):
            raise ValueError("two runs of the plan share one directory")

    def __getitem__(self, path: str) -> PlannedRun:
        return self._by_path[path]

    def __contains__(self, path: object) -> bool:
        return path in self._by_path

    @property
    def paths(self) -> tuple[str, ...]:
        """The directories of all nodes, training included, each after all it depends on."""
        reference = [run.path for run in self.runs if run.role is Role.REFERENCE]
        surrogate = [run.path for run in self.runs if run.role is Role.SURROGATE]
        others = tuple(node.path for node in (self.training, self.labels) if node is not None)
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

    def after(self, path: str) -> tuple[str, ...]:
        """Return what must be done before the node at ``path``."""
        if self.training and path == self.training.path:
            return self.training.after
        if self.labels and path == self.labels.path:
            return tuple(self.labels.sources)
        return self._by_path[path].after


def derived_seed(seed: int, *labels: object) -> int:
    """Return a seed below 2³¹ that depends on the study's seed and on ``labels`` alone (SHA-256).

    Reference and surrogate runs of one state share it: they start from the same configuration and velocities.
    """
    text = "/".join(str(label) for label in (seed, *labels))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") % 2**31
