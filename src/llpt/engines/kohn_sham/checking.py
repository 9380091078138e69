"""What the built-in DFT refuses of its options, beyond their ranges, before it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from llpt.dft.kpoints import kpoints_in_cell
from llpt.dft.settings import KohnShamSettings, check_device_name

if TYPE_CHECKING:
    from llpt.engines.record import EngineRequest


def check_choices(request: EngineRequest[KohnShamSettings]) -> None:
    """Refuse k-points that cannot be read, and a functional, a pseudopotential or a device that there is not.

    Args:
        request: for an engine.

    Raises:
        InputError: one of these.
    """
    chosen = request.options
    kpoints_in_cell(chosen.kpoints, np.eye(3))
    check_device_name(chosen.device)
    if chosen.xc != KohnShamSettings.xc:  # the usual one needs no torch to be known
        from llpt.dft.functionals import get_functional  # noqa: PLC0415 - loads torch

        get_functional(chosen.xc)
    if chosen.pseudopotential != KohnShamSettings.pseudopotential:
        from llpt.dft.pseudopotentials import get_pseudopotential  # noqa: PLC0415 - loads torch

        get_pseudopotential(chosen.pseudopotential)
