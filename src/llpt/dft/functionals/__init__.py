"""Exchange–correlation functionals, evaluated point by point on torch tensors. Hartree atomic units."""

from llpt.dft.functionals.base import Functional, FunctionalRecord, Level, XCDensities
from llpt.dft.functionals.catalogue import functional_names, get_functional

__all__ = ["Functional", "FunctionalRecord", "Level", "XCDensities", "functional_names", "get_functional"]
