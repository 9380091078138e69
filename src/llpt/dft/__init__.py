"""Finite-temperature Kohn–Sham DFT of hydrogen in plane waves. Hartree atomic units inside this folder.

Names are loaded when they are first used: whoever only asks for the options there are does not wait for torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.dft.settings import Convergence, KohnShamSettings, PressureCorrection
from llpt.lazy import loaded_when_used

if TYPE_CHECKING:
    from llpt.dft.calculator import KohnSham
    from llpt.dft.dense_mesh import transitions_on_mesh
    from llpt.dft.light import LineShape, dielectric_function, reflectivity
    from llpt.dft.optics import OpticalSpectrum, Transitions, bands_up_to, find_transitions, kubo_greenwood

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
    "transitions_on_mesh",
]

_NAMES = {
    "llpt.dft.calculator": ("KohnSham",),
    "llpt.dft.dense_mesh": ("transitions_on_mesh",),
    "llpt.dft.light": ("LineShape", "dielectric_function", "reflectivity"),
    "llpt.dft.optics": ("OpticalSpectrum", "Transitions", "bands_up_to", "find_transitions", "kubo_greenwood"),
}


if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__ = loaded_when_used(globals(), _NAMES)
