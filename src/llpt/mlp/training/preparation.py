"""From labelled frames to what the fit needs: chosen symmetry functions, their scaling, batches of features."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from llpt.errors import InputError
from llpt.mlp.features.candidates import hydrogen_candidates
from llpt.mlp.features.maker import FeatureMaker
from llpt.mlp.features.mixing import NetworkInputs
from llpt.mlp.features.moment_candidates import hydrogen_moments
from llpt.mlp.features.selection import choose_columns
from llpt.mlp.features.slopes import N_STRAINS
from llpt.mlp.fitting.residuals import FeatureBatch
from llpt.mlp.potential.files import read_potential
from llpt.mlp.potential.symmetry import CutoffType, FunctionType, in_order
from llpt.mlp.quality.phases import bias_weights
from llpt.mlp.training.settings import StressLabels
from llpt.units import (
    EV_PER_ANGSTROM_TO_HARTREE_PER_BOHR,
    EV_TO_HARTREE,
    HARTREE_PER_BOHR3_TO_GPA,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from llpt.mlp.arrays import Floats, Integers, Singles
    from llpt.mlp.potential.moments import MomentFunctions
    from llpt.mlp.potential.symmetry import SymmetryFunction
    from llpt.mlp.quality.labels import LabelledFrame
    from llpt.mlp.training.settings import TrainingSettings

_SAMPLED_FRAMES = 60
_SAMPLED_ATOMS = 4000
_BATCH_FRAMES = 64
_COST_NARROW = 3.0
_COST_WIDE = 1.5
_SCALE_ATOMS = 64
_GIB = 2.0**30


@dataclass(frozen=True, slots=True)
class InputFunctions:
    """What a network will see of an atom.

    Args:
        symmetry: symmetry functions, in n2p2's order.
        cutoff_type: their cutoff function.
        moments: functions of the moments of bonds, which come after them.
    """

    symmetry: tuple[SymmetryFunction, ...]
    cutoff_type: CutoffType
    moments: MomentFunctions | None

    def __len__(self) -> int:
        """Number of inputs."""
        return len(self.symmetry) + (0 if self.moments is None else len(self.moments))

    def maker(self) -> FeatureMaker:
        """Return what computes them."""
        return FeatureMaker(self.symmetry, cutoff_type=self.cutoff_type, moments=self.moments)


def choose_functions(frames: Sequence[LabelledFrame], settings: TrainingSettings) -> InputFunctions:
    """Return the functions to train with: those of a given potential, or the best of the candidates.

    Frames are sampled evenly over the data sets and phases; a candidate's score is divided by the root of its cost
    (neighbours within the cutoff; pairs of them for angular functions).
    """
    if settings.functions_from is not None:
        known = read_potential(settings.functions_from)
        return InputFunctions(known.functions, known.cutoff_type, known.moments)
    candidates = hydrogen_candidates(largest_cutoff_bohr=settings.largest_cutoff_bohr)
    random = np.random.default_rng(settings.seed)
    places = np.unique(np.linspace(0, len(frames) - 1, _SAMPLED_FRAMES).astype(int))
    maker = FeatureMaker(candidates, cutoff_type=CutoffType.TANH3)
    per_frame = max(1, _SAMPLED_ATOMS // len(places))
    samples = []
    for place in places:
        frame = frames[place]
        values = maker.values(frame.positions, frame.cell)
        samples.append(values[random.permutation(len(values))[:per_frame]])
    chosen = choose_columns(np.concatenate(samples), settings.symmetry_functions, costs=_costs(candidates))
    functions = in_order([candidates[index] for index in chosen])
    return InputFunctions(functions, CutoffType.TANH3, hydrogen_moments(settings.moment_functions))


def _costs(functions: Sequence[SymmetryFunction]) -> Floats:
    longest = max(function.cutoff for function in functions)
    costs = []
    for function in functions:
        relative = (function.cutoff / longest) ** 3
        if function.kind is FunctionType.RADIAL:
            costs.append(1.0 + 0.2 * relative)
        else:
            costs.append(1.0 + (_COST_NARROW if function.kind is FunctionType.NARROW else _COST_WIDE) * relative**2)
    return np.array(costs)


def forces_per_frame(frames: Sequence[LabelledFrame], n_functions: int, settings: TrainingSettings) -> int:
    """Return how many atoms' forces are drawn per frame, so that their derivatives fit the memory limit.

    Args:
        frames: labelled frames.
        n_functions: number of functions of each atom.
        settings: with the number wanted and the memory limit in GiB.

    Raises:
        InputError: not even one per frame fits the memory limit.
    """
    count = settings.forces_per_frame
    while count >= 1:
        size = sum(4 * frame.n_atoms * n_functions * (3 * min(count, frame.n_atoms) + N_STRAINS) for frame in frames)
        if size <= settings.memory_limit_gib * _GIB:
            return count
        count = count * 3 // 4 if count > 1 else 0
    raise InputError(
        f"The derivatives of {len(frames)} frames do not fit {settings.memory_limit_gib} GiB.",
        "Raise memory_limit_gib, or give fewer frames.",
    )


def measure_inputs(frames: Sequence[LabelledFrame], maker: FeatureMaker) -> NetworkInputs:
    """Return how functions become inputs, from their statistics over the training frames."""
    values = np.concatenate([maker.values(frame.positions, frame.cell) for frame in frames])
    return NetworkInputs.from_values(values)


def make_batches(
    frames: Sequence[LabelledFrame],
    maker: FeatureMaker,
    inputs: NetworkInputs,
    *,
    count: int,
    constants: dict[str, float],
    settings: TrainingSettings,
    on_frame: Callable[[], None],
) -> list[FeatureBatch]:
    """Return batches of frames of one shape; scaled features in single precision.

    Args:
        frames: labelled frames.
        maker: computes their features.
        inputs: how they become the network's inputs.
        count: atoms of each frame, drawn at random, in whose positions the energy is differentiated.
        constants: energy per atom taken off the labels of each data set, Ha, in the order of the fit's constants.
        settings: scales of the residuals.
        on_frame: called after each frame.
    """
    scales = np.array([_energy_scale(frame, settings) for frame in frames])
    bias = np.zeros(len(frames))
    if settings.phase_bias_scale_ev_per_atom is not None:
        scale = settings.phase_bias_scale_ev_per_atom * EV_TO_HARTREE
        bias = bias_weights(frames, energy_scales=scales, scale=scale)
    random = np.random.default_rng(settings.seed)
    shapes: dict[tuple[int, bool], list[int]] = {}
    for index, frame in enumerate(frames):
        strained = frame.strain_slope is not None and settings.stress is not StressLabels.NONE
        shapes.setdefault((frame.n_atoms, strained), []).append(index)
    batches = []
    for (n_atoms, strained), members in sorted(shapes.items()):
        strain = _strain_columns(settings.stress) if strained else np.zeros((N_STRAINS, 0))
        for start in range(0, len(members), _BATCH_FRAMES):
            part = [frames[index] for index in members[start : start + _BATCH_FRAMES]]
            moved = [np.sort(random.choice(n_atoms, min(count, n_atoms), replace=False)) for _ in part]
            features, slopes = _features(part, moved, maker, inputs, strain=strain, on_frame=on_frame)
            batches.append(
                FeatureBatch(
                    features=features,
                    slopes=slopes,
                    energies=_tensor([frame.energy / frame.n_atoms - constants[frame.dataset] for frame in part]),
                    targets=_tensor([_targets(frame, atoms, strain) for frame, atoms in zip(part, moved, strict=True)]),
                    column_weights=_tensor(_column_weights(part[0], settings, count=count, n_strains=strain.shape[1])),
                    energy_weights=_tensor(1.0 / scales[members[start : start + _BATCH_FRAMES]]),
                    datasets=torch.tensor([list(constants).index(frame.dataset) for frame in part]),
                    bias_weights=_tensor(bias[members[start : start + _BATCH_FRAMES]]),
                )
            )
    return batches


def _features(
    frames: Sequence[LabelledFrame],
    moved: Sequence[Integers],
    maker: FeatureMaker,
    inputs: NetworkInputs,
    *,
    strain: Floats,
    on_frame: Callable[[], None],
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return inputs and their slopes; each frame's go straight to their place, so that none is held twice."""
    n_atoms, n_columns = frames[0].n_atoms, 3 * len(moved[0]) + strain.shape[1]
    features = torch.empty(len(frames), n_atoms, len(inputs.mixing))
    slopes = torch.empty(len(frames), n_atoms, n_columns, len(inputs.mixing))
    for index, (frame, atoms) in enumerate(zip(frames, moved, strict=True)):
        values, raw = maker.slopes(frame.positions, frame.cell, moved=atoms, strained=strain.size > 0)
        features[index] = _tensor(inputs.of_values(values))
        slopes[index] = _tensor(inputs.of_slopes(_slopes(raw, strain)))
        on_frame()
    return features, slopes


