"""What starts a program on several processes, for engines that run programs of others."""

from __future__ import annotations

import os
import shlex
import shutil
from typing import Annotated

from pydantic import Field

from llpt.errors import MissingProgramError
from llpt.prerequisites import Prerequisite

LAUNCHERS = ("mpirun.openmpi", "mpirun")
LAUNCHER = Prerequisite(
    "an engine's program on several processes",
    "Debian: apt-get install openmpi-bin",
    programs=(*LAUNCHERS, "srun"),  # srun where mpi_command names it
)
MpiProcesses = Annotated[int, Field(ge=1, description="number of MPI processes, 1 or more")]
MpiCommand = Annotated[
    Annotated[str, Field(min_length=1)] | None,
    Field(description="what starts the MPI processes, e.g. 'srun -n {processes}'; mpirun if not given"),
]


def mpi_words(processes: int, mpi_command: str | None = None) -> list[str]:
    """Return the words that stand before a program to start it on several processes; none for one.

    Args:
        processes: number of MPI processes.
        mpi_command: what starts them, with ``{processes}`` for their number; mpirun if None.

    Raises:
        MissingProgramError: what starts processes is not installed.
    """
    if mpi_command is not None:
        words = shlex.split(mpi_command.replace("{processes}", str(processes)))
        if shutil.which(words[0]) is None:
            raise MissingProgramError(f"{words[0]} of mpi_command is not installed.", "Install it, or name another.")
        return words
    if processes == 1:
        return []
    launcher = next(filter(None, map(shutil.which, LAUNCHERS)), None)
    if launcher is None:
        raise MissingProgramError(
            "mpirun is not installed, and more than one process was asked for.",
            "Install Open MPI (Debian: apt-get install openmpi-bin), or set processes=1.",
        )
    as_root = ["--allow-run-as-root"] if os.geteuid() == 0 else []
    # Unbound: two runs on one machine would else be bound to the same cores.
    return [launcher, *as_root, "--bind-to", "none", "-np", str(processes)]
