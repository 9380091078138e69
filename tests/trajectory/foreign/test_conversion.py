"""What becomes of a foreign trajectory in our store."""

from pathlib import Path

import h5py
import MDAnalysis
import numpy as np
import pytest
from ase import Atoms, units
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write
from ase.stress import voigt_6_to_full_3x3_stress

from llpt.errors import InputError
from llpt.trajectory import Trajectory, open_trajectory
from llpt.trajectory.foreign import EnergyMeaning, convert, h5md, open_foreign

EDGE = 6.0


def walk(frames=12, atoms=8, step=0.15, seed=0):
    """Unwrapped positions of a random walk that crosses the faces of the cell, shape (frames, atoms, 3)."""
    random = np.random.default_rng(seed)
    start = random.uniform(0.0, EDGE, (atoms, 3))
    return start + np.cumsum(random.normal(scale=step, size=(frames, atoms, 3)), axis=0)


def write_extxyz(path, positions, *, edges=None, energy=True, free=True, wrapped=True, element="H"):
    random = np.random.default_rng(3)
    frames = []
    for number, place in enumerate(positions):
        cell = (EDGE if edges is None else edges[number]) * np.eye(3)
        atoms = Atoms(f"{element}{len(place)}", positions=place * cell[0, 0] / EDGE, cell=cell, pbc=True)
        atoms.set_momenta(random.normal(scale=0.3, size=place.shape))
        if wrapped:
            atoms.wrap()
        results = {"forces": random.normal(size=place.shape), "stress": np.array([-1.0, -1.1, -1.2, 0.1, 0.2, 0.3])}
        results |= {"energy": -30.0 + number} if energy else {}
        results |= {"free_energy": -30.5 + number} if free else {}
        atoms.calc = SinglePointCalculator(atoms, **results)
        frames.append(atoms)
    write(path, frames, format="extxyz")
    return frames


def converted(source, directory, **options):
    settings = {"frame_interval_fs": 0.5, "electronic_temperature_k": 1000.0} | options
    return convert(source, directory, **settings)


def test_extended_xyz_keeps_every_number(tmp_path):
    frames = write_extxyz(tmp_path / "run.extxyz", walk())
    result = converted(open_foreign([tmp_path / "run.extxyz"]), tmp_path / "run")
    assert (result.frames, result.missing) == (12, ("conserved_ev",))
    trajectory = Trajectory.open(tmp_path / "run")
    scalars = trajectory.scalars()
    kinetic = [atoms.get_kinetic_energy() for atoms in frames]
    assert scalars["kinetic_energy_ev"].to_numpy() == pytest.approx(kinetic, rel=1e-6)
    assert scalars["internal_energy_ev"].to_numpy() == pytest.approx(-30.0 + np.arange(12))
    assert scalars["free_energy_ev"].to_numpy() == pytest.approx(-30.5 + np.arange(12))
    assert scalars["entropy_ev_per_k"].to_numpy() == pytest.approx(0.5 / 1000.0)
    pressure = -frames[0].get_stress(include_ideal_gas=True)[:3].mean() / units.GPa
    assert float(scalars["pressure_gpa"][0]) == pytest.approx(pressure, rel=1e-6)
    block = next(trajectory.blocks())
    assert block.forces_ev_per_angstrom[3] == pytest.approx(frames[3].get_forces(), abs=1e-7)
    assert block.velocities_angstrom_per_fs[3] == pytest.approx(frames[3].get_velocities() * units.fs, abs=1e-9)


