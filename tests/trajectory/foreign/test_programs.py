"""Real files of other programs: every unit and meaning is checked against physics or against a second program."""

import gzip
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from ase import Atoms
from ase.calculators.lj import LennardJones
from ase.units import Bohr, Hartree, fs

from llpt import units
from llpt.errors import InputError
from llpt.trajectory import open_trajectory
from llpt.trajectory.foreign import Contents, ForeignReader, open_foreign
from llpt.trajectory.foreign.frame import kinetic_energy_ev
from llpt.trajectory.stress import kinetic_stress_gpa

DATA = Path(__file__).parent / "data"
MASSES = np.full(8, 1.008)
CP2K = ("h-pos-1.xyz", "h-vel-1.xyz", "h-frc-1.xyz", "h-1.cell", "h-1.ener", "h-1.stress", "h.out.gz")
IPI = ("run.pos_0.xyz", "run.vel_0.xyz", "run.for_0.xyz", "run.out")


def opened(*names, **options):
    source = open_foreign([DATA / name for name in names], **options)
    return source, list(source.frames())


def lennard_jones(frame):
    atoms = Atoms("H8", positions=frame.positions_angstrom, cell=frame.cell_angstrom, pbc=True)
    atoms.calc = LennardJones(sigma=0.62, epsilon=0.05, rc=1.4)
    return atoms


def test_espresso_obeys_the_equation_of_motion_it_integrated():
    source, frames = opened("pw-md.out")
    step = source.facts.frame_interval_fs
    before, now, after = (frame.positions_angstrom for frame in frames[:3])
    acceleration = (after - 2.0 * now + before) / step**2
    expected = frames[1].forces_ev_per_angstrom / (MASSES[:, None] * units.U_ANGSTROM2_PER_FS2_TO_EV)
    assert acceleration == pytest.approx(expected, abs=2e-4 * np.abs(expected).max())
    assert kinetic_energy_ev((after - before) / (2.0 * step), MASSES) == pytest.approx(
        frames[1].kinetic_energy_ev, rel=1e-4
    )


def test_espresso_energies_belong_to_one_frame():
    _, frames = opened("pw-md.out")
    for frame in frames:
        assert frame.free_energy_ev + frame.kinetic_energy_ev == pytest.approx(frame.conserved_ev, abs=1e-6)
        assert 0.0 < frame.internal_energy_ev - frame.free_energy_ev < 0.01
    assert frames[0].free_energy_ev == pytest.approx(-8.56444202 * 13.605693123, abs=1e-6)


def test_espresso_says_its_temperatures_and_that_the_volume_is_fixed():
    source, frames = opened("pw-md.out")
    facts = source.facts
    assert facts.temperature_k is None  # "set once at start": nothing holds it
    assert facts.electronic_temperature_k == pytest.approx(0.03 * 157887.5, rel=1e-5)
    assert facts.constant_volume
    assert facts.frame_interval_fs == pytest.approx(0.3870, abs=1e-4)
    assert len(frames) == 3


def test_espresso_stress_is_the_virial_part():
    _, frames = opened("pw-md.out")
    assert -frames[0].stress_gpa[:3].mean() == pytest.approx(73.405, abs=1e-2)  # P = 734.05 kbar in the file
    assert frames[0].stress_gpa[3:] == pytest.approx([-6.106, 0.555, 0.990], abs=1e-2)


def test_espresso_follows_a_changing_cell():
    _, frames = opened("pw-vc-md.out")
    volumes = [abs(np.linalg.det(frame.cell_angstrom)) for frame in frames]
    assert volumes == pytest.approx([27.0, 26.82540, 26.40008], abs=1e-4)
    conserved = [frame.conserved_ev for frame in frames]
    assert np.ptp(conserved) < 0.01
    assert frames[1].positions_angstrom[0] == pytest.approx([0.3755408923, 0.4494296998, 0.4865638416])


