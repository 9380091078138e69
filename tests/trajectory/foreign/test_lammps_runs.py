"""A log of LAMMPS with several runs: what is read is that of the run that the dump is of."""

from pathlib import Path

import pytest

from llpt.errors import InputError
from llpt.trajectory.foreign import open_foreign

DATA = Path(__file__).parent / "data"
THERMO = "Per MPI rank memory allocation (min/avg/max) = 2.9 | 2.9 | 2.9 Mbytes\n"
HEADING = "   Step          Temp          PotEng         KinEng     \n"


def frame(step):
    rows = "".join(f"{atom} 1 {0.5 * atom + 0.001 * step} 0.5 {0.4 * atom}\n" for atom in (1, 2))
    return (
        f"ITEM: TIMESTEP\n{step}\nITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS pp pp pp\n0 3\n0 3\n0 3\n"
        f"ITEM: ATOMS id type xu yu zu\n{rows}"
    )


def run(commands, steps, *, energy):
    rows = "".join(f"{step:10d} {300.0 + energy} {energy} 0.1\n" for step in steps)
    return f"{commands}\nrun 100\n{THERMO}{HEADING}{rows}Loop time of 0.1 on 1 procs for 100 steps with 2 atoms\n"


def opened(place, log, steps, *, name="prod.dump"):
    (place / "log.lammps").write_text("LAMMPS (22 Jul 2025)\nunits metal\n" + log)
    (place / name).write_text("".join(frame(step) for step in steps))
    return open_foreign([place / name, place / "log.lammps"], elements=["H"])


MELT = run("timestep 0.001\nfix 1 all nvt temp 2000 2000 0.1", range(0, 101, 10), energy=-1.0)
PRODUCTION = "unfix 1\ntimestep 0.0002\nfix 2 all npt temp 900 900 0.1 iso 200000 200000 1.0"
DUMP = "\ndump 1 all custom 10 prod.dump id type xu yu zu"


@pytest.mark.parametrize("named", [True, False])
def test_time_step_and_ensemble_are_those_of_the_run_whose_frames_are_read(tmp_path, named):
    log = MELT + run(PRODUCTION + DUMP * named, range(100, 201, 10), energy=-2.0)
    source = opened(tmp_path, log, range(100, 201, 10))
    assert source.facts.timestep_fs == pytest.approx(0.2)
    assert source.facts.frame_interval_fs == pytest.approx(2.0)
    assert source.facts.temperature_k == 900.0
    assert source.facts.pressure_gpa == pytest.approx(20.0)
    assert not source.facts.constant_volume
    assert {each.free_energy_ev for each in source.frames()} == {-2.0}  # step 100 stands in both runs


def test_of_two_runs_with_the_same_steps_the_name_of_the_dump_tells_which(tmp_path):
    log = MELT + "reset_timestep 0\n" + run(PRODUCTION + DUMP, range(0, 101, 10), energy=-2.0)
    source = opened(tmp_path, log, range(0, 101, 10))
    assert source.facts.timestep_fs == pytest.approx(0.2)
    assert {each.free_energy_ev for each in source.frames()} == {-2.0}
    with pytest.raises(InputError, match=r"Runs 1 and 2 of .* both have step 0, with which .* begins") as refused:
        opened(tmp_path, log, range(0, 101, 10), name="renamed.dump")
    assert "Give the dump the name that it has in the log" in refused.value.remedy


def test_a_dump_that_goes_on_into_another_ensemble_is_refused_there(tmp_path):
    log = DUMP + "\n" + MELT + run(PRODUCTION, range(100, 201, 10), energy=-2.0)
    source = opened(tmp_path, log, range(0, 201, 10))
    assert source.facts.temperature_k == 2000.0
    with pytest.raises(InputError, match=r"At step 110 .* goes on into run 2 of .*, where the temperature is another"):
        list(source.frames())
    again = run("print again", range(100, 201, 10), energy=-2.0)
    assert len(list(opened(tmp_path, DUMP + "\n" + MELT + again, range(0, 201, 10)).frames())) == 21


