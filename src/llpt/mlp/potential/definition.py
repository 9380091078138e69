"""Everything that defines a Behler–Parrinello potential, free of file formats and of kernels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llpt.errors import InputError

if TYPE_CHECKING:
    from llpt.mlp.potential.moments import MomentFunctions
    from llpt.mlp.potential.network import Network
    from llpt.mlp.potential.scaling import Scaling
    from llpt.mlp.potential.symmetry import CutoffType, SymmetryFunction


@dataclass(frozen=True, slots=True)
class Units:
    """How the network's output becomes an energy: E = output / factor + atom energy, per atom.

    Args:
        energy_factor: n2p2's ``conv_energy``, > 0.
        length_factor: n2p2's ``conv_length``, > 0; kept for the file, symmetry functions do not depend on it.
        mean_energy_ha: n2p2's ``mean_energy``, per atom, Ha.
        free_atom_ha: n2p2's ``atom_energy``, Ha.
    """

    energy_factor: float = 1.0
    length_factor: float = 1.0
    mean_energy_ha: float = 0.0
    free_atom_ha: float = 0.0

    @property
    def atom_energy_ha(self) -> float:
        """What is added to the energy of each atom, Ha."""
        return self.mean_energy_ha + self.free_atom_ha


@dataclass(frozen=True, slots=True, eq=False)
class PotentialDefinition:
    """A Behler–Parrinello potential for one element.

    Args:
        element: chemical symbol.
        functions: symmetry functions in n2p2's sorted order.
        cutoff_type: their cutoff function.
        inner_fraction: inner radius of the cutoff function, as a fraction of the radius, in [0, 1).
        scaling: how they are scaled.
        network: what they are fed to.
        units: what its output means.
        moments: functions of the moments of bonds, scaled and fed to the network after the symmetry functions.

    Raises:
        InputError: numbers of functions, scaling entries and network inputs differ, or functions are not in order.
    """

    element: str
    functions: tuple[SymmetryFunction, ...]
    cutoff_type: CutoffType
    scaling: Scaling
    network: Network
    inner_fraction: float = 0.0
    units: Units = field(default_factory=Units)
    moments: MomentFunctions | None = None

    def __post_init__(self) -> None:
        if not self.functions:
            raise InputError("The potential has no symmetry functions.", "Give at least one.")
        n = len(self.functions) + (0 if self.moments is None else len(self.moments))
        if len(self.scaling.minimum) != n or self.network.n_inputs != n:
            raise InputError(
                f"The potential has {n} functions, scaling data for {len(self.scaling.minimum)} and a network "
                f"with {self.network.n_inputs} inputs.",
                "Check that the files belong together.",
            )
        if not 0.0 <= self.inner_fraction < 1.0:
            raise InputError(
                f"The inner fraction of the cutoff function is {self.inner_fraction}.", "Give 0 <= fraction < 1."
            )
        if list(self.functions) != sorted(self.functions, key=lambda function: function.order):
            raise InputError("The symmetry functions are not in n2p2's order.", "Sort them with in_order first.")
