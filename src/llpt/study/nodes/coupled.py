"""The node of a run between surrogate and reference: dynamics with mixed forces, then both labels of its snapshots.

Where the two ensembles share too few configurations, a run at U_s + lambda (F_r - U_s) shares some with each
(``llpt.bridge``). Its snapshots need the surrogate's labels alone: the reference's follow from the mixture.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from llpt.dynamics import own_start, run_md
from llpt.dynamics.settings import SEED_LIMIT
from llpt.engines import MixedEngine, evaluate, make_engine, read_evaluated, write_evaluated
from llpt.options import GivenValue  # noqa: TC001 - pydantic reads it
from llpt.run_file import DescribedEngine
from llpt.structure import LABELS, attach_labels, label_of
from llpt.study.nodes.labels import snapshots
from llpt.study.nodes.molecular_dynamics import DynamicsTask, progress_told
from llpt.study.nodes.node import AskedEngine, Job, Node
from llpt.study.nodes.other_labels import LABELS_FILE
from llpt.study.outcome import NodeOutcome, Provenance, State
from llpt.study.paces import RUN_START_UP_S
from llpt.study.steps import RUN_INSIDE
from llpt.study.stored import stored_engine, stored_options
from llpt.trajectory import Trajectory
from llpt.version import package_versions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ase import Atoms
    from numpy.typing import ArrayLike, NDArray

    from llpt.campaign.labelled import LabelledRun
    from llpt.study.cost import StepTimes
    from llpt.study.nodes.molecular_dynamics import MolecularDynamics
    from llpt.study.outcome import Report

SURROGATE_LABELS = "surrogate-labels.extxyz"


class CoupledJob(Job):
    """What the process of a run with mixed forces is told.

    Args:
        kind: which job it is.
        coupling: share of the reference, between 0 and 1.
        reference: its engine, and the dynamics.
        surrogate_engine: SPEC of the surrogate.
        surrogate_options: its options.
        start: the run whose last configuration it begins with.
        discard: its first steps, which are left out.
        snapshots: number of snapshots.
        threads: processor cores it takes, 0 for "all this study may use".
    """

    kind: Literal["coupled"] = "coupled"
    coupling: float
    reference: DynamicsTask
    surrogate_engine: str
    surrogate_options: dict[str, GivenValue]
    start: str
    discard: int
    snapshots: int
    threads: int

    def work(self, report: Report) -> NodeOutcome:
        """Do or continue the run; then label its snapshots."""
        settings = self.reference.settings
        place = Path(self.path) / RUN_INSIDE
        surrogate = make_engine(self.surrogate_engine, self.surrogate_options, purpose=settings.purpose)
        mixed = MixedEngine(surrogate, self.reference.make_engine(), coupling=self.coupling)
        try:
            begun = own_start(place)  # the run that it started from may have become longer since
            atoms = begun or _end_of(self.start)
            told = progress_told(report, settings, atoms)
            given = atoms if begun is None else None
            outcome = run_md(given, mixed, settings, place, start_may_differ=True, on_progress=told)
            description = DescribedEngine.of(mixed.describe())
            state = State(outcome.state)
            if state is State.DONE:
                frames = snapshots({str(place): self.discard}, self.snapshots)
                labelled = evaluate(frames, surrogate)
                write_evaluated(Path(self.path) / SURROGATE_LABELS, labelled)
                electrons = self.reference.options.get("electronic_temperature_k")
                write_evaluated(
                    Path(self.path) / LABELS_FILE, reference_labels(frames, labelled, self.coupling, electrons)
                )
        finally:
            mixed.close()
        provenance = Provenance(engine=description, versions=package_versions(), seed=settings.seed)
        return NodeOutcome(
            path=self.path,
            state=state,
            reason=outcome.reason or outcome.damage,
            steps_done=outcome.steps_done,
            provenance=provenance,
        )


def _end_of(run: str) -> Atoms:
    trajectory = Trajectory.open(run)
    return trajectory.atoms(len(trajectory.frame_steps) - 1)


def reference_labels(
    frames: Sequence[Atoms], surrogate: Sequence[Atoms], coupling: float, electronic_temperature_k: object = None
) -> list[Atoms]:
    """Return snapshots with the reference's labels: X_r = X_s + (X - X_s) / coupling for energies, forces and stress.

    Args:
        frames: snapshots of a run with mixed forces, with its labels X.
        surrogate: the same ones with the surrogate's, X_s.
        coupling: share of the reference, above 0.
        electronic_temperature_k: of the reference's electrons; None where it has none.
    """
    found = []
    for frame, other in zip(frames, surrogate, strict=True):
        atoms: Any = other.copy()

        energy, free_energy, forces, stress = (
            _unmixed(label_of(frame, name), label_of(other, name), coupling) for name in LABELS
        )
        assert energy is not None
        assert free_energy is not None
        attach_labels(atoms, energy=float(energy), free_energy=float(free_energy), forces=forces, stress=stress)
        if electronic_temperature_k is not None:
            atoms.info["electronic_temperature_k"] = float(str(electronic_temperature_k))
        found.append(atoms)
    return found


def _unmixed(mixed: ArrayLike | None, own: ArrayLike | None, coupling: float) -> NDArray[np.float64] | None:
    """Return the reference's part of a mixture; None where there is no such label."""
    if mixed is None or own is None:
        return None
    first, second = np.asarray(mixed, dtype=np.float64), np.asarray(own, dtype=np.float64)
    return second + (first - second) / coupling


