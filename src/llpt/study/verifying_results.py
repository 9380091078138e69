"""Re-checks what a finished study came to: its verdict, what its labels say, and its tables for people."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from llpt.audit import Agreement, Verdict, reproduces
from llpt.audit.diagnosis import FROM_LABELS
from llpt.errors import LlptError, NewerFormatError
from llpt.study.check import Check
from llpt.study.explaining import EXPLANATION, FRAMES_TABLE, difference_from, doubly_labelled_table
from llpt.study.tables import difference_of_tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from llpt.audit import Diagnosis, Thresholds
    from llpt.study.explaining import Explained
    from llpt.study.layout import StudyDirectory

EXPLAINED = "free energies and kelvins, stored and recomputed"


def verdict_checks(
    directory: StudyDirectory, recompute: Callable[[], tuple[Verdict | None, str]], thresholds: Thresholds
) -> list[Check]:
    """Check that thresholds and verdict are those that the runs lead to.

    Args:
        directory: the study's directory.
        recompute: returns the verdict, or None and why there is none.
        thresholds: that the study is judged by.
    """
    what = "verdict, stored and recomputed"
    try:
        fresh, why = recompute()
    except LlptError as error:
        return [Check("study", what, False, error.cause, can_be_told=False)]
    try:
        stored = _stored(directory)
    except (OSError, UnicodeDecodeError) as error:
        return [Check("study", what, False, f"results/{directory.verdict.name} cannot be read: {error}")]
    except LlptError as error:
        return [Check("study", what, False, error.cause, can_be_told=not isinstance(error, NewerFormatError))]
    if fresh is None or stored is None:
        passed = fresh is None and stored is None
        return [Check("study", what, passed, why if passed else "one of them is missing")]
    same = stored.thresholds == thresholds
    found = "the same" if same else "the verdict was judged by others"
    held = reproduces(stored, fresh)
    return [
        Check("study", "thresholds, study file and verdict", same, found),
        Check(
            "study",
            what,
            held.agreement is Agreement.SAME,
            held.found,
            can_be_told=held.agreement is not Agreement.CANNOT_BE_TOLD,
        ),
    ]


def _stored(directory: StudyDirectory) -> Verdict | None:
    """Return the stored verdict; None where there is none.

    Raises:
        OSError: it cannot be read.
        UnicodeDecodeError: it is no text.
        LlptError: it is damaged, or of a later version.
    """
    return Verdict.from_json(directory.verdict.read_text(encoding="utf-8")) if directory.verdict.exists() else None


def stored_diagnoses(directory: StudyDirectory) -> tuple[Diagnosis, ...]:
    """Return what the stored verdict says by name by its labels; none where it cannot be read, as another check says.

    Args:
        directory: the study's directory.
    """
    with suppress(OSError, UnicodeDecodeError, LlptError):
        if (stored := _stored(directory)) is not None:
            return tuple(each for each in stored.diagnoses if each.cause in FROM_LABELS)
    return ()


def explanation_without_trajectories(directory: StudyDirectory) -> list[Check]:
    """Say that what labels say cannot be told: they are held against those of the run itself, in its trajectory.

    Args:
        directory: of a study that was packed without trajectories.
    """
    path = directory.results / EXPLANATION
    if not path.exists():
        return _missing(directory)
    try:
        json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return [Check("study", EXPLAINED, False, f"results/{path.name} cannot be read: {error}")]
    found = (
        f"results/{EXPLANATION}, {FRAMES_TABLE} and what the verdict says by labels rest on the trajectories that the "
        "archive was packed without; to check them, llpt verify the study itself, or an archive that has them"
    )
    return [Check("study", EXPLAINED, False, found, can_be_told=False)]


def _missing(directory: StudyDirectory) -> list[Check]:
    """Return that there is no explanation, which there is wherever a verdict was sought."""
    found = f"results/{EXPLANATION} is missing"
    return [Check("study", EXPLAINED, False, found)] if directory.verdict.exists() else []


def explanation_checks(directory: StudyDirectory, explained: Explained | None) -> list[Check]:
    """Check that the labels give the stored free energies and kelvins once more."""
    path = directory.results / EXPLANATION
    if explained is None:
        return []
    if not path.exists():
        return _missing(directory)
    try:
        unlike = difference_from(path.read_text(encoding="utf-8"), explained[0])
    except (OSError, UnicodeDecodeError) as error:
        return [Check("study", EXPLAINED, False, f"results/{path.name} cannot be read: {error}")]
    found = Check("study", EXPLAINED, not unlike, f"results/{path.name}: {unlike}" if unlike else "the same")
    if not explained[1]:
        return [found]
    return [
        found,
        *table_checks("study", directory.results / FRAMES_TABLE, partial(doubly_labelled_table, explained[1])),
    ]


def table_checks(subject: str, path: Path, make: Callable[[], str]) -> list[Check]:
    """Check that a table for people, where it is there, says what it would if it were made anew.

    Args:
        subject: whose it is.
        path: of the table.
        make: returns its text anew.
    """
    if not path.exists():
        return []
    what = f"{path.name}, stored and made anew"
    try:
        unlike = difference_of_tables(path.read_text(encoding="utf-8"), make())
    except (OSError, UnicodeDecodeError) as error:
        return [Check(subject, what, False, f"cannot be read: {error}")]
    except LlptError as error:
        return [Check(subject, what, False, error.cause)]
    return [Check(subject, what, not unlike, unlike or "the same")]
