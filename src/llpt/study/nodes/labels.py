"""The node of single points: snapshots of the reference's runs labelled at several electronic temperatures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from llpt.campaign import Role
from llpt.engines import find_engine, label_at_electronic_temperatures, label_file, read_evaluated
from llpt.options import GivenValue  # noqa: TC001 - pydantic reads it
from llpt.precision import Precision
from llpt.run_file import DescribedEngine
from llpt.study.cost import tight_point_steps
from llpt.study.nodes.node import AskedEngine, Job, Node
from llpt.study.outcome import NodeOutcome, NodeProgress, Provenance, State
from llpt.study.paces import RUN_START_UP_S
from llpt.study.stored import stored_engine, stored_options
from llpt.trajectory import Trajectory
from llpt.version import package_versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr
    from ase import Atoms

    from llpt.study.cost import StepTimes
    from llpt.study.nodes.molecular_dynamics import MolecularDynamics
    from llpt.study.outcome import Report


class LabelsJob(Job):
    """What the process of the single points is told.

    Args:
        kind: which job it is.
        engine: SPEC of the engine.
        options: its options without the electrons' temperature.
        electronic_temperatures_k: the electrons' temperatures.
        reference_temperature_k: the one that changes are counted from.
        snapshots: number of snapshots in all.
        sources: the runs they come from, each with the number of its first steps to leave out.
        threads: processor cores it takes, 0 for "all this study may use".
    """

    kind: Literal["labels"] = "labels"
    engine: str
    options: dict[str, GivenValue]
    electronic_temperatures_k: tuple[float, ...]
    reference_temperature_k: float
    snapshots: int
    sources: dict[str, int]
    threads: int

    def work(self, report: Report) -> NodeOutcome:
        """Label, or go on labelling; a snapshot is kept when it is done at every temperature."""
        frames = snapshots(self.sources, self.snapshots)
        total = len(self.electronic_temperatures_k) * len(frames)

        def on_point(done: int, temperature_k: float) -> None:
            report(NodeProgress(steps_done=done, steps=total, message=f"T_el = {temperature_k:g} K"))

        found = label_at_electronic_temperatures(
            Path(self.path),
            frames,
            spec=self.engine,
            options=self.options,
            temperatures_k=self.electronic_temperatures_k,
            on_point=on_point,
        )
        description = DescribedEngine.of(found)
        provenance = Provenance(engine=description, versions=package_versions())
        return NodeOutcome(path=self.path, state=State.DONE, steps_done=total, provenance=provenance)


@dataclass(frozen=True, kw_only=True)
class PlannedLabels(Node):
    """Single points of snapshots at several electronic temperatures.

    Args:
        engine: SPEC of the engine.
        engine_folder: the engine's name in paths.
        options: options of the engine, without the electrons' temperature.
        electronic_temperatures_k: the electrons' temperatures.
        reference_temperature_k: the one that changes are counted from.
        snapshots: number of snapshots in all.
        runs: the reference runs they come from.
        threads: processor cores it takes, 0 for "all this study may use".
    """

    job_class = LabelsJob

    engine: str
    engine_folder: str
    options: Mapping[str, GivenValue]
    electronic_temperatures_k: tuple[float, ...]
    reference_temperature_k: float
    snapshots: int
    runs: tuple[MolecularDynamics, ...]
    threads: int = 0

    @property
    def path(self) -> str:
        """Its directory below the study's."""
        return "labels/electronic-temperature"

    @property
    def after(self) -> tuple[str, ...]:
        """The runs that the snapshots come from."""
        return tuple(run.path for run in self.runs)

    @property
    def engines(self) -> tuple[AskedEngine, ...]:
        """The one that labels."""
        return (AskedEngine(self.engine, self.options),)

    @property
    def part(self) -> str:
        """What it is, for tables."""
        return "single points"

    @property
    def counted_as(self) -> tuple[str, int]:
        """Every snapshot at every temperature."""
        return "single point", len(self.electronic_temperatures_k) * self.snapshots

    def job(self, root: Path) -> LabelsJob:  # noqa: ARG002 - nothing of it lies in the study's inputs
        """Return what its process is told."""
        return LabelsJob(
            path=self.path,
            engine=stored_engine(self.engine, Role.REFERENCE),
            options=stored_options(self.options),
            electronic_temperatures_k=self.electronic_temperatures_k,
            reference_temperature_k=self.reference_temperature_k,
            snapshots=self.snapshots,
            sources={run.path: run.discard for run in self.runs},
            threads=self.threads,
        )

    def cost_s(self, times: StepTimes) -> float:
        """Return what so many single points take, each by the steps of the run that it comes from."""
        shares = zip(self.runs, shares_of(self.snapshots, len(self.runs)), strict=True)
        return RUN_START_UP_S + sum(share * self._snapshot_s(run, times) for run, share in shares)

    def _snapshot_s(self, run: MolecularDynamics, times: StepTimes) -> float:
        """Return what a snapshot of a run takes at all temperatures: in double precision, unless another was given."""
        precise = {"precision": Precision.DOUBLE} if find_engine(run.engine).declares("precision") else {}
        tight = replace(run, options={**precise, **run.options})
        steps = tight_point_steps(tight, followed=len(self.electronic_temperatures_k) - 1)
        return steps * times.changed_step_s(run, tight)

    def electronic_temperature(self, place: Path) -> xr.Dataset:
        """Return how the forces of the reference change with the electrons' temperature."""
        from llpt.audit import electronic_temperature_audit  # noqa: PLC0415 - start-up time

        frames = {value: read_evaluated(label_file(place, value)) for value in self.electronic_temperatures_k}
        return electronic_temperature_audit(frames, reference_k=self.reference_temperature_k)


def shares_of(count: int, runs: int) -> list[int]:
    """Return how many of ``count`` snapshots come from each of so many runs."""
    return [int(share) for share in np.diff(np.linspace(0, count, runs + 1).round())]


def snapshots(sources: Mapping[str, int], count: int) -> list[Atoms]:
    """Return ``count`` snapshots, evenly over the runs and over what is kept of each; fewer where there are fewer.

    Args:
        sources: run directories, each with the number of its first steps to leave out.
        count: how many in all.
    """
    chosen = []
    for (run, discard), share in zip(sources.items(), shares_of(count, len(sources)), strict=True):
        trajectory = Trajectory.open(run)
        kept = np.flatnonzero(trajectory.frame_steps > discard)
        places = kept[np.linspace(0, len(kept) - 1, min(share, len(kept))).round().astype(int)]
        chosen += [trajectory.atoms(int(index)) for index in places]
    return chosen
