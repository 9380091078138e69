"""Isobars whose transition is known: what the analysis is tested on, and what its error rates are measured with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from llpt import units
from llpt.observables import quantity
from llpt.statistics import Estimate
from llpt.transition.isobar import Isobar
from llpt.transition.point import LinePoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

DENSITY_SLOPE_PER_K = -6e-5
CENTRE_K = 900.0
LATENT_HEAT_EV = 0.06
SAMPLES = 40.0


def switch(temperatures_k: NDArray[np.float64], place_k: float, width_k: float) -> NDArray[np.float64]:
    """Return 1/2 [1 + tanh((T - T0)/w)], from 0 to 1; a sharp step for w = 0.

    Args:
        temperatures_k: shape (n,).
        place_k: T0.
        width_k: w, >= 0.
    """
    if width_k == 0.0:
        return np.asarray(temperatures_k > place_k, dtype=np.float64)
    return np.asarray(0.5 * (1.0 + np.tanh((temperatures_k - place_k) / width_k)))


def frozen_switch(
    temperatures_k: Sequence[float], place_k: float, width_k: float, *, frozen_below_k: float, activation_k: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what a fluid that relaxes slowly shows of ``switch``, walked up and walked down, each run from the last.

    Its share x of the upper phase follows dx/dt = (x_eq - x)/tau with tau = t_run exp[activation (1/T - 1/T_frozen)]:
    well below T_frozen nothing changes within a run, well above it x is in equilibrium. The walk up starts from the
    equilibrium of the lowest temperature, the walk down from that of the highest.

    Args:
        temperatures_k: rising.
        place_k: T0 of the equilibrium curve.
        width_k: w of it.
        frozen_below_k: T_frozen, where the relaxation time is that of one run.
        activation_k: how fast it grows below.

    Returns:
        The mean of x over each run on the way up and on the way down, shape (temperatures,) each.
    """
    temperatures = np.asarray(temperatures_k, dtype=np.float64)
    equilibrium = switch(temperatures, place_k, width_k)
    rates = np.exp(np.clip(activation_k * (1.0 / frozen_below_k - 1.0 / temperatures), -60.0, 60.0))
    ways = []
    for order in (np.arange(temperatures.size), np.arange(temperatures.size)[::-1]):
        seen = np.empty(temperatures.size)
        share = equilibrium[order[0]]
        for index in order:
            lag = share - equilibrium[index]
            seen[index] = equilibrium[index] - lag * np.expm1(-rates[index]) / rates[index]
            share = equilibrium[index] + lag * np.exp(-rates[index])
        ways.append(seen)
    return ways[0], ways[1]


def synthetic_isobar(
    temperatures_k: Sequence[float],
    *,
    place_k: float,
    width_k: float,
    seed: int,
    jump: float = 0.03,
    noise: float = 0.001,
    offset: float = 0.0,
    engine: str = "synthetic",
    n_atoms: int = 512,
    production_fs: float = 2000.0,
    solid: Sequence[bool] | None = None,
    step: NDArray[np.float64] | None = None,
) -> Isobar:
    """Return an isobar at 200 GPa with the same transition in every observable, and Gaussian noise.

    Density, enthalpy, first peak, molecular fraction and diffusion coefficient resemble hydrogen's in size; the
    expansion coefficient is the slope of the density between neighbouring temperatures.

    Args:
        temperatures_k: rising.
        place_k: T0.
        width_k: w of ``switch``; 0 is a first-order jump.
        seed: of the noise.
        jump: relative change of the density; that of the enthalpy goes with it, 0.06 eV/atom for 0.03.
        noise: relative error of the density; those of the others go with it.
        offset: constant relative offset of the density.
        engine: name.
        n_atoms: number of atoms.
        production_fs: production time at each temperature.
        solid: which points are flagged as solids.
        step: the share of the upper phase at each temperature, in the place of ``switch``.
    """
    random = np.random.default_rng(seed)
    temperatures = np.asarray(temperatures_k, dtype=np.float64)
    step = switch(temperatures, place_k, width_k) if step is None else step
    density = (1.0 + DENSITY_SLOPE_PER_K * (temperatures - CENTRE_K)) * (1.0 + jump * step) * (1.0 + offset)
    enthalpy = 4.0 * units.BOLTZMANN_EV_PER_K * temperatures + LATENT_HEAT_EV * jump / 0.03 * step - 14.0
    expansion = -np.gradient(np.log(density), temperatures) if temperatures.size > 1 else np.zeros(1)
    truth = {
        "density": (density, noise),
        "enthalpy": (enthalpy, 2.0 * noise),
        "rdf_peak_prominence": (2.0 * (1.0 - step), 50.0 * noise),
        "molecular_fraction": (0.95 - 0.85 * step, 10.0 * noise),
        "molecular_fraction_lifetime": (0.9 - 0.85 * step, 10.0 * noise),
        "thermal_expansion": (expansion, 0.02 * noise),
        "diffusion": (2e-4 + 8e-4 * step, 0.03 * noise),
    }
    sampled = {
        name: (values + error * random.normal(size=values.size), error, quantity(name).unit)
        for name, (values, error) in truth.items()
    }
    points = tuple(
        LinePoint(
            float(temperature),
            {
                name: Estimate(float(values[index]), error, unit, SAMPLES)
                for name, (values, error, unit) in sampled.items()
            },
            production_fs,
            solid=None if solid is None else bool(solid[index]),
        )
        for index, temperature in enumerate(temperatures)
    )
    return Isobar(engine, n_atoms, 200.0, points)
