"""Input of VASP for the reference's runs of a study (``exporting``).

VASP knows constant pressure by Parrinello and Rahman with Langevin friction on atoms and lattice (MDALGO = 3, ISIF = 3)
only. Its lattice mass W (PMASS, in u) is chosen for a period of 40 fs: an edge L of a cubic cell of bulk modulus B
oscillates with ω² = 3 B L / W, and dense hydrogen has B near 3 P. ICONST holds the angles and makes the edges equal.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from llpt.dft.kpoints import kpoints_in_cell
from llpt.dynamics import Ensemble
from llpt.engines.vasp import VASP as ENGINE
from llpt.engines.vasp import VaspOptions
from llpt.errors import InputError
from llpt.files import write_atomically
from llpt.options import parse_options
from llpt.study.exporting import MARK, ExternalProgram, edge_angstrom, first_structure, is_relaxed
from llpt.trajectory.foreign.vasp_theory import FUNCTIONAL_OF_GGA
from llpt.units import (
    ANGSTROM_TO_BOHR,
    BOLTZMANN_EV_PER_K,
    EV_PER_ANGSTROM3_TO_GPA,
    GPA_TO_KILOBAR,
    HYDROGEN_MASS_U,
    RYDBERG_TO_EV,
    U_ANGSTROM2_PER_FS2_TO_EV,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ase import Atoms
    from numpy.typing import NDArray

    from llpt.study.nodes import MolecularDynamics


PISTON_PERIOD_FS = 40.0
BULK_MODULUS_PER_PRESSURE = 3.0
FRICTION_PER_PS = 10.0
"""Of atoms and lattice: a time of 100 fs, as the Langevin thermostat of ``llpt``."""
GGA = {name: tag for tag, name in FUNCTIONAL_OF_GGA.items()}
"""INCAR's word for each functional."""
SHAPE = """LA 1 2 0
LA 1 3 0
LA 2 3 0
LR 1 0
LR 2 0
LR 3 0
S 1 0 0 0 0 0 0
S 0 1 0 0 0 0 0
S 0 0 1 0 0 0 0
S 0 0 0 1 -1 0 0
S 0 0 0 1 0 -1 0
"""
"""ICONST: three angles held, three edges equal; where S stands, the lines above it only name what it combines."""
TEMPLATE = f"""#!/bin/bash
# One ladder, rung after rung. Put your scheduler's lines here, and say how VASP is started and where its POTCAR is.
set -euo pipefail
VASP="${{VASP:-mpirun vasp_std}}"
POTCAR="${{POTCAR:?give the path of the POTCAR of hydrogen}}"
{MARK}
"""
RUN = """
run() {  # folder, and the folder of the rung it starts from
  cd "$1"
  if [ -e vasprun.xml ] && grep -q '</modeling>' vasprun.xml; then cd - > /dev/null; return; fi
  cp "$POTCAR" POTCAR
  if [ -s CONTCAR ] && [ -e vasprun.xml ]; then  # killed: what it did is a piece, and it goes on from there
    mv vasprun.xml "vasprun.$(ls vasprun*.xml | wc -l).xml"; mv CONTCAR POSCAR
  elif [ -n "$2" ]; then
    cp "$2/CONTCAR" POSCAR
  elif [ -e INCAR.relax ]; then  # a made-up fluid would heat itself by thousands of kelvin
    mkdir -p .relax; cp POSCAR KPOINTS POTCAR .relax; cp INCAR.relax .relax/INCAR
    (cd .relax; $VASP > vasp.out); cp .relax/CONTCAR POSCAR
  fi
  $VASP > vasp.out
  cd - > /dev/null
}
cd "$(dirname "$0")/.."
"""


def _write_run(run: MolecularDynamics, place: Path, source: Path) -> None:
    options = _options(run)
    start = first_structure(run, source, program=ENGINE.label)
    edge = edge_angstrom(run) if start is None else float(start.get_volume()) ** (1.0 / 3.0)
    write_atomically(place / "INCAR", _incar(run, options, edge), durable=False)
    write_atomically(place / "KPOINTS", kpoints_file(options.kpoints, edge * np.eye(3)), durable=False)
    if run.dynamics.ensemble is Ensemble.NPT:
        write_atomically(place / "ICONST", SHAPE, durable=False)
    if start is not None:
        write_atomically(place / "POSCAR", poscar(start, f"{run.atoms} H, {run.state.line}"), durable=False)
        if is_relaxed(run):
            relax = {"IBRION": 2, "NSW": run.start.relax_steps, "EDIFFG": -0.5, "ISIF": 2, "POTIM": 0.1}
            write_atomically(place / "INCAR.relax", _lines(_electrons(run, options) | relax), durable=False)


def _options(run: MolecularDynamics) -> VaspOptions:
    """Return the options of the reference that VASP has too."""
    known = {name: value for name, value in run.options.items() if name in VaspOptions.model_fields}
    kpoints = str(run.options.get("kpoints", VaspOptions.model_fields["kpoints"].default))
    if kpoints.startswith("spacing:"):  # a list of points only after the cell is known
        known.pop("kpoints")
    options = parse_options(VaspOptions, known, owner="engine vasp")
    return options.model_copy(update={"kpoints": kpoints})


