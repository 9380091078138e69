"""The contract that every engine must keep, whatever computes behind it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from tests.others import needs_program, published_potential

from llpt.engines import Engine, EngineDescription, PressureLabel, make_engine
from llpt.errors import InputError, MissingProgramError
from llpt.run_file import DescribedEngine
from llpt.structure import molecular_fluid


@dataclass(frozen=True)
class Case:
    """What an engine is made with here, and how closely its derivatives must agree with differences of F."""

    spec: str
    options: dict
    force: float  # eV/Å
    stress_gpa: float
    step: float = 0.01  # Å, and strain times 0.4 /Å
    fixed_basis: bool = True  # whether the plane waves stay the same while the cell is strained
    wigner_seitz_radius: float = 1.5  # bohr, of the fluid


LENNARD_JONES = {"sigma": "0.9", "epsilon": "0.05", "rc": "2.2", "smooth": "true"}
KOHN_SHAM = {"ecut_ry": "30", "electronic_temperature_k": "3000"}
ESPRESSO = {"ecut_ry": "30", "electronic_temperature_k": "3000", "conv_thr_ry": "1e-9"}
CP2K = {  # its smallest basis set, and (below) a thin fluid: its time goes with the pairs of overlapping functions
    "electronic_temperature_k": "12000",  # so that the electrons of a thin fluid have an entropy
    "basis_set": "SZV-GTH",
    "cutoff_ry": "400",
    "relative_cutoff_ry": "40",
    "neglect": "1e-10",
}
PROGRAMS = {"quantum-espresso": "pw.x", "cp2k": "cp2k.psmp"}
ENGINES = {
    "lennard-jones": Case("ase:ase.calculators.lj.LennardJones", LENNARD_JONES, 1e-6, 1e-4, step=0.001),
    "morse": Case("ase:ase.calculators.morse.MorsePotential", {"r0": 0.9, "rho0": 4.0}, 1e-6, 1e-4, step=0.002),
    "n2p2": Case("n2p2:first", {}, 1e-5, 1e-3, step=0.002),
    "n2p2-published": Case("n2p2:pbe-v2", {}, 1e-5, 1e-3, step=0.002),
    "dft": Case("dft", KOHN_SHAM, 2e-4, 0.02, fixed_basis=False),
    "dft-dynamics": Case("dft", {**KOHN_SHAM, "convergence": "molecular-dynamics", "precision": "double"}, 2e-3, 0.1),
    "quantum-espresso": Case("quantum-espresso", {**ESPRESSO, "pseudopotential": "gth"}, 2e-3, 0.05),
    "quantum-espresso-paw": Case("quantum-espresso", ESPRESSO, 2e-3, 0.05),
    "cp2k": Case("cp2k", CP2K, 2e-3, 0.1, wigner_seitz_radius=2.2),
}
EV_PER_ANGSTROM3_TO_GPA = 160.21766


def needs(name):
    program = PROGRAMS.get(ENGINES[name].spec)
    marks = [pytest.mark.peer, pytest.mark.slow, needs_program(program)] if program else []
    return pytest.param(name, marks=marks)


def only(chosen):
    """Return the mark of a test that not every engine can be asked to pass."""
    names = [needs(name) for name in ENGINES if chosen(name)]
    return pytest.mark.parametrize("name", names, indirect=True, scope="module")


@pytest.fixture(scope="module", params=[needs(name) for name in ENGINES])
def name(request):
    return request.param


@pytest.fixture(scope="module")
def engine(name):
    spec, options = ENGINES[name].spec, ENGINES[name].options
    if spec.startswith("n2p2:"):
        potential = spec.partition(":")[2]
        own = Path(__file__).parents[1] / "reference" / "n2p2" / potential
        spec = f"n2p2:{own if own.is_dir() else published_potential(potential)}"
    try:
        made = make_engine(spec, options)
    except MissingProgramError as error:
        pytest.skip(f"{error.cause} {error.remedy}")
    yield made
    made.close()


@pytest.fixture
def fluid(name):
    """Six atoms in a slanted cell: nothing is right by symmetry."""
    return slanted_fluid(ENGINES[name])


def slanted_fluid(case):
    atoms = molecular_fluid(atoms=6, seed=4, wigner_seitz_radius=case.wigner_seitz_radius)
    atoms.set_cell(atoms.cell.array @ [[1.0, 0.08, 0.0], [0.0, 0.95, 0.05], [0.03, 0.0, 1.04]], scale_atoms=True)
    return atoms


def results_of(engine, atoms):
    engine.calculate(atoms)
    return dict(engine.results)


@pytest.fixture(scope="module")
def results(engine, name):
    """What the engine says of the fluid when it knows of nothing before; once, since programs take seconds."""
    engine.reset()
    return results_of(engine, slanted_fluid(ENGINES[name]))


def test_results(engine, results):
    assert np.shape(results["forces"]) == (6, 3)
    assert np.shape(results["stress"]) == (6,)
    for key in ("energy", "free_energy", "entropy"):
        assert np.ndim(results[key]) == 0
    assert all(np.isfinite(np.asarray(value, dtype=float)).all() for value in results.values())
    assert isinstance(engine, Engine)


def test_asked_as_an_ase_calculator(engine, fluid):
    fluid.calc = engine
    assert fluid.get_potential_energy(force_consistent=True) == engine.results["free_energy"]
    assert fluid.get_potential_energy() == engine.results["energy"]
    assert np.array_equal(fluid.get_forces(), engine.results["forces"])
    assert np.array_equal(fluid.get_stress(), engine.results["stress"])


def test_internal_energy_is_free_energy_plus_entropy_term(name, results):
    temperature = float(ENGINES[name].options.get("electronic_temperature_k", 0.0))
    assert results["energy"] - results["free_energy"] == pytest.approx(temperature * results["entropy"], abs=1e-9)
    assert results["entropy"] >= 0.0
    if temperature:
        assert results["entropy"] > 0.0


def test_forces_are_derivatives_of_the_free_energy(engine, name, fluid, results):
    direction = np.random.default_rng(0).normal(size=(6, 3))
    direction -= direction.mean(axis=0)
    direction /= np.linalg.norm(direction)
    step = ENGINES[name].step
    free = {}
    for move in (-2, -1, 1, 2):
        moved = fluid.copy()
        moved.positions += move * step * direction
        free[move] = results_of(engine, moved)["free_energy"]
    slope = (8 * (free[1] - free[-1]) - (free[2] - free[-2])) / (12 * step)
    assert -slope == pytest.approx(np.vdot(results["forces"], direction), abs=ENGINES[name].force)


@only(lambda name: ENGINES[name].fixed_basis)  # elsewhere every cell gets plane waves of its own
@pytest.mark.parametrize("component", [0, 3])
def test_stress_is_the_strain_derivative_of_the_free_energy(engine, name, fluid, results, component):
    strain_shape = np.zeros((3, 3))
    i, j = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))[component]
    strain_shape[i, j] += 0.5
    strain_shape[j, i] += 0.5
    step = 0.4 * ENGINES[name].step
    free = {}
    for move in (-2, -1, 1, 2):
        strained = fluid.copy()
        strained.set_cell(fluid.cell.array @ (np.eye(3) + move * step * strain_shape), scale_atoms=True)
        free[move] = results_of(engine, strained)["free_energy"]
    slope = (8 * (free[1] - free[-1]) - (free[2] - free[-2])) / (12 * step)
    difference_gpa = (slope / fluid.get_volume() - results["stress"][component]) * EV_PER_ANGSTROM3_TO_GPA
    assert difference_gpa == pytest.approx(0.0, abs=ENGINES[name].stress_gpa)


def test_rotation_turns_forces_and_leaves_energy(engine, name, fluid, results):
    rotation, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))
    rotation *= np.linalg.det(rotation)
    turned = fluid.copy()
    turned.set_cell(fluid.cell.array @ rotation.T)
    turned.positions = fluid.positions @ rotation.T
    engine.reset()
    after = results_of(engine, turned)
    tolerance = ENGINES[name].force
    assert after["free_energy"] == pytest.approx(results["free_energy"], abs=tolerance)
    assert np.allclose(after["forces"], results["forces"] @ rotation.T, atol=tolerance)
    assert after["stress"][:3].sum() == pytest.approx(results["stress"][:3].sum(), abs=tolerance)


def test_translation_by_a_lattice_vector_changes_nothing(engine, name, fluid, results):
    engine.reset()
    moved = fluid.copy()
    moved.positions[2] += fluid.cell.array[1] - 2 * fluid.cell.array[0]
    after = results_of(engine, moved)
    assert after["free_energy"] == pytest.approx(results["free_energy"], abs=ENGINES[name].force)
    assert np.allclose(after["forces"], results["forces"], atol=ENGINES[name].force)


def test_results_do_not_depend_on_what_came_before_a_reset(engine, name, fluid, results):
    other = fluid.copy()
    other.set_cell(1.02 * fluid.cell.array, scale_atoms=True)
    engine.calculate(other)
    engine.reset()
    assert results_of(engine, fluid)["free_energy"] == pytest.approx(results["free_energy"], abs=ENGINES[name].force)


def test_bad_structures_are_refused(engine, fluid):
    broken = fluid.copy()
    broken.positions[1, 2] = np.nan
    with pytest.raises(InputError, match="atom 1"):
        engine.calculate(broken)
    assert engine.results == {}
    flat = fluid.copy()
    flat.cell[2] = flat.cell[1]
    with pytest.raises(InputError, match="zero volume"):
        engine.calculate(flat)
    with pytest.raises(InputError, match="no atoms"):
        engine.calculate(Atoms(cell=[3, 3, 3], pbc=True))
    assert np.isfinite(results_of(engine, fluid)["free_energy"])


@only(lambda name: not ENGINES[name].spec.startswith("ase:"))  # those calculators know no elements
def test_wrong_element_is_refused(engine, fluid):
    fluid.symbols[3] = "He"
    with pytest.raises(InputError, match=r"Atom 3 .* is He"):
        engine.calculate(fluid)


def test_description(engine):
    description = engine.describe()
    assert isinstance(description, EngineDescription)
    assert description.version
    assert isinstance(description.pressure_label, PressureLabel)
    assert description == engine.describe()
    assert DescribedEngine.of(description).options == dict(description.options)  # JSON holds every one of them


def test_state_can_be_kept(engine, name, fluid, tmp_path):
    before = results_of(engine, fluid)["free_energy"]
    engine.save_state(tmp_path / "state")
    if (tmp_path / "state").exists():
        engine.load_state(tmp_path / "state")
    assert results_of(engine, fluid)["free_energy"] == pytest.approx(before, abs=ENGINES[name].force)
