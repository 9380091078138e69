"""What reweighting needs wherever it is done: pymbar, and the overlap below which it is not believed."""

from __future__ import annotations

import importlib
import logging
from typing import Any

LEAST_OVERLAP = 0.03
"""Overlap of neighbouring states below which a chain counts as broken (Klimovich, Shirts and Mobley, J. Comput.-Aided
Mol. Des. 29, 397, 2015, https://doi.org/10.1007/s10822-015-9840-9); two equal states have 0.5."""


def pymbar(module: str = "pymbar") -> Any:
    """Return a module of pymbar, imported when first needed and without its advertisement for JAX.

    Args:
        module: its name.
    """
    logging.getLogger("pymbar").setLevel(logging.ERROR)
    return importlib.import_module(module)
