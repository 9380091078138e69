"""Copies of a run that a study has: a shorter one is no repeat of it, and a longer one takes its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from llpt.errors import InputError
from llpt.trajectory import Trajectory
from llpt.trajectory.foreign.fingerprints import fingerprints_of, same_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from llpt.study.imported import ImportedRun
    from llpt.trajectory.foreign import Contents


class ImportedBeforeError(InputError):
    """Files, or frames, that are in the study already."""


def stored_prints(
    root: Path, runs: Iterable[ImportedRun], run: ImportedRun
) -> Iterator[tuple[ImportedRun, NDArray[np.float64]]]:
    """Yield the imported runs that a run would be a repeat of, each with the fingerprints of its frames.

    Args:
        root: the study's directory.
        runs: its imported runs.
        run: the run.
    """
    for each in runs:
        if _state(each) == _state(run):
            yield each, fingerprints_of(Trajectory.open(root / each.path))


def shorter_copy(
    run: ImportedRun, converted: Contents, known: Iterable[tuple[ImportedRun, NDArray[np.float64]]]
) -> ImportedRun | None:
    """Return the imported run that a run is a longer copy of; None where it is a run of its own.

    Args:
        run: the run.
        converted: what its frames came to.
        known: runs with their fingerprints.

    Raises:
        ImportedBeforeError: it holds no more frames than the run that it is a copy of.
    """
    prints = np.array(converted.measured.fingerprints if converted.measured is not None else ()).reshape(-1, 2)
    for other, others in known:
        if _state(other) != _state(run) or not same_run(prints, others):
            continue
        if run.steps > other.steps:
            return other
        raise ImportedBeforeError(
            f"Its frames stand in {other.path} already ({run.steps + 1} of {other.steps + 1}): a copy of that run.",
            "Import each run once.",
        )
    return None


def _state(run: ImportedRun) -> str:
    """Return what runs of one state of one engine have in common."""
    return run.model_copy(update={"repeat": 1}).path