def test_labels_may_be_called_anything(tmp_path):
    frames = write_extxyz(tmp_path / "plain.extxyz", walk())
    for atoms in frames:
        results = atoms.calc.results
        atoms.calc = None
        atoms.info |= {"E_pbe": results["free_energy"], "S_pbe": voigt_6_to_full_3x3_stress(results["stress"])}
        atoms.info |= {"energy_of_something_else": 5.0}
        atoms.arrays["F_pbe"] = results["forces"]
    write(tmp_path / "run.extxyz", frames, format="extxyz")
    keys = {"free_energy": "E_pbe", "forces": "F_pbe", "stress": "S_pbe"}
    found = list(open_foreign([tmp_path / "run.extxyz"], keys=keys).frames())
    for one, other in zip(found, open_foreign([tmp_path / "plain.extxyz"]).frames(), strict=True):
        assert one.free_energy_ev == pytest.approx(other.free_energy_ev)
        assert one.internal_energy_ev is None
        assert one.forces_ev_per_angstrom == pytest.approx(other.forces_ev_per_angstrom)
        assert one.stress_gpa == pytest.approx(other.stress_gpa)
        assert one.velocities_angstrom_per_fs == pytest.approx(other.velocities_angstrom_per_fs)
    in_memory = open_trajectory(frames, keys=keys, timestep_fs=0.5, despite=["timestep", "velocities"])
    assert in_memory.scalars()["free_energy_ev"].to_numpy() == pytest.approx([each.free_energy_ev for each in found])
    with pytest.raises(InputError, match="has nothing called E, of which the energy") as refused:
        open_foreign([tmp_path / "run.extxyz"], keys={"energy": "E"})
    assert "E_pbe" in refused.value.remedy


def test_programs_whose_labels_have_names_take_no_keys():
    with pytest.raises(InputError, match="labels of Quantum ESPRESSO have names of their own"):
        open_foreign([Path(__file__).parent / "data/pw-md.out"], keys={"energy": "E"})


def test_positions_are_unwrapped_across_faces_also_of_a_breathing_cell(tmp_path):
    positions = walk(frames=40)
    edges = EDGE * (1.0 + 0.01 * np.sin(np.arange(40)))
    write_extxyz(tmp_path / "run.extxyz", positions, edges=edges)
    result = converted(open_foreign([tmp_path / "run.extxyz"]), tmp_path / "run")
    block = next(Trajectory.open(tmp_path / "run").blocks())
    fractions = block.positions_angstrom / edges[:, None, None]
    moved = fractions - fractions[0]
    assert moved == pytest.approx((positions - positions[0]) / EDGE, abs=1e-7)
    assert np.abs(moved).max() > 0.1
    assert 0.0 < result.largest_move < 0.4


def test_without_electrons_the_two_energies_are_one(tmp_path):
    write_extxyz(tmp_path / "run.extxyz", walk(), free=False)
    converted(open_foreign([tmp_path / "run.extxyz"]), tmp_path / "run", electronic_temperature_k=0.0)
    scalars = Trajectory.open(tmp_path / "run").scalars()
    assert (scalars["internal_energy_ev"] == scalars["free_energy_ev"]).all()
    assert (scalars["entropy_ev_per_k"] == 0.0).all()


def test_a_lone_energy_must_be_named_where_electrons_are_warm(tmp_path):
    write_extxyz(tmp_path / "run.extxyz", walk(), free=False)
    source = open_foreign([tmp_path / "run.extxyz"])
    with pytest.raises(InputError, match="E or F") as refused:
        converted(source, tmp_path / "one")
    assert "--energy-is" in refused.value.remedy
    result = converted(source, tmp_path / "two", energy_meaning=EnergyMeaning.FREE)
    assert set(result.missing) >= {"internal_energy_ev", "entropy_ev_per_k"}
    scalars = Trajectory.open(tmp_path / "two").scalars()
    assert float(scalars["free_energy_ev"][0]) == -30.0
    assert np.isnan(scalars["internal_energy_ev"]).all()


def test_a_plain_trajectory_says_what_it_lacks(tmp_path):
    frames = [Atoms("H8", positions=place, cell=EDGE * np.eye(3), pbc=True) for place in walk()]
    write(tmp_path / "XDATCAR", frames, format="vasp-xdatcar")
    result = converted(open_foreign([tmp_path / "XDATCAR"]), tmp_path / "run")
    assert set(result.missing) == {
        "conserved_ev", "entropy_ev_per_k", "forces", "free_energy_ev", "internal_energy_ev", "kinetic_energy_ev",
        "pressure_gpa", "stress_gpa", "temperature_k", "velocities",
    }  # fmt: skip
    scalars = Trajectory.open(tmp_path / "run").scalars()
    assert scalars["volume_angstrom3"].to_numpy() == pytest.approx(EDGE**3)


