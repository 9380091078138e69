"""One trajectory, whatever it is read from."""

import subprocess
import sys
import tracemalloc
from functools import partial
from pathlib import Path

import MDAnalysis
import numpy as np
import pytest
from ase import Atoms, units
from ase.build import bulk
from ase.calculators.calculator import PropertyNotImplementedError
from ase.calculators.emt import EMT
from ase.calculators.lj import LennardJones
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import Trajectory as AseTrajectory
from ase.io import iread, write
from MDAnalysis.coordinates.memory import MemoryReader

from llpt.errors import InputError
from llpt.observables import observe
from llpt.trajectory import Trajectory, open_trajectory
from llpt.trajectory.foreign import convert, open_foreign, streaming

DATA = Path(__file__).parent / "foreign" / "data"
EDGE = 6.0
RUNS = {
    "pw.x": (["pw-md.out"], {}, {}),
    "pw.x of a changing cell": (["pw-vc-md.out"], {}, {"timestep_fs": 0.5}),
    "CP2K": (["h-pos-1.xyz", "h-vel-1.xyz", "h-frc-1.xyz", "h-1.cell", "h-1.ener", "h-1.stress", "h.out.gz"], {}, {}),
    "LAMMPS": (["run.dump", "lammps.log"], {"elements": ["H"]}, {"electronic_temperature_k": 0.0}),
    "i-PI": (["run.pos_0.xyz", "run.vel_0.xyz", "run.for_0.xyz", "run.out"], {}, {"electronic_temperature_k": 0.0}),
}


def walk(frames=12, atoms=8, step=0.15, seed=0):
    """Unwrapped positions of a random walk that crosses the faces of the cell, shape (frames, atoms, 3)."""
    random = np.random.default_rng(seed)
    start = random.uniform(0.0, EDGE, (atoms, 3))
    return start + np.cumsum(random.normal(scale=step, size=(frames, atoms, 3)), axis=0)


def structures(positions, *, labels=True):
    random = np.random.default_rng(3)
    frames = []
    for place in positions:
        atoms = Atoms(f"H{len(place)}", positions=place, cell=EDGE * np.eye(3), pbc=True)
        atoms.wrap()
        if labels:
            atoms.set_momenta(random.normal(scale=3.0, size=place.shape))  # as fast as they move in 0.5 fs
            energy = float(random.normal())
            atoms.calc = SinglePointCalculator(
                atoms,
                energy=energy,
                free_energy=energy,
                forces=random.normal(size=place.shape),
                stress=random.normal(scale=0.003, size=6),
            )
        frames.append(atoms)
    return frames


def same(one, other):
    assert (one.n_frames, one.n_atoms, one.n_steps) == (other.n_frames, other.n_atoms, other.n_steps)
    assert np.array_equal(one.numbers, other.numbers)
    assert np.array_equal(one.masses_u, other.masses_u)
    assert one.scalars().equals(other.scalars())
    for size, start, every in ((3, 0, 1), (256, 1, 2)):
        blocks = list(one.blocks(size, start_step=start, every=every))
        others = list(other.blocks(size, start_step=start, every=every))
        assert max(len(block) for block in blocks) <= size
        for name in (
            "steps",
            "times_fs",
            "positions_angstrom",
            "velocities_angstrom_per_fs",
            "cells_angstrom",
            "forces_ev_per_angstrom",
        ):
            found = np.concatenate([getattr(block, name) for block in blocks])
            expected = np.concatenate([getattr(block, name) for block in others])
            assert np.allclose(found, expected, rtol=1e-14, atol=0.0, equal_nan=True), name
    for index in (0, -1, 1):
        first, second = one.atoms(index), other.atoms(index)
        assert first == second
        assert first.info.keys() == second.info.keys()
        if first.calc.results:
            assert first.calc.results.keys() == second.calc.results.keys()


