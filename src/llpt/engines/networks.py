"""Our machine-learnt potentials as engines: one network or a committee of them, in eV and Å."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from llpt.engines.face import EngineCalculator, EngineDescription, EngineResult, PressureLabel
from llpt.engines.record import Argument, EngineRecord, EngineRequest, Speed, TrainedPotential, package_version
from llpt.errors import InputError
from llpt.options import Options
from llpt.papers import Paper
from llpt.precision import Precision
from llpt.units import ANGSTROM_TO_BOHR, HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM, HARTREE_TO_EV

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ase import Atoms

    from llpt.mlp import BehlerParrinello
    from llpt.mlp.gpu.potential import TorchPotential

N2P2_FILES = ("input.nn", "scaling.data", "weights.001.data")


class NetworkOptions(Options):
    """Options of engines ``n2p2`` and ``model``."""

    threads: int | None = Field(default=None, ge=1, description="number of threads; all processors if not given")
    precision: Precision | None = Field(
        default=None,
        description="double or single, for pairs of neighbours; if not given, double for single points and single for "
        "dynamics (forces within 1e-6 Ha/bohr)",
    )
    device: str = Field(
        default="cpu", pattern=r"^(cpu|cuda(:\d+)?)$", description="cpu, cuda or cuda:N; on a GPU all is done in torch"
    )


_SPEED = Speed({1.0: 0.015}, floor=0.003)

_PAPER = Paper(
    key="behler2007",
    authors="J. Behler and M. Parrinello",
    title="Generalized neural-network representation of high-dimensional potential-energy surfaces",
    journal="Phys. Rev. Lett.",
    volume="98",
    page="146401",
    year="2007",
    doi="10.1103/PhysRevLett.98.146401",
)
_IMPORTS = ("llpt.mlp.evaluation.behler_parrinello", "llpt.mlp.potential.files")
N2P2 = EngineRecord(
    name="n2p2",
    label="n2p2 potential",
    maker="llpt.engines.networks:make_n2p2",
    argument=Argument.DIRECTORY,
    copied=True,
    options=NetworkOptions,
    elements=frozenset({"H"}),
    speed=_SPEED,
    recognised_by=N2P2_FILES[0],
    imports=_IMPORTS,
    members="llpt.engines.networks:member_directories",
    papers=(_PAPER,),
)
MODEL = EngineRecord(
    name="model",
    label="potential",
    maker="llpt.engines.networks:make_model",
    argument=Argument.FILE,
    copied=True,
    options=NetworkOptions,
    elements=frozenset({"H"}),
    speed=_SPEED,
    recognised_by="card.json",
    imports=_IMPORTS,
    members="llpt.engines.networks:member_directories",
    papers=(_PAPER,),
)
BEHLER_PARRINELLO = TrainedPotential(name="behler-parrinello", label="Behler–Parrinello", engine=N2P2.name)


class NetworkPotential(EngineCalculator):
    """One Behler–Parrinello network, or the mean of a committee with its spread.

    Args:
        members: networks, one or more; energy, forces and stress are their mean.
        description: what it is.
    """

    def __init__(self, members: Sequence[BehlerParrinello | TorchPotential], description: EngineDescription) -> None:
        super().__init__()
        self._members = tuple(members)
        self._description = description
        self.elements = frozenset(member.definition.element for member in members)
        if len(self.elements) != 1:
            raise InputError(
                f"The networks of {description.spec} are for different elements: {', '.join(sorted(self.elements))}.",
                "Put networks for one element into a committee.",
            )

    def compute(self, atoms: Atoms, system_changes: Iterable[str]) -> EngineResult:  # noqa: ARG002  # the face's
        """Return the mean energy, forces and stress, warnings summed over members, and the spread of a committee.

        ``force_spread`` is the largest over atoms of sqrt(⟨|f - ⟨f⟩|²⟩), the mean being over members with n - 1 in the
        denominator; ``energy_spread`` the standard deviation of the energy.
        """
        positions, cell = atoms.positions * ANGSTROM_TO_BOHR, atoms.cell.array * ANGSTROM_TO_BOHR
        results = [member.evaluate(positions, cell) for member in self._members]
        energies = np.array([r.energy_ha for r in results]) * HARTREE_TO_EV
        forces = np.array([r.forces for r in results]) * HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM
        virial = np.mean([r.virial_ha for r in results], axis=0) * HARTREE_TO_EV
        virial = 0.5 * (virial + virial.T)
        volume = float(np.abs(np.linalg.det(atoms.cell.array)))
        energy = float(energies.mean())
        committee = len(results) > 1
        mean_forces = forces.mean(axis=0)
        variance = ((forces - mean_forces) ** 2).sum(axis=(0, 2)) / max(len(results) - 1, 1)
        return EngineResult(
            free_energy_ev=energy,
            energy_ev=energy,
            forces_ev_per_angstrom=mean_forces,
            stress_ev_per_angstrom3=-virial[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]] / volume,
            extrapolation_warnings=sum(r.extrapolation_warnings for r in results),
            force_spread_ev_per_angstrom=float(np.sqrt(variance.max())) if committee else None,
            energy_spread_ev=float(energies.std(ddof=1)) if committee else None,
        )

    def describe(self) -> EngineDescription:
        """Return options and the hash of the potential's files."""
        return self._description


