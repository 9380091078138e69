"""Kills at random moments: driver, fork server, nodes' processes and the programs their engines started.

``python benchmarks/faults.py [--kills 50] [--seed 1] [--log FILE]`` does a study of cheap runs twice, once in peace and
once under ``kill -9``, and compares the two step by step. Exit code 0: every run is done, nothing was lost beyond the
last checkpoint, and every position of every step is that of the undisturbed study to 1e-4 Å.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psutil

from llpt.study import Ledger, State
from llpt.trajectory import Trajectory

ENGINE = """
import subprocess, sys, time
import numpy as np
from ase.calculators.lj import LennardJones

HELPER = "import sys\\nfor line in sys.stdin: print(line, end='', flush=True)"

class Helped(LennardJones):
    '''A Lennard-Jones fluid that asks a program of its own at every step, as an external engine would.'''

    def __init__(self, delay_s=0.0):
        self.delay_s = float(delay_s)
        command = [sys.executable, "-S", "-c", HELPER, "engine-helper"]
        self.helper = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        super().__init__(sigma=1.215, epsilon=0.2, rc=2.3, smooth=True)

    def calculate(self, *arguments, **more):
        time.sleep(self.delay_s)
        self.helper.stdin.write("step\\n")
        self.helper.stdin.flush()
        if self.helper.stdout.readline() != "step\\n":
            raise RuntimeError("the program of the engine is gone")
        super().calculate(*arguments, **more)
"""
STEPS = 150
CHECKPOINT_EVERY = 25
STUDY = f"""
[study]
name = "faults"
[system]
atoms = 16
start = "atomic"
[state]
pressures_gpa = [100.0, 150.0, 200.0, 250.0]
temperatures_k = [700, 800, 900, 1000, 1100]
[dynamics]
steps = {STEPS}
discard = 10
checkpoint_every = {CHECKPOINT_EVERY}
positions_every = 1
relax_steps = 5
ladder = "none"
[reference]
engine = "ase:helped_fluid.Helped"
threads = 1
[reference.options]
delay_s = 0.04
[execution]
cores = 2
retries = 100
"""
SAME_ANGSTROM = 1e-4
COMMAND = (sys.executable, "-c", "from llpt.cli import main; main()", "run", "study.toml")
VICTIMS = ("driver", "fork server", "worker", "engine")


def main() -> int:
    """Do both studies, compare, print and write the log."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mean-s", type=float, default=3.0, help="mean time between kills")
    parser.add_argument("--log", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="llpt-faults-") as scratch:
        place = Path(scratch)
        (place / "engines").mkdir()
        (place / "engines" / "helped_fluid.py").write_text(ENGINE)
        search_path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH", ""), str(place / "engines")]))
        environment = {**os.environ, "PYTHONPATH": search_path}
        studies = []
        for name in ("peace", "kills"):
            directory = place / name
            directory.mkdir()
            (directory / "study.toml").write_text(STUDY)
            studies.append(directory / "study")
        finish(place / "peace", environment)
        killed, drivers = disturb(place / "kills", environment, arguments)
        compared = compare(*studies)
        with Ledger(studies[1] / "study.db") as ledger:
            entries = ledger.entries()
    lost = max((kill["lost"] for kill in killed), default=0)
    passed = (
        all(entry.state is State.DONE for entry in entries)
        and lost <= CHECKPOINT_EVERY
        and compared <= SAME_ANGSTROM
        and len(killed) == arguments.kills
    )
    record = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "command": f"python benchmarks/faults.py --kills {arguments.kills} --seed {arguments.seed}",
        "passed": passed,
        "runs": len(entries),
        "steps of a run": STEPS,
        "killed": dict(Counter(str(kill["victim"]) for kill in killed)),
        "llpt run started": drivers,
        "starts of runs": sum(entry.attempts for entry in entries),
        "most steps lost by a kill": lost,
        "steps between checkpoints": CHECKPOINT_EVERY,
        "largest difference from the undisturbed study (Å)": compared,
        "kills": killed,
    }
    text = json.dumps(record, indent=1, ensure_ascii=False)
    print(text)
    if arguments.log:
        arguments.log.write_text(text + "\n")
    return 0 if passed else 1


