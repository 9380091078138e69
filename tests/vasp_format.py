"""Runs in VASP's format: ``vasprun.xml`` as VASP 6.4 lays it out, with the numbers of any trajectory."""

import math
from pathlib import Path

import numpy as np
from ase import Atoms, units
from ase.calculators.singlepoint import SinglePointCalculator

from llpt import open_trajectory
from llpt.units import BOLTZMANN_EV_PER_K, EV_PER_ANGSTROM3_TO_GPA

KILOBAR_TO_GPA = 0.1
MASS_U = 1.008
MEMORY = 0.5
"""Share of a velocity that is left in the next frame."""


def thermal_frames(*, kelvin, gpa, timestep_fs, atoms=16, frames=40, edge=3.0):
    """Frames of a fluid that is no fluid: velocities forget, temperature and pressure are what they should be.

    Args:
        kelvin: of the velocities, which fluctuate as those of so few atoms do.
        gpa: the mean total pressure.
        timestep_fs: from frame to frame, in which the atoms go as far as those of their temperature do.
        atoms: number of hydrogen atoms.
        frames: number of frames.
        edge: mean edge of the cubic cell in Å.
    """
    random = np.random.default_rng(round(1000 * kelvin))
    across = math.ceil(atoms ** (1.0 / 3.0))
    places = np.array(list(np.ndindex(across, across, across)), dtype=float)[:atoms]
    fractions = (places + 0.5) / across + random.normal(scale=0.01, size=places.shape)  # no two atoms upon each other
    made = []
    thermal = np.sqrt(BOLTZMANN_EV_PER_K * kelvin / MASS_U)
    velocities = random.normal(scale=thermal, size=(atoms, 3))
    for _ in range(frames):
        fresh = random.normal(scale=thermal, size=(atoms, 3))
        velocities = MEMORY * velocities + math.sqrt(1.0 - MEMORY**2) * fresh
        fractions = fractions + velocities * timestep_fs * units.fs / edge
        cell = edge * (1.0 + 1e-3 * random.normal()) * np.eye(3)
        frame = Atoms(f"H{atoms}", scaled_positions=fractions, cell=cell, pbc=True)
        frame.set_momenta(MASS_U * (velocities - velocities.mean(axis=0)))
        kinetic_gpa = 2.0 * frame.get_kinetic_energy() / 3.0 / frame.get_volume() * EV_PER_ANGSTROM3_TO_GPA
        stress = -(gpa + 2.0 * random.normal() - kinetic_gpa) / EV_PER_ANGSTROM3_TO_GPA
        free = -15.0 * atoms + random.normal()
        results = {"energy": free + 0.1, "free_energy": free, "forces": random.normal(size=(atoms, 3))}
        frame.calc = SinglePointCalculator(frame, stress=[stress] * 3 + [0.0] * 3, **results)
        frame.info["entropy"] = 0.1 / kelvin
        made.append(frame)
    return made


def _rows(table):
    return "".join(f"<v>{' '.join(f'{value:.8f}' for value in row)}</v>\n" for row in table)


def write_vasprun(path, trajectory, *, electronic_temperature_k):
    """Write a run as VASP would have left it.

    Args:
        path: the file to write.
        trajectory: with a frame of every step (``llpt.open_trajectory``).
        electronic_temperature_k: SIGMA; E and F differ by what the run says, and by nothing for a potential.
    """
    facts, scalars = trajectory.facts, trajectory.scalars()
    number = {name: scalars[name].to_numpy() for name in scalars.data_vars}
    n_atoms = trajectory.n_atoms
    constant = facts.pressure_gpa is None
    text = f"""<?xml version="1.0" encoding="ISO-8859-1"?>
<modeling><generator><i name="program" type="string">vasp </i><i name="version" type="string">6.4.2 </i></generator>
<incar><i type="int" name="IBRION">0</i><i name="POTIM">{facts.frame_interval_fs}</i></incar>
<parameters><separator name="general"><i name="TEBEG">{facts.temperature_k}</i><i name="TEEND">{facts.temperature_k}</i>
<i name="POTIM">{facts.frame_interval_fs}</i><i type="int" name="ISMEAR">-1</i>
<i name="SIGMA">{electronic_temperature_k * BOLTZMANN_EV_PER_K:.10f}</i>
<i name="PSTRESS">{0.0 if constant else facts.pressure_gpa / KILOBAR_TO_GPA}</i>
<i type="int" name="ISIF">{2 if constant else 3}</i></separator></parameters>
<atominfo><atoms>{n_atoms}</atoms><types>1</types>
<array name="atoms"><set>{"<rc><c>H </c><c>1</c></rc>" * n_atoms}</set></array>
<array name="atomtypes"><set><rc><c>{n_atoms}</c><c>H </c><c>1.00800000</c><c>1.0</c><c>PAW_PBE H</c></rc></set></array>
</atominfo>
"""
    parts = [text]
    for block in trajectory.blocks():
        for index in range(len(block)):
            frame = block.frame(index)
            step = frame.step
            free, internal = number["free_energy_ev"][step], number["internal_energy_ev"][step]
            kinetic = number["kinetic_energy_ev"][step]
            xx, yy, zz, yz, xz, xy = -number["stress_gpa"][step] / KILOBAR_TO_GPA
            fractions = frame.positions_angstrom @ np.linalg.inv(frame.cell_angstrom) % 1.0
            parts.append(f"""<calculation><scstep><energy><i name="e_fr_energy">{free:.8f}</i>
<i name="e_wo_entrp">{internal:.8f}</i><i name="e_0_energy">{0.5 * (free + internal):.8f}</i></energy></scstep>
<structure><crystal><varray name="basis">{_rows(frame.cell_angstrom)}</varray></crystal>
<varray name="positions">{_rows(fractions)}</varray></structure>
<varray name="forces">{_rows(frame.forces_ev_per_angstrom)}</varray>
<varray name="stress">{_rows([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])}</varray>
<energy><i name="e_fr_energy">{free:.8f}</i><i name="e_wo_entrp">{internal:.8f}</i>
<i name="e_0_energy">{0.5 * (free + internal):.8f}</i><i name="kinetic">{kinetic:.8f}</i>
<i name="lattice kinetic">0.0</i><i name="total">{free + kinetic:.8f}</i></energy></calculation>
""")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text("".join(parts) + "</modeling>\n")


def write_thermal_run(path, *, kelvin, gpa=100.0, frames=16, seed_kelvin=0.0, atoms=16):
    """Write a run in VASP's format, and return its path; another ``seed_kelvin`` makes another run of that state."""
    trajectory = open_trajectory(
        thermal_frames(kelvin=kelvin + seed_kelvin, gpa=gpa, timestep_fs=0.4, frames=frames, atoms=atoms),
        timestep_fs=0.4,
        temperature_k=float(kelvin),
        pressure_gpa=gpa,
        electronic_temperature_k=float(kelvin),
    )
    write_vasprun(path, trajectory, electronic_temperature_k=kelvin)
    return Path(path)


def write_thermal_runs(folder, *, temperatures, gpa=100.0):
    """Write a folder of short runs in VASP's format, one a temperature; another name makes other runs."""
    for kelvin in temperatures:
        seed = len(str(folder)) * 1e-3
        write_thermal_run(Path(folder) / f"T{kelvin}/vasprun.xml", kelvin=kelvin, gpa=gpa, seed_kelvin=seed)
