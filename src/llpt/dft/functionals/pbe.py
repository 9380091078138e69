"""Generalised gradient approximations of the form of Perdew, Burke and Ernzerhof."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from llpt.dft.functionals.base import Functional, FunctionalRecord, Level, XCDensities
from llpt.dft.functionals.pbe_compiled import pbe_single_cpu
from llpt.dft.functionals.pbe_torch import ORIGINAL, PbeParameters, pbe_elementwise
from llpt.papers import Paper

if TYPE_CHECKING:
    from torch import Tensor


class PbeFunctional(Functional):
    """Exchange and correlation of the form of PBE; compiled where it is called most.

    Args:
        record: what it is.
        parameters: of the form.
    """

    def __init__(self, record: FunctionalRecord, parameters: PbeParameters) -> None:
        super().__init__(record)
        self._parameters = parameters

    def _evaluate(
        self, density: Tensor, sigma: Tensor | None, laplacian: Tensor | None, temperature: float | None
    ) -> XCDensities:
        del laplacian, temperature
        assert sigma is not None
        if density.dtype == torch.float32 and density.device.type == "cpu":
            return pbe_single_cpu(density, sigma, self._parameters)
        return pbe_elementwise(density, sigma, self._parameters)


PERDEW_1996 = Paper(
    key="perdew1996",
    authors="J. P. Perdew and K. Burke and M. Ernzerhof",
    title="Generalized gradient approximation made simple",
    journal="Phys. Rev. Lett.",
    volume="77",
    page="3865",
    year="1996",
    doi="10.1103/PhysRevLett.77.3865",
)
PERDEW_2008 = Paper(
    key="perdew2008",
    authors="J. P. Perdew and A. Ruzsinszky and G. I. Csonka and O. A. Vydrov and "
    "G. E. Scuseria and L. A. Constantin and X. Zhou and K. Burke",
    title="Restoring the density-gradient expansion for exchange in solids and surfaces",
    journal="Phys. Rev. Lett.",
    volume="100",
    page="136406",
    year="2008",
    doi="10.1103/PhysRevLett.100.136406",
)

PBE = PbeFunctional(
    FunctionalRecord(
        name="pbe",
        level=Level.GGA,
        papers=(PERDEW_1996,),
        libxc=("gga_x_pbe", "gga_c_pbe"),
    ),
    ORIGINAL,
)

PBESOL = PbeFunctional(
    FunctionalRecord(
        name="pbesol",
        level=Level.GGA,
        papers=(PERDEW_2008,),
        libxc=("gga_x_pbe_sol", "gga_c_pbe_sol"),
    ),
    PbeParameters(mu=10.0 / 81.0, beta=0.046),
)
