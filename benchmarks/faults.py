"""Kills at random moments: driver, fork server, nodes' processes and the programs their engines started.

``python benchmarks/faults.py [--kills 50] [--of-pw 8] [--seed 1] [--log FILE]`` does a study of cheap runs once in
peace and then under ``kill -9``, anew until all kills are made, and compares each with the first step by step; and so,
for some of the kills, a study that pw.x computes, which must be installed. Of each kill it notes which runs it hit, how
many steps they had told of (once a second), how many were in their newest checkpoint when their processes were gone,
and what the ledger then says of them. Exit code 0: all runs are done, no kill cost more steps than lie between two
checkpoints, every run that a kill ended was tried again, no program outlived its run, a killed driver was known for
dead, and every position of every step is that of the undisturbed study to 1e-4 Å.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil

from llpt.campaign import file_stem
from llpt.study import Ledger, State
from llpt.study.ledger import KILLED
from llpt.study.standing_now import study_standing
from llpt.trajectory import Trajectory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llpt.study.ledger import Entry

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
CHECKPOINT_EVERY = 25
STUDY = f"""
[study]
name = "faults"
[system]
atoms = 16
start = "atomic"
[state]
pressures_gpa = PRESSURES
temperatures_k = [700, 800, 900, 1000, 1100, 1200]
[dynamics]
steps = STEPS
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
PW_STUDY = """
[study]
name = "faults of another program"
[system]
atoms = 16
start = "atomic"
[state]
pressures_gpa = 120.0
temperatures_k = [2800, 3000]
[dynamics]
steps = PW_STEPS
discard = 1
timestep_fs = 0.2
checkpoint_every = PW_CHECKPOINT_EVERY
positions_every = 1
relax_steps = 0
ladder = "none"
[reference]
engine = "quantum-espresso"
ecut_ry = 20.0
electronic_temperature = 10000
threads = 1
[reference.options]
pseudopotential = "gth"
[execution]
cores = 2
retries = 100
"""
PW = "pw.x"
PW_STEPS, PW_CHECKPOINT_EVERY = 40, 5
PRESSURES_GPA = (100.0, 150.0, 200.0, 250.0)
SAME_ANGSTROM = 1e-4
COMMAND = (sys.executable, "-c", "from llpt.cli import program; program()", "run", "study.toml")
VICTIMS = ("driver", "fork server", "worker", "engine")
PW_VICTIMS = (PW, "driver", PW, "worker")
MOST_STUDIES = 20
"""So often a study is done under kills; who asks for one kill an hour is told that they were not made."""
PROGRAMS = (PW, "engine")
"""Victims without which a run may still come to its end, where it needs them no more."""


@dataclass(frozen=True)
class Trial:
    """A study that is done in peace, and under kills until all of them are made.

    Args:
        name: of its directory.
        text: the study file.
        victims: what is killed, in this order.
        checkpoint_every: steps between two checkpoints.
    """

    name: str
    text: str
    victims: tuple[str, ...]
    checkpoint_every: int


@dataclass(frozen=True)
class Found:
    """What came of a trial.

    Args:
        kills: those made.
        studies: how often the study was done under them.
        drivers: how often ``llpt run`` was started for it.
        entries: their ledgers at the end.
        compared: the largest difference of a coordinate from the undisturbed study in Å.
        lost: most steps that a kill cost.
        kept_its_checkpoints: whether these are no more than lie between two checkpoints.
    """

    kills: list[Kill]
    studies: int
    drivers: int
    entries: tuple[Entry, ...]
    compared: float
    lost: int
    kept_its_checkpoints: bool


def victims_of(kinds: Sequence[str], kills: int, chance: np.random.Generator) -> tuple[str, ...]:
    """Return so many victims, as many of each kind as can be, in an order of chance."""
    return tuple(kinds[index % len(kinds)] for index in chance.permutation(kills))


