"""The node of a training: a network fitted to the study's own reference runs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import field_serializer

from llpt.campaign import short_name
from llpt.study.cost import label_steps
from llpt.study.engine_sections import TrainingSection  # noqa: TC001 - pydantic reads it
from llpt.study.nodes.molecular_dynamics import DynamicsTask  # noqa: TC001 - pydantic reads it
from llpt.study.nodes.node import AskedEngine, Job, Node
from llpt.study.outcome import NodeOutcome, NodeProgress, Provenance, State
from llpt.study.paces import RUN_START_UP_S
from llpt.study.stored import FUNCTIONS, MODELS, stored_path
from llpt.version import package_versions

if TYPE_CHECKING:
    from llpt.mlp import TrainingProgress
    from llpt.study.cost import StepTimes
    from llpt.study.nodes.molecular_dynamics import MolecularDynamics
    from llpt.study.outcome import Report

LABELS_DIRECTORY = "training"
"""Where labels that no run made are kept, below the study's directory."""

TRAINING_S = 60.0
"""A training without a limit of its own; forty steps on a few hundred frames of 32 atoms took 44 s."""


class TrainingJob(Job):
    """What the process of a training is told.

    Args:
        kind: which job it is.
        settings: what the fit is told (``[surrogate.training]``).
        seed: seed of the weights and of the split.
        after: the runs it learns from.
        threads: processor cores it takes, 0 for "all this study may use".
        labellers: how each of these runs was computed, where displaced snapshots of them are labelled too.
    """

    kind: Literal["training"] = "training"
    settings: TrainingSection
    seed: int
    after: tuple[str, ...]
    threads: int
    labellers: dict[str, DynamicsTask]

    @field_serializer("settings")
    def _as_before(self, settings: TrainingSection) -> dict[str, object]:
        return settings.model_dump(mode="json")

    def work(self, report: Report) -> NodeOutcome:
        """Train, or go on training.

        Frames are taken from the whole of each run: what it passed through before it settled is as true, and further
        apart.
        """
        from llpt.learning import NamedRun, rattle_runs, train_on_runs  # noqa: PLC0415 - they take seconds to import
        from llpt.mlp.training.card_rows import card_rows  # noqa: PLC0415

        def on_progress(progress: TrainingProgress) -> None:
            fit = f", loss {progress.training_loss:.3g}" if progress.stage == "fit" else ""
            total = max(progress.total, progress.done)
            report(NodeProgress(steps_done=progress.done, steps=total, message=f"{progress.stage}{fit}"))

        def on_label(done: int, total: int) -> None:
            report(NodeProgress(steps_done=done, steps=total, message="rattled snapshots"))

        labelled = rattle_runs(
            {NamedRun(short_name(run), run): labeller.make_engine for run, labeller in self.labellers.items()},
            Path(LABELS_DIRECTORY),
            frames=self.settings.rattled,
            seed=self.seed,
            on_frame=on_label,
        )
        outcome = train_on_runs(
            [NamedRun(short_name(run), run) for run in self.after],
            self.path,
            self.settings.fit_settings(seed=self.seed),
            frames_per_run=math.ceil(self.settings.frames / len(self.after)),
            more_frames=labelled,
            on_progress=on_progress,
        )
        provenance = Provenance(versions=package_versions(), seed=self.seed, training=card_rows(outcome.cards[0]))
        return NodeOutcome(path=self.path, state=State.DONE, provenance=provenance)


@dataclass(frozen=True, kw_only=True)
class PlannedTraining(Node):
    """The fit of the surrogate to the reference runs.

    Args:
        engine_folder: the surrogate's name in paths.
        settings: what the fit is told (``[surrogate.training]``).
        seed: seed of the weights and of the split.
        runs: the reference runs it learns from.
        threads: processor cores it takes, 0 for "all this study may use".
    """

    job_class = TrainingJob

    engine_folder: str
    settings: TrainingSection
    seed: int
    runs: tuple[MolecularDynamics, ...]
    threads: int = 0

    @property
    def path(self) -> str:
        """Its directory below the study's, e.g. ``models/behler-parrinello``."""
        return f"{MODELS}{self.engine_folder}"

    @property
    def after(self) -> tuple[str, ...]:
        """The runs it learns from."""
        return tuple(run.path for run in self.runs)

    @property
    def engines(self) -> tuple[AskedEngine, ...]:
        """Those of the runs it learns from, where displaced snapshots are labelled."""
        return tuple(engine for run in self.runs for engine in run.engines) if self.settings.rattled else ()

    @property
    def part(self) -> str:
        """What it is, for tables."""
        return "training"

    @property
    def counted_as(self) -> tuple[str, int]:
        """One training."""
        return "training", 1

    def job(self, root: Path) -> TrainingJob:  # noqa: ARG002 - the names of copies need no look at them
        """Return what its process is told."""
        functions = self.settings.functions_from
        copied = {} if functions is None else {"functions_from": Path(stored_path(str(functions), FUNCTIONS))}
        return TrainingJob(
            path=self.path,
            settings=self.settings.model_copy(update=copied),
            seed=self.seed,
            after=self.after,
            threads=self.threads,
            labellers={run.path: run.task for run in self.runs} if self.settings.rattled else {},
        )

    def cost_s(self, times: StepTimes) -> float:
        """Return the limit of the fit, or what one like it took, and the single points of the displaced snapshots."""
        learnt = self.runs[0]
        label = label_steps(learnt) * times.step_s(learnt)
        fit = self.settings.max_seconds or TRAINING_S
        return RUN_START_UP_S + fit + self.settings.rattled * label
