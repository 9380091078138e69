"""The one way to write a file: aside in the same directory, fsync, rename, fsync the directory.

A kill at any moment leaves the old file or the new one, never a part. A disk that is full, read-only or refuses
otherwise is a :class:`~llpt.errors.StorageError` that names the file, the cause and the remedy; what was written aside
is removed and an older file of that name is untouched.

A library that writes a format of its own is given a stream (:func:`atomic_stream`, :func:`atomic_text`), never a path:
HDF5 ends the whole process with a segmentation fault when a disk fills under it, so HDF5 and netCDF files are made in
memory and written as bytes.

Files that are not written this way, because other programs hold them open: the ledger (SQLite keeps a journal), logs
and locks (:func:`open_to_append`), machine code that numba keeps (``llpt.compiling``), and what pw.x, VASP and Parsl
leave in their own directories. ``llpt.study.archive`` unpacks into a scratch directory of its own, and
``llpt.engines.abinit`` moves files in ABINIT's own directory.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

from llpt.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator

_GOES_ON = "start again: a run continues from its last checkpoint."
_ELSEWHERE = "Choose a place that you may write to."
_TAKEN = "Something else has that name: move it away, or choose another place."
_REMEDIES = {
    errno.ENOSPC: f"Free some space on that disk and {_GOES_ON}",
    errno.EDQUOT: f"Free some of your quota and {_GOES_ON}",
    errno.EFBIG: f"Raise the limit on file size (ulimit -f) and {_GOES_ON}",
    errno.EROFS: "Choose a place on a file system that can be written.",
    errno.EACCES: _ELSEWHERE,
    errno.EPERM: _ELSEWHERE,
    errno.EEXIST: _TAKEN,
    errno.ENOTDIR: _TAKEN,
    errno.EISDIR: _TAKEN,
    errno.ENOTEMPTY: _TAKEN,
}
_DEFAULT_REMEDY = f"Check the disk and the path, then {_GOES_ON}"


def storage_error(error: OSError, path: Path, doing: str) -> StorageError:
    """Word an OSError for a person.

    Args:
        error: what the operating system reported.
        path: the file or directory concerned.
        doing: the attempted action, e.g. ``"write"``.
    """
    reason = os.strerror(error.errno) if error.errno else str(error)
    return StorageError(f"Cannot {doing} {path}: {reason}.", _REMEDIES.get(error.errno or 0, _DEFAULT_REMEDY))


def disk_refusal(error: OSError, path: Path, doing: str) -> StorageError | None:
    """Tell a disk that refused from what else an OSError can be, where a foreign library wrote and read.

    Args:
        error: what the operating system reported.
        path: where the library worked; named unless the error names a file.
        doing: the attempted action, e.g. ``"write"``.

    Returns:
        The error to raise; None where the disk is not the cause, for instance where a file is not there.
    """
    if error.errno not in _REMEDIES:
        return None
    return storage_error(error, Path(error.filename) if isinstance(error.filename, str) else path, doing)


def write_atomically(path: Path, content: bytes | str, *, durable: bool = True) -> None:
    """Write ``content`` to ``path`` as a whole or not at all.

    Args:
        path: the file to replace; its directory exists. A link to a file is followed.
        content: bytes, or text that is written as UTF-8.
        durable: whether it must survive a power cut too; False for what can be made again from other files, and for
            files inside :func:`atomic_directory`, which synchronises all of them.

    Raises:
        StorageError: the disk is full, read-only or otherwise refuses; the old file is untouched.
    """
    with atomic_stream(path, durable=durable) as stream:
        stream.write(content.encode() if isinstance(content, str) else content)


@contextlib.contextmanager
def atomic_stream(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """Open a file to be written aside; it takes the place of ``path`` when the block ends without an error.

    Args:
        path: the file to replace; its directory exists. A link is followed.
        durable: as for :func:`write_atomically`.

    Raises:
        StorageError: the disk is full, read-only or otherwise refuses; the old file is untouched. Also where a library
            that wrote to the stream hid the error of the disk behind an error of its own.
    """
    target = _regular(path)
    aside = _beside(target)
    file: _WatchedFile | None = None
    try:
        file = _WatchedFile(aside, "xb")
        with io.BufferedWriter(file) as stream:
            yield stream
            stream.flush()
            if durable:
                os.fsync(stream.fileno())
        aside.replace(target)
        if durable:
            _sync_directory(target.parent)
    except BaseException as error:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
        refusal = error if isinstance(error, OSError) else file.refusal if file is not None else None
        if refusal is None or not isinstance(error, Exception):
            raise
        raise storage_error(refusal, path, "write") from error


@contextlib.contextmanager
def atomic_text(path: Path, *, durable: bool = True) -> Iterator[TextIO]:
    """Do as :func:`atomic_stream` does, for text in UTF-8."""
    with atomic_stream(path, durable=durable) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
        try:
            yield text
        finally:
            text.detach()


@contextlib.contextmanager
def atomic_directory(path: Path) -> Iterator[Path]:
    """Make a directory aside; it appears as ``path``, with all its files on the disk, when the block ends.

    Args:
        path: the directory to make; it is not there yet, or empty. Directories above it are made.

    Raises:
        StorageError: the disk refuses, or ``path`` holds something; nothing is left.
    """
    make_directory(path.parent)
    aside = _beside(path)
    try:
        aside.mkdir()
        yield aside
        put_directory(aside, path)
    except OSError as error:
        raise storage_error(error, path, "write") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def put_directory(aside: Path, path: Path) -> None:
    """Put a directory that was made aside on the same file system in its place.

    Args:
        aside: the directory.
        path: its place: not there yet, or empty; directories above it are made.

    Raises:
        StorageError: the disk refuses, or ``path`` holds something.
    """
    make_directory(path.parent)
    try:
        _sync_tree(aside)
        aside.replace(path)
        _sync_directory(path.parent)
    except OSError as error:
        raise storage_error(error, path, "write") from error


def append_text(path: Path, text: str) -> None:
    """Append to a table that grows; where the disk refuses, it keeps the length it had.

    Raises:
        StorageError: the disk refuses.
    """
    data = memoryview(text.encode())
    try:
        with path.open("ab", buffering=0) as stream:
            length = stream.tell()
            try:
                while data:
                    data = data[stream.write(data) :]
            except OSError:
                if length:
                    stream.truncate(length)
                else:
                    path.unlink()
                raise
    except OSError as error:
        raise storage_error(error, path, "write") from error


def open_to_append(path: Path, *, afresh: bool = False) -> BinaryIO:
    """Open a log or a lock, which its holder keeps open.

    Args:
        path: the file; it is made where it is not there.
        afresh: whether what it held is dropped.

    Raises:
        StorageError: it cannot be opened.
    """
    try:
        stream = path.open("a+b", buffering=0)
        if afresh:
            stream.truncate(0)
    except OSError as error:
        raise storage_error(error, path, "open") from error
    return stream


def make_directory(path: Path) -> None:
    """Make a directory and those above it, where they are not there.

    Raises:
        StorageError: it cannot be made, or something else has its name.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(error, path, "make the directory") from error


