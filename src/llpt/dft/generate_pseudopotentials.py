"""Make the hydrogen pseudopotentials of this package: ``python -m llpt.dft.generate_pseudopotentials DIRECTORY``.

Three stages, all with PBE, and nothing from outside the package goes in:

1. *Hard*: r_loc = 0.22 bohr and five coefficients, fitted to the all-electron atom alone (``atom_match``). It stands
   for the proton to better than 0.1 of every tolerance there and needs 200 Ry.
2. *Reference*: the hard potential at 200 Ry on small random fluids and displaced lattices (free energy, forces,
   pressure).
3. *Soft*: r_loc = 0.25 bohr and six coefficients. First the atom with a penalty on the kinetic energy beyond the
   cutoff; then forces, corrected pressures and energies of stage 2, at the recommended cutoff *and* near the limit of
   a complete basis, so that basis error and transferability are each kept small; the atom stays in as a constraint.

Which is why the published tests (``docs/pseudopotential.md``) use other structures and another program's values.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import least_squares

from llpt import units
from llpt.dft.calculator import KohnSham
from llpt.dft.pseudopotentials.atom_match import AtomProperties, atom_properties, kinetic_tail, mismatch
from llpt.dft.pseudopotentials.gth import GTHPotential
from llpt.dft.settings import KohnShamSettings, PressureCorrection
from llpt.files import write_atomically
from llpt.precision import Precision
from llpt.structure import Lattice, atomic_fluid, atomic_lattice, displaced, molecular_fluid, molecular_lattice

if TYPE_CHECKING:
    from ase import Atoms
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

HARD_R_LOC, HARD_CUTOFF_RY = 0.22, 200.0
SOFT_R_LOC, SOFT_CUTOFF_RY = 0.25, 55.0
#: (cutoff in Ry, weight) at which the soft potential is fitted.
FIT_CUTOFFS = ((SOFT_CUTOFF_RY, 1.0), (95.0, 0.8))
#: Kinetic-energy penalty of the starting point, and weight of the atom in the final fit.
TAIL_WEIGHT, ATOM_WEIGHT = 1500.0, 0.05
#: What counts as one unit: share of the rms force (not below a floor, Ha/bohr), GPa, Ha per atom.
FORCE_SHARE, FORCE_FLOOR, PRESSURE_GPA, ENERGY_HA = 0.01, 0.03, 1.5, 1.5e-3 * units.EV_TO_HARTREE
#: Steps of the coefficients for numerical derivatives.
STEPS = np.array([0.05, 0.05, 0.02, 3e-3, 3e-4, 2e-5])


def all_electron_atom() -> AtomProperties:
    """Return the properties of hydrogen with its bare nucleus."""
    return atom_properties(lambda r: -1.0 / r, cusp=True)


def fit_atom(exact: AtomProperties, start: Array, *, r_loc: float, cutoff_ry: float, tail_weight: float) -> Array:
    """Return coefficients that match the atom, with a penalty on the kinetic energy beyond a cutoff.

    Args:
        exact: properties of the atom in the Coulomb potential.
        start: coefficients that the fit begins with, in Ha.
        r_loc: range of the local potential in bohr, > 0.
        cutoff_ry: beyond which kinetic energy is penalised, in Ry.
        tail_weight: of that penalty, >= 0.
    """

    def residuals(coefficients: Array) -> Array:
        potential = GTHPotential("trial", r_loc=r_loc, coefficients=tuple(coefficients))
        properties = atom_properties(potential.real_space)
        return np.append(mismatch(properties, exact), tail_weight * kinetic_tail(properties, cutoff_ry) ** 0.5)

    return np.asarray(least_squares(residuals, start, x_scale="jac", diff_step=1e-5, max_nfev=40).x)


def training_structures() -> dict[str, Atoms]:
    """Return small cells at r_s 1.25 to 1.5: molecular, atomic and half-dissociated fluids, displaced lattices."""
    structures: dict[str, Atoms] = {}
    for rs in (1.28, 1.36, 1.45):
        structures[f"molecular fluid {rs}"] = molecular_fluid(atoms=16, wigner_seitz_radius=rs, seed=5)
    for rs in (1.26, 1.38):
        structures[f"atomic fluid {rs}"] = atomic_fluid(atoms=16, wigner_seitz_radius=rs, seed=6)
    for rs in (1.30, 1.42):
        fluid = molecular_fluid(atoms=16, wigner_seitz_radius=rs, seed=7)
        structures[f"mixed fluid {rs}"] = displaced(fluid, 0.08, seed=8)
    crystal = molecular_lattice(Lattice.HCP, repeats=(2, 1, 1), wigner_seitz_radius=1.40)
    structures["molecular crystal"] = displaced(crystal, 0.03, seed=9)
    crystal = atomic_lattice(Lattice.BCC, repeats=(2, 2, 2), wigner_seitz_radius=1.32)
    structures["atomic crystal"] = displaced(crystal, 0.08, seed=10)
    return structures


@dataclass(frozen=True, slots=True)
class Answer:
    """What a potential gives for one structure: forces (Ha/bohr), corrected pressure (GPa), F per atom (Ha)."""

    forces: Array
    pressure_gpa: float
    energy: float


class Laboratory:
    """The structures and one calculator for each at each cutoff, which start from what they solved last."""

    def __init__(self, structures: dict[str, Atoms]) -> None:
        self.structures = structures
        self._calculators: dict[tuple[str, float], KohnSham] = {}

    def answer(self, name: str, potential: GTHPotential, *, cutoff_ry: float) -> Answer:
        """Solve one structure at T_el = 1000 K, k = (¼, ¼, ¼).

        Args:
            name: of the structure.
            potential: the pseudopotential that is tried.
            cutoff_ry: of the plane waves in Ry.
        """
        calculator = self._calculators.setdefault(
            (name, cutoff_ry),
            KohnSham(
                KohnShamSettings(
                    ecut_ry=cutoff_ry,
                    pressure_correction=PressureCorrection.FINITE_BASIS,
                    precision=Precision.SINGLE,
                )
            ),
        )
        calculator.theory = replace(calculator.theory, pseudopotential=potential)
        atoms = self.structures[name]
        calculator.calculate(atoms)
        results = calculator.results
        return Answer(
            results["forces"] * units.EV_PER_ANGSTROM_TO_HARTREE_PER_BOHR,
            -float(results["stress"][:3].mean()) * units.EV_PER_ANGSTROM3_TO_GPA,
            results["free_energy_uncorrected"] * units.EV_TO_HARTREE / len(atoms),
        )


def fluid_residuals(
    laboratory: Laboratory, potential: GTHPotential, reference: dict[str, Answer], *, cutoff_ry: float
) -> Array:
    """Return the deviations from the reference, in units of the tolerances; the zero of energy is free.

    Args:
        laboratory: the structures.
        potential: the pseudopotential that is tried.
        reference: forces, pressure and energy of each structure, by its name.
        cutoff_ry: of the plane waves in Ry.
    """
    rows: list[Array] = []
    energies = []
    for name, exact in reference.items():
        trial = laboratory.answer(name, potential, cutoff_ry=cutoff_ry)
        scale = FORCE_SHARE * max(float(np.sqrt((exact.forces**2).mean())), FORCE_FLOOR)
        rows.append((trial.forces - exact.forces).ravel() / scale / np.sqrt(exact.forces.size))
        rows.append(np.array([(trial.pressure_gpa - exact.pressure_gpa) / PRESSURE_GPA]))
        energies.append(trial.energy - exact.energy)
    rows.append((np.array(energies) - np.mean(energies)) / ENERGY_HA)
    return np.concatenate(rows)


def fit_fluids(
    laboratory: Laboratory, reference: dict[str, Answer], exact: AtomProperties, start: Array, *, steps: int
) -> Array:
    """Return the coefficients of the soft potential (stage 3).

    Args:
        laboratory: the structures.
        reference: the answers of the hard potential.
        exact: the all-electron atom.
        start: coefficients to begin with, as many as ``STEPS``.
        steps: most Gauss–Newton steps.
    """

    def residuals(coefficients: Array) -> Array:
        potential = GTHPotential("trial", r_loc=SOFT_R_LOC, coefficients=tuple(coefficients))
        rows = [
            weight * fluid_residuals(laboratory, potential, reference, cutoff_ry=cutoff)
            for cutoff, weight in FIT_CUTOFFS
        ]
        return np.concatenate([*rows, ATOM_WEIGHT * mismatch(atom_properties(potential.real_space), exact)])

    def slopes(coefficients: Array) -> Array:
        base = residuals(coefficients)
        columns = [
            (residuals(coefficients + step * unit) - base) / step
            for step, unit in zip(STEPS, np.eye(len(STEPS)), strict=True)
        ]
        print(f"  sum of squares {base @ base:.2f} at {coefficients.tolist()}", flush=True)  # noqa: T201
        return np.array(columns).T

    return np.asarray(
        least_squares(residuals, start, jac=slopes, x_scale="jac", max_nfev=steps, ftol=5e-3, xtol=1e-4).x
    )


def write_stored(path: Path, potential: GTHPotential, note: str) -> None:
    """Write a potential as the file that ``stored.read_stored`` reads.

    Args:
        path: of the file.
        potential: what is written.
        note: a sentence on its origin.
    """
    content = {
        "name": potential.name,
        "charge": potential.charge,
        "r_loc": potential.r_loc,
        "coefficients": list(potential.coefficients),
        "recommended_ecut_ry": potential.recommended_ecut_ry,
        "note": note,
    }
    write_atomically(path, json.dumps(content, indent=2) + "\n")


def rounded(coefficients: Array) -> tuple[float, ...]:
    """Return coefficients with nine significant digits: all that a file needs."""
    return tuple(float(f"{c:.9g}") for c in coefficients)


def main(directory: Path) -> None:
    """Run the three stages and write ``h-pbe-hard.json`` and ``h-pbe.json``."""
    exact = all_electron_atom()
    start = np.array([-6.5, 3.7, -0.7, 0.05, -0.001])
    coefficients = fit_atom(exact, start, r_loc=HARD_R_LOC, cutoff_ry=HARD_CUTOFF_RY, tail_weight=0.0)
    hard = GTHPotential(
        "llpt-H-PBE-hard", r_loc=HARD_R_LOC, coefficients=rounded(coefficients), recommended_ecut_ry=HARD_CUTOFF_RY
    )
    write_stored(directory / "h-pbe-hard.json", hard, "fitted to the all-electron PBE atom alone")
    print("hard:", hard.coefficients, flush=True)  # noqa: T201

    laboratory = Laboratory(training_structures())
    reference = {name: laboratory.answer(name, hard, cutoff_ry=HARD_CUTOFF_RY) for name in laboratory.structures}
    print("reference:", {name: round(a.pressure_gpa, 1) for name, a in reference.items()}, flush=True)  # noqa: T201

    start = np.array([-0.5, -2.5, 0.7, -0.045, 0.0006])
    coefficients = fit_atom(exact, start, r_loc=SOFT_R_LOC, cutoff_ry=SOFT_CUTOFF_RY, tail_weight=TAIL_WEIGHT)
    coefficients = fit_fluids(laboratory, reference, exact, np.append(coefficients, 0.0), steps=8)
    soft = GTHPotential(
        "llpt-H-PBE", r_loc=SOFT_R_LOC, coefficients=rounded(coefficients), recommended_ecut_ry=SOFT_CUTOFF_RY
    )
    write_stored(
        directory / "h-pbe.json", soft, "fitted to the PBE atom and to fluids computed with h-pbe-hard at 200 Ry"
    )
    print("soft:", soft.coefficients, flush=True)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
