"""Runs whose snapshots carry labels of both sides, and the states at which such runs meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.campaign.identity import line_without_place

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from llpt.audit import DoublyLabelled, OrderParameter
    from llpt.campaign.identity import Role, RunIdentity


@dataclass(frozen=True)
class LabelledRun:
    """Snapshots of one run with the labels of both sides.

    Args:
        identity: which run they are from.
        labels: the snapshots.
    """

    identity: RunIdentity
    labels: DoublyLabelled


@dataclass(frozen=True, eq=False)
class WalkedRun:
    """A run whose order parameter can be followed, whether it was labelled or not.

    Args:
        identity: which run.
        role: whose.
        along: reads the frames and returns the values of an order parameter at equally spaced times, shape (n,).
    """

    identity: RunIdentity
    role: Role
    along: Callable[[OrderParameter], NDArray[np.float64]]


@dataclass(frozen=True)
class LabelledChoice:
    """Snapshots of a run of the reference, labelled by it as it is and with one choice behind it changed.

    Args:
        identity: which run they are from.
        choice: what is changed, for people.
        labels: the snapshots, the changed reference in the place of the reference.
    """

    identity: RunIdentity
    choice: str
    labels: DoublyLabelled


@dataclass(frozen=True)
class MatchedState:
    """Where runs of two sides or two phases meet.

    Args:
        line: name of the line of states; on an isotherm with the place on it, e.g. ``T1000/P150``: ``llpt verify``
            compares this text with that of studies explained before.
        atoms: number of atoms.
        temperature_k: temperature.
    """

    line: str
    atoms: int
    temperature_k: float

    @classmethod
    def of(cls, identity: RunIdentity) -> MatchedState:
        """Return the place of a run."""
        return cls(identity.line_with_place, identity.atoms, identity.temperature_k)

    @property
    def line_of_states(self) -> str:
        """Name of the line of states alone, without the place on an isotherm."""
        return line_without_place(self.line)
