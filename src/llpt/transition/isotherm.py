"""An isotherm: the runs of one engine, size and temperature, ordered by pressure or by density."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from llpt.observables import as_summary
from llpt.transition.curve import Coordinate
from llpt.transition.line import LineOfStates, join_runs

if TYPE_CHECKING:
    from collections.abc import Iterable

    import xarray as xr

    from llpt.observables import Observations
    from llpt.transition.point import LinePoint


@dataclass(frozen=True)
class Isotherm(LineOfStates):
    """The points of one engine, number of atoms and temperature: ρ(P) at constant pressure, P(ρ) at constant volume.

    Args:
        engine: its name, for people.
        n_atoms: number of atoms.
        temperature_k: the thermostat's.
        points: by rising pressure or density, one for each.
        against: which of the two.
    """

    KIND: ClassVar = "isotherm"
    HELD: ClassVar = Coordinate.TEMPERATURE

    engine: str
    n_atoms: int
    temperature_k: float
    points: tuple[LinePoint, ...]
    against: Coordinate = Coordinate.PRESSURE

    @classmethod
    def from_summaries(cls, summaries: Iterable[xr.Dataset | Observations], *, engine: str) -> Isotherm:
        """Build an isotherm from what its runs averaged to; repeats are joined as those of an isobar.

        Args:
            summaries: of one engine, size and temperature, all at constant pressure or all at constant volume, in any
                order.
            engine: its name.

        Raises:
            InputError: there is no summary, they differ in size or temperature, or some are at constant pressure and
                others at constant volume.
        """
        runs = [as_summary(run) for run in summaries]
        held = bool(runs) and all(run.attrs["constant_volume"] for run in runs)
        against = Coordinate.DENSITY if held else Coordinate.PRESSURE
        joined = join_runs(runs, kind=cls.KIND, held=cls.HELD, along=against)
        return cls(engine, joined.n_atoms, joined.held, joined.points, against)

    @property
    def along(self) -> Coordinate:
        """What changes along the isotherm: pressure or density."""
        return self.against
