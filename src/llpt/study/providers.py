"""Where tasks run: Parsl's configuration from ``[execution]``."""

from __future__ import annotations

import difflib
import inspect
import math
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
from parsl.launchers import MpiExecLauncher, SrunLauncher
from parsl.providers import KubernetesProvider, PBSProProvider, SlurmProvider

from llpt.errors import InputError, MissingProgramError
from llpt.study import bound
from llpt.study.blocks import BLOCK_START_UP_S, STOP_AT, Slot, reserve_s, walltime_s
from llpt.study.cores import available_cores
from llpt.study.engine_sections import ExecutionSection, ProviderKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from parsl.launchers.base import Launcher
    from parsl.providers.base import ExecutionProvider

PROVIDERS = {
    ProviderKind.SLURM: SlurmProvider,
    ProviderKind.PBS: PBSProProvider,
    ProviderKind.KUBERNETES: KubernetesProvider,
}
LAUNCHERS: dict[ProviderKind, Callable[[], Launcher]] = {
    ProviderKind.SLURM: SrunLauncher,
    ProviderKind.PBS: lambda: MpiExecLauncher(bind_cmd="--bind-to", overrides="--map-by ppr:1:node"),
}
"""What starts the workers on every node of a block; where a block is one node, its script does."""
HEARTBEAT_S = 15
LOST_AFTER_S = 60
"""A node that says nothing for so long is lost, and its runs are tried again elsewhere."""
THREADS_PER_CORE = 4
"""Tasks that may wait for their cores at once, each in a thread that does nothing meanwhile."""


def _script(name: str) -> str:
    """Return the path of a script of Parsl's, which lies in this environment whether or not it is on the PATH."""
    return str(Path(get_path("scripts")) / name)


def _program(name: str) -> str:
    """Return the command that runs a script of Parsl's in this environment, for a shell."""
    return f"{shlex.quote(sys.executable)} {shlex.quote(_script(name))}"


def check_provider(execution: ExecutionSection) -> None:
    """Refuse an option that the scheduler's provider does not have or that cannot be, before anything is done.

    Raises:
        InputError: an unknown option, with the nearest known one; a walltime that is none, or leaves runs no time.
    """
    if execution.where is ProviderKind.LOCAL:
        return
    known = [key for key in inspect.signature(PROVIDERS[execution.where]).parameters if key != "launcher"]
    for key in execution.provider:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            raise InputError(
                f'execution.provider has no option {key} for where = "{execution.where}".',
                f"Did you mean {close[0]}?" if close else f"Known options: {', '.join(known)}.",
            )
    _usable_s(execution)


def parsl_config(
    execution: ExecutionSection,
    run_directory: Path,
    slots: Collection[Slot] = (),
    on_failure: Callable[[Exception, Any], float] | None = None,
) -> Config:
    """Return Parsl's configuration: threads here, or blocks of nodes from a scheduler.

    Args:
        execution: what the study file says.
        run_directory: where Parsl may keep its own files.
        slots: what the runs ask for; each kind gets blocks of its own, under its label.
        on_failure: told of every attempt that failed; returns how many of ``retries`` it costs.

    Raises:
        InputError: the provider does not know an option, or lacks one.
        MissingProgramError: the provider needs a package that is not installed.
    """
    check_provider(execution)
    common: dict[str, Any] = {
        "run_dir": str(run_directory),
        "retries": execution.retries,
        "retry_handler": on_failure,
        "usage_tracking": 0,
        "exit_mode": "skip",
    }
    if execution.where is ProviderKind.LOCAL:
        threads = ThreadPoolExecutor(label="local", max_threads=THREADS_PER_CORE * available_cores(execution))
        return Config(executors=[threads], strategy="none", initialize_logging=False, **common)
    return Config(executors=[_executor(execution, slot) for slot in sorted(slots)], **common)


def _executor(execution: ExecutionSection, slot: Slot) -> HighThroughputExecutor:
    """Return blocks of nodes for the runs of one kind: as many at once on a node as its cores and memory allow."""
    runs = _runs_on_a_node(execution, slot)
    command, drain = _launch_command(execution)
    return HighThroughputExecutor(
        launch_cmd=command,
        interchange_launch_cmd=[sys.executable, "-P", "-m", bound.__name__, sys.executable, _script("interchange.py")],
        label=slot.label,
        provider=_provider(execution, slot, runs),
        cores_per_worker=slot.threads or 1,
        mem_per_worker=execution.memory_gib,
        max_workers_per_node=runs,
        available_accelerators=execution.gpus if slot.gpu else (),
        drain_period=drain,
        heartbeat_period=HEARTBEAT_S,
        heartbeat_threshold=LOST_AFTER_S,
        encrypted=True,
    )


