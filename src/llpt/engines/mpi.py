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


def installed_launcher() -> str | None:
    """Return the path of the first of ``LAUNCHERS`` that is installed."""
    return next(filter(None, map(shutil.which, LAUNCHERS)), None)


MpiProcesses = Annotated[int, Field(ge=1, description="number of MPI processes, 1 or more")]
MpiCommand = Annotated[
    Annotated[str, Field(min_length=1)] | None,
    Field(description="what starts the MPI processes, e.g. 'srun -n {processes}'; mpirun if not given"),
]


QUIET = {"OMPI_MCA_ess_singleton_isolated": "1", "OMPI_MCA_pml": "ob1"}
"""Open MPI without a helper that listens, and with transports of its own alone."""
ALLOCATIONS = ("SLURM_JOB_ID", "PBS_JOBID", "KUBERNETES_SERVICE_HOST")
"""Variables of the environment by which a scheduler's node is known."""


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
    # Unbound: two runs on one machine would else be bound to the same cores.
    return [launcher, *as_root, "--bind-to", "none", "-np", str(processes)]


def program_environment(processes: int, mpi_command: str | None = None) -> dict[str, str]:
    """Return the environment of a program on several processes, which listens to no other machine unless asked.

    Open MPI opens ports on every network even where all processes are on one machine. One process needs none, several
    have their memory in common; of these mpirun itself still listens for its own processes, for which Open MPI has no
    option. On a scheduler's nodes, and where ``mpi_command`` is given, nothing is changed; what a person has set in the
    environment stays.

    Args:
        processes: number of MPI processes.
        mpi_command: what starts them; mpirun if None.
    """
    environment = {"OMP_NUM_THREADS": "1"}
    elsewhere = processes > 1 and any(name in os.environ for name in ALLOCATIONS)
    if mpi_command is None and not elsewhere:
        environment |= {**QUIET, "OMPI_MCA_btl": "self" if processes == 1 else "self,vader"}
    return {**environment, **os.environ}