def test_cp2k_velocities_give_its_kinetic_energy_and_its_stress_contains_it():
    _, frames = opened(*CP2K)
    for frame in frames:
        assert kinetic_energy_ev(frame.velocities_angstrom_per_fs, MASSES) == pytest.approx(
            frame.kinetic_energy_ev, rel=1e-4
        )
    virial = frames[0].total_stress_gpa - kinetic_stress_gpa(frames[0].velocities_angstrom_per_fs, MASSES, 27.0)
    # the analytical stress in the output: xx, yy, zz, yz, xz, xy, compression positive
    assert -virial == pytest.approx([71.2387728, 115.7863178, 87.7764415, -3.1650186, -2.7541942, 5.4347182], abs=1e-3)


def test_cp2k_forces_accelerate_the_atoms():
    source, frames = opened(*CP2K)
    change = frames[2].velocities_angstrom_per_fs - frames[0].velocities_angstrom_per_fs
    expected = frames[1].forces_ev_per_angstrom / (MASSES[:, None] * units.U_ANGSTROM2_PER_FS2_TO_EV)
    displaced = change / (2.0 * source.facts.frame_interval_fs)
    assert np.corrcoef(displaced.ravel(), expected.ravel())[0, 1] > 0.99  # the thermostat and barostat do the rest
    assert np.polyfit(expected.ravel(), displaced.ravel(), 1)[0] == pytest.approx(1.0, abs=0.1)


def test_cp2k_energy_is_free_and_its_output_gives_the_entropy():
    source, frames = opened(*CP2K)
    assert frames[0].free_energy_ev == pytest.approx(-4.2103826725 * units.HARTREE_TO_EV, abs=1e-8)
    assert frames[0].internal_energy_ev - frames[0].free_energy_ev == pytest.approx(
        0.00000144894581 * units.HARTREE_TO_EV, rel=1e-4
    )
    assert source.facts.electronic_temperature_k == 4000.0
    assert source.facts.pressure_gpa == pytest.approx(150.0)
    assert source.facts.temperature_k == 900.0
    assert source.facts.frame_interval_fs == 0.25


def test_cp2k_without_its_output_keeps_the_internal_energy_unknown():
    _, frames = opened(*CP2K[:-1])
    assert frames[0].internal_energy_ev is None


def test_lammps_and_ipi_agree_on_the_same_atoms():
    lammps = opened("run.dump", "lammps.log", elements=["H"])[1][0]
    ipi = opened(*IPI)[1][0]
    assert lammps.forces_ev_per_angstrom == pytest.approx(ipi.forces_ev_per_angstrom, abs=2e-5)
    virials = [
        frame.total_stress_gpa - kinetic_stress_gpa(frame.velocities_angstrom_per_fs, MASSES, 27.0)
        for frame in (lammps, ipi)
    ]
    assert virials[0] == pytest.approx(virials[1], abs=1e-4)
    expected = lennard_jones(ipi).get_stress() * units.EV_PER_ANGSTROM3_TO_GPA
    assert virials[1] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("names", [("run.dump", "lammps.log"), IPI])
def test_forces_are_those_of_the_potential(names):
    _, frames = opened(*names, elements=["H"])
    for frame in frames:
        expected = lennard_jones(frame).get_forces()
        assert frame.forces_ev_per_angstrom == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("names", [("run.dump", "lammps.log"), IPI])
def test_velocities_and_pressure_are_in_our_units(names):
    _, frames = opened(*names, elements=["H"])
    for frame in frames:
        kinetic = kinetic_energy_ev(frame.velocities_angstrom_per_fs, MASSES)
        assert kinetic == pytest.approx(frame.kinetic_energy_ev, rel=1e-3)
        assert -frame.total_stress_gpa[:3].mean() == pytest.approx(frame.pressure_gpa, rel=1e-4)


def test_ipi_energy_is_that_of_the_potential_and_time_is_read():
    source, frames = opened(*IPI)
    assert frames[2].free_energy_ev == pytest.approx(lennard_jones(frames[2]).get_potential_energy(), abs=1e-5)
    assert source.facts.frame_interval_fs == pytest.approx(1.0)  # every second step of 0.5 fs