@pytest.mark.parametrize("program", RUNS)
@pytest.mark.parametrize("kept", [0, streaming.KEPT_BYTES])
def test_files_of_other_programs_are_what_their_import_is(tmp_path, monkeypatch, program, kept):
    monkeypatch.setattr(streaming, "KEPT_BYTES", kept)
    names, options, said = RUNS[program]
    paths = [DATA / name for name in names]
    found = open_trajectory(paths, **options, **said)
    source = open_foreign(paths, **options)
    contents = convert(
        source,
        tmp_path / "run",
        frame_interval_fs=found.timestep_fs,
        electronic_temperature_k=found.facts.electronic_temperature_k,
        attributes=found.system.attributes,
    )
    same(found, Trajectory.open(tmp_path / "run"))
    assert found.facts.missing == contents.missing


def test_a_run_directory_is_the_trajectory_it_holds(run_directory):
    same(open_trajectory(run_directory), Trajectory.open(run_directory))
    assert open_trajectory(str(run_directory / "trajectory.h5")).n_frames == 6
    found = open_trajectory(run_directory, temperature_k=900.0)
    assert (found.facts.temperature_k, found.facts.electronic_temperature_k) == (900.0, 1000.0)


def test_structures_of_ase_in_every_form(tmp_path):
    positions = walk()
    frames = structures(positions)
    write(tmp_path / "run.traj", frames)
    expected = open_trajectory(frames, timestep_fs=0.5)
    block = next(expected.blocks())
    assert block.positions_angstrom - block.positions_angstrom[0] == pytest.approx(positions - positions[0])
    assert block.velocities_angstrom_per_fs[4] == pytest.approx(frames[4].get_velocities() * units.fs)
    assert expected.atoms(4).get_forces() == pytest.approx(frames[4].get_forces())
    assert expected.atoms(4).get_potential_energy() == pytest.approx(frames[4].get_potential_energy())
    assert expected.atoms(4).get_stress() == pytest.approx(frames[4].get_stress())
    assert expected.facts.missing == ("conserved_ev",)
    with AseTrajectory(tmp_path / "run.traj") as opened:
        same(open_trajectory(opened, timestep_fs=0.5), expected)
    same(open_trajectory(iread(tmp_path / "run.traj"), timestep_fs=0.5), expected)
    same(open_trajectory(tmp_path / "run.traj", timestep_fs=0.5), expected)
    same(open_trajectory(tuple(frames), timestep_fs=0.5), expected)


@pytest.mark.parametrize("make", [EMT, partial(LennardJones, sigma=2.3, epsilon=0.4, rc=5.0)], ids=["emt", "lj"])
@pytest.mark.parametrize("shared", [True, False], ids=["one calculator", "one each"])
def test_structures_with_calculators_have_the_energies_and_forces_of_their_own(make, shared):
    """One calculator of many structures has the results of the last; one that was never asked has none."""
    random = np.random.default_rng(1)
    calculator = make()
    frames = []
    for _ in range(4):
        atoms = bulk("Cu", "fcc", a=3.7, cubic=True)
        atoms.positions += random.normal(scale=0.05, size=(4, 3))
        atoms.calc = calculator if shared else make()
        if shared:
            atoms.get_forces()
        frames.append(atoms)
    found = open_trajectory(frames, timestep_fs=2.0)
    for atoms, read in zip(frames, found, strict=True):
        np.testing.assert_allclose(read.get_forces(), make().get_property("forces", atoms), atol=1e-10)
        assert read.get_potential_energy() == pytest.approx(make().get_property("energy", atoms))
    assert not {"forces", "free_energy_ev", "internal_energy_ev", "stress_gpa"} & set(found.facts.missing)


def test_a_calculator_that_fails_on_a_frame_is_named():
    frames = [bulk("Cu", "fcc", a=3.7, cubic=True), bulk("Cu", "fcc", a=3.7, cubic=True)]
    frames[1].symbols[:] = "Xe"
    frames[1].calc = EMT()
    with pytest.raises(InputError, match="calculator of frame 1 fails on it") as refused:
        open_trajectory(frames)
    assert "atoms.calc = None" in refused.value.remedy


def test_what_is_not_there_is_not_made_up():
    trajectory = open_trajectory(structures(walk(), labels=False), timestep_fs=0.5)
    assert {"forces", "velocities", "internal_energy_ev"} <= set(trajectory.facts.missing)
    atoms = trajectory.atoms(0)
    with pytest.raises(PropertyNotImplementedError):
        atoms.get_forces()
    assert not atoms.has("momenta")
    assert not {"temperature_k", "pressure_gpa", "entropy"} & atoms.info.keys()
    block = next(trajectory.blocks())
    assert np.isnan(block.velocities_angstrom_per_fs).all()
    assert block.velocities_angstrom_per_fs.shape == block.positions_angstrom.shape


