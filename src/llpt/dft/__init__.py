"""Finite-temperature Kohn–Sham DFT of hydrogen in plane waves. Hartree atomic units inside this folder.

Names are loaded when they are first used: whoever only asks for the options there are does not wait for torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from llpt.dft.settings import Convergence, KohnShamSettings, PressureCorrection

if TYPE_CHECKING:
    from llpt.dft.calculator import KohnSham
    from llpt.dft.optics import (
        LineShape,
        OpticalSpectrum,
        Transitions,
        bands_up_to,
        dielectric_function,
        find_transitions,
        kubo_greenwood,
        reflectivity,
    )

__all__ = [
    "Convergence",
    "KohnSham",
    "KohnShamSettings",
    "LineShape",
    "OpticalSpectrum",
    "PressureCorrection",
    "Transitions",
    "bands_up_to",
    "dielectric_function",
    "find_transitions",
    "kubo_greenwood",
    "reflectivity",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = "calculator" if name == "KohnSham" else "optics"
    return getattr(import_module(f"{__name__}.{module}"), name)
