import dataclasses
import json
import math

import numpy as np
import pytest

from llpt.audit import Outcome, Thresholds, Verdict, compare
from llpt.errors import InputError
from llpt.ladder_path import LadderPath
from llpt.transition import locate, synthetic_isobar

GRID_K = (700.0, 800.0, 850.0, 900.0, 950.0, 1000.0, 1100.0, 1200.0)


def make_isobar(place_k, width_k=0.0, *, temperatures_k=GRID_K, seed=0, **options):
    return locate(synthetic_isobar(temperatures_k, place_k=place_k, width_k=width_k, seed=seed, **options))


def at_pressure(located, pressure_gpa):
    return dataclasses.replace(located, states=dataclasses.replace(located.states, pressure_gpa=pressure_gpa))


FINE_K = tuple(np.arange(700.0, 1201.0, 20.0))


def test_equal_curves_with_noise_are_never_called_different():
    thresholds = Thresholds(density_percent=0.3, transition_temperature_k=30.0)
    outcomes = [
        compare(
            [make_isobar(905.0, seed=2 * seed, noise=0.002)],
            [make_isobar(905.0, seed=2 * seed + 1, noise=0.002)],
            thresholds,
        ).value
        for seed in range(25)
    ]
    assert outcomes.count(Outcome.NOT_FAITHFUL) <= 4
    assert outcomes.count(Outcome.FAITHFUL) <= 4


def test_equal_curves_are_faithful_once_the_errors_are_small_enough():
    reference = make_isobar(905.0, temperatures_k=FINE_K, noise=0.0004, seed=1, engine="dft")
    surrogate = make_isobar(905.0, temperatures_k=FINE_K, noise=0.0004, seed=2, engine="mlp")
    verdict = compare([reference], [surrogate], Thresholds())
    assert verdict.value is Outcome.FAITHFUL, verdict.reasons


def test_a_curve_with_one_state_that_is_not_proven_by_itself_is_open_and_names_it():
    reference = make_isobar(905.0, temperatures_k=FINE_K, noise=0.0004, seed=1, engine="dft")
    points = list(make_isobar(905.0, temperatures_k=FINE_K, noise=0.0004, seed=2, engine="mlp").states.points)
    density = points[2].estimates["density"]
    points[2] = dataclasses.replace(
        points[2],
        estimates=dict(points[2].estimates) | {"density": dataclasses.replace(density, error=15.0 * density.error)},
    )
    surrogate = make_isobar(905.0, temperatures_k=FINE_K, noise=0.0004, seed=2, engine="mlp")
    surrogate = dataclasses.replace(surrogate, states=dataclasses.replace(surrogate.states, points=tuple(points)))
    verdict = compare([reference], [surrogate], Thresholds())
    assert verdict.value is Outcome.NOT_RESOLVED
    (curve,) = [item for item in verdict.comparisons if item.quantity == "density (curve)"]
    assert "faithful, but by itself the difference at 740 K is not proven" in curve.sentence
    assert any("density (curve)" in need.sentence and need.picoseconds for need in verdict.requirements)


def test_absence_of_evidence_is_not_faithfulness():
    reference = make_isobar(905.0, noise=0.02, seed=1)
    surrogate = make_isobar(905.0, noise=0.02, seed=2)
    verdict = compare([reference], [surrogate], Thresholds())
    assert verdict.value is Outcome.NOT_RESOLVED
    assert any(need.picoseconds and need.picoseconds > 2.0 for need in verdict.requirements)


def test_shifted_transition_is_not_faithful():
    reference = make_isobar(1005.0, temperatures_k=FINE_K, engine="dft", seed=1)
    surrogate = make_isobar(805.0, temperatures_k=FINE_K, engine="mlp", seed=2)
    verdict = compare([reference], [surrogate], Thresholds())
    assert verdict.value is Outcome.NOT_FAITHFUL
    (found,) = [item for item in verdict.comparisons if item.quantity == "transition temperature (density jump)"]
    assert found.outcome is Outcome.NOT_FAITHFUL
    assert found.difference.value == pytest.approx(-200.0, abs=20.0)
    assert found.sentence in verdict.reasons


def test_smooth_surrogate_of_a_sharp_reference_is_not_faithful():
    reference = make_isobar(905.0, temperatures_k=FINE_K, noise=0.0004, seed=1)
    surrogate = make_isobar(905.0, 200.0, temperatures_k=FINE_K, noise=0.0004, seed=2)
    assert compare([reference], [surrogate], Thresholds(density_percent=0.5)).value is Outcome.NOT_FAITHFUL


def test_constant_offset_is_told_from_a_difference_of_shape():
    reference = make_isobar(905.0, temperatures_k=FINE_K, noise=0.0004, seed=1)
    surrogate = make_isobar(905.0, temperatures_k=FINE_K, noise=0.0004, seed=2, offset=0.03)
    thresholds = Thresholds(density_percent=1.0, density_offset_percent=5.0)
    verdict = compare([reference], [surrogate], thresholds)
    (offset,) = [item for item in verdict.comparisons if item.quantity == "density offset"]
    assert offset.difference.value == pytest.approx(3.0, abs=0.1)
    assert verdict.value is Outcome.FAITHFUL, verdict.reasons
    strict = compare([reference], [surrogate], Thresholds(density_percent=1.0))
    assert strict.value is Outcome.NOT_FAITHFUL
    assert "offset" in strict.reasons[0]
    shape = [item for item in strict.comparisons if item.quantity == "density" and item.judged]
    assert all(item.outcome is Outcome.FAITHFUL for item in shape)


