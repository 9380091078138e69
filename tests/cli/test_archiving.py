"""A study is packed, re-checked by whoever gets it, and done again by them: the same numbers come out."""

from pathlib import Path

import numpy as np
import pytest

from llpt.trajectory import Trajectory

SMALL = Path(__file__).parents[1] / "data" / "small.toml"


@pytest.mark.slow
def test_archive_verify_and_run_again(tmp_path, command, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command("run", SMALL, "--out", "study")[0] == 0
    code, out, _ = command("archive", "study", "--out", "study.zip")
    assert code == 0, out
    code, out, _ = command("verify", "study.zip")
    assert code == 0, out
    code, out, _ = command("archive", "study", "--without-trajectories", "--out", "small.zip")
    assert code == 0, out
    assert Path("small.zip").stat().st_size < Path("study.zip").stat().st_size
    code, out, _ = command("verify", "small.zip")
    assert code == 0, out
    code, _, err = command("run", "small.zip", "--out", "again")
    assert code == 0, err
    runs = sorted(path.parent for path in Path("study").glob("runs/**/run.json"))
    assert len(runs) == 2
    for run in runs:
        one, same = Trajectory.open(run), Trajectory.open(Path("again") / run.relative_to("study"))
        for frame, twin in zip(one, same, strict=True):
            np.testing.assert_allclose(frame.positions, twin.positions, atol=1e-6)
    assert command("verify", "again")[0] == 0
