"""Files that are never half-written: write aside, fsync, rename, fsync the directory."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING, BinaryIO

from llpt.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_REMEDIES = {
    errno.ENOSPC: "Free some space and start the run again: it continues from its last checkpoint.",
    errno.EDQUOT: "Free some of your quota and start the run again: it continues from its last checkpoint.",
    errno.EFBIG: "Raise the limit on file size (ulimit -f) and start again: the run continues from its checkpoint.",
    errno.EROFS: "Choose an output directory on a file system that can be written.",
    errno.EACCES: "Choose an output directory that you may write to.",
}
_DEFAULT_REMEDY = "Check the disk and the path, then start the run again: it continues from its last checkpoint."


def storage_error(error: OSError, path: Path, doing: str) -> StorageError:
    """Word an OSError for a person.

    Args:
        error: what the operating system said.
        path: the file or directory concerned.
        doing: the attempted action, e.g. ``"write"``.
    """
    reason = os.strerror(error.errno) if error.errno else str(error)
    return StorageError(f"Cannot {doing} {path}: {reason}.", _REMEDIES.get(error.errno or 0, _DEFAULT_REMEDY))


def fsync_directory(directory: Path) -> None:
    """Make renames inside ``directory`` survive a power cut (where the file system can)."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def atomic_stream(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """Open a file to be written aside; it takes the place of ``path`` when the block ends without an error.

    Args:
        path: the file to replace; its directory exists.
        durable: whether it must survive a power cut too; False for what can be made again from other files.

    Raises:
        StorageError: the disk is full, read-only or otherwise refuses; the old file is untouched.
    """
    aside = path.with_name(f".{path.name}.part")
    try:
        with aside.open("wb") as stream:
            yield stream
            stream.flush()
            if durable:
                os.fsync(stream.fileno())
        aside.replace(path)
        if durable:
            fsync_directory(path.parent)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise storage_error(error, path, "write") from error
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def write_atomically(path: Path, content: bytes | str, *, durable: bool = True) -> None:
    """Write ``content`` to ``path`` so that a kill at any moment leaves the old file or the new one, never a part.

    Args:
        path: the file to replace; its directory exists.
        content: bytes, or text that is written as UTF-8.
        durable: whether it must survive a power cut too; False for what can be made again from other files.

    Raises:
        StorageError: the disk is full, read-only or otherwise refuses; the old file is untouched.
    """
    with atomic_stream(path, durable=durable) as stream:
        stream.write(content.encode() if isinstance(content, str) else content)
