"""Network engines: values of n2p2 in eV and Å, committees, and what is refused."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from tests.others import needs_gpu, published_potential, without_gpu

from llpt.engines import make_engine
from llpt.engines.networks import find_networks
from llpt.errors import InputError
from llpt.structure import molecular_fluid
from llpt.units import BOHR_TO_ANGSTROM, HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM, HARTREE_TO_EV

OWN = Path(__file__).parents[2] / "examples" / "own-potential"


@pytest.fixture
def potentials(reference_directory):
    """Two networks of no meaning whose values n2p2 gave: ``first`` and ``second``."""
    return reference_directory / "n2p2"


def test_values_of_n2p2(potentials, reference_directory):
    structure = json.loads((reference_directory / "dft.json").read_text())["mix-cubic-54"]
    values = json.loads((potentials / "library.json").read_text())["mix-cubic-54"]["first"]
    positions, cell = (np.array(structure[key]) * BOHR_TO_ANGSTROM for key in ("positions_bohr", "cell_bohr"))
    engine = make_engine(f"n2p2:{potentials / 'first'}")
    engine.calculate(Atoms("H54", positions=positions, cell=cell, pbc=True))
    results = engine.results
    assert results["free_energy"] == results["energy"]
    assert results["free_energy"] == pytest.approx(values["energy_Ha"] * HARTREE_TO_EV, abs=54e-9 * HARTREE_TO_EV)
    forces = np.array(values["forces_Ha_per_bohr"]) * HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM
    assert np.allclose(results["forces"], forces, atol=1e-8 * HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM)


def test_published_values_of_n2p2(potentials):
    reference = np.load(potentials / "M-64.npz")
    cell = reference["cell"][0] * BOHR_TO_ANGSTROM
    atoms = Atoms("H64", positions=reference["positions"][0] * BOHR_TO_ANGSTROM, cell=cell, pbc=True)
    engine = make_engine(f"n2p2:{published_potential('pbe-v2')}")
    engine.calculate(atoms)
    results = engine.results
    assert results["free_energy"] == results["energy"]
    assert results["free_energy"] == pytest.approx(reference["energy"][0] * HARTREE_TO_EV, abs=64e-9 * HARTREE_TO_EV)
    forces = reference["forces"][0] * HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM
    assert np.allclose(results["forces"], forces, atol=1e-8 * HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM)
    stress = -reference["virial"][0] * HARTREE_TO_EV / atoms.get_volume()
    expected = [stress[0, 0], stress[1, 1], stress[2, 2], stress[1, 2], stress[0, 2], stress[0, 1]]
    assert np.allclose(results["stress"], expected, atol=1e-8)


def test_committee_is_the_mean_with_its_spread(potentials, tmp_path):
    for name in ("first", "second"):
        shutil.copytree(potentials / name, tmp_path / name)
    atoms = molecular_fluid(atoms=32, seed=0, wigner_seitz_radius=1.4)
    committee = make_engine(f"n2p2:{tmp_path}")
    committee.calculate(atoms)
    members = []
    for name in ("first", "second"):
        member = make_engine(f"n2p2:{tmp_path / name}")
        member.calculate(atoms)
        assert "force_spread" not in member.results
        members.append(dict(member.results))
    forces = np.array([m["forces"] for m in members])
    energies = np.array([m["free_energy"] for m in members])
    assert committee.results["free_energy"] == pytest.approx(energies.mean(), abs=1e-9)
    assert np.allclose(committee.results["forces"], forces.mean(axis=0))
    # Two members: the standard deviation is |difference| / sqrt(2).
    spread = np.linalg.norm(forces[0] - forces[1], axis=1).max() / np.sqrt(2)
    assert committee.results["force_spread"] == pytest.approx(spread)
    assert committee.results["energy_spread"] == pytest.approx(abs(energies[0] - energies[1]) / np.sqrt(2))
    warnings = sum(m["extrapolation_warnings"] for m in members)
    assert committee.results["extrapolation_warnings"] == warnings
    hashes = {make_engine(f"n2p2:{p}").describe().content_hash for p in (tmp_path, tmp_path / "first")}
    assert len(hashes) == 2


def test_hash_follows_the_files(potentials, tmp_path):
    shutil.copytree(potentials / "first", tmp_path / "p")
    before = make_engine(f"n2p2:{tmp_path / 'p'}").describe().content_hash
    weights = tmp_path / "p" / "weights.001.data"
    weights.chmod(0o644)
    weights.write_text(weights.read_text() + "# changed\n")
    assert make_engine(f"n2p2:{tmp_path / 'p'}").describe().content_hash != before


def test_model_by_its_directory_or_a_file_in_it(potentials):
    atoms = molecular_fluid(atoms=16, seed=0, wigner_seitz_radius=1.4)
    energies = set()
    for path in (potentials / "first", potentials / "first" / "input.nn"):
        engine = make_engine(f"model:{path}", {"threads": "1"})
        engine.calculate(atoms)
        energies.add(engine.results["free_energy"])
        assert engine.describe().name == "model"
    assert len(energies) == 1


def test_a_file_beside_directories_of_potentials_is_not_taken_for_one(potentials, tmp_path):
    for name in ("first", "second"):
        (tmp_path / name).symlink_to(potentials / "first")
    (tmp_path / "notes.txt").write_text("hi\n")
    with pytest.raises(InputError, match=r"notes\.txt is no file of a potential"):
        make_engine(f"model:{tmp_path / 'notes.txt'}")


def test_directories_without_a_potential(tmp_path):
    with pytest.raises(InputError, match="no directory"):
        find_networks(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"no input\.nn"):
        find_networks(tmp_path)


def test_missing_and_damaged_files(potentials, tmp_path):
    shutil.copytree(potentials / "first", tmp_path / "p")
    (tmp_path / "p").chmod(0o755)
    (tmp_path / "p" / "scaling.data").unlink()
    with pytest.raises(InputError, match=r"scaling\.data"):
        make_engine(f"n2p2:{tmp_path / 'p'}")


def test_molecule_without_a_cell_is_refused(potentials):
    with pytest.raises(InputError):
        make_engine(f"n2p2:{potentials / 'first'}").calculate(Atoms("H2", positions=[[0, 0, 0], [0, 0, 0.74]]))


@without_gpu
def test_a_gpu_that_is_not_there_is_refused():
    with pytest.raises(InputError, match="no GPU"):
        make_engine(f"n2p2:{OWN}", {"device": "cuda:1"})
    with pytest.raises(InputError, match="device='gpu'"):
        make_engine(f"n2p2:{OWN}", {"device": "gpu"})


@needs_gpu
def test_a_network_runs_on_a_gpu():
    atoms = molecular_fluid(atoms=32, seed=0, wigner_seitz_radius=1.4)
    forces = []
    for device in ("cpu", "cuda"):
        engine = make_engine(f"n2p2:{OWN}", {"device": device})
        engine.calculate(atoms)
        forces.append(engine.results["forces"])
    assert np.allclose(*forces, atol=1e-7)
