"""Between the vector of a fit, which sees combined inputs, and a network on scaled symmetry functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.mlp.fitting import start_vector
from llpt.mlp.network import Activation, Layer, Network

if TYPE_CHECKING:
    import torch

    from llpt.mlp.mixing import NetworkInputs
    from llpt.mlp.residuals import WeightLayout


def start_weights(layout: WeightLayout, inputs: NetworkInputs, *, seed: int) -> torch.Tensor:
    """Return the vector a fit starts from: weights random on the scaled symmetry functions."""
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
