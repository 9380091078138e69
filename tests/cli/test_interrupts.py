"""Ctrl-C ends a command in a word while it plans and while its libraries are loaded, and soon whatever it does."""

import errno
import signal
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path

import pytest
from tests.studies import study_of_one_engine

from llpt.cli import interrupts, main, unprinted
from llpt.cli.interrupts import hearing_ctrl_c

STUDY = study_of_one_engine("ase:ase.calculators.lj.LennardJones", steps=2, discard=0)


def interrupted(*_arguments, **_more):
    signal.raise_signal(signal.SIGINT)


def swallowed(*_arguments, **_more):
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        raise ImportError("initialization failed") from None


@pytest.mark.parametrize("happens", [interrupted, swallowed])
def test_a_plan_is_left_with_a_word(tmp_path, command, monkeypatch, happens):
    (tmp_path / "study.toml").write_text(STUDY)
    monkeypatch.setattr("llpt.study.schedule.times_of_study", happens)
    code, _, err = command("plan", tmp_path / "study.toml")
    assert code == 130
    assert err.strip() == "Stopped."


@pytest.mark.parametrize("happens", [interrupted, swallowed])
def test_a_command_whose_parts_are_being_loaded_is_left_with_a_word(command, monkeypatch, happens):
    class Finder:
        def find_spec(self, name, *_):
            if name == "llpt.cli.app":
                happens()

    monkeypatch.delitem(sys.modules, "llpt.cli.app")
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    code, _, err = command("doctor")
    assert code == 130
    assert err.strip() == "Stopped."


def test_an_error_without_ctrl_c_stays_what_it_is(tmp_path, monkeypatch):
    def broken(*_arguments, **_more):
        raise ImportError("initialization failed")

    (tmp_path / "study.toml").write_text(STUDY)
    monkeypatch.setattr("llpt.study.schedule.times_of_study", broken)
    monkeypatch.setattr("sys.argv", ["llpt", "plan", str(tmp_path / "study.toml")])
    with pytest.raises(ImportError):
        main()


def test_a_command_that_does_not_come_to_its_end_is_ended(monkeypatch):
    monkeypatch.setattr(interrupts, "LEAVE_S", 0.01)
    ended = threading.Event()
    before = signal.getsignal(signal.SIGINT)
    with hearing_ctrl_c(ended.set) as interrupt:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        assert ended.wait(60.0)
    assert interrupt.heard
    assert signal.getsignal(signal.SIGINT) is before


def test_a_command_that_ends_by_itself_is_left_alone(monkeypatch):
    monkeypatch.setattr(interrupts, "LEAVE_S", 0.01)
    ended = []

    def stopped():
        with hearing_ctrl_c(lambda: ended.append(1)):
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        stopped()
    time.sleep(0.5)
    assert not ended


def test_runs_that_hear_ctrl_c_themselves_end_in_their_own_time(monkeypatch):
    monkeypatch.setattr(interrupts, "LEAVE_S", 0.01)
    ended = []

    def runs():
        with hearing_ctrl_c(lambda: ended.append(1)):
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt:
                signal.signal(signal.SIGINT, lambda *_: None)
            time.sleep(0.3)

    runs()
    assert not ended


def test_a_command_whose_last_word_nobody_takes_is_not_deaf(monkeypatch):
    """What ends the process may wait for a pipe that is full; the command does not wait for it."""
    monkeypatch.setattr(interrupts, "LEAVE_S", 0.0)
    taken, waiting = threading.Event(), threading.Event()

    def waits():
        waiting.set()
        taken.wait(60.0)

    with hearing_ctrl_c(waits):
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        assert waiting.wait(60.0)
    taken.set()


class Freed:
    """Something that Python frees."""


@pytest.mark.parametrize("again_s", [0.05, 0.0])
@pytest.mark.parametrize("times", [1, 3, 100])
def test_an_interrupt_that_python_ignores_is_raised_again(monkeypatch, capsys, times, again_s):
    """Where h5py frees what it held, a report went on until it was ended.

    Raised again at once, it comes while the next is being told.
    """
    monkeypatch.setattr(interrupts, "AGAIN_S", again_s)
    monkeypatch.setattr(interrupts, "LEAVE_S", 3600.0)
    freed = []

    def frees(_):
        freed.append(1)
        signal.raise_signal(signal.SIGINT)

    def works():
        with hearing_ctrl_c(lambda: None):
            for _ in range(times):
                kept = Freed()
                told = weakref.ref(kept, frees)
                del kept
                assert told() is None
            time.sleep(60.0)

    with pytest.raises(KeyboardInterrupt):
        works()
    assert len(freed) == times or again_s == 0
    assert "ignored" not in capsys.readouterr().err


def test_other_errors_that_python_ignores_are_told_as_before(monkeypatch):
    told = []
    monkeypatch.setattr("sys.unraisablehook", told.append)

    def breaks(_):
        raise ValueError

    with hearing_ctrl_c(lambda: None):
        kept = Freed()
        reference = weakref.ref(kept, breaks)
        del kept
    assert reference() is None
    assert [each.exc_type for each in told] == [ValueError]
    assert sys.unraisablehook == told.append


PROGRAM = """
import atexit, gc, signal, sys, threading, time
import llpt.cli

def freed(phase, _):
    print("freed", flush=True)

def slow():
    time.sleep(0.2)
    print("a thread ends, ", end="")

def command():
    gc.callbacks.append(freed)
    atexit.register(print, "due at the end")
    sys.stdout.write("said before, ")
    if CODE != 130:
        threading.Thread(target=slow).start()
    if CODE:
        sys.exit(CODE)

llpt.cli.main = command
llpt.cli.program()
"""


@pytest.mark.parametrize("code", [0, 1, 3, 130])
def test_the_program_leaves_without_taking_apart_what_was_loaded(code):
    """With all libraries loaded, or ten thousand runs read, that takes seconds on a busy machine."""
    program = PROGRAM.replace("CODE", str(code))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert done.stdout == f"said before, {'a thread ends, ' if code != 130 else ''}due at the end\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="it needs /dev/full, a disk that is full")
def test_what_could_not_be_written_is_no_success():
    with Path("/dev/full").open("w") as full:
        program = PROGRAM.replace("CODE", "0")
        done = subprocess.run([sys.executable, "-c", program], stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="it needs /dev/full, a disk that is full")
@pytest.mark.parametrize("both", [False, True])
def test_a_disk_that_takes_no_output_is_told_in_two_lines(both):
    """Where standard error is on it too, the code alone tells."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", "from llpt.cli import program; program()", "schema", "study"],
            stdout=full,
            stderr=full if both else subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    if not both:
        cause, remedy = done.stderr.splitlines()
        assert cause == "error: Cannot write to standard output or error: No space left on device."
        assert remedy.startswith("  fix: Free some space")


def test_a_file_that_is_not_there_is_no_full_disk():
    assert unprinted(FileNotFoundError(errno.ENOENT, "", "file")) is None
    assert unprinted(OSError(errno.ENOSPC, "", "file")) is None
    assert unprinted(ValueError("no disk")) is None


def test_who_had_ctrl_c_ignored_keeps_it_so():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with hearing_ctrl_c() as interrupt:
            signal.raise_signal(signal.SIGINT)
        assert not interrupt.heard
    finally:
        signal.signal(signal.SIGINT, before)
