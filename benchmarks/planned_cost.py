"""How well a plan knows what a step costs at sizes that have not run, from those that have.

``python benchmarks/planned_cost.py [--only NAME] [--seconds LOG] [--log FILE]`` runs each engine at several sizes and
prints what ``llpt plan`` would say of each size where the sizes of ``known`` have run, over what it took. A step's time
is the median over its steps of seconds of one processor, which other work on the machine changes least. It takes five
minutes; with ``--seconds`` the times are those of a log that is there, and nothing is run.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from llpt.dynamics import RunSettings, run_md
from llpt.engines import Purpose, make_engine
from llpt.structure import atomic_fluid, molecular_fluid
from llpt.study import Plan, make_plan, parse_study
from llpt.study.cost import StepTimes, pace_of

ROOT = Path(__file__).parents[1]
PRESSURE_GPA = 200.0
TEMPERATURE_K = 900.0
FIRST_STEPS = 5
TIMESTEP_FS = 0.4
SHORT_FS = 0.001
"""The network of the tests was trained on nothing: its fluid is only shaken, or it would collapse."""
LENNARD_JONES = {"sigma": 1.215, "epsilon": 0.2, "rc": 2.3}
DFT = {"ecut_ry": 45.0, "kpoints": "mean-value"}
NETWORKS = (16, 32, 64, 128, 256, 512)
CASES: dict[str, tuple[str, dict[str, Any], tuple[int, ...], tuple[tuple[int, ...], ...]]] = {
    "own potential": (f"n2p2:{ROOT / 'examples/own-potential'}", {}, NETWORKS, ((32,), (32, 128), (16, 64, 256))),
    "plain network": (f"n2p2:{ROOT / 'tests/reference/n2p2/first'}", {}, NETWORKS, ((32,), (32, 128), (16, 64, 256))),
    "Lennard-Jones of ASE": (
        "ase:ase.calculators.lj.LennardJones",
        LENNARD_JONES,
        NETWORKS,
        ((32,), (32, 128), (16, 64, 256)),
    ),
    "DFT, PBE": ("dft", {**DFT, "xc": "pbe"}, (16, 32, 64), ((16,), (32,), (16, 32))),
    "DFT, SCAN-L": ("dft", {**DFT, "xc": "scan-l"}, (16, 32), ((16,), (32,))),
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--only", choices=CASES, action="append")
    parser.add_argument("--seconds", type=Path, help="a log of this command, whose times are taken")
    arguments = parser.parse_args()
    before = json.loads(arguments.seconds.read_text()) if arguments.seconds else {"rows": []}
    timed = {
        row["engine"]: {int(n): s for n, s in row["seconds"].items()} for row in before["rows"] if "seconds" in row
    }
    rows: list[dict[str, Any]] = []
    for name in arguments.only or CASES:
        for row in rows_of(name, timed.get(name)):
            print(json.dumps(row), flush=True)
            rows.append(row)
    found = {
        "date": before.get("date", datetime.now(tz=UTC).isoformat(timespec="seconds")),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "rows": rows,
    }
    text = json.dumps(found, indent=1)
    if arguments.log:
        arguments.log.write_text(text + "\n")


def rows_of(name: str, timed: dict[int, float] | None) -> list[dict[str, Any]]:
    """Return a row for each set of known sizes and each size: seconds used, which are measured, and planned / used."""
    spec, options, sizes, known_sizes = CASES[name]
    seconds = timed or {atoms: step_s(spec, options, atoms) for atoms in sizes}
    runs = {atoms: planned(spec, options, atoms).runs[0] for atoms in sizes}
    paces = {atoms: pace_of("here", runs[atoms], seconds[atoms]) for atoms in sizes}
    rows = []
    for known in ((), *known_sizes):
        times = StepTimes((), [paces[atoms] for atoms in known])
        ratios = {atoms: round(times.step_s(runs[atoms]) / seconds[atoms], 2) for atoms in sizes if atoms not in known}
        rows.append({"engine": name, "known": list(known), "planned / used": ratios})
    return [{"engine": name, "seconds": {atoms: round(value, 5) for atoms, value in seconds.items()}}, *rows]


def planned(spec: str, options: dict[str, Any], atoms: int) -> Plan:
    """Return the plan of a study of one run."""
    lines = "\n".join(f"{key} = {json.dumps(value)}" for key, value in options.items())
    text = (
        f'[study]\nname = "cost"\n[system]\natoms = {atoms}\n'
        f"[state]\npressures_gpa = {PRESSURE_GPA}\ntemperatures_k = [{TEMPERATURE_K}]\n"
        f'[dynamics]\nsteps = 100\ndiscard = 10\n[reference]\nengine = "{spec}"\nthreads = 1\n'
    )
    own = lines if spec == "dft" else f"[reference.options]\n{lines}"
    return make_plan(parse_study(text + own, name="study.toml"))


def step_s(spec: str, options: dict[str, Any], atoms: int) -> float:
    """Return the median seconds of a processor of a step of dynamics at constant pressure."""
    thread = {"threads": 1} if spec.startswith("n2p2:") else {}
    electrons = {"electronic_temperature_k": TEMPERATURE_K} if spec == "dft" else {}
    engine = make_engine(spec, {**options, **thread, **electrons}, purpose=Purpose.CONSTANT_PRESSURE)
    marks: list[float] = []
    calculate = engine.calculate

    def timed(*arguments: Any, **keywords: Any) -> None:
        marks.append(time.process_time())
        calculate(*arguments, **keywords)

    engine.calculate = timed  # type: ignore[method-assign]
    steps = FIRST_STEPS + (12 if spec == "dft" else max(20, 3000 // atoms))
    settings = RunSettings(
        ensemble="npt",
        temperature_k=TEMPERATURE_K,
        pressure_gpa=PRESSURE_GPA,
        timestep_fs=SHORT_FS if "tests" in spec else TIMESTEP_FS,
        steps=steps,
        seed=1,
    )
    fluid = atomic_fluid if spec.startswith("ase:") else molecular_fluid
    density = 0.6 if spec.startswith("ase:") else 1.12
    with tempfile.TemporaryDirectory() as scratch:
        outcome = run_md(fluid(atoms=atoms, density_g_per_cm3=density, seed=1), engine, settings, Path(scratch) / "run")
    engine.close()
    if outcome.steps_done != steps:
        raise SystemExit(f"{spec}, {atoms} atoms: {outcome.reason}")
    kept = marks[FIRST_STEPS:]
    return statistics.median(after - before for before, after in itertools.pairwise(kept))


if __name__ == "__main__":
    main()
