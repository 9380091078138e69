"""What a node's process is told: one file in ``jobs/`` for each node, complete in itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.errors import StorageError
from llpt.files import make_directory, write_atomically
from llpt.study.job_files import JobFiles
from llpt.study.nodes.node import hash_of_job

if TYPE_CHECKING:
    from llpt.study.layout import StudyDirectory
    from llpt.study.ledger import Ledger
    from llpt.study.nodes import Node


def write_job(directory: StudyDirectory, node: Node, ledger: Ledger) -> None:
    """Write what a node's process is told and enter it in the ledger; what is there already must be the same.

    Args:
        directory: the study.
        node: of its plan.
        ledger: of the study.

    Raises:
        InputError: no starting density is known for the state of a run.
        StorageError: it cannot be written, or the ledger knows the node with other inputs.
    """
    job = node.job(directory.root)
    text = job.text()
    ledger.enter(node.path, inputs_hash=hash_of_job(text), job=text)
    files = JobFiles(directory.root, node.path)
    make_directory(files.job.parent)
    if not files.job.exists():
        write_atomically(files.job, text, durable=False)  # after a power cut it is made again from the plan
    elif files.job.read_text(encoding="utf-8") != text:
        raise StorageError(
            f"{files.job} is not what the study file asks for.",
            "Remove it: llpt run writes it again from the study file.",
        )
