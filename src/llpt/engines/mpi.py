"""What starts a program on several processes, for engines that run programs of others."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Annotated

from pydantic import Field

from llpt.errors import MissingProgramError
from llpt.prerequisites import Prerequisite, first_installed

LAUNCHERS = ("mpirun.openmpi", "mpirun")
LAUNCHER = Prerequisite(
    "an engine's program on several processes",
    "Debian: apt-get install openmpi-bin",
    programs=(*LAUNCHERS, "srun"),  # srun where mpi_command names it
)


def installed_launcher() -> str | None:
    """Return the path of the first of ``LAUNCHERS`` that is installed."""
    return first_installed(LAUNCHERS)


MpiProcesses = Annotated[int, Field(ge=1, description="number of MPI processes, 1 or more")]
MpiCommand = Annotated[
    Annotated[str, Field(min_length=1)] | None,
    Field(description="what starts the MPI processes, e.g. 'srun -n {processes}'; mpirun if not given"),
]


WITHOUT_NETWORK = Path(__file__).with_name("without_network.py")
"""What starts mpirun with the loopback alone; a script, so that it starts at once."""
QUIET = {"OMPI_MCA_ess_singleton_isolated": "1", "OMPI_MCA_pml": "ob1"}
"""Open MPI without a helper that listens, and with transports of its own alone."""
OF_A_SCHEDULER = ("SLURM_", "PBS_", "LSB_", "PMI_", "PMIX_")
"""What names of variables begin with by which a scheduler tells a program that it is one process of a job of its."""


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
    launcher = installed_launcher()
    if launcher is None:
        raise MissingProgramError(
            "mpirun is not installed, and more than one process was asked for.",
            "Install Open MPI (Debian: apt-get install openmpi-bin), or set processes=1.",
        )
    as_root = ["--allow-run-as-root"] if os.geteuid() == 0 else []
    alone = [sys.executable, "-I", "-S", str(WITHOUT_NETWORK)] if sys.platform == "linux" else []
    # Unbound: two runs on one machine would else be bound to the same cores.
    return [*alone, launcher, *as_root, "--bind-to", "none", "-np", str(processes)]


def program_words(called: str, needs: Prerequisite, processes: int = 1, mpi_command: str | None = None) -> list[str]:
    """Return the words that start a program.

    Args:
        called: what the program is called, as a sentence begins with it.
        needs: its names, the first one that is installed is taken, and how to get it.
        processes: number of MPI processes.
        mpi_command: what starts them, with ``{processes}`` for their number; mpirun if None.

    Raises:
        MissingProgramError: it, or what starts its processes, is not installed.
    """
    program = needs.installed_program()
    if program is None:
        raise MissingProgramError(f"{called} is not installed.", f"Install it ({needs.remedy}).")
    return [*mpi_words(processes, mpi_command), program]


def program_environment(processes: int, mpi_command: str | None = None) -> dict[str, str]:
    """Return the environment of a program on several processes, all on this machine unless somebody asked for others.

    Within a job of Slurm's, Open MPI takes a program for a process of that job, and mpirun the job's first node for its
    own: both are told nothing of the job. Open MPI also opens ports on every network: one process needs none, several
    have their memory in common, and mpirun has no network where the kernel grants that (``mpi_words``). Where
    ``mpi_command`` is given nothing is changed, and what a person has set of Open MPI stays.

    Args:
        processes: number of MPI processes.
        mpi_command: what starts them; mpirun if None.
    """
    if mpi_command is not None:
        return {"OMP_NUM_THREADS": "1", **os.environ}
    quiet = {**QUIET, "OMPI_MCA_btl": "self" if processes == 1 else "self,vader"}
    own = {name: value for name, value in os.environ.items() if not name.startswith(OF_A_SCHEDULER)}
    return {"OMP_NUM_THREADS": "1", **quiet, **own}
