"""What ``llpt plan`` says that runs will take, and what ``llpt run`` then takes, for every engine that can run here.

``python benchmarks/planned_runs.py [--only NAME] [--log FILE]`` plans a study of three short runs of each engine, does
it, and plans and does the same study with another seed: the first plan knows only the engines' records, the second has
learnt from the first. Both plans are compared with the wall time of the runs in the ledger. MACE is a small model with
random weights, which costs what a trained one of its size costs. Other work on the machine that comes and goes between
the two shows in the ratio; the load is noted. What is learnt is kept in a directory of this script's own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.mace_models import write_model

from llpt.engines import find_engine
from llpt.engines.make import imported
from llpt.errors import LlptError
from llpt.study import Ledger, State, StudyDirectory, estimate_costs, make_plan, read_study
from llpt.study.execution import Execution
from llpt.study.paces import known_paces, place_of
from llpt.study.schedule import contents_of

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[1]
GOOD = 0.3
MODELS = "MODELS"
"""Stands for the directory of the models that are made for this."""


@dataclass(frozen=True)
class Case:
    """An engine and the runs that it does.

    Args:
        engine: its SPEC.
        steps: of a run.
        atoms: their number.
        keys: of ``[reference]``.
        options: of ``[reference.options]``.
        pressure_gpa: of the runs.
        temperatures_k: one for each run.
        timestep_fs: None for the study's own.
    """

    engine: str
    steps: int
    atoms: int
    keys: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    pressure_gpa: float = 200.0
    temperatures_k: tuple[float, ...] = (800.0, 900.0, 1000.0)
    timestep_fs: float | None = None

    def text(self, seed: int, models: Path) -> str:
        """Return the study file.

        Args:
            seed: of the study.
            models: directory of the models that were made for this.
        """
        keys = {"engine": self.engine.replace(MODELS, str(models)), "threads": 1, **self.keys}
        timestep = "" if self.timestep_fs is None else f"timestep_fs = {self.timestep_fs}\n"
        return (
            f'[study]\nname = "planned"\nseed = {seed}\n[system]\natoms = {self.atoms}\nstart = "atomic"\n'
            f"[state]\npressures_gpa = {self.pressure_gpa}\ntemperatures_k = {list(self.temperatures_k)}\n"
            f'[dynamics]\nsteps = {self.steps}\ndiscard = 1\nrelax_steps = 0\nladder = "none"\n{timestep}[reference]\n'
            + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
            + ("[reference.options]\n" if self.options else "")
            + "".join(f"{key} = {json.dumps(value)}\n" for key, value in self.options.items())
            + "[execution]\ncores = 1\n"
        )


HOT: dict[str, Any] = {"electronic_temperature": 10_000}
PROGRAM: dict[str, Any] = {
    "steps": 20,
    "pressure_gpa": 120.0,
    "temperatures_k": (2800.0, 2900.0, 3000.0),
    "timestep_fs": 0.2,
}
CP2K = {"kpoints": "gamma", "cutoff_ry": 120.0, "relative_cutoff_ry": 20.0, "basis_set": "SZV-GTH"}
CASES = {
    "network, 16 atoms": Case(f"n2p2:{ROOT / 'examples/own-potential'}", 200, 16),
    "network, 128 atoms": Case(f"n2p2:{ROOT / 'examples/own-potential'}", 100, 128),
    "MACE": Case(f"mace:{MODELS}/hydrogen.model", 100, 16),
    "Lennard-Jones of ASE": Case(
        "ase:ase.calculators.lj.LennardJones", 100, 32, options={"sigma": 1.215, "epsilon": 0.2, "rc": 2.3}
    ),
    "DFT, PBE": Case("dft", 20, 16, keys={"xc": "pbe", "ecut_ry": 45.0}),
    "DFT, PBE, 2x2x2": Case("dft", 20, 16, keys={"xc": "pbe", "ecut_ry": 45.0, "kpoints": "2x2x2"}),
    "DFT, SCAN-L": Case("dft", 10, 16, keys={"xc": "scan-l", "ecut_ry": 45.0}),
    "pw.x": Case(
        "quantum-espresso", atoms=8, keys={**HOT, "ecut_ry": 20.0}, options={"pseudopotential": "gth"}, **PROGRAM
    ),
    "ABINIT": Case("abinit", atoms=8, keys={**HOT, "ecut_ry": 20.0}, **PROGRAM),
    "CP2K": Case("cp2k", atoms=4, keys=HOT, options=CP2K, **PROGRAM),
}
ABSENT = ("lammps:FILE", "vasp")
"""Engines of which no small study is here; why each cannot run on this machine is asked of it."""


def main() -> int:
    """Plan, run and compare; the exit code is 0 where every second plan is within 30 %."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=CASES, action="append")
    parser.add_argument("--log", type=Path)
    arguments = parser.parse_args()
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="llpt-planned-") as scratch:
        os.environ["XDG_STATE_HOME"] = str(Path(scratch) / "state")
        for name in arguments.only or CASES:
            reason = why_not(CASES[name].engine)
            if name == "MACE" and not reason:
                write_model(Path(scratch) / "hydrogen.model", scale=0.01)
            row = {"engine": name, "cannot run here": reason} if reason else compared(name, Path(scratch))
            print(json.dumps(row), flush=True)
            rows.append(row)
    rows += [{"engine": spec, "cannot run here": why_not(spec) or "no small study of it is here"} for spec in ABSENT]
    ratios = {row["engine"]: row["planned / took"][1] for row in rows if "planned / took" in row}
    within = {name: bool(1.0 / (1.0 + GOOD) <= ratio <= 1.0 + GOOD) for name, ratio in ratios.items()}
    record = {
        "date": datetime.now(tz=UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "command": " ".join(
            ["python benchmarks/planned_runs.py", *(f"--only {name!r}" for name in arguments.only or ())]
        ),
        "within 30 %": within,
        "rows": rows,
    }
    text = json.dumps(record, indent=1, ensure_ascii=False)
    if arguments.log:
        arguments.log.write_text(text + "\n")
    print(json.dumps(within))
    return 0 if all(within.values()) else 1


def why_not(spec: str) -> str:
    """Return why an engine cannot run on this machine; empty where it can."""
    try:
        record = find_engine(spec)
        if record.probe:
            imported(record.probe)()
    except LlptError as error:
        return error.cause
    return ""


def compared(name: str, scratch: Path) -> dict[str, Any]:
    """Return what was planned and what it took, for the first study of an engine and for the second."""
    planned, took, loads = [], [], []
    for seed in (1, 2):
        directory = scratch / f"{name.replace(' ', '-').replace(',', '')}-{seed}"
        directory.mkdir()
        file = directory / "study.toml"
        file.write_text(CASES[name].text(seed, scratch))
        planned.append(planned_s(file))
        took.append(taken_s(file))
        loads.append(round(os.getloadavg()[0], 1))
        time.sleep(1.0)
    return {
        "engine": name,
        "runs": len(CASES[name].temperatures_k),
        "steps of a run": CASES[name].steps,
        "atoms": CASES[name].atoms,
        "planned (s)": [round(each, 2) for each in planned],
        "took (s)": [round(each, 2) for each in took],
        "planned / took": [round(one / other, 2) for one, other in zip(planned, took, strict=True)],
        "load": loads,
    }


def planned_s(file: Path) -> float:
    """Return the seconds of work that ``llpt plan`` says of a study."""
    study = read_study(file)
    plan = make_plan(study)
    contents = contents_of(plan, file.parent, copies=False)
    return sum(estimate_costs(plan, {}, known_paces(place_of(study.execution)), contents).values())


def taken_s(file: Path) -> float:
    """Do a study as ``llpt run`` does, without its report, and return the wall seconds of its runs in the ledger."""
    study = read_study(file)
    text, root = file.read_text(), file.with_suffix("")
    directory = StudyDirectory.claim(root, text, study, source=file.parent)
    plan = make_plan(study)
    with directory.locked(), Ledger(directory.database) as ledger:
        Execution(directory, plan, ledger).run()
        entries = ledger.entries()
    for entry in entries:
        if entry.state is not State.DONE:
            raise SystemExit(f"{entry.path}: {entry.state}: {entry.reason}")
    return sum(entry.seconds for entry in entries)


if __name__ == "__main__":
    sys.exit(main())
