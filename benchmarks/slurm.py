"""A study on a real Slurm: Debian's slurmctld, slurmd and munge on this machine, started and stopped by this script.

``python benchmarks/slurm.py [--only NAME] [--log FILE]`` as root, with the packages ``slurmctld slurmd munge
slurm-client`` installed. Two virtual nodes of four cores and two graphics processors (files by name) each; ``llpt`` is
called by its path, with no environment activated. Every check prints one line; the exit code is 0 where all passed.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import platform
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psutil

from llpt.study import Ledger, State
from llpt.trajectory import Trajectory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from llpt.study.ledger import Entry

CORES, MEMORY_MB, GPUS = 4, 4000, 2
PATIENCE_S = 1800.0
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"

CONFIGURATION = """
ClusterName=bench
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={root}/munge/socket
CredType=cred/munge
StateSaveLocation={root}/state
SlurmdSpoolDir={root}/spool-%n
SlurmctldPidFile={root}/slurmctld.pid
SlurmdPidFile={root}/slurmd-%n.pid
SlurmctldLogFile={root}/slurmctld.log
SlurmdLogFile={root}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
GresTypes=gpu
KillWait=20
SlurmdTimeout=30
SchedulerParameters=sched_interval=5,batch_sched_delay=1
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={port1} CPUs={cores} RealMemory={memory} Gres=gpu:{gpus}
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={port2} CPUs={cores} RealMemory={memory} Gres=gpu:{gpus}
PartitionName=main Nodes=n[1-2] Default=YES MaxTime=INFINITE State=UP
"""

ENGINE = """
import os, time
from pathlib import Path
from ase.calculators.lj import LennardJones

class Fluid(LennardJones):
    '''A Lennard-Jones fluid whose steps take as long as asked; it notes where it runs, and from when to when.'''

    def __init__(self, delay_s=0.0, device="cpu", note=""):
        self.delay_s = float(delay_s)
        self.note = Path(note, str(os.getpid())) if note else None
        names = ("SLURMD_NODENAME", "CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS")
        self.words = [*(os.environ.get(name, "-") for name in names), str(time.time())]
        super().__init__(sigma=1.215, epsilon=0.2, rc=2.3, smooth=True)

    def calculate(self, *arguments, **more):
        time.sleep(self.delay_s)
        super().calculate(*arguments, **more)
        if self.note:
            self.note.parent.mkdir(exist_ok=True)
            self.note.write_text(" ".join([*self.words, str(time.time())]))
