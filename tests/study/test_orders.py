"""The order of a transition from a study's ladders: loops at several rates, sizes, samples joined by MBAR."""

import dataclasses

import numpy as np
import xarray as xr

from llpt.campaign import ControlledTest, Role
from llpt.statistics import Estimate
from llpt.study.analysis import LadderResult
from llpt.study.orders import orders
from llpt.transition import LadderPath, locate, synthetic_isobar
from llpt.transition.order import EvidenceKind, Order
from llpt.units import BOLTZMANN_EV_PER_K, GPA_TO_EV_PER_ANGSTROM3

BASE = ControlledTest.BASE

GRID = tuple(float(value) for value in np.arange(700.0, 1101.0, 25.0))
FINE = tuple(float(value) for value in np.arange(700.0, 1101.0, 10.0))
PRESSURE_GPA = 200.0


def ladder(place_k=900.0, *, width_k=0.0, test=BASE, atoms=512, seed=1, runs=(), line="P200", grid=GRID, **options):
    isobar = synthetic_isobar(grid, place_k=place_k, width_k=width_k, seed=seed, n_atoms=atoms, **options)
    down = test == "cooling" or test.startswith("ramp-down")
    isobar = dataclasses.replace(isobar, path=LadderPath.COOLING if down else LadderPath.HEATING)
    return LadderResult(Role.REFERENCE, "DFT/PBE", atoms, line, PRESSURE_GPA, test, runs, locate(isobar))


def with_isobar(ladder, **changes):
    isobar = dataclasses.replace(ladder.isobar, **changes)
    return dataclasses.replace(ladder, located=dataclasses.replace(ladder.located, isobar=isobar))


def evidence(result, kind):
    return next((item for item in result.statement.evidence if item.kind is kind), None)


def test_loops_at_two_rates_tell_metastability_from_lag():
    def study(lags):
        return [
            ladder(900.0 + sign * lag, test=test, seed=seed, production_fs=production, grid=FINE)
            for seed, (test, sign, lag, production) in enumerate(
                (
                    (BASE, 1, lags[0], 8000.0),
                    ("cooling", -1, lags[0], 8000.0),
                    ("ramp-up", 1, lags[1], 1000.0),
                    ("ramp-down", -1, lags[1], 1000.0),
                )
            )
        ]

    (persistent,) = orders(study((60.0, 70.0)))
    assert evidence(persistent, EvidenceKind.HYSTERESIS).order is Order.FIRST_ORDER
    (closing,) = orders(study((15.0, 130.0)))
    assert evidence(closing, EvidenceKind.HYSTERESIS).order is Order.CROSSOVER


def test_two_phases_are_in_equilibrium_between_the_steps_of_both_ways():
    def isobars(*, cooling):
        found = [ladder(905.0, seed=1), ladder(940.0, seed=2, line="P215")]
        found[1] = dataclasses.replace(with_isobar(found[1], pressure_gpa=215.0), pressure_gpa=215.0)
        if cooling:
            down = ladder(800.0, seed=3, line="P215", test="cooling")
            found.append(dataclasses.replace(down, pressure_gpa=215.0))
        volumes = []
        for each in found:
            points = tuple(
                dataclasses.replace(
                    point,
                    estimates=point.estimates
                    | {"volume": Estimate(1.7 / point.estimates["density"].value, 0.0017, "Å³/atom", 40.0)},
                )
                for point in each.isobar.points
            )
            volumes.append(with_isobar(each, points=points))
        return orders(volumes)

    one_way, both_ways = isobars(cooling=False), isobars(cooling=True)
    alone = evidence(one_way[0], EvidenceKind.CLAPEYRON)
    assert alone.order is Order.NOT_RESOLVED
    assert abs(alone.number.value) > 3.0 * alone.number.error
    assert "one way only" in alone.reason
    assert evidence(both_ways[0], EvidenceKind.CLAPEYRON).order is Order.NOT_RESOLVED


class Run:
    """A run with samples of a model whose density of states is known: one Gaussian, or two side by side."""

    def __init__(self, temperature_k, atoms, seed, *, two_states, crosses_once=False, outlives=False):
        random = np.random.default_rng(seed)
        count = 1500
        beta = 1.0 / (BOLTZMANN_EV_PER_K * temperature_k)
        place = 900.0
        volumes, energies = np.array([1.75, 1.60]) * atoms, np.zeros(2)
        if two_states:
            work = PRESSURE_GPA * GPA_TO_EV_PER_ANGSTROM3 * volumes
            latent = 20.0 * BOLTZMANN_EV_PER_K * place
            energies = np.array([0.0, latent + work[0] - work[1]])
            share = 1.0 / (1.0 + np.exp(-latent * (1.0 / (BOLTZMANN_EV_PER_K * place) - beta)))
            which = (random.uniform(size=count) < share).astype(int)
            if crosses_once:
                which.sort()
            if outlives:
                which[:] = temperature_k > place
        else:
            which = np.zeros(count, dtype=int)
        volume = volumes[which] * (1.0 + 0.004 * random.normal(size=count))
        energy = energies[which] + 0.05 * random.normal(size=count)
        columns = {"volume": volume / atoms, "internal_energy": energy / atoms, "free_energy": energy / atoms}
        self.summary = xr.Dataset({f"sample_{name}": ("sample", values) for name, values in columns.items()})
        self.summary.attrs = {
            "n_atoms": atoms,
            "mass_u": 1.008 * atoms,
            "temperature_k": temperature_k,
            "pressure_gpa": PRESSURE_GPA,
            "constant_volume": 0,
        }
        state = type("State", (), {"temperature_k": temperature_k})()
        self.run = type("Run", (), {"state": state, "options": {}})()


