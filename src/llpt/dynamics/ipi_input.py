"""The input file of i-PI for a run: everything in atomic units, with our constants, to the last digit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from llpt.dynamics.ipi_driver import DRIVER_FILE, INNER
from llpt.dynamics.ring_polymer import DISPLACEMENTS, ring_momenta, ring_positions
from llpt.dynamics.settings import BAROSTAT_THERMOSTAT_RATIO, PILE_SCALE, RunSettings
from llpt.ensembles import Ensemble, Thermostat
from llpt.units import (
    ANGSTROM_TO_BOHR,
    ASE_VELOCITY_TO_ANGSTROM_PER_FS,
    ATOMIC_MASS_TO_ELECTRON_MASS,
    FS_TO_ATOMIC_TIME,
    HARTREE_PER_BOHR3_TO_GPA,
    KELVIN_TO_HARTREE,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    import ase
    from numpy.typing import NDArray

_OUTPUTS = """<output prefix='i-pi'>
  <properties stride='10' filename='out'> [ step, time{femtosecond}, conserved{electronvolt}, temperature{kelvin}, \
potential{electronvolt}, pressure_md{gigapascal}, volume{angstrom3} ] </properties>
  <trajectory stride='100' filename='pos' format='ase'> positions </trajectory>
  <checkpoint stride='1000' overwrite='true'/>
</output>"""


def ipi_input(atoms: ase.Atoms, settings: RunSettings, timestep_fs: float) -> str:
    """Return i-PI's input for a run, centre of mass at rest.

    Args:
        atoms: the prepared start (standard cell; velocities, which a path integral draws anew for every bead).
        settings: what to do.
        timestep_fs: the time step, resolved.
    """
    masses = np.asarray(atoms.get_masses(), dtype=float) * ATOMIC_MASS_TO_ELECTRON_MASS
    n, beads = len(atoms), settings.beads
    positions, momenta = _phase_space(atoms, settings)
    pressure = ""
    if settings.pressure_gpa is not None:
        pressure = f"<pressure> {settings.pressure_gpa / HARTREE_PER_BOHR3_TO_GPA:.16e} </pressure>"
    inner = settings.multiple_time_steps
    forces, split = _FORCE.format("engine", ""), ""
    if inner is not None:
        # the engine less the potential once a step, the potential at every inner one
        forces = _FORCE.format("engine", _LEVELS.format(1, 0)) + _FORCE.format(INNER, _LEVELS.format(-1, 1))
        split = f"<nmts> [1, {inner.inner_steps}] </nmts>"
    return f"""<simulation verbosity='low' floatformat='%25.16e' safe_stride='1000000000' threading='false'>
{_OUTPUTS}
<total_steps> {settings.steps} </total_steps>
<prng> <seed> {settings.seed} </seed> </prng>
{_force_field("engine", beads)}{"" if inner is None else _force_field(INNER, beads)}
<system>
<beads natoms='{n}' nbeads='{beads}'>
<q shape='({beads}, {3 * n})'> {_numbers(positions.ravel() * ANGSTROM_TO_BOHR)} </q>
<p shape='({beads}, {3 * n})'> {_numbers(momenta.ravel())} </p>
<m shape='({n})'> {_numbers(masses)} </m>
<names shape='({n})'> [ {", ".join(atoms.get_chemical_symbols())} ] </names>
</beads>
<normal_modes transform='matrix'/>
<cell shape='(3, 3)'> {_numbers((atoms.cell.array.T * ANGSTROM_TO_BOHR).ravel())} </cell>
<forces> {forces} </forces>
<ensemble> <temperature> {settings.temperature_k * KELVIN_TO_HARTREE:.16e} </temperature> {pressure} </ensemble>
<motion mode='dynamics'>
<fixcom> true </fixcom>
<dynamics mode='{settings.ensemble}'>
<timestep> {timestep_fs * FS_TO_ATOMIC_TIME:.16e} </timestep> {split}
{_baths(settings)}
</dynamics>
</motion>
</system>
</simulation>
"""


_FORCE = "<force forcefield='{}'> {} </force>"
_LEVELS = "<mts_weights> [{}, {}] </mts_weights>"


def _force_field(name: str, beads: int) -> str:
    """Return what tells i-PI of one of the two that compute forces."""
    which = f"<parameters> {{ {INNER} : true }} </parameters> " if name == INNER else ""
    return (
        f"<ffdirect name='{name}' pbc='false'> {which}<pes> custom </pes> <pes_path> {DRIVER_FILE} </pes_path> "
        f"<batch_size> {beads} </batch_size> </ffdirect>"
    )


def _phase_space(atoms: ase.Atoms, settings: RunSettings) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return positions in Å and momenta in atomic units of every bead, shape (P, n, 3)."""
    untyped: Any = atoms
    masses = np.asarray(untyped.get_masses(), dtype=float)
    if settings.beads == 1:
        momenta = untyped.get_velocities()[np.newaxis] * masses[:, np.newaxis]
    else:
        momenta = ring_momenta(masses, settings.temperature_k, settings.beads, settings.seed)
    to_atomic = ATOMIC_MASS_TO_ELECTRON_MASS * ASE_VELOCITY_TO_ANGSTROM_PER_FS * ANGSTROM_TO_BOHR / FS_TO_ATOMIC_TIME
    return ring_positions(untyped.positions, untyped.arrays.get(DISPLACEMENTS), settings.beads), momenta * to_atomic


_PILE = {Thermostat.SVR: "pile_g", Thermostat.LANGEVIN: "pile_l"}
"""What i-PI calls the thermostat of a path integral, by that of its centroid."""


def _baths(settings: RunSettings) -> str:
    """Return thermostat and barostat of an ensemble."""
    if settings.ensemble is Ensemble.NVE:
        return ""
    if settings.beads == 1:
        thermostat = _thermostat(str(settings.thermostat), settings.thermostat_time)
    else:
        scale = f"<pile_lambda> {PILE_SCALE} </pile_lambda>"
        thermostat = _thermostat(_PILE[settings.thermostat], settings.thermostat_time, scale)
    if settings.ensemble is Ensemble.NVT:
        return thermostat
    piston = _thermostat("langevin", BAROSTAT_THERMOSTAT_RATIO * settings.barostat_time_fs)
    tau = settings.barostat_time_fs * FS_TO_ATOMIC_TIME
    return f"{thermostat}\n<barostat mode='isotropic'> <tau> {tau:.16e} </tau> {piston} </barostat>"


def _thermostat(mode: str, time_fs: float, more: str = "") -> str:
    return f"<thermostat mode='{mode}'> <tau> {time_fs * FS_TO_ATOMIC_TIME:.16e} </tau> {more} </thermostat>"


def _numbers(values: Iterable[float]) -> str:
    return "[ " + ", ".join(f"{value:.16e}" for value in values) + " ]"
