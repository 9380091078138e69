"""Residuals of a network on energies, forces and stress, and their derivatives in the weights.

With features G (per atom and function) and their derivatives V in a coordinate c, the energy is Σ_i e(G_i) and its
derivative in c is Σ_i ė_i, the derivative of e along V_i. The gradient of ė in the weights is that of a network whose
values are (h, ḣ) pairs: a forward pass of tangents and one backward pass, all of it matrix products.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, eq=False)
class FeatureBatch:
    """Frames of one shape, ready for the fit; single precision.

    Args:
        features: scaled symmetry functions, shape (b, n_atoms, n_functions).
        slopes: their derivatives, shape (b, n_atoms, n_columns, n_functions).
        energies: target energy per atom less the constant of the data set, Ha, shape (b,).
        targets: target dE/dcoordinate, Ha/bohr or Ha, shape (b, n_columns); minus the force for positions.
        column_weights: what the residual of each column is multiplied by, shape (n_columns,).
        energy_weights: what the residual of the energy per atom is multiplied by, shape (b,).
        datasets: index of the data set of each frame, shape (b,).
        bias_weights: contribution of the energy error per atom to the phase-differential bias of its set, shape (b,).
    """

    features: torch.Tensor
    slopes: torch.Tensor
    energies: torch.Tensor
    targets: torch.Tensor
    column_weights: torch.Tensor
    energy_weights: torch.Tensor
    datasets: torch.Tensor
    bias_weights: torch.Tensor

    def __len__(self) -> int:
        """Number of frames."""
        return int(self.features.shape[0])


@dataclass(frozen=True, slots=True)
class WeightLayout:
    """Where the weights of each layer lie in one vector; the constants of the data sets come last.

    Args:
        sizes: nodes of each layer, the inputs first, one output last.
        n_datasets: number of constants.
    """

    sizes: tuple[int, ...]
    n_datasets: int

    @property
    def n_network(self) -> int:
        """Number of weights and biases."""
        return sum((below + 1) * here for below, here in zip(self.sizes[:-1], self.sizes[1:], strict=True))

    @property
    def n_all(self) -> int:
        """Number of weights, biases and constants."""
        return self.n_network + self.n_datasets

    def layers(self, vector: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Return (weights, biases) of each layer as views of the vector."""
        result = []
        offset = 0
        for below, here in zip(self.sizes[:-1], self.sizes[1:], strict=True):
            weights = vector[offset : offset + below * here].reshape(below, here)
            biases = vector[offset + below * here : offset + (below + 1) * here]
            result.append((weights, biases))
            offset += (below + 1) * here
        return result

    def constants(self, vector: torch.Tensor) -> torch.Tensor:
        """Return the constants of the data sets, Ha per atom."""
        return vector[self.n_network :]


@dataclass(frozen=True, slots=True, eq=False)
class BatchPrediction:
    """Prediction of a batch: energy per atom with the data set's constant, shape (b,); derivatives, (b, n_columns)."""

    energies: torch.Tensor
    slopes: torch.Tensor


def predict(layout: WeightLayout, vector: torch.Tensor, batch: FeatureBatch) -> BatchPrediction:
    """Return energies per atom and derivatives of a batch.

    Args:
        layout: where each weight stands in the vector.
        vector: weights, biases and constants, shape (n_all,).
        batch: frames with their features.
    """
    layers = layout.layers(vector)
    hidden = batch.features
    values = []
    for weights, biases in layers[:-1]:
        hidden = torch.tanh(hidden @ weights + biases)
        values.append(hidden)
    output_weights, output_bias = layers[-1]
    energies = (hidden @ output_weights).squeeze(-1).mean(dim=1) + output_bias
    slope = output_weights.T.expand(hidden.shape)
    for (weights, _), value in zip(reversed(layers[:-1]), reversed(values), strict=True):
        slope = (slope * (1.0 - value * value)) @ weights.T
    energies = energies + layout.constants(vector)[batch.datasets]
    return BatchPrediction(energies=energies, slopes=torch.einsum("bns,bncs->bc", slope, batch.slopes))


def weighted_residuals(prediction: BatchPrediction, batch: FeatureBatch) -> torch.Tensor:
    """Return weighted residuals: the energy first, then the columns, shape (b, 1 + n_columns)."""
    energy = (prediction.energies - batch.energies) * batch.energy_weights
    slopes = (prediction.slopes - batch.targets) * batch.column_weights
    return torch.cat([energy[:, None], slopes], dim=1)


