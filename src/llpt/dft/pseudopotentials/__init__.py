"""Pseudopotentials of hydrogen: analytic ones and readers of tabulated ones. Hartree atomic units."""

from llpt.dft.pseudopotentials.base import Projector, Pseudopotential, RadialFunction
from llpt.dft.pseudopotentials.catalogue import get_pseudopotential
from llpt.dft.pseudopotentials.coulomb import BareCoulomb
from llpt.dft.pseudopotentials.gth import GTHPotential

__all__ = ["BareCoulomb", "GTHPotential", "Projector", "Pseudopotential", "RadialFunction", "get_pseudopotential"]
