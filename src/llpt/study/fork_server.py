"""The process that nodes' processes are forked from: ``python -m llpt.study.fork_server FD``.

Importing what a run needs takes a second of a processor, a run of a few cheap steps less: so one process imports it,
and each node gets a copy of that process to itself. It computes nothing, so that no copy inherits a lock or a thread.

It is asked over a socket pair whose number it is given: one message for each node, with the file of the job and three
open files: what becomes the node's standard input, its log, and a pipe on which the server says the number of the new
process and, in the end, its exit code. When the socket closes, whoever asked is gone, and the server ends; the nodes'
processes see the same of their standard input, and stop by themselves.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import os
import selectors
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from llpt.engines import BUILT_IN
from llpt.study.child import NO_WORD_CODE, ForkRequest
from llpt.study.job_head import job_head
from llpt.study.nodes import read_job
from llpt.study.worker import do_job

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_MESSAGE = 65_536
FILES = 3
PRELOADED = (
    "ipi.scripting", "ipi.pes", "xml.sax.expatreader", "xml.sax.saxutils", "llpt.dynamics.run", "llpt.trajectory",
)  # fmt: skip
"""What every run imports when it begins; the two of xml read what i-PI is given."""
KERNELS = "llpt.compiling"
OWN_CALCULATORS = "ase.calculators."


@dataclass(frozen=True, slots=True)
class Forked:
    """The server after a fork, in the new process.

    Args:
        request: what the process is to do.
    """

    request: ForkRequest


class ForkServer:
    """Forks a process for each request, and says how each ended.

    Args:
        control: the socket on which requests come.
    """

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._pipes: dict[int, int] = {}
        self._modules: set[str] = set()
        self._wake, self._woken = os.pipe()
        for end in (self._wake, self._woken):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def serve(self) -> Forked | None:
        """Answer requests until the socket closes.

        Returns:
            None in the server, once the socket is closed; in every new process, at once, what it is for.
        """
        with selectors.DefaultSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ)
            selector.register(self._wake, selectors.EVENT_READ)
            while True:
                ready = [key.fileobj for key, _ in selector.select()]
                if self._wake in ready:
                    with contextlib.suppress(BlockingIOError):
                        os.read(self._wake, LONGEST_MESSAGE)
                    self._bury()
                if self._control not in ready:
                    continue
                message, files, _, _ = socket.recv_fds(self._control, LONGEST_MESSAGE, FILES)
                if not message:
                    return None
                request = ForkRequest.model_validate_json(message)
                self._import_for(request)
                if self._fork(files):
                    return Forked(request)

    def _import_for(self, request: ForkRequest) -> None:
        """Import what a job's engine is made of, before the first fork for it; what fails does so in the node."""
        with contextlib.suppress(Exception):
            if not self._modules:
                read_job(Path(request.job))  # what reads jobs is built when it is first used
            for module in _modules_of(job_head(Path(request.job).read_bytes()).engine):
                if module not in self._modules:
                    self._modules.add(module)
                    importlib.import_module(module)
            if KERNELS in sys.modules:
                sys.modules[KERNELS].load_target()

    def _fork(self, files: list[int]) -> bool:
        """Fork a process that has these files; return whether this is the new one."""
        stdin, log, answers = files
        child = os.fork()
        if child:
            os.close(stdin)
            os.close(log)
            self._pipes[child] = answers
            _say(answers, f"{child}\n")
            return False
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        for source, target in ((stdin, 0), (log, 1), (log, 2)):
            os.dup2(source, target)
        for unused in (stdin, log, answers, self._wake, self._woken, *self._pipes.values()):
            os.close(unused)
        self._control.close()
        return True

    def _bury(self) -> None:
        """Say of every process that has ended how it did."""
        for child, status in _ended():
            answers = self._pipes.pop(child, None)
            if answers is not None:
                _say(answers, f"{os.waitstatus_to_exitcode(status)}\n")
                os.close(answers)


def _ended() -> Iterator[tuple[int, int]]:
    with contextlib.suppress(ChildProcessError):
        while True:
            child, status = os.waitpid(-1, os.WNOHANG)
            if not child:
                return
            yield child, status


def _say(pipe: int, text: str) -> None:
    with contextlib.suppress(OSError):  # whoever asked has gone
        os.write(pipe, text.encode())


def _modules_of(spec: str) -> Iterator[str]:
    """Name the modules that an engine needs and that are known to do nothing when they are imported."""
    word, _, argument = spec.partition(":")
    if word in BUILT_IN:
        yield BUILT_IN[word].maker.partition(":")[0]
        yield from BUILT_IN[word].imports
    if argument.startswith(OWN_CALCULATORS):
        yield argument.rpartition(".")[0]


def main(arguments: list[str]) -> int:
    """Serve; in a process that was forked, do its job."""
    for module in PRELOADED:
        importlib.import_module(module)
    control = socket.socket(fileno=int(arguments[0]))
    forked = ForkServer(control).serve()
    if forked is not None:
        os.environ.update(forked.request.environment)
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # both are files of text
        _leave(do_job(Path(forked.request.job)))
    return 0


def _leave(code: int) -> NoReturn:
    """End a node's process without taking its libraries apart, which costs more than a short run."""
    atexit._run_exitfuncs()  # programs of engines end  # noqa: SLF001 - Python has no public name for it
    try:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except OSError:
        code = NO_WORD_CODE
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
