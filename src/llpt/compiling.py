"""Compiling a function with numba, its machine code kept on disk where a directory for it can be written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numba

if TYPE_CHECKING:
    from collections.abc import Callable


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
