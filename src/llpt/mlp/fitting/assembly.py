"""Between the vector of a fit, which sees combined inputs, and a network on scaled symmetry functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.mlp.fitting.levenberg_marquardt import start_vector
from llpt.mlp.potential.network import Activation, Layer, Network

if TYPE_CHECKING:
    import torch

    from llpt.mlp.features.mixing import NetworkInputs
    from llpt.mlp.fitting.residuals import WeightLayout


def start_weights(layout: WeightLayout, inputs: NetworkInputs, *, seed: int) -> torch.Tensor:
    """Return the vector a fit starts from: weights random on the scaled symmetry functions.

    Args:
        layout: where each weight stands in the vector.
        inputs: how the functions are mixed and scaled.
        seed: of the random numbers.
    """
    vector = start_vector(layout, seed=seed)
    first, _ = layout.layers(vector)[0]
    first.numpy()[:] = inputs.start(first.numpy())
    return vector


def assemble_network(layout: WeightLayout, vector: torch.Tensor, inputs: NetworkInputs, *, constant: float) -> Network:
    """Return the network on scaled symmetry functions.

    Args:
        layout: where the weights lie in the vector.
        vector: of a fit.
        inputs: what the fit saw.
        constant: added to the energy of each atom, Ha.
    """
    pairs = [(weights.numpy().copy(), biases.numpy().copy()) for weights, biases in layout.layers(vector)]
    pairs[0] = (inputs.first_layer(pairs[0][0]), pairs[0][1])
    hidden = [Layer(weights=weights, biases=biases, activation=Activation.TANH) for weights, biases in pairs[:-1]]
    weights, biases = pairs[-1]
    return Network(layers=(*hidden, Layer(weights=weights, biases=biases + constant, activation=Activation.LINEAR)))


def take_apart(layout: WeightLayout, network: Network, inputs: NetworkInputs, *, constant: float) -> torch.Tensor:
    """Return the vector from which a fit goes on with a network: the inverse of ``assemble_network``.

    Args:
        layout: where the weights shall lie in the vector; of the network's sizes.
        network: on scaled symmetry functions.
        inputs: what the fit will see.
        constant: taken off the energy of each atom, Ha.
    """
    vector = start_vector(layout, seed=0)
    layout.constants(vector).zero_()
    for (weights, biases), layer in zip(layout.layers(vector), network.layers, strict=True):
        weights.numpy()[:] = layer.weights
        biases.numpy()[:] = layer.biases
    first, _ = layout.layers(vector)[0]
    first.numpy()[:] = inputs.start(first.numpy())
    _, last = layout.layers(vector)[-1]
    last.sub_(constant)
    return vector
