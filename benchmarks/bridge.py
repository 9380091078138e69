"""Whether the bridge finds a transition that it was not shown: Lennard-Jones against Lennard-Jones.

    python benchmarks/bridge.py --out docs/results/bridge.json        # ten minutes of one core
    python benchmarks/bridge.py --sweeps 40000                        # a look, a few minutes

The reference is the surrogate with epsilon' = a epsilon, whose transition line is known from the surrogate's alone:
T*'(aP) = a T*(P). Both are 108 atoms, truncated and shifted at 2.5 sigma, sampled by NPT Monte Carlo; liquid and vapour
are the configurations above and below one density, and T* is the temperature at which both are equally likely in one
cell. Three answers are held against each other, in K of argon (epsilon = 119.8 k_B) and in reduced units:

- direct: T* of each, from runs that go to and fro between the phases (reweighted to the temperature of equal weight);
- scaling: a T*(P/a) - T*(P), the exact answer, from the surrogate's runs;
- bridge: ``shift_of_temperature`` from runs held in one phase at T*(P), both Hamiltonians, ``--labels`` labels each.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit
from scipy.optimize import brentq

from llpt.bridge import (
    REFERENCE,
    SURROGATE,
    DifferenceSamples,
    free_energy_difference,
    labels_needed,
    shift_of_temperature,
)
from llpt.files import write_atomically
from llpt.statistics import STATISTICS, Estimate, mean_estimate
from llpt.units import BOLTZMANN_EV_PER_K

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

ATOMS = 108
ARGON_K = 119.8
CUTOFF = 2.5
SPLIT = 0.30
"""Reduced density that parts liquid from vapour, near the least likely one."""
EVERY = 5


@njit(cache=True)
def pair(r2: float) -> float:
    """Energy of a pair, in epsilon, truncated and shifted."""
    if r2 >= CUTOFF * CUTOFF:
        return 0.0
    s6 = 1.0 / (r2 * r2 * r2)
    c6 = 1.0 / CUTOFF**6
    return 4.0 * (s6 * s6 - s6 - c6 * c6 + c6)


@njit(cache=True)
def energy_of(points: NDArray[np.float64], edge: float, one: int, place: NDArray[np.float64]) -> float:
    """Energy of one atom at a place among the others; positions are fractions of the edge."""
    total = 0.0
    for other in range(len(points)):
        if other != one:
            r2 = 0.0
            for axis in range(3):
                d = place[axis] - points[other, axis]
                d -= np.rint(d)
                r2 += d * d
            total += pair(r2 * edge * edge)
    return total


@njit(cache=True)
def energy(points: NDArray[np.float64], edge: float) -> float:
    """Energy of the cell in epsilon."""
    total = 0.0
    for one in range(len(points)):
        total += energy_of(points, edge, one, points[one])
    return 0.5 * total


@njit(cache=True)
def move_atoms(
    points: NDArray[np.float64], edge: float, reach: float, beta: float, random: np.random.Generator
) -> tuple[float, int]:
    """Try to move as many atoms as there are; return the change of the energy and how many moved."""
    place = np.zeros(3)
    total, accepted = 0.0, 0
    for _ in range(len(points)):
        one = int(random.random() * len(points))
        for axis in range(3):
            place[axis] = points[one, axis] + reach / edge * (2.0 * random.random() - 1.0)
        change = energy_of(points, edge, one, place) - energy_of(points, edge, one, points[one])
        if change <= 0.0 or random.random() < np.exp(-beta * change):
            for axis in range(3):
                points[one, axis] = place[axis] - np.floor(place[axis])
            total += change
            accepted += 1
    return total, accepted


@njit(cache=True)
def walk(
    points: NDArray[np.float64],
    conditions: tuple[float, float, float, float],
    limits: tuple[float, float],
    found: NDArray[np.float64],
    random: np.random.Generator,
) -> None:
    """NPT Monte Carlo within limits of density.

    ``conditions`` are epsilon, temperature, pressure and the first density; ``found`` gets the energies (epsilon left
    out) and the volumes of every fifth sweep, shape (2, n).
    """
    strength, temperature, pressure, density = conditions
    volume = len(points) / density
    edge = volume ** (1.0 / 3.0)
    reach, stretch = 0.15, 0.05
    moved = stretched = 0
    sweeps = EVERY * found.shape[1]
    for sweep in range(sweeps):
        moved += move_atoms(points, edge, reach, strength / temperature, random)[1]
        now = energy(points, edge)
        other = volume * np.exp(stretch * (2.0 * random.random() - 1.0))
        if limits[0] < len(points) / other < limits[1]:
            then = energy(points, other ** (1.0 / 3.0))
            work = strength * (then - now) + pressure * (other - volume)
            if np.log(random.random()) < -work / temperature + (len(points) + 1) * np.log(other / volume):
                volume, edge, now = other, other ** (1.0 / 3.0), then
                stretched += 1
        if sweep < sweeps // 10 and (sweep + 1) % 50 == 0:  # steps are tuned in the tenth that is left out
            reach = min(max(reach * (0.5 + moved / (50.0 * len(points))), 0.02), 0.5 * edge)
            stretch = min(max(stretch * (0.6 + stretched / 50.0), 0.002), 0.3)
            moved = stretched = 0
        if (sweep + 1) % EVERY == 0:
            found[0, sweep // EVERY], found[1, sweep // EVERY] = now, volume


def lattice() -> NDArray[np.float64]:
    """Return a face-centred cubic lattice as fractions of the edge."""
    cells = round((ATOMS / 4) ** (1.0 / 3.0))
    basis = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    corners = np.array([[i, j, k] for i in range(cells) for j in range(cells) for k in range(cells)])
    return np.array((corners[:, None, :] + basis[None]).reshape(-1, 3) / cells + 0.01)


@dataclass(frozen=True)
class Walk:
    """Samples of one run in reduced units of the surrogate.

    Args:
        strength: epsilon of its Hamiltonian in that of the surrogate.
        temperature: k_B T in epsilon.
        pressure: in epsilon / sigma³.
        energies: of the surrogate, in epsilon.
        volumes: in sigma³.
    """

    strength: float
    temperature: float
    pressure: float
    energies: NDArray[np.float64]
    volumes: NDArray[np.float64]

    @property
    def enthalpies(self) -> NDArray[np.float64]:
        """U + PV of its own Hamiltonian in epsilon."""
        return self.strength * self.energies + self.pressure * self.volumes


def sample(strength: float, temperature: float, pressure: float, limits: tuple[float, float], sweeps: int) -> Walk:
    """Return one run; it starts as a lattice in the middle of its limits and leaves a tenth out."""
    density = 0.55 if limits[1] > 0.9 else 0.12
    print(f"epsilon' = {strength:g}, T = {temperature:.4f}, densities {limits}: {sweeps} sweeps", flush=True)
    random = np.random.default_rng(round(1e6 * (strength + temperature + limits[0])))
    found = np.zeros((2, sweeps // EVERY))
    walk(lattice(), (strength, temperature, pressure, density), limits, found, random)
    energies, volumes = found[:, found.shape[1] // 10 :]
    return Walk(strength, temperature, pressure, energies, volumes)


def equal_weight(run: Walk, pressure: float, chosen: NDArray[np.bool_]) -> float:
    """Return the temperature at which liquid and vapour are equally likely at a pressure, by reweighting a run."""
    energies, volumes = run.strength * run.energies[chosen], run.volumes[chosen]
    liquid = ATOMS / volumes > SPLIT

    def excess(temperature: float) -> float:
        power = energies / run.temperature - energies / temperature
        power += (run.pressure / run.temperature - pressure / temperature) * volumes
        weights = np.exp(power - power.max())
        return math.log(weights[liquid].sum() / weights[~liquid].sum())

    return float(brentq(excess, 0.9 * run.temperature, 1.1 * run.temperature))


def with_error(answers: NDArray[np.float64], whole: float) -> Estimate:
    """Return a value with its jackknife error in K of argon."""
    count = answers.size
    error = math.sqrt((count - 1) / count * float(((answers - answers.mean()) ** 2).sum()))
    return Estimate(whole * ARGON_K, error * ARGON_K, "K", float(count))


def jackknife(run: Walk, answer: Callable[[NDArray[np.bool_]], float], blocks: int = 16) -> Estimate:
    """Return an answer from a run, and its error from leaving out one stretch after another."""
    place = np.arange(run.energies.size) * blocks // run.energies.size
    parts = np.array([answer(place != block) for block in range(blocks)])
    return with_error(parts, answer(np.ones(run.energies.size, dtype=bool)))


def labelled(run: Walk, ratio: float, coupling: float, labels: int) -> DifferenceSamples:
    """Return Delta = (a - 1) U on so many configurations of a run, in eV of argon."""
    places = np.linspace(0, run.energies.size - 1, labels).round().astype(int)
    unit = ARGON_K * BOLTZMANN_EV_PER_K
    return DifferenceSamples((ratio - 1.0) * run.energies[places] * unit, ATOMS, run.temperature * ARGON_K, coupling)


def benchmark(options: argparse.Namespace) -> dict[str, Any]:
    """Return the three answers."""
    ratio, pressure = options.ratio, options.pressure
    free, long = (0.01, 1.0), options.sweeps
    surrogate = sample(1.0, options.temperature, pressure, free, long)
    found = jackknife(surrogate, lambda part: equal_weight(surrogate, pressure, part))
    start = found.value / ARGON_K
    scaling = jackknife(
        surrogate,
        lambda part: ratio * equal_weight(surrogate, pressure / ratio, part) - equal_weight(surrogate, pressure, part),
    )
    reference = sample(ratio, start + scaling.value / ARGON_K, pressure, free, long)
    direct = jackknife(reference, lambda part: equal_weight(reference, pressure, part)).minus(found)
    held = {
        (name, strength): sample(strength, start, pressure, limits, long // 4)
        for name, limits in (("liquid", (SPLIT, 1.0)), ("vapour", (0.01, SPLIT)))
        for strength in (1.0, ratio)
    }
    unit = ARGON_K * BOLTZMANN_EV_PER_K / ATOMS
    latent = mean_estimate(held["vapour", ratio].enthalpies, "epsilon").minus(
        mean_estimate(held["liquid", ratio].enthalpies, "epsilon")
    )
    latent = latent.scaled(unit, "eV/atom")
    phases = {
        name: free_energy_difference(
            [
                labelled(held[name, 1.0], ratio, SURROGATE, options.labels),
                labelled(held[name, ratio], ratio, REFERENCE, options.labels),
            ]
        )
        for name in ("liquid", "vapour")
    }
    shift = shift_of_temperature(phases["liquid"], phases["vapour"], latent)
    spread = max(float(labelled(run, ratio, 0.0, options.labels).difference_ev.std(ddof=1)) for run in held.values())
    shifts = {"direct": direct, "scaling": scaling, "bridge": shift.value}
    return {
        "case": "Lennard-Jones against Lennard-Jones, 108 atoms, truncated and shifted at 2.5 sigma",
        "epsilon_ratio": ratio,
        "pressure_reduced": pressure,
        "sweeps": long,
        "surrogate_transition_k": told(found),
        "shift_k": {name: told(value) for name, value in shifts.items()},
        "shift_reduced": {name: told(value.scaled(1.0 / ARGON_K, "")) for name, value in shifts.items()},
        "latent_heat_mev_per_atom": told(latent.scaled(1000.0, "meV/atom")),
        "labels_per_phase_and_ensemble": options.labels,
        "labels_needed_for_a_kelvin": labels_needed(
            spread,
            atoms=ATOMS,
            temperature_k=found.value,
            enthalpy_ev_per_atom=latent.value,
            target_k=1.0,
        ),
        "phases": {
            name: {
                "method": str(phase.method),
                "overlap": round(phase.overlap, 3),
                "jeffreys_per_atom": float(f"{phase.jeffreys_per_atom.value:.3g}"),
                "free_energy_mev_per_atom": told(phase.per_atom_mev),
                "bracket_mev_per_atom": [
                    float(f"{1000.0 * end.value / ATOMS:.5g}") for end in (phase.lower, phase.upper)
                ],
            }
            for name, phase in phases.items()
        },
        "agrees": {
            f"{name} with bridge": abs(value.minus(shift.value).value) <= 2.0 * value.minus(shift.value).error
            for name, value in shifts.items()
            if name != "bridge"
        },
    }


def told(estimate: Estimate) -> list[float]:
    """Return value and error with four and two digits."""
    return [float(f"{estimate.value:.5g}"), float(f"{estimate.error:.2g}")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ratio", type=float, default=1.05, help="a")
    parser.add_argument("--pressure", type=float, default=0.088, help="P in epsilon/sigma^3")
    parser.add_argument("--temperature", type=float, default=1.068, help="k_B T* of the surrogate in epsilon, roughly")
    parser.add_argument("--sweeps", type=int, default=160_000, help="of each run that goes to and fro")
    parser.add_argument("--labels", type=int, default=400, help="in each phase and ensemble")
    parser.add_argument("--out", type=Path, help="a JSON file for the answers")
    options = parser.parse_args()
    found = json.dumps({"statistics": STATISTICS} | benchmark(options), indent=2)
    print(found)
    if options.out:
        write_atomically(options.out, found + "\n")


if __name__ == "__main__":
    main()
