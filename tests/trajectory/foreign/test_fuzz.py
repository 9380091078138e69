"""Damaged files end in right frames with a note, or in one sentence: a short turn of ``benchmarks/fuzz_readers.py``."""

import sys
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parents[3] / "benchmarks"


def test_no_reader_ends_in_a_traceback(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    monkeypatch.setattr(sys, "path", list(sys.path))
    import fuzz_readers

    (tmp_path / "made").mkdir()
    (tmp_path / "damaged").mkdir()
    readers = 0
    for _, files in fuzz_readers.runs(tmp_path / "made"):
        readers += 1
        for target in files:
            slow = target.suffix == ".h5"  # each file of HDF5 is tried in a process of its own first
            tries = 1 if slow else 2
            tally = fuzz_readers.fuzz(files, target, tmp_path / "damaged", tries=tries, seed=7, folders=not slow)
            assert not tally.failures, (target, tally.failures)
            assert tally.outcomes.total() == 3 * tries
    assert readers == 13


def test_a_reader_that_loses_frames_in_silence_is_found(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    import fuzz_readers

    contents = fuzz_readers.Contents()
    whole = [([[0.0]], 1.0, 2.0), ([[0.1]], 1.0, 2.0)]
    assert "without a note" in fuzz_readers.wrong("swap", b"x\n", whole, whole[:1], contents)
    assert "not that of the whole" in fuzz_readers.wrong("cut", b"x", whole, whole[1:], contents)
    contents.cut = True
    assert fuzz_readers.wrong("cut", b"x", whole, whole[:1], contents) is None
