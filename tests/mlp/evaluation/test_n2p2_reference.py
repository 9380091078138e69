"""Networks against n2p2 2.3.0 (tests/reference): two that lie here, and the published potentials."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from tests.others import published_potential

from llpt.mlp import BehlerParrinello, Precision
from llpt.mlp.evaluation.neighbours import build_cell_list, find_neighbours
from llpt.mlp.evaluation.network_kernel import network_energy, pack_network
from llpt.mlp.evaluation.symmetry_kernels import prepare_rows, sort_into_shells, symmetry_gradient, symmetry_values
from llpt.mlp.evaluation.tables import build_work
from llpt.structure import molecular_fluid
from llpt.units import ANGSTROM_TO_BOHR, HARTREE_PER_BOHR3_TO_GPA

FLUIDS = ["mol-cubic-16", "atom-cubic-32", "mix-tric-16", "mol-ortho-gamma-24", "atom-hot-16", "mix-cubic-54"]


def load_fluid(reference_directory, name):
    structure = json.loads((reference_directory / "dft.json").read_text())[name]
    values = json.loads((reference_directory / "n2p2" / "published.json").read_text())[name]
    return np.array(structure["positions_bohr"]), np.array(structure["cell_bohr"]), values


def load_start(reference_directory, name, repeats=1):
    """One of two fluids of 64 atoms with n2p2's values by pbe-v2, repeated along each edge of its cell."""
    stored = np.load(reference_directory / "n2p2" / f"{name}.npz")
    copies = repeats**3
    return SimpleNamespace(
        positions=repeated(stored["positions"][0], stored["cell"][0], repeats),
        cell=repeats * stored["cell"][0],
        energy_ha=copies * float(stored["energy"][0]),
        forces=np.tile(stored["forces"][0], (copies, 1)),
        virial_ha=copies * stored["virial"][0],
        atomic_energies=np.tile(stored["atomic_energy"][0], copies),
        extrapolation_warnings=copies * int(stored["ew"][0]),
    )


def repeated(positions, cell, repeats):
    shifts = np.stack(np.meshgrid(*3 * [np.arange(repeats)], indexing="ij"), axis=-1).reshape(-1, 3) @ cell
    return (positions[None] + shifts[:, None]).reshape(-1, 3)


def pull_on_own_images(model, positions, cell):
    """Derivative of each atom's energy in the positions of its own images alone, Ha/bohr, shape (n_atoms, 3).

    The forces of ``published.json`` lack this, those of n2p2's library called directly do not. It is summed here from
    the derivative of the atom's energy in every neighbour, over those neighbours (in pairs and in triples) that are the
    atom itself in another cell.
    """
    tables, scaling = model._tables, model.definition.scaling
    cells = build_cell_list(positions, cell, model.cutoff_bohr)
    work = build_work(tables, 4096)
    network = pack_network(model.definition.network)
    nodes, node_slopes = np.zeros((2, int(network.sizes.sum())))
    pull = np.zeros_like(positions)
    for centre, atom in enumerate(cells.atoms):
        count = find_neighbours(cells, centre, model.cutoff_bohr, work.found, work.found_atoms)
        sort_into_shells(tables, work, count)
        prepare_rows(tables, work)
        symmetry_values(tables, work)
        inputs = scaling.base + scaling.factor * (work.values - scaling.offset)
        network_energy(network, inputs, nodes, node_slopes, work.slopes)
        work.slopes[:] *= scaling.factor
        n = symmetry_gradient(tables, work)
        pull[atom] = work.gradient[:, :n][:, work.atoms[:n] == atom].sum(axis=1)
    return pull / model.definition.units.energy_factor


@pytest.mark.parametrize("network", ["first", "second"])
@pytest.mark.parametrize("name", FLUIDS)
def test_fluids_of_networks_that_lie_here(reference_directory, name, network):
    """Every type of function, cutoff, scaling and activation between the two, so that a clone compares with n2p2."""
    positions, cell, _ = load_fluid(reference_directory, name)
    values = json.loads((reference_directory / "n2p2" / "library.json").read_text())[name][network]
    model = BehlerParrinello.load(reference_directory / "n2p2" / network)
    result = model.evaluate(positions, cell)
    assert abs(result.energy_ha - values["energy_Ha"]) / len(positions) < 1e-12
    assert result.extrapolation_warnings == values["extrapolation_warnings"]
    forces = np.array(values["forces_Ha_per_bohr"])
    np.testing.assert_allclose(result.forces, forces, rtol=0.0, atol=1e-12)


@pytest.mark.parametrize("potential", ["pbe-v2", "blyp", "vmc"])
@pytest.mark.parametrize("name", FLUIDS)
def test_fluids(reference_directory, name, potential):
    positions, cell, values = load_fluid(reference_directory, name)
    reference = values[potential]
    model = BehlerParrinello.load(published_potential(potential))
    result = model.evaluate(positions, cell)
    assert abs(result.energy_ha - reference["energy_Ha"]) / len(positions) < 1e-12
    virial = np.array(reference["virial_Ha"]).reshape(3, 3)
    np.testing.assert_allclose(result.virial_ha, virial, rtol=0.0, atol=1e-11)
    assert result.extrapolation_warnings == reference["extrapolation_warnings"]
    library = json.loads((reference_directory / "n2p2" / "library.json").read_text())[name][potential]
    np.testing.assert_allclose(result.forces, library["forces_Ha_per_bohr"], rtol=0.0, atol=1e-12)
    omitted = pull_on_own_images(model, positions, cell)
    forces = np.array(reference["forces_Ha_per_bohr"])
    np.testing.assert_allclose(result.forces + omitted, forces, rtol=0.0, atol=1e-11)
    # What the stored forces leave out is also what they lack to sum to zero; ours sum to zero.
    assert np.abs(result.forces.sum(axis=0)).max() < 1e-12
    np.testing.assert_allclose(omitted.sum(axis=0), forces.sum(axis=0), rtol=0.0, atol=1e-11)


