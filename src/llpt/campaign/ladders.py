"""Observed runs by engine, size, line of states and test: ladders, with their transitions located."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.campaign.identity import ControlledTest, Role
from llpt.campaign.observed import ObservedRun
from llpt.errors import listed, unsuitable
from llpt.transition import Isobar, Isochore, Isotherm, LadderPath, LineKind, locate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from llpt.campaign.identity import LadderIdentity
    from llpt.transition import Criterion, CriterionResult, LineOfStates, LocatedLine, Separation

PATHS = {
    ControlledTest.COOLING: LadderPath.COOLING,
    ControlledTest.DECOMPRESSION: LadderPath.DECOMPRESSION,
    ControlledTest.RAMP_DOWN: LadderPath.COOLING,
    ControlledTest.RAMP_UP: LadderPath.HEATING,
    ControlledTest.START: LadderPath.SEPARATE,
}
"""How the ladders of some tests are walked; all others are walked as the base ladders."""


@dataclass(frozen=True)
class ObservedLadder:
    """The runs of one engine, size, line of states and test, in order.

    Args:
        identity: which ladder it is.
        role: reference or surrogate.
        engine: the engine's name for people, e.g. ``DFT/PBE``.
        runs: what was observed, by rising temperature, pressure or density, and repeat.
        located: the same as a line of states with its transition located; None where it is none, as the runs of a test
            that holds the mean volume of each run of an isobar.
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
        """Pressure of an isobar; None on other lines of states."""
        return self.runs[0].state.pressure_gpa if self.kind is LineKind.ISOBAR else None

    @property
    def kind(self) -> LineKind | None:
        """What kind of line of states it is; None where it is none."""
        return self.located.states.kind if self.located else None

    @property
    def isobar(self) -> Isobar | None:
        """The runs as an isobar; None on other lines of states."""
        return self.states if isinstance(self.states, Isobar) else None

    @property
    def states(self) -> LineOfStates | None:
        """The runs as a line of states; None where they are none."""
        return self.located.states if self.located else None

    @property
    def criteria(self) -> Mapping[Criterion, CriterionResult]:
        """Where the transition is by each criterion; empty where there is no line of states."""
        return self.located.criteria if self.located else {}

    @property
    def separations(self) -> tuple[Separation, ...]:
        """How far the resolved criteria lie apart."""
        return self.located.separations if self.located else ()


def ladders_of(
    runs: Iterable[ObservedRun], *, path: LadderPath = LadderPath.HEATING, density_rises: bool = True
) -> tuple[ObservedLadder, ...]:
    """Group runs by engine, size, line of states and test, and locate the transition of every line.

    Args:
        runs: of any number of engines, in any order.
        path: how the base ladders were walked, up or down.
        density_rises: whether the density rises on heating through the transition, as at the dissociation of hydrogen;
            False for melting or boiling.

    Returns:
        Base ladders first, those of the reference before those of the surrogate; else in the order of the runs.
    """
    groups: dict[tuple[LadderIdentity, Role], list[ObservedRun]] = {}
    for run in listed(runs, "is no list of observed runs", "Make them with ObservedRun.from_summary."):
        if not isinstance(run, ObservedRun):
            raise unsuitable(
                run,
                "is no observed run: it does not say whose it is",
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
    runs = tuple(sorted(group, key=lambda run: (run.state.coordinate, run.identity.repeat)))
    first = runs[0]
    states = line_of_runs(runs, path)
    located = locate(states, density_rises=density_rises) if states else None
    return ObservedLadder(identity, first.role, first.engine, runs, located)


def line_of_runs(runs: Sequence[ObservedRun], path: LadderPath) -> LineOfStates | None:
    """Return the runs of a ladder as the line of states they were meant for; None where they do not hold it.

    Args:
        runs: of one engine, size and line of states; those of one state are joined.
        path: how the ladder was walked, up or down.
    """
    first = runs[0]
    if {run.constant_pressure for run in runs} != {first.state.pressure_gpa is not None}:
        return None
    summaries, independent = [run.summary for run in runs], first.identity.test.repeats_are_walks
    if first.state.on_isotherm:
        path = path.walked(isothermally=True)
        return Isotherm.from_summaries(summaries, engine=first.engine, path=path, independent=independent)
    kind = Isobar if first.constant_pressure else Isochore
    return kind.from_summaries(summaries, engine=first.engine, path=path, independent=independent)
