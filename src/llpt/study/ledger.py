"""The ledger: every node, its state, its inputs' hash, versions and timings, in one SQLite file.

Only one process writes (the one that holds the study's lock), each change is one transaction with ``synchronous=FULL``,
and the journal is the plain one that network file systems can carry: a kill at any moment leaves the last whole entry.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self, TypedDict, TypeVar, Unpack

from llpt.errors import StorageError, first_line
from llpt.study.inside import is_below
from llpt.study.outcome import Provenance, Record, RunConditions, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    identity TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    remedy TEXT NOT NULL DEFAULT '',
    inputs_hash TEXT NOT NULL,
    job TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    started REAL,
    finished REAL,
    steps_done INTEGER NOT NULL DEFAULT 0,
    seconds REAL NOT NULL DEFAULT 0,
    seconds_per_step REAL,
    host TEXT NOT NULL DEFAULT '',
    provenance TEXT NOT NULL DEFAULT '{}',
    core_seconds REAL NOT NULL DEFAULT 0,
    conditions TEXT NOT NULL DEFAULT '{}',
    compile_seconds REAL NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    time REAL NOT NULL,
    identity TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL
);
"""
FACTS = """
CREATE TABLE IF NOT EXISTS facts (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    time REAL NOT NULL
);
"""
"""Made when the first fact is entered: a ledger from before there were any can still be read where nobody may write."""

ADDED = {
    "core_seconds": "REAL NOT NULL DEFAULT 0",
    "conditions": "TEXT NOT NULL DEFAULT '{}'",
    "compile_seconds": "REAL NOT NULL DEFAULT 0",
}
"""Columns that ledgers of versions before have not."""
KILLED = "llpt run was killed while it ran"


Told = TypeVar("Told", bound=Record)


class Entry(NamedTuple):
    """One run in the ledger, its columns in the order in which they are read.

    Ten thousand are read at once: a named tuple takes a fifth of the time of a dataclass, and what is told in JSON is
    read when it is asked for.

    Args:
        path: the node's directory below the study's.
        state: what has become of it.
        reason: why, in one sentence, where it is failed, unfinished or blocked.
        remedy: what to do about it.
        inputs_hash: SHA-256 of all that determines it.
        attempts: how often it was started.
        started: start of the last attempt, seconds since 1970.
        finished: its end.
        steps_done: MD steps on disk.
        seconds: wall time spent, all attempts together.
        seconds_per_step: wall time of one MD step.
        host: machine of the last attempt.
        provenance_text: what its result rests on, as its process reported it, in JSON.
        core_seconds: wall time times the processor cores that were held, all attempts together.
        conditions_text: how a run kept to its conditions, in JSON.
        compile_seconds: wall time of the last attempt in which it waited for machine code that later runs find kept.
        job: what its process is told.
    """

    path: str
    state: State
    reason: str
    remedy: str
    inputs_hash: str
    attempts: int
    started: float | None
    finished: float | None
    steps_done: int
    seconds: float
    seconds_per_step: float | None
    host: str
    provenance_text: str
    core_seconds: float
    conditions_text: str
    compile_seconds: float
    job: str

    @property
    def provenance(self) -> Provenance:
        """What its result rests on, as its process reported it.

        Raises:
            StorageError: the ledger is damaged.
        """
        return self._told(Provenance, self.provenance_text)

    @property
    def conditions(self) -> RunConditions:
        """How a run kept to its conditions.

        Raises:
            StorageError: the ledger is damaged.
        """
        return self._told(RunConditions, self.conditions_text)

    def checked(self) -> Entry:
        """Return it, where all that it tells can be read.

        Raises:
            StorageError: the ledger is damaged.
        """
        _ = self.provenance, self.conditions
        return self

    def _told(self, record: type[Told], text: str) -> Told:
        try:
            return record.model_validate_json(text)
        except ValueError as error:
            raise StorageError(
                f"The ledger is damaged: what it says of {self.path} cannot be read ({first_line(error)}).",
                "Restore study.db from a copy; the runs themselves are untouched.",
            ) from error

    @property
    def start_up_s(self) -> float | None:
        """The wall seconds beside its steps and beside what was compiled; None where it was begun more than once."""
        if self.state is not State.DONE or self.attempts != 1 or self.seconds_per_step is None:
            return None
        return max(0.0, self.seconds - self.compile_seconds - self.steps_done * self.seconds_per_step)


