"""How well a plan knows what a step costs at sizes that have not run, from those that have.

``python benchmarks/planned_cost.py [--only NAME] [--seconds LOG] [--log FILE]`` runs each engine at several sizes and
prints what ``llpt plan`` would say of each size where the sizes of ``known`` have run, over what it took. A step's time
is the median over its steps of seconds of one processor, those of an engine's program counted, which other work on the
machine changes least. It takes five minutes, and as much again where pw.x, ABINIT and CP2K are installed; with
``--seconds`` times of a log that is there are taken, and what is not in it is run. ``--only "single points of …"``
times labels, of electrons from nothing, against a step: as a study makes them, in double precision, and tight.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import resource
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import psutil

from llpt.dynamics import RunSettings, run_md
from llpt.engines import Purpose, find_engine, make_engine
from llpt.structure import atomic_fluid, molecular_fluid
from llpt.study import Plan, make_plan, parse_study
from llpt.study.cost import StepTimes, pace_of, seconds_per_step, single_point_steps

if TYPE_CHECKING:
    from ase import Atoms

ROOT = Path(__file__).parents[1]
PRESSURE_GPA = 200.0
TEMPERATURE_K = 900.0
HOT_K = 10_000.0
"""Of the electrons of other programs, whose few plane waves would else find no solution."""
FIRST_STEPS = 5
TIMESTEP_FS = 0.4
SHORT_FS = 0.001
"""The network of the tests was trained on nothing: its fluid is only shaken, or it would collapse."""
LENNARD_JONES = {"sigma": 1.215, "epsilon": 0.2, "rc": 2.3}
DFT = {"ecut_ry": 45.0, "kpoints": "mean-value"}
PROGRAM_DFT = {"ecut_ry": 20.0}
CP2K = {"kpoints": "gamma", "cutoff_ry": 120.0, "relative_cutoff_ry": 20.0, "basis_set": "SZV-GTH"}
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
    "pw.x": ("quantum-espresso", {**PROGRAM_DFT, "pseudopotential": "gth"}, (8, 16, 32), ((8,), (16,), (8, 16))),
    "ABINIT": ("abinit", PROGRAM_DFT, (8, 16, 32), ((8,), (16,), (8, 16))),
    "CP2K": ("cp2k", CP2K, (4, 8), ((4,), (8,))),
    "DFT, SCAN-L": ("dft", {**DFT, "xc": "scan-l"}, (16, 32), ((16,), (32,))),
}
MESHES: dict[str, tuple[dict[str, Any], int, tuple[str, ...]]] = {
    "meshes of DFT, PBE, 32 atoms": ({**DFT, "xc": "pbe"}, 32, ("mean-value", "2x2x2", "3x3x3")),
    "meshes of DFT, SCAN-L, 16 atoms": ({**DFT, "xc": "scan-l"}, 16, ("mean-value", "2x2x2")),
}
"""Options, number of atoms, meshes of k-points."""
DOUBLE = {"precision": "double"}
POINTS: dict[str, tuple[dict[str, Any], int]] = {
    f"single points of DFT, PBE, {atoms} atoms, {mesh}": ({"ecut_ry": 55.0, "kpoints": mesh, "xc": "pbe"}, atoms)
    for atoms, mesh in itertools.product((16, 32, 64), ("mean-value", "2x2x2"))
}
"""Options, number of atoms."""
SNAPSHOTS = (5, 11, -1)
"""Steps whose structures are labelled."""
KINDS: dict[str, tuple[Purpose, dict[str, Any]]] = {
    "label": (Purpose.LABELS, {}),
    "label, double": (Purpose.LABELS, DOUBLE),
    "tight": (Purpose.SINGLE_POINT, {}),
}
"""Single points: as a study makes its labels, the same in double precision, and as one structure alone is computed."""


class Steps(NamedTuple):
    """Steps of dynamics.

    Args:
        seconds: of a processor for one, the median.
        structures: of every step.
    """

    seconds: float
    structures: list[Atoms]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--only", choices=(*CASES, *MESHES, *POINTS), action="append")
    parser.add_argument("--seconds", type=Path, help="a log of this command, whose times are taken")
    arguments = parser.parse_args()
    before = json.loads(arguments.seconds.read_text()) if arguments.seconds else {"rows": []}
    timed = {row["engine"]: row for row in before["rows"] if "seconds" in row}
    now = datetime.now(tz=UTC).isoformat(timespec="seconds")
    rows: list[dict[str, Any]] = []
    for name in arguments.only or (*CASES, *MESHES, *POINTS):
        if name in POINTS:
            rows += point_rows(name, now) if name not in timed else [timed[name], planned_points(timed[name])]
            print(*map(json.dumps, rows[-2:]), sep="\n", flush=True)
            continue
        known = timed.get(name, {"seconds": {}, "measured": now})
        for row in (mesh_rows if name in MESHES else rows_of)(name, known["seconds"]):
            if "seconds" in row:
                row["measured"] = known["measured"]
            print(json.dumps(row), flush=True)
            rows.append(row)
    found = {
        "date": now,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "rows": rows,
    }
    text = json.dumps(found, indent=1)
    if arguments.log:
        arguments.log.write_text(text + "\n")


def rows_of(name: str, timed: dict[str, float]) -> list[dict[str, Any]]:
    """Return a row for each set of known sizes and each size: seconds used, which are measured, and planned / used."""
    spec, options, sizes, known_sizes = CASES[name]
    seconds = {atoms: timed.get(str(atoms)) or steps(spec, options, atoms).seconds for atoms in sizes}
    runs = {atoms: planned(spec, options, atoms).runs[0] for atoms in sizes}
    paces = {atoms: pace_of("here", runs[atoms], seconds[atoms]) for atoms in sizes}
    rows = []
    for known in ((), *known_sizes):
        times = StepTimes((), [paces[atoms] for atoms in known])
        ratios = {atoms: round(times.step_s(runs[atoms]) / seconds[atoms], 2) for atoms in sizes if atoms not in known}
        rows.append({"engine": name, "known": list(known), "planned / used": ratios})
    return [{"engine": name, "seconds": {atoms: round(value, 5) for atoms, value in seconds.items()}}, *rows]


def mesh_rows(name: str, timed: dict[str, float]) -> list[dict[str, Any]]:
    """Return a row of seconds and one for each mesh of k-points that is known, with planned / used of the others."""
    options, atoms, meshes = MESHES[name]
    given = {mesh: {**options, "kpoints": mesh} for mesh in meshes}
    seconds = {mesh: timed.get(mesh) or steps("dft", given[mesh], atoms).seconds for mesh in meshes}
    runs = {mesh: planned("dft", given[mesh], atoms).runs[0] for mesh in meshes}
    rows: list[dict[str, Any]] = [{"engine": name, "seconds": {mesh: round(each, 5) for mesh, each in seconds.items()}}]
    for known in meshes:
        times = StepTimes((), [pace_of("here", runs[known], seconds[known])])
        ratios = {mesh: round(times.step_s(runs[mesh]) / seconds[mesh], 2) for mesh in meshes if mesh != known}
        rows.append({"engine": name, "known": [known], "planned / used": ratios})
    return rows


def point_rows(name: str, now: str) -> list[dict[str, Any]]:
    """Return a row of seconds and cycles of a step and of single points, and one with planned / used."""
    options, atoms = POINTS[name]
    single = steps("dft", options, atoms)
    seconds = {"step": single.seconds, "step, double": steps("dft", {**options, **DOUBLE}, atoms).seconds}
    cycles = {}
    for kind, (purpose, more) in KINDS.items():
        engine = make_engine("dft", {**options, **more, "electronic_temperature_k": TEMPERATURE_K}, purpose=purpose)
        spent, counted = [], []
        for place in SNAPSHOTS:
            engine.reset()
            began = time.process_time()
            engine.calculate(single.structures[place])
            spent.append(time.process_time() - began)
            counted.append(engine.ground_state.cycles)
        engine.close()
        seconds[kind], cycles[kind] = statistics.median(spent), statistics.mean(counted)
    row = {
        "engine": name,
        "seconds": {kind: round(each, 4) for kind, each in seconds.items()},
        "cycles": {kind: round(each, 1) for kind, each in cycles.items()},
        "measured": now,
    }
    return [row, planned_points(row)]


def planned_points(row: dict[str, Any]) -> dict[str, Any]:
    """Return what a plan makes of labels where the step has been measured, over what they used."""
    options, atoms = POINTS[row["engine"]]
    seconds = row["seconds"]
    run, double = (planned("dft", each, atoms).runs[0] for each in (options, {**options, **DOUBLE}))
    step = seconds_per_step(double) / seconds_per_step(run) * seconds["step"]
    ratios = {
        "step, double": step / seconds["step, double"],
        "label": single_point_steps(run) * seconds["step"] / seconds["label"],
        "label, double": single_point_steps(double) * step / seconds["label, double"],
    }
    return {
        "engine": row["engine"],
        "known": ["step"],
        "planned / used": {kind: round(each, 2) for kind, each in ratios.items()},
    }


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


def steps(spec: str, options: dict[str, Any], atoms: int) -> Steps:
    """Do steps of dynamics at constant pressure."""
    thread = {"threads": 1} if spec.startswith("n2p2:") else {}
    electrons_k = TEMPERATURE_K if spec == "dft" else HOT_K
    electrons = {"electronic_temperature_k": electrons_k} if find_engine(spec).thermal else {}
    engine = make_engine(spec, {**options, **thread, **electrons}, purpose=Purpose.CONSTANT_PRESSURE)
    marks: list[float] = []
    structures: list[Atoms] = []
    calculate = engine.calculate

    def timed(*arguments: Any, **keywords: Any) -> None:
        marks.append(used_s())
        calculate(*arguments, **keywords)
        structures.append(engine.atoms.copy())

    engine.calculate = timed  # type: ignore[method-assign]
    count = FIRST_STEPS + (12 if electrons else max(20, 3000 // atoms))
    settings = RunSettings(
        ensemble="npt",
        temperature_k=TEMPERATURE_K,
        pressure_gpa=PRESSURE_GPA,
        timestep_fs=SHORT_FS if "tests" in spec else TIMESTEP_FS,
        steps=count,
        seed=1,
    )
    fluid = atomic_fluid if spec.startswith("ase:") else molecular_fluid
    density = 0.6 if spec.startswith("ase:") else 1.12
    with tempfile.TemporaryDirectory() as scratch:
        outcome = run_md(fluid(atoms=atoms, density_g_per_cm3=density, seed=1), engine, settings, Path(scratch) / "run")
    engine.close()
    if outcome.steps_done != count:
        raise SystemExit(f"{spec}, {atoms} atoms: {outcome.reason}")
    kept = marks[FIRST_STEPS:]
    seconds = statistics.median(after - before for before, after in itertools.pairwise(kept))
    return Steps(seconds, structures)


def used_s() -> float:
    """Return the seconds of a processor that this process and its programs, at work and ended, have used."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    at_work = [child.cpu_times() for child in psutil.Process().children(recursive=True)]
    return time.process_time() + ended.ru_utime + ended.ru_stime + sum(each.user + each.system for each in at_work)


if __name__ == "__main__":
    main()