def main() -> int:
    """Do both studies, compare, print and write the log."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--of-pw", type=int, default=8, help="so many of them in the study that pw.x computes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mean-s", type=float, default=2.0, help="mean time between kills")
    parser.add_argument("--pressures", type=int, default=4, choices=range(1, 5), help="each is six runs")
    parser.add_argument("--steps", type=int, default=200, help="of a run")
    parser.add_argument("--log", type=Path)
    arguments = parser.parse_args()
    if arguments.of_pw and shutil.which(PW) is None:
        raise SystemExit("pw.x is not installed: Debian's quantum-espresso, or --of-pw 0")
    chance = np.random.default_rng(arguments.seed)
    text = STUDY.replace("PRESSURES", str(list(PRESSURES_GPA[: arguments.pressures]))).replace(
        "STEPS", str(arguments.steps)
    )
    victims = victims_of(VICTIMS, arguments.kills - arguments.of_pw, chance)
    trials = [Trial("fluid", text, victims, CHECKPOINT_EVERY)] if victims else []
    if arguments.of_pw:
        text = PW_STUDY.replace("PW_STEPS", str(PW_STEPS)).replace("PW_CHECKPOINT_EVERY", str(PW_CHECKPOINT_EVERY))
        trials.append(Trial(PW, text, victims_of(PW_VICTIMS, arguments.of_pw, chance), PW_CHECKPOINT_EVERY))
    with tempfile.TemporaryDirectory(prefix="llpt-faults-") as scratch:
        place = Path(scratch)
        (place / "site-packages").mkdir()
        (place / "site-packages" / "helped_fluid.py").write_text(ENGINE)
        search_path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH", ""), str(place / "site-packages")]))
        environment = {**os.environ, "PYTHONPATH": search_path}
        found = [tried(trial, place / trial.name, environment, chance, arguments.mean_s) for trial in trials]
    killed = [kill for one in found for kill in one.kills]
    entries = [entry for one in found for entry in one.entries]
    checks = {
        "every run is done": all(entry.state is State.DONE for entry in entries),
        "no kill cost more than the steps between two checkpoints": all(one.kept_its_checkpoints for one in found),
        "every run that a kill ended was tried again": all(run.followed for kill in killed for run in kill.runs),
        "no program of an engine outlived its run": all(kill.outlived == 0 for kill in killed),
        "a killed driver is known for dead": all(kill.known_for_dead is not False for kill in killed),
        "positions are those of the undisturbed study": all(one.compared <= SAME_ANGSTROM for one in found),
        "all kills were made": len(killed) == arguments.kills,
    }
    passed = all(checks.values())
    record = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "load": f"{os.getloadavg()[2]:.1f} processes at work on average, these included",
        "command": f"python benchmarks/faults.py {' '.join(sys.argv[1:])}".rstrip(),
        "passed": passed,
        "checks": checks,
        "studies under kills": {trial.name: one.studies for trial, one in zip(trials, found, strict=True)},
        "runs": len(entries),
        "steps of a run": {"fluid": arguments.steps, PW: PW_STEPS},
        "killed": dict(Counter(kill.victim for kill in killed)),
        "runs ended by a kill": sum(len(kill.runs) for kill in killed),
        "llpt run started": sum(one.drivers for one in found),
        "starts of runs": sum(entry.attempts for entry in entries),
        "most steps lost by a kill": {trial.name: one.lost for trial, one in zip(trials, found, strict=True)},
        "steps between checkpoints": {trial.name: trial.checkpoint_every for trial in trials},
        "largest difference from the undisturbed study (Å)": {
            trial.name: one.compared for trial, one in zip(trials, found, strict=True)
        },
        "kills": [kill.written() for kill in killed],
    }
    text = json.dumps(record, indent=1, ensure_ascii=False)
    print(text)
    if arguments.log:
        arguments.log.write_text(text + "\n")
    return 0 if passed else 1


@dataclass
class EndedRun:
    """A run whose process a kill ended.

    Args:
        run: its path.
        told: steps that it had told of.
        kept: steps in its newest checkpoint, once its process was gone.
        followed: what the ledger says of it next.
    """

    run: str
    told: int
    kept: int = 0
    followed: str = ""

    @property
    def lost(self) -> int:
        """Steps that have to be made once more."""
        return max(0, self.told - self.kept)


@dataclass
class Kill:
    """One ``kill -9``.

    Args:
        study: in which of the studies under kills, from 1.
        at_s: when, since the start of that study.
        time: the same, in seconds since 1970.
        victim: what was killed.
        runs: the runs that it ended; none where only the process that runs are forked from was killed.
        went_on: runs that were at work and went on.
        programs: those of the engines of the runs that it ended; the others go on meanwhile.
        outlived: of these, those that were still alive when the study was done.
        known_for_dead: of a driver: whether ``llpt status`` would say that it is gone.
    """

    study: int
    at_s: float
    time: float
    victim: str
    runs: list[EndedRun] = field(default_factory=list)
    went_on: int = 0
    programs: list[psutil.Process] = field(default_factory=list)
    outlived: int = 0
    known_for_dead: bool | None = None

    def note_what_followed(self, events: Sequence[tuple[float, str, State, str]]) -> None:
        """Find in the ledger what became of the runs: the first word on each after the kill that tells its end."""
        for run in self.runs:
            later = (
                (state, reason) for moment, path, state, reason in events if path == run.run and moment > self.time
            )
            words = (self._what_follows(state, reason) for state, reason in later)
            run.followed = next(filter(None, words), "")

    def _what_follows(self, state: State, reason: str) -> str:
        """Return a word of the ledger that follows a kill; one that tells something else is empty."""
        if "tried again" in reason or reason == KILLED:
            return reason
        if state is State.DONE and self.victim in PROGRAMS:
            return "done: its last step was behind it"
        unseen = self.victim == "driver" and state is State.RUNNING  # it had not been seen to begin
        return "begun" if unseen else ""

    def written(self) -> dict[str, object]:
        """Return it for the log."""
        runs = [{**asdict(run), "lost": run.lost} for run in self.runs]
        found = {"study": self.study, "at (s)": self.at_s, "victim": self.victim}
        found |= {"ended": runs, "runs that went on": self.went_on}
        if self.outlived:
            found["programs that outlived their runs"] = self.outlived
        return found if self.known_for_dead is None else {**found, "known for dead": self.known_for_dead}


def start(directory: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start ``llpt run``."""
    with (directory / "log").open("a") as log:
        return subprocess.Popen(COMMAND, cwd=directory, env=environment, stdout=log, stderr=log, start_new_session=True)


