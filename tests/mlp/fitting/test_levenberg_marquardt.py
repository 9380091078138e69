"""The objective: its normal equations against its own value, and what a part of the frames says of the whole."""

import pytest
import torch

from llpt.mlp.fitting.levenberg_marquardt import FitLimits, FitState, Objective, _descend, fit, start_vector
from llpt.mlp.fitting.residuals import WeightLayout

LAYOUT = WeightLayout(sizes=(7, 6, 5, 1), n_datasets=2)


def single(batch):
    def convert(tensor):
        return tensor.float() if tensor.is_floating_point() else tensor

    return type(batch)(**{name: convert(getattr(batch, name)) for name in batch.__slots__})


@pytest.fixture
def objective(make_batch):
    batches = [single(make_batch(LAYOUT, frames=3, columns=5 + seed, seed=seed)) for seed in range(3)]
    return Objective(layout=LAYOUT, batches=batches, bias_weight=2.0, prior=0.1)


def test_the_gradient_is_that_of_the_value(objective):
    vector = start_vector(LAYOUT, seed=2) + 0.1
    _, half_gradient = objective.normal_equations(vector)
    direction = torch.randn(LAYOUT.n_all, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    step = 1e-2
    change = objective.value(vector + step * direction) - objective.value(vector - step * direction)
    assert float(2.0 * half_gradient @ direction) == pytest.approx(change / (2.0 * step), rel=2e-2)


def test_blocks_of_rows_add_up(objective, monkeypatch):
    vector = start_vector(LAYOUT, seed=2) + 0.1
    whole, gradient = objective.normal_equations(vector)
    monkeypatch.setattr("llpt.mlp.fitting.levenberg_marquardt._BLOCK_ROWS", 4)
    monkeypatch.setattr("llpt.mlp.fitting.levenberg_marquardt._PART_ROWS", 7)
    parts, again = objective.normal_equations(vector)
    torch.testing.assert_close(parts, whole, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(again, gradient, rtol=1e-5, atol=1e-5)


def test_a_thinned_objective_is_the_whole_one_where_frames_repeat(objective):
    doubled = [
        type(batch)(
            **{
                name: getattr(batch, name)
                if name == "column_weights"
                else getattr(batch, name).repeat_interleave(2, dim=0) * (0.5 if name == "bias_weights" else 1)
                for name in batch.__slots__
            }
        )
        for batch in objective.batches
    ]
    whole = Objective(layout=LAYOUT, batches=doubled, bias_weight=2.0, prior=0.1)
    vector = start_vector(LAYOUT, seed=2) + 0.1
    assert whole.value(vector) == pytest.approx(objective.value(vector), rel=1e-5)
    assert whole.thinned(2).value(vector) == pytest.approx(whole.value(vector), rel=1e-5)


def test_a_fit_opens_on_a_part_and_ends_on_the_whole(objective, monkeypatch):
    seen = []
    original = Objective.normal_equations

    def spy(self, vector):
        seen.append(self.n_frames)
        return original(self, vector)

    monkeypatch.setattr(Objective, "normal_equations", spy)
    limits = FitLimits(iterations=5, patience=5, deadline=None, opening=3)
    state = fit(objective, [], FitState(start_vector(LAYOUT, seed=0)), limits=limits)
    assert seen == [3, 3, 3, 9, 9]
    assert state.history[-1].training_loss < state.history[3].training_loss
    assert state.history[-1].training_loss == pytest.approx(objective.value(state.vector))


def test_damping_is_blind_to_the_unit_of_a_weight():
    """A step damped relative to the diagonal is the same step in whatever units the weights are."""
    random = torch.Generator().manual_seed(4)
    rows = torch.randn(30, 5, generator=random, dtype=torch.float64)
    target = torch.randn(30, generator=random, dtype=torch.float64)
    units = torch.tensor([1.0, 1.4, 0.2, 0.7, 3.0], dtype=torch.float64)

    class Linear:
        def __init__(self, rows):
            self.rows = rows

        def value(self, vector):
            return float((self.rows @ vector - target).pow(2).sum())

    steps = []
    for scaled in (rows, rows * units):
        state = FitState(torch.zeros(5, dtype=torch.float64))
        _descend(Linear(scaled), state, scaled.T @ scaled, -scaled.T @ target, float(target.pow(2).sum()))
        steps.append(state.vector)
    torch.testing.assert_close(steps[1] * units, steps[0])
    assert state.damping < FitState(state.vector).damping


def test_forces_first_weighs_energies_and_the_bias_less(objective):
    vector = start_vector(LAYOUT, seed=2) + 0.1
    loose = objective.forces_first()
    assert loose.bias_weight == 0.0
    assert loose.value(vector) < objective.value(vector)
    for batch, original in zip(loose.batches, objective.batches, strict=True):
        torch.testing.assert_close(4.0 * batch.energy_weights, original.energy_weights)
        assert batch.targets is original.targets
        assert batch.column_weights is original.column_weights


def test_a_fit_goes_through_its_stages_in_order(objective, monkeypatch):
    seen = []
    original = Objective.normal_equations

    def spy(self, vector):
        seen.append((self.n_frames, self.bias_weight))
        return original(self, vector)

    monkeypatch.setattr(Objective, "normal_equations", spy)
    limits = FitLimits(iterations=6, patience=6, deadline=None, opening=2, forces_first=4)
    state = fit(objective, [], FitState(start_vector(LAYOUT, seed=0)), limits=limits)
    assert seen == [(3, 0.0), (3, 0.0), (9, 0.0), (9, 0.0), (9, 2.0), (9, 2.0)]
    assert state.history[-1].training_loss == pytest.approx(objective.value(state.vector))


def test_a_fit_that_was_cut_in_forces_first_goes_on_alike(objective):
    limits = FitLimits(iterations=6, patience=6, deadline=None, opening=1, forces_first=3)
    whole = fit(objective, [], FitState(start_vector(LAYOUT, seed=0)), limits=limits)
    cut = FitState(start_vector(LAYOUT, seed=0))
    fit(objective, [], cut, limits=FitLimits(iterations=2, patience=6, deadline=None, opening=1, forces_first=3))
    fit(objective, [], cut, limits=limits)
    torch.testing.assert_close(cut.vector, whole.vector)
