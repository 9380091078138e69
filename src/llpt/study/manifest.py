"""What an archive says of itself, and whether the files of an unpacked one are as it says."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from llpt.errors import InputError, StorageError
from llpt.files import file_hash
from llpt.study.check import first_names
from llpt.study.inside import is_below, is_inside, place_above
from llpt.study.place import MANIFEST
from llpt.study.stored import INPUTS

if TYPE_CHECKING:
    from pathlib import Path


class ArchiveManifest(BaseModel):
    """What an archive says of itself.

    Args:
        version: of llpt that packed it.
        trajectories: whether the trajectories are in it.
        files: SHA-256 of every file in it but this manifest and the metadata of the crate, by its path below the
            study's directory.
        left_out: SHA-256 of the files of potentials that are not in it, likewise. A name in ``files`` too is in it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: str
    trajectories: bool
    files: dict[str, str]
    left_out: dict[str, str] = {}

    @classmethod
    def read(cls, root: Path) -> ArchiveManifest | None:
        """Return the manifest of an unpacked archive; None where there is none.

        Raises:
            StorageError: it is damaged.
        """
        file = root / MANIFEST
        try:
            return cls.model_validate_json(file.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            raise StorageError(f"{file} is damaged.", "Copy the archive again.") from error

    def absent(self, root: Path) -> dict[str, str]:
        """Return the SHA-256 of the files that were left out and are not there."""
        return {
            name: digest
            for name, digest in self.left_out.items()
            if name not in self.files and _may_be_left_out(root, name) and not os.path.lexists(root / name)
        }

    def differences(self, root: Path) -> list[str]:
        """Return the files that are missing, not as they were packed, or listed where no such file can be.

        A file that was left out may be missing. Where somebody has put it back, it is the one that was there.
        """
        packed = [name for name, digest in self.files.items() if not _is_file(root, name, digest)]
        return [*packed, *self._put_back_otherwise(root)]

    def refuse_other_potentials(self, root: Path) -> None:
        """Refuse what was put in the place of a file that was left out, and is another.

        Raises:
            InputError: there is such a file, or the manifest says of one that cannot be left out that it was.
        """
        other = self._put_back_otherwise(root)
        if other:
            raise InputError(
                f"{root} holds another file than the archive was packed without: {first_names(other)}.",
                f"Put back the file that was there; its SHA-256 stands in {MANIFEST}.",
            )

    def _put_back_otherwise(self, root: Path) -> list[str]:
        absent = self.absent(root)
        return [
            name
            for name, digest in self.left_out.items()
            if name not in self.files
            and name not in absent
            and not (_may_be_left_out(root, name) and _is_file(root, name, digest))
        ]


def _may_be_left_out(root: Path, name: str) -> bool:
    """Whether a name is that of a file that a study keeps a copy of; only these are left out."""
    return is_below(name) and place_above(name, (INPUTS,)) is not None and is_inside(root / name, root)


def _is_file(root: Path, name: str, digest: str) -> bool:
    file = root / name
    return is_inside(file, root) and file.is_file() and file_hash(file) == digest
