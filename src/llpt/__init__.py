"""llpt: is a machine-learnt potential a faithful surrogate of its reference theory across a phase transition?

What a notebook needs, each name loaded when it is first used; ``docs/python.md`` shows every one of them:

- ``open_trajectory`` opens runs, files of other programs, structures of ASE, MDAnalysis and arrays.
- ``observe`` averages one: every number with its error, and a reason for whatever is absent.
- ``make_engine`` gives a source of energy, forces and stress, ``evaluate`` labels structures with it, ``run_md`` runs
  molecular dynamics (``RunSettings``), and ``train`` fits a network to labels (``TrainingSettings``).
- ``Isobar``, ``Isochore`` and ``Isotherm`` order runs; ``locate`` finds the transition on one of them and
  ``order_of_line`` its order; ``compare`` holds them against each other by ``Thresholds`` and gives a verdict.
- ``plot`` draws whatever came out onto axes of matplotlib.

Everything else lies in the folders below, the types that these names return among it: ``llpt.trajectory.Trajectory``,
``llpt.observables.Observations``, ``llpt.statistics.Estimate``, ``llpt.audit.Verdict``; ``llpt.campaign.analyse`` for
any number of runs, ``llpt.learning.harvest`` for training frames, ``llpt.errors.LlptError`` for what a person can mend.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llpt.audit import Thresholds, compare
    from llpt.dynamics import RunSettings, run_md
    from llpt.engines import evaluate, make_engine
    from llpt.mlp import TrainingSettings, train
    from llpt.observables import observe
    from llpt.report import plot
    from llpt.trajectory import open_trajectory
    from llpt.transition import Isobar, Isochore, Isotherm, locate
    from llpt.transition.order import order_of_line
    from llpt.version import VERSION as __version__  # noqa: N811 - the name that every package has

__all__ = [
    "Isobar",
    "Isochore",
    "Isotherm",
    "RunSettings",
    "Thresholds",
    "TrainingSettings",
    "__version__",
    "compare",
    "evaluate",
    "locate",
    "make_engine",
    "observe",
    "open_trajectory",
    "order_of_line",
    "plot",
    "run_md",
    "train",
]

_HOMES = {
    "Isobar": "llpt.transition",
    "Isochore": "llpt.transition",
    "Isotherm": "llpt.transition",
    "RunSettings": "llpt.dynamics",
    "Thresholds": "llpt.audit",
    "TrainingSettings": "llpt.mlp",
    "compare": "llpt.audit",
    "evaluate": "llpt.engines",
    "locate": "llpt.transition",
    "make_engine": "llpt.engines",
    "observe": "llpt.observables",
    "open_trajectory": "llpt.trajectory",
    "order_of_line": "llpt.transition.order",
    "plot": "llpt.report",
    "run_md": "llpt.dynamics",
    "train": "llpt.mlp",
}


if not TYPE_CHECKING:  # a checker that saw this would take any name

    def __getattr__(name: str) -> object:
        """Load a public name when it is first used."""
        if name == "__version__":
            value = import_module("llpt.version").VERSION
        elif name in _HOMES:
            value = getattr(import_module(_HOMES[name]), name)
        else:
            raise AttributeError(f"module 'llpt' has no attribute {name!r}")
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """List the public names, so that a notebook completes them."""
    return sorted({*globals(), *__all__} - {"TYPE_CHECKING", "annotations", "import_module"})