def make_scratch(prefix: str, *, inside: Path | None = None) -> Path:
    """Make a directory for what is thrown away afterwards; whoever asks for it removes it.

    Args:
        prefix: its name begins so.
        inside: where; None stands for the system's place for temporary files.

    Raises:
        StorageError: it cannot be made.
    """
    try:
        return Path(tempfile.mkdtemp(prefix=prefix, dir=inside))
    except OSError as error:
        place = inside or Path(os.environ.get("TMPDIR", "/tmp"))  # noqa: S108 - only named, nothing is made there
        raise storage_error(error, place, "make a directory in") from error


@contextlib.contextmanager
def scratch_directory(prefix: str, *, inside: Path | None = None) -> Iterator[Path]:
    """Do as :func:`make_scratch` does, and remove the directory at the end of the block."""
    place = make_scratch(prefix, inside=inside)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def copy(source: Path, target: Path) -> None:
    """Copy a file, or a directory with all in it; links are followed.

    Args:
        source: what to copy.
        target: the copy's own path; directories above it are made.

    Raises:
        StorageError: the source cannot be read, or the disk refuses.
    """
    if source.is_dir():
        make_directory(target)
        for entry in sorted(source.iterdir()):
            copy(entry, target / entry.name)
        return
    make_directory(target.parent)
    try:
        given = source.open("rb")
    except OSError as error:
        raise storage_error(error, source, "read") from error
    with given, atomic_stream(target) as stream:
        shutil.copyfileobj(given, stream)


def remove(path: Path) -> None:
    """Remove a file, or a directory with all in it; one that is not there is no error.

    Raises:
        StorageError: it cannot be removed.
    """
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise storage_error(error, path, "remove") from error


def leads_nowhere(path: Path) -> bool:
    """Whether a path is a link to what is not there: nothing says what a person means it to be."""
    return path.is_symlink() and not path.exists()


def file_hash(path: Path) -> str:
    """Return the SHA-256 of what a file holds, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class _WatchedFile(io.FileIO):
    """A file that remembers the error of the disk: some libraries (torch.save) hide it behind an error of their own."""

    refusal: OSError | None = None

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            self.refusal = error
            raise


def _regular(path: Path) -> Path:
    """Return the file that ``path`` names once links are followed; a device or a directory is never replaced."""
    if leads_nowhere(path):
        raise StorageError(f"Cannot write {path}: it is a link to what is not there.", "Give another name.")
    target = path.resolve() if path.is_symlink() else path
    if target.exists() and not target.is_file():
        kind = "a directory" if target.is_dir() else "not a regular file"
        raise StorageError(f"Cannot write {path}: it is {kind}.", "Give the name of a file.")
    return target


def _beside(path: Path) -> Path:
    """Return an unused hidden name in the same directory: two processes never write into one file."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")


def _sync_directory(directory: Path) -> None:
    """Make renames inside ``directory`` survive a power cut, where the file system can."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:  # network file systems that cannot sync a directory
            raise
    finally:
        os.close(descriptor)


def _sync_tree(directory: Path) -> None:
    for entry in directory.iterdir():
        if entry.is_dir():
            _sync_tree(entry)
        elif entry.is_file():
            with entry.open("rb") as stream:
                os.fsync(stream.fileno())
    _sync_directory(directory)
