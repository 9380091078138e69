"""Optical conductivity of one snapshot by the Kubo–Greenwood formula, and what follows from it.

R. Kubo, J. Phys. Soc. Jpn. 12, 570 (1957); D. A. Greenwood, Proc. Phys. Soc. 71, 585 (1958). Atomic units; occupations
f run from 0 to 2, v is the velocity operator i[H, r] (momentum, and a commutator where there are projectors):

    sigma(w) = (1 / 3 Omega) sum_k w_k sum_nm (f_n - f_m)/(e_m - e_n) sum_a |<m|v_a|n>|² L(w - (e_m - e_n))

L(x) stands for i/(x + i0) = pi delta(x) + i P(1/x), broadened (:class:`llpt.dft.LineShape`); real and imaginary part
belong together by Kramers and Kronig. Where e_m = e_n the quotient is -df/de.

The terms n = m are *intraband*: the Drude peak of bands that go on for ever. A fluid has none; it appears because the
cell is repeated, shrinks as the cell grows and would make the dc limit 1/width. It is left out of spectra unless asked
for, but counts in the sum rule, which holds only with it (L. Calderín, V. V. Karasiev and S. B. Trickey, Comput. Phys.
Commun. 221, 118 (2017), separate the two likewise). On a finite mesh of k-points the sum is not one even so; what it is
is found apart from the transitions (:mod:`llpt.dft.sum_rule`), so that missing bands and a coarse mesh are told from
each other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from llpt import units
from llpt.dft.bands import solve_bands
from llpt.dft.light import LineShape, dielectric_function, reflectivity
from llpt.dft.occupations import fermi_dirac
from llpt.dft.sum_rule import ExpectedSum, expected_sum
from llpt.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from llpt.dft.ground_state import GroundState
    from llpt.dft.hamiltonian import Hamiltonian
    from llpt.dft.problem import Problem

#: Levels on each side of the chemical potential whose mean distance is told.
_NEAR_LEVELS = 4
#: Pairs of levels closer than this (Ha) take the derivative of the Fermi function for the difference quotient.
_DEGENERATE = 1e-6
#: Lines of a smaller share of the strongest one are left out.
_NEGLIGIBLE = 1e-12


@dataclass(frozen=True)
class OpticalSpectrum:
    """Linear response of one snapshot to light.

    Args:
        photon_energy_ev: grid of photon energies, eV, shape (n,).
        conductivity_s_per_cm: complex conductivity sigma, S/cm, shape (n,).
        dc_conductivity_s_per_cm: real part at zero frequency, S/cm.
        sum_rule: integral of the real part over all frequencies, interband and intraband, in units of pi N / 2 Omega;
            1 with all bands, a local pseudopotential, and either a large cell or a dense mesh of k-points.
        intraband_share: the intraband part of ``sum_rule``.
        mesh_share: what the finite mesh of k-points adds to ``sum_rule``, found from the filled bands alone.
        projector_share: what projectors add to it.
        bands: number of bands.
        broadening_ev: width of the lines, eV.
    """

    photon_energy_ev: NDArray[np.float64]
    conductivity_s_per_cm: NDArray[np.complex128]
    dc_conductivity_s_per_cm: float
    sum_rule: float
    intraband_share: float
    mesh_share: float
    projector_share: float
    bands: int
    broadening_ev: float

    @property
    def found_share(self) -> float:
        """The sum rule without what mesh and projectors add: 1 with all bands, at any mesh."""
        return self.sum_rule - self.mesh_share - self.projector_share

    @property
    def dielectric_function(self) -> NDArray[np.complex128]:
        """Epsilon = 1 + 4 pi i sigma / w (Gaussian units)."""
        return dielectric_function(self.photon_energy_ev, self.conductivity_s_per_cm)

    @property
    def reflectivity(self) -> NDArray[np.float64]:
        """Reflectivity at normal incidence from vacuum."""
        return reflectivity(self.dielectric_function)


def velocity_squared(hamiltonian: Hamiltonian, orbitals: Tensor) -> Tensor:
    """Return sum_a |<m|v_a|n>|², double, shape (bands, bands)."""
    total = torch.zeros((orbitals.shape[0],) * 2, dtype=torch.float64, device=orbitals.device)
    conjugate = orbitals.conj()
    for axis in range(3):
        first, *others = (operator.velocity(orbitals, axis) for operator in hamiltonian.operators)
        moved = sum(others, start=first)
        total += (conjugate @ moved.T).to(torch.complex128).abs().square()
    return total


@dataclass(frozen=True)
class Levels:
    """Levels and velocities of one k-point.

    Args:
        weight: of the k-point.
        energies: Ha, ascending, shape (bands,).
        occupations: 0 to 2, shape (bands,).
        velocity_squared: sum_a |<m|v_a|n>|², shape (bands, bands).
    """

    weight: float
    energies: NDArray[np.float64]
    occupations: NDArray[np.float64]
    velocity_squared: NDArray[np.float64]


@dataclass(frozen=True)
class Transitions:
    """All that light can do to one snapshot: spectra of any broadening and of fewer bands follow without more work.

    Args:
        levels: of each k-point.
        electrons: number of electrons.
        temperature: k_B T_el, Ha.
        volume: bohr³.
        expected: by how much the sum rule of all bands differs from one.
    """

    levels: tuple[Levels, ...]
    electrons: float
    temperature: float
    volume: float
    expected: ExpectedSum

    @property
    def bands(self) -> int:
        """Number of bands."""
        return len(self.levels[0].energies)

    @property
    def level_spacing_ev(self) -> float:
        """Mean distance of the levels next to the chemical potential, eV: a narrower broadening shows single lines."""
        spacings = []
        for level in self.levels:
            middle = int((level.occupations > 1.0).sum())
            near = level.energies[max(0, middle - _NEAR_LEVELS) : middle + _NEAR_LEVELS]
            spacings.append(level.weight * float(near[-1] - near[0]) / max(1, near.size - 1))
        return units.HARTREE_TO_EV * sum(spacings)

    def spectrum(
        self,
        photon_energy_ev: NDArray[np.float64],
        *,
        broadening_ev: float,
        shape: LineShape = LineShape.GAUSSIAN,
        bands: int | None = None,
        intraband: bool = False,
    ) -> OpticalSpectrum:
        """Return the spectrum.

        Args:
            photon_energy_ev: grid of photon energies, eV, > 0, shape (n,).
            broadening_ev: width of the lines, eV, > 0.
            shape: of the lines.
            bands: only so many of the lowest bands take part; all without it.
            intraband: whether the Drude peak is drawn: for crystals.

        Raises:
            InputError: a grid or a broadening that is not positive.
        """
        photon = checked_photon_energies(photon_energy_ev)
        if not (math.isfinite(broadening_ev) and broadening_ev > 0.0):
            raise InputError(f"broadening_ev = {broadening_ev:g} is not positive.", "Give a width in eV, e.g. 0.2.")
        count = self.bands if bands is None else min(bands, self.bands)
        frequency = np.concatenate([[0.0], photon * units.EV_TO_HARTREE])
        width = broadening_ev * units.EV_TO_HARTREE
        inter = np.zeros(frequency.size, dtype=np.complex128)
        inter_strength = intra_strength = 0.0
        for level in self.levels:
            gaps, heights = _lines(level, self.temperature, count)
            inter += level.weight * _drawn(frequency, gaps, heights, width, shape)
            inter_strength += level.weight * float(heights.sum())
            diagonal = _slope(level, self.temperature) * level.velocity_squared.diagonal()
            intra_strength += level.weight * float(diagonal[:count].sum())
        scale = units.ATOMIC_CONDUCTIVITY_TO_S_PER_CM / (3.0 * self.volume)
        drude = intra_strength * shape.of(frequency, width) if intraband else 0.0
        sigma = scale * (inter + drude)
        return OpticalSpectrum(
            photon_energy_ev=photon,
            conductivity_s_per_cm=sigma[1:],
            dc_conductivity_s_per_cm=float(sigma[0].real),
            # Each line has the weight pi in the integral over all frequencies, half of it at positive ones.
            sum_rule=(inter_strength + intra_strength) / (3.0 * self.electrons),
            intraband_share=intra_strength / (3.0 * self.electrons),
            mesh_share=self.expected.mesh,
            projector_share=self.expected.projectors,
            bands=count,
            broadening_ev=broadening_ev,
        )


def checked_photon_energies(photon_energy_ev: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the grid of photon energies.

    Raises:
        InputError: it is empty or holds a number that is not positive.
    """
    photon = np.asarray(photon_energy_ev, dtype=np.float64)
    if photon.ndim != 1 or photon.size == 0 or not (np.isfinite(photon).all() and photon.min() > 0.0):
        raise InputError("photon energies must be positive numbers.", "Give a grid in eV that starts above zero.")
    return photon