def finish(directory: Path, environment: dict[str, str]) -> None:
    """Do a study to its end."""
    code = start(directory, environment).wait()
    if code:
        raise SystemExit(f"llpt run ended with code {code}: {(directory / 'log').read_text()[-2000:]}")


def tried(trial: Trial, place: Path, environment: dict[str, str], chance: np.random.Generator, mean_s: float) -> Found:
    """Do a study in peace, then under kills until all of them are made, and compare them with the first.

    Args:
        trial: the study.
        place: a directory to make.
        environment: of ``llpt run``.
        chance: when is killed, and which of several.
        mean_s: mean time between two kills in seconds.
    """
    peace = new_study(place / "peace", trial)
    finish(peace, environment)
    left, killed, entries, drivers, studies, compared = list(reversed(trial.victims)), [], (), 0, 0, 0.0
    while left and studies < MOST_STUDIES:
        studies += 1
        directory = new_study(place / f"kills-{studies}", trial)
        made, started = disturb(directory, environment, left, chance, mean_s, number=studies)
        with Ledger(directory / "study" / "study.db") as ledger:
            entries, events = entries + ledger.entries(), ledger.events()
        for kill in made:
            kill.note_what_followed(events)
            kill.outlived = sum(is_alive(program) for program in kill.programs)
        compared = max(compared, compare(peace / "study", directory / "study"))
        killed, drivers = killed + made, drivers + started
    lost = max((run.lost for kill in killed for run in kill.runs), default=0)
    return Found(killed, studies, drivers, entries, compared, lost, kept_its_checkpoints=lost <= trial.checkpoint_every)


def new_study(directory: Path, trial: Trial) -> Path:
    """Make a directory with the study file, and return it."""
    directory.mkdir(parents=True)
    (directory / "study.toml").write_text(trial.text)
    return directory


