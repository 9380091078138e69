"""From a study file to its plan: both sides' ladders and matched runs, the training, the single points."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.campaign import Role
from llpt.engines import engine_folder
from llpt.study.engine_spelling import surrogate_folder
from llpt.study.explaining_runs import label_nodes
from llpt.study.ladders import Ladders, Side, derived_seed
from llpt.study.like_imported import runs_like_imported
from llpt.study.matched_runs import matched_runs
from llpt.study.nodes import runs_among
from llpt.study.nodes.labels import PlannedLabels
from llpt.study.nodes.training import PlannedTraining
from llpt.study.plan import Plan
from llpt.study.stages import grown_plan
from llpt.study.stored import MODELS

if TYPE_CHECKING:
    from llpt.study.controlled_tests import SnapshotTest
    from llpt.study.file import StudyFile
    from llpt.study.nodes import MolecularDynamics, Node


def make_plan(study: StudyFile) -> Plan:
    """Return the graph of runs that a study implies; of one that grew, with what was begun before as it was planned.

    Raises:
        InputError: no starting density or time step is known for a state, or the settings of a run contradict one
            another.
    """
    versions = [*(stage.study for stage in study.stages), study]
    plan = _plan_of(versions[0])
    for stage, following in zip(study.stages, versions[1:], strict=True):
        plan = grown_plan(plan, stage.begun, _plan_of(following))
    return plan


def _plan_of(study: StudyFile) -> Plan:
    """Return the plan of a study file alone."""
    reference, surrogate = _reference_side(study), _surrogate_side(study)
    nodes: list[Node] = []
    learnt: tuple[MolecularDynamics, ...] = ()
    if reference is not None:
        ladders = Ladders(study, reference)
        base = ladders.base_runs()
        learnt = tuple(base)
        nodes += base + _controlled_tests(ladders, base)
    if surrogate is not None and study.surrogate is not None and surrogate.model:
        seed = derived_seed(study.study.seed, "training")
        training = study.surrogate.training
        nodes.append(PlannedTraining(engine_folder=surrogate.folder, settings=training, seed=seed, runs=learnt))
    if reference is not None and study.tests.snapshots is not None:
        nodes.append(_labels(study.tests.snapshots, reference, learnt))
    if surrogate is not None and study.surrogate is not None and study.surrogate.runs == "states":
        ladders = Ladders(study, surrogate)
        base = ladders.base_runs()
        nodes += base + _controlled_tests(ladders, base) + ladders.extra_runs()
    nodes += [run.planned() for run in study.imported]
    if surrogate is not None and study.surrogate is not None and study.surrogate.runs == "imported":
        nodes += runs_like_imported(study, surrogate)
    return Plan((*nodes, *label_nodes(study, runs_among(nodes))))


def _controlled_tests(ladders: Ladders, base: list[MolecularDynamics]) -> list[MolecularDynamics]:
    """Return the runs of every controlled test that is done with one side."""
    asked = [test for _, test in ladders.study.tests.asked() if test.engines in {"both", ladders.side.role}]
    return [run for test in asked for run in matched_runs(ladders, test, base)]


def _reference_side(study: StudyFile) -> Side | None:
    section = study.reference
    if section is None:
        return None
    threads = 0 if section.threads == "auto" else section.threads
    return Side(
        Role.REFERENCE,
        section.engine,
        engine_folder(section.engine),
        section.engine_options(),
        section.thermal,
        "",
        threads,
    )


def _surrogate_side(study: StudyFile) -> Side | None:
    section = study.surrogate
    if section is None:
        return None
    folder = engine_folder(section.engine)
    if study.reference is not None and folder == engine_folder(study.reference.engine):
        folder = surrogate_folder(folder)
    model = f"{MODELS}{folder}" if section.train else ""
    threads = None if section.threads == "auto" else section.threads
    return Side(Role.SURROGATE, section.spec(model), folder, section.options, False, model, threads)


def _labels(test: SnapshotTest, reference: Side, runs: tuple[MolecularDynamics, ...]) -> PlannedLabels:
    return PlannedLabels(
        engine=reference.engine,
        engine_folder=reference.folder,
        options=reference.options,
        electronic_temperatures_k=test.electronic_temperatures_k,
        reference_temperature_k=test.reference_temperature_k,
        snapshots=test.snapshots,
        runs=runs,
        threads=reference.threads or 0,
    )
