"""The generalised gradient approximation of Perdew, Burke and Ernzerhof (Phys. Rev. Lett. 77, 3865 (1996))."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from llpt.dft.functionals.base import Functional, Level, XCDensities
from llpt.dft.functionals.pbe_compiled import pbe_single_cpu
from llpt.dft.functionals.pbe_torch import pbe_elementwise

if TYPE_CHECKING:
    from torch import Tensor


class PBE(Functional):
    """PBE exchange and correlation (libxc: ``gga_x_pbe`` + ``gga_c_pbe``); compiled where it is called most."""

    name = "pbe"
    level = Level.GGA

    def _evaluate(
        self, density: Tensor, sigma: Tensor | None, laplacian: Tensor | None, temperature: float | None
    ) -> XCDensities:
        del laplacian, temperature
        assert sigma is not None
        if density.dtype == torch.float32 and density.device.type == "cpu":
            return pbe_single_cpu(density, sigma)
        return pbe_elementwise(density, sigma)