def disturb(
    directory: Path,
    environment: dict[str, str],
    victims: list[str],
    chance: np.random.Generator,
    mean_s: float,
    *,
    number: int,
) -> tuple[list[Kill], int]:
    """Do a study under kills at random moments; return the kills and how often ``llpt run`` was started.

    Args:
        directory: with the study file.
        environment: of ``llpt run``.
        victims: what is killed, from the last on; whoever was killed is taken away.
        chance: when is killed, and which of several.
        mean_s: mean time between two kills in seconds.
        number: of the study, from 1.
    """
    killed: list[Kill] = []
    process, drivers, began = start(directory, environment), 1, time.monotonic()
    root = directory / "study"
    while True:
        if victims:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(chance.exponential(mean_s))
        else:
            process.wait()
        if process.poll() is not None:
            if process.returncode == 0:
                return killed, drivers
            process, drivers = start(directory, environment), drivers + 1
            continue
        at_work = workers(root)
        found = find(victims[-1], process, at_work)
        if not found or not at_work:  # nothing is at work yet
            continue
        one = found[chance.integers(len(found))]
        hit = runs_hit(victims[-1], one, at_work)
        at_s = round(time.monotonic() - began, 2)
        kill = Kill(number, at_s, time.time(), victims[-1], went_on=len(at_work) - len(hit))
        told = {path: steps_told(root, path) for path in hit}
        programs = [program for path in hit for program in helpers(at_work[path])]
        try:
            one.kill()
        except psutil.Error:  # it has just ended by itself
            continue
        if victims.pop() == "driver":
            process.wait()
            kill.known_for_dead = not at_work_says_status(root)
        for path in hit:
            psutil.wait_procs([at_work[path]], timeout=PATIENCE_S)
            kill.runs.append(EndedRun(path, told[path], on_disk(root, path)))
        kill.programs = programs
        killed.append(kill)


PATIENCE_S = 120.0


def find(victim: str, driver: subprocess.Popen[bytes], at_work: Mapping[str, psutil.Process]) -> list[psutil.Process]:
    """Return the processes of a kind that are alive."""
    with contextlib.suppress(psutil.Error):
        if victim == "driver":
            return [psutil.Process(driver.pid)]
        if victim == "fork server":
            return [child for child in psutil.Process(driver.pid).children() if is_fork_server(child)]
        if victim == "worker":
            return list(at_work.values())
        return [helper for worker in at_work.values() for helper in helpers(worker)]
    return []


def runs_hit(victim: str, killed: psutil.Process, at_work: Mapping[str, psutil.Process]) -> list[str]:
    """Return the runs that end with a process; those at work outlive the one that they were forked from."""
    if victim == "driver":
        return list(at_work)
    return [path for path, worker in at_work.items() if worker == killed or killed in helpers(worker)]


def helpers(worker: psutil.Process) -> list[psutil.Process]:
    """Return the programs that the engine of a run has started."""
    with contextlib.suppress(psutil.Error):
        return [child for child in worker.children(recursive=True) if is_program(child)]
    return []


def is_program(process: psutil.Process) -> bool:
    """Whether an engine has started this process to compute for it."""
    return process.name() == PW or "engine-helper" in process.cmdline()


def is_alive(process: psutil.Process) -> bool:
    """Whether a process has not ended."""
    with contextlib.suppress(psutil.Error):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False


def is_fork_server(process: psutil.Process) -> bool:
    """Whether runs are forked from this process."""
    return "llpt.study.fork_server" in process.cmdline()


def workers(root: Path) -> dict[str, psutil.Process]:
    """Return the runs at work with their processes; each writes its number into its lock."""
    if not (root / "study.db").exists():
        return {}
    with Ledger(root / "study.db") as ledger:
        paths = [entry.path for entry in ledger.entries()]
    found = {}
    for path in paths:
        with contextlib.suppress(psutil.Error, ValueError, OSError):
            process = psutil.Process(int((root / "jobs" / f"{file_stem(path)}.lock").read_text()))
            if process.status() != psutil.STATUS_ZOMBIE and is_fork_server(process):
                found[path] = process
    return found


def at_work_says_status(root: Path) -> bool:
    """Whether ``llpt status`` says that an ``llpt run`` is alive, or that any run is running."""
    standing = study_standing(root)
    return standing is not None and (standing.at_work or any(run.entry.state is State.RUNNING for run in standing.runs))


def steps_told(root: Path, path: str) -> int:
    """Return the steps that a run at work last told of."""
    with contextlib.suppress(OSError, ValueError):
        text = (root / "jobs" / f"{file_stem(path)}.progress.json").read_text()
        return int(json.loads(text).get("steps_done") or 0)
    return 0


def on_disk(root: Path, path: str) -> int:
    """Return the step of a run's newest checkpoint."""
    return max((int(found.name) for found in (root / path / "checkpoints").glob("[0-9]*")), default=0)


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