"""

STUDY = """
[study]
name = "slurm"
[system]
atoms = 16
start = "atomic"
[state]
pressures_gpa = {pressures}
temperatures_k = {temperatures}
[dynamics]
steps = {steps}
discard = 10
checkpoint_every = 50
relax_steps = 0
ladder = "none"
[reference]
engine = "ase:bench_fluid.Fluid"
threads = {threads}
[reference.options]
delay_s = {delay_s}
note = "notes"
{options}
[execution]
where = "slurm"
cores = 4
{execution}
[execution.provider]
partition = "main"
walltime = "{walltime}"
{provider}
"""

RANKS = """
[study]
name = "ranks"
[system]
atoms = 4
start = "atomic"
[state]
pressures_gpa = 120.0
temperatures_k = [2800, 2900]
[dynamics]
steps = 4
discard = 1
timestep_fs = 0.2
relax_steps = 0
ladder = "none"
[reference]
engine = "abinit"
ecut_ry = 20.0
electronic_temperature = 10000
threads = 4
[reference.options]
processes = 2
[execution]
where = "slurm"
cores = 4
[execution.provider]
partition = "main"
walltime = "00:20:00"
nodes_per_block = 2
"""


@contextlib.contextmanager
def slurm(root: Path) -> Iterator[dict[str, str]]:
    """Start Slurm in a directory and give the environment in which its commands find it; stop it afterwards."""
    munge = root / "munge"
    for directory in (munge, root / "state"):
        directory.mkdir(parents=True)
    key = munge / "key"
    key.touch(mode=0o600)
    key.write_bytes(secrets.token_bytes(1024))
    for index in range(GPUS):
        (root / f"gpu{index}").touch()
    (root / "gres.conf").write_text(f"NodeName=n[1-2] Name=gpu File={root}/gpu[0-{GPUS - 1}]\n")
    ports = {name: free_port() for name in ("port", "port1", "port2")}
    words = {"root": root, "host": socket.gethostname().partition(".")[0], **ports}
    configuration = root / "slurm.conf"
    configuration.write_text(CONFIGURATION.format(cores=CORES, memory=MEMORY_MB, gpus=GPUS, **words))
    names = {"key-file": "key", "socket": "socket", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
    environment = {**os.environ, "SLURM_CONF": str(configuration), "PATH": SYSTEM_PATH}
    commands = [
        ["munged", "--force", "--foreground", *(f"--{option}={munge / name}" for option, name in names.items())],
        ["slurmctld", "-D", "-c"],
        ["slurmd", "-D", "-N", "n1"],
        ["slurmd", "-D", "-N", "n2"],
    ]
    daemons = []
    try:
        for command in commands:
            log = (root / f"{len(daemons)}.out").open("w")
            daemons.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
            time.sleep(1.0)
        wait_for(lambda: shown(environment, "sinfo", "-h", "-o", "%T %D").strip() == "idle 2", 60.0)
        yield environment
    finally:
        subprocess.run(["scancel", "-u", "root", "-s", "KILL"], env=environment, check=False)
        for daemon in reversed(daemons):
            daemon.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                daemon.wait(20.0)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def shown(environment: dict[str, str], *command: str) -> str:
    """Return what a command prints."""
    return subprocess.run(command, env=environment, check=False, capture_output=True, text=True).stdout


def wait_for(condition: Callable[[], object], seconds: float = PATIENCE_S) -> None:
    """Wait until something holds; end the check where it never does."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise AssertionError("waited in vain")
        time.sleep(0.2)


class Note(NamedTuple):
    """Where an engine computed.

    Args:
        node: its node.
        device: the graphics processor that it was given.
        threads: its threads.
        began: when, in seconds since 1970.
        ended: when it computed last.
    """

    node: str
    device: str
    threads: str
    began: float
    ended: float

    @classmethod
    def read(cls, text: str) -> Note:
        """Return what an engine has written."""
        *words, began, ended = text.split()
        return cls(*words, float(began), float(ended))

    def beside(self, other: Note) -> bool:
        """Whether two computed at once."""
        return self.began < other.ended and other.began < self.ended


def pairs_at_once(notes: list[Note]) -> list[tuple[Note, Note]]:
    """Return every two engines of one node that computed at once."""
    pairs = itertools.combinations(notes, 2)
    return [(one, other) for one, other in pairs if one.node == other.node and one.beside(other)]