def test_export_of_what_has_no_labels(tmp_path):
    assert open_trajectory(structures(walk(), labels=False), timestep_fs=0.5).export_extxyz(tmp_path / "x.extxyz") == 12
    again = open_trajectory(tmp_path / "x.extxyz")
    assert again.timestep_fs == 0.5
    assert "forces" in again.facts.missing


def universe(positions, *, elements=True, dt=0.002):
    made = MDAnalysis.Universe.empty(positions.shape[1], trajectory=True)
    if elements:
        made.add_TopologyAttr("elements", ["H"] * positions.shape[1])
    made.load_new(positions.astype(np.float32), format=MemoryReader, dimensions=[EDGE] * 3 + [90.0] * 3, dt=dt)
    return made


def test_a_universe_of_mdanalysis_is_read_in_its_units_and_left_as_it_was():
    positions = walk()
    given = universe(positions % EDGE)
    given.trajectory[7]
    trajectory = open_trajectory(given)
    assert trajectory.timestep_fs == pytest.approx(2.0)
    assert (trajectory.n_frames, trajectory.n_atoms) == (12, 8)
    block = next(trajectory.blocks())
    assert block.positions_angstrom - block.positions_angstrom[0] == pytest.approx(positions - positions[0], abs=1e-5)
    assert block.cells_angstrom[3] == pytest.approx(EDGE * np.eye(3))
    assert given.trajectory.frame == 7
    group = open_trajectory(given.atoms[2:5])
    assert next(group.blocks()).positions_angstrom == pytest.approx(block.positions_angstrom[:, 2:5])


def test_velocities_and_forces_of_mdanalysis_are_converted():
    positions = walk()
    random = np.random.default_rng(5)
    velocities, forces = random.normal(scale=150.0, size=positions.shape), random.normal(size=positions.shape)
    given = universe(positions)
    given.load_new(
        positions.astype(np.float32),
        format=MemoryReader,
        dimensions=[EDGE] * 3 + [90.0] * 3,
        dt=0.001,
        velocities=velocities.astype(np.float32),
        forces=forces.astype(np.float32),
    )
    block = next(open_trajectory(given).blocks())
    assert block.velocities_angstrom_per_fs == pytest.approx(velocities * 1e-3, rel=1e-6)
    assert block.forces_ev_per_angstrom == pytest.approx(forces * units.kJ / units.mol, rel=1e-5)


def test_a_universe_that_says_too_little_is_answered_with_what_to_give():
    with pytest.raises(InputError, match="which elements") as refused:
        open_trajectory(universe(walk(), elements=False))
    assert "elements" in refused.value.remedy
    assert open_trajectory(universe(walk(), elements=False), elements="H").n_atoms == 8
    boxless = MDAnalysis.Universe.empty(8, trajectory=True)
    with pytest.raises(InputError, match="no box"):
        open_trajectory(boxless, elements="H")


