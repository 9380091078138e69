"""What a campaign of very many runs costs the one who plans and watches it: planning, ``status``, the first run.

``python benchmarks/campaign.py [--runs 10000] [--directory DIR]`` prints one JSON object of seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

STUDY = """
[study]
name = "campaign"
[system]
atoms = 16
start = "atomic"
[state]
pressures_gpa = [50.0, 100.0, 150.0, 200.0, 250.0]
temperatures_k = {temperatures}
[dynamics]
steps = 20
discard = 5
relax_steps = 0
ladder = "none"
[reference]
engine = "ase:ase.calculators.lj.LennardJones"
threads = 1
[reference.options]
sigma = 1.215
epsilon = 0.2
rc = 2.3
[surrogate]
engine = "ase:ase.calculators.lj.LennardJones"
threads = 1
[surrogate.options]
sigma = 1.215
epsilon = 0.2
rc = 2.3
"""
LINES = 10  # five pressures, two engines


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--directory", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        print(json.dumps(measure(arguments.runs, arguments.directory or Path(scratch)), indent=1))


def measure(runs: int, directory: Path) -> dict[str, object]:
    """Return the seconds of every part; a study of ``runs`` runs is begun in ``directory`` and stopped."""
    number = runs // LINES
    temperatures = [round(300.0 + 2500.0 * index / number, 3) for index in range(number)]
    (directory / "study.toml").write_text(STUDY.format(temperatures=temperatures))
    found: dict[str, object] = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "runs": LINES * number,
        "llpt plan": timed(directory, "plan", "study.toml"),
    }
    began = time.monotonic()
    with (directory / "log").open("w") as log:
        process = subprocess.Popen([*COMMAND, "run", "study.toml"], cwd=directory, stdout=log, stderr=log)
        jobs = directory / "study" / "jobs"
        while not any(jobs.glob("*.progress.json")) and process.poll() is None:
            time.sleep(0.1)
        found["first run starts"] = round(time.monotonic() - began, 2)
        while len(list((directory / "study" / "runs").glob("*/*/*/*/run.json"))) < 3 and process.poll() is None:
            time.sleep(0.5)
        found["third run has begun"] = round(time.monotonic() - began, 2)
        found["llpt status"] = timed(directory, "status", "study")
        asked = time.monotonic()
        process.send_signal(2)
        process.wait()
        found["Ctrl-C"] = round(time.monotonic() - asked, 2)
    found["llpt status, stopped"] = timed(directory, "status", "study")
    return found


COMMAND = (sys.executable, "-c", "from llpt.cli import main; main()")


def timed(directory: Path, *arguments: str) -> float:
    """Return the seconds that a command takes."""
    began = time.monotonic()
    subprocess.run([*COMMAND, *arguments], cwd=directory, check=True, stdout=subprocess.DEVNULL)
    return round(time.monotonic() - began, 2)


if __name__ == "__main__":
    main()