COLUMNS = tuple(name.removesuffix("_text") for name in Entry._fields[1:])
STATES = {str(state): state for state in State}
PRIMARY_CODE = 0xFF
"""The part of an error code of SQLite's that tells its kind."""


@dataclass(frozen=True)
class Fact:
    """Something of the study that was fixed at a time.

    Args:
        value: as text.
        time: when it was entered, seconds since 1970.
    """

    value: str
    time: float


class EntryChanges(TypedDict, total=False):
    """What may change with the state of a node; each is as in ``Entry``."""

    attempts: int
    started: float
    finished: float | None
    steps_done: int
    seconds: float
    seconds_per_step: float
    host: str
    provenance: Provenance
    core_seconds: float
    conditions: RunConditions
    compile_seconds: float


class Ledger:
    """The ledger of one study; a context manager that closes the file.

    Args:
        path: the SQLite file, made if absent.

    Raises:
        StorageError: the file is damaged or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._guarded():
            self._connection = sqlite3.connect(path, timeout=30.0, isolation_level=None, check_same_thread=False)
            self._connection.row_factory = sqlite3.Row
            try:
                self._connection.execute("PRAGMA synchronous=FULL")
                self._connection.executescript(SCHEMA)
                self._entries = self._with_added_columns()
            except sqlite3.Error:
                self._connection.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def _with_added_columns(self) -> str:
        """Add the columns that a ledger of a version before has not, and return what reads entries.

        Where nobody may write, what such a column says by default is read in its place.
        """
        there = {row["name"] for row in self._connection.execute("PRAGMA table_info(runs)")}
        read = {name: name for name in COLUMNS}
        for name in ADDED.keys() - there:
            try:
                self._connection.execute(f"ALTER TABLE runs ADD COLUMN {name} {ADDED[name]}")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & PRIMARY_CODE != sqlite3.SQLITE_READONLY:
                    raise
                read[name] = ADDED[name].rpartition(" DEFAULT ")[2]
        return f"SELECT identity, {', '.join(read.values())} FROM runs"  # noqa: S608 - names are fields of a record

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StorageError(
                f"The ledger {self.path} cannot be used: {error}.",
                "Free some space, or restore the file from a copy; the runs themselves are untouched.",
            ) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all changes of the block one transaction: all or none, and the disk is waited for once."""
        with self._transaction():
            yield

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        if self._connection.in_transaction:
            with self._guarded():
                yield self._connection
            return
        with self._guarded():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # where the disk is full, SQLite has rolled back by itself
                    self._connection.execute("ROLLBACK")
                raise

    def enter(self, path: str, *, inputs_hash: str, job: str) -> None:
        """Enter a node as waiting, unless it is there; a node entered before must have the same inputs.

        Args:
            path: the node's directory below the study's.
            inputs_hash: SHA-256 of all that determines it.
            job: what its process is told.

        Raises:
            StorageError: the ledger knows the node with other inputs.
        """
        with self._transaction() as connection:
            row = connection.execute("SELECT inputs_hash FROM runs WHERE identity = ?", (path,)).fetchone()
            if row is None:
                connection.execute(
                    "INSERT INTO runs (identity, state, inputs_hash, job) VALUES (?, ?, ?, ?)",
                    (path, State.WAITING, inputs_hash, job),
                )
            elif row["inputs_hash"] != inputs_hash:
                raise StorageError(
                    f"{path} was entered in {self.path} with other inputs than this program would give it.",
                    "Continue the study with the version of llpt that began it, or start it in a new directory.",
                )

    def record(
        self, path: str, state: State, *, reason: str = "", remedy: str = "", **columns: Unpack[EntryChanges]
    ) -> None:
        """Record a change of state, with any of the columns of ``runs`` that changed with it.

        Args:
            path: of the node.
            state: what has become of it.
            reason: one sentence; empty where none is needed.
            remedy: one sentence; empty where there is none.
        """
        records = {key: value.text() for key, value in columns.items() if isinstance(value, Record)}
        values = {"state": str(state), "reason": reason, "remedy": remedy, **columns, **records}
        assignments = ", ".join(f"{name} = ?" for name in values)
        with self._transaction() as connection:
            connection.execute(f"UPDATE runs SET {assignments} WHERE identity = ?", (*values.values(), path))  # noqa: S608 - names are fields of a record
            connection.execute(
                "INSERT INTO events (time, identity, state, reason) VALUES (?, ?, ?, ?)",
                (time.time(), path, state, reason),
            )

    def begin(self, path: str, *, reason: str = "") -> None:
        """Record that an attempt at a run begins, and why where it is not the first of this ``llpt run``."""
        attempts = self.entry(path).attempts + 1
        self.record(path, State.RUNNING, reason=reason, attempts=attempts, started=time.time(), finished=None)

    def lengthen(self, path: str, *, inputs_hash: str, job: str, steps: int) -> None:
        """Let a node that was begun have a new job, which asks for more steps of the same; it is unfinished then.

        Args:
            path: the node's directory below the study's.
            inputs_hash: SHA-256 of all that determines it now.
            job: what its process is told now.
            steps: how many steps it has now.
        """
        entry = self.entry(path)
        with self._transaction() as connection:
            connection.execute("UPDATE runs SET inputs_hash = ?, job = ? WHERE identity = ?", (inputs_hash, job, path))
            if entry.state is State.DONE and entry.steps_done < steps:
                self.record(path, State.UNFINISHED, reason=f"the study asks for {steps} steps now")

    def forget(self, path: str) -> None:
        """Take a node out; its changes of state stay in the events."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM runs WHERE identity = ?", (path,))

    def recover(self, found: Callable[[Entry], EntryChanges]) -> None:
        """Take up after a kill: what stands as running or blocked is neither, since no other process holds the lock.

        Args:
            found: returns what a node that was at work has left on disk.
        """
        with self.transaction():
            self._recover(found)

    def _recover(self, found: Callable[[Entry], EntryChanges]) -> None:
        for entry in self.entries():
            if entry.state is State.RUNNING:
                self.record(entry.path, State.UNFINISHED, reason=KILLED, **found(entry))
            elif entry.state is State.BLOCKED:
                self.record(entry.path, State.UNFINISHED if entry.steps_done else State.WAITING)

    def fix(self, name: str, value: str) -> None:
        """Enter a fact of the study, unless it was entered before: the first value stays."""
        with self._transaction() as connection:
            connection.execute(FACTS)
            connection.execute("INSERT OR IGNORE INTO facts VALUES (?, ?, ?)", (name, value, time.time()))

    def fact(self, name: str) -> Fact | None:
        """Return a fact of the study as it was entered first; None where it never was."""
        with self._guarded():
            if not self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'facts'").fetchone():
                return None
            row = self._connection.execute("SELECT value, time FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else Fact(row["value"], row["time"])

    def entry(self, path: str) -> Entry:
        """Return one run."""
        with self._guarded():
            row = self._connection.execute(f"{self._entries} WHERE identity = ?", (path,)).fetchone()
        if row is None:
            raise KeyError(path)
        return self._entry(row)

    def entries(self) -> tuple[Entry, ...]:
        """Return every run in the order they were entered."""
        with self._guarded():
            rows = self._connection.execute(f"{self._entries} ORDER BY rowid").fetchall()
        return tuple(map(self._entry, rows))

    def events(self) -> tuple[tuple[float, str, State, str], ...]:
        """Return every change of state: time (s since 1970), run, state, reason."""
        with self._guarded():
            rows = self._connection.execute("SELECT * FROM events ORDER BY number").fetchall()
        return tuple((row["time"], row["identity"], State(row["state"]), row["reason"]) for row in rows)

    def _entry(self, row: sqlite3.Row) -> Entry:
        path, state, *others = row
        if not is_below(path):
            raise StorageError(
                f"The ledger {self.path} is damaged: it names {path!r}, which is no directory below the study's.",
                "Nothing was changed. Restore it from a copy; do not trust a study that somebody gave you so.",
            )
        if state not in STATES:
            raise StorageError(
                f"The ledger {self.path} is damaged: what it says of {path} cannot be read ({state!r} is no state).",
                "Nothing was changed. Restore it from a copy; the runs themselves are untouched.",
            )
        return Entry(path, STATES[state], *others)
