"""``results/lines.csv``: what criteria and verdict read, one row for each state of each line, its repeats joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.files import write_atomically
from llpt.study.observables_table import WHETHER_SOLID, as_csv, finite
from llpt.transition import Coordinate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from llpt.campaign.ladders import ObservedLadder
    from llpt.statistics import Estimate
    from llpt.transition import LineOfStates, LinePoint

LINES_NAME = "lines.csv"
COLUMNS = (
    "role",
    "engine",
    "atoms",
    "line",
    "test",
    *(str(coordinate) for coordinate in Coordinate),
    "sampled_ps",
    "shortest_run_ps",
    "solid",
    "solids_left_out",
)
PARTS = ("error", "effective samples", "degrees of freedom")


def write_lines(path: Path, ladders: Sequence[ObservedLadder]) -> None:
    """Write the table.

    Args:
        path: of the file.
        ladders: of the study, those without a line of states among them.

    Raises:
        StorageError: the disk refuses.
    """
    write_atomically(path, lines_table(ladders))


def lines_table(ladders: Sequence[ObservedLadder]) -> str:
    """Return the table as CSV.

    Four columns for each observable: ``name (unit)``, ``name error`` (68 %), ``name effective samples`` and ``name
    degrees of freedom`` of the error; empty where a state does not have it or does not know it, and where it is
    infinite. Temperature, pressure and density are those that were set.

    Args:
        ladders: of the study.
    """
    lines = [(ladder, ladder.located.states) for ladder in ladders if ladder.located is not None]
    units: dict[str, str] = {}
    for _, states in lines:
        for point in states.points:
            units |= {name: estimate.unit for name, estimate in point.estimates.items()}
    rows = (_row(ladder, states, point, list(units)) for ladder, states in lines for point in states.points)
    return as_csv(COLUMNS, units, PARTS, rows)


def _row(ladder: ObservedLadder, states: LineOfStates, point: LinePoint, names: Sequence[str]) -> list[str]:
    where = {states.HELD: states.held, states.along: point.coordinate}
    values = [
        str(ladder.role),
        ladder.engine,
        str(ladder.atoms),
        ladder.identity.line,
        ladder.identity.label,
        *(f"{where[coordinate]:.8g}" if coordinate in where else "" for coordinate in Coordinate),
        f"{point.sampled_fs / 1000.0:g}",
        f"{point.production_fs / 1000.0:g}",
        WHETHER_SOLID[point.solid],
        str(point.solids_left_out),
    ]
    for name in names:
        values += _numbers(point.estimates.get(name))
    return values


def _numbers(estimate: Estimate | None) -> list[str]:
    if estimate is None:
        return [""] * (1 + len(PARTS))
    degrees = finite(estimate.degrees_of_freedom) if estimate.resolved else ""
    return [finite(estimate.value), finite(estimate.error), finite(estimate.effective_samples), degrees]
