"""Cheap engines for tests, found by workers as ``ase:engines_for_tests.NAME`` when this folder is on their path."""

import errno
import io
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from ase.calculators.calculator import Calculator, all_changes
from ase.calculators.lj import LennardJones

from llpt import files


class Soft(LennardJones):
    """Lennard-Jones atoms that sleep ``delay_s`` in each step, so that a test can interrupt a run."""

    def __init__(self, delay_s=0.0, sigma=1.215):
        self.delay_s = float(delay_s)
        super().__init__(sigma=float(sigma), epsilon=0.2, rc=2.3, smooth=True)

    def calculate(self, atoms=None, properties=None, system_changes=all_changes):
        time.sleep(self.delay_s)
        super().calculate(atoms, properties or ["energy"], system_changes)


class Breaking(Soft):
    """Gives an energy that is no number after ``calls`` calls."""

    def __init__(self, calls=60):
        self.calls_left = int(calls)
        super().__init__()

    def calculate(self, atoms=None, properties=None, system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        self.calls_left -= 1
        if self.calls_left < 0:
            self.results["energy"] = self.results["free_energy"] = np.nan


class Hanging(Soft):
    """Stands still for ever after ``calls`` calls, with a program of its own that does so too."""

    def __init__(self, calls=20, delay_s=0.0):
        self.calls_left = int(calls)
        super().__init__(delay_s=delay_s)

    def calculate(self, atoms=None, properties=None, system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        self.calls_left -= 1
        if self.calls_left < 0:
            program = subprocess.Popen(["sleep", "3600"], start_new_session=True)
            Path("hanging.pid").write_text(str(program.pid))
            program.wait()


class Cut(Soft):
    """Asks a program over a socket, as external engines do, which closes it after ``calls`` answers and lives on."""

    def __init__(self, calls=20):
        self.here, there = socket.socketpair()
        serve = "import socket, sys, time; s = socket.socket(fileno=int(sys.argv[1]))"
        serve += f"\nfor _ in range({int(calls)}): s.sendall(s.recv(1))"
        serve += "\ns.close(); time.sleep(3600)"
        with there:
            self.program = subprocess.Popen(
                [sys.executable, "-S", "-c", serve, str(there.fileno())], pass_fds=[there.fileno()]
            )
        super().__init__()

    def calculate(self, atoms=None, properties=None, system_changes=all_changes):
        self.here.sendall(b"?")
        if not self.here.recv(1):
            raise ConnectionError("the socket was closed")
        super().calculate(atoms, properties, system_changes)


class KilledOnce(Soft):
    """Is killed after ``calls`` calls, the first ``times`` times that it runs."""

    def __init__(self, calls=30, times=1):
        self.calls_left, self.times = int(calls), int(times)
        super().__init__()

    def calculate(self, atoms=None, properties=None, system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        self.calls_left -= 1
        deaths = Path("deaths")
        if self.calls_left < 0 and (len(deaths.read_text()) if deaths.exists() else 0) < self.times:
            with deaths.open("a") as file:
                file.write("x")
            os.kill(os.getpid(), signal.SIGKILL)


class BreaksOnce(Soft):
    """Gives an energy that is no number after ``calls`` calls, in the first run that comes so far."""

    def __init__(self, calls=30):
        self.calls_left = int(calls)
        super().__init__()

    def calculate(self, atoms=None, properties=None, system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        self.calls_left -= 1
        broken = Path("broken")
        if self.calls_left < 0 and (broken.exists() is False or broken.read_text() == str(os.getpid())):
            broken.write_text(str(os.getpid()))
            self.results["energy"] = self.results["free_energy"] = np.nan


def first_to(name):
    """Whether this is the first process of a study that asks, of those that ask for a name."""
    try:
        Path(name).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


class RefusedByTheDisk(Soft):
    """After ``calls`` calls the disk fills for the first process that comes so far; of the second it is read-only."""

    def __init__(self, calls=55):
        self.calls_left = int(calls)
        super().__init__()

    def calculate(self, atoms=None, properties=None, system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        self.calls_left -= 1
        if self.calls_left:
            return
        if first_to("full"):
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # the kernel refuses every write, as a full disk does
        elif first_to("read-only"):
            files._WatchedFile.__init__ = self._read_only

    @staticmethod
    def _read_only(file, path, mode):
        if "runs" in Path(path).parts:
            raise OSError(errno.EROFS, "", str(path))
        io.FileIO.__init__(file, path, mode)


class Waiting(Soft):
    """The first process waits for the file ``go``, all others ``delay_s`` in every step."""

    def __init__(self, delay_s):
        self.is_first = first_to("first")
        super().__init__(delay_s=0.0 if self.is_first else delay_s)

    def calculate(self, atoms=None, properties=None, system_changes=all_changes):
        while self.is_first and not Path("go").exists():
            time.sleep(0.05)
        super().calculate(atoms, properties, system_changes)


class Dying(Calculator):
    """Ends its process without a word."""

    implemented_properties = ("energy", "forces", "stress")

    def calculate(self, *_arguments):
        os._exit(7)
