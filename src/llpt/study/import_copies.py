"""What is no repeat of a run that a study has: a copy of it, a run that overlaps with it, and one that goes on from it.

A shorter copy is left out, and a longer one takes the place of the shorter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.campaign import short_name
from llpt.errors import InputError
from llpt.trajectory import Trajectory
from llpt.trajectory.foreign.fingerprints import as_prints, fingerprints_of, goes_on, shared_frames
from llpt.trajectory.foreign.statements import FactCheck

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    import numpy as np
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
    run: ImportedRun,
    converted: Contents,
    known: Iterable[tuple[ImportedRun, NDArray[np.float64]]],
    *,
    despite: Collection[FactCheck] = (),
) -> ImportedRun | None:
    """Return the imported run that a run is a longer copy of; None where it is a run of its own.

    Args:
        run: the run.
        converted: what its frames came to.
        known: runs with their fingerprints.
        despite: checks to leave out.

    Raises:
        ImportedBeforeError: it holds no more frames than the run that it is a copy of.
        InputError: it shares a part of its frames with another, goes on from one or before one, or holds two of them.
    """
    prints = as_prints(() if converted.measured is None else converted.measured.fingerprints)
    shorter: ImportedRun | None = None
    for other, others in known:
        if _state(other) != _state(run):
            continue
        longer = (len(prints), run.steps) > (len(others), other.steps)
        few, many = (others, prints) if longer else (prints, others)
        shared = shared_frames(few, many)
        if not len(few) or not shared.all():
            _check_apart(prints, others, other, shared=int(shared.sum()), despite=despite)
            continue
        if not longer:
            raise ImportedBeforeError(
                f"Its frames stand in {other.path} already ({run.steps + 1} of {other.steps + 1}): a copy of that run.",
                "Import each run once.",
            )
        if shorter is not None:
            raise InputError(
                f"It holds all frames of {shorter.path} and of {other.path}.",
                f"Take both out first (--remove {short_name(shorter.path)}, --remove {short_name(other.path)}).",
            )
        shorter = other
    return shorter


def _check_apart(
    prints: NDArray[np.float64],
    others: NDArray[np.float64],
    other: ImportedRun,
    *,
    shared: int,
    despite: Collection[FactCheck],
) -> None:
    """Refuse a part of a run for a repeat; a common first frame alone is the structure that both began with.

    Raises:
        InputError: it is one.
    """
    remedy = (
        f"Take that one out (--remove {short_name(other.path)}) and give the files of both in one command, as pieces "
        "of one run, or leave one out"
    )
    common_start = shared == 1 and shared_frames(prints[:1], others[:1]).all()
    if shared > 1:
        raise InputError(
            f"{shared} of its {len(prints)} frames stand in {other.path} already ({len(others)} frames), the others do "
            "not: two pieces of one run.",
            f"{remedy}.",
        )
    if common_start or FactCheck.REPEAT in despite:
        return
    if shared or goes_on(others, prints) or goes_on(prints, others):
        raise InputError(
            f"It goes on where {other.path} ends, or ends where that run begins: a piece of it, not a repeat.",
            f"{remedy}; or say despite = repeat (--despite repeat) if it is a run of its own.",
        )


def _state(run: ImportedRun) -> str:
    """Return what runs of one state of one engine have in common."""
    return run.model_copy(update={"repeat": 1}).path
