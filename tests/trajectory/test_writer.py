import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from llpt.errors import StorageError
from llpt.trajectory import System, Trajectory, TrajectoryWriter

from .conftest import make_frame, make_record


def test_continues_from_kept_segments(run_directory, system):
    writer = TrajectoryWriter(run_directory, system, keep_segments=2)
    assert [path.name for path in sorted((run_directory / "segments").iterdir())] == ["000000.h5", "000001.h5"]
    assert Trajectory.open(run_directory).n_steps == 5
    writer.add(make_record(6), make_frame(6))
    assert writer.close_segment().name == "000002.h5"
    assert Trajectory.open(run_directory).n_steps == 6


def test_refuses_to_keep_what_is_not_there(run_directory, system):
    with pytest.raises(StorageError, match=r"000003\.h5 is missing"):
        TrajectoryWriter(run_directory, system, keep_segments=4)


def test_refuses_other_atoms(run_directory):
    other = System(numbers=np.array([2, 2, 2, 2]), masses_u=np.full(4, 4.0), timestep_fs=0.25)
    with pytest.raises(StorageError, match="other atoms"):
        TrajectoryWriter(run_directory, other, keep_segments=1)


def test_steps_must_follow_each_other(tmp_path, system):
    writer = TrajectoryWriter(tmp_path, system)
    writer.add(make_record(3))
    with pytest.raises(ValueError, match="does not follow"):
        writer.add(make_record(5))
    with pytest.raises(ValueError, match="does not follow"):
        writer.add(make_record(4, extrapolation_warnings=0))
    with pytest.raises(ValueError, match="frame of step 5"):
        writer.add(make_record(4), make_frame(5))


def test_optional_scalars_are_kept(tmp_path, system):
    writer = TrajectoryWriter(tmp_path, system)
    writer.add(make_record(0, extrapolation_warnings=3, force_spread_ev_per_angstrom=0.2), make_frame(0))
    writer.close_segment()
    writer.refresh_master()
    trajectory = Trajectory.open(tmp_path)
    scalars = trajectory.scalars()
    assert scalars.extrapolation_warnings.dtype == np.int64
    assert scalars.extrapolation_warnings.item() == 3
    assert scalars.force_spread_ev_per_angstrom.item() == 0.2
    assert trajectory.atoms(0).info["extrapolation_warnings"] == 3


def test_empty_segment_is_not_written(tmp_path, system):
    assert TrajectoryWriter(tmp_path, system).close_segment() is None


def test_thermo_table_is_the_same_appended_or_rewritten(run_directory, system):
    appended = (run_directory / "thermo.csv").read_text()
    assert appended.splitlines()[0].startswith("step,time_fs,density_g_per_cm3,temperature_k")
    assert [line.split(",")[0] for line in appended.splitlines()[1:]] == ["0", "2", "4", "6", "8", "10"]
    density = float(appended.splitlines()[1].split(",")[2])
    assert density == pytest.approx(4 * 1.008 * 1.66053906660 / 210.0, rel=1e-6)
    (run_directory / "thermo.csv").write_text("spoilt")
    TrajectoryWriter(run_directory, system, keep_segments=3)
    assert (run_directory / "thermo.csv").read_text() == appended


FULL_DISK = """
import resource, signal, sys
sys.path.insert(0, sys.argv[2])
from conftest import make_frame, make_record
from llpt.errors import StorageError
from llpt.trajectory import System, TrajectoryWriter
import numpy as np
system = System(numbers=np.ones(1000, dtype=int), masses_u=np.ones(1000), timestep_fs=0.25)
writer = TrajectoryWriter(__import__("pathlib").Path(sys.argv[1]), system)
writer.add(make_record(0), make_frame(0, 1000))
writer.close_segment()
writer.refresh_master()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50000, 50000))
writer.add(make_record(1), make_frame(1, 1000))
try:
    writer.close_segment()
except StorageError as error:
    print("CAUSE", error.cause)
    print("REMEDY", error.remedy)
"""


def test_a_disk_that_refuses_loses_nothing(tmp_path):
    """The operating system's own refusal (a limit on file size stands for a full disk)."""
    directory = tmp_path / "run"
    arguments = [sys.executable, "-c", FULL_DISK, str(directory), str(Path(__file__).parent)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert "CAUSE Cannot write" in done.stdout, done.stderr
    assert "REMEDY" in done.stdout
    assert Trajectory.open(directory).n_steps == 0
    assert np.array_equal(
        next(Trajectory.open(directory).blocks()).positions_angstrom[0], make_frame(0, 1000).positions_angstrom
    )
    assert sorted(path.name for path in (directory / "segments").iterdir()) == ["000000.h5"]


def test_place_that_cannot_be_written(tmp_path, system):
    (tmp_path / "run").write_text("a file where the directory should be")
    with pytest.raises(StorageError, match="Cannot make the directory"):
        TrajectoryWriter(tmp_path / "run", system)
