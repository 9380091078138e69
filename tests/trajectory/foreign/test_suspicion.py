"""What is said of a run is held against what its frames say."""

import numpy as np
import pytest
from ase import Atoms, units
from ase.build import bulk
from ase.calculators.lj import LennardJones
from ase.calculators.singlepoint import SinglePointCalculator
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution
from ase.md.verlet import VelocityVerlet

from llpt import open_trajectory
from llpt.errors import InputError
from llpt.trajectory.foreign import Contents, ForeignReader
from llpt.trajectory.foreign.ase_atoms import open_atoms

FRAME_FS = 10.0
TEMPERATURE_K = 300.0


@pytest.fixture(scope="module")
def argon():
    """Sixty frames of argon at constant energy, with velocities, forces, energies and stress, and its mean T and P."""
    atoms = bulk("Ar", "fcc", a=5.3, cubic=True) * (2, 2, 2)
    atoms.calc = LennardJones(sigma=3.4, epsilon=0.0104, rc=5.2, smooth=True)
    MaxwellBoltzmannDistribution(atoms, temperature_K=2 * TEMPERATURE_K, rng=np.random.default_rng(1))
    dynamics = VelocityVerlet(atoms, FRAME_FS * units.fs)
    frames = []
    for _ in range(100):
        dynamics.run(1)
        frame = atoms.copy()
        frame.calc = SinglePointCalculator(frame, energy=atoms.get_potential_energy(), forces=atoms.get_forces(),
                                           stress=atoms.get_stress())  # fmt: skip
        frames.append(frame)
    frames = frames[40:]
    degrees = 3 * len(atoms) - 3
    kelvin = np.mean([2.0 * frame.get_kinetic_energy() / degrees / units.kB for frame in frames])
    gpa = np.mean([-frame.get_stress(include_ideal_gas=True)[:3].mean() / units.GPa for frame in frames])
    return frames, float(kelvin), float(gpa)


def opened(frames, **said):
    return open_trajectory(frames, **({"timestep_fs": FRAME_FS, "electronic_temperature_k": 0.0} | said))


def changed(frames, *, energy=1.0, velocity=1.0):
    """Return the frames with other energies or velocities."""
    result = []
    for frame in frames:
        other = frame.copy()
        other.set_momenta(frame.get_momenta() * velocity)
        other.calc = SinglePointCalculator(
            other, energy=frame.get_potential_energy() * energy, forces=frame.get_forces(), stress=frame.get_stress()
        )
        result.append(other)
    return result


def test_what_is_true_is_taken(argon):
    frames, kelvin, gpa = argon
    assert len(opened(frames, temperature_k=kelvin, pressure_gpa=gpa)) == 60


@pytest.mark.parametrize(
    ("said", "check", "cause"),
    [
        ({"temperature_k": 1.3}, "temperature", "move at"),
        ({"pressure_gpa": 5.0}, "pressure", "The pressure of"),
        ({"timestep_fs": 20.0}, "timestep", "10 fs apart by their motion, not 20 fs"),
        ({"timestep_fs": 5.0}, "timestep", "10 fs apart by their motion, not 5 fs"),
    ],
)
def test_what_the_frames_contradict_is_refused_with_what_overrides_it(argon, said, check, cause):
    frames, kelvin, gpa = argon
    factors = {"temperature_k": kelvin, "pressure_gpa": gpa + 0.1, "timestep_fs": 1.0}
    statement = {name: value * factors[name] for name, value in said.items()}
    with pytest.raises(InputError, match=cause) as refused:
        opened(frames, **statement)
    assert f"--despite {check}" in refused.value.remedy
    assert len(opened(frames, **statement, despite=[check])) == 60


def test_the_energy_of_one_atom_is_refused(argon):
    frames, *_ = argon
    with pytest.raises(InputError, match=r"changes 0.031. times as much as its forces do work"):
        opened(changed(frames, energy=1.0 / len(frames[0])))


def test_velocities_in_another_unit_are_refused(argon):
    frames, *_ = argon
    with pytest.raises(InputError, match="fs apart by their motion"):
        opened(changed(frames, velocity=1.0 / units.fs))
    with pytest.raises(InputError, match="which cannot be"):
        opened(changed(frames, velocity=1e3))


def test_missing_frames_are_found_by_the_motion(argon):
    frames, *_ = argon
    with pytest.raises(InputError, match=r"Before frame 30 .* frames are missing there"):
        opened(frames[:30] + frames[34:])
    assert len(opened(frames[:30] + frames[34:], despite=["gap"])) == 56


def test_warm_electrons_called_cold_are_refused(argon):
    frames, *_ = argon
    warm = []
    for frame in frames:
        other = frame.copy()
        energy = frame.get_potential_energy()
        other.calc = SinglePointCalculator(other, energy=energy, free_energy=energy - 1.0)
        other.info["entropy"] = 1.0
        warm.append(other)
    with pytest.raises(InputError, match="electrons at 0 K cannot have"):
        opened(warm)


def test_energies_equal_to_rounding_are_those_of_cold_electrons():
    frames = []
    for number in range(3):
        atoms = Atoms("H2", positions=[[0.1 * number, 0, 0], [1, 1, 1]], cell=3.0 * np.eye(3), pbc=True)
        atoms.calc = SinglePointCalculator(atoms, energy=-6.0, free_energy=-6.0 - 1e-8 * (number % 2))
        atoms.info["entropy"] = 0.0
        frames.append(atoms)
    assert (opened(frames).scalars()["entropy_ev_per_k"] == 0.0).all()


def test_an_empty_cell_and_an_unknown_check_are_one_sentence(argon):
    frames, *_ = argon
    (flat,) = changed(frames[3:4])
    flat.set_cell(np.diag([1e-9, 1.0, 1.0]))
    with pytest.raises(InputError, match="cell of frame 3"):
        opened([*frames[:3], flat, *frames[4:]])
    with pytest.raises(InputError, match="no check called nonsense"):
        opened(frames, despite=["nonsense"])


def test_the_work_of_a_changing_cell_is_counted():
    random = np.random.default_rng(0)
    atoms = bulk("Ar", "fcc", a=5.0, cubic=True) * (2, 2, 2)
    atoms.calc = LennardJones(sigma=3.4, epsilon=0.0104, rc=5.2, smooth=True)
    frames = []
    for number in range(20):
        atoms.set_cell(atoms.cell[:] * (1.0 + 0.002 * np.sin(number)), scale_atoms=True)
        atoms.positions += random.normal(scale=0.02, size=atoms.positions.shape)
        frame = atoms.copy()
        frame.calc = SinglePointCalculator(frame, energy=atoms.get_potential_energy(), forces=atoms.get_forces(),
                                           stress=atoms.get_stress())  # fmt: skip
        frames.append(frame)
    reader = ForeignReader(open_atoms(frames), frame_interval_fs=1.0, electronic_temperature_k=0.0)
    contents = Contents()
    assert len(list(reader.steps(contents))) == 20
    assert contents.measured.work_ratio() == pytest.approx(1.0, abs=0.02)
