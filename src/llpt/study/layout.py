"""A study's directory: whose it is, and that nothing in it is ever left half-written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from llpt.errors import InputError, StorageError
from llpt.files import atomic_directory, write_atomically
from llpt.study.elsewhere import refuse_links_outside
from llpt.study.file import Stage
from llpt.study.imported import read_imported
from llpt.study.inputs import copy_inputs, named_inputs
from llpt.study.place import STUDY_FILE, StudyPlace
from llpt.study.reading import parse_study, study_text

if TYPE_CHECKING:
    from pathlib import Path

    from llpt.study.file import StudyFile
    from llpt.study.imported import ImportedRun

SOURCE = "inputs/inputs.json"


class StudyDirectory(StudyPlace):
    """A directory that belongs to one study.

    Args:
        root: the directory itself.
        study: the study frozen in it.
    """

    def __init__(self, root: Path, study: StudyFile) -> None:
        super().__init__(root)
        self.study = study

    @classmethod
    def open(cls, root: Path) -> StudyDirectory:
        """Return the study that lies in ``root``.

        Raises:
            InputError: there is none, or it comes from elsewhere and a link in it leads outside.
        """
        place = StudyPlace.found(root)
        refuse_links_outside(root)
        imported = read_imported(place.imported)
        frozen = place.study_file
        study = parse_study(study_text(frozen), name=str(frozen), imported=imported)
        return cls(root, study.grown_from(_stages(place.grown, imported)))

    @classmethod
    def claim(cls, root: Path, text: str, study: StudyFile, *, source: Path, archived: bool = False) -> StudyDirectory:
        """Return the directory of ``study``: made if it is not there, taken up if it is this study's own.

        Args:
            root: the directory.
            text: the study file as given.
            study: what the text says.
            source: the directory that paths in the study file start from.
            archived: whether that is the directory of a study from elsewhere, of which only its own copies are taken.

        Raises:
            InputError: the directory belongs to another study, or to something else; nothing in it is touched.
            StorageError: it cannot be made.
        """
        if (root / STUDY_FILE).is_file():
            existing = cls.open(root)
            if not existing.study.says_the_same(study):
                raise InputError(
                    f'{root} belongs to another study ("{existing.study.study.name}"; '
                    f"{_first_difference(existing.study, study)} differs).",
                    "Choose another directory with --out; nothing was changed.",
                )
            return existing
        cls.refuse_what_is_no_study(root)
        copies = named_inputs(study, source, archived=archived)
        with atomic_directory(root) as fresh:
            copy_inputs(copies, fresh)
            write_atomically(fresh / STUDY_FILE, text)
        return cls(root, study)

    @staticmethod
    def refuse_what_is_no_study(root: Path) -> None:
        """Refuse a place of a new study where something else lies.

        Args:
            root: the place.

        Raises:
            InputError: it is not empty.
        """
        if (root.exists() or root.is_symlink()) and not (root.is_dir() and not any(root.iterdir())):
            raise InputError(
                f"{root} exists and is not a study directory.",
                "Choose another directory with --out; nothing was changed.",
            )


def _stages(place: Path, imported: tuple[ImportedRun, ...]) -> tuple[Stage, ...]:
    """Return the studies that a study grew from, as ``llpt.study.growing`` kept them."""
    stages: list[Stage] = []
    for file in sorted(place.glob("[0-9]*.toml")):
        study = parse_study(study_text(file), name=str(file), imported=imported)
        kept = file.with_suffix(".json")
        try:
            begun = frozenset(json.loads(kept.read_text(encoding="utf-8"))["begun"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StorageError(f"{kept} is damaged or missing.", "Restore it from a copy.") from error
        stages.append(Stage(study, begun))
    return tuple(stages)


def _first_difference(one: StudyFile, other: StudyFile) -> str:
    """Name the first key in which two studies differ."""
    left, right = (study.model_dump(mode="json", exclude={"imported"}) for study in (one, other))
    return _difference(left, right, "") or "nothing"


def _difference(left: Any, right: Any, where: str) -> str:
    if isinstance(left, dict) and isinstance(right, dict):
        for key in left | right:
            found = _difference(left.get(key), right.get(key), f"{where}.{key}" if where else str(key))
            if found:
                return found
        return ""
    return where if left != right else ""
