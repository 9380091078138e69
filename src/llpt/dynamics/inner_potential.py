"""The potential that moves a run's atoms within a step, and what is asked of it before."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from llpt.engines.make import as_engine, make_engine
from llpt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ase.calculators.calculator import BaseCalculator

    from llpt.dynamics.settings import RunSettings
    from llpt.engines import Engine


ELECTRONS = "electronic_temperature_k"
"""The option that engines with electrons have."""


@contextlib.contextmanager
def inner_potential(settings: RunSettings, given: Engine | BaseCalculator | None) -> Iterator[Engine | None]:
    """Give the potential within a step, as handed over or as the settings name it; None in plain dynamics.

    Args:
        settings: of the run.
        given: the potential, where it is handed over.

    Raises:
        InputError: there is none, or two, or one that plain dynamics has no use for; or it has electrons, and would not
            give the same again where a run goes on.
    """
    asked = settings.multiple_time_steps
    if asked is None and given is None:
        yield None
    elif asked is None or bool(asked.engine) == (given is not None):
        raise InputError(
            "A run takes one potential with multiple_time_steps in its settings, and none without.",
            "Name it there as engine, or hand it to run_md.",
        )
    elif given is not None:
        potential = as_engine(given)
        _check(potential)
        yield potential
    else:
        engine = make_engine(asked.engine, asked.options, purpose=settings.purpose)
        try:
            _check(engine)
            yield engine
        finally:
            engine.close()


def _check(potential: Engine) -> None:
    described = potential.describe()
    if ELECTRONS in described.options:
        raise InputError(
            f"Engine {described.spec} has electrons that it follows from step to step, so that it would not give "
            "the same again where a run goes on.",
            "Take a potential without electrons, as a network.",
        )
