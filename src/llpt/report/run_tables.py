"""The table of runs and of what they rest on, on the page and as a file."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from llpt.campaign.state import words_of_line
from llpt.files import write_atomically
from llpt.report.question import Row, Table, Tone, number_columns, text_columns
from llpt.report.tables import UNKNOWN, UNSURE, provenance_rows, run_rows, tabled_quantities
from llpt.study import State
from llpt.study.standing import FIRST

if TYPE_CHECKING:
    from pathlib import Path

    from llpt.report.case import Case
    from llpt.report.question import Column
    from llpt.report.tables import RunRow

TONES = {State.DONE: Tone.GOOD, State.FAILED: Tone.BAD, State.BLOCKED: Tone.BAD}


def run_table(case: Case, *, whole: bool = False) -> Table:
    """Return every run with its state and averages: failures first, then those that are done.

    Other runs, and those without an average whose error is known, say nothing yet: they come last and are folded away.

    Args:
        case: the study as it stands.
        whole: whether the state of each run has columns of its own, and averages without a known error are told and
            marked (?), as in the file; on the page its name tells the state, and such averages are counted.
    """
    rows = sorted(run_rows(case.plan, case.entries, case.analysis), key=_place)
    return Table(
        "Every run",
        _columns(whole=whole),
        tuple(
            Row(
                (
                    row.name,
                    *((row.role, row.engine, row.atoms, words_of_line(row.line), row.temperature) if whole else ()),
                    row.part,
                    row.word,
                    row.steps,
                    row.picoseconds,
                    row.equilibrated,
                    *(text if whole else _sure(text) for text in row.averages),
                    row.pace,
                    row.seed,
                ),
                known=_says(row),
                tone=TONES.get(State(row.state), Tone.OPEN),
                remark=row.reason,
            )
            for row in rows
        ),
        f"One standard error from the integrated autocorrelation time.{_counted(rows)} Settled: from when on the "
        "volume (else the energy) looks stationary, found by itself; (!) where that is later than what is left out of "
        "the averages.",
        lack="have no averages",
    )


def _says(row: RunRow) -> bool:
    """Whether a run has failed, or has an average whose error is known."""
    return row.state == State.FAILED or any(_sure(text) != UNKNOWN for text in row.averages)


def _place(row: RunRow) -> tuple[bool, int]:
    return not _says(row), FIRST.index(State(row.state))


def _sure(text: str) -> str:
    return UNKNOWN if text.endswith(UNSURE) else text


def _counted(rows: list[RunRow]) -> str:
    """Say how many averages are left out because their errors are not known."""
    number = sum(text.endswith(UNSURE) for row in rows for text in row.averages)
    return f" Averages of runs too short to know their errors: {number}; runs.csv has them." if number else ""


def write_run_table(table: Table, path: Path) -> None:
    """Write the table of runs as CSV.

    Raises:
        StorageError: the file cannot be written.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.heading for column in table.columns] + ["reason"])
    writer.writerows([*row.cells, row.remark] for row in table.rows)
    write_atomically(path, text.getvalue())


def provenance_table(case: Case) -> Table:
    """Return what each engine is, and the versions that everything rests on."""
    rows = tuple(Row((key, value)) for key, value in provenance_rows(case.entries.values()))
    return Table("What everything rests on", text_columns("What", "Which"), rows)


def _columns(*, whole: bool) -> tuple[Column, ...]:
    headings = [each.heading for each in tabled_quantities()]
    return (
        *text_columns("Run", *(("Side", "Engine", "N", "Line", "T (K)") if whole else ()), "Part", "State"),
        *number_columns("Steps", "ps", "settled (ps)", *headings, "s/step", "seed"),
    )
