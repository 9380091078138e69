"""What a run refuses, what it leaves behind, how it ends."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.io import read

from llpt import open_trajectory
from llpt.dynamics import Progress, RunSettings, RunState, run_md
from llpt.dynamics.wall_time import WallTime
from llpt.errors import EngineError, InputError, StorageError
from llpt.trajectory import Trajectory

from .conftest import make_settings
from .engines_for_tests import Einstein, Failing, IdealGas, LennardJones

LEFT_HANDED = [[0, 3, 0], [3, 0, 0], [0, 0, 3]]


class Interrupted(LennardJones):
    """Its helper program dies of the same Ctrl-C that the run gets."""

    calls = 0

    def compute(self, atoms, _system_changes):
        self.calls += 1
        if self.calls == 15:
            os.kill(os.getpid(), signal.SIGINT)
            raise EngineError("The helper program died.", "Look at its log.")
        return super().compute(atoms, _system_changes)


def test_interrupt_that_kills_the_engine_is_no_failure(tmp_path, crystal):
    handler = signal.getsignal(signal.SIGINT)
    outcome = run_md(crystal, Interrupted(), make_settings(steps=30), tmp_path)
    assert (outcome.state, outcome.reason, outcome.steps_done) == (RunState.UNFINISHED, "stopped by SIGINT", 10)
    assert signal.getsignal(signal.SIGINT) is handler
    assert run_md(crystal, LennardJones(), make_settings(steps=30), tmp_path).state is RunState.DONE


class WithoutStress(LennardJones):
    def compute(self, atoms, _system_changes):
        without = {"stress_ev_per_angstrom3": None, "stress_uncorrected_ev_per_angstrom3": None}
        return dataclasses.replace(super().compute(atoms, _system_changes), **without)


def test_constant_pressure_needs_stress(tmp_path, crystal):
    outcome = run_md(crystal, WithoutStress(), make_settings(steps=5), tmp_path / "npt")
    assert outcome.state is RunState.FAILED
    assert "gave no stress" in outcome.reason
    run_md(crystal, WithoutStress(), make_settings(steps=5, ensemble="nvt"), tmp_path / "nvt")
    scalars = Trajectory.open(tmp_path / "nvt").scalars()
    assert np.isnan(scalars.pressure_gpa).all()  # unknown, and not zero
    assert np.isfinite(scalars.conserved_ev).all()


def test_a_run_leaves_what_it_should(tmp_path, crystal):
    outcome = run_md(crystal, LennardJones(), make_settings(steps=20, positions_every=4), tmp_path / "run")
    assert outcome.state is RunState.DONE
    assert outcome.reason == ""
    assert outcome.steps_done == 20
    assert 0.0 < outcome.seconds_per_step < 1.0
    names = {path.name for path in (tmp_path / "run").iterdir()}
    expected = {
        "input.xml",
        "RESTART",
        "run.json",
        "run.log",
        "start.extxyz",
        "trajectory.h5",
        "thermo.csv",
        "segments",
    }
    assert expected <= names
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["state"] == "done"
    assert record["engine"]["spec"] == "test:lennard-jones"
    assert record["versions"]["ipi"]
    assert record["settings"]["seed"] == 7
    assert [session["last_step"] for session in record["sessions"]] == [20]
    trajectory = Trajectory.open(tmp_path / "run")
    assert list(trajectory.frame_steps) == [0, 4, 8, 12, 16, 20]
    assert trajectory.scalars().sizes["step"] == 21
    assert trajectory.timestep_fs == 4.0


def test_a_run_of_an_earlier_version_goes_on_unless_hybrid_monte_carlo_made_it(tmp_path, crystal):
    """Every run.json said how hybrid Monte Carlo proposes: null in dynamics."""
    run_md(crystal, LennardJones(), make_settings(steps=5), tmp_path)
    record = json.loads((tmp_path / "run.json").read_text())
    assert "proposals" not in record["settings"]
    record["settings"]["proposals"] = None
    (tmp_path / "run.json").write_text(json.dumps(record))
    assert run_md(crystal, LennardJones(), make_settings(steps=9), tmp_path).steps_done == 9
    record["settings"]["proposals"] = {"engine": "n2p2:network", "segment_steps": 40}
    (tmp_path / "run.json").write_text(json.dumps(record))
    with pytest.raises(StorageError, match="was made by hybrid Monte Carlo, which this version of llpt no longer has"):
        run_md(crystal, LennardJones(), make_settings(steps=12), tmp_path)
    assert open_trajectory(tmp_path).n_steps == 9


def test_working_directory_stays_clean(tmp_path, crystal, monkeypatch, capfd):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    before = threading.active_count()
    run_md(crystal, LennardJones(), make_settings(steps=5), tmp_path / "run")
    assert list((tmp_path / "here").iterdir()) == []
    assert capfd.readouterr().out == ""  # i-PI's chatter is in run.log
    assert "RANDOM SEED" in (tmp_path / "run" / "run.log").read_text()
    assert threading.active_count() == before


def test_stored_numbers_are_those_of_the_engine(tmp_path, crystal):
    run_md(crystal, LennardJones(), make_settings(steps=6, positions_every=3), tmp_path)
    trajectory = Trajectory.open(tmp_path)
    scalars = trajectory.scalars()
    for index in range(trajectory.n_frames):
        atoms = trajectory.atoms(index)
        engine = LennardJones()
        engine.calculate(atoms)
        assert atoms.get_potential_energy(force_consistent=True) == pytest.approx(
            engine.results["free_energy"], abs=1e-10
        )
        assert np.allclose(atoms.get_forces(), engine.results["forces"], atol=1e-10)
        assert np.allclose(atoms.get_stress(), engine.results["stress"], atol=1e-12)
        row = scalars.sel(step=atoms.info["step"])
        assert row.kinetic_energy_ev == pytest.approx(atoms.get_kinetic_energy(), rel=1e-7)
        kinetic = 2.0 * atoms.get_kinetic_energy() / (3.0 * atoms.get_volume())
        pressure = (kinetic - engine.results["stress"][:3].mean()) * 160.21766208
        assert row.pressure_gpa == pytest.approx(pressure, rel=1e-6)
        assert row.pressure_gpa - row.pressure_uncorrected_gpa == pytest.approx(0.01 * 160.21766208, rel=1e-7)
        assert row.volume_angstrom3 == pytest.approx(atoms.get_volume())


def test_entropy_and_internal_energy_are_kept(tmp_path, gas):
    run_md(gas, IdealGas(), make_settings(ensemble="nve", steps=3), tmp_path)
    scalars = Trajectory.open(tmp_path).scalars()
    assert np.allclose(scalars.entropy_ev_per_k, 8e-5)
    assert np.allclose(scalars.internal_energy_ev, 0.08)
    assert np.allclose(scalars.free_energy_ev, 0.0)


def test_total_momentum_stays_zero(tmp_path, crystal):
    for thermostat in ("svr", "langevin"):
        settings = make_settings(steps=30, thermostat=thermostat)
        run_md(crystal, LennardJones(), settings, tmp_path / thermostat)
        for block in Trajectory.open(tmp_path / thermostat).blocks():
            assert np.abs(block.velocities_angstrom_per_fs.sum(axis=1)).max() < 1e-12


def test_any_orientation_of_the_cell(tmp_path, crystal):
    """A turned cell is the same system: same energies, in the standard orientation."""
    turned = crystal.copy()
    turned.rotate(40, (1, 2, 3), rotate_cell=True)
    settings = make_settings(ensemble="nve", steps=3)
    rng = np.random.default_rng(0)
    velocities = rng.normal(scale=0.01, size=(len(crystal), 3))
    crystal.set_velocities(velocities)
    rotation = np.linalg.solve(crystal.cell.array, turned.cell.array)
    turned.set_velocities(velocities @ rotation)
    run_md(crystal, LennardJones(), settings, tmp_path / "straight")
    run_md(turned, LennardJones(), settings, tmp_path / "turned")
    straight, other = Trajectory.open(tmp_path / "straight").scalars(), Trajectory.open(tmp_path / "turned").scalars()
    assert np.allclose(straight.conserved_ev, other.conserved_ev, rtol=1e-12)
    assert np.allclose(straight.free_energy_ev, other.free_energy_ev, rtol=1e-10)


def test_progress(tmp_path, crystal):
    seen: list[Progress] = []
    settings = make_settings(steps=10)
    run_md(crystal, LennardJones(), settings, tmp_path, on_progress=seen.append, progress_seconds=0.0)
    assert [progress.step for progress in seen] == list(range(1, 11))
    assert seen[-1].seconds_left == 0.0
    assert seen[0].time_fs == 4.0


@pytest.mark.parametrize(
    ("how", "reason"), [("nan", "not finite"), ("engine", "SCF did not converge"), ("crash", "MemoryError")]
)
def test_engine_that_fails(tmp_path, crystal, how, reason):
    outcome = run_md(crystal, Failing(26, how), make_settings(), tmp_path)
    assert outcome.state is RunState.FAILED
    assert reason in outcome.reason
    assert outcome.steps_done == 20  # the last good checkpoint
    assert Trajectory.open(tmp_path).n_steps == 20
    assert json.loads((tmp_path / "run.json").read_text())["state"] == "failed"
    assert len(read(tmp_path / "failed.extxyz")) == len(crystal)
    # Once the cause is removed the run goes on.
    assert run_md(crystal, LennardJones(), make_settings(), tmp_path).state is RunState.DONE


def test_engine_that_fails_at_once(tmp_path, crystal):
    outcome = run_md(crystal, Failing(1), make_settings(), tmp_path / "run")
    assert outcome.state is RunState.FAILED
    assert outcome.steps_done == 0
    assert np.isnan(outcome.seconds_per_step)
    again = run_md(crystal, Failing(1), make_settings(), tmp_path / "run")
    assert again.state is RunState.FAILED


@pytest.mark.filterwarnings("ignore::RuntimeWarning:ipi")
def test_a_cell_that_blows_up_is_a_failure(tmp_path, crystal):
    settings = make_settings(timestep_fs=100.0, temperature_k=50000.0, steps=200)
    outcome = run_md(crystal, LennardJones(), settings, tmp_path)
    assert outcome.state is RunState.FAILED


class Committee(LennardJones):
    """Becomes unsure of itself at the fifteenth call."""

    calls = 0

    def compute(self, atoms, _system_changes):
        self.calls += 1
        spread = 0.1 if self.calls < 15 else 0.9
        return dataclasses.replace(super().compute(atoms, _system_changes), force_spread_ev_per_angstrom=spread)


def test_uncertain_committee_stops(tmp_path, crystal):
    settings = make_settings(steps=40, maximum_force_spread_ev_per_angstrom=0.5)
    outcome = run_md(crystal, Committee(), settings, tmp_path)
    assert outcome.state is RunState.FAILED
    assert outcome.reason == "The committee disagrees by 0.9 eV/Å at step 14, more than the limit 0.5."
    scalars = Trajectory.open(tmp_path).scalars()  # the step in question is kept
    assert scalars.force_spread_ev_per_angstrom.sel(step=14) == 0.9
    assert np.allclose(read(tmp_path / "failed.extxyz").positions, Trajectory.open(tmp_path).atoms(-1).positions)
    # With a higher limit the run goes on from there.
    settings = make_settings(steps=40, maximum_force_spread_ev_per_angstrom=2.0)
    assert run_md(crystal, Committee(), settings, tmp_path).state is RunState.DONE


def test_limit_on_spread_needs_a_committee(tmp_path, crystal):
    outcome = run_md(crystal, LennardJones(), make_settings(maximum_force_spread_ev_per_angstrom=0.5), tmp_path)
    assert outcome.state is RunState.FAILED
    assert "gives no force spread" in outcome.reason


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"temperature_k": 91.0}, "temperature_k = 90.0, not 91.0"),
        ({"seed": 8}, "seed"),
        ({"timestep_fs": 3.0}, "timestep_fs"),
        ({"ensemble": "nvt"}, "ensemble"),
        ({"steps": 5}, "more than 5"),
    ],
)
def test_other_settings_are_refused(tmp_path, crystal, change, message):
    run_md(crystal, LennardJones(), make_settings(steps=10), tmp_path)
    before = (tmp_path / "run.json").read_bytes()
    with pytest.raises(InputError, match=message):
        run_md(crystal, LennardJones(), make_settings(**({"steps": 10} | change)), tmp_path)
    assert (tmp_path / "run.json").read_bytes() == before


def test_other_engine_or_start_is_refused(tmp_path, crystal):
    run_md(crystal, LennardJones(), make_settings(steps=10), tmp_path)
    with pytest.raises(InputError, match="engine option epsilon"):
        run_md(crystal, LennardJones(epsilon=0.02), make_settings(steps=20), tmp_path)
    with pytest.raises(InputError, match="engine name"):
        run_md(crystal, IdealGas(), make_settings(steps=20), tmp_path)
    moved = crystal.copy()
    moved.positions[0] += 0.01
    with pytest.raises(InputError, match="another structure"):
        run_md(moved, LennardJones(), make_settings(steps=20), tmp_path)


def test_option_of_where_it_runs_may_change(tmp_path, crystal):
    crystal.pbc = True
    settings = make_settings(ensemble="nve", steps=2)
    run_md(crystal, Einstein(crystal.positions), settings, tmp_path)
    engine = Einstein(crystal.positions)
    description = engine.describe()
    other = dataclasses.replace(description, options={**description.options, "threads": 4})
    engine.describe = lambda: other
    assert run_md(crystal, engine, make_settings(ensemble="nve", steps=4), tmp_path).steps_done == 4


def test_foreign_directory_is_left_alone(tmp_path, crystal):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(InputError, match=r"thesis\.tex"):
        run_md(crystal, LennardJones(), make_settings(), tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "precious"


@pytest.mark.parametrize(
    ("atoms", "message"),
    [
        (Atoms("H"), "1 atoms"),
        (Atoms("H2", positions=[[0, 0, 0], [1, 0, 0]]), "no periodic cell"),
        (Atoms("H2", positions=[[0, 0, 0], [1, 0, 0]], cell=LEFT_HANDED, pbc=True), "left-handed"),
        (Atoms("H2", positions=[[0, 0, 0], [np.nan, 0, 0]], cell=[3, 3, 3], pbc=True), "not finite"),
    ],
)
def test_starts_that_cannot_be(tmp_path, atoms, message):
    with pytest.raises(InputError) as caught:
        run_md(atoms, IdealGas(), make_settings(), tmp_path / "run")
    assert message in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_start_the_engine_refuses_leaves_no_directory(tmp_path, crystal):
    class OnlyHelium(LennardJones):
        elements = frozenset({"He"})

    with pytest.raises(InputError, match="Ar"):
        run_md(crystal, OnlyHelium(), make_settings(), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature_k": 0.0}, "temperature_k"),
        ({"temperature_k": float("nan")}, "temperature_k"),
        ({"steps": 0}, "steps"),
        ({"ensemble": "nph"}, "ensemble"),
        ({"pressure_gpa": None}, "pressure_gpa"),
        ({"timestep_fs": -0.2}, "timestep_fs"),
        ({"timestep_fs": "quick"}, "timestep_fs"),
        ({"colour": "blue"}, "colour"),
        ({"integrator": "ase"}, "nose-hoover"),
        ({"thermostat": "nose-hoover"}, "nose-hoover"),
        ({"integrator": "verlet"}, "'ipi', 'ase' or 'lammps'"),
    ],
)
def test_settings_out_of_range(options, message):
    values = {"ensemble": "npt", "temperature_k": 300.0, "pressure_gpa": 1.0, "steps": 5, "seed": 1} | options
    with pytest.raises(InputError, match=message):
        RunSettings(**values)


def test_one_process_per_directory(tmp_path, crystal):
    hold = "f = open('lock', 'a'); fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True); time.sleep(60)"
    arguments = [sys.executable, "-c", f"import fcntl, time; {hold}"]
    with subprocess.Popen(arguments, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        with pytest.raises(StorageError, match="Another process"):
            run_md(crystal, LennardJones(), make_settings(), tmp_path)
        process.kill()
    assert run_md(crystal, LennardJones(), make_settings(steps=2), tmp_path).state is RunState.DONE


def test_not_in_a_thread(tmp_path, crystal):
    caught = []

    def work():
        try:
            run_md(crystal, LennardJones(), make_settings(), tmp_path)
        except InputError as error:
            caught.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert "main thread" in caught[0].cause


def test_two_runs_in_one_process_do_not_touch_each_other(tmp_path, crystal):
    run_md(crystal, LennardJones(), make_settings(), tmp_path / "a")
    run_md(crystal, LennardJones(), make_settings(ensemble="nvt", seed=3), tmp_path / "b")
    run_md(crystal, LennardJones(), make_settings(), tmp_path / "c")
    a, c = Trajectory.open(tmp_path / "a").scalars(), Trajectory.open(tmp_path / "c").scalars()
    assert a.equals(c)


FULL = """
import resource, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from ase.build import bulk
from engines_for_tests import LennardJones
from llpt.dynamics import RunSettings, run_md
from llpt.errors import StorageError
settings = RunSettings(
    ensemble="nvt", temperature_k=90, timestep_fs=4, steps=40, seed=1, checkpoint_every=10, positions_every=1
)
class Filling(LennardJones):
    calls = 0
    def compute(self, atoms, changes):
        self.calls += 1
        if self.calls == 25:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
        return super().compute(atoms, changes)
