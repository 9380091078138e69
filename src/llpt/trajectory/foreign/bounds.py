"""How far the mean temperature and pressure of a run may lie from what they are stated to be.

No mean is known worse than from one of its frames, and a frame has 3n − 3 velocities: where a series is too short to
tell its own error, the error of one frame stands in its place, so that a few frames do not let everything pass.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammainccinv, gammaincinv, ndtr

from llpt.statistics import Estimate, mean_estimate
from llpt.trajectory.facts import POSSIBLE
from llpt.units import BOHR_TO_ANGSTROM, BOLTZMANN_EV_PER_K, EV_PER_ANGSTROM3_TO_GPA, HARTREE_TO_EV

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.trajectory.facts import Facts
    from llpt.trajectory.foreign.measuring import Measurements

CONTRADICTED_SIGMAS = 5.0
"""A mean further than this from the stated value contradicts it: one run in some 10⁶ would by chance."""
HOTTEST_K = POSSIBLE["temperature_k"][1]
"""Highest temperature that may be stated of a run, and that is assumed where none is known."""
FERMI_EV_ANGSTROM2 = 0.5 * HARTREE_TO_EV * BOHR_TO_ANGSTROM**2 * (3.0 * math.pi**2) ** (2.0 / 3.0)
"""E_F = this · n^(2/3) of n free electrons per Å³."""
BOND_EV_PER_ELECTRON = 5.0
"""The bonds of H₂ add k r²/9V to a modulus, 1 eV for each electron: none adds five times as much."""


@dataclass(frozen=True, slots=True)
class AllowedTemperatures:
    """What the mean kinetic temperature of a run may be, chance granted.

    Args:
        lowest_k: least.
        highest_k: most.
        error_k: standard error of the mean that both come from.
    """

    lowest_k: float
    highest_k: float
    error_k: float


def allowed_temperatures(stated_k: float, degrees: int, *, error_k: float, frames: int) -> AllowedTemperatures:
    """Return what the mean temperature of frames at a stated one may be.

    ν T/T₀ of a canonical frame is chi-squared distributed with as many degrees of freedom ν as the atoms have; that of
    the mean with ν times the number of independent frames. That number is the one which has the measured error, but at
    least one and at most all. The tails are those of ``CONTRADICTED_SIGMAS`` of a normal distribution, on either side.

    Args:
        stated_k: T₀.
        degrees: ν of one frame, at least 1.
        error_k: standard error of the mean; NaN where it is not known.
        frames: their number.

    >>> few = allowed_temperatures(900.0, 21, error_k=float("nan"), frames=2)
    >>> round(few.lowest_k), round(few.highest_k)
    (107, 3024)
    """
    of_one_frame = stated_k * math.sqrt(2.0 / degrees)
    independent = 1.0
    if math.isfinite(error_k):
        most = max(1.0, float(frames))
        independent = float(np.clip((of_one_frame / error_k) ** 2, 1.0, most)) if error_k > 0.0 else most
    half, tail = 0.5 * degrees * independent, float(ndtr(-CONTRADICTED_SIGMAS))
    return AllowedTemperatures(
        lowest_k=stated_k * float(gammaincinv(half, tail)) / half,
        highest_k=stated_k * float(gammainccinv(half, tail)) / half,
        error_k=of_one_frame / math.sqrt(independent),
    )


def series_mean(series: Sequence[float], discard: int, unit: str) -> Estimate | None:
    """Return the mean of what is measured on frames; None where a frame does not have it.

    Args:
        series: one value of each frame, in ``unit``.
        discard: how many of the first are left out.
        unit: text of the unit.
    """
    values = np.array(series[discard:], dtype=float)
    return mean_estimate(values, unit) if values.size and np.isfinite(values).all() else None


def pressure_of_one_frame(measured: Measurements, facts: Facts, discard: int, *, bonds: bool = False) -> float:
    """Return by how much the pressure of one frame may differ from the mean, in GPa.

    The variance is k_BT B/V with the modulus B of instantaneous strain (Lebowitz, Percus and Verlet, Phys. Rev. 153,
    250 (1967), doi:10.1103/PhysRev.153.250), which atoms have less of than their electrons, were they free:
    B = 5/3 P. In a thin gas of molecules their bonds have more.

    Args:
        measured: what was measured, with the number of electrons.
        facts: what files and person state together; where nobody knows T, it is ``HOTTEST_K``.
        discard: first frames left out.
        bonds: whether the most that bonds could have is added.
    """
    kelvin = series_mean(measured.temperature_k, discard, "K")
    temperature = facts.temperature_k or HOTTEST_K
    if kelvin is not None:
        temperature = max(kelvin.value, facts.temperature_k or 0.0)
    volume = float(np.mean(measured.volume_angstrom3[discard:]))
    modulus = 5.0 / 3.0 * free_electrons_ev_per_angstrom3(measured.electrons, volume)
    if bonds:
        modulus += BOND_EV_PER_ELECTRON * measured.electrons / volume
    spread = math.sqrt(BOLTZMANN_EV_PER_K * temperature * modulus / volume)
    return spread * EV_PER_ANGSTROM3_TO_GPA


def free_electrons_ev_per_angstrom3(electrons: int, volume_angstrom3: float) -> float:
    """Return the pressure 2/5 n E_F of cold free electrons."""
    per_volume = electrons / volume_angstrom3
    return 0.4 * FERMI_EV_ANGSTROM2 * per_volume ** (5.0 / 3.0)