def test_lammps_log_says_units_step_and_targets():
    source, _ = opened("run.dump", "lammps.log", elements=["H"])
    assert source.facts.temperature_k == 900.0
    assert source.facts.pressure_gpa == pytest.approx(20.0)
    assert source.facts.frame_interval_fs == pytest.approx(0.4)


def test_scaled_positions_are_the_same_as_unscaled():
    _, plain = opened("run.dump", "lammps.log", elements=["H"])
    _, scaled = opened("scaled.dump", "lammps.log", elements=["H"])
    for one, other in zip(plain, scaled, strict=True):
        assert one.positions_angstrom == pytest.approx(other.positions_angstrom, abs=2e-5)


def test_what_lammps_does_not_say_is_asked_for():
    with pytest.raises(InputError, match="units"):
        opened("run.dump", elements=["H"])
    with pytest.raises(InputError, match="which element type 1 is"):
        opened("run.dump", "lammps.log")
    source, frames = opened("run.dump", elements=["H"], units="metal")
    assert frames[0].free_energy_ev is None
    reader = ForeignReader(source, frame_interval_fs=0.4, electronic_temperature_k=0.0)
    assert len(list(reader.steps(Contents()))) == len(frames)
    wrong, _ = opened("run.dump", elements=["H"], units="real")
    reader = ForeignReader(wrong, frame_interval_fs=0.4, electronic_temperature_k=0.0)
    with pytest.raises(InputError, match=r"has a temperature of .* K, which cannot be"):
        list(reader.steps(Contents()))


def test_energies_of_one_atom_are_those_of_all(tmp_path):
    lines = (DATA / "lammps.log").read_text().splitlines(keepends=True)
    place = next(number for number, line in enumerate(lines) if line.split()[:1] == ["Step"])
    lines.insert(place, "thermo_modify norm yes\n")
    (tmp_path / "lammps.log").write_text("".join(lines))
    plain = opened("run.dump", "lammps.log", elements=["H"])[1][0]
    each = next(open_foreign([DATA / "run.dump", tmp_path / "lammps.log"], elements=["H"]).frames())
    assert each.free_energy_ev == pytest.approx(8 * plain.free_energy_ev)
    assert each.kinetic_energy_ev == pytest.approx(8 * plain.kinetic_energy_ev)


def test_the_columns_that_lammps_prints_by_default_are_enough(tmp_path):
    text = (DATA / "lammps.log").read_text().replace("PotEng", "E_pair").replace("KinEng", "Unused")
    (tmp_path / "lammps.log").write_text(text)
    plain = opened("run.dump", "lammps.log", elements=["H"])[1][0]
    default = next(open_foreign([DATA / "run.dump", tmp_path / "lammps.log"], elements=["H"]).frames())
    assert default.free_energy_ev == pytest.approx(plain.free_energy_ev)
    assert default.kinetic_energy_ev == pytest.approx(plain.kinetic_energy_ev, rel=1e-6)


def test_a_missing_frame_of_a_dump_is_found_by_its_step(tmp_path):
    whole = (DATA / "run.dump").read_text().split("ITEM: TIMESTEP")
    (tmp_path / "run.dump").write_text("ITEM: TIMESTEP".join([*whole[:2], whole[2], *whole[4:]]) if len(whole) > 5 else
                                       "ITEM: TIMESTEP".join([*whole, whole[-1].replace("\n", "\n9", 1)]))  # fmt: skip
    source = open_foreign([tmp_path / "run.dump"], elements=["H"], units="metal")
    reader = ForeignReader(source, frame_interval_fs=0.4, electronic_temperature_k=0.0)
    with pytest.raises(InputError, match="the step goes from"):
        list(reader.steps(Contents()))


def test_a_relaxation_of_pw_is_refused_by_name(tmp_path):
    text = (DATA / "pw-md.out").read_text()
    (tmp_path / "pw.out").write_text(text.replace("Molecular Dynamics Calculation", "BFGS Geometry Optimization", 1))
    with pytest.raises(InputError, match="is a relaxation"):
        open_foreign([tmp_path / "pw.out"])


