"""Functions of the moments of bonds for dense hydrogen, the most useful first.

Shells: the bond (1.4 bohr), the space between molecules, and the next ones out to 6 bohr. Of the 517 scalars and
products of sums in one shell or in two next to each other that are not functions of three atoms, these were picked by
matching pursuit: one after another, the function whose forces correlate most with the force errors that a network
without any of them made on 180 frames of the published trajectories, none of which `benchmarks/training.py` holds out.
"""

from __future__ import annotations

from llpt.mlp.potential.moment_files import parse_function
from llpt.mlp.potential.moments import Bump, MomentFunctions

_BOND = Bump(1.4, 0.6)
_BOND_REACH = 3.2
_SHELLS = (Bump(1.4, 0.35), Bump(2.3, 0.5), Bump(3.1, 0.5), Bump(3.9, 0.55), Bump(4.8, 0.65), Bump(5.8, 0.7))
_REACH = 8.0
_FUNCTIONS = (
    "direction 1 bond-direction 2",
    "bond-along 6",
    "direction 2 bond-direction 3",
    "axis-pull 3 direction 4",
    "direction 3 bond-direction 3",
    "direction 1 bond 2",
    "direction 5 axis-direction 6",
    "axis 3 count-spread 4",
    "axis-direction 2 bond 3",
    "bond-direction 2 direction 3",
    "axis-direction 2 axis-direction 2",
    "direction 2 count-direction 2",
    "axis-along 5",
    "axis 2 spread 3",
    "spread 6 axis-spread 6",
    "spread 2 axis 2",
    "bond 3 bond 4",
    "count-direction 1 bond-direction 2",
    "direction 4 count-direction 4",
    "count-direction 3 direction 4",
    "count-direction 3 axis-direction 3",
    "bond-direction 2 axis-pull 3",
    "bond-along 5",
    "count-spread 5 count-spread 5",
    "bond-direction 3 bond-direction 4",
    "count-direction 1 axis-pull 2",
    "axis-pull 1 axis-direction 2",
    "spread 2 axis-spread 3",
    "bond-direction 2 bond-direction 2",
    "axis-turn 1 axis-turn 2",
    "axis-spread 2 axis-spread 2",
    "bond 4 bond-direction 5",
    "spread 4 count-spread 5",
    "bond 4 axis-direction 5",
    "axis-direction 4 direction 5",
    "direction 6 bond-direction 6",
    "count-direction 3 axis-pull 3",
    "count-direction 6 axis-direction 6",
    "count-direction 5 bond 5",
    "count-direction 5 direction 6",
    "axis-turn 5 spread 6",
    "spread 3 axis-turn 4",
    "count-direction 2 bond 3",
    "axis-direction 3 count-direction 4",
    "count-spread 4 axis 5",
    "axis 1 spread 2",
    "axis-direction 2 bond 2",
    "bond 1 direction 2",
    "count-direction 1 axis-direction 1",
    "axis-pull 2 direction 3",
    "bond 2 axis-direction 3",
    "axis-pull 4 direction 5",
    "direction 5 bond 6",
    "count 2",
    "bond 2 bond-direction 3",
    "direction 2 axis-pull 3",
    "axis 2 count-spread 3",
    "count-direction 2 axis-direction 2",
    "axis-along 6",
    "axis-turn 2 spread 3",
    "direction 4 axis-pull 4",
    "direction 4 axis-pull 5",
    "bond-along 4",
    "direction 6 count-direction 6",
    "count-direction 4 bond-direction 5",
    "count-spread 5 axis-spread 6",
    "count-direction 3 axis-direction 4",
    "bond 5 bond-direction 6",
    "direction 5 bond-direction 5",
    "count-direction 4 bond 4",
    "axis-turn 3 count-spread 4",
    "count-spread 3 spread 4",
    "count-direction 1 bond 2",
    "bond 6 bond 6",
    "axis-spread 2 count-spread 3",
    "axis-spread 1 axis 2",
    "axis-spread 3 axis 4",
    "axis-direction 3 bond-direction 4",
    "count-direction 4 bond-direction 4",
    "count-spread 3 axis 3",
)
MOST_FUNCTIONS = len(_FUNCTIONS)


def hydrogen_moments(count: int) -> MomentFunctions | None:
    """Return the first ``count`` functions of moments, None for zero.

    Args:
        count: from 0 to ``MOST_FUNCTIONS``.
    """
    if not count:
        return None
    return MomentFunctions(
        bond=_BOND,
        bond_reach=_BOND_REACH,
        shells=_SHELLS,
        reach=_REACH,
        functions=tuple(parse_function(line.split()) for line in _FUNCTIONS[:count]),
    )
