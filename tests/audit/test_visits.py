"""Two wells whose shares follow from their depths: what runs show and what labels foretell is known beforehand."""

import itertools
import math

import numpy as np
import pytest
from tests.audit.labels_for_tests import hydrogen, wrong

from llpt.audit import (
    DoublyLabelled,
    OrderParameter,
    PhaseBoundary,
    ShiftAgreement,
    Visits,
    Walk,
    crossover,
    equal_shares,
    inverse_line,
    line_of_visits,
)
from llpt.bridge import REFERENCE, SURROGATE, FreeEnergyMethod
from llpt.statistics import Estimate
from llpt.units import BOLTZMANN_EV_PER_K

BOUNDARY = PhaseBoundary(OrderParameter.MOLECULAR_FRACTION, 0.5, low_is_above=True)
LATENT_EV = 0.4
"""Step of the cell's enthalpy, the same for both Hamiltonians."""
SURROGATE_K, REFERENCE_K = 900.0, 980.0
TEMPERATURES = (700.0, 800.0, 900.0, 1000.0, 1100.0, 1200.0)
SPREAD = 1.5
"""Standard deviation of beta Delta within a region."""


def share_above(transition_k, temperature_k):
    """The share of the upper region, from G_high - G_low = Delta H (1 - T / T*)."""
    gap = LATENT_EV * (1.0 - temperature_k / transition_k)
    return 1.0 / (1.0 + math.exp(gap / (BOLTZMANN_EV_PER_K * temperature_k)))


@pytest.fixture(scope="module")
def wells():
    return {high: hydrogen(molecular=not high, seed=1) for high in (False, True)}


def run_of(wells, coupling, temperature_k, random, *, count=300, planted_ev=0.0):
    """Snapshots of one side at one temperature: a well by its share, Delta Gaussian about what the wells differ by."""
    beta = 1.0 / (BOLTZMANN_EV_PER_K * temperature_k)
    share = share_above(REFERENCE_K if coupling == REFERENCE else SURROGATE_K, temperature_k)
    between = LATENT_EV * temperature_k * (1.0 / SURROGATE_K - 1.0 / REFERENCE_K) + planted_ev
    bend = (0.5 - coupling) * SPREAD**2 / beta
    frames, others = [], []
    for high, noise in zip(random.random(count) < share, random.normal(size=count), strict=True):
        delta = 0.3 + bend + SPREAD / beta * noise + (between if high else 0.0)
        frame = wells[bool(high)]
        frames.append(frame)
        others.append(wrong(frame, bias_ev_per_atom=-delta / len(frame)))
    return DoublyLabelled("run", coupling, temperature_k, frames, others)


def sets_of(wells, seed, **options):
    random = np.random.default_rng(seed)
    return {
        temperature: [run_of(wells, coupling, temperature, random, **options) for coupling in (SURROGATE, REFERENCE)]
        for temperature in TEMPERATURES
    }


@pytest.fixture(scope="module")
def found(wells):
    return crossover(sets_of(wells, 1), BOUNDARY)


def test_both_shifts_are_that_of_the_wells(found):
    exact = REFERENCE_K - SURROGATE_K
    for shift in (found.predicted_shift, found.observed_shift):
        assert 3.0 < shift.error < 40.0
        assert abs(shift.value - exact) < 4.0 * shift.error
    assert found.finding is ShiftAgreement.AGREE
    assert "explains it" in found.sentence


def test_each_side_has_its_own_place_and_latent_heat(found):
    for place, exact in ((found.surrogate, SURROGATE_K), (found.reference, REFERENCE_K)):
        assert abs(place.temperature.value - exact) < 4.0 * place.temperature.error
        assert abs(place.enthalpy.value - LATENT_EV) < 4.0 * place.enthalpy.error < LATENT_EV
        assert place.degrees_of_freedom == len(TEMPERATURES) - 2
    assert found.region == "molecular fraction 0.5"


def test_labels_say_by_which_method_at_each_temperature(found):
    assert [each.temperature_k for each in found.differences] == list(TEMPERATURES)
    assert any(each.low is each.high is FreeEnergyMethod.ACCEPTANCE_RATIO for each in found.differences)


def test_the_predicted_shift_owes_little_to_the_visits(found):
    apart = found.predicted.temperature.minus(found.surrogate.temperature)
    assert found.predicted_shift.value == pytest.approx(apart.value)
    assert found.predicted_shift.error < apart.error


def test_labels_of_another_hamiltonian_are_found_out(wells):
    other = crossover(sets_of(wells, 2, planted_ev=-0.08), BOUNDARY)
    assert other.finding is ShiftAgreement.DISAGREE
    assert "errors away" in other.sentence


