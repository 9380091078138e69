"""The network of one atom as a kernel: its output, and its derivative in the inputs."""
# ruff: noqa: C901, PLR0911 - numba kernels are called positionally and branch flat

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from llpt.compiling import compiled
from llpt.mlp.potential.network import Activation

if TYPE_CHECKING:
    from llpt.mlp.arrays import Floats, Integers
    from llpt.mlp.potential.network import Network

_EXPONENT_LIMIT = 35.0

_CODES = {activation: code for code, activation in enumerate(Activation)}
(
    _LINEAR,
    _TANH,
    _LOGISTIC,
    _SOFTPLUS,
    _RELU,
    _GAUSSIAN,
    _COSINE,
    _REVERSE_LOGISTIC,
    _EXPONENTIAL,
    _HARMONIC,
) = range(10)


class PackedNetwork(NamedTuple):
    """A network as flat arrays for the kernels.

    Attributes:
        sizes: nodes of each layer, the input's first.
        activations: code of each layer's activation.
        weights: per layer the weights (row per input) and then the biases, one after the other.
    """

    sizes: Integers
    activations: Integers
    weights: Floats


def pack_network(network: Network) -> PackedNetwork:
    """Lay a network out for the kernels, with ``normalise_nodes`` folded into the weights."""
    sizes = [network.n_inputs, *(layer.biases.size for layer in network.layers)]
    parts: list[Floats] = []
    for layer in network.layers:
        divisor = float(layer.weights.shape[0]) if network.normalise_nodes else 1.0
        parts += [layer.weights.ravel() / divisor, layer.biases / divisor]
    return PackedNetwork(
        sizes=np.array(sizes, dtype=np.int64),
        activations=np.array([_CODES[layer.activation] for layer in network.layers], dtype=np.int64),
        weights=np.concatenate(parts),
    )


@compiled
def _activate(code: int, x: float) -> tuple[float, float]:
    """Return the activation and its derivative."""
    if code == _LINEAR:
        return x, 1.0
    if code == _TANH:
        t = math.tanh(x)
        return t, 1.0 - t * t
    if code in (_LOGISTIC, _REVERSE_LOGISTIC):
        bounded = min(max(x, -_EXPONENT_LIMIT), _EXPONENT_LIMIT)
        s = 1.0 / (1.0 + math.exp(-bounded))
        if code == _LOGISTIC:
            return s, s * (1.0 - s)
        return 1.0 - s, s * (s - 1.0)
    if code == _SOFTPLUS:
        if x > _EXPONENT_LIMIT:
            return x, 1.0
        e = math.exp(x)
        return math.log1p(e), e / (1.0 + e)
    if code == _RELU:
        return (x, 1.0) if x > 0.0 else (0.0, 0.0)
    if code == _GAUSSIAN:
        e = math.exp(-0.5 * x * x)
        return e, -x * e
    if code == _COSINE:
        return math.cos(x), -math.sin(x)
    if code == _EXPONENTIAL:
        e = math.exp(-x)
        return e, -e
    return x * x, 2.0 * x


@compiled
def network_energy(
    network: PackedNetwork, inputs: Floats, nodes: Floats, node_slopes: Floats, input_slopes: Floats
) -> float:
    """Return the network's output, and fill its derivative in the inputs.

    Args:
        network: packed weights.
        inputs: scaled symmetry functions, shape (n_inputs,).
        nodes: scratch, shape (total number of nodes,).
        node_slopes: scratch of the same shape.
        input_slopes: filled with dE/dinput, shape (n_inputs,).
    """
    n_layers = network.activations.shape[0]
    n_inputs = network.sizes[0]
    for j in range(n_inputs):
        nodes[j] = inputs[j]
    below = 0
    offset = 0
    for layer in range(n_layers):
        n_below = network.sizes[layer]
        n_here = network.sizes[layer + 1]
        here = below + n_below
        biases = offset + n_below * n_here
        for k in range(n_here):
            nodes[here + k] = network.weights[biases + k]
        for j in range(n_below):
            value = nodes[below + j]
            row = offset + j * n_here
            for k in range(n_here):
                nodes[here + k] += value * network.weights[row + k]
        for k in range(n_here):
            nodes[here + k], node_slopes[here + k] = _activate(network.activations[layer], nodes[here + k])
        below = here
        offset = biases + n_here
    energy = nodes[below]
    for layer in range(n_layers - 1, -1, -1):
        n_below = network.sizes[layer]
        n_here = network.sizes[layer + 1]
        here = below
        below = here - n_below
        offset -= (n_below + 1) * n_here
        for j in range(n_below):
            total = 0.0
            row = offset + j * n_here
            for k in range(n_here):
                total += network.weights[row + k] * node_slopes[here + k]
            if layer > 0:
                node_slopes[below + j] *= total
            else:
                input_slopes[j] = total
    return float(energy)
