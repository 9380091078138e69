"""Residuals and their derivatives in the weights against automatic differentiation."""

import pytest
import torch

from llpt.mlp.fitting.levenberg_marquardt import start_vector
from llpt.mlp.fitting.residuals import FeatureBatch, WeightLayout, linearise, predict, weighted_residuals


@pytest.mark.parametrize("hidden", [(6,), (6, 5), (6, 5, 4)])
def test_jacobian_is_exact(hidden, make_batch):
    layout = WeightLayout(sizes=(7, *hidden, 1), n_datasets=2)
    batch = make_batch(layout)
    vector = start_vector(layout, seed=3) + 0.05
    line = linearise(layout, vector, batch)

    def residuals(v):
        return weighted_residuals(predict(layout, v, batch), batch).reshape(-1)

    torch.testing.assert_close(line.residuals, residuals(vector))
    torch.testing.assert_close(line.jacobian, torch.autograd.functional.jacobian(residuals, vector))

    def energies(v):
        return predict(layout, v, batch).energies

    torch.testing.assert_close(line.energy_errors, energies(vector) - batch.energies)
    torch.testing.assert_close(line.energy_jacobian, torch.autograd.functional.jacobian(energies, vector))


def test_slopes_are_derivatives_of_the_energy(make_batch):
    layout = WeightLayout(sizes=(7, 6, 5, 1), n_datasets=2)
    batch = make_batch(layout)
    vector = start_vector(layout, seed=1)
    step = 1e-5
    for column in range(batch.targets.shape[1]):
        energies = []
        for sign in (1.0, -1.0):
            moved = FeatureBatch(
                features=batch.features + sign * step * batch.slopes[:, :, column],
                slopes=batch.slopes,
                energies=batch.energies,
                targets=batch.targets,
                column_weights=batch.column_weights,
                energy_weights=batch.energy_weights,
                datasets=batch.datasets,
                bias_weights=batch.bias_weights,
            )
            energies.append(predict(layout, vector, moved).energies * batch.features.shape[1])
        slope = (energies[0] - energies[1]) / (2.0 * step)
        torch.testing.assert_close(predict(layout, vector, batch).slopes[:, column], slope, rtol=1e-6, atol=1e-8)