def test_the_mass_of_the_density_is_the_element_s_not_vasp_s(tmp_path):
    write_extxyz(tmp_path / "run.extxyz", walk())
    source = open_foreign([tmp_path / "run.extxyz"])
    light = type(source)("VASP", source.files, source.numbers, source.frames, np.full(8, 1.0))
    heavy = type(source)("VASP", source.files, source.numbers, source.frames, np.full(8, 2.014))
    assert converted(light, tmp_path / "one").mass_u == pytest.approx(8 * 1.008)
    assert converted(heavy, tmp_path / "two").mass_u == pytest.approx(8 * 2.014)


def test_a_cut_file_gives_its_whole_frames(tmp_path):
    write_extxyz(tmp_path / "run.extxyz", walk())
    frames = [Atoms("H8", positions=place, cell=EDGE * np.eye(3), pbc=True) for place in walk()]
    write(tmp_path / "XDATCAR", frames, format="vasp-xdatcar")
    text = (tmp_path / "XDATCAR").read_text().splitlines()
    (tmp_path / "XDATCAR").write_text("\n".join(text[:-3]) + "\n")
    result = converted(open_foreign([tmp_path / "XDATCAR"]), tmp_path / "run")
    assert (result.frames, result.cut) == (11, True)


@pytest.mark.parametrize(
    "damage",
    [
        lambda rows: [*rows[:24], "", *rows[24:]],
        lambda rows: [*rows[:24], *rows[25:]],
        lambda rows: [*rows[:24], rows[24].replace(rows[24].split()[1], "*********"), *rows[25:]],
        lambda rows: [*rows[:24], rows[24].replace(rows[24].split()[1], "1.0-2.0"), *rows[25:]],
    ],
    ids=["a blank line", "a missing row", "stars", "fused columns"],
)
def test_damage_inside_a_frame_is_named_with_what_comes_before_it(tmp_path, damage):
    path = tmp_path / "run.extxyz"
    write_extxyz(path, walk())
    path.write_text("\n".join(damage(path.read_text().splitlines())) + "\n")
    cause = r"ends in line 30 is not extended XYZ\. 2 whole frame\(s\) come before it"
    with pytest.raises(InputError, match=cause) as refused:
        converted(open_foreign([path]), tmp_path / "run")
    assert ".." not in refused.value.cause.replace("...", "")


def test_a_number_that_is_not_finite_is_refused(tmp_path):
    positions = walk()
    positions[5, 2, 1] = np.nan
    write_extxyz(tmp_path / "run.extxyz", positions, wrapped=False)
    with pytest.raises(InputError, match=r"Frame 5 .* not finite"):
        converted(open_foreign([tmp_path / "run.extxyz"]), tmp_path / "run")


def test_frames_that_differ_in_what_they_hold_are_refused(tmp_path):
    write_extxyz(tmp_path / "one.extxyz", walk(4))
    write_extxyz(tmp_path / "two.extxyz", walk(4, seed=1), energy=False, free=False)
    with pytest.raises(InputError, match="some frames"):
        converted(open_foreign([tmp_path / "one.extxyz", tmp_path / "two.extxyz"]), tmp_path / "run")


def test_a_file_without_a_cell_is_refused(tmp_path):
    write(tmp_path / "run.extxyz", [Atoms("H2", positions=np.eye(3)[:2], cell=np.eye(3) * 4)] * 2, format="extxyz")
    with pytest.raises(InputError, match="no periodic cell"):
        open_foreign([tmp_path / "run.extxyz"])


