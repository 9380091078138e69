"""Finite-temperature Kohn–Sham DFT of hydrogen in plane waves. Hartree atomic units inside this folder."""

from llpt.dft.calculator import Convergence, KohnSham, KohnShamSettings, PressureCorrection
from llpt.dft.optics import OpticalSpectrum, kubo_greenwood
from llpt.dft.precision import Precision

__all__ = [
    "Convergence",
    "KohnSham",
    "KohnShamSettings",
    "OpticalSpectrum",
    "Precision",
    "PressureCorrection",
    "kubo_greenwood",
]
