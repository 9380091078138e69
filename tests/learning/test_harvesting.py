"""Frames from runs: which are taken, what they carry, and that a surrogate can be trained on them."""

import numpy as np
import pytest

from llpt.errors import InputError, StorageError
from llpt.learning import NamedRun, harvest, train_on_runs
from llpt.mlp import TrainingSettings
from llpt.trajectory import Frame, StepRecord, System, Trajectory, TrajectoryWriter, open_trajectory
from llpt.units import EV_PER_ANGSTROM3_TO_GPA

EDGE = 4.0
N_ATOMS = 6
STIFFNESS = 1.5


def write_run(directory, *, seed, steps=120, positions_every=2, temperature=1000.0):
    """A made-up run: each atom in a spring at its site, moved at random with a memory of some steps."""
    random = np.random.default_rng(seed)
    sites = EDGE * (np.array([[i, j, 0.3 * i] for i in range(3) for j in range(2)]) / 3.0 + 0.1)
    system = System(
        numbers=np.ones(N_ATOMS, dtype=np.int64),
        masses_u=np.full(N_ATOMS, 1.008),
        timestep_fs=0.3,
        attributes={} if temperature is None else {"electronic_temperature_k": temperature},
    )
    writer = TrajectoryWriter(directory, system)
    shift = np.zeros((N_ATOMS, 3))
    for step in range(steps):
        shift = 0.9 * shift + random.normal(0.0, 0.04, shift.shape)
        energy = 0.5 * STIFFNESS * float((shift**2).sum())
        record = StepRecord(
            step=step,
            time_fs=0.3 * step,
            internal_energy_ev=energy + 0.4,
            free_energy_ev=energy,
            entropy_ev_per_k=0.4 / (temperature or 1000.0),
            kinetic_energy_ev=1.0,
            temperature_k=1000.0,
            volume_angstrom3=EDGE**3,
            pressure_gpa=200.0,
            pressure_uncorrected_gpa=200.0,
            conserved_ev=0.0,
            stress_gpa=np.array([1.0, 2.0, 3.0, 0.4, 0.5, 0.6]),
        )
        frame = Frame(
            step=step,
            time_fs=0.3 * step,
            positions_angstrom=sites + shift,
            velocities_angstrom_per_fs=np.zeros((N_ATOMS, 3)),
            cell_angstrom=EDGE * np.eye(3),
            forces_ev_per_angstrom=-STIFFNESS * shift,
        )
        writer.add(record, frame if step % positions_every == 0 else None)
        if step % 40 == 39:
            writer.close_segment()
    writer.close_segment()
    return directory


def test_frames_carry_their_labels(tmp_path):
    run = write_run(tmp_path / "T1000", seed=1)
    frames = harvest([run], discard_steps=20, stride_steps=6, dataset="dft")
    assert [frame.info["step"] for frame in frames] == list(range(20, 120, 6))
    first = frames[0]
    assert first.get_potential_energy() - first.get_potential_energy(force_consistent=True) == pytest.approx(0.4)
    assert first.info["electronic_temperature_k"] == 1000.0
    assert first.info["dataset"] == "dft"
    np.testing.assert_allclose(first.get_stress(), np.array([1, 2, 3, 0.4, 0.5, 0.6]) / EV_PER_ANGSTROM3_TO_GPA)
    energy = 0.5 / STIFFNESS * (first.get_forces() ** 2).sum()
    assert first.get_potential_energy(force_consistent=True) == pytest.approx(energy)


def test_blocks_are_stretches_of_one_run(tmp_path):
    runs = [write_run(tmp_path / name, seed=seed) for seed, name in enumerate(("T900", "T1000"))]
    frames = harvest(runs, stride_steps=4)
    blocks = [frame.info["block"] for frame in frames]
    assert len(set(blocks)) == 10
    assert all(
        blocks.index(block) + blocks.count(block) - 1 == len(blocks) - 1 - blocks[::-1].index(block) for block in blocks
    )
    for frame in frames:
        assert frame.info["block"].startswith(frame.info["run"])