def start(directory: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start ``llpt run``."""
    with (directory / "log").open("a") as log:
        return subprocess.Popen(COMMAND, cwd=directory, env=environment, stdout=log, stderr=log, start_new_session=True)


def finish(directory: Path, environment: dict[str, str]) -> None:
    """Do a study to its end."""
    code = start(directory, environment).wait()
    if code:
        raise SystemExit(f"llpt run ended with code {code}: {(directory / 'log').read_text()[-2000:]}")


def disturb(
    directory: Path, environment: dict[str, str], arguments: argparse.Namespace
) -> tuple[list[dict[str, object]], int]:
    """Do a study under kills at random moments; return the kills and how often ``llpt run`` was started."""
    chance = np.random.default_rng(arguments.seed)
    victims = [VICTIMS[index % len(VICTIMS)] for index in chance.permutation(arguments.kills)]
    killed: list[dict[str, object]] = []
    process, drivers, began = start(directory, environment), 1, time.monotonic()
    root = directory / "study"
    while True:
        if victims:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(chance.exponential(arguments.mean_s))
        else:
            process.wait()
        if process.poll() is not None:
            if process.returncode == 0:
                return killed, drivers
            process, drivers = start(directory, environment), drivers + 1
            continue
        found = find(victims[-1], process, root)
        if not found or not workers(root):  # nothing is at work yet
            continue
        reported = progress(root)
        with contextlib.suppress(psutil.Error):
            found[chance.integers(len(found))].kill()
        victim = victims.pop()
        if victim == "driver":
            process.wait()
            wait_for_orphans(root)
        lost = max((steps - on_disk(root, path) for path, steps in reported.items()), default=0)
        moment = round(time.monotonic() - began, 2)
        killed.append({"at (s)": moment, "victim": victim, "at work": len(workers(root)), "lost": max(0, lost)})


def find(victim: str, driver: subprocess.Popen[bytes], root: Path) -> list[psutil.Process]:
    """Return the processes of a kind that are alive."""
    with contextlib.suppress(psutil.Error):
        if victim == "driver":
            return [psutil.Process(driver.pid)] if (root / "jobs").is_dir() else []
        if victim == "fork server":
            children = psutil.Process(driver.pid).children()
            return [child for child in children if "llpt.study.fork_server" in child.cmdline()]
        if victim == "worker":
            return workers(root)
        return [child for worker in workers(root) for child in worker.children() if "engine-helper" in child.cmdline()]
    return []


def workers(root: Path) -> list[psutil.Process]:
    """Return the nodes' processes that are alive; each writes its number into its lock."""
    found = []
    for lock in (root / "jobs").glob("*.lock"):
        with contextlib.suppress(psutil.Error, ValueError):
            process = psutil.Process(int(lock.read_text()))
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def wait_for_orphans(root: Path) -> None:
    """Wait until the nodes' processes have seen that nobody waits for them."""
    while workers(root):
        time.sleep(0.1)


def progress(root: Path) -> dict[str, int]:
    """Return the steps that every run at work last told of."""
    steps = {}
    for file in (root / "jobs").glob("*.progress.json"):
        with contextlib.suppress(OSError, ValueError):
            steps[file.name.removesuffix(".progress.json")] = int(json.loads(file.read_text()).get("steps_done") or 0)
    return steps


def on_disk(root: Path, stem: str) -> int:
    """Return the step of a run's newest checkpoint."""
    engine, *parts = stem.split("-")
    checkpoints = root.joinpath("runs", engine, *parts, "checkpoints")
    return max((int(path.name) for path in checkpoints.glob("[0-9]*")), default=0)


def compare(peace: Path, kills: Path) -> float:
    """Return the largest difference of a coordinate between two studies in Å, over all steps of all runs."""
    largest = 0.0
    for directory in sorted(path.parent for path in peace.glob("runs/**/run.json")):
        other = kills / directory.relative_to(peace)
        for one, same in zip(Trajectory.open(directory), Trajectory.open(other), strict=True):
            largest = max(largest, float(np.abs(one.positions - same.positions).max()))
    return largest


if __name__ == "__main__":
    sys.exit(main())
