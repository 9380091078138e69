"""The feed-forward network that turns scaled symmetry functions into the energy of one atom."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from llpt.errors import InputError

if TYPE_CHECKING:
    from llpt.mlp.arrays import Floats


class Activation(StrEnum):
    """Activation functions, by the letter that n2p2 gives them."""

    LINEAR = "l"
    TANH = "t"
    LOGISTIC = "s"
    SOFTPLUS = "p"
    RELU = "r"
    GAUSSIAN = "g"
    COSINE = "c"
    REVERSE_LOGISTIC = "S"
    EXPONENTIAL = "e"
    HARMONIC = "h"


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One layer: activation(inputs @ weights + biases).

    Args:
        weights: shape (n_inputs, n_nodes).
        biases: shape (n_nodes,).
        activation: applied to each node.
    """

    weights: Floats
    biases: Floats
    activation: Activation


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A network with one output, in Hartree.

    Args:
        layers: from the input to the output.
        normalise_nodes: whether each node's input is divided by the number of nodes below it (an option of n2p2).

    Raises:
        InputError: shapes that do not fit, or a weight that is not a finite number.
    """

    layers: tuple[Layer, ...]
    normalise_nodes: bool = False

    def __post_init__(self) -> None:
        nodes = self.layers[0].weights.shape[0]
        for number, layer in enumerate(self.layers, start=1):
            if layer.weights.shape[0] != nodes or layer.biases.shape != (layer.weights.shape[1],):
                raise InputError(f"Layer {number} of the network does not fit the one below it.", "Check the weights.")
            if not (np.isfinite(layer.weights).all() and np.isfinite(layer.biases).all()):
                raise InputError(
                    f"Layer {number} of the network has a weight that is not a finite number.",
                    "The training that wrote it went wrong, or the file is damaged: take another copy.",
                )
            nodes = layer.weights.shape[1]
        if nodes != 1:
            raise InputError(f"The network has {nodes} outputs, not one.", "Check the weights.")

    @property
    def n_inputs(self) -> int:
        """Number of symmetry functions it takes."""
        return int(self.layers[0].weights.shape[0])

    @property
    def n_weights(self) -> int:
        """Number of weights and biases."""
        return sum(layer.weights.size + layer.biases.size for layer in self.layers)
