"""A Behler–Parrinello potential on a device of torch: the formulas of ``BehlerParrinello`` for many atoms at once.

Neighbours are found on the processor. Atoms are taken in parts, so that the pairs of neighbours of one part fit the
device; memory then grows with the atoms only by their neighbours and moments.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from llpt.errors import InputError
from llpt.mlp.evaluation.behler_parrinello import checked_structure, finished_result
from llpt.mlp.evaluation.neighbours import build_cell_list, fill_neighbour_table
from llpt.mlp.evaluation.rows import PADDING
from llpt.mlp.evaluation.sharing import grow_until_enough
from llpt.mlp.gpu.functions import bond_moments, moment_functions, symmetry_functions
from llpt.mlp.potential import files
from llpt.mlp.potential.network import Activation
from llpt.mlp.potential.scaling import EXTRAPOLATION_TOLERANCE
from llpt.precision import Precision

if TYPE_CHECKING:
    from collections.abc import Callable

    from llpt.mlp.arrays import Floats, Integers
    from llpt.mlp.evaluation.behler_parrinello import MlpResult
    from llpt.mlp.potential.definition import PotentialDefinition

_PAIRS_AT_ONCE = 2_000_000
_SPHERE = 4.0 * np.pi / 3.0
_ACTIVATIONS: dict[Activation, Callable[[torch.Tensor], torch.Tensor]] = {
    Activation.LINEAR: lambda x: x,
    Activation.TANH: torch.tanh,
    Activation.LOGISTIC: torch.sigmoid,
    Activation.SOFTPLUS: torch.nn.functional.softplus,
    Activation.RELU: torch.relu,
    Activation.GAUSSIAN: lambda x: torch.exp(-0.5 * x * x),
    Activation.COSINE: torch.cos,
    Activation.REVERSE_LOGISTIC: lambda x: 1.0 - torch.sigmoid(x),
    Activation.EXPONENTIAL: lambda x: torch.exp(-x),
    Activation.HARMONIC: lambda x: x * x,
}


class TorchPotential:
    """Energy, forces and virial of a network on a device of torch.

    Args:
        definition: functions, scaling, network and units.
        device: as torch names it: ``cuda``, ``cuda:N`` or ``cpu``.
        precision: number format of everything on the device.

    Raises:
        InputError: a GPU is asked for and there is none.
    """

    def __init__(
        self, definition: PotentialDefinition, *, device: str, precision: Precision = Precision.DOUBLE
    ) -> None:
        if device.startswith("cuda") and not torch.cuda.is_available():
            raise InputError(f"There is no GPU here for device={device}.", "Use device=cpu.")
        self.definition = definition
        self._device = torch.device(device)
        self._dtype = precision.real
        self._cutoff = max(function.cutoff for function in definition.functions)
        if definition.moments is not None:
            self._cutoff = max(self._cutoff, definition.moments.reach)
        scaling = definition.scaling
        self._factor, self._offset = self._tensor(scaling.factor), self._tensor(scaling.offset)
        self._least = self._tensor(scaling.minimum - EXTRAPOLATION_TOLERANCE)
        self._most = self._tensor(scaling.maximum + EXTRAPOLATION_TOLERANCE)
        network = definition.network
        self._layers = []
        for layer in network.layers:
            divisor = float(len(layer.weights)) if network.normalise_nodes else 1.0
            weights, biases = self._tensor(layer.weights / divisor), self._tensor(layer.biases / divisor)
            self._layers.append((weights, biases, _ACTIVATIONS[layer.activation]))

    @classmethod
    def load(cls, directory: Path | str, *, device: str, precision: Precision = Precision.DOUBLE) -> TorchPotential:
        """Read a potential's three files.

        Args:
            directory: that holds the three files.
            device: of torch, e.g. ``cuda``.
            precision: of the numbers that it computes with.

        Raises:
            InputError: a file is missing or damaged, or a GPU is asked for and there is none.
        """
        return cls(files.read_potential(Path(directory)), device=device, precision=precision)

    def evaluate(self, positions_bohr: Floats, cell_bohr: Floats) -> MlpResult:
        """Evaluate one periodic structure, as ``BehlerParrinello.evaluate`` does, with the same refusals."""
        positions, cell = checked_structure(positions_bohr, cell_bohr)
        n_atoms = len(positions)
        vectors, atoms = self._neighbours(positions, cell, self._cutoff)
        forces = self._tensor(np.zeros((n_atoms, 3)))
        virial = self._tensor(np.zeros((3, 3)))
        energies = self._tensor(np.zeros(n_atoms))
        moments = bonds = bonded = None
        if self.definition.moments is not None:
            bonds, bonded = self._neighbours(positions, cell, self.definition.moments.bond_reach)
            moments = bond_moments(self.definition.moments, bonds.requires_grad_())
        moment_slopes = self._tensor(np.zeros((n_atoms, 13)))
        outside = 0
        part = max(1, _PAIRS_AT_ONCE // max(1, vectors.shape[1] ** 2))
        for start in range(0, n_atoms, part):
            chosen = slice(start, start + part)
            near = vectors[chosen].requires_grad_()
            values = [self._symmetry(near)]
            leaves = [near]
            if self.definition.moments is not None and moments is not None:
                of_neighbours = moments.detach()[atoms[chosen]].requires_grad_()
                values.append(moment_functions(self.definition.moments, near, of_neighbours))
                leaves.append(of_neighbours)
            functions = torch.cat(values, dim=1)
            outside += int(((functions < self._least) | (functions > self._most)).sum())
            energy = self._network(functions)
            energies[chosen] = energy.detach()
            slopes = torch.autograd.grad(energy.sum(), leaves)
            _add_forces(forces, virial, near.detach(), atoms[chosen], slopes[0], start=start)
            if len(slopes) > 1:
                moment_slopes.index_add_(0, atoms[chosen].reshape(-1), slopes[1].reshape(-1, 13))
        if moments is not None and bonds is not None and bonded is not None:
            (slope,) = torch.autograd.grad(moments, bonds, moment_slopes)
            _add_forces(forces, virial, bonds.detach(), bonded, slope, start=0)
        return finished_result(
            self.definition.units,
            energies=energies.double().cpu().numpy(),
            forces=forces.double().cpu().numpy(),
            virial=virial.double().cpu().numpy(),
            extrapolation_warnings=outside,
        )

    def _tensor(self, values: Floats) -> torch.Tensor:
        return torch.tensor(values, dtype=self._dtype, device=self._device)

    def _neighbours(self, positions: Floats, cell: Floats, cutoff: float) -> tuple[torch.Tensor, torch.Tensor]:
        """Return vectors to the neighbours, nearest first, and their atoms; what is left of a row lies outside."""
        cells = build_cell_list(positions, cell, cutoff)
        n_atoms = len(positions)
        density = n_atoms / abs(np.linalg.det(cell))
        tables: list[tuple[Floats, Integers, int]] = []

        def attempt(room: int) -> int:
            found, found_atoms = np.zeros((4, room + PADDING)), np.zeros(room + PADDING, dtype=np.int64)
            vectors = np.zeros((n_atoms, room, 3))
            vectors[..., 0] = 2.0 * cutoff
            atoms = np.zeros((n_atoms, room), dtype=np.int64)
            largest = fill_neighbour_table(cells, cutoff, found, found_atoms, vectors, atoms)
            tables[:] = [(vectors, atoms, max(1, largest))]
            return 0 if largest <= room else largest

        grow_until_enough(attempt, int(1.5 * density * _SPHERE * cutoff**3) + 16)
        ((vectors, atoms, room),) = tables
        unsorted = self._tensor(vectors[:, :room])
        indices = torch.as_tensor(atoms[:, :room], device=unsorted.device)
        order = unsorted.norm(dim=-1).argsort(dim=1)
        return unsorted.gather(1, order[..., None].expand(-1, -1, 3)).contiguous(), indices.gather(1, order)

    def _symmetry(self, vectors: torch.Tensor) -> torch.Tensor:
        return symmetry_functions(
            self.definition.functions,
            vectors,
            cutoff_type=self.definition.cutoff_type,
            inner_fraction=self.definition.inner_fraction,
        )

    def _network(self, functions: torch.Tensor) -> torch.Tensor:
        values = self.definition.scaling.base + self._factor * (functions - self._offset)
        for weights, biases, activation in self._layers:
            values = activation(values @ weights + biases)
        return values[:, 0]


def _add_forces(
    forces: torch.Tensor,
    virial: torch.Tensor,
    vectors: torch.Tensor,
    atoms: torch.Tensor,
    slopes: torch.Tensor,
    *,
    start: int,
) -> None:
    """Add the forces and the virial of slopes in the vectors from atoms ``start`` … to their neighbours."""
    forces[start : start + len(vectors)] += slopes.sum(dim=1)
    forces.index_add_(0, atoms.reshape(-1), -slopes.reshape(-1, 3))
    virial -= torch.einsum("aki,akj->ij", slopes, vectors)
