"""One file of a whole study: packed by ``llpt archive``, re-checked by ``llpt verify``, done again by ``llpt run``.

A zip holds the study's directory under its name, and beside the study file ``archive.json``: the version that packed
it, whether trajectories are in it, and the SHA-256 of every file, also of the potentials that were left out
(``llpt.study.manifest``). ``ro-crate-metadata.json`` tells other programs (``llpt.study.crate``).
"""

from __future__ import annotations

import os
import shutil
import tarfile
import zipfile
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING

from llpt.errors import InputError, StorageError
from llpt.files import atomic_stream, file_hash, scratch_directory, storage_error
from llpt.study.crate import CRATE_FILE, crate_text
from llpt.study.inputs import named_potentials
from llpt.study.inside import is_inside, place_above
from llpt.study.manifest import ArchiveManifest
from llpt.study.place import MANIFEST, STUDY_FILE
from llpt.study.stopping import STOP_FILE
from llpt.study.stored import INPUTS
from llpt.trajectory.master import MASTER_NAME
from llpt.trajectory.writer import SEGMENTS_NAME
from llpt.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path

    from llpt.study.layout import StudyDirectory

LEFT_OUT = frozenset({".parsl", ".lock", STOP_FILE, "checkpoints", "RESTART"})
"""Names of files and directories that only serve an ``llpt run`` at work."""
BYTES_PER_GB = 1e9


class Part(StrEnum):
    """What an archive may do without."""

    TRAJECTORIES = "trajectories"
    """Averages, logs and every step's scalars stay."""
    POTENTIALS = "potentials"
    """Potentials and pseudopotentials that the study names, which not everybody may hand on; their hashes stay."""
    REPORT = "report"
    """The page and its figures: ``llpt report`` makes them again."""


def pack_study(
    directory: StudyDirectory,
    archive: Path,
    *,
    without: Collection[Part] = (),
    on_file: Callable[[int, int], None] = lambda *_: None,
) -> ArchiveManifest:
    """Write a study's directory into one zip file.

    Args:
        directory: the study, whose lock the caller holds.
        archive: the file to write.
        without: what is left out.
        on_file: called as files are read, once for their hashes and once to pack them, with how many are behind and how
            many there are in both passes.

    Raises:
        InputError: there is such a file already, a copy that the study keeps is a link, or a potential that an archive
            was packed without was put back and is another.
        StorageError: a file cannot be read, or the disk refuses.
    """
    if archive.exists() or archive.is_symlink():
        raise InputError(f"{archive} exists already; nothing was changed.", "Give another name with --out.")
    root = directory.root
    _refuse_links(root / INPUTS)
    before = ArchiveManifest.read(root)
    if before is not None:
        before.refuse_other_potentials(root)
    potentials = named_potentials(directory.study) if Part.POTENTIALS in without else ()
    report = (directory.report.relative_to(root).as_posix(),) if Part.REPORT in without else ()
    trajectories = Part.TRAJECTORIES not in without and (before is None or before.trajectories)
    names: list[str] = []
    left_out: list[str] = []
    for name in sorted(_names(root, trajectories=trajectories)):
        if place_above(name, report) is None:
            (names if place_above(name, potentials) is None else left_out).append(name)
    hashes = {}
    for behind, name in enumerate(names):
        on_file(behind, 2 * len(names))
        hashes[name] = file_hash(root / name)
    manifest = ArchiveManifest(
        version=VERSION,
        trajectories=trajectories,
        files=hashes,
        left_out=(before.absent(root) if before is not None else {})
        | {name: file_hash(root / name) for name in left_out},
    )
    with (
        atomic_stream(archive) as stream,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as packed,
    ):
        packed.writestr(f"{root.name}/{MANIFEST}", manifest.model_dump_json(indent=1))
        packed.writestr(f"{root.name}/{CRATE_FILE}", crate_text(directory, manifest.files))
        for behind, name in enumerate(names, start=len(names)):
            on_file(behind, 2 * len(names))
            packed.write(root / name, f"{root.name}/{name}")
    on_file(2 * len(names), 2 * len(names))
    return manifest


def _refuse_links(place: Path) -> None:
    """Refuse links in the place of a study's copies: somebody put them there, and what they name would be missing."""
    for path in (place, *sorted(place.rglob("*"))):
        if path.is_symlink():
            raise InputError(f"{path} is a link, which an archive does not hold.", "Replace the link by a copy.")