def test_an_optimisation_of_cp2k_and_a_minimisation_of_lammps_are_refused_by_name(tmp_path):
    frame = "2\n i =        1, E =        -3.9603735236\n H 0 0 0\n H 0 0 0.74\n"
    (tmp_path / "h-pos-1.xyz").write_text(frame * 2)
    with pytest.raises(InputError, match="is a relaxation by CP2K"):
        open_foreign([tmp_path / "h-pos-1.xyz"])
    log = (DATA / "lammps.log").read_text()
    assert "\nrun " in log
    (tmp_path / "lammps.log").write_text(log.replace("\nrun ", "\nminimize 0 0 "))
    with pytest.raises(InputError, match="of a minimisation"):
        open_foreign([DATA / "run.dump", tmp_path / "lammps.log"], elements=["H"])
    (tmp_path / "lammps.log").write_text(log.replace("\nrun ", "\nminimize 0 0 10 10\nrun "))
    assert len(list(open_foreign([DATA / "run.dump", tmp_path / "lammps.log"], elements=["H"]).frames())) > 1


def write_beads(directory, *, beads=3, columns="kinetic_cv{electronvolt}", value="7.5"):
    """Files of a path integral: the beads of a run's atoms at fixed places about those of the first."""
    text = (DATA / "run.pos_0.xyz").read_text()
    for bead in range(beads):
        lines = text.replace("Bead:       0", f"Bead:       {bead}").splitlines()
        for number, line in enumerate(lines):
            words = line.split()
            if len(words) == 4 and words[0] == "H":
                lines[number] = f"H {float(words[1]) + 0.1 * bead} {words[2]} {words[3]}"
        (directory / f"run.pos_{bead}.xyz").write_text("\n".join(lines) + "\n")
    table = (DATA / "run.out").read_text().splitlines()
    last = max(number for number, line in enumerate(table) if line.startswith("#"))
    wide = len(table[last + 1].split())
    table = [f"{line} {value}" if not line.startswith("#") else line for line in table]
    table.insert(last + 1, f"# column   {wide + 1}     --> {columns} : The quantum estimator.")
    (directory / "run.out").write_text("\n".join(table) + "\n")


def test_all_beads_of_a_path_integral_are_one_run(tmp_path):
    write_beads(tmp_path)
    source = open_foreign([tmp_path / "run.pos_0.xyz", tmp_path / "run.out"])
    assert source.beads == 3
    assert len(source.files) == 4
    assert "3 beads" in source.notes[0]
    assert any("counts 3N degrees of freedom" in note for note in source.notes)
    assert not any("3N" in note for note in open_foreign([tmp_path / "run.pos_0.xyz"]).notes)
    frame = next(source.frames())
    assert frame.bead_positions_angstrom.shape == (3, *frame.positions_angstrom.shape)
    moved = frame.bead_positions_angstrom - frame.positions_angstrom
    assert np.allclose(moved[2], [0.2, 0.0, 0.0], atol=1e-9)
    assert frame.kinetic_energy_ev == pytest.approx(7.5)
    assert frame.temperature_k is None
    assert frame.pressure_gpa is None
    trajectory = open_trajectory([tmp_path / "run.pos_1.xyz", tmp_path / "run.out"])
    assert trajectory.beads == 3
    scalars = trajectory.scalars()
    assert np.isnan(scalars.temperature_k).all()
    assert np.allclose(scalars.gyration_squared_angstrom2, np.var([0.0, 0.1, 0.2]))
    block = next(trajectory.blocks())
    assert np.allclose(block.configurations_angstrom[:, 1] - block.positions_angstrom, [0.1, 0.0, 0.0], atol=1e-9)


def test_beads_that_do_not_make_a_run_are_refused(tmp_path):
    write_beads(tmp_path)
    assert not open_foreign([DATA / "run.pos_0.xyz"]).notes
    (tmp_path / "run.pos_1.xyz").unlink()
    with pytest.raises(InputError, match="Bead 1 of"):
        open_foreign([tmp_path / "run.pos_0.xyz"])
    with pytest.raises(InputError, match="not beads of one run"):
        open_foreign([tmp_path / "run.pos_0.xyz", DATA / "run.pos_0.xyz"])


