"""What this machine has: engines and their versions, threads, GPU, each tried for a few seconds at most."""

from __future__ import annotations

import os
import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.engines.make import imported, make_engine
from llpt.engines.mpi import installed_launcher
from llpt.engines.record import package_version
from llpt.engines.registry import engine_records
from llpt.errors import LlptError
from llpt.structure import atomic_lattice, displaced

if TYPE_CHECKING:
    from llpt.engines.record import EngineRecord


@dataclass(frozen=True)
class EngineFact:
    """One thing this machine has or has not.

    Args:
        name: the engine's SPEC word, or ``threads``, ``gpu``, ``mpi``.
        available: whether it can be used.
        version: its version or size; empty if it is not here.
        detail: what was tried and how long it took, or what is missing and what to do.
        seconds: how long the check took.
    """

    name: str
    available: bool
    version: str
    detail: str
    seconds: float


def survey() -> list[EngineFact]:
    """Try every engine on four atoms, and say what is here; five seconds at most for each on an idle machine."""
    return [_threads(), _gpu(), _mpi(), *(_tried(record) for record in engine_records().values())]


def _tried(record: EngineRecord) -> EngineFact:
    """Ask an engine for its version, and let it compute four atoms slightly off a lattice where it has a trial."""
    began = time.perf_counter()
    try:
        found = str(imported(record.probe)()) if record.probe else package_version(record.maker)
        if record.trial is not None:
            with closing(make_engine(record.name, record.trial)) as engine:
                engine.calculate(displaced(atomic_lattice("fcc", (1, 1, 1), wigner_seitz_radius=1.5), 0.02, seed=0))
    except LlptError as error:
        seconds = time.perf_counter() - began
        return EngineFact(record.name, available=False, version="", detail=str(error), seconds=seconds)
    seconds = time.perf_counter() - began
    detail = record.found if record.trial is None else f"four atoms in {seconds:.1f} s"
    return EngineFact(record.name, available=True, version=found, detail=detail, seconds=seconds)


def _threads() -> EngineFact:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limit = os.environ.get("OMP_NUM_THREADS")
    detail = f"OMP_NUM_THREADS is {limit}" if limit else "OMP_NUM_THREADS is not set: all are used"
    return EngineFact("threads", available=True, version=str(usable), detail=detail, seconds=0.0)


def _gpu() -> EngineFact:
    began = time.perf_counter()
    import torch  # noqa: PLC0415  # slow to import

    if not torch.cuda.is_available():
        return EngineFact(
            "gpu",
            available=False,
            version="",
            detail=f"No CUDA device is seen by torch {torch.__version__}; use device=cpu.",
            seconds=time.perf_counter() - began,
        )
    properties = torch.cuda.get_device_properties(0)
    memory_gib = properties.total_memory / 2**30
    a = torch.ones((256, 256), device="cuda")
    works = float((a @ a).sum()) == 256.0**3
    return EngineFact(
        "gpu",
        available=works,
        version=str(properties.name),
        detail=f"{torch.cuda.device_count()} device(s), {memory_gib:.0f} GiB, torch {torch.__version__}",
        seconds=time.perf_counter() - began,
    )


def _mpi() -> EngineFact:
    launcher = installed_launcher()
    detail = launcher or "mpirun is not installed: pw.x runs on one process."
    return EngineFact("mpi", available=launcher is not None, version="", detail=detail, seconds=0.0)
