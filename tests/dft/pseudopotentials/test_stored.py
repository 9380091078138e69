"""Our own potentials on the single atom, and that the generator leads to them."""

import json
from pathlib import Path

import numpy as np
import pytest

from llpt.dft.generate_pseudopotentials import (
    HARD_CUTOFF_RY,
    HARD_R_LOC,
    Answer,
    Laboratory,
    all_electron_atom,
    fit_atom,
    fluid_residuals,
    rounded,
    training_structures,
    write_stored,
)
from llpt.dft.pseudopotentials import GTHPotential, get_pseudopotential
from llpt.dft.pseudopotentials.atom_match import atom_properties, kinetic_tail, mismatch


@pytest.fixture(scope="module")
def exact():
    return all_electron_atom()


def rms(values):
    return float(np.sqrt(np.mean(values**2)))


def test_hard_potential_is_the_proton(exact):
    properties = atom_properties(get_pseudopotential("hard").real_space)
    assert properties.free_energy_level == pytest.approx(exact.free_energy_level, abs=1e-6)
    assert np.abs(mismatch(properties, exact)).max() < 0.15
    assert properties.free_total == pytest.approx(exact.free_total, abs=1e-5)


def test_default_is_softer_and_close(exact):
    """The price of softness on the atom, and that it is worth having against GTH."""
    result, gth = (atom_properties(get_pseudopotential(name).real_space) for name in ("default", "gth"))
    assert result.free_energy_level == pytest.approx(exact.free_energy_level, abs=3e-4)
    assert rms(mismatch(result, exact)) < 9.0
    assert kinetic_tail(result, 60.0) < 0.25 * kinetic_tail(gth, 60.0)


def test_mismatch_of_the_atom_with_itself_vanishes(exact):
    assert np.all(mismatch(exact, exact) == 0.0)


@pytest.mark.slow
def test_atom_alone_leads_to_the_hard_potential(exact):
    """From a start a few per cent away the fit of stage 1 returns to the stored potential.

    The potential is what must return; its coefficients are nearly dependent, and where in their valley the optimiser
    stops differs with the order of summation.
    """
    stored = get_pseudopotential("hard")
    start = np.array(stored.coefficients) * np.array([1.02, 0.98, 1.02, 0.99, 1.0])
    found = fit_atom(exact, start, r_loc=HARD_R_LOC, cutoff_ry=HARD_CUTOFF_RY, tail_weight=0.0)
    radius = np.linspace(1e-3, 4.0, 4000)
    density = np.exp(-2.0 * radius) / np.pi

    def distance(coefficients):
        """Mean |V - V_stored| in the atom, Ha."""
        trial = GTHPotential("trial", r_loc=HARD_R_LOC, coefficients=tuple(coefficients))
        gap = np.abs(trial.real_space(radius) - stored.real_space(radius))
        return np.trapezoid(4.0 * np.pi * radius**2 * density * gap, radius)

    trial = GTHPotential("found", r_loc=HARD_R_LOC, coefficients=tuple(found))
    assert rms(mismatch(atom_properties(trial.real_space), exact)) < 0.05
    assert distance(found) < 0.1 * distance(start)


def test_training_structures_are_usable():
    structures = training_structures()
    assert len(structures) == 9
    for atoms in structures.values():
        distances = atoms.get_all_distances(mic=True) + 10 * np.eye(len(atoms))
        assert distances.min() > 0.5


def test_fluid_residuals_count_in_tolerances():
    """A potential that is its own reference has no residual; a shifted pressure counts in units of its tolerance."""
    structures = {name: atoms for name, atoms in training_structures().items() if name == "molecular crystal"}
    laboratory = Laboratory(structures)
    potential = get_pseudopotential("default")
    answer = laboratory.answer("molecular crystal", potential, cutoff_ry=20.0)
    moved = Answer(answer.forces, answer.pressure_gpa + 3.0, answer.energy)
    same = fluid_residuals(laboratory, potential, {"molecular crystal": answer}, cutoff_ry=20.0)
    other = fluid_residuals(laboratory, potential, {"molecular crystal": moved}, cutoff_ry=20.0)
    assert np.abs(same).max() < 1e-2
    assert other[-2] == pytest.approx(-2.0, abs=1e-2)


def test_written_file_reads_back(tmp_path):
    potential = get_pseudopotential("default")
    assert isinstance(potential, GTHPotential)
    write_stored(tmp_path / "p.json", potential, "a note")
    content = json.loads(Path(tmp_path / "p.json").read_text(encoding="utf-8"))
    again = GTHPotential(
        content["name"],
        r_loc=content["r_loc"],
        coefficients=tuple(content["coefficients"]),
        recommended_ecut_ry=content["recommended_ecut_ry"],
    )
    assert again.content_hash == potential.content_hash
    assert rounded(np.array([1.23456789012])) == (1.23456789,)
