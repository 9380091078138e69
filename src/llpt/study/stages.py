"""The plan of a study that grew: what of an earlier one stays.

A node that was begun stays as it was planned then: it keeps its start, though a rung that was added later may lie
between it and the rung that it started from, and a training keeps the runs it was planned with. Only a run's length
may grow, and then it goes on from its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.study.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llpt.study.nodes import Node


def grown_plan(before: Plan, begun: Iterable[str], after: Plan) -> Plan:
    """Return a plan in which nodes that were begun are as an earlier one had them.

    Args:
        before: the earlier plan.
        begun: paths of nodes in it that were begun.
        after: the plan of the study as it is now.
    """
    kept = {path: before[path] for path in begun if path in before and path in after}
    return Plan(_in_order([kept[node.path].grown(node) if node.path in kept else node for node in after.nodes]))


def _in_order(nodes: list[Node]) -> tuple[Node, ...]:
    """Return nodes each after all it depends on, else in the order given."""
    by_path = {node.path: node for node in nodes}
    ordered: dict[str, Node] = {}

    def put(node: Node) -> None:
        if node.path not in ordered:
            for parent in node.after:
                put(by_path[parent])
            ordered[node.path] = node

    for node in nodes:
        put(node)
    return tuple(ordered.values())
