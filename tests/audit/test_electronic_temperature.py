import numpy as np
import pytest
from ase import Atoms

from llpt import units
from llpt.audit import Population, electronic_temperature_audit
from llpt.errors import InputError

RY_PER_BOHR = units.RYDBERG_TO_EV / units.BOHR_TO_ANGSTROM


def configuration(seed=1):
    """Ten ions far apart and ten in pairs 0.9 Å apart, with a third 0.7 Å from one of them."""
    random = np.random.default_rng(seed)
    grid = np.array([[x, y, z] for x in range(3) for y in range(3) for z in range(3)], dtype=float)[:20] * 4.0
    positions = [*grid[:10]]
    bond, short = np.array([0.9, 0.0, 0.0]), np.array([-0.7, 0.0, 0.0])
    for site in grid[10:15]:
        positions += [site, site + bond]
    positions.append(grid[10] + short)
    atoms = Atoms(f"H{len(positions)}", positions=positions, cell=[12.0] * 3, pbc=True)
    atoms.arrays["forces"] = random.choice([-1.0, 1.0], size=(len(atoms), 3)) * 0.1 * RY_PER_BOHR
    atoms.arrays["forces"][10:13] *= 0.2
    atoms.info["free_energy"] = -100.0
    atoms.info["stress"] = np.array([-1.0, -1.0, -1.0, 0.0, 0.0, 0.0])
    return atoms


def labelled():
    base = [configuration(1), configuration(2)]
    changed = []
    for atoms in base:
        other = atoms.copy()
        other.arrays["forces"] = atoms.arrays["forces"].copy()
        other.arrays["forces"][12] += 0.1 * RY_PER_BOHR
        other.info["free_energy"] = -100.0 - 0.21
        other.info["stress"] = atoms.info["stress"] * 1.1
        changed.append(other)
    return {600.0: base, 1800.0: changed}


def test_populations_and_changes():
    found = electronic_temperature_audit(labelled())
    share = found["population_share"]
    assert share.sel(population=Population.ALL) == 1.0
    assert share.sel(population=Population.NEIGHBOUR) == pytest.approx(10 / 21)
    assert share.sel(population=Population.NEAREST) == pytest.approx(9 / 21)
    assert share.sel(population=Population.NEIGHBOUR_SMALL) == pytest.approx(3 / 21)
    assert share.sel(population=Population.NEAREST_SMALL) == pytest.approx(2 / 21)
    hot = found.sel(temperature=1800.0)
    assert hot["ions_changed"].sel(population=Population.ALL) == pytest.approx(1 / 21)
    assert hot["ions_changed"].sel(population=Population.NEIGHBOUR_SMALL) == pytest.approx(1 / 3)
    assert hot["components_changed"].sel(population=Population.NEIGHBOUR) == pytest.approx(1 / 10)
    assert float(found["mean_change"].sel(temperature=600.0).max()) == 0.0
    scale = found.attrs["mean_force_ry_per_bohr"]
    assert scale == pytest.approx((18 * 0.1 + 3 * 0.02) / 21)
    assert hot["mean_change"].sel(population=Population.ALL) == pytest.approx(0.1 / scale / 21)


def test_histograms_count_every_component():
    found = electronic_temperature_audit(labelled())
    assert float(found["force_histogram"].sel(temperature=600.0).sum()) == 2 * 21 * 3
    filled = found["force"].to_numpy()[found["force_histogram"].sel(temperature=600.0).to_numpy() > 0]
    assert len(filled) == 2
    assert filled[1] == pytest.approx(0.1, abs=0.0016)
    cold = found["change_histogram"].sel(temperature=600.0, population=Population.ALL)
    assert float(cold[0]) == 2 * 21 * 3


def test_free_energy_and_pressure():
    found = electronic_temperature_audit(labelled())
    assert float(found["free_energy_change"].sel(temperature=1800.0)) == pytest.approx(-0.01)
    assert float(found["pressure_change"].sel(temperature=1800.0)) == pytest.approx(0.1 * units.EV_PER_ANGSTROM3_TO_GPA)


def test_other_configurations_are_refused():
    frames = labelled()
    with pytest.raises(InputError, match="650 K"):
        electronic_temperature_audit(frames, reference_k=650.0)
    frames[1800.0][0].positions[0] += 0.1
    with pytest.raises(InputError, match="not those labelled"):
        electronic_temperature_audit(frames)
