"""What the statistics of transitions used to get wrong, each on data of known truth, printed as JSON.

python benchmarks/findings.py                      # all rows
python benchmarks/findings.py hysteresis drift     # some
python benchmarks/findings.py --into FILE --as after   # put the numbers beside those of an earlier version

The families are not those that the constants were chosen on: error functions in the place of hyperbolic tangents, two
states with the exact Boltzmann weights of a finite cell, a cubic equation of state with its metastable branches.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from scipy import signal, special, stats

from llpt import units
from llpt.campaign import ControlledTest, Role
from llpt.campaign.ladders import ladders_of
from llpt.campaign.observed import ObservedRun
from llpt.campaign.orders import orders
from llpt.observables import put_estimate, summarise_run
from llpt.observables.displacement import Displacements
from llpt.observables.pair_correlation import PairCorrelation
from llpt.observables.step_series import thermodynamic_series
from llpt.observables.thermodynamics import density, enthalpy
from llpt.statistics import Estimate, is_stationary, variance_estimate
from llpt.trajectory import FrameBlock
from llpt.transition import LinePoint, locate, solid_flag, synthetic_isobar
from llpt.transition.order import Order, hysteresis_evidence, hysteresis_loop, order_of_line
from llpt.transition.step import fit_step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from llpt.transition import Isobar

GPA = units.GPA_TO_EV_PER_ANGSTROM3
KB = units.BOLTZMANN_EV_PER_K
PRESSURE_GPA = 200.0
PLACE_K = 900.0
VOLUME = 1.72
SPREAD = 0.12
"""Relative spread of the volume of one phase times the root of N: that of dense hydrogen at 200 GPa."""
LATENT_EV = 0.06
GRID_25 = tuple(float(value) for value in np.arange(600.0, 1201.0, 25.0))


@dataclass
class Steps:
    """A run of which only the scalars are known."""

    table: xr.Dataset
    n_atoms: int

    beads = 1
    timestep_fs = 1.0
    frame_steps = np.zeros(0, dtype=int)

    @property
    def n_frames(self) -> int:
        """None."""
        return 0

    @property
    def mass_u(self) -> float:
        """Of the cell."""
        return 1.008 * self.n_atoms

    @property
    def masses_u(self) -> Any:
        """Of the atoms."""
        return np.full(self.n_atoms, 1.008)

    @property
    def numbers(self) -> Any:
        """Hydrogen."""
        return np.ones(self.n_atoms, dtype=int)

    def scalars(self) -> xr.Dataset:
        """Return what every step recorded."""
        return self.table

    def blocks(self, size: int = 256, *, start_step: int = 0, every: int = 1) -> Iterator[FrameBlock]:
        """Yield nothing."""
        del size, start_step, every
        return iter(())


def steps_of(volume: Any, energy: Any, *, n_atoms: int, pressure: Any = PRESSURE_GPA, kinetic: Any = 0.0) -> Steps:
    """Return a run from its volumes and energies."""
    count = np.arange(len(volume))
    columns = {
        "volume_angstrom3": volume,
        "internal_energy_ev": energy,
        "free_energy_ev": energy,
        "kinetic_energy_ev": kinetic,
        "entropy_ev_per_k": 0.0,
        "temperature_k": PLACE_K,
        "pressure_gpa": pressure,
    }
    table = {name: ("step", np.broadcast_to(values, count.shape).astype(float)) for name, values in columns.items()}
    return Steps(xr.Dataset(table, coords={"step": count, "time_fs": ("step", count.astype(float))}), n_atoms)


def boltzmann(random: Any, temperature_k: float, *, n_atoms: int, jump: float, unit: int, count: int = 400) -> Any:
    """Return volumes and energies of a cell whose units of some atoms each are in one of two states.

    One unit of all atoms is a first-order transition at PLACE_K, many are a crossover of the same height.
    """
    groups = max(n_atoms // unit, 1)
    shift = 1.0 / (KB * temperature_k) - 1.0 / (KB * PLACE_K)
    upper = random.binomial(groups, special.expit(-shift * LATENT_EV * n_atoms / groups), size=count) / groups
    mean = VOLUME * n_atoms
    work = PRESSURE_GPA * GPA
    spread_v, spread_e = SPREAD * mean / np.sqrt(n_atoms), 1.2 * KB * PLACE_K * np.sqrt(n_atoms)
    volume = mean * (1.0 - jump * upper) + spread_v * random.normal(size=count) - shift * work * spread_v**2
    latent = n_atoms * LATENT_EV + work * mean * jump
    energy = latent * upper + spread_e * random.normal(size=count) - shift * spread_e**2
    return volume, energy


def observed(
    isobar: Isobar, *, n_atoms: int, test: ControlledTest, further: Callable[[float], xr.Dataset]
) -> list[ObservedRun]:
    """Return the runs of an isobar."""
    runs = []
    for point in isobar.points:
        summary = further(point.coordinate)
        for name, estimate in point.estimates.items():
            put_estimate(summary, name, estimate)
        summary.attrs |= {
            "n_atoms": n_atoms,
            "mass_u": 1.008 * n_atoms,
            "temperature_k": point.coordinate,
            "pressure_gpa": PRESSURE_GPA,
            "constant_volume": 0,
            "production_fs": point.production_fs,
        }
        runs.append(ObservedRun.from_summary(summary, role=Role.SURROGATE, engine="mlp", test=test))
    return runs


SAMPLED = ("density", "volume", "enthalpy", "density_susceptibility", "density_binder", "samples")


def sampled_ladder(random: Any, *, n_atoms: int, jump: float, unit: int, spacing_k: float) -> Any:
    """Return a ladder of the two-state cell, with everything that its runs averaged to."""
    runs = []
    for temperature in PLACE_K + spacing_k * np.arange(-5.0, 6.0):
        volume, energy = boltzmann(random, temperature, n_atoms=n_atoms, jump=jump, unit=unit)
        source: Any = steps_of(volume, energy, n_atoms=n_atoms)
        summary = summarise_run(
            source, discard_steps=0, temperature_k=float(temperature), pressure_gpa=PRESSURE_GPA, only=SAMPLED
        )
        runs.append(ObservedRun.from_summary(summary, role=Role.SURROGATE, engine="mlp"))
    (ladder,) = ladders_of(runs)
    return ladder


def sizes(
    jump: float, *, unit: int, spacing_k: float = 6.0, draws: int = 20, atoms: tuple[int, ...] = (256, 512)
) -> dict[str, Any]:
    """Return what is stated of two sizes of one isobar whose runs are in equilibrium: the whole, and by piece."""
    whole, pieces = Counter[str](), Counter[str]()
    for seed in range(draws):
        random = np.random.default_rng([1, seed])
        ladders = [sampled_ladder(random, n_atoms=each, jump=jump, unit=unit, spacing_k=spacing_k) for each in atoms]
        for result in orders(ladders):
            whole[str(result.statement.order)] += 1
            pieces.update(
                f"{item.kind}: {item.order}"
                for item in result.statement.evidence
                if item.order is not Order.NOT_RESOLVED
            )
    return {"isobars": draws, **whole, "pieces": dict(sorted(pieces.items()))}


def histograms() -> dict[str, Any]:
    """Return what two sizes in equilibrium are called."""
    return {
        "first order, 3 %": sizes(0.03, unit=10**6),
        "first order, 1 %": sizes(0.01, unit=10**6),
        "crossover of units of 24 atoms, 3 %": sizes(0.03, unit=24, spacing_k=25.0),
        "crossover of units of 24 atoms, 8 %": sizes(0.08, unit=24, spacing_k=25.0),
        "crossover of units of 24 atoms, 1 %": sizes(0.01, unit=24, spacing_k=25.0),
    }


def error_function(temperatures_k: Any, place_k: float, width_k: float) -> Any:
    """Return a change from 0 to 1 in the form of an error function."""
    return 0.5 * (1.0 + special.erf((np.asarray(temperatures_k) - place_k) / width_k))


def _slow(random: Any, grid: Any, *, rate: float) -> Any:
    """Return both ways of a fluid that relaxes slowly, smooth in equilibrium, at a rate of runs (1: 8 ps each)."""
    width, place = random.uniform(40.0, 120.0), random.uniform(850.0, 950.0)
    frozen, activation = random.uniform(650.0, 1000.0), 10.0 ** random.uniform(3.8, 5.3)
    ways = []
    for production, factor in ((8000.0, 1.0), (8000.0 / rate, rate)):
        frozen_here = 1.0 / (1.0 / frozen - np.log(factor) / activation)
        equilibrium = error_function(grid, place, width)
        rates = np.exp(np.clip(activation * (1.0 / frozen_here - 1.0 / np.asarray(grid)), -60.0, 60.0))
        both = []
        for order in (np.arange(len(grid)), np.arange(len(grid))[::-1]):
            seen, share = np.empty(len(grid)), equilibrium[order[0]]
            for index in order:
                lag = share - equilibrium[index]
                seen[index] = equilibrium[index] - lag * np.expm1(-rates[index]) / rates[index]
                share = equilibrium[index] + lag * np.exp(-rates[index])
            both.append(seen)
        ways.append((production, both))
    return ways


def hysteresis(draws: int = 200) -> dict[str, Any]:
    """Return how often loops of slow crossovers, and of metastable phases, are called first order or crossover."""
    found = {}
    for noise in (0.0005, 0.001, 0.003):
        stated = Counter[str]()
        metastable = Counter[str]()
        for seed in range(draws):
            random = np.random.default_rng([2, seed])
            loops, kept = [], []
            lag = random.uniform(20.0, 60.0)
            for number, (production, ways) in enumerate(_slow(random, GRID_25, rate=8.0)):
                up, down = (
                    synthetic_isobar(
                        GRID_25,
                        place_k=PLACE_K,
                        width_k=1.0,
                        seed=10 * seed + 2 * number + way,
                        noise=noise,
                        production_fs=production,
                        step=step,
                    )
                    for way, step in enumerate(ways)
                )
                loops.append(hysteresis_loop(up, down))
                outlived = lag * (1.0 + 0.1 * number)
                up, down = (
                    synthetic_isobar(
                        GRID_25,
                        place_k=PLACE_K + sign * outlived,
                        width_k=4.0,
                        seed=10 * seed + 2 * number + max(sign, 0) + 4,
                        noise=noise,
                        production_fs=production,
                    )
                    for sign in (1, -1)
                )
                kept.append(hysteresis_loop(up, down))
            stated[str(hysteresis_evidence(loops).order)] += 1
            metastable[str(hysteresis_evidence(kept).order)] += 1
        found[f"slow crossovers, noise {100.0 * noise:g} %"] = dict(stated)
        found[f"metastable phases, noise {100.0 * noise:g} %"] = dict(metastable)
    return found


def ways(draws: int = 200) -> dict[str, Any]:
    """Return what isobars walked both ways, and one way, are called, by what is walked."""
    found = {}
    cases: dict[str, Callable[[Any], tuple[Any, Any]]] = {
        "first order, relaxing over four runs": lambda random: _relaxing(random, 4.0),
        "first order, relaxing over two runs": lambda random: _relaxing(random, 2.0),
        "van der Waals, first order": lambda random: _cubic(random, 0.6),
        "crossover, error function": _smooth,
        "crossover that freezes in": lambda random: _slow(random, GRID_25, rate=8.0)[0][1],
    }
    for name, draw in cases.items():
        both, single = Counter[str](), Counter[str]()
        for seed in range(draws):
            random = np.random.default_rng([3, seed])
            up, down = (
                locate(
                    synthetic_isobar(
                        GRID_25, place_k=PLACE_K, width_k=1.0, seed=2 * seed + way, noise=0.0005, step=np.asarray(step)
                    )
                )
                for way, step in enumerate(draw(random))
            )
            both[str(order_of_line(up, back=down).order)] += 1
            single[str(order_of_line(up).order)] += 1
        found[name] = {"both ways": dict(both), "one way": dict(single)}
    return found


def _smooth(random: Any) -> tuple[Any, Any]:
    step = error_function(GRID_25, random.uniform(860.0, 940.0), random.uniform(80.0, 140.0))
    return step, step


def _relaxing(random: Any, runs: float) -> tuple[Any, Any]:
    """Return both ways of a jump whose cell takes some runs to reach the other phase."""
    place = random.uniform(880.0, 920.0)
    grid = np.asarray(GRID_25)
    after = (np.cumsum(grid > place) - 0.5).clip(0.0)
    before = (np.cumsum(grid[::-1] < place)[::-1] - 0.5).clip(0.0)
    return np.where(grid > place, -np.expm1(-after / runs), 0.0), np.where(grid < place, np.exp(-before / runs), 1.0)


def _cubic(random: Any, reduced_pressure: float) -> tuple[Any, Any]:
    """Return both ways of a van der Waals isobar, followed to its spinodals; a share of 0 … 1 of its whole change."""
    grid = 0.55 + 0.6 * (np.asarray(GRID_25) - GRID_25[0]) / np.ptp(GRID_25) + random.uniform(-0.01, 0.01)
    branches = []
    for pick in (min, max):
        volumes = []
        for reduced in grid:
            roots = np.roots([3.0 * reduced_pressure, -(reduced_pressure + 8.0 * reduced), 9.0, -3.0])
            real = sorted(root.real for root in roots if abs(root.imag) < 1e-9 and root.real > 1.0 / 3.0)
            volumes.append(pick(real))
        branches.append(np.log(volumes))
    low, high = branches[0][0], branches[1][-1]
    return tuple((branch - low) / (high - low) for branch in branches)


def drift(draws: int = 400) -> dict[str, Any]:
    """Return how often a run without drift is called drifting, and one that relaxes is noticed, by what it hides."""
    found: dict[str, Any] = {}
    length = 2000
    place = np.linspace(0.0, 1.0, length)
    shapes = {
        "no drift": np.zeros(length),
        "2 sigma, decaying over the run": 2.0 * np.exp(-place),
        "2 sigma, decaying over a third": 2.0 * np.exp(-3.0 * place),
        "2 sigma in a line": 2.0 * place,
    }
    for independent in (10, 20, 40, 100):
        memory = np.exp(-2.0 * independent / length)
        row = {}
        for name, shape in shapes.items():
            random = np.random.default_rng([4, independent])
            known, noticed, off = 0, 0, 0
            for _ in range(draws):
                noise = signal.lfilter([1.0], [1.0, -memory], random.normal(size=length + 3000))[3000:]
                values = noise * np.sqrt(1.0 - memory**2) + shape
                volume = 880.0 * (1.0 + 0.005 * values)
                series = thermodynamic_series(
                    steps_of(volume, np.zeros(length), n_atoms=512), discard_steps=0, pressure_gpa=PRESSURE_GPA
                )
                found_density = density(series)
                truth = series.mass_u * units.U_PER_ANGSTROM3_TO_G_PER_CM3 / 880.0
                if name == "2 sigma in a line":
                    truth = series.mass_u * units.U_PER_ANGSTROM3_TO_G_PER_CM3 / (880.0 * 1.01)
                noticed += not is_stationary(values)
                known += found_density.resolved
                off += found_density.resolved and abs(found_density.value - truth) > 3.0 * found_density.error
            row[name] = {
                "not stationary, %": 100.0 * noticed / draws,
                "error known, %": 100.0 * known / draws,
                "known and off by more than 3, %": 100.0 * off / draws,
                "noticed by the best test there is, %": _best_notice(shape, independent),
            }
        found[f"{independent} independent samples"] = row
    return found


def _best_notice(shape: Any, independent: int) -> float:
    """Return how often a test that knows the shape of the drift and the noise would notice it, at 2 % false alarms."""
    height = float(np.std(shape)) * np.sqrt(independent)
    return round(100.0 * float(stats.norm.sf(stats.norm.ppf(0.98) - height)), 1)


def _moved(positions: Any, edge: float) -> xr.Dataset:
    """Return what the displacements of a run in a cubic cell come to, as a summary."""
    frames, atoms, _ = positions.shape
    displacement = Displacements(np.full(atoms, 1.008))
    displacement.add(
        FrameBlock(
            steps=np.arange(frames),
            times_fs=2.0 * np.arange(frames),
            positions_angstrom=positions,
            velocities_angstrom_per_fs=positions,
            cells_angstrom=np.broadcast_to(edge * np.eye(3), (frames, 3, 3)),
            forces_ev_per_angstrom=positions,
        )
    )
    summary = xr.Dataset(attrs={"n_atoms": atoms, "production_fs": 2.0 * (frames - 1), "temperature_k": PLACE_K})
    for name, value in displacement.results().items():
        if isinstance(value, Estimate):
            put_estimate(summary, name, value)
        else:
            summary[name] = value
    put_estimate(summary, "volume", Estimate(VOLUME, 0.001, "Å³/atom", 40.0))
    return summary


def solids(draws: int = 12, *, frames: int = 750, atoms: int = 128) -> dict[str, Any]:
    """Return what solids and fluids of 1.5 ps are called: solid, fluid or unknown."""
    found = {}
    edge = (VOLUME * atoms) ** (1.0 / 3.0)
    time_fs = 2.0 * np.arange(frames)
    spacing = VOLUME ** (1.0 / 3.0)

    def einstein(random: Any) -> Any:
        period = random.uniform(15.0, 120.0, size=(atoms, 3))
        phase = random.uniform(0.0, 2.0 * np.pi, size=(atoms, 3))
        amplitude = spacing * random.uniform(0.05, 0.12) * np.sqrt(-2.0 * np.log(random.uniform(size=(atoms, 3))))
        return amplitude * np.sin(2.0 * np.pi * time_fs[:, None, None] / period + phase)

    def phonons(random: Any) -> Any:
        modes = 3 * atoms
        vectors = np.linalg.qr(random.normal(size=(modes, modes)))[0]
        frequency = np.clip(random.uniform(size=modes) ** (1.0 / 3.0), 0.1, 1.0) / 20.0
        amplitude = random.exponential(size=modes) ** 0.5 * 0.02 / frequency / 20.0 * random.uniform(1.0, 2.5)
        phase = random.uniform(0.0, 2.0 * np.pi, size=modes)
        return ((amplitude * np.sin(2.0 * np.pi * time_fs[:, None] * frequency + phase)) @ vectors).reshape(
            frames, atoms, 3
        )

    def fluid(diffusion_cm2_per_s: float) -> Callable[[Any], Any]:
        def draw(random: Any) -> Any:
            step = np.sqrt(2.0 * diffusion_cm2_per_s * 10.0 * 2.0)
            walk = np.cumsum(step * random.normal(size=(frames, atoms, 3)), axis=0)
            return walk + einstein(random)

        return draw

    cases: dict[str, Callable[[Any], Any]] = {
        "Einstein solid": einstein,
        "phonon solid": phonons,
        **{f"fluid, D = {value:g} cm^2/s": fluid(value) for value in (1e-4, 3e-5, 1e-5, 3e-6)},
    }
    words = {True: "solid", False: "fluid", None: "unknown"}
    for name, draw in cases.items():
        flags = (solid_flag(_moved(draw(np.random.default_rng([5, seed])), edge)) for seed in range(draws))
        found[name] = dict(Counter(words[flag] for flag in flags))
    return found


def repeats(draws: int = 300) -> dict[str, Any]:
    """Return variance over truth of four repeats joined to one point, by independent samples of each run."""
    found = {}
    for independent in (8, 20, 40):
        length, ratios, pulls = 400, [], []
        memory = np.exp(-2.0 * independent / length)
        random = np.random.default_rng([6, independent])
        for _ in range(draws):
            runs = []
            for _ in range(4):
                noise = signal.lfilter([1.0], [1.0, -memory], random.normal(size=length + 1000))[1000:]
                summary = xr.Dataset(attrs={"n_atoms": 64, "production_fs": 2000.0})
                put_estimate(summary, "density_susceptibility", variance_estimate(noise * np.sqrt(1 - memory**2), ""))
                runs.append(summary)
            joined = LinePoint.of_repeats(900.0, runs).estimates["density_susceptibility"]
            ratios.append(joined.value)
            if joined.resolved:
                pulls.append((joined.value - 1.0) / joined.error)
        found[f"{independent} independent samples"] = {
            "mean over truth": float(np.mean(ratios)),
            "spread of pulls": float(np.std(pulls)),
            "error known, %": 100.0 * len(pulls) / draws,
        }
    return found


def held_volume(draws: int = 200) -> dict[str, float]:
    """Return the scatter of H of runs at constant volume over the error that is stated."""
    values, errors = [], []
    for seed in range(draws):
        random = np.random.default_rng([7, seed])
        noise = signal.lfilter([1.0], [1.0, -0.95], random.normal(size=2500))[500:] * np.sqrt(1.0 - 0.95**2)
        volume = np.full(2000, VOLUME * 64)
        pressure = PRESSURE_GPA * (1.0 + 0.04 * noise)
        run = steps_of(volume, 0.02 * 64 * random.normal(size=2000), n_atoms=64, pressure=pressure)
        found = enthalpy(thermodynamic_series(run, discard_steps=0, pressure_gpa=None))
        values.append(found.value)
        errors.append(found.error)
    return {"scatter, eV/atom": float(np.std(values)), "stated, eV/atom": float(np.nanmean(errors))}


def dimers() -> dict[str, float]:
    """Return neighbours within the first minimum of molecules that stand far apart; exactly one."""
    found = {}
    for atoms in (32, 64, 256):
        edge = 1.72 ** (1.0 / 3.0) * atoms ** (1.0 / 3.0) * 2.0
        side = round((atoms / 2) ** (1.0 / 3.0) + 0.49)
        places = np.stack(np.meshgrid(*[np.arange(side)] * 3), axis=-1).reshape(-1, 3)[: atoms // 2] * edge / side
        positions = np.concatenate([places, places + np.array([0.74, 0.0, 0.0])])[None].repeat(20, axis=0)
        collected = PairCorrelation(0.49 * edge)
        collected.add(
            FrameBlock(
                steps=np.arange(20),
                times_fs=np.arange(20.0),
                positions_angstrom=positions,
                velocities_angstrom_per_fs=positions,
                cells_angstrom=np.broadcast_to(edge * np.eye(3), (20, 3, 3)),
                forces_ev_per_angstrom=positions,
            )
        )
        found[f"{atoms} atoms"] = collected.first_peak().coordination.value
    return found


def entropy_term(draws: int = 8) -> dict[str, Any]:
    """Return what T_el S, a smooth change of 4 or 6 meV/atom beside the transition, does to the step in H from E.

    A surrogate's H is from F; the reference's step is taken in H from E. The place is compared, so the shift is told.
    """
    found = {}
    for centre, width, height in ((930.0, 60.0, 0.004), (950.0, 100.0, 0.006)):
        shifts, errors, heights = [], [], []
        for seed in range(draws):
            isobar = synthetic_isobar(GRID_25, place_k=905.0, width_k=60.0, seed=seed, noise=0.0005)
            free = isobar.curve("enthalpy")
            entropy = height * error_function(free.temperatures_k, centre, width)
            one, other = fit_step(free), fit_step(replace(free, values=free.values + entropy))
            shifts.append(other.location.value - one.location.value)
            errors.append(one.location.error)
            heights.append(1000.0 * (other.height.value - one.height.value))
        found[f"{1000.0 * height:g} meV/atom at {centre:g} K over {width:g} K"] = {
            "greatest shift, K": float(np.abs(shifts).max()),
            "stated error, K": float(np.mean(errors)),
            "height, meV/atom": float(np.mean(heights)),
        }
    return found


ROWS: dict[str, tuple[Callable[[], Any], str]] = {
    "histograms": (histograms, "first order never called crossover"),
    "hysteresis": (hysteresis, "slow crossovers called first order in 2 % at most"),
    "ways": (ways, "first order never called crossover, nor the reverse"),
    "drift": (drift, "few false alarms; where the mean is off, the error is not known"),
    "solids": (solids, "solids called solid, no fluid called solid, the rest unknown"),
    "repeats": (repeats, "mean over truth 1, spread of pulls 1"),
    "held_volume": (held_volume, "scatter and stated error agree"),
    "dimers": (dimers, "1"),
    "entropy_term": (entropy_term, "shift below the stated error of the place"),
}


def main() -> None:
    """Measure some rows, and keep them beside those of another version."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", choices=[[], *ROWS], default=[])
    parser.add_argument("--into", type=Path)
    parser.add_argument("--as", dest="version", choices=["before", "after"], default="after")
    given = parser.parse_args()
    table = json.loads(given.into.read_text()) if given.into and given.into.exists() else {}
    for name in given.rows or ROWS:
        measure, expected = ROWS[name]
        began = time.perf_counter()
        found = measure()
        table.setdefault(name, {})["expected"] = expected
        table[name][given.version] = found
        print(json.dumps({name: found, "seconds": round(time.perf_counter() - began, 1)}, indent=1), flush=True)
        if given.into:
            given.into.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
