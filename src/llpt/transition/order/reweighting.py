"""Joins runs at neighbouring temperatures and pressures into one: MBAR, with the electrons as hot as the ions.

With the electronic temperature equal to the ionic one, states of different T have different Hamiltonians, and a
configuration sampled at T_i has at T_j the reduced energy

    u_j = beta_j [F(R; T_j) + P_j V],   beta_j F(R; T_j) = beta_i F_i + (beta_j - beta_i) E_i + O(beta_j - beta_i)^2,

because d(beta F)/d beta = E at fixed R, with F_i and E_i as recorded in the run itself. For an engine without
electronic entropy E = F and the formula is exact. Where T_el was fixed the Hamiltonian does not change and u_j =
beta_j (F_i + P_j V). Only the configurational part enters: momenta are sampled exactly and cancel. (Shirts and
Chodera, J. Chem. Phys. 129, 124105, 2008.)
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from llpt import units
from llpt.errors import InputError
from llpt.observables import quantity
from llpt.statistics import Estimate, statistical_inefficiency
from llpt.statistics.reweighting import pymbar

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr
    from numpy.typing import NDArray


@dataclass(frozen=True)
class SampledState:
    """Samples of one run.

    Args:
        n_atoms: number of atoms.
        mass_u: mass of the cell.
        temperature_k: thermostat's temperature.
        pressure_gpa: barostat's pressure.
        volume_angstrom3: of the cell, shape (samples,).
        internal_energy_ev: E of the cell, without kinetic energy, shape (samples,).
        free_energy_ev: F of the cell, shape (samples,).
    """

    n_atoms: int
    mass_u: float
    temperature_k: float
    pressure_gpa: float
    volume_angstrom3: NDArray[np.float64]
    internal_energy_ev: NDArray[np.float64]
    free_energy_ev: NDArray[np.float64]

    @classmethod
    def from_summary(cls, summary: xr.Dataset) -> SampledState:
        """Take the samples that ``llpt.observables.summarise_run`` kept.

        Raises:
            InputError: the summary holds no samples or is of a run at constant volume.
        """
        if "sample_volume" not in summary or summary.attrs["constant_volume"]:
            raise InputError(
                "Reweighting needs the samples of a run at constant pressure.",
                "Summarise the run again, and leave out runs at constant volume.",
            )
        if not all(np.isfinite(summary[f"sample_{name}_energy"]).all() for name in ("internal", "free")):
            raise InputError(
                "Reweighting needs both E and F, which the files of an imported run do not give.",
                "Import the run with the files that hold them.",
            )
        n_atoms = int(summary.attrs["n_atoms"])
        return cls(
            n_atoms=n_atoms,
            mass_u=float(summary.attrs["mass_u"]),
            temperature_k=float(summary.attrs["temperature_k"]),
            pressure_gpa=float(summary.attrs["pressure_gpa"]),
            volume_angstrom3=summary["sample_volume"].to_numpy() * n_atoms,
            internal_energy_ev=summary["sample_internal_energy"].to_numpy() * n_atoms,
            free_energy_ev=summary["sample_free_energy"].to_numpy() * n_atoms,
        )

    def independent(self) -> SampledState:
        """Return every g-th sample, g the larger statistical inefficiency of volume and energy; at least four."""
        both = (self.volume_angstrom3, self.free_energy_ev)
        inefficiency = max(statistical_inefficiency(series) for series in both)
        limit = max(1, len(self.volume_angstrom3) // 4)
        stride = int(np.clip(np.ceil(np.nan_to_num(inefficiency, nan=limit)), 1, limit))
        chosen = slice(None, None, stride)
        return SampledState(
            self.n_atoms,
            self.mass_u,
            self.temperature_k,
            self.pressure_gpa,
            self.volume_angstrom3[chosen],
            self.internal_energy_ev[chosen],
            self.free_energy_ev[chosen],
        )


class Reweighting:
    """Runs of one system at several temperatures and pressures, joined.

    Args:
        states: of one engine and size, two at least.
        hamiltonian_follows_temperature: whether T_el was the ionic temperature in each run.

    Raises:
        InputError: fewer than two states, or states of different size.
    """

    def __init__(self, states: Sequence[SampledState], *, hamiltonian_follows_temperature: bool) -> None:
        if len(states) < 2 or len({state.n_atoms for state in states}) != 1:
            sizes = sorted({state.n_atoms for state in states})
            raise InputError(
                f"Reweighting joins two or more runs of one size; these are {len(states)} of {sizes} atoms.",
                "Pass the runs of one engine and one size.",
            )
        ordered = sorted(states, key=lambda state: (state.pressure_gpa, state.temperature_k))
        self.states = tuple(state.independent() for state in ordered)
        self._follows = hamiltonian_follows_temperature
        self.n_atoms = states[0].n_atoms
        self._volume = np.concatenate([state.volume_angstrom3 for state in self.states])
        self._internal = np.concatenate([state.internal_energy_ev for state in self.states])
        self._free = np.concatenate([state.free_energy_ev for state in self.states])
        counts = np.array([len(state.volume_angstrom3) for state in self.states])
        self._own_beta = np.repeat([_beta(state.temperature_k) for state in self.states], counts)
        reduced = np.stack([self._reduced(state.temperature_k, state.pressure_gpa) for state in self.states])
        self._mbar: Any = pymbar().MBAR(reduced, counts, initialize="BAR")
        self.density_g_per_cm3: NDArray[np.float64] = (
            states[0].mass_u * units.U_PER_ANGSTROM3_TO_G_PER_CM3 / self._volume
        )
        """Density of every independent sample of every run, shape (samples,)."""
        self.internal_energy_ev_per_atom: NDArray[np.float64] = self._internal / self.n_atoms
        """Internal energy per atom of every sample, shape (samples,)."""

    def weights(self, temperature_k: float, pressure_gpa: float) -> NDArray[np.float64]:
        """Return the weight of every sample at any state, summing to 1, shape (samples,)."""
        reduced = self._reduced(temperature_k, pressure_gpa)
        logarithm = -self._mbar_denominator() - reduced
        weights = np.exp(logarithm - logarithm.max())
        return np.asarray(weights / weights.sum())

    def effective_samples(self, temperature_k: float, pressure_gpa: float) -> float:
        """Return Kish's number of samples that carry the weight at a state, 1 / sum w^2."""
        return float(1.0 / (self.weights(temperature_k, pressure_gpa) ** 2).sum())

    def least_overlap(self) -> float:
        """Return the smallest overlap of neighbouring states, 0 … 1; below 0.03 the chain is broken there.

        The smaller of MBAR's overlap, and of one less the Kolmogorov–Smirnov distance of the densities that the two
        runs visited. The first is what the states would share in equilibrium: a run in a phase that has outlived its
        transition and the next one in the other phase have a share of it, and not one density in common.
        """
        matrix = np.asarray(self._mbar.compute_overlap()["matrix"])
        pairs = list(itertools.pairwise(self.states))
        visited = [
            1.0 - float(stats.ks_2samp(one.volume_angstrom3, other.volume_angstrom3).statistic) for one, other in pairs
        ]
        return min(visited + [float(matrix[index, index + 1]) for index in range(len(pairs))])

    def density(self, temperature_k: float, pressure_gpa: float) -> Estimate:
        """Return rho = M / <V> at any state, in g/cm^3."""
        volume = self._expectation(self._volume, temperature_k, pressure_gpa)
        mass = float((self.density_g_per_cm3 * self._volume)[0])
        return Estimate(
            mass / volume.value,
            mass * volume.error / volume.value**2,
            quantity("density").unit,
            volume.effective_samples,
        )

    def _expectation(
        self, values: NDArray[np.float64], temperature_k: float, pressure_gpa: float, unit: str = "Å³"
    ) -> Estimate:
        reduced = self._reduced(temperature_k, pressure_gpa)[None]
        result = self._mbar.compute_expectations(values, u_kn=reduced)
        samples = self.effective_samples(temperature_k, pressure_gpa)
        return Estimate(float(result["mu"][0]), float(result["sigma"][0]), unit, samples)

    def _reduced(self, temperature_k: float, pressure_gpa: float) -> NDArray[np.float64]:
        beta = _beta(temperature_k)
        work = beta * pressure_gpa * units.GPA_TO_EV_PER_ANGSTROM3 * self._volume
        if self._follows:
            return self._own_beta * self._free + (beta - self._own_beta) * self._internal + work
        return beta * self._free + work

    def _mbar_denominator(self) -> NDArray[np.float64]:
        """Return ln sum_k N_k exp(f_k - u_k) for every sample."""
        exponents = np.log(self._mbar.N_k)[:, None] + self._mbar.f_k[:, None] - self._mbar.u_kn
        top = exponents.max(axis=0)
        return np.asarray(top + np.log(np.exp(exponents - top).sum(axis=0)))


def _beta(temperature_k: float) -> float:
    return 1.0 / (units.BOLTZMANN_EV_PER_K * temperature_k)
