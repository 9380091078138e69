"""Does a potential freeze? Dynamics of 128 and of 500 atoms with a cheap one, cold and hot."""

import numpy as np
import pytest
from ase.calculators.calculator import Calculator, all_changes

from llpt.dynamics import RunSettings, run_md
from llpt.observables import summarise_run
from llpt.structure import atomic_fluid
from llpt.trajectory import Trajectory
from llpt.transition import solid_flag

DEPTH_EV = 0.6


class Wells(Calculator):
    """Atoms that do not see each other, in wells of a simple cubic lattice of at least as many places."""

    implemented_properties = ("energy", "free_energy", "forces", "stress")

    def calculate(self, atoms=None, properties=None, system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        wave = 2.0 * np.pi * np.ceil(len(self.atoms) ** (1.0 / 3.0)) / self.atoms.cell.lengths()[0]
        angles = wave * self.atoms.positions
        energy = 0.5 * DEPTH_EV * (1.0 - np.cos(angles)).sum()
        forces = -0.5 * DEPTH_EV * wave * np.sin(angles)
        self.results = {"energy": energy, "free_energy": energy, "forces": forces, "stress": np.zeros(6)}


@pytest.mark.parametrize("atoms", [128, 500])
@pytest.mark.parametrize(("temperature_k", "solid"), [(300.0, True), (9000.0, False)])
def test_where_no_atom_leaves_its_place_it_is_a_solid(tmp_path, atoms, temperature_k, solid):
    """23 k_B T deep at 300 K, where no atom leaves its own; less than k_B T at 9000 K, where all do."""
    start = atomic_fluid(atoms=atoms, wigner_seitz_radius=1.4, seed=1)
    settings = RunSettings(
        ensemble="nvt", temperature_k=temperature_k, timestep_fs=1.0, steps=400, seed=1, positions_every=4
    )
    run_md(start, Wells(), settings, tmp_path / "run")
    summary = summarise_run(
        Trajectory.open(tmp_path / "run"),
        discard_steps=80,
        temperature_k=temperature_k,
        pressure_gpa=None,
        only=["msd", "solid_fraction"],
    )
    assert solid_flag(summary) is solid