@pytest.mark.parametrize("name", ["beads.any_1.xyz", "beads.pos_0.extxyz"])
def test_beads_are_known_by_their_comments_in_both_formats_of_i_pi(name):
    """Whatever the files are called; a file of centroids, and forces of single beads, are left out and told."""
    source = open_foreign([DATA / name, DATA / "beads.out", DATA / "beads.xc.xyz", DATA / "beads.for_0.extxyz"])
    assert source.program == "i-PI"
    assert source.beads == 2
    assert "beads.xc.xyz holds x_centroid: left out." in source.notes
    assert any("forces in beads.for_0.extxyz" in note for note in source.notes)
    frames = list(source.frames())
    assert [frame.clock for frame in frames] == [0.0, 2.0]
    centroid = read_rows(DATA / "beads.xc.xyz", frame=1)
    assert np.allclose(frames[1].bead_positions_angstrom.mean(axis=0), centroid, atol=1e-5)
    assert np.abs(np.diff(frames[1].bead_positions_angstrom, axis=0)).max() > 0.01
    assert np.allclose(frames[1].cell_angstrom, 4.0 * np.eye(3), atol=1e-5)
    assert frames[1].kinetic_energy_ev == pytest.approx(0.9565, abs=1e-4)


def read_rows(path, *, frame):
    """Positions of a frame of eight atoms."""
    rows = path.read_text().splitlines()[10 * frame + 2 : 10 * frame + 10]
    return np.array([[float(word) for word in row.split()[1:4]] for row in rows])


def test_extended_xyz_of_i_pi_has_velocities_and_forces_in_the_units_of_ase(tmp_path):
    """What i-PI writes as xyz, put into its other format by hand, gives the same frames."""
    atomic_velocity = Bohr / (units.ATOMIC_TIME_TO_FS * fs)
    for name, kind, unit in (
        ("pos", "positions", 1.0),
        ("vel", "velocities", atomic_velocity),
        ("for", "forces", Hartree / Bohr),
    ):
        text = []
        for line in (DATA / f"run.{name}_0.xyz").read_text().splitlines():
            words = line.split()
            if line.startswith("# CELL"):
                edge = float(words[2]) * Bohr
                step = words[words.index("Step:") + 1]
                comment = f'ipi_comment="Step: {step}  Bead:       0 {kind}{{ase}}  cell{{ase}}" pbc="T T T"'
                text.append(f'Lattice="{edge} 0 0 0 {edge} 0 0 0 {edge}" Properties=species:S:1:pos:R:3 {comment}')
            elif len(words) == 4:
                values = " ".join(str(float(word) * unit) for word in words[1:])
                text.append(f"H {values}" if name == "pos" else f"H 0.0 0.0 0.0 {values}")
            else:
                text.append(line)
        (tmp_path / f"run.{name}_0.extxyz").write_text("\n".join(text) + "\n")
    names = ("pos", "vel", "for")
    other = open_foreign([tmp_path / f"run.{name}_0.extxyz" for name in names])
    plain = open_foreign([DATA / f"run.{name}_0.xyz" for name in names])
    for one, two in zip(plain.frames(), other.frames(), strict=True):
        assert np.allclose(one.positions_angstrom, two.positions_angstrom)
        assert np.allclose(one.velocities_angstrom_per_fs, two.velocities_angstrom_per_fs, rtol=1e-6)
        assert np.allclose(one.forces_ev_per_angstrom, two.forces_ev_per_angstrom, rtol=1e-6)
        assert np.allclose(one.cell_angstrom, two.cell_angstrom, atol=1e-5)


