"""A process that has imported all of llpt, of which the commands of the pages are forked: a start costs no imports.

``python -m tests.warm SOCKET`` listens until none of those who said ``STAY`` is left. ``write_programs`` writes the
programs ``llpt`` and ``python`` that ask it. What they run is what their namesakes run, with the same words, in the
same directory and environment. They start the real one where its libraries would be told something else when they are
imported (``TOLD``), and for all of Python but a script or ``-c``.

What it does not show is that a program starts by itself, which tests of the commands do.
"""

import atexit
import contextlib
import fcntl
import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
from pathlib import Path

import llpt

STAY = b"stay"
LONGEST = 1 << 20
TOLD = ("GOMP_", "KMP_", "MKL_", "MPL", "NUMBA_", "OMP_", "OPENBLAS_", "PYTHON", "TORCH")
"""How the variables begin that are read when something is imported; of the search path see ``_become``."""
CLIENT = """#!{python} -IS
import json, os, signal, socket, sys

name, words = os.path.basename(sys.argv[0]), sys.argv[1:]
real = [{real!r} + "/" + name, *words]
if name == "python" and words[:1] != ["-c"] and not (words and words[0].endswith(".py")):
    os.execv(real[0], real)
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
    server.connect({path!r})
    asked = dict(words=[name, *words], place=os.getcwd(), environment=dict(os.environ))
    socket.send_fds(server, [json.dumps(asked).encode()], [0, 1, 2])
    process = int(server.recv(99))
    if not process:
        os.execv(real[0], real)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: os.kill(process, number))
    code = int(server.recv(99) or 1)
if code < 0:
    if -code != signal.SIGKILL:
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
sys.exit(code)
"""


def write_programs(folder, path):
    """Write the programs that ask the server at a path into a folder."""
    folder.mkdir()
    for name in ("llpt", "python"):
        program = folder / name
        program.write_text(CLIENT.format(python=sys.executable, real=str(Path(sys.executable).parent), path=str(path)))
        program.chmod(0o755)


@contextlib.contextmanager
def server_at(folder):
    """Have a server while this lasts, shared by all who test side by side; the path of its socket."""
    path = folder / "socket"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as line:
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                line.connect(str(path))
            except OSError:
                path.unlink(missing_ok=True)
                ready, told = os.pipe()
                command = [sys.executable, "-m", "tests.warm", str(path), str(told)]
                subprocess.Popen(
                    command,
                    cwd=Path(__file__).parents[1],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=[told],
                    start_new_session=True,
                )
                os.close(told)
                os.read(ready, 1)  # comes when it listens, or has ended
                os.close(ready)
                line.connect(str(path))
            line.send(STAY)
        yield path


def _load():
    """Import all of llpt, and with it what it works with."""
    for module in pkgutil.walk_packages(llpt.__path__, "llpt."):
        with contextlib.suppress(ModuleNotFoundError):  # an engine's package that is not installed
            importlib.import_module(module.name)
    for name in ("ipi.scripting", "ipi.pes", "plotly.graph_objects", "xml.sax.expatreader"):
        importlib.import_module(name)
    importlib.import_module("llpt.compiling").load_target()
    gc.freeze()  # what was forked looks through its own alone


def _told(environment):
    return {name: value for name, value in environment.items() if name.startswith(TOLD) and name != "PYTHONPATH"}


def serve(path, told):
    """Fork a process for each who asks; return in that process what it is to do, and None when nobody stays."""
    _load()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(path)
        listener.listen()
        os.close(told)
        staying, came = set(), False
        while staying or not came:
            for ready in select.select([listener, *staying], [], [])[0]:
                if ready is not listener:  # it has gone
                    staying.remove(ready)
                    ready.close()
                    continue
                line, _ = listener.accept()
                message, files, _, _ = socket.recv_fds(line, LONGEST, 3)
                if message == STAY:
                    staying.add(line)
                    came = True
                    continue
                asked = json.loads(message) if message else None
                if asked and _told(asked["environment"]) != _told(os.environ):
                    line.send(b"0")
                elif asked and not os.fork():
                    for other in (listener, *staying):
                        other.close()
                    _watch_or_go_on(line, files)
                    return asked
                line.close()
                for file in files:
                    os.close(file)
    return None


def _watch_or_go_on(line, files):
    """Fork the process that was asked for, which goes on; say its number and how it ended, and end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    process = os.fork()
    if not process:
        for target, file in enumerate(files):
            os.dup2(file, target)
            os.close(file)
        line.close()
        return
    for file in files:
        os.close(file)
    line.send(str(process).encode())
    ended = os.pidfd_open(process)
    if ended not in select.select([ended, line], [], [])[0]:  # who asked has gone
        os.kill(process, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    with contextlib.suppress(OSError):
        line.send(str(code).encode())
    os._exit(0)


def _become(asked):
    """Be the program that was asked for."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    own = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["place"])
    name, *words = asked["words"]
    before = [each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each and each not in own]
    sys.path[:] = [*before, *sys.path[1:]]  # the first is that of this module
    if name == "llpt":
        program = str(Path(sys.executable).parent / name)
        sys.argv = [program, *words]
        runpy.run_path(program, run_name="__main__")
    elif words[0] == "-c":
        sys.argv = ["-c", *words[2:]]
        sys.path.insert(0, "")
        exec(compile(words[1], "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102 - as python -c does
    else:
        sys.argv = words
        sys.path.insert(0, str(Path(words[0]).resolve().parent))
        runpy.run_path(words[0], run_name="__main__")


def _leave(asked):
    """Be the program that was asked for, and end without taking all the libraries apart."""
    code = 0
    try:
        _become(asked)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
    except BaseException as error:  # noqa: BLE001 - of whatever it is, Python shows where it came from
        traceback.print_exc()
        code = 1
        if isinstance(error, KeyboardInterrupt):
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGINT)
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):  # who read it has gone
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    asked = serve(sys.argv[1], int(sys.argv[2]))
    if asked:
        _leave(asked)
    os._exit(0)
