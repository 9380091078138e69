"""What the shortest waves of the Laplacian do to SCAN-L: self-consistency, energy and forces against the cutoff.

    python benchmarks/scan_l.py --reach inf 8 7 6 5

Sixteen displaced atoms (r_s 1.36, GTH, T_el = 1000 K, exact grid, double precision), solved at each cutoff with PBE and
with SCAN-L whose Laplacian is smoothed beyond each G_c (1/bohr; ``inf``: as published). Prints one line of JSON
each: the power of ten that the error of F falls below in ``--cycles`` cycles (Ha/atom; on any try of the ladder), F per
atom, and the rms force (Ha/bohr), also less PBE's and less that of the first ``--reach``.
"""

from __future__ import annotations

import argparse
import json
import math
from typing import TYPE_CHECKING, Any

import torch

from llpt import units
from llpt.dft.basis import build_basis
from llpt.dft.functionals import get_functional
from llpt.dft.ions import Ions
from llpt.dft.kpoints import parse_kpoints
from llpt.dft.problem import Problem
from llpt.dft.pseudopotentials import get_pseudopotential
from llpt.dft.scf import ScfSettings, solve_scf
from llpt.dft.terms import xc as xc_term
from llpt.dft.theory import Theory
from llpt.errors import EngineError
from llpt.precision import Precision
from llpt.structure import Lattice, displaced, molecular_lattice

if TYPE_CHECKING:
    from torch import Tensor


def solve(cutoff_ry: float, xc: str, cycles: int) -> dict[str, Any]:
    """Return what a number of cycles reaches: the loosest power of ten of the error of F that is met, F and forces."""
    atoms = displaced(molecular_lattice(Lattice.HCP, repeats=(2, 1, 1), wigner_seitz_radius=1.36), 0.06, seed=3)
    cell, positions = (torch.tensor(x) * units.ANGSTROM_TO_BOHR for x in (atoms.cell.array, atoms.positions))
    kpoints = parse_kpoints("mean-value")
    basis = build_basis(cell, cutoff=0.5 * cutoff_ry, kpoints=kpoints, precision=Precision.DOUBLE)
    theory = Theory(get_pseudopotential("gth"), get_functional(xc), 1000.0 * units.KELVIN_TO_HARTREE)
    for exponent in range(16, 5, -1):
        settings = ScfSettings(energy_tolerance=10.0**-exponent, orbital_tolerance=1e-3, max_cycles=cycles)
        try:
            state = solve_scf(Problem(basis, Ions(positions, 1), theory), settings)
        except EngineError:
            continue
        return {"below": 10.0**-exponent, "free": state.free_energy / len(atoms), "forces": state.forces}
    raise SystemExit(f"{xc} at {cutoff_ry:g} Ry: not even 1e-6 Ha/atom in {cycles} cycles.")


def rms(forces: Tensor) -> float:
    return float(f"{float(forces.square().mean().sqrt()):.2g}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reach", type=float, nargs="+", default=[math.inf, 8.0, 7.0, 6.0, 5.0])
    parser.add_argument("--cutoffs", type=float, nargs="+", default=[60.0, 90.0, 130.0])
    parser.add_argument("--cycles", type=int, default=30)
    given = parser.parse_args()
    for cutoff in given.cutoffs:
        pbe = solve(cutoff, "pbe", given.cycles)
        print(json.dumps({"xc": "pbe", "ecut_ry": cutoff, "f_mev": 1000.0 * units.HARTREE_TO_EV * pbe["free"]}))
        first = None
        for reach in given.reach:
            xc_term.LAPLACIAN_REACH = reach
            found = solve(cutoff, "scan-l", given.cycles)
            first = found["forces"] if first is None else first
            row = {
                "xc": "scan-l",
                "ecut_ry": cutoff,
                "reach": reach,
                "error_of_f_below": found["below"],
                "f_mev": 1000.0 * units.HARTREE_TO_EV * found["free"],
                "rms_force": rms(found["forces"]),
                "less_pbe": rms(found["forces"] - pbe["forces"]),
                "less_first": rms(found["forces"] - first),
            }
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
