"""What the built-in DFT is as an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from llpt.dft.settings import KohnShamOptions, KohnShamSettings, check_device_name
from llpt.engines.record import EngineRecord, Speed
from llpt.papers import Paper

if TYPE_CHECKING:
    from llpt.engines.record import EngineRequest


def _times_longer(functional: str) -> float:
    """Return how many times longer a step takes with a functional than with the one that the record was timed with."""
    if functional == KohnShamSettings.xc:
        return 1.0
    from llpt.dft.functionals import get_functional  # noqa: PLC0415 - loads torch

    return get_functional(functional).record.times_longer


DFT = EngineRecord(
    name="dft",
    label="DFT",
    maker="llpt.engines.kohn_sham.engine:make_kohn_sham",
    options=KohnShamOptions,
    check="llpt.engines.kohn_sham.record:check_choices",
    theory=("ecut_ry", "electronic_temperature_k", "kpoints", "xc", "pseudopotential"),
    optics=True,
    thermal=True,
    functional=KohnShamSettings.xc,
    elements=frozenset({"H"}),
    # Fitted to 64, 128, 256 and 512 atoms on two threads, within 20 %, and to the growth from 16 to 64 on one
    # (docs/performance.md). One thread: 1.3 times longer at 64 atoms, 1.6 at 128. What is done once for all k-points:
    # fitted to one, 4 and 14 of them with 16 to 64 atoms (benchmarks/planned_cost.py).
    speed=Speed(
        {1.0: 0.006, 2.0: 0.026, 3.0: 0.0102},
        once=0.016,
        floor=0.004,
        plane_waves=True,
        on_one_thread=1.37,
        in_double=3.6,
        follows_electrons=True,
        functionals=_times_longer,
    ),
    trial={"ecut_ry": 20.0, "electronic_temperature_k": 3000.0},
    papers=(
        Paper(
            key="mermin1965",
            authors="N. D. Mermin",
            title="Thermal properties of the inhomogeneous electron gas",
            journal="Phys. Rev.",
            volume="137",
            page="A1441",
            year="1965",
            doi="10.1103/PhysRev.137.A1441",
        ),
    ),
)


def check_choices(request: EngineRequest[KohnShamSettings]) -> None:
    """Refuse k-points that cannot be read, and a functional, a pseudopotential or a device that there is not.

    Args:
        request: for an engine.

    Raises:
        InputError: one of these.
    """
    from llpt.dft.kpoints import kpoints_in_cell  # noqa: PLC0415 - a list of engines needs none

    chosen = request.options
    kpoints_in_cell(chosen.kpoints, np.eye(3))
    check_device_name(chosen.device)
    if chosen.xc != KohnShamSettings.xc:  # the usual one needs no torch to be known
        from llpt.dft.functionals import get_functional  # noqa: PLC0415 - loads torch

        get_functional(chosen.xc)
    if chosen.pseudopotential != KohnShamSettings.pseudopotential:
        from llpt.dft.pseudopotentials import get_pseudopotential  # noqa: PLC0415 - loads torch

        get_pseudopotential(chosen.pseudopotential)
