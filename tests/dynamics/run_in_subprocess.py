"""Runs of molecular dynamics as processes that a test can kill, forked from one that has imported what they need."""

import multiprocessing
import time

from ase.build import bulk

from llpt.dynamics import RunSettings, run_md

from .engines_for_tests import LennardJones

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["ase.build", "ipi.pes", "ipi.scripting", "llpt.dynamics.run", "llpt.trajectory"])


class Slow(LennardJones):
    """Takes its time, so that a kill meets it anywhere."""

    def __init__(self, sleep):
        super().__init__(memory=True)
        self.sleep = sleep

    def compute(self, atoms, system_changes):
        time.sleep(self.sleep)
        return super().compute(atoms, system_changes)


def start_process(directory, *, steps, ensemble="npt", thermostat="svr", sleep=0.0):
    """Start a run and return its process, and the end of a pipe that tells what came out of it."""
    told, tells = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=_run, args=(directory, steps, ensemble, thermostat, sleep, tells))
    process.start()
    tells.close()
    return process, told


def _run(directory, steps, ensemble, thermostat, sleep, tells):  # noqa: PLR0917 - as a process gets them
    settings = RunSettings(
        ensemble=ensemble,
        temperature_k=90.0,
        pressure_gpa=0.05 if ensemble == "npt" else None,
        timestep_fs=4.0,
        steps=steps,
        seed=7,
        thermostat=thermostat,
        thermostat_time_fs=100.0,
        barostat_time_fs=500.0,
        checkpoint_every=7,
        positions_every=1,
    )
    start = bulk("Ar", "fcc", a=4.2, cubic=True).repeat((3, 3, 3))
    outcome = run_md(start, Slow(sleep), settings, directory)
    tells.send((str(outcome.state), outcome.steps_done))