@dataclass(frozen=True, kw_only=True)
class PlannedCoupled(Node):
    """A run between surrogate and reference at one state, with both labels of its snapshots.

    Args:
        path: its directory below the study's.
        run: the reference's run of the state: its dynamics, and its last configuration as the start.
        surrogate: the surrogate's run of the same state: its engine, options and model.
        coupling: share of the reference, between 0 and 1.
        snapshots: number of snapshots.
    """

    job_class = CoupledJob

    path: str
    run: MolecularDynamics
    surrogate: MolecularDynamics
    coupling: float
    snapshots: int

    @property
    def after(self) -> tuple[str, ...]:
        """The run it starts from, and the potential."""
        return (self.run.path, *((self.surrogate.model,) if self.surrogate.model else ()))

    @property
    def threads(self) -> int:
        """As the reference's run."""
        return self.run.threads

    @property
    def engine_folder(self) -> str:
        """As the reference's run, which is what it costs."""
        return self.run.engine_folder

    @property
    def engines(self) -> tuple[AskedEngine, ...]:
        """Those of both runs."""
        return (*self.run.engines, *self.surrogate.engines)

    @property
    def part(self) -> str:
        """What it is, for tables."""
        return f"coupling {self.coupling:g}"

    @property
    def counted_as(self) -> tuple[str, int]:
        """One run."""
        return "coupled run", 1

    def job(self, root: Path) -> CoupledJob:  # noqa: ARG002 - nothing of it lies in the study's inputs
        """Return what its process is told."""
        task = self.run.task
        seed = (self.run.dynamics.seed + 1 + round(1000 * self.coupling)) % SEED_LIMIT
        return CoupledJob(
            path=self.path,
            coupling=self.coupling,
            reference=task.model_copy(update={"settings": task.settings.changed(seed=seed)}),
            surrogate_engine=stored_engine(self.surrogate.engine, self.surrogate.role),
            surrogate_options=stored_options(self.surrogate.options),
            start=self.run.path,
            discard=self.run.discard,
            snapshots=self.snapshots,
            threads=self.threads,
        )

    def cost_s(self, times: StepTimes) -> float:
        """Return what both engines take for so many steps."""
        return RUN_START_UP_S + times.run_s(self.run) + times.run_s(self.surrogate)

    def doubly_labelled(self, place: Callable[[str], Path]) -> LabelledRun:
        """Return its snapshots with both labels."""
        from llpt.audit import DoublyLabelled  # noqa: PLC0415 - start-up time of those who only plan
        from llpt.campaign.labelled import LabelledRun  # noqa: PLC0415

        files = (place(self.path) / name for name in (LABELS_FILE, SURROGATE_LABELS))
        reference, surrogate = (read_evaluated(file) for file in files)
        labels = DoublyLabelled(self.path, self.coupling, self.run.state.temperature_k, reference, surrogate)
        labels.samples()  # what the bridge refuses is refused here, run by run
        return LabelledRun(self.run.identity, labels)
