"""Molecular dynamics of any engine: ensembles, ladders, exact restart."""

from llpt.dynamics.checkpoint import steps_on_disk
from llpt.dynamics.isotopes import Isotope
from llpt.dynamics.ladder import last_configuration, own_start
from llpt.dynamics.outcome import Progress, RunOutcome, RunState
from llpt.dynamics.proposals import Proposals
from llpt.dynamics.run import run_md
from llpt.dynamics.settings import IntegratorName, RunSettings, Sampler, Thermostat, timestep_auto
from llpt.ensembles import Ensemble

__all__ = [
    "Ensemble",
    "IntegratorName",
    "Isotope",
    "Progress",
    "Proposals",
    "RunOutcome",
    "RunSettings",
    "RunState",
    "Sampler",
    "Thermostat",
    "last_configuration",
    "own_start",
    "run_md",
    "steps_on_disk",
    "timestep_auto",
]