def test_a_lone_bead_is_no_classical_run(tmp_path):
    shutil.copy(DATA / "beads.any_1.xyz", tmp_path / "mine.xyz")
    with pytest.raises(InputError, match="bead 1 of a path integral"):
        open_foreign([tmp_path / "mine.xyz"])
    for number in (1, 2):  # numbered by a person
        shutil.copy(DATA / "run.pos_0.xyz", tmp_path / f"run_{number}.xyz")
    assert open_foreign([tmp_path / "run_2.xyz"]).beads == 1
    with pytest.raises(InputError, match="not beads of one run"):
        open_foreign([tmp_path / "run_1.xyz", tmp_path / "run_2.xyz"])


def test_units_real_are_kilocalories_and_atmospheres(tmp_path):
    text = (DATA / "lammps.log").read_text().replace("units metal", "units real")
    (tmp_path / "lammps.log").write_text(text)
    metal = opened("run.dump", "lammps.log", elements=["H"])[1][0]
    real = next(open_foreign([DATA / "run.dump", tmp_path / "lammps.log"], elements=["H"]).frames())
    assert metal.free_energy_ev / real.free_energy_ev == pytest.approx(23.060548, rel=1e-6)
    assert real.pressure_gpa / metal.pressure_gpa == pytest.approx(1.01325)
    assert real.velocities_angstrom_per_fs == pytest.approx(1000.0 * metal.velocities_angstrom_per_fs)


def test_files_of_two_programs_are_not_mixed():
    with pytest.raises(InputError, match="not of one program"):
        opened("run.dump", "pw-md.out")
    with pytest.raises(InputError, match="not a trajectory that is known"):
        opened("README.md")


def held_cell_output(place, *, old):
    """The output of CP2K as a run at constant volume writes it, in the words of version 7 or of 2023."""
    text = gzip.decompress((DATA / "h.out.gz").read_bytes()).decode()
    vectors = "".join(
        f" CELL| Vector {name} [angstrom]:{row}    |{name}| =       3.000000\n"
        for name, row in zip("abc", ("  3.0  0.0  0.0", "  0.0  3.0  0.0", "  0.0  0.0  3.0"), strict=True)
    )
    text = vectors + text.replace("NPT_I", "NVT  ")
    if old:
        for new, before in (
            ("MD_PAR| Ensemble type ", "MD| Ensemble Type "),
            ("MD_PAR| Time step [fs]", "MD| Time Step [fs] "),
            ("MD_PAR| Temperature [K]", "MD| Temperature [K] "),
            ("MD_PAR| Pressure [bar]", "MD| Pressure [Bar] "),
            ("MD_INI| Potential energy [hartree]", "INITIAL POTENTIAL ENERGY[hartree] ="),
            ("MD| Step number ", "STEP NUMBER = "),
        ):
            assert new in text
            text = text.replace(new, before)
    path = place / "h.out"
    path.write_text(text)
    return path


@pytest.mark.parametrize("old", [False, True])
def test_cp2k_at_constant_volume_has_its_cell_in_the_output(tmp_path, old):
    output = held_cell_output(tmp_path, old=old)
    source = open_foreign([DATA / "h-pos-1.xyz", DATA / "h-1.ener", output])
    frames, (_, whole) = list(source.frames()), opened(*CP2K)
    assert source.facts.constant_volume
    assert (source.facts.temperature_k, source.facts.electronic_temperature_k) == (900.0, 4000.0)
    for one, other in zip(frames, whole, strict=True):
        assert one.cell_angstrom == pytest.approx(3.0 * np.eye(3))
        assert one.internal_energy_ev == pytest.approx(other.internal_energy_ev)


