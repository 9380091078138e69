"""A new kind of node is one module: plan, costs, ledger, jobs and tables take it as they take the others."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from rich.console import Console

from llpt.cli.planning import ladder_table, node_table
from llpt.errors import StorageError
from llpt.study import Ledger, Plan, State, StudyDirectory, estimate_costs, make_plan, makespan_s, parse_study
from llpt.study.execution import Execution
from llpt.study.job_files import JobFiles
from llpt.study.jobs import write_job
from llpt.study.nodes.node import AskedEngine, Job, Node
from llpt.study.outcome import NodeOutcome, NodeProgress

TEXT = (Path(__file__).parents[1] / "golden" / "files-and-densities.toml").read_text()


class CountingJob(Job):
    """What the process of the new kind is told."""

    kind: Literal["counting"] = "counting"
    to: int

    def work(self, report):
        for number in range(self.to):
            report(NodeProgress(steps_done=number + 1, steps=self.to))
        return NodeOutcome(path=self.path, state=State.DONE, steps_done=self.to)


@dataclass(frozen=True)
class Counting:
    """The new kind."""

    after: tuple[str, ...]
    path: str = "counts/all"
    threads: int = 1
    engine_folder: str = "abacus"
    engines: tuple[AskedEngine, ...] = ()
    steps: int = 0
    part: str = "counting"
    counted_as: tuple[str, int] = ("count", 3)

    def job(self, root):  # noqa: ARG002
        return CountingJob(path=self.path, to=self.counted_as[1])

    def cost_s(self, times):  # noqa: ARG002
        return 2.0 * len(self.after)


def shown(table):
    console = Console(width=200, file=io.StringIO())
    console.print(table)
    return console.file.getvalue()


def test_a_new_kind_of_node_needs_nothing_but_its_module(tmp_path):
    study = parse_study(TEXT)
    planned = make_plan(study)
    node: Node = Counting(after=planned.paths[:2])
    plan = Plan((*planned.nodes, node))
    assert plan.in_words.endswith("runs and 3 counts")
    assert plan.first_of(Counting) is node
    costs = estimate_costs(plan)
    assert costs[node.path] == 4.0
    assert makespan_s(plan, dict.fromkeys(plan.paths, 0.0) | {node.path: 4.0}, 2) == 4.0
    for table in (ladder_table(plan, costs), node_table(plan, costs)):
        assert "counting" in shown(table)
    directory = StudyDirectory.claim(tmp_path / "study", TEXT, study, source=files(tmp_path))
    with Ledger(directory.database) as ledger:
        for each in plan.nodes:
            write_job(directory, each, ledger)
        assert ledger.entry(node.path).inputs_hash == node.job(tmp_path).inputs_hash()
        ledger.begin(node.path)
        standing = Execution(directory, plan, ledger).progress()
        assert standing.nodes[node.path].state is State.RUNNING
        assert standing.nodes[node.path].remaining_s == 4.0
        file = JobFiles(directory.root, node.path).job
        file.write_text(file.read_text().replace("3", "4"))  # somebody's study may ask for one thing and do another
        with pytest.raises(StorageError, match="not what the study file asks for"):
            write_job(directory, node, ledger)
    told = []
    assert node.job(tmp_path).work(told.append).state is State.DONE
    assert [progress.steps_done for progress in told] == [1, 2, 3]


def files(root):
    """Put the files that the study names into a directory, and return it."""
    for name in ("cells/cell-2.xyz", "pseudos/H.upf", "potentials/hydrogen.model"):
        (root / name).parent.mkdir()
        (root / name).write_text("2\n\nH 0 0 0\nH 0 0 0.74\n")
    return root