def test_h5md_of_mdanalysis_comes_in_our_units(tmp_path):
    positions = walk()
    random = np.random.default_rng(5)
    velocities, forces = random.normal(size=positions.shape), random.normal(size=positions.shape)
    universe = MDAnalysis.Universe.empty(8, trajectory=True, velocities=True, forces=True)
    universe.dimensions = [EDGE, EDGE, EDGE, 90, 90, 90]
    named = {"lengthunit": "Angstrom", "timeunit": "ps", "velocityunit": "Angstrom/ps"}
    named["forceunit"] = "kJ/(mol*Angstrom)"
    with MDAnalysis.Writer(str(tmp_path / "run.h5md"), n_atoms=8, velocities=True, forces=True, **named) as writer:
        for number in range(len(positions)):
            step = universe.trajectory.ts
            step.positions, step.velocities, step.forces = positions[number], velocities[number], forces[number]
            step.dimensions, step.data["time"], step.data["step"] = [EDGE] * 3 + [90] * 3, 0.002 * number, number
            writer.write(universe)
    source = open_foreign([tmp_path / "run.h5md"], elements=["H"])
    assert source.facts.frame_interval_fs == pytest.approx(2.0)
    frames = list(source.frames())
    assert frames[3].positions_angstrom == pytest.approx(positions[3], abs=1e-5)
    assert frames[3].velocities_angstrom_per_fs == pytest.approx(velocities[3] * 1e-3, abs=1e-8)  # Å/ps
    assert frames[3].forces_ev_per_angstrom == pytest.approx(forces[3] * units.kJ / units.mol, rel=1e-4)
    assert frames[3].cell_angstrom == pytest.approx(EDGE * np.eye(3))
    with pytest.raises(InputError, match="which elements"):
        open_foreign([tmp_path / "run.h5md"])


def test_h5md_in_nanometres_with_energies(tmp_path):
    with h5py.File(tmp_path / "run.h5", "w") as file:
        file.create_group("h5md").attrs["version"] = [1, 1]
        group = file.create_group("particles/all")
        group["species"] = np.ones(8, dtype=int)
        group["position/value"] = walk() / 10.0
        group["position/value"].attrs["unit"] = "nm"
        group["position/time"] = np.arange(12) * 0.5
        group["position/time"].attrs["unit"] = "fs"
        group["box/edges"] = [EDGE / 10.0] * 3
        group["box/edges"].attrs["unit"] = "nm"
        file["observables/all/potential_energy/value"] = np.full(12, -96.4853321)
        file["observables/all/potential_energy/value"].attrs["unit"] = "kJ mol-1"
    frames = list(open_foreign([tmp_path / "run.h5"]).frames())
    assert frames[0].energy_ev == pytest.approx(-1.0, rel=1e-8)
    assert frames[0].positions_angstrom == pytest.approx(walk()[0])
    assert frames[0].cell_angstrom == pytest.approx(EDGE * np.eye(3))


def test_h5md_of_other_steps_than_the_positions_is_left_out_by_name(tmp_path):
    path = tmp_path / "run.h5"
    with h5py.File(path, "w") as file:
        group = file.create_group("particles/all")
        group["species"] = np.ones(8, dtype=int)
        group["position/value"] = walk()
        group["position/value"].attrs["unit"] = "Angstrom"
        group["position/step"] = np.arange(12) * 10
        for name, steps in (("velocity", np.arange(4) * 30), ("force", np.arange(12) * 20)):
            group[f"{name}/value"] = np.zeros((len(steps), 8, 3))
            group[f"{name}/value"].attrs["unit"] = {"velocity": "Angstrom fs-1", "force": "eV Angstrom-1"}[name]
            group[f"{name}/step"] = steps
        group["box/edges"] = [EDGE] * 3
        for name, steps in (("potential_energy", np.arange(12) * 10), ("temperature", np.arange(6) * 20)):
            file[f"observables/{name}/value"] = np.full(len(steps), 300.0)
            file[f"observables/{name}/value"].attrs["unit"] = {"potential_energy": "eV", "temperature": "K"}[name]
            file[f"observables/{name}/step"] = steps
    source = open_foreign([path])
    assert source.notes == ("velocity, force, temperature: written at other steps than the positions, and left out.",)
    frames = list(source.frames())
    assert [frame.clock for frame in frames] == [10.0 * number for number in range(12)]
    assert {(frame.velocities_angstrom_per_fs, frame.temperature_k, frame.energy_ev) for frame in frames} == {
        (None, None, 300.0)
    }
    with h5py.File(path, "a") as file:
        del file["particles/all/box/edges"]
        file["particles/all/box/edges/value"] = np.array([np.eye(3) * EDGE] * 4)
    with pytest.raises(InputError, match="has 4 boxes for 12 frames of positions"):
        open_foreign([path])


