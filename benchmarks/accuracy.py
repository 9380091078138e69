"""The accuracy table: every reference case, every quantity, llpt, ABINIT, difference, tolerance.

    python benchmarks/accuracy.py tests/reference/dft.json --out docs/accuracy.md

Reads values of independent programs, computes the same with the built-in engine, and writes a table in Markdown. Exits
non-zero where a difference is out of tolerance.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms

from llpt import units
from llpt.dft import Convergence, KohnSham, KohnShamSettings


@dataclass(frozen=True)
class Level:
    """One way of running the engine and what is asked of it.

    Args:
        name: what the table calls it.
        convergence: single points or molecular dynamics.
        energy: tolerance of the free energy, Ha/atom.
        force: tolerance of the largest force component, Ha/bohr.
        stress: tolerance of the largest stress component, GPa.
    """

    name: str
    convergence: Convergence
    energy: float
    force: float
    stress: float


LEVELS = (
    Level("double precision, tight", Convergence.TIGHT, 1e-6, 1e-5, 0.05),
    Level("single precision, molecular-dynamics defaults", Convergence.MOLECULAR_DYNAMICS, 5e-6, 1e-4, 0.2),
)


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    case: str
    level: str
    quantity: str
    llpt: float
    abinit: float
    difference: float
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether the difference is within the tolerance."""
        return self.difference <= self.tolerance


def compute(name: str, case: dict[str, Any], level: Level) -> list[Row]:
    """Return the rows of one case at one level."""
    count = case["n_atoms"]
    atoms = Atoms(
        f"H{count}",
        positions=np.array(case["positions_bohr"]) * units.BOHR_TO_ANGSTROM,
        cell=np.array(case["cell_bohr"]) * units.BOHR_TO_ANGSTROM,
        pbc=True,
    )
    settings = KohnShamSettings(
        ecut_ry=60.0,
        electronic_temperature_k=case["Te_K"],
        kpoints=",".join(map(str, case["kpoint_fractional"])),
        pseudopotential="gth",
        convergence=level.convergence,
    )
    engine = KohnSham(settings)
    engine.calculate(atoms)
    abinit = case["abinit_gth_pbe_ecut30Ha"]
    energy = engine.results["free_energy"] * units.EV_TO_HARTREE / count
    forces = engine.results["forces"] * units.EV_PER_ANGSTROM_TO_HARTREE_PER_BOHR
    abinit_forces = np.array(abinit["forces_Ha_per_bohr"])
    stress = engine.results["stress"] * units.EV_PER_ANGSTROM3_TO_GPA
    abinit_stress = np.array(abinit["stress_Ha_per_bohr3_voigt"]) * units.HARTREE_PER_BOHR3_TO_GPA
    where = np.unravel_index(np.abs(forces - abinit_forces).argmax(), forces.shape)
    component = int(np.abs(stress - abinit_stress).argmax())
    axes = ("xx", "yy", "zz", "yz", "xz", "xy")
    abinit_energy = abinit["energy_Ha"] / count
    worst_force = f"force on atom {where[0]}, {'xyz'[where[1]]} (worst), Ha/bohr"
    worst_stress = f"stress {axes[component]} (worst), GPa"
    pressure, abinit_pressure = -stress[:3].mean(), -abinit_stress[:3].mean()
    return [
        Row(name, level.name, quantity, float(value), float(expected), float(abs(value - expected)), tolerance)
        for quantity, value, expected, tolerance in (
            ("free energy, Ha/atom", energy, abinit_energy, level.energy),
            (worst_force, forces[where], abinit_forces[where], level.force),
            (worst_stress, stress[component], abinit_stress[component], level.stress),
            ("pressure, GPa", pressure, abinit_pressure, level.stress),
        )
    ]


def table(rows: list[Row], command: str) -> str:
    """Return the page."""
    failed = sum(not row.passed for row in rows)
    lines = [
        "# Accuracy of the DFT engine",
        "",
        "How far the DFT engine is from another program: ABINIT 9.6.2 with the same pseudopotential (GTH-PBE), cutoff",
        "(60 Ry), k-point and electronic temperature.",
        "",
        "| measured | command | rows out of tolerance |",
        "|---|---|---|",
        f"| {datetime.now(UTC):%Y-%m-%d} | `{command}` | {failed} of {len(rows)} |",
        "",
        "| case | level | quantity | llpt | ABINIT | difference | tolerance | |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {r.case} | {r.level} | {r.quantity} | {r.llpt:.8f} | {r.abinit:.8f} | {r.difference:.1e} | "
        f"{r.tolerance:.0e} | {'ok' if r.passed else '**out**'} |"
        for r in rows
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reference", type=Path)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    cases = json.loads(arguments.reference.read_text())
    rows = [row for level in LEVELS for name, case in cases.items() for row in compute(name, case, level)]
    page = table(rows, " ".join(["python", *sys.argv]))
    if arguments.out:
        arguments.out.write_text(page)
    print(page)
    if not all(row.passed for row in rows):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
