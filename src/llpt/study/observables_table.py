"""``results/observables.csv``: every scalar observable of every run with its error, one row for each run."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING

from llpt.campaign import short_name
from llpt.files import write_atomically
from llpt.observables import estimate_of, sampled_names
from llpt.transition import solid_flag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from llpt.campaign.observed import ObservedRun
    from llpt.study.plan import Plan

TABLE_NAME = "observables.csv"
WHETHER_SOLID = {True: "yes", False: "no", None: ""}
STATE_COLUMNS = (
    "run",
    "role",
    "engine",
    "atoms",
    "line",
    "test",
    "temperature_k",
    "pressure_gpa",
    "density_gcc",
    "production_ps",
    "solid",
)


def write_observables(path: Path, plan: Plan, observed: Sequence[ObservedRun]) -> None:
    """Write the table.

    Args:
        path: of the file.
        plan: the plan the runs belong to.
        observed: the runs that were observed.

    Raises:
        StorageError: the disk refuses.
    """
    write_atomically(path, observables_table(plan, observed))


def observables_table(plan: Plan, observed: Sequence[ObservedRun]) -> str:
    """Return the table as CSV.

    Three columns for each observable: ``name (unit)``, ``name error`` (68 %) and ``name effective samples``; empty
    where a run does not have it or does not know it. Temperature, pressure and density are those that were set, empty
    where they were left free. ``solid`` is yes, no, or empty.

    Args:
        plan: the plan the runs belong to.
        observed: the runs that were observed.
    """
    specs = {run.identity: run.engine for run in plan.runs}
    units: dict[str, str] = {}
    for item in observed:
        units |= {name: str(item.summary[name].attrs.get("unit", "")) for name in sampled_names(item.summary)}
    rows = (_row(item, specs[item.identity], list(units)) for item in observed)
    return as_csv(STATE_COLUMNS, units, ("error", "effective samples"), rows)


def as_csv(columns: Sequence[str], units: Mapping[str, str], parts: Sequence[str], rows: Iterable[list[str]]) -> str:
    """Return a table of averages as text.

    Args:
        columns: that say whose each row is.
        units: of the observables, by name, each with a column for its value and one for each part.
        parts: what stands beside a value, as its error.
        rows: the cells.
    """
    header = list(columns)
    for name, unit in units.items():
        header += [f"{name} ({unit})" if unit else name, *(f"{name} {part}" for part in parts)]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return stream.getvalue()


def finite(number: float) -> str:
    """Return a number to eight digits; nothing where it is not known or infinite."""
    return f"{number:.8g}" if math.isfinite(number) else ""


def _row(run: ObservedRun, engine: str, names: Sequence[str]) -> list[str]:
    values = [
        short_name(run.identity.path),
        str(run.role),
        engine,
        str(run.identity.atoms),
        run.identity.line,
        run.identity.ladder.label,
        f"{run.temperature_k:g}",
        *(
            "" if held is None else f"{held:.8g}"
            for held in (run.state.pressure_gpa if run.constant_pressure else None, run.state.density_g_per_cm3)
        ),
        f"{float(run.summary.attrs['production_fs']) / 1000.0:g}",
        WHETHER_SOLID[solid_flag(run.summary)],
    ]
    for name in names:
        if name not in run.summary:
            values += ["", "", ""]
            continue
        found = estimate_of(run.summary, name)
        values += [finite(number) for number in (found.value, found.error, found.effective_samples)]
    return values
