"""The input file of i-PI for a run: everything in atomic units, with our constants, to the last digit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from llpt.dynamics.ipi_driver import DRIVER_FILE
from llpt.dynamics.settings import BAROSTAT_THERMOSTAT_RATIO, Ensemble, RunSettings
from llpt.dynamics.start import ASE_VELOCITY_TO_ANGSTROM_PER_FS
from llpt.units import (
    ANGSTROM_TO_BOHR,
    ATOMIC_MASS_TO_ELECTRON_MASS,
    FS_TO_ATOMIC_TIME,
    HARTREE_PER_BOHR3_TO_GPA,
    KELVIN_TO_HARTREE,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    import ase

_OUTPUTS = """<output prefix='i-pi'>
  <properties stride='10' filename='out'> [ step, time{femtosecond}, conserved{electronvolt}, temperature{kelvin}, \
potential{electronvolt}, pressure_md{gigapascal}, volume{angstrom3} ] </properties>
  <trajectory stride='100' filename='pos' format='ase'> positions </trajectory>
  <checkpoint stride='1000' overwrite='true'/>
</output>"""


def ipi_input(atoms: ase.Atoms, settings: RunSettings, timestep_fs: float) -> str:
    """Return i-PI's input for a run: classical (one bead), centre of mass at rest.

    Args:
        atoms: the prepared start (standard cell, velocities).
        settings: what to do.
        timestep_fs: the time step, resolved.
    """
    masses = np.asarray(atoms.get_masses(), dtype=float) * ATOMIC_MASS_TO_ELECTRON_MASS
    untyped: Any = atoms
    velocities = untyped.get_velocities() * (ASE_VELOCITY_TO_ANGSTROM_PER_FS * ANGSTROM_TO_BOHR / FS_TO_ATOMIC_TIME)
    momenta = velocities * masses[:, np.newaxis]
    n = len(atoms)
    pressure = ""
    if settings.pressure_gpa is not None:
        pressure = f"<pressure> {settings.pressure_gpa / HARTREE_PER_BOHR3_TO_GPA:.16e} </pressure>"
    return f"""<simulation verbosity='low' floatformat='%25.16e' safe_stride='1000000000' threading='false'>
{_OUTPUTS}
<total_steps> {settings.steps} </total_steps>
<prng> <seed> {settings.seed} </seed> </prng>
<ffdirect name='engine' pbc='false'> <pes> custom </pes> <pes_path> {DRIVER_FILE} </pes_path> </ffdirect>
<system>
<beads natoms='{n}' nbeads='1'>
<q shape='(1, {3 * n})'> {_numbers(atoms.positions.ravel() * ANGSTROM_TO_BOHR)} </q>
<p shape='(1, {3 * n})'> {_numbers(momenta.ravel())} </p>
<m shape='({n})'> {_numbers(masses)} </m>
<names shape='({n})'> [ {", ".join(atoms.get_chemical_symbols())} ] </names>
</beads>
<cell shape='(3, 3)'> {_numbers((atoms.cell.array.T * ANGSTROM_TO_BOHR).ravel())} </cell>
<forces> <force forcefield='engine'/> </forces>
<ensemble> <temperature> {settings.temperature_k * KELVIN_TO_HARTREE:.16e} </temperature> {pressure} </ensemble>
<motion mode='dynamics'>
<fixcom> true </fixcom>
<dynamics mode='{settings.ensemble}'>
<timestep> {timestep_fs * FS_TO_ATOMIC_TIME:.16e} </timestep>
{_baths(settings)}
</dynamics>
</motion>
</system>
</simulation>
"""


def _baths(settings: RunSettings) -> str:
    """Return thermostat and barostat of an ensemble."""
    if settings.ensemble is Ensemble.NVE:
        return ""
    thermostat = _thermostat(str(settings.thermostat), settings.thermostat_time)
    if settings.ensemble is Ensemble.NVT:
        return thermostat
    piston = _thermostat("langevin", BAROSTAT_THERMOSTAT_RATIO * settings.barostat_time_fs)
    tau = settings.barostat_time_fs * FS_TO_ATOMIC_TIME
    return f"{thermostat}\n<barostat mode='isotropic'> <tau> {tau:.16e} </tau> {piston} </barostat>"


def _thermostat(mode: str, time_fs: float) -> str:
    return f"<thermostat mode='{mode}'> <tau> {time_fs * FS_TO_ATOMIC_TIME:.16e} </tau> </thermostat>"


def _numbers(values: Iterable[float]) -> str:
    return "[ " + ", ".join(f"{value:.16e}" for value in values) + " ]"