def find_transitions(problem: Problem, state: GroundState, bands: int) -> Transitions:
    """Solve for levels and velocities of one snapshot in the potential of its ground state.

    Args:
        problem: the geometry and the theory.
        state: its ground state.
        bands: number of bands: the sum rule says how many are needed.

    Raises:
        InputError: more bands than plane waves.
        EngineError: the bands did not converge, or cannot hold the electrons.
    """
    values, orbitals = solve_bands(problem, state, bands)
    weights = problem.basis.kpoints.weights
    temperature = problem.theory.electronic_temperature
    filling = fermi_dirac(values, weights, electrons=problem.electrons, temperature=temperature)
    levels = tuple(
        Levels(weight, e.cpu().numpy(), f.cpu().numpy(), squared.cpu().numpy())
        for e, f, squared, weight in zip(
            values, filling.numbers, problem.at_each_kpoint(velocity_squared, orbitals), weights, strict=True
        )
    )
    expected = expected_sum(problem, state)
    return Transitions(levels, problem.electrons, temperature, problem.basis.grid.volume, expected)


def kubo_greenwood(
    problem: Problem,
    state: GroundState,
    *,
    bands: int,
    photon_energy_ev: NDArray[np.float64],
    broadening_ev: float = 0.2,
    shape: LineShape = LineShape.GAUSSIAN,
) -> OpticalSpectrum:
    """Compute the spectrum of one snapshot; see :func:`find_transitions` and :meth:`Transitions.spectrum`.

    Args:
        problem: the snapshot's.
        state: its self-consistent state.
        bands: number of bands, empty ones among them.
        photon_energy_ev: photon energies in eV, shape (n,), > 0, rising.
        broadening_ev: width of a line in eV, > 0.
        shape: of a line.
    """
    checked_photon_energies(photon_energy_ev)
    return find_transitions(problem, state, bands).spectrum(photon_energy_ev, broadening_ev=broadening_ev, shape=shape)


