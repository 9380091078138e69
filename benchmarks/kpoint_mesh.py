"""How much mesh does a cell need? Each mesh against a denser one, on frames of dynamics driven by that mesh itself.

    python benchmarks/kpoint_mesh.py --atoms 64 --runs RUNS --out docs/results/kpoint-mesh.jsonl
    python benchmarks/kpoint_mesh.py --one-point --atoms 64 --runs RUNS --out docs/results/kpoint-mesh.jsonl
    python benchmarks/kpoint_mesh.py --of RUN RUN --start atomic --mesh 2x2x2 --less 4x4x4 --out FILE
    python benchmarks/kpoint_mesh.py --labels OWN DENSER --of RUN --start molecular --mesh 2x2x2 --less 4x4x4 --out FILE
    python benchmarks/kpoint_mesh.py --table docs/results/kpoint-mesh.jsonl

For every size, state (700 K and 1600 K, and 1000 K from the molecular and from the atomic fluid; 200 GPa, T_el = T) and
mesh: a fluid settled by ``examples/own-potential``, then NPT dynamics by DFT at the mesh; frames of its last two thirds
are solved once more at the mesh and at a denser one. ``--one-point`` compares the mean value point with 2x2x2, at 700
and 1600 K, on frames of its own dynamics and on frames of the potential, which never saw that point. ``--of`` takes
run directories that are there, of any study, in place of dynamics of its own; ``--labels`` the frames of one of them
that a study's ``[budget]`` has labelled at both meshes (``labels/budget/…/labels.extxyz``). A line of JSON each: mesh
less denser mesh of F (meV/atom), P (GPa) and forces (rms, eV/Å), and the standard deviation of F from frame to frame:
the noise of a label. The standard error of a mean counts frames that follow each other as a first-order process (its
correlation from one frame to the next, where it is above 0). A line that is there is not computed again, and a run
that was stopped goes on.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from ase import units as ase_units
from ase.io import read

from llpt.dynamics import RunSettings, last_configuration, run_md
from llpt.engines import Purpose, make_engine
from llpt.mlp.quality.phases import molecular_fraction
from llpt.structure import atomic_fluid, molecular_fluid, starting_density_g_per_cm3
from llpt.trajectory import Trajectory
from llpt.units import ANGSTROM_TO_BOHR

if TYPE_CHECKING:
    from collections.abc import Iterator

POTENTIAL = Path(__file__).resolve().parents[1] / "examples" / "own-potential"
PRESSURE_GPA = 200.0
ECUT_RY = 55.0
STATES = ((1000.0, "molecular"), (1000.0, "atomic"), (700.0, "molecular"), (1600.0, "atomic"))
MESHES = {32: ("mean-value", "2x2x2", "3x3x3"), 64: ("mean-value", "2x2x2", "3x3x3"), 128: ("mean-value", "2x2x2")}
ONE_POINT_STATES = ((700.0, "molecular"), (1600.0, "atomic"))
POTENTIAL_ITSELF = "potential"
STEPS = {"mean-value": 1000, "2x2x2": 600, "3x3x3": 400}
DENSER = {32: "4x4x4", 64: "4x4x4", 128: "3x3x3"}
DENSEST = {32: "6x6x6", 64: "5x5x5"}


@dataclass(frozen=True)
class State:
    """One fluid.

    Args:
        atoms: in the cell.
        temperature_k: of nuclei and electrons.
        start: ``molecular`` or ``atomic``, the fluid that it began as.
    """

    atoms: int
    temperature_k: float
    start: str

    def __str__(self) -> str:
        return f"N{self.atoms}-T{self.temperature_k:g}-{self.start}"


@dataclass(frozen=True)
class Comparison:
    """One row.

    Args:
        state: of the frames.
        driven_by: what made the frames: a mesh, or ``potential``.
        mesh: that is judged.
        less: the denser one.
    """

    state: State
    driven_by: str
    mesh: str
    less: str

    @property
    def keys(self) -> dict[str, Any]:
        """What tells one row from the others."""
        return {**asdict(self.state), "driven_by": self.driven_by, "mesh": self.mesh, "less": self.less}


def meshes(sizes: list[int]) -> Iterator[Comparison]:
    """Give each mesh against a denser one, on its own frames."""
    for atoms, (temperature, start) in itertools.product(sizes, STATES):
        for mesh in MESHES[atoms]:
            denser = DENSEST[atoms] if mesh == "3x3x3" else DENSER[atoms]
            yield Comparison(State(atoms, temperature, start), mesh, mesh, denser)


def one_point(sizes: list[int]) -> Iterator[Comparison]:
    """Give the mean value point against 2x2x2, on frames that never saw that point and on its own."""
    for atoms, (temperature, start) in itertools.product(sizes, ONE_POINT_STATES):
        for driven_by in (POTENTIAL_ITSELF, "mean-value"):
            yield Comparison(State(atoms, temperature, start), driven_by, "mean-value", "2x2x2")


def settled(runs: Path, state: State) -> Path:
    """Return the run in which the potential has settled a fluid at the state."""
    atoms, temperature_k, start = state.atoms, state.temperature_k, state.start
    place = runs / f"{state}-potential"
    make = molecular_fluid if start == "molecular" else atomic_fluid
    fluid = make(atoms=atoms, density_g_per_cm3=starting_density_g_per_cm3(PRESSURE_GPA, temperature_k), seed=1)
    settings = RunSettings(
        ensemble="npt", temperature_k=temperature_k, pressure_gpa=PRESSURE_GPA, steps=2000, seed=1, positions_every=50
    )
    with closing(make_engine(f"n2p2:{POTENTIAL}", purpose=Purpose.CONSTANT_PRESSURE)) as engine:
        run_md(fluid, engine, settings, place)
    return place


def driven(runs: Path, state: State, mesh: str, steps: int | None) -> Trajectory:
    """Return the dynamics of the mesh itself, or of the potential."""
    if mesh == POTENTIAL_ITSELF:
        return Trajectory.open(settled(runs, state))
    place = runs / f"{state}-{mesh}"
    settings = RunSettings(
        ensemble="npt",
        temperature_k=state.temperature_k,
        pressure_gpa=PRESSURE_GPA,
        steps=steps or STEPS[mesh],
        seed=2,
        positions_every=10,
        checkpoint_every=50,
    )
    start = last_configuration(settled(runs, state))
    with closing(make_engine("dft", options(mesh, state.temperature_k), purpose=Purpose.CONSTANT_PRESSURE)) as engine:
        outcome = run_md(start, engine, settings, place)
    print(place.name, outcome.state, f"{outcome.seconds_per_step:.3f} s/step", flush=True)
    return Trajectory.open(place)


def options(mesh: str, temperature_k: float) -> dict[str, Any]:
    """Return the options of the engine."""
    return {"kpoints": mesh, "electronic_temperature_k": temperature_k, "ecut_ry": ECUT_RY}


def solved(frames: list[Any], mesh: str, temperature_k: float) -> list[tuple[float, float, Any]]:
    """Return F (meV/atom), P (GPa) and forces (eV/Å) of every frame."""
    found = []
    asked = options(mesh, temperature_k) | {"pressure_correction": "finite-basis"}
    with closing(make_engine("dft", asked)) as engine:
        for frame in frames:
            atoms = frame.copy()
            atoms.calc = engine
            found.append(labels_of(atoms))
            engine.reset()
    return found


def mean_and_error(values: Any) -> tuple[float, float]:
    """Return the mean of successive frames and its standard error, widened by their correlation."""
    deviations = values - values.mean()
    correlation = float((deviations[1:] * deviations[:-1]).sum() / (deviations**2).sum())
    widening = np.sqrt((1.0 + max(correlation, 0.0)) / (1.0 - max(correlation, 0.0)))
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)) * widening)


def made_by(run: Path, start: str, mesh: str, less: str) -> Comparison:
    """Return the row of a run directory: its own state and mesh."""
    told = json.loads((run / "run.json").read_text())
    state = State(told["n_atoms"], told["settings"]["temperature_k"], start)
    return Comparison(state, told["engine"]["options"]["kpoints"], mesh, less)


def chosen_frames(trajectory: Trajectory, count: int) -> list[Any]:
    """Return frames spread evenly over the last two thirds of a trajectory."""
    chosen = np.linspace(trajectory.n_frames // 3, trajectory.n_frames - 1, count).round().astype(int)
    return [trajectory.atoms(int(index)) for index in chosen]


def solved_twice(trajectory: Trajectory, asked: Comparison, count: int) -> dict[str, Any]:
    """Return the row of frames of a trajectory."""
    began = time.perf_counter()
    frames = chosen_frames(trajectory, count)
    own, other = (solved(frames, points, asked.state.temperature_k) for points in (asked.mesh, asked.less))
    row = {**asked.keys, "steps": trajectory.n_steps, **compared(frames, own, other)}
    return row | {"seconds": round(time.perf_counter() - began)}


def labelled_twice(trajectory: Trajectory, asked: Comparison, files: list[Path]) -> dict[str, Any]:
    """Return the row of frames of a trajectory that two files hold with their labels."""
    own, other = (read(file, ":") for file in files)
    places = [[frame.positions.round(6).tolist() for frame in frames] for frames in (own, other)]
    if places[0] != places[1]:
        raise SystemExit(f"{files[0]} and {files[1]} are not of the same frames.")
    row = compared(own, *([labels_of(frame) for frame in frames] for frames in (own, other)))
    return {**asked.keys, "steps": trajectory.n_steps, **row}


def labels_of(atoms: Any) -> tuple[float, float, Any]:
    """Return F (meV/atom), P (GPa) and forces (eV/Å) of a frame."""
    free = atoms.get_potential_energy(force_consistent=True)
    pressure = -atoms.get_stress(voigt=False).trace() / 3.0 / ase_units.GPa
    return 1000.0 * free / len(atoms), pressure, atoms.get_forces()


def fractions_of(frames: list[Any]) -> list[float]:
    """Return the share of atoms in molecules of every frame."""
    return [
        float(molecular_fraction(frame.positions * ANGSTROM_TO_BOHR, frame.cell[:] * ANGSTROM_TO_BOHR))
        for frame in frames
    ]


def compared(frames: list[Any], own: list[Any], other: list[Any]) -> dict[str, Any]:
    """Return what a row says of frames: their labels less those at the denser mesh."""
    free = np.array([one[0] - two[0] for one, two in zip(own, other, strict=True)])
    pressure = np.array([one[1] - two[1] for one, two in zip(own, other, strict=True)])
    forces = np.array([np.sqrt(((one[2] - two[2]) ** 2).mean()) for one, two in zip(own, other, strict=True)])
    scale = np.sqrt(np.mean([(two[2] ** 2).mean() for two in other]))
    free_mean, free_error = mean_and_error(free)
    pressure_mean, pressure_error = mean_and_error(pressure)
    fractions = fractions_of(frames)
    return {
        "frames": len(frames),
        "molecular_fraction": round(float(np.mean(fractions)), 3),
        "free_energy_mev_per_atom": round(free_mean, 2),
        "free_energy_error": round(free_error, 2),
        "free_energy_sigma": round(float(free.std(ddof=1)), 2),
        "pressure_gpa": round(pressure_mean, 2),
        "pressure_error": round(pressure_error, 2),
        "pressure_sigma": round(float(pressure.std(ddof=1)), 2),
        "force_rms_ev_per_angstrom": round(float(forces.mean()), 3),
        "force_rms_of_all": round(float(scale), 2),
        "free_energies_mev_per_atom": [round(float(value), 2) for value in free],
        "molecular_fractions": [round(value, 3) for value in fractions],
    }


def table(path: Path) -> None:
    """Print the rows as a table."""
    names = ("N", "T (K)", "start", "frames of", "mesh", "less", "fraction", "F (meV/atom)", "sigma(F)", "P (GPa)")
    print(f"| {' | '.join(names)} | force rms (eV/Å) |")
    print("|---" * (len(names) + 1) + "|")
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        print(
            f"| {row['atoms']} | {row['temperature_k']:g} | {row['start']} | {row['driven_by']} | "
            f"{row['mesh']} | {row['less']} | {row['molecular_fraction']:.2f} | "
            f"{row['free_energy_mev_per_atom']:.1f} ± {row['free_energy_error']:.1f} | "
            f"{row['free_energy_sigma']:.1f} | {row['pressure_gpa']:.1f} ± {row['pressure_error']:.1f} | "
            f"{row['force_rms_ev_per_angstrom']:.2f} of {row['force_rms_of_all']:.1f} |"
        )


def main() -> None:
    """Compute what is asked for and not there, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--atoms", type=int, nargs="+", default=[32, 64, 128], choices=sorted(MESHES))
    parser.add_argument("--one-point", action="store_true")
    parser.add_argument("--steps", type=int, help="of the dynamics by DFT")
    parser.add_argument("--frames", type=int, default=8)
    parser.add_argument("--runs", type=Path)
    parser.add_argument("--of", type=Path, nargs="+", help="run directories")
    parser.add_argument("--labels", type=Path, nargs=2, metavar=("OWN", "DENSER"), help="of frames of the run of --of")
    parser.add_argument("--start", choices=("molecular", "atomic"), help="the fluid that they began as")
    parser.add_argument("--mesh", help="that is judged on their frames")
    parser.add_argument("--less", help="the denser one")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--table", type=Path)
    given = parser.parse_args()
    if given.table:
        table(given.table)
        return
    if not (given.out and (given.runs or (given.of and given.start and given.mesh and given.less))):
        parser.error("give --out and either --runs or --of with --start, --mesh and --less; or --table")
    if given.labels and not (given.of and len(given.of) == 1):
        parser.error("give the run that the labelled frames are of: --of RUN")
    if missing := [str(file) for file in given.labels or () if not file.is_file()]:
        parser.error(f"there is no {' and no '.join(missing)}.")
    done = [json.loads(line) for line in given.out.read_text().splitlines()] if given.out.exists() else []
    if given.of:
        if missing := [str(run) for run in given.of if not (run / "run.json").exists()]:
            parser.error(f"there is no run in {', '.join(missing)}.")
        rows = [(made_by(run, given.start, given.mesh, given.less), partial(Trajectory.open, run)) for run in given.of]
    else:
        rows = [
            (asked, partial(driven, given.runs, asked.state, asked.driven_by, given.steps))
            for asked in (one_point if given.one_point else meshes)(given.atoms)
        ]
    for asked, trajectory in rows:
        if any(asked.keys.items() <= row.items() for row in done):
            continue
        if given.labels:
            row = labelled_twice(trajectory(), asked, given.labels)
        else:
            row = solved_twice(trajectory(), asked, given.frames)
        with given.out.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(row) + "\n")
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
