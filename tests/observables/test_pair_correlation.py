import math

import numpy as np
import pytest
from ase.build import bulk

from llpt.observables import PairCorrelation, greatest_radius_angstrom
from llpt.observables.neighbours import half_width_angstrom


def collect(trajectory, r_max, **options):
    rdf = PairCorrelation(r_max, **options)
    for block in trajectory.blocks(50):
        rdf.add(block)
    return rdf


def test_ideal_gas_in_a_breathing_cell_is_one_everywhere(make_trajectory):
    random = np.random.default_rng(1)
    edges = random.uniform(9.0, 11.0, size=200)
    positions = random.uniform(size=(200, 40, 3)) * edges[:, None, None]
    rdf = collect(make_trajectory(positions, edges), 4.4, bin_width_angstrom=0.2)
    estimates = rdf.estimates()
    pulls = np.array([(estimate.value - 1.0) / estimate.error for estimate in estimates if estimate.error > 0.0])
    assert np.abs(pulls).max() < 4.0
    assert 0.6 < pulls.std() < 1.5
    assert estimates[-1].value == pytest.approx(1.0, abs=0.02)


def test_a_breathing_cell_keeps_its_whole_range_in_its_smallest_frame_too(make_trajectory):
    random = np.random.default_rng(1)
    edges = random.uniform(9.0, 11.0, size=50)
    cells = edges[:, None, None] * np.eye(3)
    for cell in cells[::5]:
        radius = greatest_radius_angstrom(cell, edges**3)
        trajectory = make_trajectory(random.uniform(size=(50, 4, 3)) * edges[:, None, None], edges)
        assert collect(trajectory, radius, bin_width_angstrom=0.1).r_angstrom.size == round(radius / 0.1)


def test_in_a_cell_that_changes_its_shape_the_range_is_that_of_its_smallest_width(make_trajectory):
    random = np.random.default_rng(4)
    stretch = random.uniform(0.8, 1.25, size=(100, 1))
    cells = np.hstack([stretch, np.ones((100, 1)), 1.0 / stretch])[:, :, None] * 9.0 * np.eye(3)
    trajectory = make_trajectory(random.uniform(size=(100, 40, 3)) @ cells, 9.0)
    trajectory.cells = cells
    radius = greatest_radius_angstrom(cells[0], np.linalg.det(cells))
    rdf = collect(trajectory, radius, bin_width_angstrom=0.2)
    smallest = min(half_width_angstrom(cell) for cell in cells)
    assert smallest - 0.2 - 0.1 < rdf.r_angstrom[-1] + 0.1 <= smallest < radius
    assert rdf.frames.shape == (100, rdf.r_angstrom.size)
    pulls = np.array([(each.value - 1.0) / each.error for each in rdf.estimates() if each.error > 0.0])
    assert np.abs(pulls).max() < 4.0


def test_unwrapped_positions_and_skewed_cells_change_nothing(make_trajectory):
    random = np.random.default_rng(2)
    atoms = bulk("H", "fcc", a=3.0).repeat(4)
    atoms.rattle(0.05, seed=3)
    trajectory = make_trajectory(atoms.positions[None], 1.0)
    trajectory.cells = atoms.cell.array[None]
    reference = collect(trajectory, 3.4).frames
    images = random.integers(-3, 4, size=(len(atoms), 3))
    trajectory.positions = (atoms.positions + images @ atoms.cell.array)[None]
    np.testing.assert_allclose(collect(trajectory, 3.4).frames, reference, atol=1e-3)
    rotation = np.linalg.qr(random.normal(size=(3, 3)))[0]
    trajectory.positions = (atoms.positions @ rotation)[None]
    trajectory.cells = (atoms.cell.array @ rotation)[None]
    rotated = collect(trajectory, 3.4).frames
    assert np.abs(rotated - reference).sum() < 0.02 * reference.sum()


def test_crystal_has_twelve_neighbours(make_trajectory):
    atoms = bulk("H", "fcc", a=2.0 * np.sqrt(2.0), cubic=True).repeat(3)
    random = np.random.default_rng(4)
    positions = atoms.positions + random.normal(scale=0.03, size=(60, len(atoms), 3))
    rdf = collect(make_trajectory(positions, atoms.cell[0, 0]), 4.2)
    peak = rdf.first_peak(window_angstrom=(0.5, 4.0), minimum_below_angstrom=2.8)
    assert peak.position_angstrom == pytest.approx(2.0, abs=0.05)
    assert peak.coordination.value == pytest.approx(12.0, abs=0.3)
    assert peak.minimum.value == 0.0
    assert peak.height.value > 10.0
    assert peak.prominence.value == pytest.approx(peak.height.value)


