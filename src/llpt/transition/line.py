"""What every line of states is: runs of one engine and size that hold one quantity and walk along another."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from llpt.errors import InputError, listed
from llpt.ladder_path import LadderPath
from llpt.observables import all_observables, as_summary
from llpt.transition.behind import with_what_they_are_behind
from llpt.transition.curve import Coordinate, Curve, LineKind
from llpt.transition.point import LinePoint

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    import xarray as xr

    from llpt.observables import Observations

SAME_DENSITY = 1e-6
"""Relative. The density of a run is computed from its cell, and two runs may have got their cells in two ways."""


class LineOfStates:
    """Points of one engine, size and held quantity, one for each coordinate, by rising coordinate.

    A kind of line is a frozen dataclass with its own name of what it holds (``Isobar.pressure_gpa``).
    """

    KIND: ClassVar[str]
    HELD: ClassVar[Coordinate]
    engine: str
    n_atoms: int
    points: tuple[LinePoint, ...]
    path: LadderPath

    def __post_init__(self) -> None:
        if not (isinstance(self.engine, str) and self.engine):
            raise InputError(f"engine = {self.engine!r} names no engine.", "Give its name as text.")
        if not self.points or any(after <= before for before, after in itertools.pairwise(self.coordinates)):
            raise InputError(
                f"An {self.KIND} needs points of rising {self.along.word}; {self.engine} at {self.held:g} "
                f"{self.HELD.unit} has {list(self.coordinates) or 'none'}.",
                f"Build it with {type(self).__name__}.from_summaries, which sorts the runs and joins repeats.",
            )

    def __repr__(self) -> str:
        count, first, last = len(self.points), self.coordinates[0], self.coordinates[-1]
        along = f"{count} points, {first:.6g} to {last:.6g} {self.along.unit}"
        walked = "no ladder" if self.path is LadderPath.SEPARATE else self.path
        return f"{type(self).__name__}({self.engine}, {self.n_atoms} atoms, {self.where}, {along}, {walked})"

    @property
    def held(self) -> float:
        """The value of what is held on the line, in its unit."""
        return float(getattr(self, self.HELD))

    @property
    def kind(self) -> LineKind:
        """What is held on the line, and what changes along it."""
        return LineKind.ISOBAR if self.HELD is Coordinate.PRESSURE else LineKind.ISOCHORE

    @property
    def along(self) -> Coordinate:
        """What changes along the line."""
        return Coordinate.TEMPERATURE

    @property
    def where(self) -> str:
        """What is held on the line, for people: ``200 GPa``, ``1000 K``, ``0.954 g/cm^3``."""
        return f"{self.held:.6g} {self.HELD.unit}"

    @property
    def coordinates(self) -> tuple[float, ...]:
        """Where the points are, rising."""
        return tuple(point.coordinate for point in self.points)

    @property
    def solid_coordinates(self) -> tuple[float, ...]:
        """Where the run was a solid; nothing about a liquid follows from these points."""
        return tuple(point.coordinate for point in self.points if point.solid)

    @property
    def untold_coordinates(self) -> tuple[float, ...]:
        """Where the run is too short to tell a solid from a fluid; these points are kept, and named."""
        return tuple(point.coordinate for point in self.points if point.solid is None)

    @property
    def partly_solid_coordinates(self) -> tuple[float, ...]:
        """Where some of the repeats were a solid and the others a fluid, which alone are averaged."""
        return tuple(point.coordinate for point in self.points if point.solids_left_out)

    def fluid(self) -> Self | None:
        """Return the line without its solid points, or None where nothing is left.

        Points of which it is not told are kept: see ``untold_coordinates``.
        """
        points = tuple(point for point in self.points if not point.solid)
        line: Any = self  # a dataclass, as every kind of line is
        return replace(line, points=points) if points else None

    def curve(self, name: str) -> Curve:
        """Return one observable along the line, over the points that have it (perhaps none)."""
        points = [point for point in self.points if name in point.estimates]
        estimates = [point.estimates[name] for point in points]
        known = all_observables().quantities.get(name)
        return Curve(
            name=name,
            unit=estimates[0].unit if estimates else known.unit if known else "",
            coordinates=np.array([point.coordinate for point in points], dtype=np.float64),
            values=np.array([estimate.value for estimate in estimates], dtype=np.float64),
            errors=np.array([estimate.error for estimate in estimates], dtype=np.float64),
            effective_samples=np.array([estimate.effective_samples for estimate in estimates], dtype=np.float64),
            degrees_of_freedom=np.array([estimate.degrees_of_freedom for estimate in estimates], dtype=np.float64),
            production_fs=np.array([point.sampled_fs for point in points], dtype=np.float64),
            along=self.along,
        )

    def shared_error(self, name: str) -> float:  # noqa: ARG002 - most curves have none
        """Return an error of the height of a step in a curve that all points above it share, in its unit.

        Args:
            name: of the curve.
        """
        return 0.0


@dataclass(frozen=True)
class JoinedRuns:
    """The runs of one line of states, sorted, repeats joined.

    Args:
        n_atoms: of all of them.
        held: the value of what they hold, in its unit (``Coordinate.unit``).
        points: by rising coordinate.
    """

    n_atoms: int
    held: float
    points: tuple[LinePoint, ...]


SAME_MASS = 1.05
"""Largest ratio of masses of the same atoms: programs round those of hydrogen by 1 %; D makes it two."""


def summaries_of(runs: Iterable[xr.Dataset | Observations]) -> list[xr.Dataset]:
    """Return what runs averaged to as data sets.

    Raises:
        InputError: something else is given.
    """
    remedy = "Give a list of what llpt.observe returns of each trajectory."
    return [as_summary(run) for run in listed(runs, "is no list of what runs averaged to", remedy)]


def join_runs(
    summaries: Iterable[xr.Dataset | Observations],
    *,
    kind: str,
    held: Coordinate,
    along: Coordinate,
    path: LadderPath,
    independent: bool,
) -> JoinedRuns:
    """Sort the summaries of the runs of one line, and join those at the same coordinate.

    Errors that are the scatter of walks hold what these may be behind their neighbours (``llpt.transition.behind``).

    Args:
        summaries: of ``llpt.observables.observe`` or ``summarise_run``, of one engine, size and held quantity, in any
            order.
        kind: of line, for people.
        held: what the runs hold.
        along: what tells one point from another.
        path: how the ladder was walked.
        independent: whether runs at one coordinate are walks of their own.

    Raises:
        InputError: there is no summary, one does not have what is held or walked along, or they differ in size, in
            their atoms or in what is held.
    """
    runs = sorted(summaries_of(summaries), key=lambda run: _coordinate(run, along))
    free = [run for run in runs if not math.isfinite(_coordinate(run, held))]
    if free:
        raise InputError(
            f"{len(free)} of {len(runs)} runs of an {kind} do not say at which {held.word} they were held.",
            f"Give the {held.word} where they are opened, and leave out runs that do not hold it.",
        )
    sizes = {int(run.attrs["n_atoms"]) for run in runs}
    values = sorted({_coordinate(run, held) for run in runs})
    if len(sizes) != 1 or not all(_same(value, values[0], held) for value in values):
        kinds = sorted({(int(run.attrs["n_atoms"]), _coordinate(run, held)) for run in runs})
        raise InputError(
            f"The runs of one {kind} must share size and {held.word}; these have (atoms, {held.unit}) {kinds}.",
            f"Sort the runs by size and {held.word} first, and leave out runs that do not hold it.",
        )
    masses = sorted({float(run.attrs["mass_u"]) for run in runs if "mass_u" in run.attrs})
    if masses and masses[-1] > SAME_MASS * masses[0]:
        raise InputError(
            f"The runs of one {kind} must be of the same atoms; their masses are from {masses[0]:.6g} to "
            f"{masses[-1]:.6g} u.",
            "Sort the runs by their elements and isotopes first.",
        )
    missing = [run for run in runs if not math.isfinite(_coordinate(run, along))]
    if missing:
        raise InputError(
            f"{len(missing)} of the runs of an {kind} have no {along.word} of their own.",
            f"Give runs of one kind: all of them at a {along.word} that was set.",
        )
    groups: list[list[xr.Dataset]] = []
    for run in runs:
        if groups and _same(_coordinate(groups[-1][0], along), _coordinate(run, along), along):
            groups[-1].append(run)
        else:
            groups.append([run])
    points = [LinePoint.of_repeats(_coordinate(each[0], along), each, independent=independent) for each in groups]
    return JoinedRuns(sizes.pop(), values[0], with_what_they_are_behind(points, path))


def _coordinate(run: xr.Dataset, coordinate: Coordinate) -> float:
    """Return the value of a coordinate that was set for a run; NaN where it was left free."""
    if coordinate is not Coordinate.DENSITY:
        return float(run.attrs[coordinate])
    return float(run["density"]) if run.attrs["constant_volume"] else math.nan


def _same(one: float, other: float, coordinate: Coordinate) -> bool:
    return math.isclose(one, other, rel_tol=SAME_DENSITY if coordinate is Coordinate.DENSITY else 0.0)
