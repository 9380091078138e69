"""A small disk that a test can fill and make read-only."""

import contextlib
import os
import resource
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from llpt.errors import StorageError

FILLER = ".filler"


@dataclass(frozen=True)
class Disk:
    """A directory on a file system of its own, or a plain one where mounting is not allowed.

    Args:
        path: the directory.
        mounted: whether it is a file system of its own.
    """

    path: Path
    mounted: bool

    @contextlib.contextmanager
    def full(self):
        """No byte more can be written here inside the block."""
        if not self.mounted:
            # No file may grow: the kernel refuses every write of the process, as a full disk does.
            before = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
            try:
                yield
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, before)
            return
        filler = self.path / FILLER
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as stream:
            while True:
                stream.write(b"0" * 4096)
        try:
            yield
        finally:
            filler.unlink()

    @contextlib.contextmanager
    def read_only(self):
        """Nothing here can be written, made or removed inside the block."""
        if self.mounted:
            _mount("-o", "remount,ro", str(self.path))
            try:
                yield
            finally:
                _mount("-o", "remount,rw", str(self.path))
            return
        directories = [self.path, *(path for path in self.path.rglob("*") if path.is_dir())]
        for directory in directories:
            directory.chmod(0o555)
        try:
            if os.access(self.path, os.W_OK):
                pytest.skip("run the tests as another user: root may write everywhere and may not mount a disk here")
            yield
        finally:
            for directory in directories:
                directory.chmod(0o755)

    def contents(self):
        """Return every file with its bytes, and every directory, by name."""
        return {
            path.relative_to(self.path).as_posix(): path.read_bytes() if path.is_file() else None
            for path in sorted(self.path.rglob("*"))
            if path.name != FILLER
        }

    def refused(self, write, *, again=True):
        """Assert that a product is never half-written here.

        On a full and on a read-only disk ``write`` ends in an error that names a file of it and what to do; what was
        there stays as it was, and nothing is added.

        Args:
            write: writes the product below ``path``.
            again: whether ``write`` replaces what it wrote before, and not merely takes it up.
        """
        self._refused_twice(write)
        before = self._files()
        write()
        assert self._files() != before, "nothing was written where it could be"
        if again:
            self._refused_twice(write)

    def _refused_twice(self, write):
        before = self._files()
        for state in (self.full, self.read_only):
            with state(), pytest.raises(StorageError) as caught:
                write()
            assert str(self.path) in caught.value.cause
            assert caught.value.remedy
            assert self._files() == before

    def _files(self):
        """Return the files; empty directories and locks say nothing."""
        contents = self.contents()
        return {name: text for name, text in contents.items() if text is not None and not name.endswith("lock")}


@contextlib.contextmanager
def small_disk(directory):
    """Mount a file system of 8 MB in ``directory`` where that is allowed."""
    mounted = _mount("-t", "tmpfs", "-o", "size=8m", "tmpfs", str(directory))
    try:
        yield Disk(directory, mounted)
    finally:
        if mounted:
            subprocess.run(["umount", str(directory)], check=True)


def _mount(*arguments):
    try:
        done = subprocess.run(["mount", *arguments], check=False, capture_output=True)
    except FileNotFoundError:
        return False
    return done.returncode == 0
