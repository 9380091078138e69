"""The network that leaves a fit is the function that was fitted."""

import numpy as np
import torch

from llpt.mlp.features.mixing import NetworkInputs
from llpt.mlp.fitting.assembly import assemble_network, start_weights, take_apart
from llpt.mlp.fitting.levenberg_marquardt import start_vector
from llpt.mlp.fitting.residuals import WeightLayout


def test_network_and_vector_give_the_same_energies():
    random = np.random.default_rng(6)
    raw = 2.0 + random.normal(size=(500, 4)) @ random.normal(size=(4, 4))
    inputs = NetworkInputs.from_values(raw)
    scaled = (raw - inputs.scaling.offset) * inputs.scaling.factor
    layout = WeightLayout(sizes=(4, 6, 5, 1), n_datasets=1)
    vector = start_weights(layout, inputs, seed=8) + 0.01
    network = assemble_network(layout, vector, inputs, constant=-0.5)
    hidden = torch.from_numpy(inputs.of_values(raw))
    layers = layout.layers(vector)
    for weights, biases in layers[:-1]:
        hidden = torch.tanh(hidden @ weights + biases)
    expected = (hidden @ layers[-1][0] + layers[-1][1])[:, 0].numpy() - 0.5
    value = scaled
    for layer in network.layers[:-1]:
        value = np.tanh(value @ layer.weights + layer.biases)
    last = network.layers[-1]
    np.testing.assert_allclose((value @ last.weights + last.biases)[:, 0], expected, atol=1e-12)
    again = take_apart(layout, network, inputs, constant=-0.5)
    torch.testing.assert_close(again[: layout.n_network], vector[: layout.n_network])
    assert not layout.constants(again).any()


def test_a_fit_starts_random_on_scaled_functions():
    inputs = NetworkInputs(scaling=None, mixing=np.array([[2.0, 1.0], [0.0, 0.5]]))
    layout = WeightLayout(sizes=(2, 3, 1), n_datasets=1)
    vector = start_weights(layout, inputs, seed=5)
    plain = start_vector(layout, seed=5)
    weights, _ = layout.layers(vector)[0]
    np.testing.assert_allclose(inputs.mixing @ weights.numpy(), layout.layers(plain)[0][0].numpy())
    assert torch.equal(vector[6:], plain[6:])