def test_frames_bear_the_name_that_their_run_was_given(tmp_path):
    """Else that of its directory, as deep as it lies: of two runs of one name none is taken for the other."""
    runs = [write_run(tmp_path / name / "a/b/c/d/T900", seed=seed) for seed, name in enumerate(("one", "other"))]
    named = harvest([NamedRun("dft/N32/P200/T900", run) for run in runs[:1]], stride_steps=4)
    assert {frame.info["run"] for frame in named} == {"dft/N32/P200/T900"}
    frames = harvest(runs, stride_steps=4)
    assert {frame.info["run"] for frame in frames} == {str(run) for run in runs}
    assert len({frame.info["block"] for frame in frames}) == 10


def test_trajectories_of_other_programs_are_harvested_as_runs_are(tmp_path):
    run = write_run(tmp_path / "run", seed=1, positions_every=1)
    own = harvest([run], stride_steps=4)
    structures = [Trajectory.open(run).atoms(index) for index in range(120)]
    opened = open_trajectory(structures, timestep_fs=0.3, despite=("temperature", "pressure"))  # at rest, made up
    foreign = harvest([opened] * 2, stride_steps=4)
    assert len(foreign) == 2 * len(own)
    for one, other in zip(own, foreign, strict=False):
        np.testing.assert_allclose(other.get_forces(), one.get_forces(), rtol=1e-12)
        assert other.get_potential_energy(force_consistent=True) == pytest.approx(
            one.get_potential_energy(force_consistent=True)
        )
        assert other.info["electronic_temperature_k"] == 1000.0
    assert len({frame.info["block"] for frame in foreign}) == 10


def test_frames_are_thinned_by_their_correlation(tmp_path):
    run = write_run(tmp_path / "run", seed=3, steps=400)
    frames = harvest([run])
    gaps = np.diff([frame.info["step"] for frame in frames])
    assert 4 <= gaps.min() <= gaps.max() <= 10  # the memory is some ten steps
    assert len(frames) > 10
    assert len(harvest([run], frames_per_run=7)) == 7


def test_nothing_to_harvest_is_refused(tmp_path):
    run = write_run(tmp_path / "run", seed=1, steps=40)
    with pytest.raises(InputError, match="no frame after step 1000"):
        harvest([run], discard_steps=1000)
    with pytest.raises(StorageError):
        harvest([tmp_path / "nothing"])


def test_runs_without_what_is_learnt_are_refused(tmp_path):
    run = write_run(tmp_path / "run", seed=1, positions_every=1)
    structures = [Trajectory.open(run).atoms(index) for index in range(20)]
    for atoms in structures:
        del atoms.calc.results["free_energy"], atoms.calc.results["forces"]
        del atoms.info["electronic_temperature_k"]
    with pytest.raises(InputError, match=r"no free energies and no forces\..* E or F .* energy_is"):
        harvest([open_trajectory(structures, timestep_fs=0.3, despite=("temperature", "pressure"))])


def test_a_surrogate_of_runs_at_several_electronic_temperatures_says_so(tmp_path):
    runs = [write_run(tmp_path / f"T{t}", seed=t, temperature=float(t)) for t in (900, 1000, 1100)]
    settings = TrainingSettings(hidden_nodes=(5,), symmetry_functions=8, largest_cutoff_bohr=5.0, iterations=5)
    outcome = train_on_runs(runs, tmp_path / "model", settings, frames_per_run=20)
    card = outcome.cards[0]
    assert card.mixed_electronic_temperatures
    assert card.electronic_temperatures_k == (900.0, 1000.0, 1100.0)
    assert card.settings.mix_electronic_temperatures
    one = train_on_runs(runs[:1], tmp_path / "one", settings, frames_per_run=20)
    assert not one.cards[0].mixed_electronic_temperatures
