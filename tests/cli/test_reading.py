"""The frames of a file are foretold by how far it has been read."""

import pytest

from llpt.cli import reading
from llpt.cli.reading import FramesExpected


def test_frames_so_far_over_the_share_that_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "LEAST_S_BETWEEN_LOOKS", 0.0)
    path = tmp_path / "frames.xyz"
    path.write_bytes(b"x" * 1_000_000)
    expected = FramesExpected([path])
    assert expected.after(0) is None
    with path.open("rb", buffering=0) as stream:
        stream.read(250_000)
        if expected.after(10) is None:
            pytest.skip("run the tests on Linux: this system does not tell how far a file has been read (/proc)")
        assert expected.after(10) == 40
    assert expected.after(41) == 41  # closed: read to its end


def test_nothing_is_known_of_files_that_are_not_read(tmp_path):
    path = tmp_path / "frames.xyz"
    path.write_text("1")
    assert FramesExpected([path, tmp_path / "absent"]).after(3) is None
