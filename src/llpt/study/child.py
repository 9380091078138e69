"""A node's process as whoever asked for it sees it: ask it to stop, wait for its end, know how it ended.

There is one server (``llpt.study.fork_server``) for each number of threads, for libraries read that number when they
are loaded; it is started when it is first needed and ends with this process.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import socket
import subprocess
import sys
import threading
import time
from functools import cache
from typing import IO, TYPE_CHECKING, Self

import psutil
from pydantic import BaseModel, ConfigDict

from llpt.errors import StorageError
from llpt.files import open_to_append
from llpt.study.pulse import kill_tree
from llpt.threads import ASLEEP

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SERVER_LOG = "jobs/fork-server.log"
ANSWER_BYTES = 256
LOOK_S = 0.1
KILLED_WITHIN_S = 10.0
NO_WORD_CODE = 74
"""With this code a node's process ends whose outcome the disk refused (``EX_IOERR`` of sysexits.h)."""
DISK_REFUSED = frozenset({NO_WORD_CODE, 120})
"""The same, and the code of a Python whose last words its log did not take."""


class ForkRequest(BaseModel):
    """What the server is asked for.

    Args:
        job: the file of the node's job.
        environment: variables of the environment that this node has and the server has not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    job: str
    environment: dict[str, str] = {}


class Child:
    """The process of one node; a context manager that lets go of it.

    Args:
        root: the study's directory.
        job: the file of its job.
        log: where it prints.
        threads: processor cores that it may use.
        environment: variables of the environment that it has beside those of this process.

    Raises:
        StorageError: no process can be started.
    """

    def __init__(
        self, root: Path, job: Path, log: IO[bytes], *, threads: int, environment: Mapping[str, str] | None = None
    ) -> None:
        self.pid: int | None = None
        self.code: int | None = None
        """How it ended, as ``subprocess`` says it; None while it lives, and where nobody knows."""
        self.ended = False
        self._heard = b""
        far_end, self._stdin = os.pipe()
        self._answers, answers = os.pipe()
        request = ForkRequest(job=str(job), environment=dict(environment or {}))
        try:
            server_for(root, threads).ask(request, [far_end, log.fileno(), answers])
        except BaseException:
            self.__exit__()
            raise
        finally:
            os.close(far_end)
            os.close(answers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._stdin)  # a process that lives sees this, and stops by itself
        os.close(self._answers)

    def wait(self, seconds: float) -> bool:
        """Wait for its end, at most so long; return whether it has ended."""
        until = time.monotonic() + seconds
        while not self.ended and (left := until - time.monotonic()) > 0.0:
            if not select.select([self._answers], [], [], left)[0]:
                break
            answer = os.read(self._answers, ANSWER_BYTES)
            if not answer:  # the server is gone; its children may live
                self.ended = not self._alive()
                time.sleep(0.0 if self.ended else min(left, LOOK_S))
                continue
            self._heard += answer
            *lines, _ = self._heard.split(b"\n")
            if lines:
                self.pid = int(lines[0])
            if len(lines) > 1:
                self.code, self.ended = int(lines[1]), True
        return self.ended

    def _alive(self) -> bool:
        if self.pid is None:
            return False
        try:
            return bool(psutil.Process(self.pid).status() != psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return False

    def ask_to_stop(self) -> None:
        """Let it end its step and write its checkpoint."""
        with contextlib.suppress(OSError):  # it has just ended
            os.write(self._stdin, b"stop")

    def kill(self) -> None:
        """Kill it with all it has started."""
        if self.pid is not None and not self.ended:
            kill_tree(self.pid)
            self.wait(KILLED_WITHIN_S)


class Server:
    """The server for one number of threads, which is started again where it was killed.

    Args:
        root: the study's directory.
        threads: processor cores that each process may use.
    """

    def __init__(self, root: Path, threads: int) -> None:
        self._root = root
        self._threads = threads
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, request: ForkRequest, files: list[int]) -> None:
        """Send a request with its open files.

        Raises:
            StorageError: no process can be started.
        """
        with self._lock:
            try:
                if self._process is not None and self._process.poll() is not None:
                    self.close()
                control = self._control or self._start()
                socket.send_fds(control, [request.model_dump_json().encode()], files)
            except OSError as error:
                self.close()
                raise StorageError(
                    f"No process can be started: {error}.", "End other programs, then start llpt run again."
                ) from error

    def _start(self) -> socket.socket:
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with there, open_to_append(self._root / SERVER_LOG) as log:
            self._process = subprocess.Popen(
                # -P: what lies in the current directory is not imported, whatever its name is.
                [sys.executable, "-P", "-m", "llpt.study.fork_server", str(there.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[there.fileno()],
                start_new_session=True,
                env={**os.environ, **_thread_limits(self._threads)},
            )
        self._control = here
        return here

    def close(self) -> None:
        """Let the server end."""
        if self._control is not None and self._process is not None:
            self._control.close()
            self._process.kill()
            self._process.wait()
        self._control = self._process = None


@cache
def server_for(root: Path, threads: int) -> Server:
    """Return the server of this process for a study and a number of threads."""
    server = Server(root, threads)
    atexit.register(server.close)
    return server


def _thread_limits(threads: int) -> dict[str, str]:
    """Return what tells the numerical libraries their cores, and to wait asleep unless the person says otherwise."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
    return {name: os.environ.get(name, value) for name, value in ASLEEP.items()} | dict.fromkeys(names, str(threads))