def test_frames_of_a_minimisation_and_time_steps_that_change_are_refused(tmp_path):
    relaxed = MELT.replace("run 100", "minimize 0 0 10 10")
    with pytest.raises(InputError, match=r"begins with step 0 of a minimisation"):
        opened(tmp_path, DUMP + relaxed + run(PRODUCTION, range(100, 201, 10), energy=-2.0), range(0, 201, 10))
    with pytest.raises(InputError, match=r"No run of .* has step 500"):
        opened(tmp_path, MELT, range(500, 601, 10))
    with pytest.raises(InputError, match=r"Run 1 of .* changes its time step on the way"):
        opened(tmp_path, "fix 9 all dt/reset 10 NULL 0.002 0.01 units box\n" + MELT, range(0, 101, 10))


@pytest.mark.parametrize(
    ("fixes", "kelvin", "gpa", "held"),
    [
        ("fix 1 all nve\nfix 2 all langevin 300 300 0.1 48", 300.0, None, True),
        ("fix 1 all nve\nfix 2 all temp/rescale 10 300 300 0.1 1", 300.0, None, True),
        ("fix 1 all npt temp 300 300 0.1 x 1e4 1e4 1 y 1e4 1e4 1 z 1e4 1e4 1", 300.0, 1.0, None),
        ("fix 1 all npt temp 300 300 0.1 x 1e4 1e4 1 y 1e4 1e4 1", 300.0, None, None),
        ("fix 1 all nvt temp ${t} ${t} 0.1", None, None, True),
        ("fix 1 all nve\nfix 2 a langevin 300 300 0.1 48\nfix 3 b langevin 900 900 0.1 48", None, None, True),
        ("fix 1 all nve\nfix 2 a langevin 300 300 0.1 48\nfix 3 b langevin 300 300 0.1 49", 300.0, None, True),
        ("fix 1 all nvt temp 500 500 0.1\nunfix 1\nfix 1 all nve", None, None, True),
    ],
)
def test_thermostats_and_barostats_are_read_from_the_fixes_that_are_there(tmp_path, fixes, kelvin, gpa, held):
    facts = opened(tmp_path, run(fixes, range(0, 101, 10), energy=-1.0), range(0, 101, 10)).facts
    assert facts.temperature_k == kelvin
    assert facts.pressure_gpa == (None if gpa is None else pytest.approx(gpa))
    assert facts.constant_volume is held


def test_ramps_of_lammps_are_known(tmp_path):
    fixes = "fix 1 all npt temp 300 900 0.1 iso 0 200000 1.0"
    facts = opened(tmp_path, run(fixes, range(0, 101, 10), energy=-1.0), range(0, 101, 10)).facts
    assert facts.temperature_ramp_k == (300.0, 900.0)
    assert facts.pressure_ramp_gpa == pytest.approx((0.0, 20.0))
    assert facts.temperature_k is None
    assert facts.pressure_gpa is None


def deuterium(place, commands, *, dumped="", elements=("H",)):
    (place / "log.lammps").write_text(
        "LAMMPS (22 Jul 2025)\nunits metal\n" + run(commands, range(0, 101, 10), energy=-1.0)
    )
    text = "".join(frame(step) for step in range(0, 101, 10))
    if dumped:
        text = (
            text.replace("type xu", "type mass xu")
            .replace("1 1 0", f"1 1 {dumped} 0")
            .replace("2 1 1", f"2 1 {dumped} 1")
        )
    (place / "prod.dump").write_text(text)
    return open_foreign([place / "prod.dump", place / "log.lammps"], elements=elements)


def test_masses_are_those_of_the_dynamics(tmp_path):
    nvt = "fix 1 all nvt temp 300 300 0.1"
    assert deuterium(tmp_path, nvt).masses_u is None
    assert deuterium(tmp_path, f"mass 1 2.014\n{nvt}").masses_u == pytest.approx([2.014, 2.014])
    assert deuterium(tmp_path, nvt, dumped="2.014").masses_u == pytest.approx([2.014, 2.014])
    named = deuterium(tmp_path, nvt, elements=["D"])
    assert named.masses_u == pytest.approx([2.0141, 2.0141], abs=1e-4)
    assert list(named.numbers) == [1, 1]
    assert deuterium(tmp_path, "mass 1 ${m}\n" + nvt).masses_u is None
    with pytest.raises(InputError, match=r"The atoms that are called D have a mass of 1.008 u in the files"):
        deuterium(tmp_path, f"mass 1 1.008\n{nvt}", elements=["D"])
