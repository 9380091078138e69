"""Input of CP2K for the reference's runs of a study (``exporting``): its own dynamics, NVE, NVT or isotropic NPT.

Stochastic velocity rescaling (CSVR) and the barostat of Martyna, Tobias and Klein, with the study's times. CP2K goes on
from its restart file, which holds the number of the step: MAX_STEPS counts from the first one, and that step is none.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from ase import Atoms

from llpt.dynamics import Ensemble
from llpt.dynamics.settings import SEED_LIMIT
from llpt.engines.cp2k import CP2K as ENGINE
from llpt.engines.cp2k import POTENTIALS, Cp2kOptions, force_evaluation, gth_entry, uses_kpoints
from llpt.errors import InputError
from llpt.files import make_directory, write_atomically
from llpt.options import parse_options
from llpt.study.exporting import MARK, ExternalProgram, edge_angstrom, first_structure, folder_of, is_relaxed
from llpt.units import GPA_TO_BAR

if TYPE_CHECKING:
    from pathlib import Path

    from llpt.study.nodes import MolecularDynamics

PROJECT = "h"
RELAXATION = ".relax"
"""Hidden, so that nobody takes it for a run."""
ENSEMBLES = {Ensemble.NVE: "NVE", Ensemble.NVT: "NVT", Ensemble.NPT: "NPT_I"}
BEFORE = "@before@"
"""Stands for the folder of the rung before in an input; the script fills it in."""
TEMPLATE = f"""#!/bin/bash
# One ladder, rung after rung. Put your scheduler's lines here, and say how CP2K is started.
set -euo pipefail
CP2K="${{CP2K:-cp2k.psmp}}"
{MARK}
"""
FUNCTIONS = """
run() {  # folder, and the folder of the rung it starts from
  cd "$1"
  if [ -e done ]; then cd - > /dev/null; return; fi
  if [ -s h-1.restart ]; then  # killed: it goes on from there, and appends
    $CP2K -i h-1.restart -o run.out
  else
    if [ -e .relax ] && [ ! -e .relax/done ]; then  # a made-up fluid would heat itself by thousands of kelvin
      (cd .relax; $CP2K -i relax.inp -o relax.out; touch done)
    fi
    sed "s#@before@#$2#" h.inp > h-begun.inp
    $CP2K -i h-begun.inp -o run.out
  fi
  touch done
  cd - > /dev/null
}
cd "$(dirname "$0")/.."
"""


def _write_run(run: MolecularDynamics, place: Path, source: Path) -> None:
    options = _options(run)
    start = first_structure(run, source, program=ENGINE.label)
    relaxed = start is not None and is_relaxed(run)
    begins = ""
    if start is None:
        begins = _begins_from(f"{BEFORE}/{PROJECT}-1.restart", "POS", "CELL", "VEL")
        start = _placeholder(run)
    elif relaxed:
        begins = _begins_from(f"{RELAXATION}/relax-1.restart", "POS")
    electrons = force_evaluation(
        options,
        start,
        basis_file=options.basis_file,
        restart=f"{PROJECT}-RESTART.{'kp' if uses_kpoints(options) else 'wfn'}",
    )
    write_atomically(place / f"{PROJECT}.inp", _global(PROJECT, "MD", run) + _motion(run) + electrons + begins)
    if relaxed:
        text = _global("relax", "GEO_OPT", run) + _relaxation(run.start.relax_steps) + electrons
        make_directory(place / RELAXATION)
        write_atomically(place / RELAXATION / "relax.inp", text, durable=False)
    if options.pseudopotential == "gth":
        for folder in (place, *((place / RELAXATION,) if relaxed else ())):
            write_atomically(folder / POTENTIALS, gth_entry(), durable=False)


def _placeholder(run: MolecularDynamics) -> Atoms:
    """Return atoms on a grid: CP2K asks for some where it takes their places from a restart file."""
    edge, side = edge_angstrom(run), math.ceil(run.atoms ** (1.0 / 3.0))
    places = np.indices((side, side, side)).reshape(3, -1).T[: run.atoms] * (edge / side)
    return Atoms(f"H{run.atoms}", positions=places, cell=[edge] * 3, pbc=True)


def _options(run: MolecularDynamics) -> Cp2kOptions:
    """Return the options of the reference that CP2K has too.

    Raises:
        InputError: one has no counterpart.
    """
    known = {name: value for name, value in run.options.items() if name in Cp2kOptions.model_fields}
    if run.engine != ENGINE.name:  # a basis set, a grid and a potential of another program mean nothing here
        known = {name: known[name] for name in ("electronic_temperature_k", "kpoints", "xc") if name in known}
    if str(known.get("kpoints", "")).startswith("spacing:"):
        raise InputError(
            f"{folder_of(run)} has k-points by their spacing, which are not written for CP2K.",
            "Give them as a mesh, e.g. kpoints = 2x2x2.",
        )
    return parse_options(Cp2kOptions, known, owner="engine cp2k")


def _global(project: str, kind: str, run: MolecularDynamics) -> str:
    seed = run.dynamics.seed % SEED_LIMIT
    return f"&GLOBAL\nPROJECT {project}\nRUN_TYPE {kind}\nPRINT_LEVEL LOW\nSEED {seed}\n&END GLOBAL\n"


def _begins_from(restart: str, *parts: str) -> str:
    rows = "\n".join(f"RESTART_{part} T" for part in parts)
    return f"&EXT_RESTART\nRESTART_FILE_NAME {restart}\nRESTART_DEFAULT F\n{rows}\n&END EXT_RESTART\n"


def _relaxation(steps: int) -> str:
    return f"&MOTION\n&GEO_OPT\nOPTIMIZER CG\nMAX_ITER {steps}\nMAX_FORCE 0.01\n&END GEO_OPT\n&END MOTION\n"


def _motion(run: MolecularDynamics) -> str:
    dynamics = run.dynamics
    thermostat = f"""&THERMOSTAT
