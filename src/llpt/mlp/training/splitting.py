"""Training, validation and test frames: split by data set and by stretch of trajectory, never by random frame.

Neighbouring frames of a trajectory are nearly the same structure; a random split puts twins on both sides and reports
errors that are too small.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.mlp.quality.labels import LabelledFrame


@dataclass(frozen=True, slots=True)
class Split:
    """Indices of frames.

    Args:
        training: frames that are fitted.
        validation: frames that decide when to stop.
        test: frames that only the reported errors see.
    """

    training: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]


def split_by_block(
    frames: Sequence[LabelledFrame], *, validation_fraction: float, test_fraction: float, seed: int
) -> Split:
    """Split frames so that each block lies wholly on one side, in every data set alike.

    Args:
        frames: labelled frames.
        validation_fraction: fraction of each data set's blocks for validation; at least one block where a set has
            three or more.
        test_fraction: the same for the test.
        seed: of the shuffle of blocks.

    Raises:
        InputError: fewer than three blocks in all, so that nothing can be held out.
    """
    blocks: dict[tuple[str, str], list[int]] = {}
    for index, frame in enumerate(frames):
        blocks.setdefault((frame.dataset, frame.block), []).append(index)
    if len(blocks) < 3:
        raise InputError(
            f"The {len(frames)} frames make only {len(blocks)} blocks of trajectory, too few to hold any out.",
            "Give frames of more runs, or longer ones.",
        )
    random = np.random.default_rng(seed)
    parts: tuple[list[int], list[int], list[int]] = ([], [], [])
    pending: list[list[int]] = []
    for dataset in sorted({name for name, _ in blocks}):
        members = [indices for (name, _), indices in sorted(blocks.items()) if name == dataset]
        if len(members) < 3:
            pending += members
            continue
        _deal(members, parts, random, validation_fraction, test_fraction)
    if pending:
        if len(pending) >= 3:
            _deal(pending, parts, random, validation_fraction, test_fraction)
        else:
            parts[0].extend(index for member in pending for index in member)
    training, validation, test = (tuple(sorted(part)) for part in parts)
    return Split(training=training, validation=validation, test=test)


def _deal(
    members: list[list[int]],
    parts: tuple[list[int], list[int], list[int]],
    random: np.random.Generator,
    validation_fraction: float,
    test_fraction: float,
) -> None:
    n_validation = max(1, round(validation_fraction * len(members)))
    n_test = max(1, round(test_fraction * len(members))) if test_fraction > 0.0 else 0
    for place, index in enumerate(random.permutation(len(members))):
        part = 1 if place < n_validation else 2 if place < n_validation + n_test else 0
        parts[part].extend(members[index])
