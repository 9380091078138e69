"""The engine as it is used: following a trajectory, keeping its state, refusing what it cannot do."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from ase import Atoms
from ase.md.velocitydistribution import Stationary
from ase.md.verlet import VelocityVerlet
from tests.others import without_gpu

from llpt import units
from llpt.dft import Convergence, KohnSham, KohnShamSettings, PressureCorrection
from llpt.dft.functionals.pbe import pbe_elementwise
from llpt.dft.transforms import TensorTransform
from llpt.errors import EngineError, InputError, StorageError
from llpt.precision import Precision
from llpt.structure import molecular_fluid

MD = KohnShamSettings(convergence=Convergence.MOLECULAR_DYNAMICS, pseudopotential="gth", ecut_ry=40.0)


def drifted(atoms: Atoms, seed: int, size: float = 0.01) -> Atoms:
    moved = atoms.copy()
    moved.positions += np.random.default_rng(seed).normal(0.0, size, moved.positions.shape)
    return moved


@pytest.fixture
def sixteen() -> Atoms:
    return molecular_fluid(atoms=16, wigner_seitz_radius=1.45, seed=4)


def trajectory(atoms: Atoms, steps: int):
    """Smooth small displacements, as molecular dynamics makes them."""
    velocity = np.random.default_rng(8).normal(0.0, 0.006, atoms.positions.shape)
    for step in range(steps):
        moved = atoms.copy()
        moved.positions += velocity * step
        yield moved


@pytest.fixture(params=["compiled for the CPU", "as on a GPU"])
def path(request, monkeypatch):
    """Single precision takes torch operations alone on a GPU: the same here."""
    if request.param == "as on a GPU":
        monkeypatch.setattr("llpt.dft.hamiltonian.orbital_transform", TensorTransform)
        monkeypatch.setattr("llpt.dft.functionals.pbe.pbe_single_cpu", pbe_elementwise)


@pytest.mark.usefixtures("path")
def test_following_a_trajectory_stays_close_to_tight_solutions(sixteen):
    engine = KohnSham(MD)
    tight = KohnSham(replace(MD, convergence=Convergence.TIGHT))
    for step, atoms in enumerate(trajectory(sixteen, 12)):
        engine.calculate(atoms)
        if step > 5:
            assert engine.ground_state.cycles <= 3
    tight.calculate(atoms)
    difference = np.abs(engine.results["forces"] - tight.results["forces"]).max()
    assert difference * units.EV_PER_ANGSTROM_TO_HARTREE_PER_BOHR < 1e-4
    pressure = np.abs(engine.results["stress"] - tight.results["stress"])[:3].mean() * units.EV_PER_ANGSTROM3_TO_GPA
    assert pressure < 0.1


def test_scan_l_follows_a_trajectory_too(sixteen):
    scan_l = replace(MD, xc="scan-l")
    engine, tight = KohnSham(scan_l), KohnSham(replace(scan_l, convergence=Convergence.TIGHT))
    for atoms in trajectory(sixteen, 4):
        engine.calculate(atoms)
    tight.calculate(atoms)
    difference = np.abs(engine.results["forces"] - tight.results["forces"]).max()
    assert difference * units.EV_PER_ANGSTROM_TO_HARTREE_PER_BOHR < 6e-5


def test_saved_state_continues_as_if_nothing_had_happened(sixteen, tmp_path):
    engine = KohnSham(MD)
    geometries = list(trajectory(sixteen, 8))
    for atoms in geometries[:6]:
        engine.calculate(atoms)
    engine.save_state(tmp_path / "state")
    restored = KohnSham(MD)
    restored.load_state(tmp_path / "state")
    for atoms in geometries[6:]:
        engine.calculate(atoms)
        restored.calculate(atoms)
        assert restored.ground_state.cycles == engine.ground_state.cycles
        assert restored.results["free_energy"] == pytest.approx(engine.results["free_energy"], abs=1e-7)
        assert restored.results["forces"] == pytest.approx(engine.results["forces"], abs=1e-5)


def test_a_state_of_before_deformations_were_kept_is_solved_from_nothing(sixteen, tmp_path):
    engine, again = KohnSham(MD), KohnSham(MD)
    engine.calculate(sixteen)
    engine.save_state(tmp_path / "state")
    saved = torch.load(tmp_path / "state", weights_only=True)
    saved["densities"] = saved.pop("deformations")
    torch.save(saved, tmp_path / "state")
    again.load_state(tmp_path / "state")
    again.calculate(drifted(sixteen, 3))
    engine.calculate(drifted(sixteen, 3))
    assert again.ground_state.cycles > engine.ground_state.cycles
    assert again.results["free_energy"] == pytest.approx(engine.results["free_energy"], abs=1e-4)


def test_the_density_of_free_atoms_moves_with_the_atoms(sixteen):
    """A vibration is followed in two cycles at eight steps a period, and in three at four."""
    settings = replace(MD, ecut_ry=30.0)
    beat = np.random.default_rng(2).normal(0.0, 1.0, sixteen.positions.shape)
    for step, cycles in ((0.8, 2.2), (1.5, 3.4)):  # of a period of 2 pi; before, 3.0 and 4.4
        engine, took = KohnSham(settings), []
        for count in range(10):
            atoms = sixteen.copy()
            atoms.positions += 0.04 * beat * np.sin(step * count)
            engine.calculate(atoms)
            took.append(engine.ground_state.cycles)
        assert np.mean(took[5:]) <= cycles


def test_a_damaged_state_is_refused(tmp_path):
    (tmp_path / "state").write_bytes(b"not a state")
    with pytest.raises(StorageError, match="cannot be read"):
        KohnSham(MD).load_state(tmp_path / "state")


def test_same_input_same_answer(sixteen):
    energies = []
    for _ in range(2):
        engine = KohnSham(MD)
        engine.calculate(sixteen)
        energies.append(engine.results["free_energy"])
    assert energies[0] == pytest.approx(energies[1], abs=1e-9 * units.HARTREE_TO_EV)


def test_corrected_free_energy_and_pressure_belong_together(sixteen):
    engine = KohnSham(replace(MD, pressure_correction=PressureCorrection.FINITE_BASIS, precision=Precision.DOUBLE))
    engine.calculate(sixteen)
    pressure = -engine.results["stress"][:3].mean()
    assert pressure > -engine.results["stress_uncorrected"][:3].mean()
    step = 2e-4
    energies = []
    for sign in (1, -1):
        strained = sixteen.copy()
        strained.set_cell(sixteen.cell.array * (1 + sign * step), scale_atoms=True)
        engine.calculate(strained)
        energies.append(engine.results["free_energy"])
    volume = sixteen.get_volume() * ((1 + step) ** 3 - (1 - step) ** 3)
    assert pressure == pytest.approx(-(energies[0] - energies[1]) / volume, rel=2e-3)


def test_basis_follows_the_cell_and_is_rebuilt_when_it_has_drifted(sixteen):
    engine = KohnSham(MD)
    engine.calculate(sixteen)
    first = engine.problem.basis
    engine.calculate(_scaled(sixteen, 1.001))
    assert engine.problem.basis.waves[0].count == first.waves[0].count
    larger = _scaled(sixteen, 1.05)
    engine.calculate(larger)
    assert engine.problem.basis.waves[0].count > first.waves[0].count
    fresh = KohnSham(MD)
    fresh.calculate(larger)
    assert engine.results["free_energy"] == pytest.approx(fresh.results["free_energy"], abs=16 * 1e-5)


def _scaled(atoms: Atoms, factor: float) -> Atoms:
    scaled = atoms.copy()
    scaled.set_cell(atoms.cell.array * factor, scale_atoms=True)
    return scaled


def test_bands_are_added_until_the_last_is_empty(sixteen):
    for convergence in Convergence:
        engine = KohnSham(replace(MD, electronic_temperature_k=30000.0, convergence=convergence))
        for atoms in (sixteen, drifted(sixteen, 1)):
            engine.calculate(atoms)
            assert engine.ground_state.occupations.highest < 1e-6


def test_a_fixed_number_of_bands_is_kept(sixteen):
    engine = KohnSham(replace(MD, bands=11))
    engine.calculate(sixteen)
    assert engine.ground_state.orbitals[0].shape[0] == 11
    with pytest.raises(EngineError, match="cannot hold"):
        KohnSham(replace(MD, bands=7)).calculate(sixteen)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_and_odd_numbers_of_atoms(count):
    atoms = Atoms(f"H{count}", positions=np.arange(3 * count).reshape(-1, 3) * 0.6, cell=[3, 3.1, 3.2], pbc=True)
    engine = KohnSham(KohnShamSettings(ecut_ry=30.0, pseudopotential="gth"))
    engine.calculate(atoms)
    assert np.abs(engine.results["forces"].sum(0)).max() < 1e-5
    assert np.isfinite(engine.results["free_energy"])


def test_cold_electrons_and_close_atoms():
    atoms = Atoms("H2", positions=[[0, 0, 0], [0.3, 0, 0]], cell=[3, 3, 3], pbc=True)
    engine = KohnSham(KohnShamSettings(ecut_ry=40.0, electronic_temperature_k=10.0, pseudopotential="gth"))
    engine.calculate(atoms)
    # At 0.3 Å the molecule is far inside its bond length of 0.75 Å: the atoms push each other apart, hard.
    assert engine.results["forces"][1, 0] > 20.0
    assert engine.results["entropy"] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("atoms", "words"),
    [
        (Atoms("HHe", positions=[[0, 0, 0], [1, 1, 1]], cell=[3, 3, 3], pbc=True), "He"),
        (Atoms("H2", positions=[[0, 0, 0], [0.05, 0, 0]], cell=[3, 3, 3], pbc=True), "0.050 Å apart"),
        (Atoms("H2", positions=[[0, 0, 0], [2.99, 0, 0]], cell=[3, 3, 3], pbc=True), "apart"),
        (Atoms("H", positions=[[np.nan, 0, 0]], cell=[3, 3, 3], pbc=True), "not a finite"),
        (Atoms("H", positions=[[0, 0, 0]]), "periodic"),
        (Atoms(cell=[3, 3, 3], pbc=True), "no atoms"),
    ],
)
def test_structures_that_cannot_be_computed(atoms, words):
    with pytest.raises(InputError, match=words):
        KohnSham(MD).calculate(atoms)


@pytest.mark.parametrize(
    "settings",
    [{"ecut_ry": -1.0}, {"ecut_ry": float("nan")}, {"electronic_temperature_k": 0.0}, {"bands": 0}],
)
def test_settings_out_of_range(settings):
    with pytest.raises(InputError):
        KohnShamSettings(**settings)


@without_gpu
def test_a_gpu_that_is_not_there_is_refused():
    with pytest.raises(InputError, match="no GPU"):
        KohnSham(replace(MD, device="cuda"))


@pytest.mark.slow
def test_nve_of_16_atoms_conserves_energy():
    """A drift is of every atom and step, however many there are; so few sway about it by 0.1 meV each."""
    atoms = molecular_fluid(atoms=16, wigner_seitz_radius=1.42, seed=2)
    momenta = np.random.default_rng(1).normal(size=(16, 3))
    atoms.set_momenta(momenta * np.sqrt(1.008 * units.BOLTZMANN_EV_PER_K * 1000.0))
    Stationary(atoms)
    engine = KohnSham(KohnShamSettings(convergence=Convergence.MOLECULAR_DYNAMICS, pseudopotential="gth"))
    atoms.calc = engine
    energies = []
    step_fs = 0.25

    def note():
        energies.append(engine.results["free_energy"] + atoms.get_kinetic_energy())

    import ase.units

    dynamics = VelocityVerlet(atoms, timestep=step_fs * ase.units.fs)
    dynamics.attach(note)
    dynamics.run(440)
    per_atom_mev = np.array(energies[40:]) / 16 * 1000
    time_ps = np.arange(len(per_atom_mev)) * step_fs / 1000
    drift, _ = np.polyfit(time_ps, per_atom_mev, 1)
    assert abs(drift) < 1.0


def test_corrected_free_energy_is_smooth_where_the_plane_waves_come_in_shells():
    """The number of plane waves grows in steps with the cutoff; the corrected free energy must not."""
    atoms = molecular_fluid(atoms=8, wigner_seitz_radius=1.4, seed=4)
    cutoffs = np.linspace(40.0, 43.0, 7)
    raw, corrected = [], []
    for ecut_ry in cutoffs:
        engine = KohnSham(
            KohnShamSettings(
                ecut_ry=ecut_ry, pseudopotential="default", pressure_correction=PressureCorrection.FINITE_BASIS
            )
        )
        engine.calculate(atoms)
        raw.append(engine.results["free_energy_uncorrected"] / 8 * 1000)
        # Each is corrected to its own cutoff: what remains is the smooth slope.
        corrected.append(engine.results["free_energy"] / 8 * 1000)

    def roughness(values):
        return np.std(values - np.polyval(np.polyfit(cutoffs, values, 1), cutoffs))

    assert roughness(np.array(corrected)) < 0.25 * roughness(np.array(raw))
    assert roughness(np.array(corrected)) < 0.3


def test_corrected_pressures_agree_over_cutoffs():
    """Default pseudopotential, 60 to 100 Ry: raw pressures are far apart, corrected ones agree within 2 GPa."""
    atoms = molecular_fluid(atoms=8, wigner_seitz_radius=1.34, seed=6)
    corrected, raw = [], []
    for ecut_ry in (60.0, 80.0, 100.0):
        engine = KohnSham(
            KohnShamSettings(
                ecut_ry=ecut_ry, pseudopotential="default", pressure_correction=PressureCorrection.FINITE_BASIS
            )
        )
        engine.calculate(atoms)
        corrected.append(-engine.results["stress"][:3].mean() * units.EV_PER_ANGSTROM3_TO_GPA)
        raw.append(-engine.results["stress_uncorrected"][:3].mean() * units.EV_PER_ANGSTROM3_TO_GPA)
    assert np.ptp(corrected) < 2.0
    assert np.ptp(corrected) < 0.5 * np.ptp(raw)
    # Without basis the correction vanishes: it is smaller at each higher cutoff.
    assert np.all(np.diff(np.subtract(corrected, raw)) < 0.0)
