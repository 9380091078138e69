"""The fit: Levenberg–Marquardt on all residuals at once.

Networks here have one or two thousand weights and some ten thousand residuals, so the Gauss–Newton matrix is small and
exact. Measured on 343 liquids of 128 atoms (48 functions, 20-20 nodes, one core): after 45 s of processor time it
reached 0.29/0.22 eV/Å on two held-out sets, an extended Kalman filter 0.31/0.22, Adam after 60 s 0.45/0.66. Unlike the
filter it has no learning schedule to tune and does not depend on the order of frames.

Damping is relative to the diagonal of the matrix (Marquardt, J. Soc. Indust. Appl. Math. 11, 431, 1963): weights of
different layers differ by orders of magnitude in what they move, and one damping for all held back most of them.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch

from llpt.errors import EngineError
from llpt.mlp.fitting.residuals import FeatureBatch, WeightLayout, linearise, predict, weighted_residuals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.mlp.arrays import Singles

_DAMPING_START = 1e-2
_DAMPING_LEAST = 1e-8
_DAMPING_MOST = 1e12
# A weight that hardly moves anything is damped as if it had this share of the mean diagonal.
_DIAGONAL_LEAST = 1e-3
_EASE = 0.2
_TIGHTEN = 4.0
# Frames are linearised in parts that stay in the processor's cache, and multiplied in blocks long enough for its peak.
_PART_ROWS = 384
_BLOCK_ROWS = 4096
_OPENING_STRIDE = 4
_LOOSE_ENERGIES = 0.25
_SETTLED = 2e-4
_SETTLED_STEPS = 4


@dataclass(frozen=True, slots=True)
class FitStep:
    """One step of a fit.

    Args:
        iteration: its number, from 1.
        training_loss: mean over frames of the squared weighted residuals (each kind of label averaged over its own
            components), with the other terms of the objective.
        validation_loss: the same on the validation frames, without the other terms; NaN where there are none.
        damping: Levenberg–Marquardt parameter after the step, relative to the diagonal of the matrix.
        seconds: wall time since the fit began.
    """

    iteration: int
    training_loss: float
    validation_loss: float
    damping: float
    seconds: float


class OnStep(Protocol):
    """Called after every step of a fit."""

    def __call__(self, step: FitStep, state: FitState) -> None:
        """Tell of a step and of the state from which the fit can go on."""


@dataclass(slots=True, eq=False)
class FitState:
    """Where a fit stands: all that is needed to go on with it.

    Args:
        vector: weights, biases and constants, double precision.
        damping: Levenberg–Marquardt parameter.
        best_vector: those with the best validation loss so far.
        best_loss: that loss.
        best_iteration: when it was found.
        history: steps so far.
        reason: why the fit ended, empty while it runs.
    """

    vector: torch.Tensor
    damping: float = _DAMPING_START
    best_vector: torch.Tensor | None = None
    best_loss: float = math.inf
    best_iteration: int = 0
    history: list[FitStep] = field(default_factory=list)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FitLimits:
    """When a fit ends.

    Args:
        iterations: steps at most.
        patience: steps without a better validation loss.
        deadline: time of ``time.monotonic`` after which no step is begun, or None.
        opening: the first steps, which see a part of the frames only; steps of another objective, they do not count
            for the patience.
        forces_first: the first steps, in which energies weigh little; they do not count for the patience either.
    """

    iterations: int
    patience: int
    deadline: float | None
    opening: int = 0
    forces_first: int = 0

    @property
    def prelude(self) -> int:
        """Number of first steps that have another objective."""
        return max(self.opening, self.forces_first)


def start_vector(layout: WeightLayout, *, seed: int) -> torch.Tensor:
    """Return random weights for standardised inputs: normal with variance 1/inputs, the output a hundredth of it."""
    generator = torch.Generator().manual_seed(seed)
    vector = torch.zeros(layout.n_all, dtype=torch.float64)
    layers = layout.layers(vector)
    for number, (weights, _) in enumerate(layers, start=1):
        scale = 0.01 if number == len(layers) else 1.0
        weights.copy_(torch.randn(weights.shape, generator=generator, dtype=torch.float64))
        weights.mul_(scale / math.sqrt(weights.shape[0]))
    return vector


@dataclass(frozen=True, slots=True, eq=False)
class Objective:
    """What is minimised: the mean squared residual of the frames, each set's phase-differential bias, and a prior.

    Args:
        layout: where the weights lie.
        batches: training frames.
        bias_weight: inverse scale of the phase-differential bias, atom/Ha; 0 leaves it free.
        prior: coefficient of the squared weights.
    """

    layout: WeightLayout
    batches: Sequence[FeatureBatch]
    bias_weight: float
    prior: float

    def thinned(self, stride: int) -> Objective:
        """Return the objective of one in so many frames of each batch."""
        batches = [_frames(batch, slice(None, None, stride)) for batch in self.batches]
        share = self.n_frames / sum(len(batch) for batch in batches)
        batches = [replace(batch, bias_weights=share * batch.bias_weights) for batch in batches]
        return replace(self, batches=batches)

    def forces_first(self) -> Objective:
        """Return the objective with energies that weigh little and a free phase-differential bias."""
        batches = [replace(batch, energy_weights=_LOOSE_ENERGIES * batch.energy_weights) for batch in self.batches]
        return replace(self, batches=batches, bias_weight=0.0)

    @property
    def n_frames(self) -> int:
        """Number of training frames."""
        return sum(len(batch) for batch in self.batches)

    def value(self, vector: torch.Tensor) -> float:
        """Return the objective."""
        single = vector.float()
        total = 0.0
        bias = torch.zeros(self.layout.n_datasets, dtype=torch.float64)
        for batch in self.batches:
            for part in _parts(batch):
                prediction = predict(self.layout, single, part)
                total += float(weighted_residuals(prediction, part).double().pow(2).sum())
                errors = part.bias_weights * (prediction.energies - part.energies)
                bias.index_add_(0, part.datasets, errors.double())
        weights = vector[: self.layout.n_network]
        return (
            total / self.n_frames
            + self.bias_weight**2 * float(bias.pow(2).sum())
            + self.prior * float(weights.pow(2).sum())
        )

    def normal_equations(self, vector: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the Gauss–Newton matrix and half the gradient, double precision."""
        n = self.layout.n_all
        matrix = torch.zeros(n, n, dtype=torch.float64)
        gradient = torch.zeros(n, dtype=torch.float64)
        bias_rows = torch.zeros(self.layout.n_datasets, n, dtype=torch.float64)
        bias = torch.zeros(self.layout.n_datasets, dtype=torch.float64)
        single = vector.float()
        block = np.empty((_BLOCK_ROWS, n), dtype=np.float32)
        filled = 0
        for batch in self.batches:
            for part in _parts(batch):
                line = linearise(self.layout, single, part)
                rows = len(line.jacobian)
                if filled + rows > len(block):
                    _add_gram(matrix, block[:filled])
                    filled = 0
                if rows > len(block):
                    block = np.empty((rows, n), dtype=np.float32)
                block[filled : filled + rows] = line.jacobian.numpy()
                filled += rows
                gradient += line.jacobian.T @ line.residuals
                bias_rows.index_add_(0, part.datasets, (part.bias_weights[:, None] * line.energy_jacobian).double())
                bias.index_add_(0, part.datasets, (part.bias_weights * line.energy_errors).double())
        _add_gram(matrix, block[:filled])
        matrix /= self.n_frames
        gradient /= self.n_frames
        matrix += self.bias_weight**2 * (bias_rows.T @ bias_rows)
        gradient += self.bias_weight**2 * (bias @ bias_rows)
        free = self.layout.n_network
        matrix.diagonal()[:free] += self.prior
        gradient[:free] += self.prior * vector[:free]
        return matrix, gradient


