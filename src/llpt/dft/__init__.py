"""Finite-temperature Kohn–Sham DFT of hydrogen in plane waves. Hartree atomic units inside this folder."""

from llpt.dft.calculator import Convergence, KohnSham, KohnShamSettings, PressureCorrection
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
from llpt.dft.precision import Precision

__all__ = [
    "Convergence",
    "KohnSham",
    "KohnShamSettings",
    "LineShape",
    "OpticalSpectrum",
    "Precision",
    "PressureCorrection",
    "Transitions",
    "bands_up_to",
    "dielectric_function",
    "find_transitions",
    "kubo_greenwood",
    "reflectivity",
]