def test_an_atom_pulls_its_own_images_only_in_small_cells(reference_directory):
    """The omitted term is there in the 16-atom cells, by finite differences too, and not in a large cell."""
    positions, cell, _ = load_fluid(reference_directory, "mol-cubic-16")
    model = BehlerParrinello.load(published_potential("pbe-v2"))
    omitted = pull_on_own_images(model, positions, cell)
    assert np.abs(omitted).max() > 1e-4
    copies = repeated(positions, cell, 2)
    atom, axis, step = 7, 1, 2e-3
    images = atom + len(positions) * np.arange(1, 8)
    energies = []
    for factor in (-2, -1, 1, 2):
        moved = copies.copy()
        moved[images, axis] += factor * step
        energies.append(model.evaluate(moved, 2.0 * cell).atomic_energies[atom])
    pull = np.dot(energies, [1.0, -8.0, 8.0, -1.0]) / (12.0 * step)
    assert abs(omitted[atom, axis] - pull) < 1e-8
    large = molecular_fluid(atoms=128, seed=1, wigner_seitz_radius=1.26)
    pull = pull_on_own_images(model, large.positions * ANGSTROM_TO_BOHR, large.cell.array * ANGSTROM_TO_BOHR)
    np.testing.assert_allclose(pull, 0.0, rtol=0.0, atol=1e-14)


@pytest.mark.parametrize(("name", "repeats"), [("A-64", 1), ("M-64", 1), ("A-64", 3), ("M-64", 2)])
def test_fluids_of_pbe_v2(reference_directory, name, repeats):
    values = load_start(reference_directory, name, repeats)
    result = BehlerParrinello.load(published_potential("pbe-v2")).evaluate(values.positions, values.cell)
    assert abs(result.energy_ha - values.energy_ha) / len(result.forces) < 1e-12
    np.testing.assert_allclose(result.forces, values.forces, rtol=0.0, atol=1e-12)
    np.testing.assert_allclose(result.virial_ha, values.virial_ha, rtol=0.0, atol=1e-10)
    np.testing.assert_allclose(result.atomic_energies, values.atomic_energies, rtol=0.0, atol=1e-12)
    assert result.extrapolation_warnings == values.extrapolation_warnings


@pytest.mark.parametrize("network", ["first", "second"])
@pytest.mark.parametrize("name", FLUIDS)
def test_a_cell_that_holds_a_fluid_eight_times(reference_directory, name, network):
    """The same atoms in a larger cell, where the neighbours of each are found in another way."""
    positions, cell, _ = load_fluid(reference_directory, name)
    values = json.loads((reference_directory / "n2p2" / "library.json").read_text())[name][network]
    model = BehlerParrinello.load(reference_directory / "n2p2" / network)
    result = model.evaluate(repeated(positions, cell, 2), 2.0 * cell)
    assert abs(result.energy_ha / 8.0 - values["energy_Ha"]) / len(positions) < 1e-12
    assert result.extrapolation_warnings == 8 * values["extrapolation_warnings"]
    forces = np.tile(values["forces_Ha_per_bohr"], (8, 1))
    np.testing.assert_allclose(result.forces, forces, rtol=0.0, atol=1e-12)


@pytest.mark.parametrize(("name", "repeats"), [("A-64", 1), ("M-64", 1), ("M-64", 2)])
def test_single_precision_of_dynamics(reference_directory, name, repeats):
    """Force errors are below 1e-5 Ha/bohr by far, and the pressure is within 0.01 GPa."""
    values = load_start(reference_directory, name, repeats)
    model = BehlerParrinello.load(published_potential("pbe-v2"), precision=Precision.SINGLE)
    result = model.evaluate(values.positions, values.cell)
    assert 1e-12 < np.abs(result.forces - values.forces).max() < 1e-6
    assert abs(result.energy_ha - values.energy_ha) / len(result.forces) < 1e-7
    volume = abs(np.linalg.det(values.cell))
    pressure = np.trace(result.virial_ha - values.virial_ha) / (3.0 * volume) * HARTREE_PER_BOHR3_TO_GPA
    assert abs(pressure) < 0.01


def test_published_files_survive_a_round_trip(reference_directory, tmp_path):
    positions, cell, _ = load_fluid(reference_directory, "mix-cubic-54")
    for name in ("pbe-v1", "pbe-v2", "blyp", "vmc"):
        model = BehlerParrinello.load(published_potential(name))
        model.save(tmp_path / name)
        again = BehlerParrinello.load(tmp_path / name)
        first, second = model.evaluate(positions, cell), again.evaluate(positions, cell)
        assert first.energy_ha == second.energy_ha
        np.testing.assert_array_equal(first.forces, second.forces)
        assert first.extrapolation_warnings == second.extrapolation_warnings
