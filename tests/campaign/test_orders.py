"""The order of a transition from observed ladders: loops at several rates, sizes, samples joined by MBAR."""

import dataclasses
from functools import partial

import numpy as np
import pytest
import xarray as xr

from llpt.campaign import ControlledTest
from llpt.campaign.orders import orders
from llpt.statistics import Estimate
from llpt.transition import synthetic_isobar
from llpt.transition.order import EvidenceKind, Order
from llpt.units import BOLTZMANN_EV_PER_K, GPA_TO_EV_PER_ANGSTROM3

GRID = tuple(float(value) for value in np.arange(700.0, 1101.0, 25.0))
FINE = tuple(float(value) for value in np.arange(700.0, 1101.0, 10.0))
STEEP = tuple(float(value) for value in np.arange(860.0, 961.0, 5.0))
PRESSURE_GPA = 200.0


@pytest.fixture
def ladder(ladder_along):
    """The function that makes the ladder of an isobar whose transition is known."""

    def make(
        place_k=900.0,
        *,
        width_k=0.0,
        atoms=512,
        seed=1,
        grid=GRID,
        pressure_gpa=PRESSURE_GPA,
        volumes=False,
        test=ControlledTest.BASE,
        samples=None,
        **options,
    ):
        isobar = synthetic_isobar(grid, place_k=place_k, width_k=width_k, seed=seed, n_atoms=atoms, **options)
        points = [with_volume(point) for point in isobar.points] if volumes else isobar.points
        isobar = dataclasses.replace(isobar, pressure_gpa=pressure_gpa, points=tuple(points))
        return ladder_along(isobar, test=test, further=samples)

    return make


def with_volume(point):
    volume = Estimate(1.7 / point.estimates["density"].value, 0.0017, "Å³/atom", 40.0)
    return dataclasses.replace(point, estimates={**point.estimates, "volume": volume})


def evidence(result, kind):
    return next((item for item in result.statement.evidence if item.kind is kind), None)


def test_loops_at_two_rates_tell_metastability_from_lag(ladder):
    def both_rates(lags):
        return [
            ladder(900.0 + sign * lag, test=test, seed=seed, production_fs=production, grid=FINE)
            for seed, (test, sign, lag, production) in enumerate(
                (
                    (ControlledTest.BASE, 1, lags[0], 8000.0),
                    (ControlledTest.COOLING, -1, lags[0], 8000.0),
                    (ControlledTest.RAMP_UP, 1, lags[1], 1000.0),
                    (ControlledTest.RAMP_DOWN, -1, lags[1], 1000.0),
                )
            )
        ]

    (persistent,) = orders(both_rates((60.0, 70.0)))
    assert evidence(persistent, EvidenceKind.HYSTERESIS).order is Order.FIRST_ORDER
    (closing,) = orders(both_rates((15.0, 130.0)))
    assert evidence(closing, EvidenceKind.HYSTERESIS).order is Order.CROSSOVER


def test_two_phases_are_in_equilibrium_between_the_steps_of_both_ways(ladder):
    def isobars(*, cooling):
        made = partial(ladder, volumes=True)
        found = [made(905.0, seed=1), made(940.0, seed=2, pressure_gpa=215.0)]
        if cooling:
            found.append(made(800.0, seed=3, pressure_gpa=215.0, test=ControlledTest.COOLING))
        return orders(found)

    one_way, both_ways = isobars(cooling=False), isobars(cooling=True)
    alone = evidence(one_way[0], EvidenceKind.CLAPEYRON)
    assert alone.order is Order.NOT_RESOLVED
    assert abs(alone.number.value) > 3.0 * alone.number.error
    assert "one way only" in alone.reason
    assert evidence(both_ways[0], EvidenceKind.CLAPEYRON).order is Order.NOT_RESOLVED


def samples(temperature_k, *, atoms, grid, two_states, crosses_once=False, outlives=False):
    """Samples of a model whose density of states is known: one Gaussian, or two side by side."""
    random = np.random.default_rng(grid.index(temperature_k))
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
    return xr.Dataset({f"sample_{name}": ("sample", values) for name, values in columns.items()})


