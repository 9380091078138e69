"""Fixtures that every floor's tests share."""

import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from llpt.cli import main
from llpt.threads import ASLEEP

from .disks import small_disk
from .warm import server_at, write_programs

# Before the first test imports torch: see ``ASLEEP``.
for name, value in ASLEEP.items():
    os.environ.setdefault(name, value)
# Tests that run beside each other share the processors between them.
workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
if workers > 1:
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ.setdefault(name, str(max(1, (os.cpu_count() or 1) // workers)))


# What a shell starts in the background ignores Ctrl-C, and so does all that it starts.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers() -> int:
    """Let ``-n auto`` start twice as many tests as there are processors: many wait for the programs they start."""
    return 2 * (os.cpu_count() or 1)


@pytest.fixture(scope="session")
def reference_directory() -> Path:
    """Values from independent programs; their origin stands in the README.md there."""
    return Path(__file__).parent / "reference"


@pytest.fixture(scope="session", autouse=True)
def own_state(tmp_path_factory):
    """Keep what a person's studies have taught llpt out of the tests, and the tests out of that."""
    before = os.environ.get("XDG_STATE_HOME")
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))
    yield
    if before is None:
        del os.environ["XDG_STATE_HOME"]
    else:
        os.environ["XDG_STATE_HOME"] = before


QUICK_STYLE = Path(__file__).parent / "data/quick.mplstyle"


@pytest.fixture(scope="session", autouse=True)
def quick_style():
    """Draw the figures of every study in a fifth of their time; where they are what is tested: ``own_style``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLPT_STYLE", str(QUICK_STYLE))
        yield


@pytest.fixture
def disk(tmp_path):
    """A small disk that can be filled and made read-only; see ``disks.Disk``."""
    directory = tmp_path / "disk"
    directory.mkdir()
    with small_disk(directory) as made:
        yield made


@pytest.fixture
def install_package(tmp_path_factory, monkeypatch):
    """A function that installs a small package: ``install_package(name, source, {group: {entry: value}})``.

    It writes the module ``name`` and what pip would leave beside it (``name-1.0.dist-info``) into a directory of the
    search path, which is where Python looks for entry points.
    """
    installed = []

    def install(name, source, groups):
        place = tmp_path_factory.mktemp(name) / "site-packages"
        place.mkdir()
        (place / f"{name}.py").write_text(source)
        about = place / f"{name}-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(
            "".join(
                f"[{group}]\n" + "".join(f"{entry} = {value}\n" for entry, value in entries.items())
                for group, entries in groups.items()
            )
        )
        monkeypatch.syspath_prepend(place)
        installed.append(name)
        return place

    yield install
    for name in installed:
        sys.modules.pop(name, None)


@pytest.fixture
def command(monkeypatch, capsys):
    """A function that runs a command in this process and returns its exit code, output and messages."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["llpt", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return run


@pytest.fixture(scope="session")
def warm_programs(tmp_path_factory, worker_id):
    """The folder of ``llpt`` and ``python`` without the time of their imports; see ``warm``."""
    place = tmp_path_factory.getbasetemp()
    folder = (place if worker_id == "master" else place.parent) / "warm"
    folder.mkdir(exist_ok=True)
    with server_at(folder) as path:
        write_programs(place / "programs", path)
        yield place / "programs"


@pytest.fixture(scope="module")
def browser():
    """A real browser, for modules that import ``tests.in_browser``."""
    from tests.in_browser import launched

    with launched() as started:
        yield started
