"""The node of snapshots of one run, labelled with an engine that did not drive it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import SerializerFunctionWrapHandler, model_serializer

from llpt.bridge import REFERENCE, SURROGATE
from llpt.campaign import Role
from llpt.engines import Purpose, corrected_alike, make_engine, read_evaluated, write_evaluated
from llpt.engines.evaluation import labelled
from llpt.files import write_atomically
from llpt.options import GivenValue  # noqa: TC001 - pydantic reads it
from llpt.run_file import DescribedEngine
from llpt.study.cost import label_steps
from llpt.study.label_sections import DERIVATIVE_POINTS
from llpt.study.nodes.labels import snapshots
from llpt.study.nodes.node import AskedEngine, Job, Node
from llpt.study.outcome import NodeOutcome, NodeProgress, Provenance, State
from llpt.study.paces import RUN_START_UP_S
from llpt.study.stored import choice_folder, stored_engine, stored_options
from llpt.version import package_versions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ase import Atoms

    from llpt.campaign.labelled import LabelledRun
    from llpt.engines import Engine
    from llpt.study.cost import StepTimes
    from llpt.study.nodes.molecular_dynamics import MolecularDynamics
    from llpt.study.nodes.run import PlannedRun
    from llpt.study.outcome import Report

LABELS_FILE = "labels.extxyz"
DERIVATIVES = "derivatives.json"
"""Differences of the engine's energy on some of the snapshots, beside the forces and the pressure it gives."""


KEPT_EVERY = 10
"""Snapshots after which the labels so far are written."""
SAME_STRUCTURE_ANGSTROM = 1e-5


