"""Labels of the reference for chosen structures, kept one by one so that a kill costs at most one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.engines import corrected_alike, evaluate, read_evaluated, write_evaluated
from llpt.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ase import Atoms

    from llpt.engines import Engine

DATASET = "recipe"


def label(
    frames: Sequence[Atoms],
    engine: Engine,
    path: Path,
    *,
    dataset: str = DATASET,
    on_frame: Callable[[int, int], None] | None = None,
) -> tuple[list[Atoms], int]:
    """Label structures with an engine, or go on with a file where that was interrupted.

    Args:
        frames: structures, always the same for one path.
        engine: the reference.
        path: extxyz file of the labelled frames; it grows with each of them.
        dataset: name of the data set.
        on_frame: called with the number of frames done and their total.

    Returns:
        The labelled frames, and how many the engine could not compute (left out).
    """
    done = read_evaluated(path, dataset=dataset) if path.exists() else []
    done = done if all(corrected_alike(frame, engine) for frame in done) else []
    tried = 1 + max((int(frame.info["number"]) for frame in done), default=-1)
    for number in range(tried, len(frames)):
        try:
            [labelled] = evaluate([frames[number]], engine)
        except EngineError:
            continue
        labelled.info["number"] = number
        labelled.info["dataset"] = dataset
        done.append(labelled)
        write_evaluated(path, done)
        if on_frame is not None:
            on_frame(number + 1, len(frames))
    # Always as the file has them, so that a continued recipe trains on the very same numbers.
    kept = read_evaluated(path, dataset=dataset) if done else []
    return kept, len(frames) - len(kept)
