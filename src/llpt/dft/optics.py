"""Optical conductivity of one snapshot by the Kubo–Greenwood formula, and what follows from it.

R. Kubo, J. Phys. Soc. Jpn. 12, 570 (1957); D. A. Greenwood, Proc. Phys. Soc. 71, 585 (1958). Atomic units; occupations
f run from 0 to 2, v is the velocity operator i[H, r] (momentum, and a commutator where there are projectors):

    sigma(w) = (i / 3 Omega) sum_k w_k sum_{n != m} (f_n - f_m)/(e_m - e_n) sum_a |<m|v_a|n>|² / (w - (e_m - e_n) + i g)

A delta function has become a Lorentzian of half width g; real and imaginary part belong together by Kramers and Kronig.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from llpt import units
from llpt.dft.bands import solve_bands
from llpt.dft.occupations import fermi_dirac
from llpt.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from llpt.dft.ground_state import GroundState
    from llpt.dft.hamiltonian import Hamiltonian
    from llpt.dft.problem import Problem

#: Pairs of levels closer than this (Ha) take the derivative of the Fermi function for the difference quotient.
_DEGENERATE = 1e-6


@dataclass(frozen=True)
class OpticalSpectrum:
    """Linear response of one snapshot to light.

    Args:
        photon_energy_ev: grid of photon energies, eV, shape (n,).
        conductivity_s_per_cm: complex conductivity sigma, S/cm, shape (n,).
        dc_conductivity_s_per_cm: real part at zero frequency, S/cm.
        sum_rule: integral of the real part over all frequencies in units of pi N / 2 Omega; 1 with all bands.
        bands: number of bands.
        broadening_ev: half width of the Lorentzians, eV.
    """

    photon_energy_ev: NDArray[np.float64]
    conductivity_s_per_cm: NDArray[np.complex128]
    dc_conductivity_s_per_cm: float
    sum_rule: float
    bands: int
    broadening_ev: float

    @property
    def dielectric_function(self) -> NDArray[np.complex128]:
        """Epsilon = 1 + 4 pi i sigma / w (Gaussian units)."""
        sigma = self.conductivity_s_per_cm / units.ATOMIC_CONDUCTIVITY_TO_S_PER_CM
        return 1.0 + 4.0j * math.pi * sigma / (self.photon_energy_ev * units.EV_TO_HARTREE)

    @property
    def reflectivity(self) -> NDArray[np.float64]:
        """Reflectivity at normal incidence from vacuum, |(n - 1)/(n + 1)|² with n = sqrt(epsilon)."""
        index = np.sqrt(self.dielectric_function)
        return np.asarray(np.abs((index - 1.0) / (index + 1.0)) ** 2)


def velocity_squared(hamiltonian: Hamiltonian, orbitals: Tensor) -> Tensor:
    """Return sum_a |<m|v_a|n>|², double, shape (bands, bands)."""
    total = torch.zeros((orbitals.shape[0],) * 2, dtype=torch.float64, device=orbitals.device)
    conjugate = orbitals.conj()
    for axis in range(3):
        moved = orbitals * hamiltonian.waves.vectors[:, axis].to(orbitals.dtype)
        if hamiltonian.nonlocal_term is not None:
            moved = moved + hamiltonian.nonlocal_term.velocity(orbitals, axis)
        total += (conjugate @ moved.T).to(torch.complex128).abs().square()
    return total


def kubo_greenwood(
    problem: Problem,
    state: GroundState,
    *,
    bands: int,
    photon_energy_ev: NDArray[np.float64],
    broadening_ev: float = 0.1,
) -> OpticalSpectrum:
    """Compute the spectrum of one snapshot.

    Args:
        problem: the geometry and the theory.
        state: its ground state.
        bands: number of bands: the sum rule says how many are needed.
        photon_energy_ev: grid of photon energies, eV, > 0, shape (n,).
        broadening_ev: half width of the Lorentzians, eV, > 0.

    Raises:
        InputError: a grid or a broadening that is not positive, more bands than plane waves.
        EngineError: the bands did not converge.
    """
    photon = np.asarray(photon_energy_ev, dtype=np.float64)
    if photon.ndim != 1 or photon.size == 0 or not (np.isfinite(photon).all() and photon.min() > 0.0):
        raise InputError("photon energies must be positive numbers.", "Give a grid in eV that starts above zero.")
    if not (math.isfinite(broadening_ev) and broadening_ev > 0.0):
        raise InputError(f"broadening_ev = {broadening_ev:g} is not positive.", "Give a half width in eV, e.g. 0.1.")
    values, orbitals = solve_bands(problem, state, bands)
    weights = problem.basis.kpoints.weights
    temperature = problem.theory.electronic_temperature
    filling = fermi_dirac(values, weights, electrons=problem.electrons, temperature=temperature)
    frequency = np.concatenate([[0.0], photon * units.EV_TO_HARTREE])
    width = broadening_ev * units.EV_TO_HARTREE
    response = np.zeros(frequency.size, dtype=np.complex128)
    strength = 0.0
    for hamiltonian, e, f, psi, weight in zip(
        problem.hamiltonians, values, filling.numbers, orbitals, weights, strict=True
    ):
        squared = velocity_squared(hamiltonian, psi)
        gap = e[None, :] - e[:, None]
        slope = f[:, None] * (1.0 - f[:, None] / 2.0) / temperature
        near = gap.abs() < _DEGENERATE
        quotient = torch.where(near, slope, (f[:, None] - f[None, :]) / torch.where(near, 1.0, gap))
        quotient.fill_diagonal_(0.0)
        product = (quotient * squared).flatten()
        kept = product.abs() > 1e-12 * float(product.abs().max())
        lines, heights = gap.flatten()[kept].cpu().numpy(), product[kept].cpu().numpy()
        strength += weight * float(heights.sum())
        for i, w in enumerate(frequency):
            response[i] += weight * (heights / (w - lines + 1j * width)).sum()
    volume = problem.basis.grid.volume
    sigma = 1j * response / (3.0 * volume) * units.ATOMIC_CONDUCTIVITY_TO_S_PER_CM
    # Each line has the weight pi in the integral over all frequencies, half of it at positive ones.
    integral = math.pi * strength / (3.0 * volume) / 2.0
    return OpticalSpectrum(
        photon_energy_ev=photon,
        conductivity_s_per_cm=sigma[1:],
        dc_conductivity_s_per_cm=float(sigma[0].real),
        sum_rule=integral / (math.pi * problem.electrons / (2.0 * volume)),
        bands=bands,
        broadening_ev=broadening_ev,
    )
