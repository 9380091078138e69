"""Compiling functions with numba, their machine code kept on disk where a directory for it can be written.

Each molecular-dynamics run is a process of its own, so machine code is kept beside the source. numba keys it by
processor and by the one file a function is in, although what a kernel calls is compiled into it; for kernels the key
holds every file with kernels in their folder, so that no change is ever missed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core.caching import FunctionCache

_Function = TypeVar("_Function", bound=Callable[..., Any])


def compile_and_keep(function: Callable[..., Any], **options: Any) -> Any:
    """Return the compiled function.

    Args:
        function: what to compile.
        options: numba's, such as ``error_model`` and ``fastmath``.
    """
    compiler: Any = numba.njit
    try:
        return compiler(cache=True, **options)(function)
    except RuntimeError:  # there is no directory that the machine code can be kept in
        return compiler(**options)(function)


def compiled(function: _Function) -> _Function:
    """Compile a kernel to machine code that runs without Python's lock and is kept between processes.

    Reference counts are off: kernels allocate nothing, and counting cost more than the arithmetic. Sums may be
    reordered (that is what lets the compiler use vector registers); not-a-number and infinity keep their meaning,
    because a broken input must show.
    """
    return _compile_kernel(function, {})


def inlined(function: _Function) -> _Function:
    """Compile a kernel that is called for every row: its code is put where it is called.

    A call would hand over every array of its tuples by value, which costs more than the row.
    """
    return _compile_kernel(function, {"forceinline": True})


def kernel_files(folder: Path) -> tuple[Path, ...]:
    """Return the files of a folder that hold kernels, in order of their names."""
    files = sorted(folder.glob("*.py"))
    return tuple(path for path in files if any(mark in path.read_bytes() for mark in (b"@compiled", b"@inlined")))


@lru_cache
def _folder_hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in kernel_files(folder):
        digest.update(path.read_bytes())
    return digest.hexdigest()


class _FolderCache(FunctionCache):
    """numba's cache of one kernel, keyed by all files with kernels in its folder as well."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._folder = Path(function.__code__.co_filename).parent

    def _index_key(self, sig: Any, codegen: Any) -> tuple[Any, ...]:
        return (*super()._index_key(sig, codegen), _folder_hash(self._folder))


def _compile_kernel(function: _Function, more: dict[str, Any]) -> _Function:
    options: dict[str, Any] = {
        **more,
        "nogil": True,
        "error_model": "numpy",
        "_nrt": False,
        "fastmath": {"reassoc", "contract", "arcp", "nsz"},
    }
    dispatcher: Any = numba.njit(**options)(function)
    with suppress(RuntimeError):  # there is no directory that the machine code can be kept in
        dispatcher._cache = _FolderCache(function)  # noqa: SLF001 - what cache=True does, with our key
    return cast("_Function", dispatcher)
