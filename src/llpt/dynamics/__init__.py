"""Molecular dynamics of any engine: ensembles, ladders, exact restart."""

from llpt.dynamics.checkpoint import steps_on_disk
from llpt.dynamics.integrators import (
    IntegratorRecord,
    find_integrator,
    integrator_plugins,
    integrator_records,
    second_codes,
)
from llpt.dynamics.ladder import last_configuration, own_start
from llpt.dynamics.multiple_time_steps import MultipleTimeSteps
from llpt.dynamics.outcome import Progress, RunOutcome, RunState
from llpt.dynamics.run import run_md
from llpt.dynamics.run_record import options_to_go_on_with
from llpt.dynamics.settings import RunSettings, Sampler, timestep_auto
from llpt.ensembles import Ensemble, Thermostat
from llpt.isotopes import Isotope

__all__ = [
    "Ensemble",
    "IntegratorRecord",
    "Isotope",
    "MultipleTimeSteps",
    "Progress",
    "RunOutcome",
    "RunSettings",
    "RunState",
    "Sampler",
    "Thermostat",
    "find_integrator",
    "integrator_plugins",
    "integrator_records",
    "last_configuration",
    "options_to_go_on_with",
    "own_start",
    "run_md",
    "second_codes",
    "steps_on_disk",
    "timestep_auto",
]