class Trial:
    """One study on the cluster.

    Args:
        directory: where it lies.
        environment: that of Slurm's commands.
        text: the study file.
        keys: what takes the place of the defaults in the study file.
    """

    def __init__(self, directory: Path, environment: dict[str, str], *, text: str = STUDY, **keys: object) -> None:
        directory.mkdir()
        self.directory = directory
        self.root = directory / "study"
        self.environment = environment
        defaults: dict[str, object] = {
            "pressures": [100.0],
            "temperatures": [800.0],
            "steps": 100,
            "threads": 1,
            "delay_s": 0.02,
            "options": "",
            "execution": "",
            "walltime": "00:10:00",
            "provider": "",
        }
        (directory / "study.toml").write_text(text.format(**{**defaults, **keys}))

    def start(self) -> subprocess.Popen[bytes]:
        """Start ``llpt run`` by its path, as the README does."""
        program = str(Path(sys.executable).with_name("llpt"))
        with (self.directory / "log").open("w") as log:
            return subprocess.Popen(
                [program, "run", "study.toml"],
                cwd=self.directory,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def end(self, process: subprocess.Popen[bytes], code: int) -> None:
        """Wait for the end of ``llpt run``, which must have this code."""
        process.wait(timeout=PATIENCE_S)
        assert process.returncode == code, (process.returncode, (self.directory / "log").read_text()[-3000:])

    def status(self) -> str:
        """Return what ``llpt status`` says."""
        return shown(self.environment, str(Path(sys.executable).with_name("llpt")), "status", str(self.root))

    def entries(self) -> tuple[Entry, ...]:
        """Return the ledger."""
        with Ledger(self.root / "study.db") as ledger:
            return ledger.entries()

    def all_done(self) -> None:
        """Check that every run is done, with all its steps on disk."""
        for entry in self.entries():
            assert entry.state is State.DONE, entry
            assert Trajectory.open(self.root / entry.path).n_steps == entry.steps_done, entry

    def steps(self) -> int:
        """Return the steps that are in checkpoints."""
        return sum(max(int(path.name) for path in directory.glob("[0-9]*")) for directory in self.checkpoints())

    def checkpoints(self) -> list[Path]:
        """Return the directories that hold checkpoints."""
        return [path for path in self.root.glob("runs/**/checkpoints") if any(path.glob("[0-9]*"))]

    def notes(self) -> list[Note]:
        """Return where the engines ran, and when."""
        return [Note.read(path.read_text()) for path in (self.root / "notes").glob("*")]

    def jobs(self) -> list[str]:
        """Return the numbers of Slurm's jobs that are queued or run."""
        return shown(self.environment, "squeue", "-h", "-o", "%i").split()

    def scripts(self) -> str:
        """Return what was handed to sbatch."""
        paths = self.root.glob(".parsl/*/submit_scripts/parsl.*")
        return "\n".join(path.read_text() for path in paths if path.suffix not in {".stdout", ".stderr"})


def several_nodes_and_workers(directory: Path, environment: dict[str, str]) -> str:
    """One block of two nodes, two runs of two threads at once on each, memory asked for."""
    trial = Trial(
        directory,
        environment,
        temperatures=[700.0, 800.0, 900.0, 1000.0],
        pressures=[100.0, 150.0],
        threads=2,
        execution="memory_gib = 1.5",
        provider="nodes_per_block = 2",
    )
    trial.end(trial.start(), 0)
    trial.all_done()
    script = trial.scripts()
    for line in ("--nodes=2", "--mem=3g", "--cpus-per-task=4"):
        assert line in script, script
    notes = trial.notes()
    assert {note.node for note in notes} == {"n1", "n2"}, notes
    assert {note.threads for note in notes} == {"2"}, notes
    assert {one.node for one, _ in pairs_at_once(notes)} == {"n1", "n2"}, notes
    hosts = {entry.host for entry in trial.entries()}
    assert hosts == {"n1", "n2"}, hosts
    return f"{len(trial.entries())} runs on two nodes, at least two at once on each, --mem=3g, two threads each"


def segments(directory: Path, environment: dict[str, str]) -> str:
    """A run longer than its blocks goes from one to the next, and no retry is spent."""
    steps, delay_s = 400, 0.25
    trial = Trial(
        directory,
        environment,
        steps=steps,
        delay_s=delay_s,
        walltime="00:02:00",
        execution="retries = 0\nreserve_s = 60",
    )
    began = time.monotonic()
    trial.end(trial.start(), 0)
    wall = time.monotonic() - began
    trial.all_done()
    (entry,) = trial.entries()
    assert entry.attempts >= 2, entry
    assert entry.steps_done == steps, entry
    assert steps * delay_s < entry.seconds < wall, (entry.seconds, wall)
    with Ledger(trial.root / "study.db") as ledger:
        reasons = [reason for *_, reason in ledger.events()]
    assert any("block of nodes ended" in reason for reason in reasons), reasons
    assert not any("tried again" in reason for reason in reasons), reasons
    return f"{entry.attempts} blocks, {steps} steps, {entry.seconds:.0f} s of runs in {wall:.0f} s"


def block_dies(directory: Path, environment: dict[str, str]) -> str:
    """A block that is cancelled is replaced, and its run goes on from its checkpoint."""
    trial = Trial(directory, environment, steps=600, delay_s=0.05, execution="retries = 1")
    process = trial.start()
    wait_for(lambda: trial.steps() >= 100)
    (job,) = trial.jobs()
    shown(environment, "scancel", job)
    before = trial.steps()
    trial.end(process, 0)
    trial.all_done()
    (entry,) = trial.entries()
    assert entry.attempts == 2, entry
    return f"cancelled at step {before}, done in a second block"


def node_lost(directory: Path, environment: dict[str, str]) -> str:
    """Everything on one node is killed at once; its run goes on elsewhere."""
    trial = Trial(
        directory,
        environment,
        temperatures=[800.0, 900.0],
        steps=600,
        delay_s=0.05,
        threads=4,
        execution="retries = 1",
        provider="max_blocks = 2",
    )
    process = trial.start()
    wait_for(lambda: len(trial.checkpoints()) == 2)
    killed = kill_node("n2")
    assert killed
    trial.end(process, 0)
    trial.all_done()
    return f"{killed} processes of a node killed, both runs done"


def kill_node(name: str) -> int:
    """Kill every process of the jobs on a node; return how many there were."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            variables = process.environ()
            if variables.get("SLURMD_NODENAME") == name and "SLURM_JOB_ID" in variables:
                found.append(process)
    for process in found:
        with contextlib.suppress(psutil.Error):
            process.kill()
    return len(found)


def interrupted(directory: Path, environment: dict[str, str]) -> str:
    """Ctrl-C leaves every run with a checkpoint and no job in the queue; the next ``llpt run`` goes on."""
    trial = Trial(directory, environment, temperatures=[800.0, 900.0], steps=600, delay_s=0.05)
    process = trial.start()
    wait_for(lambda: len(trial.checkpoints()) == 2)
    asked = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: every process of the command hears it
    trial.end(process, 130)
    answered = time.monotonic() - asked
    printed = (trial.directory / "log").read_text()
    assert "Traceback" not in printed, printed[-3000:]
    shown_by_status = trial.status()
    for entry in trial.entries():
        assert entry.state is State.UNFINISHED, entry
        assert entry.steps_done >= 50, entry
        assert entry.steps_done == Trajectory.open(trial.root / entry.path).n_steps, entry
    assert "2 unfinished" in shown_by_status, shown_by_status
    wait_for(lambda: not trial.jobs(), 60.0)
    before = trial.steps()
    trial.end(trial.start(), 0)
    trial.all_done()
    return f"answered in {answered:.1f} s with {before} steps kept, then done"


def driver_killed(directory: Path, environment: dict[str, str]) -> str:
    """Killing ``llpt run`` (-9): its blocks leave the queue by themselves, and the next ``llpt run`` goes on."""
    trial = Trial(directory, environment, steps=600, delay_s=0.05)
    process = trial.start()
    wait_for(lambda: trial.steps() >= 50)
    process.kill()
    process.wait()
    killed = time.monotonic()
    wait_for(lambda: not trial.jobs(), 300.0)
    alone = time.monotonic() - killed
    before = trial.steps()
    trial.end(trial.start(), 0)
    trial.all_done()
    return f"the queue was empty {alone:.0f} s later, {before} steps kept, then done"


def graphics_processors(directory: Path, environment: dict[str, str]) -> str:
    """Runs with ``device = "cuda"`` get one device each, and the script asks for them."""
    trial = Trial(
        directory,
        environment,
        temperatures=[700.0, 800.0, 900.0, 1000.0],
        steps=200,
        delay_s=0.05,
        options='device = "cuda"',
        execution="gpus = 2",
    )
    trial.end(trial.start(), 0)
    trial.all_done()
    assert "--gpus-per-node=2" in trial.scripts(), trial.scripts()
    notes = trial.notes()
    assert {note.device for note in notes} == {"0", "1"}, notes
    at_once = pairs_at_once(notes)
    assert at_once, notes
    assert all(one.device != other.device for one, other in at_once), notes
    return "four runs on devices 0 and 1 of a node, two at a time, never two on one device"


def ranks_of_a_program(directory: Path, environment: dict[str, str]) -> str:
    """ABINIT on two processes a run: both runs at once, each on a node of its own."""
    if shutil.which("abinit") is None:
        return "not tried: ABINIT is not installed"
    trial = Trial(directory, environment, text=RANKS)
    process = trial.start()
    nodes: set[str] = set()
    most = 0
    while process.poll() is None:
        at_work = [variables.get("SLURMD_NODENAME", "") for variables in of_programs("abinit")]
        most, nodes = max(most, len(at_work)), nodes | set(at_work)
        time.sleep(0.2)
    trial.end(process, 0)
    trial.all_done()
    assert nodes == {"n1", "n2"}, nodes
    assert {entry.host for entry in trial.entries()} == {"n1", "n2"}, trial.entries()
    return f"two runs, at most {most} processes of ABINIT at once, on both nodes"


def of_programs(name: str) -> Iterator[dict[str, str]]:
    """Give the environment of every program of a name that is at work on a node."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.name() == name and "SLURMD_NODENAME" in process.environ():
                yield process.environ()


CHECKS = {
    check.__name__: check
    for check in (
        several_nodes_and_workers,
        graphics_processors,
        interrupted,
        driver_killed,
        block_dies,
        node_lost,
        segments,
        ranks_of_a_program,
    )
}


def main() -> int:
    """Run the checks and write the log."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=CHECKS, action="append")
    parser.add_argument("--log", type=Path)
    parser.add_argument("--keep", action="store_true", help="leave the directory")
    arguments = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background ignores Ctrl-C
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the daemons are stopped on the way out
    scratch = Path(tempfile.mkdtemp(prefix="llpt-slurm-"))
    scratch.chmod(0o755)
    (scratch / "site-packages").mkdir()
    (scratch / "site-packages" / "bench_fluid.py").write_text(ENGINE)
    checks: dict[str, dict[str, object]] = {}
    passed, began = True, datetime.now(UTC)
    with slurm(scratch / "slurm") as environment:
        version = shown(environment, "sinfo", "--version").strip()
        search_path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH", ""), str(scratch / "site-packages")]))
        environment["PYTHONPATH"] = search_path
        for name in arguments.only or CHECKS:
            asked = time.monotonic()
            try:
                found = CHECKS[name](scratch / name, environment)
            except (AssertionError, OSError, ValueError, subprocess.TimeoutExpired) as error:
                passed, found = False, f"FAILED: {error}"
            seconds = round(time.monotonic() - asked)
            checks[name] = {"found": found, "seconds": seconds, "load": round(os.getloadavg()[1], 1)}
            print(f"{name}: {found} ({seconds} s)", flush=True)
    record = {
        "command": " ".join(["python benchmarks/slurm.py", *(f"--only {name}" for name in arguments.only or ())]),
        "began": began.isoformat(timespec="seconds"),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "slurm": version,
        "nodes": f"2 virtual nodes of {CORES} cores and {GPUS} graphics processors (files by name)",
        "load": "processes at work on the machine, mean of the last five minutes of each check",
        "passed": passed,
        "checks": checks,
    }
    if arguments.log:
        arguments.log.write_text(json.dumps(record, indent=1) + "\n")
    if not arguments.keep:
        shutil.rmtree(scratch, ignore_errors=True)
    else:
        print(scratch)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
