"""MACE models through ``mace-torch``: ``mace:FILE``, or a committee ``mace:FILE,FILE``."""

from __future__ import annotations

import hashlib
import io
import warnings
from contextlib import contextmanager, redirect_stdout
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from llpt.engines.face import EngineCalculator, EngineDescription, EngineResult, PressureLabel
from llpt.engines.record import Argument, EngineRecord, EngineRequest, Speed
from llpt.errors import InputError, MissingProgramError, first_line
from llpt.options import Options
from llpt.papers import Paper
from llpt.precision import Precision
from llpt.prerequisites import Prerequisite

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ase import Atoms


class MaceOptions(Options):
    """Options of engine ``mace``."""

    device: str = Field(default="cpu", description="cpu, cuda or cuda:N")
    precision: Precision = Field(default=Precision.DOUBLE, description="single or double")


MACE = EngineRecord(
    name="mace",
    label="MACE",
    maker="llpt.engines.mace:make_mace",
    argument=Argument.FILE,
    copied=True,
    options=MaceOptions,
    speed=Speed({1.0: 0.3}),
    probe="llpt.engines.mace:mace_version",
    found="installed",
    recognised_by="*.model",
    members="llpt.engines.mace:model_files",
    file_can_run="unpickles a file",
    needs=Prerequisite("run a MACE potential (mace:FILE)", "pip install -e '.[mace]'", packages=("mace",)),
    papers=(
        Paper(
            key="batatia2022",
            authors="I. Batatia and D. P. Kovács and G. N. C. Simm and C. Ortner and G. Csányi",
            title="MACE: Higher order equivariant message passing neural networks for fast and accurate force fields",
            journal="NeurIPS",
            volume="35",
            page="11423",
            year="2022",
            doi="10.48550/arXiv.2206.07697",
        ),
    ),
)


class MacePotential(EngineCalculator):
    """One MACE model, or the mean of a committee with its spread.

    Args:
        calculator: ``mace.calculators.MACECalculator``.
        members: number of models behind it.
        description: what it is.
    """

    def __init__(self, calculator: Any, members: int, description: EngineDescription) -> None:
        super().__init__()
        self._calculator = calculator
        self._members = members
        self._description = description
        table = getattr(calculator, "z_table", None)
        if table is not None:
            from ase.data import chemical_symbols  # noqa: PLC0415

            self.elements = frozenset(chemical_symbols[z] for z in table.zs)

    def compute(self, atoms: Atoms, system_changes: Iterable[str]) -> EngineResult:  # noqa: ARG002  # the face's
        """Return the mean energy, forces and stress, and the spread of a committee."""
        structure: Any = atoms
        structure = structure.copy()  # MACE writes into info and arrays
        self._calculator.calculate(structure, ["energy", "forces", "stress"], ["positions"])
        results = self._calculator.results
        energy = float(results["energy"])
        force_spread = energy_spread = None
        if self._members > 1:
            forces = np.asarray(results["forces_comm"], dtype=float)
            variance = ((forces - forces.mean(axis=0)) ** 2).sum(axis=(0, 2)) / (self._members - 1)
            force_spread = float(np.sqrt(variance.max()))
            energy_spread = float(np.std(np.asarray(results["energies"], dtype=float), ddof=1))
        return EngineResult(
            free_energy_ev=energy,
            energy_ev=energy,
            forces_ev_per_angstrom=np.array(results["forces"], dtype=float),
            stress_ev_per_angstrom3=np.array(results["stress"], dtype=float) if all(atoms.pbc) else None,
            force_spread_ev_per_angstrom=force_spread,
            energy_spread_ev=energy_spread,
        )

    def describe(self) -> EngineDescription:
        """Return version of mace-torch, options and the hash of the model files."""
        return self._description


def model_files(argument: str) -> list[str]:
    """Return the files that an argument ``FILE,FILE`` names, one for each member."""
    return [part.strip() for part in argument.split(",")]


def make_mace(request: EngineRequest[MaceOptions]) -> MacePotential:
    """Make the engine ``mace:FILE`` or ``mace:FILE,FILE,...`` (a committee).

    Raises:
        MissingProgramError: mace-torch is not installed.
        InputError: no such file, one that is no MACE model, or a GPU that is not here.
    """
    argument, chosen = request.argument, request.options
    paths = [Path(part).expanduser() for part in model_files(argument)]
    for path in paths:
        if not path.is_file():
            raise InputError(f"There is no model file {path}.", "Give the file that mace_run_train wrote (.model).")
    installed = mace_version()
    if chosen.device.startswith("cuda"):
        import torch  # noqa: PLC0415  # heavy

        if not torch.cuda.is_available():
            raise InputError(f"There is no GPU here for device={chosen.device}.", "Use device=cpu.")
    with _without_notices():
        from mace.calculators import MACECalculator  # noqa: PLC0415  # optional and heavy

    try:
        with _without_notices():
            calculator = MACECalculator(
                model_paths=[str(path) for path in paths],
                device=chosen.device,
                default_dtype="float32" if chosen.precision is Precision.SINGLE else "float64",
            )
    except Exception as error:  # unpickling raises whatever the file makes it
        reason = first_line(error)
        raise InputError(f"{argument} cannot be loaded as a MACE model: {reason}.", "Check the file.") from error
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()
    return MacePotential(
        calculator,
        len(paths),
        EngineDescription(
            name=MACE.name,
            spec=request.spec,
            version=f"mace-torch {installed}",
            options=chosen.as_mapping(),
            content_hash=digest,
            pressure_label=PressureLabel.EXACT,
        ),
    )


@contextmanager
def _without_notices() -> Iterator[None]:
    """Keep from people what MACE prints while it loads: a package for GPUs that it lacks, and how it reads its files.

    It tells torch by an environment variable that files may be unpickled, and torch warns of that for each of them.
    """
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.filterwarnings("ignore", message="Environment variable TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD")
        yield


def mace_version() -> str:
    """Return the version of mace-torch.

    Raises:
        MissingProgramError: it is not installed.
    """
    try:
        return version("mace-torch")
    except PackageNotFoundError as error:
        raise MissingProgramError(
            "mace-torch is not installed.",
            "Install it: pip install mace-torch.",
        ) from error