@pytest.mark.parametrize(("change", "word"), [({"production_fs": 200.0}, "short"), ({"n_atoms": 32}, "small")])
def test_short_or_small_runs_prove_nothing(change, word):
    reference = make_isobar(1005.0, temperatures_k=FINE_K, engine="dft", **change)
    surrogate = make_isobar(805.0, temperatures_k=FINE_K, engine="mlp", seed=1, **change)
    verdict = compare([reference], [surrogate], Thresholds())
    assert verdict.value is Outcome.NOT_RESOLVED
    assert any(word in reason for reason in verdict.reasons)
    need = verdict.requirements[0]
    assert (need.picoseconds, need.atoms) in {(1.0, None), (None, 256)}


def test_runs_that_do_not_know_their_error_say_how_long_they_should_be():
    reference = make_isobar(905.0, noise=math.nan, temperatures_k=(800.0, 880.0, 930.0, 1000.0))
    verdict = compare([reference], [make_isobar(905.0)], Thresholds())
    assert verdict.value is Outcome.NOT_RESOLVED
    assert any(need.picoseconds for need in verdict.requirements)
    assert any("5 temperatures" in need.sentence for need in verdict.requirements)


def test_coarse_grids_are_told_which_temperatures_to_add():
    coarse = (600.0, 700.0, 800.0, 900.0, 1000.0, 1100.0, 1200.0, 1300.0)
    verdict = compare(
        [make_isobar(950.0, temperatures_k=coarse, seed=1)],
        [make_isobar(950.0, temperatures_k=coarse, seed=2)],
        Thresholds(transition_temperature_k=20.0),
    )
    assert verdict.value is Outcome.NOT_RESOLVED
    added = [temperature for need in verdict.requirements for temperature in need.temperatures_k]
    assert added
    assert all(850.0 < temperature < 1050.0 for temperature in added)


def test_solids_and_missing_partners_are_said_so():
    solid = np.zeros(len(FINE_K), dtype=bool)
    solid[:3] = True
    reference = make_isobar(905.0, temperatures_k=FINE_K, solid=solid, engine="dft")
    alone = at_pressure(make_isobar(905.0, temperatures_k=FINE_K), 250.0)
    verdict = compare([reference, alone], [make_isobar(905.0, temperatures_k=FINE_K, seed=3)], Thresholds())
    assert any("dft is a solid" in reason for reason in verdict.reasons)
    assert any("250 GPa" in reason for reason in verdict.reasons)
    assert verdict.value is not Outcome.FAITHFUL


def test_another_size_is_remarked():
    verdict = compare([make_isobar(905.0)], [make_isobar(905.0, n_atoms=1728, seed=1)], Thresholds())
    assert any("size may be a part" in reason for reason in verdict.reasons)


def test_verdict_survives_json(tmp_path):
    verdict = compare([make_isobar(5000.0)], [make_isobar(5000.0, seed=1)], Thresholds())
    assert Verdict.from_json(verdict.to_json()).value is verdict.value
    assert Verdict.from_json(verdict.to_json()).to_json() == verdict.to_json()
    verdict.save(tmp_path / "verdict.json")
    document = json.loads((tmp_path / "verdict.json").read_text())
    assert document["value"] == "not resolved"
    assert document["thresholds"]["transition_temperature_k"] == 50.0


def test_nothing_to_compare_is_refused():
    with pytest.raises(InputError, match="surrogate"):
        compare([make_isobar(905.0)], [], Thresholds())


def test_an_isobar_of_solids_blocks_faithfulness():
    good = make_isobar(905.0, temperatures_k=FINE_K, noise=0.0004, seed=1)
    partner = make_isobar(905.0, temperatures_k=FINE_K, noise=0.0004, seed=2)
    frozen = at_pressure(make_isobar(905.0, temperatures_k=FINE_K, solid=[True] * len(FINE_K)), 300.0)
    verdict = compare([good, frozen], [partner, frozen], Thresholds())
    assert verdict.value is Outcome.NOT_RESOLVED
    assert any("solid at every temperature" in comparison.sentence for comparison in verdict.comparisons)
    assert any("above the melting line" in requirement.sentence for requirement in verdict.requirements)


def test_a_way_that_the_surrogate_alone_walked_is_named():
    reference = make_isobar(905.0, temperatures_k=FINE_K, seed=1, engine="dft")
    up, down = (make_isobar(place, temperatures_k=FINE_K, seed=2, engine="mlp") for place in (905.0, 805.0))
    down = dataclasses.replace(down, states=dataclasses.replace(down.states, path=LadderPath.COOLING))
    told = "At 100 GPa mlp alone was walked by cooling: what it shows, a loop among it, is not compared."
    assert at_pressure(up, 100.0).states.where == "100 GPa"
    ways = [at_pressure(each, 100.0) for each in (up, down)]
    assert told in compare([at_pressure(reference, 100.0)], ways).reasons
    assert told not in compare([at_pressure(reference, 100.0)], ways[:1]).reasons
    assert not any("alone was walked" in why for why in compare(ways, ways).reasons)