class OtherLabelsJob(Job):
    """What the process of these single points is told.

    Args:
        kind: which job it is.
        engine: SPEC of the engine that labels.
        options: its options, the electrons' temperature among them.
        snapshots: number of snapshots.
        run: the run they come from.
        discard: its first steps, which are left out.
        threads: processor cores it takes, 0 for "all this study may use".
        derivatives: snapshots on which its forces and pressure are held against differences of its energy.
    """

    kind: Literal["other-labels"] = "other-labels"
    engine: str
    options: dict[str, GivenValue]
    snapshots: int
    run: str
    discard: int
    threads: int
    derivatives: int = 0

    @model_serializer(mode="wrap")
    def _as_before(self, given: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Leave out what was not asked for: jobs from before it could be asked for keep their text."""
        values: dict[str, object] = given(self)
        if not self.derivatives:
            del values["derivatives"]
        return values

    def work(self, report: Report) -> NodeOutcome:
        """Label every snapshot into one file; hold forces and pressure against differences of the energy."""
        from llpt.audit import check_derivatives  # noqa: PLC0415 - start-up time of those who only plan

        frames = snapshots({self.run: self.discard}, self.snapshots)
        chosen = np.linspace(0, len(frames) - 1, min(self.derivatives, len(frames))).round().astype(int)
        points = len(frames) + DERIVATIVE_POINTS * len(chosen)
        engine = make_engine(self.engine, self.options, purpose=Purpose.LABELS)

        def on_frame(done: int) -> None:
            report(NodeProgress(steps_done=done, steps=points))

        def on_difference(done: int) -> None:
            on_frame(len(frames) + DERIVATIVE_POINTS * done)

        try:
            description = DescribedEngine.of(engine.describe())
            _label(frames, engine, Path(self.path) / LABELS_FILE, on_frame)
            if len(chosen):
                check = check_derivatives([frames[place] for place in chosen], engine, on_frame=on_difference)
                write_atomically(Path(self.path) / DERIVATIVES, check.to_json())
        finally:
            engine.close()
        provenance = Provenance(engine=description, versions=package_versions())
        return NodeOutcome(path=self.path, state=State.DONE, steps_done=points, provenance=provenance)


def _label(frames: Sequence[Atoms], engine: Engine, place: Path, on_frame: Callable[[int], None]) -> None:
    """Label snapshots into a file, or go on with those that it lacks; a kill costs a few of them."""
    done = _begun(place, frames, engine)
    for number in range(len(done), len(frames)):
        engine.reset()
        done.append(labelled(frames[number], engine, number=number))
        on_frame(len(done))
        if len(done) % KEPT_EVERY == 0 or len(done) == len(frames):
            write_evaluated(place, done)


def _begun(place: Path, frames: Sequence[Atoms], engine: Engine) -> list[Atoms]:
    """Return the labels that a file holds, where they are those of the first snapshots; none of other snapshots.

    None either where the engine corrects the pressure and they are not corrected, or the other way round.
    """
    if not place.is_file():
        return []
    kept = read_evaluated(place)
    if len(kept) > len(frames):
        return []
    for known, frame in zip(kept, frames, strict=False):
        if not _same_structure(known, frame) or not corrected_alike(known, engine):
            return []
        known.info.pop("dataset", None)  # a word of who reads labels, not of who makes them
    return kept


def _same_structure(one: Atoms, other: Atoms) -> bool:
    return len(one) == len(other) and all(
        np.allclose(first, second, rtol=0.0, atol=SAME_STRUCTURE_ANGSTROM)
        for first, second in ((one.positions, other.positions), (one.cell.array, other.cell.array))
    )


@dataclass(frozen=True, kw_only=True)
class PlannedOtherLabels(Node):
    """Snapshots of one run, labelled with an engine that did not drive it.

    Args:
        path: its directory below the study's; of a choice of the budget it ends in its name.
        run: the run they come from.
        like: a run of the engine that labels, at the same state and size: its engine, options, cost and model.
        engine: another engine in the place of that run's; None for its own.
        changed: options that take the place of that run's; of another engine, all it gets.
        snapshots: number of snapshots.
        derivatives: snapshots on which forces and pressure are held against differences of the energy.
    """

    job_class = OtherLabelsJob

    path: str
    run: PlannedRun
    like: MolecularDynamics
    engine: str | None = None
    changed: Mapping[str, GivenValue]
    snapshots: int
    derivatives: int = 0

    @property
    def after(self) -> tuple[str, ...]:
        """The run that the snapshots come from, and the potential that labels them."""
        return tuple(dict.fromkeys((self.run.path, *((self.like.model,) if self.like.model else ()))))

    @property
    def threads(self) -> int:
        """As a run of the same engine."""
        return self.like.threads

    @property
    def engine_folder(self) -> str:
        """As a run of the same engine."""
        return self.like.engine_folder

    @property
    def engines(self) -> tuple[AskedEngine, ...]:
        """The one that labels."""
        return (AskedEngine(self.engine or self.like.engine, self._options),)

    @property
    def part(self) -> str:
        """What it is, for tables."""
        return "labels"

    @property
    def counted_as(self) -> tuple[str, int]:
        """Every snapshot, and the displaced and strained ones."""
        return "single point", self.snapshots + DERIVATIVE_POINTS * self.derivatives

    def job(self, root: Path) -> OtherLabelsJob:  # noqa: ARG002 - nothing of it lies in the study's inputs
        """Return what its process is told."""
        folder = self.like.role if self.engine is None else choice_folder(Path(self.path).name)
        return OtherLabelsJob(
            path=self.path,
            engine=stored_engine(self.engine or self.like.engine, folder),
            options=stored_options(self._options),
            snapshots=self.snapshots,
            run=self.run.path,
            discard=self.run.discard,
            threads=self.threads,
            derivatives=self.derivatives,
        )

    def cost_s(self, times: StepTimes) -> float:
        """Return what so many single points take, by the steps of a run of the same engine and by what is changed."""
        changed = replace(self.like, engine=self.engine or self.like.engine, options=self._options)
        step = times.changed_step_s(self.like, changed)
        return RUN_START_UP_S + self.counted_as[1] * label_steps(changed) * step

    def doubly_labelled(self, place: Callable[[str], Path]) -> LabelledRun | None:
        """Return the run's own labels, which drove it, beside those of the other side; None where that is its own."""
        from llpt.audit import DoublyLabelled  # noqa: PLC0415 - start-up time of those who only plan
        from llpt.campaign.labelled import LabelledRun  # noqa: PLC0415

        if self.like.role is self.run.role:
            return None
        other = read_evaluated(place(self.path) / LABELS_FILE)
        own = snapshots({str(place(self.run.path)): self.run.discard}, self.snapshots)
        of_reference = self.run.role is Role.REFERENCE
        reference, surrogate = (own, other) if of_reference else (other, own)
        coupling = REFERENCE if of_reference else SURROGATE
        labels = DoublyLabelled(self.run.path, coupling, self.run.state.temperature_k, reference, surrogate)
        labels.samples()  # what the bridge refuses is refused here, run by run
        return LabelledRun(self.run.identity, labels)

    @property
    def _options(self) -> dict[str, GivenValue]:
        """Options of the engine that labels."""
        own = {} if self.engine is not None else dict(self.like.options)
        return {**own, **self.changed}
