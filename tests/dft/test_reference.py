"""Six random fluids against ABINIT with the same pseudopotential, cutoff, k-point and electronic temperature."""

import json

import numpy as np
import pytest
from ase import Atoms

from llpt import units
from llpt.dft import Convergence, KohnSham, KohnShamSettings

CASES = ("mol-cubic-16", "atom-cubic-32", "mix-tric-16", "mol-ortho-gamma-24", "atom-hot-16", "mix-cubic-54")


def errors(directory, name, **settings):
    """Free energy per atom (Ha), forces (Ha/bohr) and stress (GPa): largest deviations from ABINIT."""
    case = json.loads((directory / "dft.json").read_text())[name]
    count = case["n_atoms"]
    atoms = Atoms(
        f"H{count}",
        positions=np.array(case["positions_bohr"]) * units.BOHR_TO_ANGSTROM,
        cell=np.array(case["cell_bohr"]) * units.BOHR_TO_ANGSTROM,
        pbc=True,
    )
    engine = KohnSham(
        KohnShamSettings(
            ecut_ry=60.0,
            electronic_temperature_k=case["Te_K"],
            kpoints=",".join(str(x) for x in case["kpoint_fractional"]),
            pseudopotential="gth",
            **settings,
        )
    )
    engine.calculate(atoms)
    abinit = case["abinit_gth_pbe_ecut30Ha"]
    results = engine.results
    return (
        abs(results["free_energy"] * units.EV_TO_HARTREE - abinit["energy_Ha"]) / count,
        np.abs(
            results["forces"] * units.EV_PER_ANGSTROM_TO_HARTREE_PER_BOHR - np.array(abinit["forces_Ha_per_bohr"])
        ).max(),
        np.abs(
            results["stress"] * units.EV_PER_ANGSTROM3_TO_GPA
            - np.array(abinit["stress_Ha_per_bohr3_voigt"]) * units.HARTREE_PER_BOHR3_TO_GPA
        ).max(),
    )


@pytest.mark.parametrize("name", CASES)
def test_double_precision_agrees_with_abinit(reference_directory, name):
    energy, force, stress = errors(reference_directory, name)
    assert energy < 1e-6
    assert force < 1e-5
    assert stress < 0.05


@pytest.mark.parametrize("name", CASES)
def test_molecular_dynamics_settings_agree_with_abinit(reference_directory, name):
    energy, force, stress = errors(reference_directory, name, convergence=Convergence.MOLECULAR_DYNAMICS)
    assert energy < 5e-6
    assert force < 1e-4
    assert stress < 0.2
