"""Free-energy differences between two Hamiltonians, phase by phase, and what they do to a transition in kelvin.

This floor sees energies only: it neither runs dynamics nor labels anything, and knows no disk.
"""

from llpt.bridge.overlap import Overlap, overlap
from llpt.bridge.phase import FreeEnergyMethod, PhaseDifference, free_energy_difference
from llpt.bridge.reweighted import CarriedAverage, Reach, carried_average
from llpt.bridge.samples import REFERENCE, SURROGATE, DifferenceSamples
from llpt.bridge.shift import Shift, labels_needed, shift_of_pressure, shift_of_temperature

__all__ = [
    "REFERENCE",
    "SURROGATE",
    "CarriedAverage",
    "DifferenceSamples",
    "FreeEnergyMethod",
    "Overlap",
    "PhaseDifference",
    "Reach",
    "Shift",
    "carried_average",
    "free_energy_difference",
    "labels_needed",
    "overlap",
    "shift_of_pressure",
    "shift_of_temperature",
]
