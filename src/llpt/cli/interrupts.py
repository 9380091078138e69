"""Ctrl-C outside of runs: a command leaves within five seconds, wherever it is.

Python raises ``KeyboardInterrupt`` between two of its own steps. A compiled library that is being loaded makes an error
of its own of it, and what is cleaned up afterwards may take its time. Every file is written aside and renamed, so that
nothing is lost where a command leaves in the middle. Runs have their own way (``llpt.study.execution``).
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llpt.cli.exits import EXIT_INTERRUPTED, STOPPED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

LEAVE_S = 4.0
"""How long after Ctrl-C a command may clean up."""


FREE_S = 1.0
"""How long what is due at the end of the process may take after that."""


def _leave() -> None:
    os.write(2, f"{STOPPED}\n".encode())
    os._exit(EXIT_INTERRUPTED)


def leave_at_once() -> None:
    """End a process whose command has ended by Ctrl-C, without freeing what it holds.

    Python takes apart every library that was loaded, for a report 1.2 s of a processor, seconds on a busy machine.
    """
    timer = threading.Timer(FREE_S, os._exit, (EXIT_INTERRUPTED,))
    timer.daemon = True
    timer.start()
    atexit._run_exitfuncs()  # programs of engines end  # noqa: SLF001 - Python has no public name for it
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(EXIT_INTERRUPTED)


@dataclass
class Interrupt:
    """Whether Ctrl-C was heard.

    Args:
        leave: ends the process where it has not ended by itself.
    """

    leave: Callable[[], None] = _leave
    heard: bool = False
    _timers: list[threading.Timer] = field(default_factory=list)

    def hear(self, _number: int, _frame: FrameType | None) -> None:
        """Raise ``KeyboardInterrupt``, and see to it that the process ends."""
        self.heard = True
        timer = threading.Timer(LEAVE_S, self.leave)
        timer.daemon = True
        timer.start()
        self._timers.append(timer)
        raise KeyboardInterrupt

    def over(self) -> None:
        """The process ends by itself."""
        for timer in self._timers:
            timer.cancel()


@contextmanager
def hearing_ctrl_c(leave: Callable[[], None] = _leave) -> Iterator[Interrupt]:
    """Hear Ctrl-C while the block runs, unless whoever started the process had it ignored.

    Args:
        leave: ends the process where it has not ended by itself ``LEAVE_S`` later.
    """
    interrupt = Interrupt(leave)
    heard_before = signal.getsignal(signal.SIGINT)
    if heard_before is not signal.default_int_handler or threading.current_thread() is not threading.main_thread():
        yield interrupt
        return
    signal.signal(signal.SIGINT, interrupt.hear)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, heard_before)
        interrupt.over()