def test_runs_that_visit_two_states_show_a_barrier_and_runs_in_one_do_not(ladder):
    found = {}
    for two_states in (True, False):
        drawn = partial(samples, atoms=64, grid=GRID, two_states=two_states)
        (result,) = orders([ladder(atoms=64, samples=drawn)])
        found[two_states] = evidence(result, EvidenceKind.HISTOGRAM)
    assert found[True].order is Order.FIRST_ORDER
    assert found[True].number.value > 3.0
    assert found[False].order is Order.CROSSOVER


def test_runs_that_cross_once_are_not_in_equilibrium_between_two_states(ladder):
    drawn = partial(samples, atoms=64, grid=GRID, two_states=True, crosses_once=True)
    (result,) = orders([ladder(atoms=64, samples=drawn)])
    barrier = evidence(result, EvidenceKind.HISTOGRAM)
    assert barrier is None or barrier.order is Order.NOT_RESOLVED


def test_a_phase_that_outlives_its_transition_is_not_two_states(ladder):
    fine = tuple(float(value) for value in np.arange(880.0, 921.0, 4.0))
    drawn = partial(samples, atoms=64, grid=fine, two_states=True, outlives=True)
    (result,) = orders([ladder(902.0, atoms=64, samples=drawn, grid=fine)])
    barrier = evidence(result, EvidenceKind.HISTOGRAM)
    assert barrier.order is Order.NOT_RESOLVED
    assert "share no configurations" in barrier.reason


def test_without_samples_or_sizes_nothing_is_said_of_them_and_what_would_decide_is(ladder):
    (result,) = orders([ladder(width_k=40.0, noise=0.004)])
    kinds = {item.kind for item in result.statement.evidence}
    assert not kinds & {EvidenceKind.HISTOGRAM, EvidenceKind.BINDER, EvidenceKind.SIZE_SHIFT, EvidenceKind.HYSTERESIS}
    assert result.statement.order is Order.NOT_RESOLVED
    assert result.proposals


def test_sizes_and_isobars_add_their_evidence(ladder):
    ladders = [ladder(atoms=256, seed=1), ladder(atoms=512, seed=2), ladder(800.0, seed=3, pressure_gpa=250.0)]
    results = orders(ladders)
    assert [result.line for result in results] == ["P200", "P250"]
    assert all(result.atoms == 512 for result in results)
    assert evidence(results[0], EvidenceKind.SIZE_SHIFT) is not None
    assert evidence(results[1], EvidenceKind.SIZE_SHIFT) is None
    assert all(evidence(result, EvidenceKind.CLAPEYRON) is not None for result in results)


def test_a_ladder_that_stayed_in_one_phase_is_no_crossover(ladder):
    def never(atoms, seed):
        drawn = partial(samples, atoms=atoms, grid=GRID, two_states=False)
        return ladder(5000.0, atoms=atoms, seed=seed, samples=drawn)

    (result,) = orders([never(64, 1), never(128, 2)])
    kinds = {item.kind for item in result.statement.evidence}
    assert not kinds & {
        EvidenceKind.HISTOGRAM,
        EvidenceKind.MIXED_FIELD,
        EvidenceKind.SUSCEPTIBILITY,
        EvidenceKind.BINDER,
    }
    assert result.statement.order is Order.NOT_RESOLVED


def test_the_way_back_of_the_same_cell_decides_whether_a_jump_is_that_of_the_whole(ladder):
    up = ladder(904.0, seed=1, grid=STEEP, noise=0.0005)
    down = partial(ladder, 898.0, seed=2, test=ControlledTest.COOLING, grid=STEEP, noise=0.0005)

    def said(*others):
        (result,) = orders([up, *others])
        return evidence(result, EvidenceKind.DENSITY_WIDTH), result

    alone, result = said()
    assert alone.order is Order.NOT_RESOLVED
    assert "one way only" in alone.reason
    assert any("walked back" in proposal.sentence for proposal in result.proposals)
    assert said(down(atoms=256))[0].order is Order.NOT_RESOLVED
    both, result = said(down())
    assert both.order is Order.FIRST_ORDER
    assert result.proposals == ()
    # A larger cell that was walked one way does not take the word from the one that was walked both ways.
    larger = ladder(906.0, seed=3, atoms=1024, grid=STEEP, noise=0.0005)
    width, result = said(down(), larger)
    assert width.order is Order.FIRST_ORDER
    assert result.atoms == 512