def make_n2p2(request: EngineRequest[NetworkOptions]) -> NetworkPotential:
    """Make the engine ``n2p2:DIR``: the network in DIR, or a committee of those in its subdirectories.

    Raises:
        InputError: no such directory, a file that is missing or damaged, or a GPU that is not there.
    """
    chosen = request.options
    precision = chosen.precision or (Precision.DOUBLE if request.purpose.one_by_one else Precision.SINGLE)
    directories = find_networks(Path(request.argument).expanduser())
    return NetworkPotential(
        [_load(directory, chosen, precision) for directory in directories],
        EngineDescription(
            name=request.spec.partition(":")[0],
            spec=request.spec,
            version=package_version(__name__),
            options={**chosen.as_mapping(), "precision": str(precision)},
            content_hash=hash_of_networks(directories),
            pressure_label=PressureLabel.EXACT,
        ),
    )


def _load(directory: Path, chosen: NetworkOptions, precision: Precision) -> BehlerParrinello | TorchPotential:
    from llpt.mlp import BehlerParrinello  # noqa: PLC0415 - brings numba, which is slow to import

    if chosen.device == "cpu":
        return BehlerParrinello.load(directory, threads=chosen.threads, precision=precision)
    from llpt.mlp.gpu.potential import TorchPotential  # noqa: PLC0415 - brings torch, which is slow to import

    return TorchPotential.load(directory, device=chosen.device, precision=precision)


def make_model(request: EngineRequest[NetworkOptions]) -> NetworkPotential:
    """Make the engine ``model:FILE``: a potential trained here, by its directory or by any file in it.

    Raises:
        InputError: no potential there, or a file that is missing or damaged.
    """
    path = Path(request.argument).expanduser()
    if path.is_file() and not (path.name == MODEL.recognised_by or (path.parent / N2P2_FILES[0]).is_file()):
        raise InputError(
            f"{path} is no file of a potential: there is no {N2P2_FILES[0]} beside it.",
            "Give the directory of the potential, or a file in it.",
        )
    return make_n2p2(replace(request, argument=str(path.parent if path.is_file() else path)))


def member_directories(argument: str) -> list[str]:
    """Return the directories of the networks that an argument names; a file is its own.

    Raises:
        InputError: there is no network.
    """
    path = Path(argument).expanduser()
    return [str(each) for each in find_networks(path)] if path.is_dir() else [argument]


def find_networks(directory: Path) -> list[Path]:
    """Return ``directory`` if it holds a network, else those of its subdirectories that do, in order of name.

    Raises:
        InputError: there is no network.
    """
    if not directory.is_dir():
        raise InputError(f"There is no directory {directory} with a potential.", f"It holds {', '.join(N2P2_FILES)}.")
    if (directory / N2P2_FILES[0]).is_file():
        return [directory]
    members = sorted(path.parent for path in directory.glob(f"*/{N2P2_FILES[0]}"))
    if not members:
        raise InputError(
            f"There is no {N2P2_FILES[0]} in {directory} nor in its subdirectories.",
            f"A potential is a directory with {', '.join(N2P2_FILES)}; a committee holds several such directories.",
        )
    return members


def hash_of_networks(directories: Sequence[Path]) -> str:
    """Return the SHA-256 over the files of all networks, in order."""
    digest = hashlib.sha256()
    for directory in directories:
        for name in N2P2_FILES:
            digest.update((directory / name).read_bytes())
    return digest.hexdigest()
