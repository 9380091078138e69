"""How the kernels of this folder are compiled: by numba, kept on disk, free of Python's lock.

Each molecular-dynamics run is a process of its own, so machine code is cached beside the source. numba keys it by
processor and by the one file a kernel is in, although what the kernel calls is compiled into it; here the key holds
every file with kernels in this folder, so that no change is ever missed. Reference counts are off: kernels allocate
nothing, and counting cost more than the arithmetic. Sums may be reordered (that is what lets the compiler use vector
registers); not-a-number and infinity keep their meaning, because a broken input must show.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.core.caching import FunctionCache
from numba.extending import intrinsic, overload

from llpt.errors import InputError

PADDING = 16

_Function = TypeVar("_Function", bound=Callable[..., Any])


def kernel_files() -> tuple[Path, ...]:
    """Return the files of this folder that hold kernels, in order of their names."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return tuple(path for path in files if any(mark in path.read_bytes() for mark in (b"@compiled", b"@inlined")))


@lru_cache(maxsize=1)
def _folder_hash() -> str:
    digest = hashlib.sha256()
    for path in kernel_files():
        digest.update(path.read_bytes())
    return digest.hexdigest()


class _FolderCache(FunctionCache):
    """numba's cache of one kernel, keyed by all files with kernels in this folder as well."""

    def _index_key(self, sig: Any, codegen: Any) -> tuple[Any, ...]:
        return (*super()._index_key(sig, codegen), _folder_hash())


def compiled(function: _Function) -> _Function:
    """Compile a kernel to machine code that runs without Python's lock and is cached between processes."""
    return _compile(function, {})


def inlined(function: _Function) -> _Function:
    """Compile a kernel that is called for every row: its code is put where it is called.

    A call would hand over every array of its tuples by value, which costs more than the row.
    """
    return _compile(function, {"forceinline": True})


def _compile(function: _Function, more: dict[str, Any]) -> _Function:
    options: dict[str, Any] = {
        **more,
        "nogil": True,
        "error_model": "numpy",
        "_nrt": False,
        "fastmath": {"reassoc", "contract", "arcp", "nsz"},
    }
    dispatcher: Any = numba.njit(**options)(function)
    dispatcher._cache = _FolderCache(function)  # noqa: SLF001 - what cache=True does, with our key
    return cast("_Function", dispatcher)


@compiled
def padded(count: int) -> int:
    """Return the count rounded up to whole vector registers: loops of such a length have no scalar remainder."""
    return (count + PADDING - 1) // PADDING * PADDING


def like(reference: float, value: float) -> float:  # noqa: ARG001 - overloaded for kernels
    """Return ``value`` in the number format of ``reference``: a literal would lift single precision to double."""
    return value


@overload(like, strict=False)
def _like(reference: Any, value: Any) -> Any:  # noqa: ARG001
    if reference is types.float32:
        return lambda reference, value: np.float32(value)  # noqa: ARG005
    return lambda reference, value: value  # noqa: ARG005


def thread_count() -> int:
    """Return how many threads to use: ``NUMBA_NUM_THREADS`` where it is set, else the processors this process may use.

    Raises:
        InputError: the variable is set to something that is not a positive integer.
    """
    asked = os.environ.get("NUMBA_NUM_THREADS", "").strip()
    if not asked:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not asked.isdigit() or int(asked) < 1:
        raise InputError(
            f"NUMBA_NUM_THREADS is {asked!r}, which is not a number of threads.",
            "Set it to a positive integer, or unset it.",
        )
    return int(asked)


def _power_of_two(_context: Any, exponent: Any) -> Any:  # noqa: ARG001
    signature = types.float64(types.int64)

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        biased = builder.add(arguments[0], ir.Constant(ir.IntType(64), 1023))
        bits = builder.shl(biased, ir.Constant(ir.IntType(64), 52))
        return builder.bitcast(bits, ir.DoubleType())

    return signature, generate


power_of_two: Callable[[Any], float] = cast("Any", intrinsic(_power_of_two))
"""2**exponent for an int64 exponent in -1022 … 1023, by writing the bits of the double; inside kernels only."""
