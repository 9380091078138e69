"""Accuracy and cost of hydrogen pseudopotentials against their cutoff.

    python benchmarks/pseudopotential.py accuracy tests/reference/dft.json --psp8 H.psp8 --out accuracy.json
    python benchmarks/pseudopotential.py limit --out limit.json
    python benchmarks/pseudopotential.py molecule --out molecule.json
    python benchmarks/pseudopotential.py cost START.extxyz --psp8 H.psp8 --paw H.pbe-kjpaw.UPF --out cost.json

``accuracy``: forces, pressure and relative energies of the reference fluids against converged PAW values of Quantum
ESPRESSO, for each potential and cutoff. ``limit``: one small cell against the bare proton, extrapolated in the cutoff.
``molecule``: H₂ stretched in a box of 6 bohr, against ``hard`` at 180 Ry. ``cost``: seconds per step of molecular
dynamics at constant energy for each potential and cutoff and, where a PAW file is given, of pw.x with it at 40 Ry on
two processes, in the same run. Each prints JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from ase import Atoms
from ase.io import read

from llpt import units
from llpt.dft import Convergence, KohnSham, KohnShamSettings, PressureCorrection
from llpt.dft.pseudopotentials import GTHPotential, get_pseudopotential
from llpt.precision import Precision
from llpt.structure import Lattice, displaced, molecular_lattice

if TYPE_CHECKING:
    from llpt.dft.pseudopotentials import Pseudopotential

FITTED_IN_MINUTES = GTHPotential(
    "GTH form, r_loc 0.25, fitted in minutes",
    r_loc=0.25,
    coefficients=(-3.14130464, -0.1824882, 0.30344128, -0.02382772),
)
ACCURACY_CUTOFFS = {
    "llpt-H-PBE": (45, 50, 55, 60, 80, 100, 140),
    "llpt-H-PBE-hard": (160, 200),
    "GTH-PBE-q1": (55, 60, 80, 100, 140),
}
COST = {"llpt-H-PBE": (50, 55, 60, 80), "GTH-PBE-q1": (60, 100)}
SKIP = 5


def candidates(psp8: Path | None) -> dict[str, Pseudopotential]:
    """Return the potentials to compare, by name."""
    found: list[Pseudopotential] = [get_pseudopotential(name) for name in ("default", "hard", "gth")]
    found.append(FITTED_IN_MINUTES)
    if psp8 is not None:
        dojo = get_pseudopotential(psp8)
        dojo.name = f"PseudoDojo {psp8.name}"
        found.append(dojo)
    return {p.name: p for p in found}


def engine(potential: Pseudopotential, settings: KohnShamSettings) -> KohnSham:
    """Return the engine with a potential that may have no name in the catalogue."""
    calculator = KohnSham(settings)
    calculator.theory = replace(calculator.theory, pseudopotential=potential)
    return calculator


def single_point(potential: Pseudopotential, atoms: Atoms, **options: Any) -> dict[str, Any]:
    """Return forces (Ha/bohr), both pressures (GPa) and F (Ha) of one structure."""
    settings = KohnShamSettings(pressure_correction=PressureCorrection.FINITE_BASIS, **options)
    calculator = engine(potential, settings)
    calculator.calculate(atoms)
    results = calculator.results
    pressures = [
        -float(results[key][:3].mean()) * units.EV_PER_ANGSTROM3_TO_GPA for key in ("stress", "stress_uncorrected")
    ]
    return {
        "forces": results["forces"] * units.EV_PER_ANGSTROM_TO_HARTREE_PER_BOHR,
        "pressure_corrected_gpa": pressures[0],
        "pressure_gpa": pressures[1],
        "free_energy_ha": results["free_energy_uncorrected"] * units.EV_TO_HARTREE,
    }


def accuracy(reference: Path, psp8: Path | None) -> list[dict[str, Any]]:
    """Compare every potential and cutoff with the converged PAW values."""
    cases = json.loads(reference.read_text(encoding="utf-8"))
    table = []
    for name, potential in candidates(psp8).items():
        for cutoff in ACCURACY_CUTOFFS.get(name, (60, 80, 120)):
            rows = {case: _compared(potential, cutoff, data) for case, data in cases.items()}
            squares = sum(r["squared_error"] for r in rows.values()) / sum(r["squared"] for r in rows.values())
            errors = [r["energy_difference_mev_per_atom"] for r in rows.values()]
            entry = {
                "potential": name,
                "ecut_ry": cutoff,
                "force_error_percent": {case: round(r["force_error_percent"], 2) for case, r in rows.items()},
                "force_error_percent_all": round(100.0 * squares**0.5, 2),
                "pressure_corrected_error_gpa": {c: round(r["corrected"], 2) for c, r in rows.items()},
                "pressure_error_gpa": {c: round(r["uncorrected"], 2) for c, r in rows.items()},
                "energy_spread_mev_per_atom": round(float(np.std(errors)), 2),
            }
            table.append(entry)
            print(json.dumps(entry), flush=True)
    return table


def _compared(potential: Pseudopotential, cutoff: float, data: dict[str, Any]) -> dict[str, float]:
    exact = data["qe_paw_pbe_ecut80Ry"]
    atoms = Atoms(
        f"H{data['n_atoms']}",
        positions=np.array(data["positions_bohr"]) * units.BOHR_TO_ANGSTROM,
        cell=np.array(data["cell_bohr"]) * units.BOHR_TO_ANGSTROM,
        pbc=True,
    )
    found = single_point(
        potential,
        atoms,
        ecut_ry=cutoff,
        electronic_temperature_k=data["Te_K"],
        kpoints=",".join(str(x) for x in data["kpoint_fractional"]),
        precision=Precision.SINGLE,
    )
    forces = np.array(exact["forces_Ha_per_bohr"])
    pressure = exact["pressure_GPa"]
    squared_error, squared = float(((found["forces"] - forces) ** 2).sum()), float((forces**2).sum())
    return {
        "squared_error": squared_error,
        "squared": squared,
        "force_error_percent": 100.0 * (squared_error / squared) ** 0.5,
        "corrected": found["pressure_corrected_gpa"] - pressure,
        "uncorrected": found["pressure_gpa"] - pressure,
        "energy_difference_mev_per_atom": (found["free_energy_ha"] - exact["energy_Ha"])
        / len(atoms)
        * units.HARTREE_TO_EV
        * 1000.0,
    }


def limit() -> list[dict[str, Any]]:
    """Compare with the bare proton, whose errors fall as E_cut^(-3/2), on four displaced molecules."""
    crystal = molecular_lattice(Lattice.HCP, repeats=(1, 1, 1), wigner_seitz_radius=1.36)
    atoms = displaced(crystal, 0.04, seed=3)
    coulomb = get_pseudopotential("coulomb")
    cutoffs = (400.0, 800.0)
    low, high = (single_point(coulomb, atoms, ecut_ry=c) for c in cutoffs)
    share = cutoffs[0] ** -1.5 / (cutoffs[0] ** -1.5 - cutoffs[1] ** -1.5)
    exact = {key: low[key] + share * (high[key] - low[key]) for key in low}
    rms = float(np.sqrt((exact["forces"] ** 2).mean()))
    table = []
    for name, cutoff in (("coulomb", 800.0), ("hard", 200.0), ("default", 55.0), ("default", 100.0), ("gth", 60.0)):
        found = single_point(get_pseudopotential(name), atoms, ecut_ry=cutoff)
        entry = {
            "potential": name,
            "ecut_ry": cutoff,
            "force_error_percent": 100.0 * float(np.sqrt(((found["forces"] - exact["forces"]) ** 2).mean())) / rms,
            "pressure_corrected_error_gpa": found["pressure_corrected_gpa"] - exact["pressure_corrected_gpa"],
        }
        table.append(entry)
        print(json.dumps(entry), flush=True)
    return table


def molecule() -> list[dict[str, Any]]:
    """Stretch H₂ in a box of 6 bohr; give errors of energy (meV, zero at 1.45 bohr) and force (mHa/bohr)."""
    distances = (1.1, 1.3, 1.45, 1.6, 2.0, 2.6)
    direction = np.array([0.36, 0.48, 0.8])
    table: list[dict[str, Any]] = []
    exact: list[dict[str, Any]] = []
    choices = (("hard", 180.0), ("default", 55.0), ("default", 60.0), ("default", 100.0), ("gth", 60.0), ("gth", 140.0))
    for name, cutoff in choices:
        points = []
        for distance in distances:
            half = 0.5 * distance * direction * units.BOHR_TO_ANGSTROM
            atoms = Atoms("H2", positions=[-half, half], cell=np.full(3, 6.0 * units.BOHR_TO_ANGSTROM), pbc=True)
            found = single_point(get_pseudopotential(name), atoms, ecut_ry=cutoff)
            points.append({"energy": found["free_energy_ha"], "force": float(found["forces"][1] @ direction)})
        exact = exact or points
        shift = points[2]["energy"] - exact[2]["energy"]
        errors = [(p["energy"] - e["energy"] - shift) for p, e in zip(points, exact, strict=True)]
        entry = {
            "potential": name,
            "ecut_ry": cutoff,
            "distance_bohr": distances,
            "energy_error_mev": [round(1000.0 * units.HARTREE_TO_EV * error, 1) for error in errors],
            "force_error_mha_per_bohr": [
                round(1000.0 * (p["force"] - e["force"]), 2) for p, e in zip(points, exact, strict=True)
            ],
        }
        table.append(entry)
        print(json.dumps(entry), flush=True)
    return table


def cost(
    start: Path, psp8: Path | None, paw: Path | None, steps: int, *, repeat: int = 1, only: str | None = None
) -> list[dict[str, Any]]:
    """Time dynamics for each potential and cutoff and, in the same run, pw.x with PAW at 40 Ry.

    ``repeat`` cells along the first two axes are randomly displaced by 0.02 Å; ``only`` names one of llpt's.
    """
    atoms = read(start).repeat((repeat, repeat, 1))
    if repeat > 1:
        atoms.positions += np.random.default_rng(0).normal(0.0, 0.02, atoms.positions.shape)
    table = []
    for name, potential in candidates(psp8).items():
        if only not in {None, name}:
            continue
        for cutoff in COST.get(name, (60,)):
            if name.endswith("hard"):
                continue
            entry = {
                "atoms": len(atoms),
                "potential": name,
                "ecut_ry": cutoff,
                "seconds_per_step": _our_step(potential, cutoff, atoms, steps),
            }
            table.append(entry)
            print(json.dumps(entry), flush=True)
    if paw is not None:
        seconds = _pw_step(paw, atoms, steps)
        entry = {"atoms": len(atoms), "potential": f"pw.x {paw.name}", "ecut_ry": 40, "seconds_per_step": seconds}
        table.append(entry)
        print(json.dumps(entry), flush=True)
    return table


def _our_step(potential: Pseudopotential, cutoff: float, atoms: Atoms, steps: int) -> float:
    """Velocity Verlet at 0.25 fs with forces and stress; median over settled steps."""
    atoms = atoms.copy()
    calculator = engine(potential, KohnShamSettings(ecut_ry=cutoff, convergence=Convergence.MOLECULAR_DYNAMICS))
    mass = units.HYDROGEN_MASS_U * units.ATOMIC_MASS_TO_ELECTRON_MASS
    step = 0.25 * units.FS_TO_ATOMIC_TIME
    width = (1000.0 * units.KELVIN_TO_HARTREE / mass) ** 0.5
    velocities = np.random.default_rng(1).normal(0.0, width, atoms.positions.shape)
    marks = []
    for _ in range(steps + 1):
        calculator.calculate(atoms)
        marks.append(time.perf_counter())
        forces = calculator.results["forces"] * units.EV_PER_ANGSTROM_TO_HARTREE_PER_BOHR
        velocities += forces / mass * step
        atoms.positions += velocities * step * units.BOHR_TO_ANGSTROM
    return float(np.median(np.diff(marks)[SKIP:]))


def _pw_step(paw: Path, atoms: Atoms, steps: int) -> float:
    bands = len(atoms) // 2 + max(8, len(atoms) // 8)
    cell = "\n".join("{:.10f} {:.10f} {:.10f}".format(*v) for v in atoms.cell.array * units.ANGSTROM_TO_BOHR)
    where = "\n".join("H {:.10f} {:.10f} {:.10f}".format(*v) for v in atoms.positions * units.ANGSTROM_TO_BOHR)
    degauss = 1000.0 * units.KELVIN_TO_HARTREE * units.HARTREE_TO_RYDBERG
    text = f"""&CONTROL
