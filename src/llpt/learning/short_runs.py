"""The dynamics of recipes: short runs at constant volume, by a potential or by the reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.dynamics import Ensemble, RunSettings, RunState, Thermostat, run_md

if TYPE_CHECKING:
    from pathlib import Path

    from ase import Atoms

    from llpt.dynamics import RunOutcome
    from llpt.engines import Engine

_THERMOSTAT_FS = 30.0


def run_short(
    start: Atoms, engine: Engine, directory: Path, *, temperature_k: float, steps: int, every: int, seed: int
) -> RunOutcome:
    """Run Langevin dynamics at constant volume into a directory, or what is missing there; it may fail on the way.

    Args:
        start: the structure.
        engine: the source of forces.
        directory: where the run lies.
        temperature_k: temperature of the thermostat.
        steps: steps in all.
        every: steps between stored frames.
        seed: of velocities and thermostat.

    Raises:
        KeyboardInterrupt: a signal asked the run to stop, so that what follows must; the same call goes on with it.
    """
    settings = RunSettings(
        ensemble=Ensemble.NVT,
        temperature_k=temperature_k,
        thermostat=Thermostat.LANGEVIN,
        thermostat_time_fs=_THERMOSTAT_FS,
        steps=steps,
        seed=seed,
        positions_every=every,
    )
    outcome = run_md(start, engine, settings, directory)
    if outcome.state is RunState.UNFINISHED:
        raise KeyboardInterrupt
    return outcome
