"""An isobar: the runs of one engine, size and pressure, ordered by temperature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from llpt.ladder_path import LadderPath
from llpt.transition.curve import Coordinate
from llpt.transition.line import LineOfStates, join_runs

if TYPE_CHECKING:
    from collections.abc import Iterable

    import xarray as xr

    from llpt.observables import Observations
    from llpt.transition.point import LinePoint


@dataclass(frozen=True, repr=False)
class Isobar(LineOfStates):
    """The points of one engine, number of atoms and pressure.

    Args:
        engine: its name, for people.
        n_atoms: number of atoms.
        pressure_gpa: the barostat's pressure.
        points: by rising temperature, one per temperature.
        path: how the ladder was walked.
    """

    KIND: ClassVar = "isobar"
    HELD: ClassVar = Coordinate.PRESSURE

    engine: str
    n_atoms: int
    pressure_gpa: float
    points: tuple[LinePoint, ...]
    path: LadderPath = LadderPath.HEATING

    @classmethod
    def from_summaries(
        cls,
        summaries: Iterable[xr.Dataset | Observations],
        *,
        engine: str,
        path: LadderPath = LadderPath.HEATING,
        independent: bool = False,
    ) -> Isobar:
        """Build an isobar from what its runs averaged to (``llpt.observables.observe`` or ``summarise_run``).

        Runs at the same temperature are repeats: their estimates are joined by ``mean_of_repeats``, weighted by
        their times, which enlarges the error where they disagree.

        Args:
            summaries: of one engine, size and pressure, in any order.
            engine: its name.
            path: how the ladder was walked.
            independent: whether runs at one temperature are walks of their own, by other random numbers, so that the
                scatter of three or more may be their error; False where they go on from one another.

        Raises:
            InputError: there is no summary, or they differ in size or pressure.
        """
        runs = join_runs(
            summaries, kind=cls.KIND, held=cls.HELD, along=Coordinate.TEMPERATURE, path=path, independent=independent
        )
        return cls(engine, runs.n_atoms, runs.held, runs.points, path)

    @property
    def temperatures_k(self) -> tuple[float, ...]:
        """Temperatures of the points, rising."""
        return self.coordinates

    @property
    def solid_temperatures_k(self) -> tuple[float, ...]:
        """Temperatures at which the run was a solid; nothing about a liquid follows from them."""
        return self.solid_coordinates
