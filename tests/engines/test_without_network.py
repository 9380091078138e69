"""A program on several processes has no network beyond its machine, where the kernel grants that."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from llpt.engines.mpi import WITHOUT_NETWORK, mpi_words

WORDS = [sys.executable, "-I", "-S", str(WITHOUT_NETWORK)]
LISTENS = """
import os, socket, sys
everywhere = socket.create_server(("0.0.0.0", 0))
socket.create_connection(("127.0.0.1", everywhere.getsockname()[1])).close()
print(os.readlink("/proc/self/ns/net"), os.getuid(), everywhere.getsockname()[1], flush=True)
sys.stdin.read()
raise SystemExit(7)
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="run the tests on Linux: other systems have no unshare")


def test_what_listens_at_every_address_is_reached_by_nobody_outside():
    with subprocess.Popen(
        [*WORDS, sys.executable, "-S", "-c", LISTENS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        network, user, port = program.stdout.readline().split()
        try:
            if network == str(Path("/proc/self/ns/net").readlink()):
                pytest.skip("run the tests where the kernel grants unshare(2): here it does not")
            assert int(user) == os.getuid()
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", int(port)))
        finally:
            program.stdin.close()
    assert program.returncode == 7  # the program itself, under the number that was started


def test_what_starts_several_processes_is_started_so(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    words = mpi_words(4)
    assert words[: len(WORDS)] == WORDS
    assert words[len(WORDS)] == "/usr/bin/mpirun.openmpi"
    assert mpi_words(1) == []
    assert mpi_words(4, "srun -n {processes}") == ["srun", "-n", "4"]
