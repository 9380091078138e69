"""Machine code kept on disk must not outlive the source of any kernel that is compiled into it."""

import errno
import fcntl
import importlib
import inspect
import pickle
import subprocess
import sys
import threading
import time
import types
from pathlib import Path

import numba
import pytest
from numba.core.caching import IndexDataCacheFile
from numba.core.dispatcher import Dispatcher

import llpt
from llpt.compiling import compile_and_keep, compile_seconds, compiled, floor_of, kernel_files

PACKAGE = Path(llpt.__file__).parent


def modules_of(floor):
    """Modules of a floor that hold kernels of their own, by file."""
    for path in (PACKAGE / floor).rglob("*.py"):
        if path.stem != "__init__" and "compil" in path.read_text():
            module = importlib.import_module(".".join(("llpt", *path.relative_to(PACKAGE).with_suffix("").parts)))
            kernels = [value for value in vars(module).values() if isinstance(value, Dispatcher)]
            if any(inspect.getsourcefile(kernel.py_func) == str(path) for kernel in kernels):
                yield path, module


@pytest.mark.parametrize(("floor", "fewest"), [("mlp", 6), ("dft", 1)])
def test_the_key_of_the_cache_holds_every_file_with_a_kernel_or_with_what_one_names(floor, fewest):
    files = set(kernel_files(PACKAGE / floor))
    compiled = dict(modules_of(floor))
    assert len(compiled) >= fewest
    for path, module in compiled.items():
        assert floor_of(path) == PACKAGE / floor
        if "compile_and_keep" in path.read_text():
            continue
        named = {inspect.getsourcefile(value) for value in vars(module).values() if inspect.isclass(value)}
        assert path in files
        assert {source for source in named if Path(source).is_relative_to(PACKAGE / floor)} <= set(map(str, files))


@pytest.fixture
def double(tmp_path, monkeypatch):
    """A function of a file of its own, whose machine code is kept beside it."""
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    (tmp_path / "doubling.py").write_text("def double(x):\n    return 2.0 * x\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("doubling").double
    del sys.modules["doubling"]


@pytest.mark.parametrize("keep", [compiled, compile_and_keep])
def test_machine_code_of_an_older_version_is_compiled_anew(double, keep, tmp_path, monkeypatch):
    assert keep(double)(1.5) == 3.0
    (index,) = tmp_path.rglob("*.nbi")
    kept = index.read_bytes()
    gone = types.ModuleType("gone")
    gone.Work = type("Work", (), {"__module__": "gone"})
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "gone", gone)
        index.write_bytes(pickle.dumps(numba.__version__) + pickle.dumps(("stamp", {gone.Work: "x"})))
    assert keep(double)(1.5) == 3.0
    assert len(index.read_bytes()) == len(kept)
    fresh = keep(double)
    assert fresh(1.5) == 3.0
    assert sum(fresh.stats.cache_hits.values()) == 1


@pytest.mark.parametrize("keep", [compiled, compile_and_keep])
def test_a_disk_that_takes_no_machine_code_costs_no_result(double, keep, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(IndexDataCacheFile, "save", full)
    assert keep(double)(1.5) == 3.0


COMPILE = """
import sys, time
sys.path.insert(0, sys.argv[1])
from numba.core import event
from doubling import double
from llpt.compiling import compile_seconds, {keep}

class Times(event.Listener):
    def on_start(self, event):
        print("begins", flush=True)
        time.sleep(1.0)

    def on_end(self, event):
        pass

event.register("numba:compile", Times())
kept = {keep}(double)
assert kept(1.5) == 3.0
print(sum(kept.stats.cache_hits.values()), compile_seconds() > 0.9, flush=True)
"""


@pytest.mark.parametrize("keep", [compiled, compile_and_keep])
def test_what_is_waited_for_machine_code_is_told_once_it_is_not_kept(double, keep):
    before = compile_seconds()
    kept = keep(double)
    began = time.perf_counter()
    kept(1.5)
    took = time.perf_counter() - began
    compiling = compile_seconds() - before
    assert 0.0 < compiling <= took
    keep(double)(1.5)  # taken from the disk
    assert compile_seconds() - before - compiling < 0.1 * compiling


@pytest.mark.parametrize("keep", [compiled, compile_and_keep], ids=lambda keep: keep.__name__)
@pytest.mark.usefixtures("double")
def test_what_one_process_compiles_another_waits_for_and_takes(keep, tmp_path):
    command = [sys.executable, "-c", COMPILE.format(keep=keep.__name__), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout.readline() == "begins\n"
        second = subprocess.run(command, capture_output=True, text=True, check=True)
        assert first.stdout.read() == "0 True\n"
    assert second.stdout.startswith("1 ")


def test_what_is_waited_for_another_process_that_compiles_is_told(double, tmp_path):
    compile_and_keep(double)(1.5)
    (lock,) = tmp_path.rglob("*.lock")
    before = compile_seconds()
    with lock.open() as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        threading.Timer(0.5, fcntl.flock, (stream.fileno(), fcntl.LOCK_UN)).start()
        assert compile_and_keep(double)(1.5) == 3.0
    assert compile_seconds() - before > 0.3


@pytest.mark.parametrize("keep", [compiled, compile_and_keep])
def test_what_cannot_be_compiled_keeps_nobody_waiting(double, keep, tmp_path):
    kept = keep(double)
    with pytest.raises(numba.TypingError):
        kept("a word")
    (lock,) = tmp_path.rglob("*.lock")
    with lock.open() as stream:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises where it is still held
