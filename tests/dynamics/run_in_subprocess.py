"""One run of molecular dynamics as a process that a test can kill: DIRECTORY STEPS ENSEMBLE THERMOSTAT [SLEEP]."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from ase.build import bulk
from engines_for_tests import LennardJones

from llpt.dynamics import RunSettings, run_md


class Slow(LennardJones):
    """Takes its time, so that a kill meets it anywhere."""

    def compute(self, atoms, system_changes):
        time.sleep(float(sys.argv[5]) if len(sys.argv) > 5 else 0.0)
        return super().compute(atoms, system_changes)


if __name__ == "__main__":
    settings = RunSettings(
        ensemble=sys.argv[3],
        temperature_k=90.0,
        pressure_gpa=0.05 if sys.argv[3] == "npt" else None,
        timestep_fs=4.0,
        steps=int(sys.argv[2]),
        seed=7,
        thermostat=sys.argv[4],
        thermostat_time_fs=100.0,
        barostat_time_fs=500.0,
        checkpoint_every=7,
        positions_every=1,
    )
    start = bulk("Ar", "fcc", a=4.2, cubic=True).repeat((3, 3, 3))
    outcome = run_md(start, Slow(memory=True), settings, sys.argv[1])
    sys.stdout.write(f"{outcome.state} {outcome.steps_done}\n")