def _runs_on_a_node(execution: ExecutionSection, slot: Slot) -> int | None:
    """Return how many runs of one kind a node does at once; None where its own cores tell when a block begins."""
    limits = [execution.gpus] if slot.gpu else []
    if slot.threads == 0:
        limits.append(1)
    elif execution.cores != "auto":
        limits.append(max(1, execution.cores // slot.threads))
    return min(limits, default=None)


def _launch_command(execution: ExecutionSection) -> tuple[str, int | None]:
    """Return the command that starts workers on a node, and after how many seconds they take no new run.

    Where blocks end, the command says in the environment when their runs must write a checkpoint.
    """
    start = DEFAULT_LAUNCH_CMD.replace("process_worker_pool.py", _program("process_worker_pool.py"), 1)
    usable = _usable_s(execution)
    if usable is None:
        return start, None
    return f"export {STOP_AT}=$(( $(date +%s) + {usable:.0f} )); {start}", max(1, round(usable - BLOCK_START_UP_S))


def _usable_s(execution: ExecutionSection) -> float | None:
    """Return how long the runs of a block have, in seconds; None where blocks do not end."""
    default = inspect.signature(PROVIDERS[execution.where]).parameters.get("walltime")
    text = execution.provider.get("walltime", default.default if default else None)
    if text is None:
        return None
    walltime = walltime_s(str(text))
    return walltime - reserve_s(execution, walltime)


def _ask_slurm(execution: ExecutionSection, slot: Slot, runs: int | None) -> dict[str, object]:
    asked: dict[str, object] = {}
    if execution.cores != "auto":
        asked["cores_per_node"] = execution.cores
    if slot.gpu and "gres" not in execution.provider:
        asked["gpus_per_node"] = execution.gpus
    memory_gib = _memory_of_a_node(execution, runs)
    if memory_gib is not None:
        asked["mem_per_node"] = memory_gib
    return asked


def _ask_pbs(execution: ExecutionSection, slot: Slot, runs: int | None) -> dict[str, object]:
    asked: dict[str, object] = {}
    if execution.cores != "auto":
        asked["cpus_per_node"] = execution.cores
    memory_gib = _memory_of_a_node(execution, runs)
    chunk = [f"ngpus={execution.gpus}"] if slot.gpu else []
    chunk += [] if memory_gib is None else [f"mem={memory_gib}gb"]
    if chunk:
        asked["select_options"] = ":".join(chunk)
    return asked


def _ask_kubernetes(execution: ExecutionSection, slot: Slot, runs: int | None) -> dict[str, object]:
    """What is asked for is also the limit: a pod that is promised less than its runs use is moved or killed."""
    own = execution.provider
    asked: dict[str, object] = {}
    cores = own.get("max_cpu", None if execution.cores == "auto" else execution.cores)
    if cores is not None:
        asked |= {"max_cpu": cores, "init_cpu": cores}
    memory_gib = _memory_of_a_node(execution, runs)
    memory = own.get("max_mem", None if memory_gib is None else f"{memory_gib}Gi")
    if memory is not None:
        asked |= {"max_mem": memory, "init_mem": memory}
    if slot.gpu:
        asked["extra_limits"] = {"nvidia.com/gpu": str(execution.gpus)}
    return asked


def _memory_of_a_node(execution: ExecutionSection, runs: int | None) -> int | None:
    """Return the memory that the runs of a node ask for, in GiB; None where none is given."""
    if execution.memory_gib is None or runs is None:
        return None
    return math.ceil(execution.memory_gib * runs)


_ASKS: dict[ProviderKind, Callable[[ExecutionSection, Slot, int | None], dict[str, object]]] = {
    ProviderKind.SLURM: _ask_slurm,
    ProviderKind.PBS: _ask_pbs,
    ProviderKind.KUBERNETES: _ask_kubernetes,
}
"""What a block must be given for its runs, as options of the provider."""


def _provider(execution: ExecutionSection, slot: Slot, runs: int | None) -> ExecutionProvider:
    """Return what asks the scheduler for blocks, told what the runs need where the study file does not say it."""
    options: dict[str, Any] = dict(execution.provider)
    if execution.where in LAUNCHERS and int(options.get("nodes_per_block", 1)) > 1:
        options["launcher"] = LAUNCHERS[execution.where]()
    for key, value in _ASKS[execution.where](execution, slot, runs).items():
        options.setdefault(key, value)
    try:
        provider: ExecutionProvider = PROVIDERS[execution.where](**options)
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
    return provider