def test_mdanalysis_is_not_imported_for_anything_else():
    code = "import sys; import numpy; from llpt.trajectory import open_trajectory;"
    code += (
        "open_trajectory(numpy.random.rand(3, 4, 3), cell=[5, 5, 5], elements='H'); print('MDAnalysis' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("form", ["edges", "vectors", "frames"])
def test_arrays_of_positions(form):
    positions = walk()
    cell = {"edges": [EDGE] * 3, "vectors": EDGE * np.eye(3), "frames": np.array([EDGE * np.eye(3)] * 12)}[form]
    trajectory = open_trajectory(positions % EDGE, cell=cell, elements="H", timestep_fs=0.5)
    block = next(trajectory.blocks())
    assert block.positions_angstrom - block.positions_angstrom[0] == pytest.approx(positions - positions[0])
    assert trajectory.scalars()["volume_angstrom3"].to_numpy() == pytest.approx(EDGE**3)
    assert trajectory.scalars()["time_fs"].to_numpy() == pytest.approx(0.5 * np.arange(12))


@pytest.mark.parametrize(
    ("positions", "options", "cause"),
    [
        (walk()[0], {"cell": [EDGE] * 3, "elements": "H"}, r"shape \(8, 3\)"),
        (walk(), {"elements": "H"}, "without a cell"),
        (walk(), {"cell": np.eye(2), "elements": "H"}, r"cell has the shape \(2, 2\)"),
        (walk(), {"cell": [EDGE] * 3}, "which elements"),
        (walk(), {"cell": [EDGE] * 3, "elements": ["H", "He"]}, "which elements"),
        (walk()[:1], {"cell": [EDGE] * 3, "elements": "H"}, "1 whole frame"),
        (np.full((3, 8, 3), np.nan), {"cell": [EDGE] * 3, "elements": "H"}, "not finite"),
    ],
)
def test_arrays_that_do_not_make_a_trajectory(positions, options, cause):
    with pytest.raises(InputError, match=cause):
        open_trajectory(positions, **options)


def test_a_time_step_that_nobody_said_is_not_made_up():
    trajectory = open_trajectory(walk(), cell=[EDGE] * 3, elements="H")
    assert trajectory.n_frames == 12
    assert np.isnan(next(trajectory.blocks()).times_fs).all()
    assert np.isnan(trajectory.timestep_fs)
    assert "ps" not in repr(trajectory)


def test_a_keyword_that_contradicts_the_files_is_refused():
    with pytest.raises(InputError, match="states timestep_fs = "):
        open_trajectory(DATA / "pw-md.out", timestep_fs=7.0)
    found = open_trajectory(DATA / "pw-md.out")
    assert open_trajectory(DATA / "pw-md.out", timestep_fs=found.timestep_fs).timestep_fs == found.timestep_fs


def test_a_lone_energy_is_named_by_a_keyword():
    frames = structures(walk())
    for atoms in frames:
        del atoms.calc.results["free_energy"]
    free = open_trajectory(frames, timestep_fs=0.5, energy_is="free").scalars()
    assert np.isfinite(free["free_energy_ev"]).all()
    assert np.isnan(free["internal_energy_ev"]).all()
    cold = open_trajectory(frames, timestep_fs=0.5, electronic_temperature_k=0.0).scalars()
    assert (cold["free_energy_ev"] == cold["internal_energy_ev"]).all()
    with pytest.raises(InputError, match="energy_is"):
        open_trajectory(frames, timestep_fs=0.5, energy_is="total")


@pytest.mark.parametrize("suffix", [None, "extxyz"])
def test_an_energy_that_nobody_named_is_missing_and_nothing_else_is(suffix, tmp_path):
    frames = structures(walk())
    for atoms in frames:
        del atoms.calc.results["free_energy"]
    if suffix is not None:
        write(tmp_path / "run.extxyz", frames)
    trajectory = open_trajectory(frames if suffix is None else tmp_path / "run.extxyz", timestep_fs=0.5)
    assert {"internal_energy_ev", "free_energy_ev"} <= set(trajectory.facts.missing)
    assert not {"forces", "stress_gpa", "velocities"} & set(trajectory.facts.missing)
    assert np.isnan(trajectory.scalars()["free_energy_ev"]).all()
    found = observe(trajectory, only=["rdf", "pressure", "internal_energy", "free_energy", "enthalpy"])
    assert np.isfinite(found.rdf).all()
    assert np.isfinite(found.pressure.value)
    for name in ("internal_energy", "free_energy", "enthalpy"):
        assert "do not say whether it is E or F" in found.absent[name]
        assert "energy_is" in found.absent[name]
    named = open_trajectory(frames, timestep_fs=0.5, energy_is="internal")
    assert "E or F" not in observe(named, only=["free_energy"]).absent["free_energy"]
    with pytest.raises(PropertyNotImplementedError):
        trajectory.atoms(0).get_potential_energy()


@pytest.mark.parametrize("discard_steps", [-1, 1.5, "3"])
def test_frames_left_out_of_the_checks_are_a_whole_number(discard_steps):
    with pytest.raises(InputError, match=r"discard_steps = .* is no number of frames"):
        open_trajectory(structures(walk()), timestep_fs=0.5, discard_steps=discard_steps)
    with pytest.raises(InputError, match="leaves none of 12 frames"):
        open_trajectory(structures(walk()), timestep_fs=0.5, discard_steps=12)


@pytest.mark.parametrize("source", [3.0, {"a": 1}, [1, 2], Atoms("H2", cell=[4, 4, 4], pbc=True)])
def test_what_is_no_trajectory_is_refused(source):
    with pytest.raises(InputError, match="no trajectory that is known here"):
        open_trajectory(source)


def test_frames_without_end_are_streamed(tmp_path, monkeypatch):
    monkeypatch.setattr(streaming, "KEPT_BYTES", 100_000)
    peaks = []
    for frames in (100, 400):
        write(tmp_path / f"{frames}", structures(walk(frames, atoms=128), labels=False), format="vasp-xdatcar")
        tracemalloc.start()
        trajectory = open_trajectory(tmp_path / f"{frames}", timestep_fs=0.5)
        for _ in trajectory.blocks(10):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        for index in (5, 7, 3, frames - 1):
            place = next(trajectory.blocks(1, start_step=index)).positions_angstrom[0]
            assert np.array_equal(trajectory.atoms(index).positions, place)
    assert (peaks[1] - peaks[0]) / 300 < 0.5 * 128 * 3 * 8  # of a frame less than half its positions is kept


def test_ases_energy_of_warm_electrons_is_not_taken_for_e():
    """Beside F it is the extrapolation to cold electrons; only our own frames, which hold the entropy, mean E."""
    frames = structures(walk())
    for atoms in frames:
        atoms.calc.results["free_energy"] -= 0.5
    scalars = open_trajectory(frames, timestep_fs=0.5).scalars()
    assert np.isnan(scalars["internal_energy_ev"]).all()
    assert float(scalars["free_energy_ev"][2]) == frames[2].calc.results["free_energy"]
    told = open_trajectory(frames, timestep_fs=0.5, energy_is="internal").scalars()
    assert float(told["internal_energy_ev"][2]) == frames[2].calc.results["energy"]
    assert (told["free_energy_ev"] == scalars["free_energy_ev"]).all()
    for atoms in frames:
        atoms.info["entropy"] = 5e-4
    held = open_trajectory(frames, timestep_fs=0.5).scalars()
    assert (held["internal_energy_ev"] == told["internal_energy_ev"]).all()


def test_a_trajectory_is_a_sequence_of_structures():
    trajectory = open_trajectory(structures(walk()), timestep_fs=0.5)
    assert len(list(trajectory)) == len(trajectory) == 12
    assert trajectory[-1] == trajectory.atoms(11)
    assert [atoms.info["step"] for atoms in trajectory[2:9:3]] == [2, 5, 8]
    with pytest.raises(IndexError):
        trajectory[12]


def test_the_times_of_a_universe_are_taken_where_it_says_no_step(run_directory):
    given = MDAnalysis.Universe.empty(4, trajectory=True)
    given.load_new(str(run_directory / "trajectory.h5"), format="H5MD")
    found = open_trajectory(given, elements="H", despite="timestep")  # its frames are drawn at random
    assert found.timestep_fs == pytest.approx(0.5, rel=1e-5)  # 0.25 fs a step, a frame every second
    timeless = MDAnalysis.Universe.empty(4, trajectory=True)
    timeless.dimensions = [EDGE] * 3 + [90.0] * 3
    timeless.load_new(np.random.default_rng(0).uniform(size=(3, 4, 3)), dimensions=[EDGE] * 3 + [90.0] * 3)
    assert timeless.trajectory.dt == 1.0  # what MDAnalysis makes up
    assert np.isnan(open_trajectory(timeless, elements="H").timestep_fs)
    assert open_trajectory(timeless, elements="H", timestep_fs=0.5).timestep_fs == 0.5


def test_paths_that_lead_nowhere(tmp_path):
    with pytest.raises(InputError, match="There is no file"):
        open_trajectory(tmp_path / "XDATCAR")
    with pytest.raises(InputError, match="a directory without a run of llpt"):
        open_trajectory(tmp_path)
