"""What the kernels of this folder share: padding, number formats, threads, a power of two by its bits."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic, overload

from llpt.compiling import compiled
from llpt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

PADDING = 16


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
