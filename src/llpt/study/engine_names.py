"""What people call the engine of a planned run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.campaign import Role
from llpt.engines import engine_folder, engine_label, find_engine
from llpt.study.engine_spelling import imported_label, without_surrogate

if TYPE_CHECKING:
    from llpt.study.file import StudyFile
    from llpt.study.nodes import PlannedRun


def engine_name(run: PlannedRun, study: StudyFile) -> str:
    """Return what people call a run's engine: its name, and the functional where it has one."""
    label = imported_label(run.engine)
    if label is not None:
        return label
    folder = without_surrogate(run.engine_folder)
    name = engine_label(folder)
    functional = run.options.get("xc", find_engine(run.engine).functional)
    if functional:
        return f"{name}/{str(functional).upper()}"
    if run.role is Role.SURROGATE and study.reference is not None and folder == engine_folder(study.reference.engine):
        return f"{name} (surrogate)"
    return name
