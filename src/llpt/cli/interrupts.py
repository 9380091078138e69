"""Ctrl-C outside of runs: a command leaves within five seconds, wherever it is.

Python raises ``KeyboardInterrupt`` between two of its own steps. A compiled library that is being loaded makes an error
of its own of it, and what is cleaned up afterwards may take its time. Where Python frees something, as h5py and xarray
have it do a thousand times in a report, it is told as ignored and is lost: then it is raised again. Every file is
written aside and renamed, so that nothing is lost where a command leaves in the middle. Runs have their own way
(``llpt.study.execution``).
"""

from __future__ import annotations

import _thread
import atexit
import os
import signal
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from llpt.cli.exits import EXIT_FAILED, EXIT_INTERRUPTED, STOPPED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

LEAVE_S = 4.0
"""How long after Ctrl-C a command may clean up."""
AGAIN_S = 0.05
"""How long after it was lost an interrupt is raised again: by then what swallowed it is over."""
FREE_S = 1.0
"""How long what is due at the end of the process may take after that."""


def _leave() -> None:
    os.write(2, f"{STOPPED}\n".encode())
    os._exit(EXIT_INTERRUPTED)


def _later(seconds: float, action: Callable[[], None]) -> None:
    """Have another thread do something; a ``threading.Timer`` waits for its thread, and a signal can come then."""

    def wait() -> None:
        time.sleep(seconds)
        action()

    _thread.start_new_thread(wait, ())


def leave_at_once(code: int, limit_s: float | None = None) -> NoReturn:
    """End the process of a command that has ended, without freeing what it holds; what is due at the end is done.

    Python takes apart every library that was loaded and every record that was read: for the status of ten thousand runs
    0.2 s of a processor, for a report 1.2 s.

    Args:
        code: of the exit.
        limit_s: how long what is due may take, in seconds, after Ctrl-C; None for as long as it takes.
    """
    if limit_s is None:
        threading._shutdown()  # type: ignore[attr-defined]  # threads end  # noqa: SLF001 - Python has no public name for it
    else:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it was heard
        _later(limit_s, partial(os._exit, code))
    atexit._run_exitfuncs()  # programs of engines end  # noqa: SLF001 - likewise
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            code = code or EXIT_FAILED  # a full disk, or nobody reads any more
        except ValueError:  # it was closed
            pass
    os._exit(code)


@dataclass
class Interrupt:
    """Whether Ctrl-C was heard.

    Args:
        leave: ends the process where it has not ended by itself.
    """

    leave: Callable[[], None] = _leave
    heard: bool = False
    _is_over: bool = False
    _again: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _told_before: Callable[[sys.UnraisableHookArgs], object] = sys.unraisablehook

    def hear(self, _number: int, frame: FrameType | None) -> None:
        """Raise ``KeyboardInterrupt``, and see to it that the process ends."""
        if self._is_over:
            return
        if not self.heard:
            _later(LEAVE_S, self._leave_if_heard_here)
        self.heard = True
        while frame is not None:
            if frame.f_code is Interrupt._tell_ignored.__code__:  # what is raised there is lost once more
                self._raise_later()
                return
            frame = frame.f_back
        raise KeyboardInterrupt

    def _leave_if_heard_here(self) -> None:
        # Runs hear Ctrl-C themselves, and end in their own time.
        if not self._is_over and signal.getsignal(signal.SIGINT) == self.hear:
            self.leave()

    def _tell_ignored(self, ignored: sys.UnraisableHookArgs) -> None:
        if issubclass(ignored.exc_type, KeyboardInterrupt):
            self._raise_later()
        else:
            self._told_before(ignored)

    def _raise_later(self) -> None:
        if not self._again:
            self._again = True
            _later(AGAIN_S, self._raise_again)

    def _raise_again(self) -> None:
        with self._lock:
            self._again = False
            if not self._is_over:
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    @contextmanager
    def raised_again(self) -> Iterator[None]:
        """Raise it again where Python could only say that it was ignored."""
        self._told_before = sys.unraisablehook
        sys.unraisablehook = self._tell_ignored
        try:
            yield
        finally:
            sys.unraisablehook = self._told_before

    def over(self) -> None:
        """The command has ended: Ctrl-C is heard no more, and nothing is raised again."""
        self._is_over = True
        with self._lock:  # another thread has raised it, or never will
            pass


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
        with interrupt.raised_again():
            yield interrupt
    finally:
        try:
            interrupt.over()
        finally:
            signal.signal(signal.SIGINT, heard_before)