def _electrons(run: MolecularDynamics, options: VaspOptions) -> dict[str, str | int | float]:
    if options.xc not in GGA:
        raise InputError(
            f"VASP's input for the functional {options.xc} is not known here.", f"Use one of {', '.join(GGA)}."
        )
    values: dict[str, str | int | float] = {
        "SYSTEM": f"{run.atoms} H {run.state.line} T{run.state.temperature_k:g}",
        "PREC": "Accurate",
        "GGA": GGA[options.xc],
        "ENCUT": f"{options.ecut_ry * RYDBERG_TO_EV:.3f}",
        "EDIFF": f"{options.ediff_ev:g}",
        "ISMEAR": -1,
        "SIGMA": f"{BOLTZMANN_EV_PER_K * options.electronic_temperature_k:.8f}",
        "ISYM": 0,
        "NELM": 200,
        "LREAL": ".FALSE.",
        "LCHARG": ".FALSE.",
        "LWAVE": ".FALSE.",
        "POMASS": HYDROGEN_MASS_U,  # VASP's own is 1.000
    }
    return values | ({} if options.bands is None else {"NBANDS": options.bands})


def _incar(run: MolecularDynamics, options: VaspOptions, edge_angstrom: float) -> str:
    dynamics = run.dynamics
    values = _electrons(run, options) | {
        "IBRION": 0,
        "NSW": dynamics.steps,
        "POTIM": f"{run.timestep_fs:.6g}",
        "TEBEG": f"{dynamics.temperature_k:g}",
        "TEEND": f"{dynamics.temperature_k:g}",
        "NBLOCK": 1,
        "RANDOM_SEED": f"{dynamics.seed % 900_000_000} 0 0",
    }
    if dynamics.ensemble is Ensemble.NVE:
        values |= {"MDALGO": 1, "ANDERSEN_PROB": 0.0, "ISIF": 2}
    else:
        values |= {"MDALGO": 3, "LANGEVIN_GAMMA": FRICTION_PER_PS, "ISIF": 2}
    if dynamics.pressure_gpa is not None:
        values |= {
            "ISIF": 3,
            "PSTRESS": f"{dynamics.pressure_gpa * GPA_TO_KILOBAR:g}",
            "LANGEVIN_GAMMA_L": FRICTION_PER_PS,
            "PMASS": f"{lattice_mass_u(dynamics.pressure_gpa, edge_angstrom):.3g}",
        }
    return _lines(values)


def lattice_mass_u(pressure_gpa: float, edge_angstrom: float) -> float:
    """Return PMASS, the mass of the lattice in u, for a period of 40 fs: W = 3 B L / ω², B = 3 P.

    Args:
        pressure_gpa: the barostat's pressure.
        edge_angstrom: edge L of the cubic cell.
    """
    bulk_modulus = BULK_MODULUS_PER_PRESSURE * pressure_gpa / EV_PER_ANGSTROM3_TO_GPA
    omega = 2.0 * math.pi / PISTON_PERIOD_FS
    return 3.0 * bulk_modulus * edge_angstrom / omega**2 / U_ANGSTROM2_PER_FS2_TO_EV


def kpoints_file(sampling: str, cell_angstrom: NDArray[np.float64]) -> str:
    """Return KPOINTS: every point with its weight, in fractions of the reciprocal vectors.

    Args:
        sampling: as the engine ``dft`` reads it.
        cell_angstrom: cell vectors as rows, for points by spacing.

    >>> print(kpoints_file("mean-value", 4.0 * np.eye(3)))
    mean-value
    1
    Reciprocal
      0.250000000000   0.250000000000   0.250000000000   1.000000000000
    <BLANKLINE>
    """
    points = kpoints_in_cell(sampling, cell_angstrom * ANGSTROM_TO_BOHR)
    rows = [
        " ".join(f"{value:16.12f}" for value in (*point, weight))
        for point, weight in zip(points.fractional, points.weights, strict=True)
    ]
    return "\n".join([sampling, str(len(rows)), "Reciprocal", *rows]) + "\n"


def poscar(atoms: Atoms, title: str) -> str:
    """Return POSCAR of a structure of one element."""
    rows = ["  ".join(f"{value:.12f}" for value in row) for row in atoms.cell.array]
    places = ["  ".join(f"{value:.12f}" for value in row) for row in atoms.get_scaled_positions()]
    symbol = atoms.get_chemical_symbols()[0]
    return "\n".join([title, "1.0", *rows, symbol, str(len(atoms)), "Direct", *places]) + "\n"


def _lines(values: Mapping[str, str | int | float]) -> str:
    return "".join(f"{key} = {value}\n" for key, value in values.items())


VASP = ExternalProgram(
    engine=ENGINE,
    write_run=_write_run,
    template=TEMPLATE,
    functions=RUN,
    advice="""Before you submit: set `POTCAR` to the PAW set of hydrogen (a hard one for such densities), `VASP` to the
command that starts VASP (compiled with `-Dtbdyn`), and add your scheduler's lines, or give them with `--template`. A
script that is submitted again skips what is done and goes on with what was killed. Look at the first run at constant
pressure: its cell must stay cubic (`ICONST`), and its pressure must come to PSTRESS.""",
)
