"""What a campaign of very many runs costs: planning, ``status``, the first run, the driver's time and a run's own.

``python benchmarks/campaign.py [--runs 10000] [--directory DIR] [--log FILE]`` prints one JSON object of seconds: of
the clock, and of a processor, which other work on the machine changes little. The targets are of the clock on an idle
machine; they are judged for 10,000 runs. It takes some two minutes there.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from llpt.study import Ledger, State

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
    parser.add_argument("--log", type=Path)
    arguments = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its bytecode
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background lets its children ignore it
    with tempfile.TemporaryDirectory() as scratch:
        found = measure(arguments.runs, arguments.directory or Path(scratch))
    text = json.dumps(found, indent=1)
    print(text)
    if arguments.log:
        arguments.log.write_text(text + "\n")


TARGETS = {
    ("llpt plan", "clock"): 10.0,
    ("first run starts", "clock"): 15.0,
    ("llpt status", "clock"): 1.0,
    ("a run", "its own (ms of a processor)"): 500.0,
    ("a run", "the driver's (ms of a processor)"): 50.0,
    ("Ctrl-C", "clock"): 5.0,
    ("llpt status, stopped", "clock"): 1.0,
    ("Ctrl-C, planning", "clock"): 5.0,
    ("Ctrl-C, reporting", "clock"): 5.0,
}
"""Seconds, and milliseconds where it says so."""


def targets_met(found: dict[str, Any]) -> dict[str, bool]:
    """Return which targets a measurement meets."""
    return {f"{part}, {which}: {most:g}": found[part][which] <= most for (part, which), most in TARGETS.items()}


def measure(runs: int, directory: Path) -> dict[str, Any]:
    """Return the seconds of every part; a study of ``runs`` runs is begun in ``directory`` and stopped."""
    number = runs // LINES
    temperatures = [round(300.0 + 2500.0 * index / number, 3) for index in range(number)]
    (directory / "study.toml").write_text(STUDY.format(temperatures=temperatures))
    load = os.getloadavg()[0]
    found: dict[str, Any] = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "runs": LINES * number,
        "llpt plan": timed(directory, "plan", "study.toml"),
    }
    began = time.monotonic()
    with (directory / "log").open("w") as log:
        process = subprocess.Popen([*COMMAND, "run", "study.toml"], cwd=directory, stdout=log, stderr=log)
        driver, jobs = psutil.Process(process.pid), directory / "study" / "jobs"
        while not any(jobs.glob("*.progress.json")) and process.poll() is None:
            time.sleep(0.1)
        found["first run starts"] = used_by(driver, began)
        found["llpt status"] = timed(directory, "status", "study")
        wait_for_runs(jobs, FEW)
        found["a run"] = cost_of_runs(driver, jobs, MANY)
        asked = time.monotonic()
        before = driver.cpu_times()
        process.send_signal(signal.SIGINT)
        found["Ctrl-C"] = {"clock": 0.0, "processor": 0.0}
        while process.poll() is None:
            with contextlib.suppress(psutil.Error):
                after = driver.cpu_times()
                used = after.user + after.system - before.user - before.system
                found["Ctrl-C"] = {"clock": round(time.monotonic() - asked, 2), "processor": round(used, 2)}
            time.sleep(0.05)
    found["llpt status, stopped"] = timed(directory, "status", "study")
    found["Ctrl-C, planning"] = interrupted(directory, "plan", "study.toml")
    found["Ctrl-C, reporting"] = interrupted(directory, "report", "study")
    found["load"] = f"{load:.1f} processes at work when it began, {os.getloadavg()[1]:.1f} over the last five minutes"
    return {**found, "targets met": targets_met(found)}


FEW, MANY = 4, 40
"""Runs after which all is warm; runs that are then counted."""


def wait_for_runs(jobs: Path, number: int) -> int:
    """Wait until so many runs are over; return how many are."""
    while (over := len(list(jobs.glob("*.outcome.json")))) < number:
        time.sleep(0.2)
    return over


def cost_of_runs(driver: psutil.Process, jobs: Path, number: int) -> dict[str, float]:
    """Return milliseconds that a run of twenty cheap steps takes: its own, and the driver's."""
    (server,) = [child for child in driver.children() if "llpt.study.fork_server" in child.cmdline()]
    before, own, driven = wait_for_runs(jobs, 0), children_s(server), own_s(driver)
    more = wait_for_runs(jobs, before + number) - before
    with Ledger(jobs.parent / "study.db") as ledger:
        took = [entry.seconds for entry in ledger.entries() if entry.state is State.DONE]
    return {
        "its own (ms of the clock, median)": round(1000.0 * statistics.median(took), 1),
        "its own (ms of a processor)": round(1000.0 * (children_s(server) - own) / more, 1),
        "the driver's (ms of a processor)": round(1000.0 * (own_s(driver) - driven) / more, 1),
    }


def own_s(process: psutil.Process) -> float:
    """Return the processor time of a process in seconds."""
    times = process.cpu_times()
    return float(times.user + times.system)


def children_s(process: psutil.Process) -> float:
    """Return the processor time of the children of a process that have ended, in seconds."""
    times = process.cpu_times()
    return float(times.children_user + times.children_system)


DEVNULL = subprocess.DEVNULL
STOPPED = 130
MOMENTS_S = (0.5, 1.5, 3.0, 6.0, 12.0)
COMMAND = (sys.executable, "-c", "from llpt.cli import program; program()")


def timed(directory: Path, *arguments: str) -> dict[str, float]:
    """Return the seconds that a command takes, of the clock and of a processor."""
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*COMMAND, *arguments], cwd=directory, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"clock": round(time.monotonic() - began, 2), "processor": round(used, 2)}


def interrupted(directory: Path, *arguments: str) -> dict[str, float]:
    """Return the longest time in seconds in which a command answers Ctrl-C, at several moments of its way."""
    answered = []
    for after_s in MOMENTS_S:
        process = subprocess.Popen([*COMMAND, *arguments], cwd=directory, stdout=DEVNULL, stderr=DEVNULL)
        time.sleep(after_s)
        asked = time.monotonic()
        process.send_signal(signal.SIGINT)
        if process.wait() == STOPPED:  # else it had ended before
            answered.append(time.monotonic() - asked)
    if not answered:
        raise SystemExit(f"llpt {arguments[0]} had ended before any Ctrl-C: give other MOMENTS_S")
    return {"clock": round(max(answered), 2)}


def used_by(process: psutil.Process, began: float) -> dict[str, float]:
    """Return the seconds since the start of a process, of the clock and of a processor; its children do not count."""
    times = process.cpu_times()
    return {"clock": round(time.monotonic() - began, 2), "processor": round(times.user + times.system, 2)}


if __name__ == "__main__":
    main()