calculation='md', prefix='h', outdir='./tmp', pseudo_dir='{paw.resolve().parent}', tprnfor=.true., tstress=.true.,
nstep={steps}, dt={0.25 * units.FS_TO_ATOMIC_TIME / 2.0:.10f}, disk_io='none'
/
&SYSTEM
ibrav=0, nat={len(atoms)}, ntyp=1, ecutwfc=40, occupations='smearing', smearing='fermi-dirac', degauss={degauss:.12f},
nosym=.true., nbnd={bands}
/
&ELECTRONS
conv_thr=1e-6, mixing_beta=0.6
/
&IONS
pot_extrapolation='second_order', wfc_extrapolation='second_order', ion_temperature='initial', tempw=1000
/
ATOMIC_SPECIES
H 1.008 {paw.name}
CELL_PARAMETERS bohr
{cell}
ATOMIC_POSITIONS bohr
{where}
K_POINTS crystal
1
0.25 0.25 0.25 1
"""
    marks = []
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "md.in").write_text(text, encoding="utf-8")
        command = ["mpirun.openmpi", "--allow-run-as-root", "-np", "2", "pw.x", "-in", "md.in"]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        with subprocess.Popen(command, cwd=directory, stdout=subprocess.PIPE, text=True, env=environment) as run:
            assert run.stdout is not None
            marks.extend(time.perf_counter() for line in run.stdout if line.startswith("!    total energy"))
        if run.returncode:
            raise SystemExit("pw.x failed.")
    return float(np.median(np.diff(marks)[SKIP:]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["accuracy", "limit", "molecule", "cost"])
    parser.add_argument("input", type=Path, nargs="?", help="reference values, or the starting structure")
    parser.add_argument("--psp8", type=Path, help="a psp8 file to compare as well")
    parser.add_argument("--paw", type=Path, help="PAW file for pw.x")
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--repeat", type=int, default=1, help="of the structure along its first two axes, for cost")
    parser.add_argument("--only", help="one potential of this package, by its own name, for cost")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    if given.what == "accuracy":
        table = accuracy(given.input, given.psp8)
    elif given.what == "limit":
        table = limit()
    elif given.what == "molecule":
        table = molecule()
    else:
        table = cost(given.input, given.psp8, given.paw, given.steps, repeat=given.repeat, only=given.only)
    if given.out is not None:
        given.out.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