def test_runs_that_visit_two_states_show_a_barrier_and_runs_in_one_do_not():
    found = {}
    for two_states in (True, False):
        runs = tuple(Run(value, 64, index, two_states=two_states) for index, value in enumerate(GRID))
        (result,) = orders([ladder(atoms=64, runs=runs)])
        found[two_states] = evidence(result, EvidenceKind.HISTOGRAM)
    assert found[True].order is Order.FIRST_ORDER
    assert found[True].number.value > 3.0
    assert found[False].order is Order.CROSSOVER


def test_runs_that_cross_once_are_not_in_equilibrium_between_two_states():
    runs = tuple(Run(value, 64, index, two_states=True, crosses_once=True) for index, value in enumerate(GRID))
    (result,) = orders([ladder(atoms=64, runs=runs)])
    barrier = evidence(result, EvidenceKind.HISTOGRAM)
    assert barrier is None or barrier.order is Order.NOT_RESOLVED


def test_a_phase_that_outlives_its_transition_is_not_two_states():
    fine = tuple(float(value) for value in np.arange(880.0, 921.0, 4.0))
    runs = tuple(Run(value, 64, index, two_states=True, outlives=True) for index, value in enumerate(fine))
    (result,) = orders([ladder(902.0, atoms=64, runs=runs, grid=fine)])
    barrier = evidence(result, EvidenceKind.HISTOGRAM)
    assert barrier.order is Order.NOT_RESOLVED
    assert "share no configurations" in barrier.reason


def test_without_samples_or_sizes_nothing_is_said_of_them_and_what_would_decide_is():
    (result,) = orders([ladder(width_k=40.0, noise=0.004)])
    kinds = {item.kind for item in result.statement.evidence}
    assert not kinds & {EvidenceKind.HISTOGRAM, EvidenceKind.BINDER, EvidenceKind.SIZE_SHIFT, EvidenceKind.HYSTERESIS}
    assert result.statement.order is Order.NOT_RESOLVED
    assert result.proposals


def test_sizes_and_isobars_add_their_evidence():
    ladders = [ladder(atoms=256, seed=1), ladder(atoms=512, seed=2), ladder(800.0, atoms=512, seed=3, line="P250")]
    results = orders(ladders)
    assert [result.line for result in results] == ["P200", "P250"]
    assert all(result.atoms == 512 for result in results)
    assert evidence(results[0], EvidenceKind.SIZE_SHIFT) is not None
    assert evidence(results[1], EvidenceKind.SIZE_SHIFT) is None
    assert all(evidence(result, EvidenceKind.CLAPEYRON) is not None for result in results)


def test_a_ladder_that_stayed_in_one_phase_is_no_crossover():
    def never(atoms, seed):
        runs = tuple(Run(value, atoms, index, two_states=False) for index, value in enumerate(GRID))
        return ladder(5000.0, atoms=atoms, seed=seed, runs=runs)

    (result,) = orders([never(64, 1), never(128, 2)])
    kinds = {item.kind for item in result.statement.evidence}
    assert not kinds & {
        EvidenceKind.HISTOGRAM,
        EvidenceKind.MIXED_FIELD,
        EvidenceKind.SUSCEPTIBILITY,
        EvidenceKind.BINDER,
    }
    assert result.statement.order is Order.NOT_RESOLVED


def test_the_way_back_of_the_same_cell_decides_whether_a_jump_is_that_of_the_whole():
    up = ladder(904.0, seed=1, grid=tuple(np.arange(860.0, 961.0, 5.0)), noise=0.0005)

    def said(*others):
        (result,) = orders([up, *others])
        return evidence(result, EvidenceKind.DENSITY_WIDTH), result

    down = ladder(898.0, seed=2, test="cooling", grid=tuple(np.arange(860.0, 961.0, 5.0)), noise=0.0005)
    alone, result = said()
    assert alone.order is Order.NOT_RESOLVED
    assert "one way only" in alone.reason
    assert any("walked back" in proposal.sentence for proposal in result.proposals)
    assert said(dataclasses.replace(down, atoms=256))[0].order is Order.NOT_RESOLVED
    both, result = said(down)
    assert both.order is Order.FIRST_ORDER
    assert result.proposals == ()
    # A larger cell that was walked one way does not take the word from the one that was walked both ways.
    larger = ladder(906.0, seed=3, atoms=1024, grid=tuple(np.arange(860.0, 961.0, 5.0)), noise=0.0005)
    width, result = said(down, larger)
    assert width.order is Order.FIRST_ORDER
    assert result.atoms == 512