try:
    run_md(bulk("Ar", "fcc", a=4.2, cubic=True).repeat(3), Filling(), settings, sys.argv[1])
except StorageError as error:
    print("STORAGE", error.cause)
"""


def test_full_disk_keeps_the_last_checkpoint(tmp_path, crystal):
    directory = tmp_path / "run"
    arguments = [sys.executable, "-c", FULL, str(directory), str(Path(__file__).parent)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert "STORAGE Cannot write" in done.stdout, done.stderr
    assert Trajectory.open(directory).n_steps == 20
    values = {"ensemble": "nvt", "temperature_k": 90, "timestep_fs": 4, "steps": 40, "seed": 1}
    settings = RunSettings(**values | {"checkpoint_every": 10, "positions_every": 1})
    assert run_md(crystal, LennardJones(), settings, directory).steps_done == 40


class Absurd(LennardJones):
    """Its forces are finite and no forces of a fluid from call 15 on."""

    calls = 0

    def compute(self, atoms, _system_changes):
        self.calls += 1
        result = super().compute(atoms, _system_changes)
        if self.calls >= 15:
            result.forces_ev_per_angstrom[3] *= 1e12
        return result


def test_absurd_forces_fail_the_run_and_keep_its_checkpoint(tmp_path, crystal):
    outcome = run_md(crystal, Absurd(), make_settings(steps=30), tmp_path)
    assert (outcome.state, outcome.steps_done) == (RunState.FAILED, 10)
    assert "a force of" in outcome.reason
    assert run_md(crystal, LennardJones(), make_settings(steps=30), tmp_path).state is RunState.DONE


def test_damaged_checkpoint_is_said(tmp_path, crystal):
    run_md(crystal, LennardJones(), make_settings(steps=10), tmp_path)
    (tmp_path / "checkpoints" / "0000000010" / "state.npz").write_bytes(b"")
    with pytest.raises(StorageError, match="cannot be read"):
        run_md(crystal, LennardJones(), make_settings(steps=20), tmp_path)


def test_importing_is_quick():
    script = "import llpt.dynamics, sys; print(*(name in sys.modules for name in ('ipi', 'xarray', 'torch')))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False", "False"]


def test_what_the_first_step_compiles_is_no_part_of_the_pace(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    clock = WallTime(earlier_seconds=3.0)
    clock.start()
    for seconds in (40.0, 0.5, 0.5, 0.5):
        now[0] += seconds
        clock.count()
        if clock.steps == 1:  # it may have been the only one
            clock.checkpoint()
            assert (clock.pace, clock.on_disk) == (40.0, 43.0)
    clock.checkpoint()
    assert (clock.pace, clock.on_disk) == (0.5, 5.0)
    clock.checkpoint()
    assert clock.on_disk == 5.0
