"""An isotherm: the runs of one engine, size and temperature, ordered by pressure or by density.

Along an isotherm at held pressures H - int V dP = T S + const, because dG = V dP. So the enthalpy less the work of
compression is the heat that the fluid has taken up: it is nearly constant in one phase and steps by the latent heat
where the phase changes, while the enthalpy itself climbs all the way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from llpt import units
from llpt.ladder_path import LadderPath
from llpt.transition.curve import Coordinate, Curve, LineKind
from llpt.transition.line import LineOfStates, join_runs, summaries_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import xarray as xr

    from llpt.observables import Observations
    from llpt.transition.point import LinePoint

HEAT = "isothermal_heat"
"""Name of the curve T S(P) less T S at the lowest pressure, in eV/atom."""
FEWEST_WITH_A_JUMP = 4
"""Between fewer points there are two slopes, and which of them is the jump is not told."""


@dataclass(frozen=True, repr=False)
class Isotherm(LineOfStates):
    """The points of one engine, number of atoms and temperature: ρ(P) at constant pressure, P(ρ) at constant volume.

    Args:
        engine: its name, for people.
        n_atoms: number of atoms.
        temperature_k: the thermostat's.
        points: by rising pressure or density, one for each.
        against: which of the two.
        path: how the ladder was walked.
    """

    KIND: ClassVar = "isotherm"
    HELD: ClassVar = Coordinate.TEMPERATURE

    engine: str
    n_atoms: int
    temperature_k: float
    points: tuple[LinePoint, ...]
    against: Coordinate = Coordinate.PRESSURE
    path: LadderPath = LadderPath.COMPRESSION

    @classmethod
    def from_summaries(
        cls,
        summaries: Iterable[xr.Dataset | Observations],
        *,
        engine: str,
        path: LadderPath = LadderPath.COMPRESSION,
        independent: bool = False,
    ) -> Isotherm:
        """Build an isotherm from what its runs averaged to; repeats are joined as those of an isobar.

        Args:
            summaries: of one engine, size and temperature, all at constant pressure or all at constant volume, in any
                order.
            engine: its name.
            path: how the ladder was walked.
            independent: whether runs at one place are walks of their own, by other random numbers, so that the
                scatter of three or more may be their error; False where they go on from one another.

        Raises:
            InputError: there is no summary, they differ in size or temperature, or some are at constant pressure and
                others at constant volume.
        """
        runs = summaries_of(summaries)
        held = bool(runs) and all(run.attrs["constant_volume"] for run in runs)
        against = Coordinate.DENSITY if held else Coordinate.PRESSURE
        joined = join_runs(runs, kind=cls.KIND, held=cls.HELD, along=against, path=path, independent=independent)
        return cls(engine, joined.n_atoms, joined.held, joined.points, against, path)

    @property
    def along(self) -> Coordinate:
        """What changes along the isotherm: pressure or density."""
        return self.against

    @property
    def kind(self) -> LineKind:
        """Whether the pressures or the densities of the runs were held."""
        return LineKind.ISOTHERM if self.against is Coordinate.PRESSURE else LineKind.DENSITY_ISOTHERM

    def curve(self, name: str) -> Curve:
        """Return one observable along the isotherm, or ``HEAT``, over the points that have it (perhaps none)."""
        return self._heat() if name == HEAT else super().curve(name)

    def _heat(self) -> Curve:
        """Return H - int V dP less its value at the lowest pressure; the error of that zero is left out.

        The integral is that of straight lines between the points; one that does not know its errors is left out. Its
        error at one point is in all points above it; those who combine points take their errors as independent. What
        straight lines leave open where the volume jumps is ``shared_error``.
        """
        both = self._with_heat()
        enthalpy = replace(super().curve("enthalpy"), name=HEAT)
        if not both:
            return enthalpy.only(np.zeros(len(enthalpy), dtype=bool))
        known: Isotherm = replace(self, points=both)
        enthalpy, volume = (LineOfStates.curve(known, each) for each in ("enthalpy", "volume"))
        steps = np.diff(volume.coordinates) * units.GPA_TO_EV_PER_ANGSTROM3
        work = np.concatenate([[0.0], np.cumsum(0.5 * (volume.values[1:] + volume.values[:-1]) * steps)])
        trapezia = np.zeros((len(volume), len(volume)))  # what each volume counts for in the work up to each point
        trapezia[1:, :-1] += np.diag(0.5 * steps)
        trapezia[1:, 1:] += np.diag(0.5 * steps)
        scatter = np.cumsum(trapezia, axis=0) ** 2 @ volume.errors**2
        values = enthalpy.values - work
        return replace(enthalpy, name=HEAT, values=values - values[0], errors=np.sqrt(enthalpy.errors**2 + scatter))

    def _with_heat(self) -> tuple[LinePoint, ...]:
        """Return the points at held pressures whose enthalpy and volume are known, with these two alone."""
        return tuple(
            replace(point, estimates={name: point.estimates[name] for name in ("enthalpy", "volume")})
            for point in self.points
            if self.against is Coordinate.PRESSURE
            and all(name in point.estimates and point.estimates[name].resolved for name in ("enthalpy", "volume"))
        )

    def shared_error(self, name: str) -> float:
        """Return what int V dP leaves open where the volume jumps between two points, in eV/atom; 0 of other curves.

        The jump may lie anywhere between them: its volume times their distance, over sqrt(12). The jump is what V falls
        by beyond what it does next to it, on the side that is more alike.
        """
        both = self._with_heat() if name == HEAT else ()
        if len(both) < FEWEST_WITH_A_JUMP:
            return 0.0
        volume = LineOfStates.curve(replace(self, points=both), "volume")
        steps = np.diff(volume.coordinates)
        slopes = np.diff(volume.values) / steps
        beside, next_but_one = np.abs(np.diff(slopes)), np.abs(slopes[2:] - slopes[:-2])
        left, right = np.append(np.inf, beside), np.append(beside, np.inf)
        left[0], right[-1] = next_but_one[0], next_but_one[-1]  # an end has no other neighbour
        jumps = np.minimum(left, right) * steps
        return float(np.sqrt(((jumps * steps) ** 2).sum() / 12.0)) * units.GPA_TO_EV_PER_ANGSTROM3