def _add_gram(matrix: torch.Tensor, block: Singles) -> None:
    """Add the products of a block's columns: single precision within the block, double between blocks.

    ``numpy`` sees that both factors are one array and does half the work, which ``torch`` does not.
    """
    matrix += torch.from_numpy(block.T @ block)


def _parts(batch: FeatureBatch) -> list[FeatureBatch]:
    frames = max(1, _PART_ROWS // (1 + batch.targets.shape[1]))
    return [_frames(batch, slice(start, start + frames)) for start in range(0, len(batch), frames)]


def _frames(batch: FeatureBatch, chosen: slice) -> FeatureBatch:
    return FeatureBatch(
        features=batch.features[chosen],
        slopes=batch.slopes[chosen],
        energies=batch.energies[chosen],
        targets=batch.targets[chosen],
        column_weights=batch.column_weights,
        energy_weights=batch.energy_weights[chosen],
        datasets=batch.datasets[chosen],
        bias_weights=batch.bias_weights[chosen],
    )


def mean_loss(layout: WeightLayout, vector: torch.Tensor, batches: Sequence[FeatureBatch]) -> float:
    """Return the mean over frames of the squared weighted residuals; NaN without frames.

    Args:
        layout: where each weight stands in the vector.
        vector: weights, biases and constants, shape (n_all,).
        batches: frames with their features.
    """
    total, frames = 0.0, 0
    single = vector.float()
    for batch in batches:
        for part in _parts(batch):
            total += float(weighted_residuals(predict(layout, single, part), part).double().pow(2).sum())
        frames += len(batch)
    return total / frames if frames else math.nan


def fit(
    objective: Objective,
    validation: Sequence[FeatureBatch],
    state: FitState,
    *,
    limits: FitLimits,
    on_step: OnStep | None = None,
) -> FitState:
    """Minimise the objective from a state; the state is changed in place and returned.

    The state's best vector is that with the smallest validation loss (the last one where there is no validation).

    Args:
        objective: what is minimised, on the training frames.
        validation: frames that choose the best step; none where there are none.
        state: where the fit stands.
        limits: when it ends.
        on_step: called after each step; None for nobody.

    Raises:
        EngineError: the objective is not a finite number.
    """
    began = time.monotonic()
    before = state.history[-1].seconds if state.history else 0.0
    layout = objective.layout
    current = _objective_of_step(objective, len(state.history), limits)
    loss = current.value(state.vector)
    while True:
        if len(state.history) in {limits.opening, limits.forces_first}:
            current = _objective_of_step(objective, len(state.history), limits)
            loss = current.value(state.vector)
        state.reason = _reason_to_stop(state, limits)
        if state.reason:
            return state
        if not math.isfinite(loss):
            raise EngineError("The fit's objective is not a finite number.", "Check the labels and the force limit.")
        matrix, gradient = current.normal_equations(state.vector)
        loss = _descend(current, state, matrix, gradient, loss)
        validation_loss = mean_loss(layout, state.vector, validation)
        iteration = len(state.history) + 1
        score = loss if math.isnan(validation_loss) else validation_loss
        if score < state.best_loss:
            state.best_loss, state.best_iteration = score, iteration
            state.best_vector = state.vector.clone()
        step = FitStep(
            iteration=iteration,
            training_loss=loss,
            validation_loss=validation_loss,
            damping=state.damping,
            seconds=before + time.monotonic() - began,
        )
        state.history.append(step)
        if on_step is not None:
            on_step(step, state)


def _objective_of_step(objective: Objective, done: int, limits: FitLimits) -> Objective:
    """Return what the step after so many minimises."""
    if done < limits.forces_first:
        objective = objective.forces_first()
    return objective.thinned(_OPENING_STRIDE) if done < limits.opening else objective


def _reason_to_stop(state: FitState, limits: FitLimits) -> str:
    done = len(state.history)
    if done >= limits.iterations:
        return "all iterations done"
    opened = done - limits.prelude
    if opened >= limits.patience and done - state.best_iteration >= limits.patience:
        return "the validation error stopped falling"
    if limits.deadline is not None and time.monotonic() >= limits.deadline:
        return "out of time"
    if state.damping >= _DAMPING_MOST:
        return "no step lowers the objective"
    if opened > _SETTLED_STEPS:
        earlier, now = state.history[-1 - _SETTLED_STEPS].training_loss, state.history[-1].training_loss
        if earlier - now < _SETTLED * earlier:
            return "the objective has settled"
    return ""


def _descend(objective: Objective, state: FitState, matrix: torch.Tensor, gradient: torch.Tensor, loss: float) -> float:
    """Raise the damping until a step lowers the objective; take it and return the new value."""
    diagonal = matrix.diagonal()
    scale = diagonal.clamp(min=_DIAGONAL_LEAST * float(diagonal.mean()))
    while state.damping < _DAMPING_MOST:
        damped = matrix.clone()
        damped.diagonal().add_(state.damping * scale)
        factor, failed = torch.linalg.cholesky_ex(damped)
        if not int(failed):
            step = torch.cholesky_solve(gradient[:, None], factor)[:, 0]
            trial = objective.value(state.vector - step)
            if trial < loss:
                state.vector = state.vector - step
                state.damping = max(_EASE * state.damping, _DAMPING_LEAST)
                return trial
        state.damping *= _TIGHTEN
    return loss
