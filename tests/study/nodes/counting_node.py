"""A kind of node of a package's own: the one file that it takes, which the test puts beside the others."""

from dataclasses import dataclass
from typing import Literal

from llpt.study.nodes.node import AskedEngine, Job, Node
from llpt.study.outcome import NodeOutcome, NodeProgress, State


class CountingJob(Job):
    """What the process of the new kind is told."""

    kind: Literal["counting"] = "counting"
    to: int

    def work(self, report):
        for number in range(self.to):
            report(NodeProgress(steps_done=number + 1, steps=self.to))
        return NodeOutcome(path=self.path, state=State.DONE, steps_done=self.to)


@dataclass(frozen=True)
class Counting(Node):
    """The new kind."""

    job_class = CountingJob

    after: tuple[str, ...] = ()
    path: str = "counts/all"
    threads: int = 1
    engine_folder: str = "abacus"
    engines: tuple[AskedEngine, ...] = ()
    part: str = "counting"
    counted_as: tuple[str, int] = ("count", 3)

    def job(self, root):  # noqa: ARG002
        return CountingJob(path=self.path, to=self.counted_as[1])

    def cost_s(self, times):  # noqa: ARG002
        return 2.0 * len(self.after)
