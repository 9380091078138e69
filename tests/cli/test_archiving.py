"""A study is packed, re-checked by whoever gets it, and done again by them: the same numbers come out."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from llpt.study.archive import opened
from llpt.study.manifest import ArchiveManifest
from llpt.trajectory import Trajectory

SMALL = Path(__file__).parents[1] / "data" / "small.toml"


@pytest.fixture(scope="module")
def study(tmp_path_factory, warm_programs):
    """A finished study of a potential, reported."""
    place = tmp_path_factory.mktemp("packed")
    subprocess.run(
        [warm_programs / "llpt", "run", SMALL, "--out", "study"],
        cwd=place,
        capture_output=True,
        check=True,
        timeout=1800,
    )
    return place / "study"


@pytest.mark.slow
def test_what_is_left_out_is_said_when_it_is_checked_and_when_it_is_packed_again(study, tmp_path, command, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, _ = command(
        "archive", study, "--without-potentials", "--without-trajectories", "--without-report", "--out", "study.zip"
    )
    assert code == 0, out
    code, out, _ = command("verify", "study.zip")
    assert code == 0, out
    places = "inputs/reference/own-potential, inputs/surrogate/own-potential"
    told = f"study: The archive was packed without potentials: {places}."
    assert told in " ".join(out.split())
    assert "2 runs: The archive was packed without its trajectory" in " ".join(out.split())
    shutil.unpack_archive("study.zip")
    code, out, _ = command("archive", "study", "--out", "again.zip")
    assert code == 0, out
    with opened(Path("study.zip")) as first, opened(Path("again.zip")) as again:
        kept, manifest = ArchiveManifest.read(first), ArchiveManifest.read(again)
    names = {f"inputs/{side}/own-potential/weights.001.data" for side in ("reference", "surrogate")}
    assert names <= kept.left_out.keys()
    assert (manifest.left_out, manifest.trajectories) == (kept.left_out, False)
    code, out, _ = command("verify", "again.zip")
    assert code == 0, out
    code, _, err = command("run", "again.zip", "--out", "done-again")
    assert code == 1
    assert "error: again.zip: study.toml, line 15: " in " ".join(err.split())
    assert "put inputs/reference/own-potential back" in " ".join(err.split())
    for side in ("reference", "surrogate"):
        shutil.copytree(study / "inputs" / side, Path("study/inputs") / side)
    assert command("archive", "study", "--out", "whole.zip")[0] == 0
    code, out, _ = command("run", "whole.zip", "--out", "done-again", "--dry-run")
    assert code == 0
    assert "2 of 2 would be done" in out


@pytest.mark.slow
def test_archive_verify_and_run_again(study, tmp_path, command, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, _ = command("archive", study, "--out", "study.zip")
    assert code == 0, out
    code, out, _ = command("verify", "study.zip")
    assert code == 0, out
    code, out, _ = command("archive", study, "--without-trajectories", "--out", "small.zip")
    assert code == 0, out
    assert Path("small.zip").stat().st_size < Path("study.zip").stat().st_size
    code, out, _ = command("verify", "small.zip")
    assert code == 0, out
    code, _, err = command("run", "small.zip", "--out", "again")
    assert code == 0, err
    runs = sorted(path.parent for path in study.glob("runs/**/run.json"))
    assert len(runs) == 2
    for run in runs:
        one, same = Trajectory.open(run), Trajectory.open(Path("again") / run.relative_to(study))
        for frame, twin in zip(one, same, strict=True):
            np.testing.assert_allclose(frame.positions, twin.positions, atol=1e-6)
    assert command("verify", "again")[0] == 0
