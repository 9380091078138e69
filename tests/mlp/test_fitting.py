"""The objective: its normal equations against its own value, and what a part of the frames says of the whole."""

import pytest
import torch

from llpt.mlp.fitting import FitLimits, FitState, Objective, fit, start_vector
from llpt.mlp.residuals import WeightLayout

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
    monkeypatch.setattr("llpt.mlp.fitting._BLOCK_ROWS", 4)
    monkeypatch.setattr("llpt.mlp.fitting._PART_ROWS", 7)
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
