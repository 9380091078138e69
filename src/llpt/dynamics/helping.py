"""The potential that helps a run's engine, by proposals or within a step, and what is asked of the two before it."""

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


ELECTRONS = "electronic_temperature_k"
"""The option that engines with electrons have."""


@contextlib.contextmanager
def helping(settings: RunSettings, given: Engine | BaseCalculator | None) -> Iterator[Engine | None]:
    """Give the potential that helps, as handed over or as the settings name it; None in plain dynamics.

    Args:
        settings: of the run.
        given: the potential, where it is handed over.

    Raises:
        InputError: there is none, or two, or one that dynamics has no use for.
    """
    asked = settings.helped
    if asked is None and given is None:
        yield None
    elif asked is None or bool(asked.engine) == (given is not None):
        raise InputError(
            "A run takes one potential with proposals or multiple_time_steps in its settings, and none without.",
            "Name it there as engine, or hand it to run_md.",
        )
    elif given is not None:
        yield as_engine(given)
    else:
        engine = make_engine(asked.engine, asked.options, purpose=settings.purpose_of_dynamics)
        try:
            yield engine
        finally:
            engine.close()


def check_helped(engine: Engine, potential: Engine, settings: RunSettings) -> None:
    """Refuse two engines that cannot work together.

    Hybrid Monte Carlo needs an F that depends on the configuration alone; a potential that moves the atoms within a
    step is asked again where a run goes on, and has to give the same.

    Args:
        engine: of the run.
        potential: that helps it.
        settings: of the run.

    Raises:
        InputError: the potential within a step has electrons; the engine of hybrid Monte Carlo solves structures as
            steps of dynamics, or does not correct F while the volume changes.
    """
    if settings.proposals is None:
        described = potential.describe()
        if ELECTRONS in described.options:
            raise InputError(
                f"Engine {described.spec} has electrons that it follows from step to step, so that it would not give "
                "the same again where a run goes on.",
                "Take a potential without electrons, as a network.",
            )
        return
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
