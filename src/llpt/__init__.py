"""llpt: is a machine-learnt potential a faithful surrogate of its reference theory across a phase transition?

What a notebook needs, each name loaded when it is first used; ``docs/python.md`` shows every one of them:

- ``open_trajectory`` opens runs, files of other programs, structures of ASE, MDAnalysis and arrays: a ``Trajectory``.
- ``observe`` averages one: ``Observations``, every number with its error, and a reason for whatever is absent.
- ``make_engine`` gives a source of energy, forces and stress, ``evaluate`` labels structures with it, ``run_md`` runs
  molecular dynamics (``RunSettings``), ``harvest`` takes frames from runs, ``train`` fits a network to labels
  (``TrainingSettings``).
- ``Isobar``, ``Isochore`` and ``Isotherm`` order runs; ``locate`` finds the transition on an isobar and
  ``order_of_line`` its order; ``compare`` holds isobars against each other by ``Thresholds`` and gives a ``Verdict``.
- ``ObservedRun`` says what a run was done for, ``analyse`` all that a set of such runs tells.
- ``plot`` draws whatever came out onto axes of matplotlib.
- Numbers are ``Estimate``; what a person can mend is an ``LlptError``.

Everything else lies in the folders below: ``llpt.observables``, ``llpt.transition``, ``llpt.audit`` …
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llpt.audit import Thresholds, Verdict, compare
    from llpt.campaign.analysis import analyse
    from llpt.campaign.observed import ObservedRun
    from llpt.dynamics import RunSettings, run_md
    from llpt.engines import evaluate, make_engine
    from llpt.errors import LlptError
    from llpt.learning import harvest
    from llpt.mlp import TrainingSettings, train
    from llpt.observables import Observations, observe
    from llpt.report import plot
    from llpt.statistics import Estimate
    from llpt.trajectory import Trajectory, open_trajectory
    from llpt.transition import Isobar, Isochore, Isotherm, locate
    from llpt.transition.order import order_of_line
    from llpt.version import VERSION as __version__  # noqa: N811 - the name that every package has

__all__ = [
    "Estimate",
    "Isobar",
    "Isochore",
    "Isotherm",
    "LlptError",
    "Observations",
    "ObservedRun",
    "RunSettings",
    "Thresholds",
    "TrainingSettings",
    "Trajectory",
    "Verdict",
    "__version__",
    "analyse",
    "compare",
    "evaluate",
    "harvest",
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
    "Estimate": "llpt.statistics",
    "Isobar": "llpt.transition",
    "Isochore": "llpt.transition",
    "Isotherm": "llpt.transition",
    "LlptError": "llpt.errors",
    "Observations": "llpt.observables",
    "ObservedRun": "llpt.campaign.observed",
    "RunSettings": "llpt.dynamics",
    "Thresholds": "llpt.audit",
    "TrainingSettings": "llpt.mlp",
    "Trajectory": "llpt.trajectory",
    "Verdict": "llpt.audit",
    "analyse": "llpt.campaign.analysis",
    "compare": "llpt.audit",
    "evaluate": "llpt.engines",
    "harvest": "llpt.learning",
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
