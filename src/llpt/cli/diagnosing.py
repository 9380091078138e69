"""What is wrong by name, as a table of the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.cli.console import PlainTable, known_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from llpt.audit import Diagnosis


def show_diagnoses(console: Console, diagnoses: Sequence[Diagnosis]) -> None:
    """Print every check that was made: its size, its limit, its kelvins, and whether the defect is there.

    Args:
        console: to print to.
        diagnoses: of a verdict.
    """
    if not diagnoses:
        return
    table = PlainTable("checked", "of", "line", "N >", "size >", "limit >", "T* (K) >", "defect")
    for each in diagnoses:
        table.add_row(
            str(each.cause),
            each.side,
            each.line,
            "" if each.atoms is None else str(each.atoms),
            known_text(each.size, each.size.unit),
            f"{each.limit:g}",
            known_text(each.kelvins),
            str(each.presence),
        )
    console.print(table)
    console.print()
