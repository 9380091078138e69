"""A node's process is forked from a server, ends with a code that is told, and with whoever asked for it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from llpt.study import bound
from llpt.study.child import Child


def begin(root, log, **more):
    (root / "jobs").mkdir(exist_ok=True)
    return Child(root, root / "jobs" / "nothing.json", log, threads=1, **more)


def test_the_end_of_a_process_and_what_it_printed_are_known(tmp_path):
    with (tmp_path / "log").open("ab") as log, begin(tmp_path, log) as child:
        assert child.wait(120.0)
    assert child.code == 1
    assert "nothing.json" in (tmp_path / "log").read_text()


def test_a_process_without_its_server_is_known_to_have_ended(tmp_path):
    with (tmp_path / "log").open("ab") as log, begin(tmp_path, log) as child:
        assert child.wait(120.0)
        servers = [int(path.name) for path in Path("/proc").glob("[0-9]*") if is_server(path, os.getpid())]
        assert servers
        for server in servers:
            os.kill(server, signal.SIGKILL)
        time.sleep(0.2)
    with (tmp_path / "log").open("ab") as log, begin(tmp_path, log) as another:
        assert another.wait(120.0)  # another server is started
    assert another.code == 1


def is_server(process, parent):
    try:
        words = (process / "cmdline").read_bytes()
        return b"llpt.study.fork_server" in words and f"PPid:\t{parent}\n" in (process / "status").read_text()
    except OSError:
        return False


def test_a_bound_program_ends_with_who_started_it_and_hears_no_ctrl_c(tmp_path):
    """A terminal sends Ctrl-C to all that a command has started; only the command itself is to answer."""
    starter = f"""
import os, subprocess, sys, time
sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
program = subprocess.Popen([sys.executable, "-m", {bound.__name__!r}, *sleep])
print(program.pid, flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        program = int(process.stdout.readline())
        command = Path(f"/proc/{program}/cmdline")
        until = time.monotonic() + 60.0
        while b"time.sleep(600)" not in command.read_bytes() or b"bound" in command.read_bytes():
            assert time.monotonic() < until
            time.sleep(0.05)
        assert os.getsid(program) == program
        process.kill()
    until = time.monotonic() + 60.0
    while alive(program):
        assert time.monotonic() < until
        time.sleep(0.05)


def alive(number):
    stat = Path(f"/proc/{number}/stat")
    return stat.exists() and " Z " not in stat.read_text()
