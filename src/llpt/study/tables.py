"""Whether a table of numbers says what it would say if it were made once more."""

from __future__ import annotations

import csv
import io
import math

TOLERANCE = 1e-6
"""Relative: averages of another machine may differ in the last of eight digits."""


def difference_of_tables(stored: str, fresh: str) -> str:
    """Return the first thing in which a table differs from the one made anew; empty where it does not.

    Columns that only one of the two has belong to another version, or to a plug-in, and are passed over.

    Args:
        stored: CSV with a heading; the first column names the row.
        fresh: the same, made anew.
    """
    kept, made = ([*csv.DictReader(io.StringIO(text))] for text in (stored, fresh))
    if len(kept) != len(made):
        return f"{len(kept)} rows, {len(made)} when made anew"
    if not made:
        return ""
    if (key := next(iter(made[0]))) not in kept[0]:
        return f"column {key} is missing"
    columns = [name for name in made[0] if name in kept[0]]
    for number, (old, new) in enumerate(zip(kept, made, strict=True), 1):
        for name in columns:
            if not _same(old[name], new[name]):
                return (
                    f"row {number} ({new[key]}), {name}: {old[name] or 'nothing'}, {new[name] or 'nothing'} made anew"
                )
    return ""


def _same(one: str | None, other: str | None) -> bool:
    if one == other:
        return True
    try:
        return math.isclose(float(one or "x"), float(other or "x"), rel_tol=TOLERANCE)
    except ValueError:
        return False
