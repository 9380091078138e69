"""Where tasks run: Parsl's configuration from ``[execution]``."""

from __future__ import annotations

import difflib
import inspect
import shlex
import sys
from pathlib import Path
from sysconfig import get_path
from typing import TYPE_CHECKING, Any

from parsl.config import Config
from parsl.errors import OptionalModuleMissing
from parsl.executors import HighThroughputExecutor
from parsl.executors.high_throughput.executor import DEFAULT_LAUNCH_CMD
from parsl.executors.threads import ThreadPoolExecutor
from parsl.providers import KubernetesProvider, PBSProProvider, SlurmProvider

from llpt.errors import InputError, MissingProgramError
from llpt.study.cores import available_cores
from llpt.study.engine_sections import ExecutionSection, ProviderKind

if TYPE_CHECKING:
    from collections.abc import Callable

PROVIDERS = {
    ProviderKind.SLURM: SlurmProvider,
    ProviderKind.PBS: PBSProProvider,
    ProviderKind.KUBERNETES: KubernetesProvider,
}


THREADS_PER_CORE = 4
"""Tasks that may wait for their cores at once, each in a thread that does nothing meanwhile."""


def _script(name: str) -> str:
    """Return the path of a script of Parsl's, which lies in this environment whether or not it is on the PATH."""
    return str(Path(get_path("scripts")) / name)


def _program(name: str) -> str:
    """Return the command that runs a script of Parsl's in this environment, for a shell."""
    return f"{shlex.quote(sys.executable)} {shlex.quote(_script(name))}"


def check_provider(execution: ExecutionSection) -> None:
    """Refuse an option that the scheduler's provider does not have, before anything is done.

    Raises:
        InputError: an unknown option, with the nearest known one.
    """
    if execution.where is ProviderKind.LOCAL:
        return
    known = list(inspect.signature(PROVIDERS[execution.where]).parameters)
    for key in execution.provider:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            raise InputError(
                f'execution.provider has no option {key} for where = "{execution.where}".',
                f"Did you mean {close[0]}?" if close else f"Known options: {', '.join(known)}.",
            )


def parsl_config(
    execution: ExecutionSection, run_directory: Path, on_failure: Callable[[Exception, Any], float] | None = None
) -> Config:
    """Return Parsl's configuration: threads here, or blocks of nodes from a scheduler.

    Args:
        execution: what the study file says.
        run_directory: where Parsl may keep its own files.
        on_failure: told of every attempt that failed; returns how many of ``retries`` it costs.

    Raises:
        InputError: the provider does not know an option, or lacks one.
        MissingProgramError: the provider needs a package that is not installed.
    """
    check_provider(execution)
    cores = available_cores(execution)
    common: dict[str, Any] = {
        "run_dir": str(run_directory),
        "retries": execution.retries,
        "retry_handler": on_failure,
        "usage_tracking": 0,
        "exit_mode": "skip",
    }
    if execution.where is ProviderKind.LOCAL:
        threads = ThreadPoolExecutor(label="local", max_threads=THREADS_PER_CORE * cores)
        return Config(executors=[threads], strategy="none", initialize_logging=False, **common)
    try:
        provider = PROVIDERS[execution.where](**execution.provider)
    except TypeError as error:
        raise InputError(
            f'execution.provider is not enough for where = "{execution.where}": {error}.',
            "Add the options that Parsl's provider asks for.",
        ) from error
    except OptionalModuleMissing as error:
        raise MissingProgramError(
            f'where = "{execution.where}" needs a package that is not installed: {", ".join(error.module_names)}.',
            "Install it with pip, or choose another place.",
        ) from error
    executor = HighThroughputExecutor(
        launch_cmd=DEFAULT_LAUNCH_CMD.replace("process_worker_pool.py", _program("process_worker_pool.py"), 1),
        interchange_launch_cmd=[sys.executable, _script("interchange.py")],
        label=str(execution.where),
        provider=provider,
        cores_per_worker=cores if execution.cores != "auto" else 1,
        max_workers_per_node=1 if execution.cores == "auto" else None,
        encrypted=True,
    )
    return Config(executors=[executor], **common)