TYPE CSVR
&CSVR
TIMECON [fs] {dynamics.thermostat_time!r}
&END CSVR
&END THERMOSTAT
"""
    barostat = ""
    if dynamics.pressure_gpa is not None:
        barostat = f"""&BAROSTAT
PRESSURE [bar] {dynamics.pressure_gpa * GPA_TO_BAR!r}
TIMECON [fs] {dynamics.barostat_time_fs!r}
&END BAROSTAT
"""
    return f"""&MOTION
&MD
ENSEMBLE {ENSEMBLES[dynamics.ensemble]}
STEPS {dynamics.steps}
MAX_STEPS {dynamics.steps + 1}
TIMESTEP [fs] {run.timestep_fs:.6g}
TEMPERATURE [K] {dynamics.temperature_k!r}
{"" if dynamics.ensemble is Ensemble.NVE else thermostat}{barostat}&END MD
&PRINT
&TRAJECTORY
FORMAT XYZ
&END TRAJECTORY
&VELOCITIES ON
&END VELOCITIES
&FORCES ON
&END FORCES
&CELL ON
&END CELL
&STRESS ON
&END STRESS
&RESTART
BACKUP_COPIES 0
&EACH
MD 1
&END EACH
&END RESTART
&RESTART_HISTORY OFF
&END RESTART_HISTORY
&END PRINT
&END MOTION
"""


CP2K = ExternalProgram(
    engine=ENGINE,
    write_run=_write_run,
    template=TEMPLATE,
    functions=FUNCTIONS,
    advice="""Before you submit: set `CP2K` to the command that starts CP2K, and add your scheduler's lines, or give
them with `--template`. A script that is submitted again skips what is done and goes on with what was killed. Basis set
and grid are those of the study where its reference is `cp2k`, else the defaults of that engine: look at them in
`h.inp`.""",
)
