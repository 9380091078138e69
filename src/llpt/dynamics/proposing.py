"""What hybrid Monte Carlo asks of a run's two engines, before the first step."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from llpt.dft.settings import Convergence
from llpt.engines.face import PressureLabel
from llpt.engines.make import as_engine, make_engine
from llpt.ensembles import Ensemble
from llpt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ase.calculators.calculator import BaseCalculator

    from llpt.dynamics.settings import RunSettings
    from llpt.engines import Engine


@contextlib.contextmanager
def proposing(settings: RunSettings, given: Engine | BaseCalculator | None) -> Iterator[Engine | None]:
    """Give the potential of hybrid Monte Carlo, as handed over or as the settings name it; None in dynamics.

    Args:
        settings: of the run.
        given: the proposer, where it is handed over.

    Raises:
        InputError: there is none, or two, or one that dynamics has no use for.
    """
    named = "" if settings.proposals is None else settings.proposals.engine
    if settings.proposals is None and given is None:
        yield None
    elif settings.proposals is None or bool(named) == (given is not None):
        raise InputError(
            "A run takes one proposer with proposals in its settings, and none without.",
            "Name it in proposals.engine, or hand it to run_md.",
        )
    elif given is not None:
        yield as_engine(given)
    else:
        engine = make_engine(named, settings.proposals.options, purpose=settings.purpose_of_dynamics)
        try:
            yield engine
        finally:
            engine.close()


def check_depends_on_configuration_alone(engine: Engine, settings: RunSettings) -> None:
    """Refuse an engine for hybrid Monte Carlo whose F depends on what it solved before.

    Args:
        engine: that accepts.
        settings: of the run.

    Raises:
        InputError: it solves structures as steps of dynamics, or does not correct F while the volume changes.
    """
    described = engine.describe()
    if described.options.get("convergence") == Convergence.MOLECULAR_DYNAMICS:
        raise InputError(
            f"Engine {described.spec} solves structures as steps of dynamics, so F depends on those before.",
            'Make it with purpose=settings.purpose, or leave option convergence out (or "tight").',
        )
    uncorrected = "ecut_ry" in described.options and described.pressure_label is PressureLabel.UNCORRECTED
    if settings.ensemble is Ensemble.NPT and uncorrected:
        raise InputError(
            f"Engine {described.spec} does not correct F to its nominal cutoff, as hybrid Monte Carlo at constant "
            "pressure needs.",
            'Take an engine that does (dft with pressure_correction "finite-basis"), or constant volume.',
        )
