"""Every observable in the order of a summary: the package's own, then those of other packages.

To add one: write its estimator and its record in a module of this folder, and put the record into ``BUILT_IN``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from llpt.errors import InputError
from llpt.observables import distribution, fluctuations, quantum, thermodynamics
from llpt.observables.displacement import DISPLACEMENT
from llpt.observables.molecules import MOLECULES
from llpt.observables.nearest_neighbour import NEAREST_NEIGHBOUR
from llpt.observables.need import STORED
from llpt.observables.optics import OPTICS
from llpt.observables.pair_correlation import PAIR_CORRELATION
from llpt.observables.record import DerivedObservable, Observable, with_unit
from llpt.observables.solid_order import SOLID_ORDER
from llpt.observables.structure_factor import STRUCTURE_FACTOR
from llpt.observables.transport import DIFFUSION_INFINITE
from llpt.observables.velocity import VIBRATIONS
from llpt.observables.viscosity import SHEAR_VISCOSITY
from llpt.plugins import read_plugins

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from llpt.observables.record import Quantity

GROUP = "llpt.observables"
"""Entry points of other packages; each names an ``Observable``."""

BUILT_IN: tuple[Observable, ...] = (
    *thermodynamics.OBSERVABLES,
    *quantum.OBSERVABLES,
    *fluctuations.OBSERVABLES,
    *distribution.OBSERVABLES,
    PAIR_CORRELATION,
    DISPLACEMENT,
    VIBRATIONS,
    STRUCTURE_FACTOR,
    SOLID_ORDER,
    MOLECULES,
    NEAREST_NEIGHBOUR,
    thermodynamics.SAMPLES,
    SHEAR_VISCOSITY,
    DIFFUSION_INFINITE,
    OPTICS,
)


@dataclass(frozen=True)
class Registry:
    """Observables in the order of a summary.

    Args:
        observables: all of them, no quantity twice, each after those it is made from.
        foreign: names of those that come from other packages.
        faults: why observables of other packages cannot be used, one sentence each, by their names.
    """

    observables: tuple[Observable, ...]
    foreign: frozenset[str]
    faults: Mapping[str, str]

    def __iter__(self) -> Iterator[Observable]:
        return iter(self.observables)

    @cached_property
    def quantities(self) -> dict[str, Quantity]:
        """What the observables give, by name."""
        return {given.name: given for each in self.observables for given in each.quantities}

    @cached_property
    def givers(self) -> dict[str, Observable]:
        """The observable that gives a quantity, by the quantity's name."""
        return {given.name: each for each in self.observables for given in each.quantities}

    def giving(self, names: Collection[str]) -> Registry:
        """Return the observables that give what is asked for, with those they are made from.

        Args:
            names: of quantities or of observables.

        Raises:
            InputError: a name is not known.
        """
        wanted: set[str] = set()
        for name in names:
            if name not in self.givers and name not in {each.name for each in self.observables}:
                cause = f"There is no observable called {name!r}."
                if name in self.faults:
                    cause = self.faults[name]
                raise InputError(cause, f"Known are: {', '.join(self.quantities)}.")
            wanted.add(self.givers[name].name if name in self.givers else name)
        for each in reversed(self.observables):
            if each.name in wanted:
                wanted |= self._before(each)
        return Registry(
            tuple(each for each in self.observables if each.name in wanted), self.foreign & wanted, self.faults
        )

    def made_from(self, names: Collection[str]) -> set[str]:
        """Return the names of the observables that are made from some others, directly or through others again."""
        found: set[str] = set()
        for each in self.observables:
            if self._before(each) & (found | set(names)):
                found.add(each.name)
        return found

    def lost_without(self, stored: str) -> tuple[Quantity, ...]:
        """Return what cannot be told of a run whose trajectory does not hold something.

        Args:
            stored: its name in a trajectory, e.g. ``internal_energy_ev`` or ``velocities``; of what no observable
                needs by itself, such as the conserved quantity, nothing is lost.
        """
        need = STORED.get(stored)
        direct = {given.name for each in self for given in each.quantities if need in given.needs | each.required}
        after = self.made_from({self.givers[name].name for name in direct})
        return tuple(given for each in self for given in each.quantities if given.name in direct or each.name in after)

    def _before(self, each: Observable) -> set[str]:
        """Return the names of the observables that one is made from."""
        return {self.givers[name].name for name in each.after} if isinstance(each, DerivedObservable) else set()


def all_observables() -> Registry:
    """Return the observables of the package and of all packages that add some."""
    found = read_plugins(GROUP, Observable, taken={each.name for each in BUILT_IN})
    observables = list(BUILT_IN)
    faults = {name: error.cause for name, error in found.faults.items()}
    taken = {given.name for each in BUILT_IN for given in each.quantities}
    for name, record in found.records.items():
        double = sorted(taken & {given.name for given in record.quantities})
        lacking = sorted(set(record.after) - taken) if isinstance(record, DerivedObservable) else []
        if double:
            faults[name] = f"Observable {name!r} of another package gives {', '.join(double)}, which is there already."
        elif lacking:
            faults[name] = f"Observable {name!r} of another package is made from {', '.join(lacking)}: not there."
        else:
            observables.append(record)
            taken |= {given.name for given in record.quantities}
    foreign = frozenset(record.name for record in observables[len(BUILT_IN) :])
    return Registry(tuple(observables), foreign, faults)


def describe_observables() -> str:
    """Return a table of everything that can be observed: name, symbol, unit, what it is."""
    rows = [
        (
            given.name,
            with_unit(given.symbol, given.unit).strip(),
            f"{given.phrase}, over {', '.join(axis.name for axis in given.axes)}" if given.axes else given.phrase,
        )
        for given in all_observables().quantities.values()
    ]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return "\n".join(f"{name:<{widths[0]}}  {symbol:<{widths[1]}}  {phrase}" for name, symbol, phrase in rows)


def quantity(name: str) -> Quantity:
    """Return the record of a quantity: its symbol, unit and what people call it.

    Raises:
        KeyError: no observable that is known gives it.
    """
    return all_observables().quantities[name]