def _names(root: Path, *, trajectories: bool) -> Iterator[str]:
    """Name the files of a study that an archive holds; links are not followed."""
    for place, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in LEFT_OUT and (trajectories or name != SEGMENTS_NAME)]
        for name in files:
            path = os.path.relpath(os.path.join(place, name), root)  # noqa: PTH118 - as os.walk gives it
            if name in LEFT_OUT or path in {MANIFEST, CRATE_FILE} or os.path.islink(os.path.join(place, name)):  # noqa: PTH114, PTH118
                continue
            if trajectories or name != MASTER_NAME:
                yield path


@contextmanager
def opened(archive: Path) -> Iterator[Path]:
    """Hand out the directory of a study that is given as such, or packed as .tar, .tar.gz, … or .zip.

    Raises:
        InputError: there is no such thing, it cannot be unpacked safely, or it holds no study or several.
    """
    if archive.is_dir():
        yield archive
        return
    if not archive.is_file():
        raise InputError(f"There is no {archive}.", "Give a study's directory, or a .tar or .zip of one.")
    with scratch_directory("llpt-archive.") as place:
        _unpack(archive, place)
        found = sorted(path.parent for path in place.rglob(STUDY_FILE) if len(path.relative_to(place).parts) <= 2)
        if len(found) != 1:
            raise InputError(f"{archive} holds {len(found)} studies.", "Pack one study's directory.")
        yield found[0]


def _unpack(archive: Path, place: Path) -> None:
    """Unpack an archive; nothing in it may lie outside of ``place``."""
    try:
        if tarfile.is_tarfile(archive):
            with tarfile.open(archive) as tar:
                _unpack_tar(tar, archive, place)
        elif zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as packed:
                _refuse_outside(packed.namelist(), place)
                _refuse_too_large(sum(member.file_size for member in packed.infolist()), archive, place)
                packed.extractall(place)  # noqa: S202 - every name was looked at
        else:
            raise InputError(f"{archive} is neither a directory nor a .tar or .zip.", "Give one of these.")
    except OSError as error:
        if error.errno:  # what the disk says; a damaged archive has no number
            raise storage_error(error, place, "unpack to") from error
        raise InputError(f"{archive} cannot be unpacked: {error}.", "Copy it again.") from error
    except (tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        raise InputError(f"{archive} cannot be unpacked: {error}.", "Copy it again.") from error


def _unpack_tar(tar: tarfile.TarFile, archive: Path, place: Path) -> None:
    """Unpack files and folders; links are refused, since chains of them lead past the filters of some Pythons.

    See CVE-2025-4517. An archive that ``llpt archive`` made holds none.
    """
    members = tar.getmembers()
    _refuse_outside([member.name for member in members], place)
    for member in members:
        if not (member.isfile() or member.isdir()):
            raise tarfile.ExtractError(f"{member.name!r} is neither a file nor a folder")
    _refuse_too_large(sum(member.size for member in members), archive, place)
    if hasattr(tarfile, "data_filter"):
        tar.extractall(place, members, filter="data")
    else:
        tar.extractall(place, members)  # noqa: S202 - every member was looked at


def _refuse_outside(names: Sequence[str], place: Path) -> None:
    """Refuse an archive with names that lead out of the directory it is unpacked to."""
    for name in names:
        if not is_inside(place / name, place):
            raise InputError(f"The archive holds {name!r}, which leads outside of it.", "Do not trust this archive.")


def _refuse_too_large(size: int, archive: Path, place: Path) -> None:
    """Refuse an archive that would fill the disk: a few kilobytes may unpack to terabytes of zeros.

    Args:
        size: what its members say that they hold, in bytes; no more than that is unpacked of any.
        archive: the archive.
        place: where it is unpacked to.

    Raises:
        StorageError: there is no room for it, and as much again.
    """
    free = shutil.disk_usage(place).free
    if 2 * size > free:
        raise StorageError(
            f"{archive} ({archive.stat().st_size / BYTES_PER_GB:.3g} GB) unpacks to {size / BYTES_PER_GB:.3g} GB, and "
            f"{place.parent} has {free / BYTES_PER_GB:.3g} GB free, of which half may be taken.",
            "Where you know the archive, set TMPDIR to a directory on a larger disk; else do not trust it.",
        )
