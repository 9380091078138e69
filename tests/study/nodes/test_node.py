"""A new kind of node is one module: plan, costs, ledger, jobs and tables take it as they take the others."""

import importlib
import io
import shutil
import sys
from pathlib import Path

import pytest
from rich.console import Console

from llpt.cli.planning import ladder_table, node_table
from llpt.errors import StorageError
from llpt.study import Ledger, Plan, State, StudyDirectory, estimate_costs, make_plan, makespan_s, nodes, parse_study
from llpt.study.execution import Execution
from llpt.study.explaining import explanation_of
from llpt.study.fixed_thresholds import changed_thresholds, fix_thresholds
from llpt.study.job_files import JobFiles
from llpt.study.jobs import write_job
from llpt.study.nodes import job_kinds, node_kinds, read_job
from llpt.study.observing import observe_electronic_temperature
from llpt.study.stages import grown_plan

TEXT = (Path(__file__).parents[1] / "golden" / "files-and-densities.toml").read_text()


@pytest.fixture
def counting(tmp_path, monkeypatch):
    """The new kind, its one file beside the modules of the others."""
    shutil.copy(Path(__file__).with_name("counting_node.py"), tmp_path / "counting_node.py")
    monkeypatch.setattr(nodes, "__path__", [*nodes.__path__, str(tmp_path)])
    forget()
    yield importlib.import_module("llpt.study.nodes.counting_node").Counting
    del sys.modules["llpt.study.nodes.counting_node"], nodes.counting_node
    forget()


def forget():
    for remembered in (nodes.node_kinds, nodes.job_kinds, nodes._any_job):
        remembered.cache_clear()


def shown(table):
    console = Console(width=200, file=io.StringIO())
    console.print(table)
    return console.file.getvalue()


def test_a_new_kind_of_node_needs_nothing_but_its_module(tmp_path, counting):
    study = parse_study(TEXT)
    planned = make_plan(study)
    node = counting(after=planned.paths[:2])
    assert counting in node_kinds()
    assert job_kinds()["counting"] is counting.job_class
    plan = Plan((*planned.nodes, node))
    assert plan.in_words.endswith("runs and 3 counts")
    assert plan.others[-1] is node
    assert grown_plan(plan, plan.paths, plan).nodes == plan.nodes
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
        assert read_job(JobFiles(directory.root, node.path).job) == node.job(tmp_path)
        fix_thresholds(study, ledger)
        assert changed_thresholds(study, plan, ledger) == ("", True, "")
        ledger.begin(node.path)
        standing = Execution(directory, plan, ledger).progress()
        assert standing.nodes[node.path].state is State.RUNNING
        assert standing.nodes[node.path].remaining_s == 4.0
        file = JobFiles(directory.root, node.path).job
        file.write_text(file.read_text().replace("3", "4"))  # somebody's study may ask for one thing and do another
        with pytest.raises(StorageError, match="not what the study file asks for"):
            write_job(directory, node, ledger)
        ledger.record(node.path, State.DONE, steps_done=3)
        entries = {entry.path: entry for entry in ledger.entries()}
    assert observe_electronic_temperature(directory, plan, entries) is None
    assert explanation_of(directory, plan, entries, [])[1] == []
    told = []
    assert node.job(tmp_path).work(told.append).state is State.DONE
    assert [progress.steps_done for progress in told] == [1, 2, 3]


def files(root):
    """Put the files that the study names into a directory, and return it."""
    for name in ("cells/cell-2.xyz", "pseudos/H.upf", "potentials/hydrogen.model"):
        (root / name).parent.mkdir()
        (root / name).write_text("2\n\nH 0 0 0\nH 0 0 0.74\n")
    return root
