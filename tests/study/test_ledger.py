"""The ledger survives what happens to it."""

import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from llpt.errors import StorageError
from llpt.study import Ledger, State
from llpt.study.ledger import ADDED
from llpt.study.outcome import Provenance, RunConditions


@pytest.fixture
def ledger(tmp_path):
    with Ledger(tmp_path / "study.db") as opened:
        yield opened


def test_states_follow_one_another_and_are_all_kept(ledger):
    ledger.enter("runs/a", inputs_hash="1", job="{}")
    assert ledger.entry("runs/a").state is State.WAITING
    ledger.begin("runs/a")
    ledger.record("runs/a", State.FAILED, reason="it broke", remedy="mend it", steps_done=3, seconds=1.5)
    entry = ledger.entry("runs/a")
    assert (entry.state, entry.reason, entry.remedy, entry.attempts) == (State.FAILED, "it broke", "mend it", 1)
    ledger.begin("runs/a")
    ledger.record("runs/a", State.DONE, provenance=Provenance(versions={"llpt": "0"}))
    entry = ledger.entry("runs/a")
    assert (entry.state, entry.attempts, entry.steps_done) == (State.DONE, 2, 3)
    assert entry.provenance == Provenance(versions={"llpt": "0"})
    assert [state for _, _, state, _ in ledger.events()] == [State.RUNNING, State.FAILED, State.RUNNING, State.DONE]


def test_what_was_compiled_is_no_part_of_what_a_start_takes(ledger):
    """The first study in a new environment compiles for half a minute: the next was planned five times too long.

    Where such a start taught nothing, the next study of DFT was planned without the loading of libraries: 0.61.
    """
    ledger.enter("runs/a", inputs_hash="1", job="{}")
    ledger.begin("runs/a")
    ledger.record("runs/a", State.DONE, steps_done=10, seconds=37.0, seconds_per_step=0.5, compile_seconds=30.0)
    assert ledger.entry("runs/a").start_up_s == pytest.approx(2.0)
    ledger.begin("runs/a")
    ledger.record("runs/a", State.DONE, steps_done=10, seconds=7.0, seconds_per_step=0.5)
    assert ledger.entry("runs/a").start_up_s is None


def test_a_run_keeps_its_inputs(ledger):
    ledger.enter("runs/a", inputs_hash="1", job="{}")
    ledger.enter("runs/a", inputs_hash="1", job="{}")
    with pytest.raises(StorageError, match="other inputs"):
        ledger.enter("runs/a", inputs_hash="2", job="{}")


def test_after_a_kill_what_ran_is_unfinished_and_what_was_blocked_waits(ledger):
    for name in ("ran", "blocked", "done", "failed"):
        ledger.enter(name, inputs_hash="1", job="{}")
    ledger.begin("ran")
    ledger.record("blocked", State.BLOCKED, reason="it needs another")
    ledger.record("done", State.DONE)
    ledger.record("failed", State.FAILED, reason="it broke")
    ledger.recover(lambda _: {"steps_done": 40})
    assert ledger.entry("ran").steps_done == 40
    states = {entry.path: entry.state for entry in ledger.entries()}
    assert states == {
        "ran": State.UNFINISHED,
        "blocked": State.WAITING,
        "done": State.DONE,
        "failed": State.FAILED,
    }


def test_a_kill_in_the_middle_of_writing_leaves_whole_entries(tmp_path):
    path = tmp_path / "study.db"
    script = (
        "import sys, pathlib\n"
        "from llpt.study import Ledger, State\n"
        "ledger = Ledger(pathlib.Path(sys.argv[1]))\n"
        "ledger.enter('a', inputs_hash='1', job='{}')\n"
        "print('ready', flush=True)\n"
        "n = 0\n"
        "while True:\n"
        "    n += 1\n"
        "    ledger.record('a', State.RUNNING, steps_done=n, seconds=float(n))\n"
    )
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE)
        process.stdout.readline()
        time.sleep(0.3)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        with Ledger(path) as ledger:
            entry = ledger.entry("a")
            assert entry.steps_done == entry.seconds > 0


def test_a_file_that_is_no_ledger_is_refused(tmp_path):
    (tmp_path / "study.db").write_text("not a database, but a letter to a friend" * 50)
    with pytest.raises(StorageError, match="cannot be used"):
        Ledger(tmp_path / "study.db")


def test_a_ledger_of_a_version_before_is_read_where_nobody_may_write(disk):
    with Ledger(disk.path / "study.db") as ledger:
        ledger.enter("a", inputs_hash="1", job="{}")
        ledger.record("a", State.DONE, seconds=2.0)
    older = sqlite3.connect(disk.path / "study.db")
    for column in ADDED:
        older.execute(f"ALTER TABLE runs DROP COLUMN {column}")
    older.close()
    with disk.read_only(), Ledger(disk.path / "study.db") as ledger:
        entry = ledger.entry("a")
        assert (entry.seconds, entry.core_seconds, entry.compile_seconds) == (2.0, 0.0, 0.0)
        assert entry.conditions == RunConditions()
        assert ledger.entries() == (entry,)
    with Ledger(disk.path / "study.db") as ledger:
        ledger.record("a", State.DONE, core_seconds=3.0)
        assert ledger.entry("a").core_seconds == 3.0


@pytest.mark.parametrize(("column", "text"), [("state", "wat"), ("conditions", "{bad"), ("provenance", "[1]")])
def test_a_ledger_with_words_that_it_cannot_hold_is_damaged(ledger, column, text):
    ledger.enter("a", inputs_hash="1", job="{}")
    with sqlite3.connect(ledger.path) as other:
        other.execute(f"UPDATE runs SET {column} = ?", (text,))  # noqa: S608 - a parameter of this test
    with pytest.raises(StorageError, match="is damaged: what it says of a cannot be read"):
        getattr(ledger.entries()[0], column)