def test_h5md_with_an_unknown_unit_is_refused(tmp_path):
    with h5py.File(tmp_path / "run.h5", "w") as file:
        group = file.create_group("particles/all")
        group["species"] = np.ones(8, dtype=int)
        group["position/value"] = walk()
        group["box/edges"] = [EDGE] * 3
    with pytest.raises(InputError, match="has the unit"):
        open_foreign([tmp_path / "run.h5"])


@pytest.mark.parametrize("trial", ["while True: pass", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"])
def test_h5md_on_which_the_library_hangs_or_crashes_is_refused(tmp_path, monkeypatch, trial):
    with h5py.File(tmp_path / "run.h5", "w") as file:
        file.create_group("particles/all")
    monkeypatch.setattr(h5md, "TRIAL", trial)
    monkeypatch.setattr(h5md, "TRIAL_SECONDS", 1)
    with pytest.raises(InputError, match="the HDF5 library cannot read it"):
        open_foreign([tmp_path / "run.h5"])


def test_every_part_of_h5md_is_tried_whatever_is_wrong_with_another(tmp_path, monkeypatch):
    """A file with one attribute that cannot be read may have another on which the library never ends."""
    with h5py.File(tmp_path / "run.h5", "w") as file:
        for place in ("first", "first/second", "third"):
            file.create_group(place).attrs["unit"] = "nm"
        file["first/back"] = file["first"]
    tried = []

    def refuse(_, name):
        tried.append(name)
        raise OSError

    monkeypatch.setattr(h5py.AttributeManager, "__getitem__", refuse)
    monkeypatch.setattr("sys.argv", ["-c", str(tmp_path / "run.h5")])
    exec(h5md.TRIAL, {})  # noqa: S102 - as a process of its own does
    assert tried == ["unit"] * 3


def test_our_own_runs_are_copied_with_every_step(tmp_path):
    write_extxyz(tmp_path / "run.extxyz", walk())
    converted(open_foreign([tmp_path / "run.extxyz"]), tmp_path / "own")
    source = open_foreign([tmp_path / "own"])
    assert source.program == "llpt"
    assert source.facts.frame_interval_fs == 0.5
    result = converted(source, tmp_path / "copy")
    assert result.missing == ("conserved_ev",)
    one, other = (Trajectory.open(tmp_path / name).scalars() for name in ("own", "copy"))
    assert one.equals(other)


def test_memory_does_not_grow_with_the_number_of_frames(tmp_path, monkeypatch):
    import tracemalloc

    from llpt.trajectory.foreign import conversion

    monkeypatch.setattr(conversion, "SEGMENT_BYTES", 100_000)
    peaks, counts = [], (60, 180)
    for frames in counts:
        write_extxyz(tmp_path / f"{frames}.extxyz", walk(frames, atoms=64))
        source = open_foreign([tmp_path / f"{frames}.extxyz"])
        tracemalloc.start()
        converted(source, tmp_path / str(frames))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    bytes_of_more_frames = (counts[1] - counts[0]) * 3 * 64 * 3 * 8
    assert peaks[1] - peaks[0] < 0.6 * bytes_of_more_frames
