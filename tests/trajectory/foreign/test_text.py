"""Packed text is unpacked as a stream: its cost grows as its length."""

import gzip

import pytest
from tests.trajectory.foreign.test_vasp import HEADER, LATTICE, outcar, vasprun

from llpt.trajectory.foreign import open_foreign


@pytest.fixture
def unpacked(monkeypatch):
    """Count the bytes that come out of packed files."""
    counts = []

    class Counting(gzip.GzipFile):
        def read(self, *size):
            counts.append(super().read(*size))
            return counts[-1]

        def read1(self, *size):
            counts.append(super().read1(*size))
            return counts[-1]

        def readline(self, *size):
            counts.append(super().readline(*size))
            return counts[-1]

        def seek(self, *_):
            raise AssertionError("a packed file is unpacked from its beginning to go back")

    monkeypatch.setattr(gzip, "open", Counting)
    return counts


@pytest.mark.parametrize("kind", ["OUTCAR", "vasprun.xml"])
def test_a_packed_file_costs_what_its_length_is(tmp_path, unpacked, kind):
    taken = []
    for steps in (100, 300):
        plain = tmp_path / f"{steps}-{kind}"
        if kind == "OUTCAR":
            outcar(plain, steps=steps, header=HEADER + LATTICE)
        else:
            vasprun(plain, steps=steps)
        packed = tmp_path / f"{steps}-{kind}.gz"
        packed.write_bytes(gzip.compress(plain.read_bytes()))
        unpacked.clear()
        assert len(list(open_foreign([packed]).frames())) == steps
        taken.append(sum(map(len, unpacked)) / plain.stat().st_size)
    few, many = taken
    assert 1.0 <= many <= few < 8.0