def bands_up_to(problem: Problem, state: GroundState, energy_ev: float) -> int:
    """Return how many bands reach about ``energy_ev`` above the highest filled one, as the free-electron gas has it.

    N = Omega (2 E)^(3/2) / 6 pi² with E counted from the bottom of the band; never fewer than the ground state has.

    Args:
        problem: the geometry and the theory.
        state: its ground state.
        energy_ev: energy above the chemical potential, eV, > 0.
    """
    volume = problem.basis.grid.volume
    fermi = 0.5 * (3.0 * math.pi**2 * problem.electrons / volume) ** (2.0 / 3.0)
    count = volume * (2.0 * (fermi + energy_ev * units.EV_TO_HARTREE)) ** 1.5 / (6.0 * math.pi**2)
    return min(problem.most_bands, max(math.ceil(count), state.orbitals[0].shape[0]))


def _slope(level: Levels, temperature: float) -> NDArray[np.float64]:
    """-df/de of each level, 1/Ha."""
    return np.asarray(level.occupations * (1.0 - level.occupations / 2.0) / temperature)


def _lines(level: Levels, temperature: float, bands: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions (Ha) and heights of the interband lines."""
    e, f = level.energies[:bands], level.occupations[:bands]
    gap = e[None, :] - e[:, None]
    near = np.abs(gap) < _DEGENERATE
    quotient = np.where(
        near,
        _slope(level, temperature)[:bands, None],
        (f[:, None] - f[None, :]) / np.where(near, 1.0, gap),
    )
    np.fill_diagonal(quotient, 0.0)
    heights = quotient * level.velocity_squared[:bands, :bands]
    kept = np.abs(heights) > _NEGLIGIBLE * float(np.abs(heights).max(initial=0.0))
    return gap[kept], heights[kept]


def _drawn(
    frequency: NDArray[np.float64],
    gaps: NDArray[np.float64],
    heights: NDArray[np.float64],
    width: float,
    shape: LineShape,
) -> NDArray[np.complex128]:
    """Sum of the broadened lines at each frequency."""
    return np.array([(heights * shape.of(w - gaps, width)).sum() for w in frequency], dtype=np.complex128)
