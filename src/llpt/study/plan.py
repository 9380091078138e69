"""The plan: the graph of nodes that a study file implies, before anything is spent.

A node is one molecular-dynamics run (engine, N, state, test, repeat), the training of the surrogate, or the single
points of a set of snapshots (``llpt.study.nodes``); an edge says what must be done first: the neighbouring temperature
of a ladder, the run that a controlled test goes on from, the reference runs that a potential is trained on, the
potential that a surrogate run is driven by.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llpt.study.nodes import runs_among, runs_done_here

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llpt.study.nodes import MolecularDynamics, Node, PlannedRun


@dataclass(frozen=True)
class Plan:
    """Every node of a study, each after all it depends on.

    Args:
        nodes: in an order in which they can be done.

    Raises:
        ValueError: two nodes share a directory, or one depends on what comes after it.
    """

    nodes: tuple[Node, ...]
    _by_path: dict[str, Node] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for node in self.nodes:
            if node.path in self._by_path:
                raise ValueError(f"two nodes of the plan share the directory {node.path}")
            if any(parent not in self._by_path for parent in node.after):
                raise ValueError(f"{node.path} depends on a node that does not come before it")
            self._by_path[node.path] = node

    def __getitem__(self, path: str) -> Node:
        return self._by_path[path]

    def __contains__(self, path: object) -> bool:
        return path in self._by_path

    @property
    def paths(self) -> tuple[str, ...]:
        """The directories of all nodes below the study's."""
        return tuple(self._by_path)

    @property
    def runs(self) -> tuple[PlannedRun, ...]:
        """The runs among the nodes."""
        return runs_among(self.nodes)

    @property
    def own_runs(self) -> tuple[MolecularDynamics, ...]:
        """The runs whose dynamics is done here; those made elsewhere are not among them."""
        return runs_done_here(self.nodes)

    @property
    def others(self) -> tuple[Node, ...]:
        """The nodes that are no runs."""
        runs = {run.path for run in self.runs}
        return tuple(node for node in self.nodes if node.path not in runs)

    def with_ancestors(self, paths: Iterable[str]) -> frozenset[str]:
        """Return these nodes and all that must be done before them."""
        found: set[str] = set()
        next_ones = list(paths)
        while next_ones:
            path = next_ones.pop()
            if path not in found:
                found.add(path)
                next_ones += self[path].after
        return frozenset(found)

    @property
    def in_words(self) -> str:
        """What it holds, e.g. ``15 runs, one training and 560 single points``."""
        sums: dict[str, int] = {}
        for node in self.nodes:
            noun, number = node.counted_as
            sums[noun] = sums.get(noun, 0) + number
        parts = [f"one {noun}" if number == 1 else f"{number} {noun}s" for noun, number in sums.items()]
        return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))