def _energy_scale(frame: LabelledFrame, settings: TrainingSettings) -> float:
    """Return the error of the energy per atom that weighs as one, Ha."""
    return settings.energy_scale_ev_per_atom * EV_TO_HARTREE * math.sqrt(_SCALE_ATOMS / frame.n_atoms)


def _strain_columns(stress: StressLabels) -> Floats:
    """Return which combinations of the six strains are fitted, one per column."""
    if stress is StressLabels.PRESSURE:
        return np.array([[1.0, 1.0, 1.0, 0.0, 0.0, 0.0]]).T / 3.0
    return np.eye(N_STRAINS)


def _slopes(raw: Singles, strain: Floats) -> Singles:
    """Return the derivatives in positions and in the strains that are fitted."""
    if not strain.size:
        return raw
    strained = np.einsum("ncs,cd->nds", raw[:, -N_STRAINS:], strain.astype(np.float32))
    return np.concatenate([raw[:, :-N_STRAINS], strained], axis=1)


def _targets(frame: LabelledFrame, moved: Integers, strain: Floats) -> Floats:
    forces = -frame.forces[moved].ravel()
    if frame.strain_slope is None or not strain.size:
        return forces
    return np.concatenate([forces, frame.strain_slope @ strain])


def _column_weights(frame: LabelledFrame, settings: TrainingSettings, *, count: int, n_strains: int) -> Floats:
    n_moved = min(count, frame.n_atoms)
    force_scale = settings.force_scale_ev_per_angstrom * EV_PER_ANGSTROM_TO_HARTREE_PER_BOHR
    forces = np.full(3 * n_moved, 1.0 / (force_scale * np.sqrt(3.0 * n_moved)))
    if not n_strains:
        return forces
    # Frames of one shape differ little in volume; the first one's serves for the weight of all.
    strain_scale = settings.stress_scale_gpa / HARTREE_PER_BOHR3_TO_GPA * frame.volume
    return np.concatenate([forces, np.full(n_strains, 1.0 / (strain_scale * np.sqrt(n_strains)))])


def _tensor(values: object) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(np.asarray(values), dtype=np.float32))
