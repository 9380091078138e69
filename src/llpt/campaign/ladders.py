"""Observed runs by engine, size, line of states and test: ladders of temperatures, located where they are isobars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.campaign.identity import ControlledTest, Role
from llpt.campaign.observed import ObservedRun
from llpt.errors import InputError
from llpt.transition import Isobar, LadderPath, locate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from llpt.campaign.identity import LadderIdentity
    from llpt.transition import Criterion, CriterionResult, LocatedLine, Separation

PATHS = {
    ControlledTest.COOLING: LadderPath.COOLING,
    ControlledTest.RAMP_DOWN: LadderPath.COOLING,
    ControlledTest.RAMP_UP: LadderPath.HEATING,
    ControlledTest.START: LadderPath.SEPARATE,
}
"""How the ladders of some tests are walked; all others are walked as the base ladders."""


@dataclass(frozen=True)
class ObservedLadder:
    """The runs of one engine, size, line of states and test, by temperature.

    Args:
        identity: which ladder it is.
        role: reference or surrogate.
        engine: the engine's name for people, e.g. ``DFT/PBE``.
        runs: what was observed, by rising temperature and repeat.
        located: the same as an isobar with its transition located; None at constant volume.
    """

    identity: LadderIdentity
    role: Role
    engine: str
    runs: tuple[ObservedRun, ...]
    located: LocatedLine | None

    @property
    def atoms(self) -> int:
        """Number of atoms."""
        return self.identity.atoms

    @property
    def line(self) -> str:
        """Name of the line of states, e.g. ``P200``."""
        return self.identity.line

    @property
    def test(self) -> ControlledTest:
        """The controlled test."""
        return self.identity.test

    @property
    def is_base(self) -> bool:
        """Whether it is one of the ladders that every test is compared with."""
        return self.test is ControlledTest.BASE

    @property
    def pressure_gpa(self) -> float | None:
        """Pressure of the line of states; None on an isochore."""
        return self.runs[0].state.pressure_gpa

    @property
    def states(self) -> Isobar | None:
        """The runs as an isobar; None at constant volume."""
        return self.located.states if self.located else None

    @property
    def criteria(self) -> Mapping[Criterion, CriterionResult]:
        """Where the transition is by each criterion; empty at constant volume."""
        return self.located.criteria if self.located else {}

    @property
    def separations(self) -> tuple[Separation, ...]:
        """How far the resolved criteria lie apart."""
        return self.located.separations if self.located else ()


def ladders_of(
    runs: Iterable[ObservedRun], *, path: LadderPath = LadderPath.HEATING, density_rises: bool = True
) -> tuple[ObservedLadder, ...]:
    """Group runs by engine, size, line of states and test, and locate the transition of every isobar.

    Args:
        runs: of any number of engines, in any order.
        path: how the base ladders were walked.
        density_rises: whether the density rises on heating through the transition, as at the dissociation of hydrogen;
            False for melting or boiling.

    Returns:
        Base ladders first, those of the reference before those of the surrogate; else in the order of the runs.
    """
    groups: dict[tuple[LadderIdentity, Role], list[ObservedRun]] = {}
    for run in runs:
        if not isinstance(run, ObservedRun):
            raise InputError(
                f"What was given ({type(run).__name__}) is no observed run: it does not say whose it is.",
                "Make it with ObservedRun.from_summary.",
            )
        groups.setdefault((run.identity.ladder, run.role), []).append(run)
    ladders = [
        _ladder(identity, group, path=PATHS.get(identity.test, path), density_rises=density_rises)
        for (identity, _), group in groups.items()
    ]
    return tuple(sorted(ladders, key=lambda ladder: (not ladder.is_base, ladder.role is not Role.REFERENCE)))


def _ladder(
    identity: LadderIdentity, group: Iterable[ObservedRun], *, path: LadderPath, density_rises: bool
) -> ObservedLadder:
    runs = tuple(sorted(group, key=lambda run: (run.temperature_k, run.identity.repeat)))
    first = runs[0]
    located = None
    if all(run.constant_pressure for run in runs):
        isobar = Isobar.from_summaries([run.summary for run in runs], engine=first.engine, path=path)
        located = locate(isobar, density_rises=density_rises)
    return ObservedLadder(identity, first.role, first.engine, runs, located)
