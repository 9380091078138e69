"""Compiling functions with numba, their machine code kept on disk where a directory for it can be written.

Each molecular-dynamics run is a process of its own, so machine code is kept beside the source. numba keys it by
processor and by the one file a function is in, although what a kernel calls, and every constant it names, is compiled
into it; for kernels the key holds every file of their floor that has kernels, and those that such files import from
the floor, so that no change is ever missed.
"""

from __future__ import annotations

import fcntl
import hashlib
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import event
from numba.core.caching import FunctionCache
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import cpu_target

_Function = TypeVar("_Function", bound=Callable[..., Any])


class _Waiting(event.Listener):
    """What this process has waited for machine code that was not kept yet: it compiled it, or another process did."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._began = 0.0
        self._depth = 0

    def on_start(self, _event: Any) -> None:
        """A function is compiled, perhaps for one that is compiled already."""
        if not self._depth:
            self._began = time.perf_counter()
        self._depth += 1

    def on_end(self, _event: Any) -> None:
        """It is compiled, or cannot be."""
        self._depth -= 1
        if not self._depth:
            self.seconds += time.perf_counter() - self._began

    @contextmanager
    def for_another(self) -> Iterator[None]:
        """Count the block, in which another process may compile."""
        self.on_start(None)
        try:
            yield
        finally:
            self.on_end(None)


_WAITING = _Waiting()
event.register("numba:compile", _WAITING)


def compile_seconds() -> float:
    """Return the seconds that this process has waited for machine code that later ones find kept."""
    return _WAITING.seconds


def compile_and_keep(function: Callable[..., Any], **options: Any) -> Any:
    """Return the compiled function.

    Args:
        function: what to compile.
        options: numba's, such as ``error_model`` and ``fastmath``.
    """
    dispatcher: Any = numba.njit(**options)(function)
    _keep(dispatcher, _ForgivingCache, function)
    return dispatcher


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


def load_target() -> None:
    """Load what numba loads before it takes its first kernel from disk; nothing is compiled."""
    cpu_target.typing_context.refresh()
    cpu_target.target_context.refresh()


def floor_of(path: Path) -> Path:
    """Return the folder directly below the package that holds a file; its own folder for a file of another package."""
    package = Path(__file__).parent
    if not path.is_relative_to(package):
        return path.parent
    return package / path.relative_to(package).parts[0]


def kernel_files(floor: Path) -> tuple[Path, ...]:
    """Return the files of a floor that hold kernels or that these import from it, in order of their paths."""
    texts = {path: path.read_text(encoding="utf-8") for path in floor.rglob("*.py")}
    with_kernels = [path for path, text in texts.items() if any(mark in text for mark in ("@compiled", "@inlined"))]
    modules = {".".join((floor.name, *path.relative_to(floor).with_suffix("").parts)): path for path in texts}
    imported = {
        name
        for path in with_kernels
        for name in re.findall(r"^\s*from llpt\.([\w.]+) import", texts[path], re.MULTILINE)
    }
    return tuple(sorted({*with_kernels, *(path for name, path in modules.items() if name in imported)}))


@lru_cache
def _floor_hash(floor: Path) -> str:
    digest = hashlib.sha256()
    for path in kernel_files(floor):
        digest.update(path.read_bytes())
    return digest.hexdigest()


class _ForgivingCache(FunctionCache):
    """numba's cache of one function; what cannot be read or written costs the time to compile, nothing else.

    numba unpickles an index before it asks whether the source is still the same: an index that names a class of an
    older version raises. A disk that is full or read-only raises as well.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._is_held = False

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let no other process compile this function meanwhile, so that it finds the machine code of this one.

        Two that compile at once would also write into one file: numba numbers files by an index that it reads before.
        """
        if self._is_held:  # a function that calls itself with other types
            yield
            return
        stream = None
        with suppress(OSError):
            self._impl.locator.ensure_cache_path()
            stream = (Path(self.cache_path) / f"{self._impl.filename_base}.lock").open("ab")
            with _WAITING.for_another():
                fcntl.flock(stream, fcntl.LOCK_EX)
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False
            if stream is not None:
                with suppress(OSError):
                    fcntl.flock(stream, fcntl.LOCK_UN)  # a process that was forked meanwhile has the stream too
                stream.close()

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # noqa: BLE001 - what unpickling raises is not limited (documentation of pickle)
            with suppress(OSError):
                self.flush()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        with suppress(OSError):
            super().save_overload(sig, data)


class _FloorCache(_ForgivingCache):
    """The cache of one kernel, keyed by all files of its floor that machine code may come from as well."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._floor = floor_of(Path(function.__code__.co_filename))

    def _index_key(self, sig: Any, codegen: Any) -> tuple[Any, ...]:
        return (*super()._index_key(sig, codegen), _floor_hash(self._floor))


def _compile_kernel(function: _Function, more: dict[str, Any]) -> _Function:
    options: dict[str, Any] = {
        **more,
        "nogil": True,
        "error_model": "numpy",
        "_nrt": False,
        "fastmath": {"reassoc", "contract", "arcp", "nsz"},
    }
    dispatcher: Any = numba.njit(**options)(function)
    _keep(dispatcher, _FloorCache, function)
    return cast("_Function", dispatcher)


def _keep(dispatcher: Any, cache: type[_ForgivingCache], function: Callable[..., Any]) -> None:
    try:
        kept = cache(function)
    except RuntimeError:  # there is no directory that the machine code can be kept in
        return
    dispatcher._cache = kept  # noqa: SLF001 - what cache=True does, with a cache of our own
    compile_it = dispatcher.compile

    def compile_alone(signature: Any) -> Any:
        # numba's lock first, as where a kernel is compiled for the one that calls it: two threads must take both alike
        with global_compiler_lock, kept.held():
            return compile_it(signature)

    dispatcher.compile = compile_alone