@dataclass(frozen=True, slots=True, eq=False)
class Linearisation:
    """A batch of residuals linearised in the weights.

    Args:
        residuals: weighted, shape (rows,).
        jacobian: derivative of the weighted residuals, shape (rows, n_all).
        energy_errors: energy errors per atom, not weighted, shape (b,).
        energy_jacobian: their derivative, shape (b, n_all).
    """

    residuals: torch.Tensor
    jacobian: torch.Tensor
    energy_errors: torch.Tensor
    energy_jacobian: torch.Tensor


def linearise(layout: WeightLayout, vector: torch.Tensor, batch: FeatureBatch) -> Linearisation:
    """Return residuals of a batch and their exact derivatives in the weights, biases and constants.

    Args:
        layout: where each weight stands in the vector.
        vector: weights, biases and constants, shape (n_all,).
        batch: frames with their features and labels.
    """
    layers = layout.layers(vector)
    b, n, columns, _ = batch.slopes.shape
    values, curls, tangents, raw_tangents = _forward(layers, batch)
    hidden, tangent = values[-1], tangents[-1]
    output_weights, output_bias = layers[-1]
    energies = (hidden @ output_weights).squeeze(-1).mean(dim=1) + output_bias
    energies = energies + layout.constants(vector)[batch.datasets]
    slopes = (tangent @ output_weights).squeeze(-1).sum(dim=1)
    jacobian = torch.zeros(b, 1 + columns, layout.n_all, dtype=vector.dtype)
    offset = layout.n_network - output_weights.numel() - 1
    jacobian[:, 0, offset : offset + output_weights.numel()] = hidden.mean(dim=1)
    jacobian[:, 1:, offset : offset + output_weights.numel()] = tangent.sum(dim=1)
    jacobian[:, 0, layout.n_network - 1] = 1.0
    jacobian[torch.arange(b), 0, layout.n_network + batch.datasets] = 1.0
    adjoint = output_weights.T.expand(b, n, -1)
    upper: torch.Tensor | None = None
    for index in range(len(layers) - 2, -1, -1):
        weights, _ = layers[index]
        n_below, n_here = weights.shape
        offset -= (n_below + 1) * n_here
        slope_adjoint = curls[index] * adjoint
        value_adjoint = (-2.0 * values[index] * slope_adjoint)[:, :, None, :] * raw_tangents[index]
        if upper is not None:
            value_adjoint = value_adjoint + curls[index][:, :, None, :] * upper
        below = batch.features if index == 0 else values[index - 1]
        below_tangent = batch.slopes if index == 0 else tangents[index - 1]
        end = offset + n_below * n_here
        jacobian[:, 0, offset:end] = (below.transpose(1, 2) @ slope_adjoint / n).reshape(b, -1)
        along = below_tangent.reshape(b, n, columns * n_below).transpose(1, 2) @ slope_adjoint
        across = below.transpose(1, 2) @ value_adjoint.reshape(b, n, columns * n_here)
        part = along.reshape(b, columns, n_below, n_here)
        part = part + across.reshape(b, n_below, columns, n_here).transpose(1, 2)
        jacobian[:, 1:, offset:end] = part.reshape(b, columns, -1)
        jacobian[:, 0, end : end + n_here] = slope_adjoint.mean(dim=1)
        jacobian[:, 1:, end : end + n_here] = value_adjoint.sum(dim=1)
        if index > 0:
            adjoint = slope_adjoint @ weights.T
            upper = value_adjoint @ weights.T
    prediction = BatchPrediction(energies=energies, slopes=slopes)
    energy_jacobian = jacobian[:, 0].clone()
    jacobian[:, 0] *= batch.energy_weights[:, None]
    jacobian[:, 1:] *= batch.column_weights[:, None]
    return Linearisation(
        residuals=weighted_residuals(prediction, batch).reshape(-1),
        jacobian=jacobian.reshape(-1, layout.n_all),
        energy_errors=energies - batch.energies,
        energy_jacobian=energy_jacobian,
    )


def _forward(
    layers: Sequence[tuple[torch.Tensor, torch.Tensor]], batch: FeatureBatch
) -> tuple[list[torch.Tensor], list[torch.Tensor], list[torch.Tensor], list[torch.Tensor]]:
    """Return per hidden layer: values, slopes of the activation, tangents, and tangents before the activation."""
    hidden, tangent = batch.features, batch.slopes
    values: list[torch.Tensor] = []
    curls: list[torch.Tensor] = []
    tangents: list[torch.Tensor] = []
    raw_tangents: list[torch.Tensor] = []
    for weights, biases in layers[:-1]:
        hidden = torch.tanh(hidden @ weights + biases)
        curl = 1.0 - hidden * hidden
        raw = tangent @ weights
        tangent = raw * curl[:, :, None, :]
        values.append(hidden)
        curls.append(curl)
        tangents.append(tangent)
        raw_tangents.append(raw)
    return values, curls, tangents, raw_tangents
