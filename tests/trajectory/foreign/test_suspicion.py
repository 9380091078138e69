"""What is stated of a run is compared with its frames."""

import numpy as np
import pytest
from ase import Atoms, units
from ase.build import bulk
from ase.calculators.lj import LennardJones
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution, Stationary
from ase.md.verlet import VelocityVerlet
from scipy import stats

from llpt import open_trajectory
from llpt.errors import InputError
from llpt.trajectory import Facts
from llpt.trajectory.foreign import Contents, ForeignReader
from llpt.trajectory.foreign.ase_atoms import open_atoms
from llpt.trajectory.foreign.bounds import allowed_temperatures
from llpt.trajectory.foreign.measuring import Measurements
from llpt.trajectory.foreign.suspicion import findings, hold_against

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


def changed(frames, *, energy=1.0, velocity=1.0, force=1.0):
    """Return the frames with other energies, velocities or forces."""
    result = []
    for frame in frames:
        other = frame.copy()
        other.set_momenta(frame.get_momenta() * velocity)
        other.calc = SinglePointCalculator(
            other,
            energy=frame.get_potential_energy() * energy,
            forces=frame.get_forces() * force,
            stress=frame.get_stress(),
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


def test_energies_and_forces_of_the_opposite_sign_are_refused(argon):
    frames, *_ = argon
    with pytest.raises(InputError, match="rises where its forces do work"):
        opened(changed(frames, energy=-1.0))
    with pytest.raises(InputError, match="accelerated against their forces"):
        opened(changed(frames, force=-1.0))
    with pytest.raises(InputError, match="accelerated against their forces"):
        opened(changed(frames, energy=-1.0, force=-1.0))


def test_velocities_in_another_unit_are_refused(argon):
    frames, *_ = argon
    with pytest.raises(InputError, match=r"0\.982 fs apart by their velocities, 10 fs by their forces"):
        opened(changed(frames, velocity=1.0 / units.fs))
    with pytest.raises(InputError, match="against their velocities: its frames stand in the opposite order"):
        opened(frames[::-1])
    with pytest.raises(InputError, match="which cannot be"):
        opened(changed(frames, velocity=1e3))


@pytest.mark.parametrize(
    "said",
    [
        {"temperature_k": -700.0},
        {"temperature_k": float("nan")},
        {"temperature_k": 1e30},
        {"pressure_gpa": float("nan")},
        {"electronic_temperature_k": -5.0},
        {"timestep_fs": 0.0},
        {"timestep_fs": -1.0},
        {"timestep_fs": float("nan")},
        {"timestep_fs": "long"},
    ],
)
def test_what_no_run_can_be_at_is_refused_before_anything_is_read(said):
    places = np.random.default_rng(0).uniform(0.0, 5.0, (5, 4, 3))
    (name,) = said
    with pytest.raises(InputError, match=f"{name} = .* cannot be") as refused:
        open_trajectory(places, cell=[5.0] * 3, elements="H", **({"timestep_fs": 1.0} | said))
    assert f"--{name.replace('_', '-')}" in refused.value.remedy


def test_numbers_of_numpy_are_numbers(argon):
    frames, kelvin, gpa = argon
    said = {"temperature_k": np.float64(kelvin), "pressure_gpa": np.float32(gpa), "timestep_fs": np.int64(FRAME_FS)}
    facts = opened(frames, **said).facts
    assert type(facts.temperature_k) is type(facts.frame_interval_fs) is float


def test_one_atom_has_no_temperature():
    frames = [Atoms("Ar", positions=[[0.1 * number, 0.0, 0.0]], cell=[5.0] * 3, pbc=True) for number in range(6)]
    for frame in frames:
        frame.set_velocities([[0.01, 0.0, 0.0]])
    assert "temperature_k" in opened(frames, despite=["timestep"]).facts.missing


@pytest.mark.parametrize("count", [3, 20])
def test_a_pressure_far_off_is_refused_however_few_the_frames(argon, count):
    frames, _, gpa = argon
    with pytest.raises(InputError, match="The pressure of"):
        opened(frames[:count], pressure_gpa=gpa + 50.0)
    assert len(opened(frames[:count], pressure_gpa=gpa)) == count


@pytest.mark.parametrize("factor", [1602.0, 160.2])  # kbar, GPa
def test_a_stress_in_another_unit_is_more_than_matter_has(factor):
    gpa = 200.0 / 160.2  # of hydrogen at 1 g/cm³, in eV/Å³
    frames = walk(4, stress=-gpa * factor)
    with pytest.raises(InputError, match=r"has a pressure of .* GPa, which cannot be"):
        opened(frames)
    assert len(opened(frames, despite=["pressure"])) == 4
    assert len(opened(walk(4, stress=-gpa))) == 4


def test_a_stress_in_kbar_is_seen_by_how_it_fluctuates(argon):
    frames, factor = argon[0], 1602.0
    shifted = [frame.copy() for frame in frames]
    mean = np.mean([frame.get_stress() for frame in frames], axis=0)
    for frame, source in zip(shifted, frames, strict=True):
        stress = factor * (source.get_stress() - 0.9 * mean)  # about that of a fluid at ambient pressure
        frame.calc = SinglePointCalculator(
            frame, energy=source.get_potential_energy(), forces=source.get_forces(), stress=stress
        )
    with pytest.raises(InputError, match="goes up and down by"):
        opened(shifted)
    assert len(opened(shifted, despite=["pressure"])) == 60


@pytest.mark.parametrize(("atoms", "count", "kelvin"), [(8, 2, 6.0), (8, 40, 6.0), (27, 12, 300.0), (64, 10, 450.0)])
def test_a_temperature_that_atoms_cannot_have_by_chance_is_refused_however_few_the_frames(atoms, count, kelvin):
    frames = gas(atoms, count, kelvin)
    with pytest.raises(InputError, match="not at 900 K") as refused:
        opened(frames, temperature_k=900.0)
    assert "--despite temperature" in refused.value.remedy
    assert len(opened(frames, temperature_k=kelvin)) == count


def test_the_temperature_of_two_atoms_may_be_almost_any():
    assert len(opened(gas(2, 2, 2500.0), temperature_k=900.0)) == 2


@pytest.mark.parametrize("degrees", [3, 21, 189])
def test_the_bounds_of_a_temperature_are_those_of_the_chi_squared_distribution(degrees):
    one = allowed_temperatures(900.0, degrees, error_k=float("nan"), frames=50)
    far = stats.chi2(degrees).cdf(np.array([one.lowest_k, one.highest_k]) / 900.0 * degrees)
    assert far[0] == pytest.approx(stats.norm.sf(5.0), rel=1e-6)
    assert 1.0 - far[1] == pytest.approx(stats.norm.sf(5.0), rel=1e-6)
    assert one.error_k == pytest.approx(900.0 * np.sqrt(2.0 / degrees))
    assert allowed_temperatures(900.0, degrees, error_k=1e9, frames=50) == one  # never worse than one frame
    many = allowed_temperatures(900.0, degrees, error_k=0.0, frames=50)
    assert many.error_k == pytest.approx(one.error_k / np.sqrt(50.0))  # never better than all frames apart


def test_an_error_of_a_pressure_that_is_larger_than_that_of_a_frame_lets_nothing_more_pass():
    measured = Measurements(np.ones(16), 16, volume_angstrom3=[27.0] * 40)
    measured.pressure_gpa.extend(np.linspace(0.0, 2000.0, 40))
    facts = Facts(temperature_k=900.0, pressure_gpa=3000.0)
    with pytest.raises(InputError, match=r"pressure of it is 1000 .* not 3000 GPa"):
        hold_against(measured, facts, "it")


def test_one_frame_that_is_missing_is_seen_by_its_velocities_where_a_step_is_no_longer_for_it():
    random = np.random.default_rng(0)
    rates = random.uniform(0.14, 0.6, (27, 3))  # rad/fs, of which 4 fs are 0.6 to 2.4
    amplitudes, phases = random.normal(scale=0.1, size=(27, 3)), random.uniform(0.0, 2.0 * np.pi, (27, 3))
    frames = []
    for number in range(60):
        angle = rates * 4.0 * number + phases
        frame = Atoms("H27", positions=3.0 + amplitudes * np.sin(angle), cell=[6.0] * 3, pbc=True)
        frame.set_velocities(amplitudes * rates * np.cos(angle) / units.fs)
        frames.append(frame)
    assert len(opened(frames, timestep_fs=4.0, despite=["timestep"])) == 60
    with pytest.raises(InputError, match=r"To frame 30 .* another time than to the others"):
        opened(frames[:30] + frames[31:], timestep_fs=4.0, despite=["timestep"])


def gas(atoms, count, kelvin):
    """Return frames of hydrogen that flies straight on at a temperature."""
    random = np.random.default_rng(0)
    frame = Atoms(f"H{atoms}", positions=random.uniform(0.0, 9.0, (atoms, 3)), cell=[9.0] * 3, pbc=True)
    frame.set_momenta(random.normal(size=(atoms, 3)))
    Stationary(frame)
    frame.set_velocities(
        frame.get_velocities() * np.sqrt(kelvin / (frame.get_kinetic_energy() * 2 / units.kB / (3 * atoms - 3)))
    )
    frames = []
    for _ in range(count):
        frames.append(frame.copy())
        frame.positions += FRAME_FS * units.fs * frame.get_velocities()
    return frames


def walk(count, *, stress=0.0):
    """Return frames of hydrogen at 1 g/cm³ whose atoms hardly move."""
    places = np.random.default_rng(0).uniform(0.0, 3.0, (16, 3))
    frames = []
    for number in range(count):
        frame = Atoms("H16", positions=places + 0.01 * number * np.ones(3), cell=[3.0] * 3, pbc=True)
        frame.calc = SinglePointCalculator(frame, energy=-16.0, stress=[stress] * 3 + [0.0] * 3)
        frames.append(frame)
    return frames


def without_velocities(frames, every=1):
    return [Atoms(frame.symbols, frame.positions, cell=frame.cell, pbc=True) for frame in frames[::every]]


def test_displacements_tell_the_temperature_where_there_are_no_velocities(argon):
    frames, kelvin, _ = argon
    bare = without_velocities(frames)
    assert len(opened(bare, temperature_k=kelvin)) == 60
    with pytest.raises(InputError, match=r"move by their displacements at 2\d\d"):
        opened(bare, temperature_k=3.0 * kelvin)
    with pytest.raises(InputError, match=r"time from frame to frame"):
        opened(bare, temperature_k=kelvin, timestep_fs=0.5 * FRAME_FS)


def test_displacements_over_long_times_only_bound_the_temperature_from_below(argon):
    frames, kelvin, _ = argon
    bare = without_velocities(frames, every=20)
    assert len(opened(bare, temperature_k=9.0 * kelvin, timestep_fs=20 * FRAME_FS)) == 3
    with pytest.raises(InputError, match="by their displacements at least"):
        opened(bare, temperature_k=0.1 * kelvin, timestep_fs=20 * FRAME_FS)


def test_what_was_not_measured_is_told_as_such():
    facts = Facts(temperature_k=900.0, pressure_gpa=200.0, electronic_temperature_k=800.0)
    words = [fact.words for fact in findings(Measurements(np.ones(4), 4), facts, 4.0)]
    assert words == ["T not measured (stated: 900)", "P not measured (stated: 200)", "T_el not measured (stated: 800)"]
    measured = Measurements(np.ones(4), 4, energy_gap_ev=[0.4] * 9, temperature_k=[900.0] * 9)
    words = [fact.words for fact in findings(measured, facts, 4.0)]
    assert "E − F 0.1 eV/atom with a stated T_el of 800 K" in words


@pytest.mark.parametrize(
    ("places", "cause"),
    [
        ([*range(57), *range(59, 60)], "Before frame 57"),
        ([*range(50), 57, 58], "Before frame 50"),
        ([0, *range(4, 20)], "Before frame 1 "),
        ([*range(2, 60), 0, 1], "Before frame 58"),
        ([*range(4, 8), *range(4), *range(8, 12)], "Before frame 4"),
        ([*range(30), *range(29, 60)], "Frame 30 .* is frame 29 again"),
        ([*range(30), *range(25, 60)], "Frame 30 .* is frame 25 again"),
        ([*range(20), *range(20)], "Frame 20 .* is frame 0 again"),
    ],
)
def test_what_is_missing_doubled_or_out_of_order_is_named_wherever_it_stands(argon, places, cause):
    frames, *_ = argon
    with pytest.raises(InputError, match=cause):
        opened([frames[place] for place in places])
    assert len(opened([frames[place] for place in places], despite=["gap"])) == len(places)


def test_configurations_that_are_often_repeated_are_proposals_that_were_not_taken(argon):
    frames, *_ = argon
    chain = [frame for frame in frames[::6] for _ in range(2)]
    assert len(opened(chain, timestep_fs=30.0, despite=["timestep"])) == 20


def test_times_that_begin_anew_in_one_file_are_two_runs(argon):
    frames, *_ = argon
    timed = without_velocities(frames)
    for number, frame in enumerate(timed):
        frame.info["time_fs"] = FRAME_FS * (number % 30)
    with pytest.raises(InputError, match=r"From frame 29 to 30 .* the time goes from 290 to 0"):
        opened(timed)
    assert len(opened(timed, despite=["gap"])) == 60


@pytest.mark.parametrize(
    ("starts", "cause"),
    [
        ([(0, 0), (20, 20), (40, 40)], None),  # time goes on
        ([(0, 0), (20, 0), (40, 0)], None),  # every part counts from 0
        ([(20, 20), (0, 0), (40, 40)], "goes from 390 to 0"),
        ([(0, 0), (40, 40)], "goes from 190 to 400"),
    ],
)
def test_times_of_parts_of_a_run_go_on_or_begin_anew(argon, tmp_path, starts, cause):
    frames, *_ = argon
    files = []
    for first, origin in starts:
        part = without_velocities(frames[first : first + 20])
        for number, frame in enumerate(part):
            frame.info["time_fs"] = FRAME_FS * (origin + number)
        files.append(tmp_path / f"{first}.extxyz")
        write(files[-1], part)
    if cause is None:
        assert len(opened(files)) == 20 * len(starts)
        return
    with pytest.raises(InputError, match=cause):
        opened(files)


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
