"""Published potentials against n2p2 2.3.0 (values in ../shared/reference/n2p2)."""

import json

import numpy as np
import pytest

from llpt.mlp import BehlerParrinello

FLUIDS = ["mol-cubic-16", "atom-cubic-32", "mix-tric-16", "mol-ortho-gamma-24", "atom-hot-16", "mix-cubic-54"]


def load_fluid(reference_directory, name):
    structure = json.loads((reference_directory / "dft.json").read_text())[name]
    values = json.loads((reference_directory / "n2p2" / "fluids.json").read_text())[name]
    return np.array(structure["positions_bohr"]), np.array(structure["cell_bohr"]), values


@pytest.mark.parametrize("potential", ["pbe-v2", "blyp", "vmc"])
@pytest.mark.parametrize("name", FLUIDS)
def test_fluids(reference_directory, name, potential):
    positions, cell, values = load_fluid(reference_directory, name)
    reference = values[potential]
    model = BehlerParrinello.load(reference_directory / "potentials" / potential)
    result = model.evaluate(positions, cell)
    assert abs(result.energy_ha - reference["energy_Ha"]) / len(positions) < 1e-12
    virial = np.array(reference["virial_Ha"]).reshape(3, 3)
    np.testing.assert_allclose(result.virial_ha, virial, rtol=0.0, atol=1e-11)
    assert result.extrapolation_warnings == reference["extrapolation_warnings"]
    forces = np.array(reference["forces_Ha_per_bohr"])
    if np.abs(forces.sum(axis=0)).max() < 1e-10:
        np.testing.assert_allclose(result.forces, forces, rtol=0.0, atol=1e-11)
    else:
        # n2p2's own forces do not sum to zero here: see test_forces_of_own_images.
        assert np.abs(result.forces.sum(axis=0)).max() < 1e-12
        np.testing.assert_allclose(result.forces, forces, rtol=0.0, atol=2e-3)


def test_forces_of_own_images(reference_directory):
    """In cells smaller than the angular cutoff n2p2 leaves out the pull of an atom's energy on its own images.

    That pull, from our atomic energies in a doubled cell (where the images are atoms of their own) by finite
    differences, is exactly what separates n2p2's forces from ours; ours are the derivative of the energy.
    """
    positions, cell, values = load_fluid(reference_directory, "mol-cubic-16")
    model = BehlerParrinello.load(reference_directory / "potentials" / "pbe-v2")
    ours = model.evaluate(positions, cell).forces
    theirs = np.array(values["pbe-v2"]["forces_Ha_per_bohr"])
    shifts = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)]) @ cell
    copies = (positions[None] + shifts[:, None]).reshape(-1, 3)
    step = 2e-3
    for atom in (0, 7):
        images = atom + len(positions) * np.arange(1, 8)
        for axis in range(3):
            energies = []
            for factor in (-2, -1, 1, 2):
                moved = copies.copy()
                moved[images, axis] += factor * step
                energies.append(model.evaluate(moved, 2.0 * cell).atomic_energies[atom])
            pull = np.dot(energies, [1.0, -8.0, 8.0, -1.0]) / (12.0 * step)
            assert abs(theirs[atom, axis] - ours[atom, axis] - pull) < 1e-8


@pytest.mark.parametrize("name", ["start-A-r1", "start-M-r1", "start-A-r3", "liquid"])
def test_fluids_and_liquids_of_pbe_v2(reference_directory, name):
    data = np.load(reference_directory / "n2p2" / f"{name}.npz")
    model = BehlerParrinello.load(reference_directory / "potentials" / "pbe-v2")
    for i, energy in enumerate(data["energy"]):
        result = model.evaluate(data["positions"][i], data["cell"][i])
        assert abs(result.energy_ha - energy) / len(result.forces) < 1e-12
        np.testing.assert_allclose(result.forces, data["forces"][i], rtol=0.0, atol=1e-12)
        np.testing.assert_allclose(result.virial_ha, data["virial"][i], rtol=0.0, atol=1e-10)
        np.testing.assert_allclose(result.atomic_energies, data["atomic_energy"][i], rtol=0.0, atol=1e-12)
        assert result.extrapolation_warnings == data["ew"][i]


def test_published_files_survive_a_round_trip(reference_directory, tmp_path):
    positions, cell, _ = load_fluid(reference_directory, "mix-cubic-54")
    for name in ("pbe-v1", "pbe-v2", "blyp", "vmc"):
        model = BehlerParrinello.load(reference_directory / "potentials" / name)
        model.save(tmp_path / name)
        again = BehlerParrinello.load(tmp_path / name)
        first, second = model.evaluate(positions, cell), again.evaluate(positions, cell)
        assert first.energy_ha == second.energy_ha
        np.testing.assert_array_equal(first.forces, second.forces)
        assert first.extrapolation_warnings == second.extrapolation_warnings