def test_znh5md_and_its_species_of_every_frame_are_read(tmp_path):
    random = np.random.default_rng(3)
    positions, forces = random.uniform(0.0, 4.0, (5, 2, 3)), random.normal(size=(5, 2, 3))
    with h5py.File(tmp_path / "zn.h5", "w") as file:
        for name, values, unit in (
            ("particles/atoms/position", positions, "Angstrom"),
            ("particles/atoms/forces", forces, "eV/Angstrom"),
            ("particles/atoms/species", np.tile([1.0, 8.0], (5, 1)), None),
            ("particles/atoms/box/edges", np.array([4.0 * np.eye(3)] * 5), "Angstrom"),
            ("observables/atoms/energy", np.arange(5.0), "eV"),
        ):
            file[f"{name}/value"] = values
            file[f"{name}/time"] = 0.5 * np.arange(5)
            file[f"{name}/time"].attrs["unit"] = "fs"
            if unit:
                file[f"{name}/value"].attrs["unit"] = unit
    source = open_foreign([tmp_path / "zn.h5"])
    frames = list(source.frames())
    assert source.numbers.tolist() == [1, 8]
    assert source.facts.frame_interval_fs == 0.5
    assert np.array([frame.forces_ev_per_angstrom for frame in frames]) == pytest.approx(forces)
    assert [frame.energy_ev for frame in frames] == [0.0, 1.0, 2.0, 3.0, 4.0]
    with h5py.File(tmp_path / "zn.h5", "r+") as file:
        file["particles/atoms/species/value"][3] = [8.0, 1.0]
    with pytest.raises(InputError, match="other atoms in some frames"):
        open_foreign([tmp_path / "zn.h5"])


def test_steps_of_pw_that_did_not_converge_are_counted(tmp_path):
    text = (DATA / "pw-md.out").read_text()
    done = "convergence has been achieved"
    first = text.index(done)
    line = text[text.rindex("\n", 0, first) + 1 : text.index("\n", first)]
    (tmp_path / "md.out").write_text(
        text.replace(line, "     convergence NOT achieved after 100 iterations: stopping", 1)
    )
    contents = Contents()
    reader = ForeignReader(open_foreign([tmp_path / "md.out"]), frame_interval_fs=0.4, electronic_temperature_k=4737.0)
    assert len(list(reader.steps(contents))) == 3
    assert contents.unconverged == 1
    assert any("did not converge" in note for note in contents.notes)


def test_cp2k_needs_its_cell():
    with pytest.raises(InputError, match="no cell"):
        opened("h-pos-1.xyz", "h-1.ener")


def test_a_dump_whose_atoms_change_their_type_is_refused(tmp_path):
    head, *frames = (DATA / "run.dump").read_text().split("ITEM: TIMESTEP")
    changed = ["\n".join(" ".join(["1", "2", *line.split()[2:]]) if line.startswith("1 1 ") else line
                         for line in frame.split("\n")) if number == 3 else frame
               for number, frame in enumerate(frames)]  # fmt: skip
    path = tmp_path / "run.dump"
    path.write_text("ITEM: TIMESTEP".join([head, *changed]))
    source = open_foreign([path, DATA / "lammps.log"], elements=["H", "He"])
    with pytest.raises(InputError, match=r"Frame 3 of .* other kinds"):
        list(source.frames())


def test_atoms_of_cp2k_and_ipi_that_change_their_kind_are_refused(tmp_path):
    for names in (CP2K, IPI):
        place = tmp_path / names[0]
        place.mkdir()
        files = [shutil.copy(DATA / name, place) for name in names]
        lines = Path(files[0]).read_text().splitlines(keepends=True)
        last = max(number for number, line in enumerate(lines) if line.split()[:1] == ["H"])
        lines[last] = lines[last].replace("H", "He", 1)
        Path(files[0]).write_text("".join(lines))
        source = open_foreign([Path(file) for file in files])
        with pytest.raises(InputError, match="other kinds"):
            list(source.frames())


def test_cp2k_says_which_steps_did_not_converge(tmp_path):
    files = [shutil.copy(DATA / name, tmp_path) for name in CP2K]
    path = tmp_path / "h.out.gz"
    text = gzip.decompress(path.read_bytes()).decode()
    parts = text.split("  *** SCF run converged in")
    assert len(parts) > 3
    text = "  *** SCF run converged in".join(parts[:2]) + " *** WARNING in qs_scf.F:598 :: SCF run NOT converged ***"
    text += "  *** SCF run converged in".join(parts[2:])
    path.write_bytes(gzip.compress(text.encode()))
    flags = [frame.unconverged for frame in open_foreign([Path(file) for file in files]).frames()]
    assert flags == [False, True] + [False] * (len(flags) - 2)
