"""Starts a program that has this machine to itself and no network: ``python without_network.py PROGRAM …``.

Open MPI's mpirun listens at every address of a machine, also where all its processes are on that machine
(github.com/open-mpi/ompi/issues/14441), and has no option against it. Linux gives a process a network of its own that
holds the loopback alone (unshare(2), network_namespaces(7)), to anybody together with a user namespace. Where the
kernel does not grant that, the program starts as it would without.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import socket
import struct
import sys
from pathlib import Path

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCSIFFLAGS = 0x8914
IFF_UP = 0x1
INTERFACE_REQUEST = "16sh14x"
"""The structure ifreq of netdevice(7) with flags."""


def main(command: list[str]) -> None:
    """Become a program without network.

    Args:
        command: the program and its arguments.
    """
    with contextlib.suppress(OSError):
        leave_network()
    os.execvp(command[0], command)  # noqa: S606 - no shell is wanted


def leave_network() -> None:
    """Give this process a network of its own, with the loopback alone; it has one thread, as Linux asks.

    Raises:
        OSError: the kernel does not grant it.
    """
    user, group = os.geteuid(), os.getegid()
    try:
        _unshare(CLONE_NEWNET)
    except PermissionError:
        _unshare(CLONE_NEWUSER | CLONE_NEWNET)
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            Path("/proc/self", name).write_text(text, encoding="ascii")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack(INTERFACE_REQUEST, b"lo", IFF_UP))


def _unshare(what: int) -> None:
    if ctypes.CDLL(None, use_errno=True).unshare(what):
        raise OSError(ctypes.get_errno(), "unshare")


if __name__ == "__main__":
    main(sys.argv[1:])
