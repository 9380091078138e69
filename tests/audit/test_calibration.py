"""A committee that knows or does not know its error."""

import numpy as np
import pytest

from llpt.audit import committee_calibration, spread_calibration
from llpt.errors import InputError
from llpt.report import calibration_figure, draw

from .labels_for_tests import hydrogen, wrong


@pytest.fixture(scope="module")
def frames():
    return [hydrogen(molecular=False, seed=seed, atoms=24) for seed in range(60)]


@pytest.mark.parametrize("factor", [1.0, 3.0])
def test_a_committee_that_is_too_sure_has_a_factor_above_one(factor):
    random = np.random.default_rng(1)
    spread = np.exp(random.normal(-3.0, 0.7, 2000))
    found = spread_calibration(spread, factor * spread * random.normal(size=2000))
    assert abs(found.factor.value - factor) < 3.0 * found.factor.error
    assert found.factor.error < 0.1 * factor
    assert found.rank_correlation.value > 0.3
    assert (np.diff(found.spreads) > 0.0).all()
    away = [(each.value - factor * x) / each.error for each, x in zip(found.errors, found.spreads, strict=True)]
    assert np.abs(away).max() < 4.0


def test_a_committee_that_knows_nothing_has_no_rank_correlation():
    random = np.random.default_rng(2)
    found = spread_calibration(np.exp(random.normal(size=2000)), random.normal(size=2000))
    assert abs(found.rank_correlation.value) < 4.0 * found.rank_correlation.error < 0.1


def test_error_bars_are_of_frames_not_of_components():
    """Every component of a frame errs alike: a thousand of them are worth no more than their forty frames."""
    random = np.random.default_rng(3)
    factors, errors = [], []
    for _ in range(200):
        frames = np.repeat(np.arange(40), 25)
        spread = np.exp(random.normal(0.0, 0.5, 1000))
        found = spread_calibration(spread, spread * random.normal(size=40)[frames], groups=4, blocks=frames)
        factors.append(found.factor.value)
        errors.append(found.factor.standard_error)
    assert 0.85 < np.mean(errors) / np.std(factors) < 1.15  # of 200: known to 5 %
    assert found.blocks == 40


@pytest.mark.parametrize("members", [2, 4])
def test_members_that_scatter_about_the_truth_have_a_mean_better_than_any(frames, members):
    """Independent members: the variance of the mean is that of a member over their number."""
    random = np.random.default_rng(members)
    answers = [[] for _ in range(members)]
    for frame in frames:
        scale = np.exp(random.normal(-2.0, 0.5))
        for answer in answers:
            copy = wrong(frame, bias_ev_per_atom=random.normal(0.0, scale))
            copy.calc.results["forces"] = frame.get_forces() + random.normal(0.0, scale, (24, 3))
            answer.append(copy)
    found = committee_calibration(frames, answers)
    for what in ("force", "energy"):
        assert found[what].factor.value == pytest.approx(members**-0.5, abs=4.0 * found[what].factor.error)
    assert found["force"].factor.error < 0.05
    assert found["force"].unit == "eV/Å"


def test_what_all_members_have_wrong_is_in_no_disagreement(frames):
    """Members that share an error of 0.3 eV/Å: the curve does not go to zero where they agree."""
    random = np.random.default_rng(5)
    shared = [random.normal(0.0, 0.3, (24, 3)) for _ in frames]
    answers = []
    for _ in range(4):
        answer = [wrong(frame) for frame in frames]
        for frame, copy, error in zip(frames, answer, shared, strict=True):
            copy.calc.results["forces"] = frame.get_forces() + error + random.normal(0.0, 0.05, (24, 3))
        answers.append(answer)
    found = committee_calibration(frames, answers)
    force = found["force"]
    assert force.errors[0].value == pytest.approx(0.3, abs=0.05)
    assert force.factor.value > 3.0
    assert not found["energy"].factor.resolved  # the members have one energy


def test_the_curve_is_drawn(tmp_path):
    random = np.random.default_rng(6)
    spread = np.exp(random.normal(size=100))
    found = spread_calibration(spread, spread * random.normal(size=100), unit="eV/Å", groups=5)
    for path in draw(calibration_figure({"force": found}), tmp_path):
        assert path.stat().st_size > 1000


def test_too_few_frames_make_no_curve():
    with pytest.raises(InputError, match="do not make a curve"):
        spread_calibration(np.ones(20), np.ones(20))
    with pytest.raises(InputError, match="of 2 blocks"):
        spread_calibration(np.ones(80), np.ones(80), blocks=np.arange(80) % 2)
    frames = [hydrogen(molecular=False, seed=1)]
    with pytest.raises(InputError, match="no committee"):
        committee_calibration(frames, [frames])
