"""Starts a program that ends with whoever started it, and only then: ``python -m llpt.study.bound PROGRAM …``.

Parsl's interchange would outlive an ``llpt run`` that is killed, and keep its blocks to the end of their walltime. It
would end at a Ctrl-C, which a terminal sends to all that a command has started, before runs have told what they did.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""The request of Linux's prctl(2): a signal to get when the parent ends."""


def main(command: list[str]) -> None:
    """Become a program, in a session of its own, that gets SIGTERM when the parent of this process ends."""
    parent = os.getppid()
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it has ended in between
        sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main(sys.argv[1:])
