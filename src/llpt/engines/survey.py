"""What this machine has: engines and their versions, threads, GPU, each tried for a few seconds at most."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

import ase

from llpt.engines.make import EngineKind, make_engine
from llpt.errors import LlptError
from llpt.structure import atomic_lattice, displaced

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from llpt.engines.face import OptionValue


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
    return [
        _threads(),
        _gpu(),
        _mpi(),
        _checked(
            EngineKind.DFT, lambda: f"llpt {version('llpt')}", {"ecut_ry": 20.0, "electronic_temperature_k": 3000.0}
        ),
        _present(EngineKind.N2P2, lambda: f"llpt {version('llpt')}", "built in"),
        _checked(
            EngineKind.QUANTUM_ESPRESSO,
            _asks("llpt.engines.espresso", "pw_version"),
            {"ecut_ry": 20.0, "electronic_temperature_k": 3000.0, "pseudopotential": "gth", "conv_thr_ry": 1e-6},
        ),
        _present(EngineKind.VASP, _asks("llpt.engines.vasp", "vasp_command"), "found; not run"),
        _present(EngineKind.LAMMPS, _asks("llpt.engines.lammps", "lammps_version"), "loads"),
        _present(EngineKind.MACE, _asks("llpt.engines.mace", "mace_version"), "installed"),
        _present(EngineKind.ASE, lambda: str(ase.__version__), "built in"),
    ]


def _own_version() -> str:
    return f"llpt {version('llpt')}"


def _asks(module: str, function: str) -> Callable[[], str]:
    """Return a call of a function that is imported only then: a survey must not slow down every import."""
    return lambda: str(getattr(import_module(module), function)())


def _checked(kind: EngineKind, find_version: Callable[[], str], options: Mapping[str, OptionValue]) -> EngineFact:
    """Compute four atoms, slightly off a lattice, and report the time."""
    began = time.perf_counter()
    try:
        found = find_version()
        engine = make_engine(kind, options)
        try:
            engine.calculate(displaced(atomic_lattice("fcc", (1, 1, 1), wigner_seitz_radius=1.5), 0.02, seed=0))
        finally:
            engine.close()
    except LlptError as error:
        return EngineFact(kind, available=False, version="", detail=str(error), seconds=time.perf_counter() - began)
    seconds = time.perf_counter() - began
    return EngineFact(kind, available=True, version=found, detail=f"four atoms in {seconds:.1f} s", seconds=seconds)


def _present(kind: EngineKind, find_version: Callable[[], str], detail: str) -> EngineFact:
    began = time.perf_counter()
    try:
        found = find_version()
    except LlptError as error:
        return EngineFact(kind, available=False, version="", detail=str(error), seconds=time.perf_counter() - began)
    return EngineFact(kind, available=True, version=found, detail=detail, seconds=time.perf_counter() - began)


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
    launcher = shutil.which("mpirun.openmpi") or shutil.which("mpirun")
    detail = launcher or "mpirun is not installed: pw.x runs on one process."
    return EngineFact("mpi", available=launcher is not None, version="", detail=detail, seconds=0.0)