def test_runs_that_stay_where_they_are_foretell_nothing(wells):
    sets = sets_of(wells, 3)
    stay = {
        temperature: [
            DoublyLabelled(each.name, each.coupling, temperature, [each.reference[0]] * 60, [each.surrogate[0]] * 60)
            for each in runs
        ]
        for temperature, runs in sets.items()
    }
    assert crossover(stay, BOUNDARY) is None


def test_a_run_that_crosses_once_is_not_counted(wells):
    once = {}
    for temperature, runs in sets_of(wells, 4, count=100).items():
        once[temperature] = []
        for each in runs:
            order = sorted(range(100), key=lambda index, each=each: BOUNDARY.in_low(each.reference[index]))
            pairs = [[side[index] for index in order] for side in (each.reference, each.surrogate)]
            once[temperature].append(DoublyLabelled(each.name, each.coupling, temperature, *pairs))
    assert crossover(once, BOUNDARY) is None


def test_what_is_left_of_the_two_shifts_is_of_the_size_of_its_error(wells):
    pulls, of_predicted = [], []
    for seed in range(8):
        each = crossover(sets_of(wells, 10 + seed, count=120), BOUNDARY)
        apart = each.predicted.temperature.minus(each.reference.temperature)
        pulls.append(apart.value / apart.error)
        shift = each.predicted_shift
        of_predicted.append((shift.value - (REFERENCE_K - SURROGATE_K)) / shift.standard_error)
    assert 0.3 < float(np.sqrt(np.mean(np.square(of_predicted)))) < 1.8
    assert 0.1 < float(np.sqrt(np.nanmean(np.square(pulls)))) < 1.8


def ratios(transition_k, temperatures, error=0.1):
    logits = [math.log(p / (1.0 - p)) for p in (share_above(transition_k, each) for each in temperatures)]
    return [(each, Estimate(value, error, "", 100.0)) for each, value in zip(temperatures, logits, strict=True)]


def lined(*arguments, **options):
    return inverse_line(ratios(*arguments, **options))


def test_exact_shares_give_the_exact_place():
    found = equal_shares(lined(930.0, TEMPERATURES))
    assert found.temperature.value == pytest.approx(930.0)
    assert found.enthalpy.value == pytest.approx(LATENT_EV)
    assert found.chi_squared == pytest.approx(0.0, abs=1e-12)


def test_nothing_is_read_beyond_the_ladder_or_off_a_flat_line():
    assert not equal_shares(lined(1500.0, TEMPERATURES)).temperature.resolved
    assert "beyond" in equal_shares(lined(1500.0, TEMPERATURES)).reason
    assert not equal_shares(lined(930.0, TEMPERATURES, error=5.0)).temperature.resolved
    assert "needed" in equal_shares(lined(930.0, TEMPERATURES[:2])).reason
    unknown = [(each, Estimate(0.0, math.nan, "", 3.0)) for each in TEMPERATURES]
    assert not equal_shares(inverse_line(unknown)).temperature.resolved


def test_the_error_of_the_place_is_that_of_resampled_shares():
    random = np.random.default_rng(5)
    exact = ratios(930.0, TEMPERATURES, error=0.2)
    places = [
        equal_shares(
            inverse_line([(t, Estimate(v.value + 0.2 * random.normal(), 0.2, "", 100.0)) for t, v in exact])
        ).temperature
        for _ in itertools.repeat(None, 200)
    ]
    known = [each for each in places if each.resolved]
    scatter = float(np.std([each.value for each in known]))
    assert len(known) > 150
    assert 0.7 < scatter / equal_shares(inverse_line(exact)).temperature.error < 1.3


def test_runs_that_stay_on_either_side_do_not_go_to_and_fro(wells):
    """One run of each side stays molecular, one atomic: their shares are those of the starts."""
    sets, random = sets_of(wells, 6), np.random.default_rng(6)
    stuck = {
        temperature: [
            Walk(coupling, start + 0.05 * random.normal(size=400))
            for coupling in (SURROGATE, REFERENCE)
            for start in (0.2, 0.8)
        ]
        for temperature in TEMPERATURES
    }
    assert crossover(sets, BOUNDARY, stuck) is None


def test_places_from_few_visits_have_the_errors_they_say():
    """Also where a region was hardly visited: the likelihood of the counts knows what that says."""
    random = np.random.default_rng(8)
    pulls = []
    for _ in range(300):
        visits = []
        for temperature in (*TEMPERATURES, 1400.0):
            samples = int(random.integers(15, 80))
            high = int(random.binomial(samples, share_above(930.0, temperature)))
            visits.append(Visits(temperature, high / samples, samples, Estimate.unknown("")))
        place = equal_shares(line_of_visits(visits)).temperature
        if place.resolved:
            pulls.append((place.value - 930.0) / place.standard_error)
    assert len(pulls) > 290
    assert abs(float(np.mean(pulls))) < 0.25
    assert 0.8 < float(np.std(pulls)) < 1.2