def test_molecules_show_one_neighbour_at_the_bond_length(make_trajectory):
    random = np.random.default_rng(5)
    centres = random.uniform(size=(80, 64, 3)) * 12.0
    axes = random.normal(size=(80, 64, 3))
    axes *= random.normal(0.37, 0.015, size=(80, 64, 1)) / np.linalg.norm(axes, axis=2, keepdims=True)
    positions = np.concatenate([centres - axes, centres + axes], axis=1)
    rdf = collect(make_trajectory(positions, 12.0), 3.0)
    peak = rdf.first_peak()
    assert peak.position_angstrom == pytest.approx(0.74, abs=0.03)
    apart = positions[:, :, None] - positions[:, None]
    distances = np.linalg.norm(apart - 12.0 * np.round(apart / 12.0), axis=-1)
    edge = peak.minimum_position_angstrom + rdf.r_angstrom[0]
    counted = (distances < edge).sum() / positions.shape[0] / 128 - 1.0
    assert peak.coordination.value == pytest.approx(counted, abs=2e-3)


@pytest.mark.parametrize("atoms", [32, 64, 256])
def test_dimers_far_apart_have_exactly_one_neighbour(make_trajectory, atoms):
    side = math.ceil((atoms / 2) ** (1.0 / 3.0))
    places = 3.0 * np.stack(np.meshgrid(*[np.arange(side)] * 3), axis=-1).reshape(-1, 3)[: atoms // 2]
    positions = np.concatenate([places, places + np.array([0.74, 0.0, 0.0])])[None].repeat(10, axis=0)
    peak = collect(make_trajectory(positions, 3.0 * side), 2.0).first_peak()
    assert peak.coordination.value == pytest.approx(1.0, abs=1e-3)


def test_no_peak_has_no_prominence(make_trajectory):
    random = np.random.default_rng(6)
    rdf = collect(make_trajectory(random.uniform(size=(100, 100, 3)) * 8.0, 8.0), 3.9, bin_width_angstrom=0.1)
    peak = rdf.first_peak()
    assert abs(peak.prominence.value) < 0.4


def test_greatest_radius_fits_into_the_smallest_cell():
    cell = np.diag([6.0, 8.0, 10.0])
    assert half_width_angstrom(cell) == pytest.approx(3.0)
    radius = greatest_radius_angstrom(cell, np.array([480.0, 480.0 * 0.9**3]))
    assert radius == pytest.approx(2.7, rel=2e-3)
    assert greatest_radius_angstrom(10.0 * cell, np.array([480e3])) == 6.0


def test_running_coordination_of_an_ideal_gas_grows_with_the_volume(make_trajectory):
    random = np.random.default_rng(7)
    rdf = collect(make_trajectory(random.uniform(size=(300, 60, 3)) * 9.0, 9.0), 4.4, bin_width_angstrom=0.2)
    outer, found = rdf.running_coordination()
    assert len(outer) == 22
    assert len(rdf.running_coordination(points=5)[0]) == 5
    exact = 59.0 / 9.0**3 * 4.0 / 3.0 * np.pi * outer**3
    pulls = np.array([(each.value - truth) / each.error for each, truth in zip(found, exact, strict=True)][3:])
    assert np.abs(pulls).max() < 4.0
    assert found[-1].value == pytest.approx(exact[-1], rel=0.02)
    assert found[-1].error > 0.0
    assert found[0].unit == "atoms"


def test_the_peak_against_time_settles_within_its_shrinking_error(make_trajectory):
    random = np.random.default_rng(8)
    atoms = bulk("H", "fcc", a=2.0 * np.sqrt(2.0), cubic=True).repeat(3)
    positions = atoms.positions + random.normal(scale=0.15, size=(400, len(atoms), 3))
    trajectory = make_trajectory(positions, atoms.cell[0, 0], timestep_fs=2.0)
    rdf = collect(trajectory, 4.2, bin_width_angstrom=0.1)
    peak = rdf.first_peak(window_angstrom=(0.5, 4.0), minimum_below_angstrom=2.8)
    running = rdf.running_peaks(peak, parts=5)
    times, peaks = zip(*running, strict=True)
    assert times == pytest.approx([(80 * part - 1) * 2.0 for part in range(1, 6)])
    assert peaks[-1] == peak
    for name in ("height", "minimum", "coordination"):
        errors = [getattr(each, name).error for each in peaks]
        assert errors[-1] < 0.7 * errors[0]
        assert all(not getattr(each, name).resolved_from(getattr(peak, name), sigmas=4.0) for each in peaks)


def test_neighbours_within_a_flat_minimum_are_as_uncertain_as_its_place(make_trajectory):
    random = np.random.default_rng(6)
    sites = np.stack(np.meshgrid(*[np.arange(3)] * 3), axis=-1).reshape(-1, 3) * 2.1
    found = []
    for _ in range(40):
        centres = sites + random.normal(0.0, 0.28, size=(60, 27, 3))
        bonds = random.normal(size=(60, 27, 3))
        bonds *= 0.375 / np.linalg.norm(bonds, axis=-1, keepdims=True) + random.normal(0.0, 0.02, size=(60, 27, 1))
        positions = np.concatenate([centres - bonds, centres + bonds], axis=1)
        found.append(collect(make_trajectory(positions, 6.3), 2.5).first_peak().coordination)
    spread = np.std([each.value for each in found])
    assert 0.5 < spread / math.sqrt(np.mean([each.error**2 for each in found])) < 1.3
