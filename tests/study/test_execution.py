"""A study survives Ctrl-C, kill -9, engines that fail and disks that fill; nothing else is lost with them."""

import ctypes
import itertools
import json
import os
import resource
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
from tests.studies import COMMAND, ENGINES, WITHOUT_REPORT, study_of_one_engine, with_modules_of

from llpt.study import Ledger, State, StudyDirectory, execution, make_plan, parse_study
from llpt.study.attempts import Attempts
from llpt.study.execution import Execution, close_parsl
from llpt.study.job_files import JobFiles
from llpt.study.jobs import write_job
from llpt.study.outcome import NodeProgress
from llpt.study.process import run_node
from llpt.trajectory import Trajectory

STUDY = study_of_one_engine(
    "ase:engines_for_tests.Soft",
    atoms=16,
    temperatures_k=[800, 1000],
    steps=60,
    discard=10,
    checkpoint_every=20,
    relax_steps=5,
)


def start(directory, *arguments, program=WITHOUT_REPORT, **more):
    return subprocess.Popen(
        [*program, "run", *arguments],
        cwd=directory,
        env=with_modules_of(ENGINES),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        **more,
    )


def finish(process, timeout=900):
    try:
        said, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return process.returncode, said


@pytest.fixture
def run(warm_programs):
    """A function that does a study, where it is not tested how the process of llpt run itself starts and ends."""
    return lambda *arguments: finish(start(*arguments, program=[warm_programs / "python", *WITHOUT_REPORT[1:]]))


def do_here(study):
    """Do a study in this process, without the command and its report; return the ledger."""
    with study.locked(), Ledger(study.database) as ledger:
        Execution(study, make_plan(study.study), ledger).run()
        return ledger.entries()


def states(root):
    with Ledger(root / "study.db") as ledger:
        return {entry.path.rpartition("/")[2]: entry for entry in ledger.entries()}


def wait_for(condition, timeout=600):
    until = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


def workers(root):
    """Return the processes of nodes that are alive; each writes its number into its lock."""
    numbers = [int(lock.read_text() or 0) for lock in (root / "jobs").glob("*.lock")]
    return [number for number in numbers if number and is_alive(number)]


def is_alive(number):
    stat = Path(f"/proc/{number}/stat")
    return stat.exists() and " Z " not in stat.read_text()  # one that nobody has buried yet is dead


def write(directory, text=STUDY):
    (directory / "study.toml").write_text(text)


def checkpointed(root):
    return list((root / "runs").glob("*/*/*/T800/segments/*.h5"))


def test_nodes_are_handed_on_some_at_a_time(tmp_path, monkeypatch):
    """Ten thousand at once hold a core for seconds, while the first runs and ``llpt status`` want it."""
    text = study_of_one_engine(
        "ase:ase.calculators.lj.LennardJones", atoms=16, temperatures_k=[700, 800, 900, 1000, 1100], steps=2, discard=0
    )
    study = StudyDirectory.claim(tmp_path / "study", text, parse_study(text), source=tmp_path)
    seen, collect = [], Attempts.collect

    def looked(self, pending):
        seen.append(len(pending))
        collect(self, pending)

    monkeypatch.setattr(Attempts, "collect", looked)
    monkeypatch.setattr(execution, "SUBMITTED", 2)
    entries = do_here(study)
    assert {entry.state for entry in entries} == {State.DONE}
    assert len(entries) == 5
    assert seen[0] == 2
    assert max(later - earlier for earlier, later in itertools.pairwise(seen)) <= 2


def at_work(directory, progress):
    """Return a study of which the ledger says that its first run is at work, and that run, which has shown this."""
    study = StudyDirectory.claim(directory, STUDY, parse_study(STUDY), source=directory.parent)
    plan = make_plan(study.study)
    node = plan.nodes[0]
    with Ledger(study.database) as ledger:
        write_job(study, node, ledger)
        ledger.record(node.path, State.RUNNING, seconds=5.0, core_seconds=6.0)
    JobFiles(study.root, node.path).write_progress(progress)
    return study, plan, node.path


def test_what_a_run_took_whose_driver_was_killed_is_counted(tmp_path):
    shown = NodeProgress(steps_done=7, seconds_per_step=2.0, seconds=100.0)
    study, plan, path = at_work(tmp_path / "study", shown)
    with study.locked(), Ledger(study.database) as ledger:
        ledger.recover(Execution(study, plan, ledger)._left_by_a_kill)  # what llpt run begins with
        entry = ledger.entry(path)
    assert (entry.seconds, entry.core_seconds, entry.seconds_per_step) == (105.0, 106.0, 2.0)
    assert (entry.state, entry.steps_done) == (State.UNFINISHED, 0)  # no checkpoint lies on disk


def test_a_run_that_makes_no_step_is_not_said_to_end_soon(tmp_path):
    """Its engine compiles; it was told to end in five seconds for a minute."""
    study, plan, path = at_work(tmp_path / "study", NodeProgress(message="starting"))
    with Ledger(study.database) as ledger:
        doing = Execution(study, plan, ledger)
        doing._attempts.begun[path] = time.monotonic() - 1e6
        assert doing.progress().nodes[path].remaining_s >= 1e6
        JobFiles(study.root, path).write_progress(NodeProgress(steps_done=30, seconds_per_step=0.1))
        assert doing.progress().nodes[path].remaining_s < 1e3


SLOW = STUDY.replace("threads = 1", "threads = 1\n[reference.options]\ndelay_s = 0.05")


def test_ctrl_c_stops_with_a_checkpoint_and_says_how_to_go_on(tmp_path, warm_programs):
    write(tmp_path, SLOW)
    process = start(tmp_path, "study.toml")
    root = tmp_path / "study"
    wait_for(lambda: checkpointed(root))
    process.send_signal(signal.SIGINT)
    code, said = finish(process)
    assert code == 130
    assert said.strip().splitlines()[-1].endswith(f"llpt run {root}")
    assert "Traceback" not in said
    assert not workers(root)
    entry = states(root)["T800"]
    assert entry.state is State.UNFINISHED
    assert 20 <= entry.steps_done < 60
    assert states(root)["T1000"].state is State.WAITING
    code, said = finish(start(tmp_path, str(root), program=[warm_programs / "llpt"]))
    assert code == 0, said
    assert (root / "report" / "index.html").exists()
    after = states(root)
    assert {entry.state for entry in after.values()} == {State.DONE}
    assert after["T800"].attempts == 2
    assert Trajectory.open(root / "runs/soft/N16/P200/T800").n_steps == 60


def test_kill_9_loses_nothing_but_the_steps_since_the_checkpoint(tmp_path, run):
    write(tmp_path, SLOW)
    process = start(tmp_path, "study.toml")
    root = tmp_path / "study"
    wait_for(lambda: checkpointed(root))
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    wait_for(lambda: not workers(root))  # the orphan sees its pipe close and stops by itself
    assert states(root)["T800"].state is State.RUNNING
    before = Trajectory.open(root / "runs/soft/N16/P200/T800")
    kept = before.scalars()["conserved_ev"].to_numpy()
    code, said = run(tmp_path, "study.toml")
    assert code == 0, said
    assert {entry.state for entry in states(root).values()} == {State.DONE}
    after = Trajectory.open(root / "runs/soft/N16/P200/T800")
    assert after.n_steps == 60
    assert (after.scalars()["conserved_ev"].to_numpy()[: len(kept)] == kept).all()


def test_killing_a_run_itself_leaves_it_unfinished_and_what_needs_it_waiting(tmp_path):
    write(tmp_path, SLOW)
    process = start(tmp_path, "study.toml")
    root = tmp_path / "study"
    wait_for(lambda: checkpointed(root) and workers(root))
    for worker in workers(root):
        os.kill(worker, signal.SIGKILL)
    code, said = finish(process)
    assert code == 3
    assert "SIGKILL" in said
    assert states(root)["T800"].state is State.UNFINISHED
    assert states(root)["T1000"].state is State.WAITING


def test_a_killed_run_is_tried_again_from_its_checkpoint_as_often_as_asked(tmp_path, run):
    text = STUDY.replace("Soft", "KilledOnce") + "[reference.options]\ntimes = 2\n[execution]\nretries = 3\n"
    write(tmp_path, text)
    code, said = run(tmp_path, "study.toml")
    assert code == 0, said
    after = states(tmp_path / "study")
    assert {entry.state for entry in after.values()} == {State.DONE}
    assert after["T800"].attempts == 3
    with Ledger(tmp_path / "study" / "study.db") as ledger:
        reasons = [reason for _, _, _, reason in ledger.events()]
    assert any("tried again (2 of 3): its process was ended by SIGKILL" in reason for reason in reasons)
    assert Trajectory.open(tmp_path / "study/runs/killedonce/N16/P200/T800").n_steps == 60


def test_a_run_killed_more_often_than_asked_is_unfinished_with_its_steps(tmp_path, run):
    text = STUDY.replace("Soft", "KilledOnce") + "[reference.options]\ntimes = 9\n[execution]\nretries = 1\n"
    write(tmp_path, text)
    code, said = run(tmp_path, "study.toml")
    assert code == 3
    entry = states(tmp_path / "study")["T800"]
    assert (entry.state, entry.attempts) == (State.UNFINISHED, 2)
    assert entry.steps_done == 40
    assert entry.seconds > 0
    assert states(tmp_path / "study")["T1000"].state is State.WAITING
    assert "blocked" not in said


def fork_servers(driver):
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words, about = (path / "cmdline").read_bytes(), (path / "status").read_text()
        except OSError:
            continue
        if b"llpt.study.fork_server" in words and f"PPid:\t{driver}\n" in about:
            found.append(int(path.name))
    return found


def test_the_process_that_runs_are_forked_from_is_killed_and_nothing_is_lost(tmp_path):
    write(tmp_path, SLOW + "[execution]\nretries = 2\n")
    process = start(tmp_path, "study.toml")
    root = tmp_path / "study"
    wait_for(lambda: checkpointed(root))
    for server in fork_servers(process.pid):
        os.kill(server, signal.SIGKILL)
    code, said = finish(process)
    assert code == 0, said
    assert {entry.state for entry in states(root).values()} == {State.DONE}
    assert Trajectory.open(root / "runs/soft/N16/P200/T800").n_steps == 60


def test_a_study_on_a_disk_that_cannot_be_written_is_told_in_two_lines(tmp_path, disk):
    write(tmp_path)
    StudyDirectory.claim(disk.path / "study", STUDY, parse_study(STUDY), source=tmp_path)
    with disk.read_only():
        code, said = finish(start(tmp_path, str(disk.path / "study")))
    assert code == 1, said
    assert "Read-only file system" in said or "Permission denied" in said
    assert "Traceback" not in said


def _no_rights_of_root():
    """Let rights of files hold for root too, from the next program on (Linux, prctl): CAP_DAC_OVERRIDE and the next."""
    library = ctypes.CDLL(None)
    for capability in (1, 2):
        library.prctl(24, capability, 0, 0, 0)


@pytest.mark.parametrize(("name", "rights"), [(".", 0o555), ("study.db", 0o444)])
def test_a_study_that_may_not_be_written_is_told_in_two_lines(tmp_path, name, rights):
    place = StudyDirectory.claim(tmp_path / "study", STUDY, parse_study(STUDY), source=tmp_path)
    with Ledger(place.database):
        pass
    before = (place.root / name).stat().st_mode
    (place.root / name).chmod(rights)
    try:
        code, said = finish(start(tmp_path, "study", preexec_fn=_no_rights_of_root))
    finally:
        (place.root / name).chmod(before)
    assert code == 1, said
    assert "Permission denied" in said or "readonly database" in said
    assert "fix: " in said
    assert "Traceback" not in said


def alive(root):
    """Whether the program that a hanging engine started is alive."""
    return is_alive(int((root / "hanging.pid").read_text()))


HANGING = STUDY.replace("Soft", "Hanging")


def test_a_hung_engine_is_killed_tried_again_and_failed_and_holds_up_no_other(tmp_path, run):
    text = HANGING + "[reference.options]\ndelay_s = 0.2\n"  # it reports itself, once a second, before it hangs
    text += '[surrogate]\nengine = "ase:engines_for_tests.Soft"\nthreads = 1\n'
    text += "[execution]\ncores = 1\nretries = 1\nstall_s = 8\n"
    write(tmp_path, text)
    code, said = run(tmp_path, "study.toml")
    root = tmp_path / "study"
    assert code == 1
    with Ledger(root / "study.db") as ledger:
        entries = {entry.path.split("/", 1)[1]: entry for entry in ledger.entries()}
    hung = entries["hanging/N16/P200/T800"]
    assert (hung.state, hung.attempts) == (State.FAILED, 2)
    assert "time-out 8 s" in said
    assert entries["soft/N16/P200/T800"].state is State.DONE
    assert entries["soft/N16/P200/T1000"].state is State.DONE
    assert entries["hanging/N16/P200/T1000"].state is State.BLOCKED
    assert not alive(root)
    assert not workers(root)


def test_a_socket_that_is_cut_is_a_try_from_the_checkpoint_and_then_a_failure(tmp_path, run):
    write(tmp_path, STUDY.replace("Soft", "Cut").replace("[800, 1000]", "800") + "[execution]\nretries = 1\n")
    code, said = run(tmp_path, "study.toml")
    assert code == 1, said
    entry = states(tmp_path / "study")["T800"]
    assert (entry.state, entry.attempts) == (State.FAILED, 2)
    assert "the socket was closed" in entry.reason or "Broken pipe" in entry.reason
    with Ledger(tmp_path / "study" / "study.db") as ledger:
        assert any("tried again (1 of 1)" in reason for *_, reason in ledger.events())


def test_ctrl_c_answers_at_once_though_the_engine_hangs(tmp_path):
    write(tmp_path, HANGING)
    process = start(tmp_path, "study.toml")
    root = tmp_path / "study"
    wait_for((root / "hanging.pid").exists)
    asked = time.monotonic()
    process.send_signal(signal.SIGINT)
    code, said = finish(process)
    assert time.monotonic() - asked < 30.0  # of the 5 s that are promised: the processors of a test machine are shared
    assert code == 130, said
    assert "Traceback" not in said
    entry = states(root)["T800"]
    assert entry.state is State.UNFINISHED
    assert "left to end its step" in entry.reason
    wait_for(lambda: not workers(root))  # left alone, a hung process ends itself
    assert not alive(root)
    assert "hangs" in next((root / "jobs").glob("*T800.log")).read_text()


def test_a_scheduler_that_does_not_answer_keeps_nobody_who_asked_for_a_stop():
    begun, answered = threading.Event(), threading.Event()

    def cancel_blocks():
        begun.set()
        answered.wait(600.0)

    close_parsl(cancel_blocks, 0.01)
    assert begun.wait(60.0)
    assert not answered.is_set()
    answered.set()
    ended = []
    close_parsl(lambda: ended.append(True), None)
    assert ended


def test_who_asks_for_a_stop_waits_for_runs_at_work_and_not_for_those_that_wait(tmp_path, monkeypatch):
    """Ten thousand that wait are told one by one, which takes seconds."""
    text = study_of_one_engine(
        "ase:ase.calculators.lj.LennardJones", atoms=16, temperatures_k=[700, 800, 900], steps=10_000, ladder="none"
    )
    study = StudyDirectory.claim(tmp_path / "study", text, parse_study(text), source=tmp_path)
    first, *others = make_plan(study.study).paths
    answered = threading.Event()

    def task(_root, path, *_arguments):
        if path in others:
            answered.wait(600.0)
        return run_node(str(study.root), path, 1, "auto", word=doing._word)

    monkeypatch.setattr(execution, "in_a_thread", lambda *_: task)
    monkeypatch.setattr(execution, "LEAVE_S", 3600.0)
    with study.locked(), Ledger(study.database) as ledger:
        doing = Execution(study, make_plan(study.study), ledger)
        doing.on_update = lambda now: now.count(State.RUNNING) and not now.stopping and doing._stop()
        final = doing.run()
        answered.set()
    assert final.stopping
    assert final.nodes[first].state is State.UNFINISHED
    assert {final.nodes[path].state for path in others} == {State.WAITING}


def test_a_second_ctrl_c_kills_what_hangs(tmp_path):
    write(tmp_path, HANGING)
    process = start(tmp_path, "study.toml")
    root = tmp_path / "study"
    wait_for((root / "hanging.pid").exists)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    code, said = finish(process)
    assert code == 130, said
    assert not workers(root)
    assert not alive(root)


def test_status_knows_a_dead_llpt_run_from_a_live_one(tmp_path, run):
    write(tmp_path, SLOW.replace("delay_s = 0.05", "delay_s = 0.4"))
    process = start(tmp_path, "study.toml")
    root = tmp_path / "study"
    wait_for(lambda: checkpointed(root))
    assert "running" in status(root)
    code, said = run(tmp_path, "study.toml")
    assert code == 1
    assert f"Another llpt run (process {process.pid} on " in said
    assert process.poll() is None
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    said = status(root)
    assert "running" not in said
    assert "llpt run was killed while it ran" in said
    wait_for(lambda: not workers(root))


def status(root):
    command = [*COMMAND, "status", str(root)]
    return subprocess.run(command, env=with_modules_of(ENGINES), capture_output=True, text=True, check=True).stdout


def test_an_engine_that_gives_nan_fails_its_run_and_blocks_only_what_needs_it(tmp_path, warm_programs):
    text = STUDY + '[surrogate]\nengine = "ase:engines_for_tests.Breaking"\nthreads = 1\n'
    write(tmp_path, text)
    code, said = finish(start(tmp_path, "study.toml", program=[warm_programs / "llpt"]))
    assert code == 1
    assert "Traceback" not in said
    with Ledger(tmp_path / "study" / "study.db") as ledger:
        entries = {entry.path.split("/", 1)[1]: entry for entry in ledger.entries()}
    assert entries["soft/N16/P200/T800"].state is State.DONE
    assert entries["soft/N16/P200/T1000"].state is State.DONE
    failed = entries["breaking/N16/P200/T800"]
    assert failed.state is State.FAILED
    assert "not finite" in failed.reason
    blocked = entries["breaking/N16/P200/T1000"]
    assert blocked.state is State.BLOCKED
    assert blocked.reason == "it needs runs/breaking/N16/P200/T800, which failed"
    assert (tmp_path / "study" / "report" / "index.html").exists()


def test_a_process_that_dies_without_a_word_is_a_failure_with_a_reason(tmp_path, run):
    write(tmp_path, STUDY.replace("Soft", "Dying").replace("relax_steps = 5", "relax_steps = 0"))
    code, _ = run(tmp_path, "study.toml")
    assert code == 1
    entry = states(tmp_path / "study")["T800"]
    assert entry.state is State.FAILED
    assert "code 7" in entry.reason
    assert "T800.log" in entry.remedy


def test_a_disk_that_fills_or_turns_read_only_during_runs_ends_those_and_no_other(tmp_path, monkeypatch):
    """A limit on file size stands for a full disk: the same errors, without the right to mount one."""
    monkeypatch.setenv("PYTHONPATH", with_modules_of(ENGINES)["PYTHONPATH"])
    text = STUDY.replace("Soft", "RefusedByTheDisk").replace("[800, 1000]", "[800, 900, 1000]")
    text = text.replace("relax_steps = 5", 'relax_steps = 5\nladder = "none"')
    study = StudyDirectory.claim(tmp_path / "study", text, parse_study(text), source=tmp_path)
    entries = do_here(study)
    unfinished = [entry for entry in entries if entry.state is State.UNFINISHED]
    assert [entry.steps_done for entry in unfinished] == [40, 40]
    full, read_only = sorted(unfinished, key=lambda entry: "Read-only file system" in entry.reason)
    assert full.reason == "The disk refused what its process wrote."
    assert read_only.reason.startswith(f"Cannot write {read_only.path}")
    for entry in unfinished:
        assert entry.remedy
        assert Trajectory.open(study.node(entry.path)).n_steps == 40
    assert sum(entry.state is State.DONE for entry in entries) == 1
    (study.node(full.path) / "checkpoints" / "0000000040" / "state.npz").write_bytes(b"")
    for entry in do_here(study):
        assert (entry.state, entry.steps_done) == (State.DONE, 60)
        assert ("Goes on from step 20: " in entry.reason) == (entry.path == full.path)
        assert Trajectory.open(study.node(entry.path)).n_steps == 60


def test_a_disk_that_fills_under_llpt_run_itself_ends_it_and_stops_its_runs(tmp_path):
    text = STUDY.replace("Soft", "Waiting").replace("steps = 60", "steps = 300")
    text = text.replace("relax_steps = 5", 'relax_steps = 0\nladder = "none"').replace("every = 20", "every = 300")
    write(tmp_path, text + "[reference.options]\ndelay_s = 0.5\n[execution]\ncores = 2\n")
    process = start(tmp_path, "study.toml")
    root = tmp_path / "study"

    def both_at_work():
        at_work = [json.loads(file.read_text()) for file in (root / "jobs").glob("*.progress.json")]
        return (root / "first").exists() and len(at_work) == 2 and any(each.get("steps_done") for each in at_work)

    wait_for(both_at_work)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    (root / "go").touch()
    code, said = finish(process)
    assert code == 1, said
    assert "The ledger" in said
    assert "fix: Free some space" in said
    assert "Traceback" not in said
    wait_for(lambda: not workers(root))
    done = sorted(Trajectory.open(path.parent).n_steps for path in root.glob("runs/**/run.json"))
    assert 0 < done[0] < 300  # it had minutes before it, and stopped with a checkpoint
    assert done[1] == 300
    assert "llpt run was killed while it ran" in status(root)


@pytest.fixture
def tiny_disk(tmp_path):
    """A file system of 2 MB; skipped where mounting is not allowed."""
    disk = tmp_path / "disk"
    disk.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], check=False, capture_output=True
    )
    if done.returncode:
        pytest.skip("run the tests as root, e.g. in a container: a small disk cannot be mounted here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_is_said_in_two_lines(tmp_path, tiny_disk):
    write(tmp_path)
    (tiny_disk / "filler").write_bytes(b"0" * 1_990_000)
    code, said = finish(start(tmp_path, "study.toml", "--out", str(tiny_disk / "study")))
    assert code == 3, said
    assert "No space left" in said
    assert "Traceback" not in said
    (tiny_disk / "filler").unlink()
    code, said = finish(start(tmp_path, "study.toml", "--out", str(tmp_path / "elsewhere")))
    assert code == 0, said
    assert StudyDirectory.open(tmp_path / "elsewhere")


@pytest.mark.parametrize("asked", [("--only", "*/T900"), ("--retry-failed",)])
def test_where_nothing_is_asked_for_no_directory_is_made(tmp_path, run, asked):
    write(tmp_path)
    code, said = run(tmp_path, "study.toml", *asked)
    assert code == 1, said
    assert not (tmp_path / "study").exists()


def test_only_what_is_asked_for_is_done_and_a_dry_run_does_nothing(tmp_path, run):
    write(tmp_path)
    code, said = run(tmp_path, "study.toml", "--dry-run")
    assert code == 0
    assert "2 of 2 would be done" in said
    assert not (tmp_path / "study").exists()
    code, said = run(tmp_path, "study.toml", "--only", "*/T900")
    assert code == 1
    assert "No run of the study matches" in said
    both = ("--only", "*/T800", "--only", "*/T1000")
    code, said = run(tmp_path, "study.toml", *both, "--dry-run")
    assert (code, "2 of 2 would be done" in said) == (0, True)
    code, said = run(tmp_path, "study.toml", *both, "--only", "*/T900")
    assert (code, "No run of the study matches '*/T900'" in said) == (1, True)
    code, said = run(tmp_path, "study.toml", "--only", "soft/N16/P200/T800")
    assert code == 0, said
    after = states(tmp_path / "study")
    assert (after["T800"].state, after["T1000"].state) == (State.DONE, State.WAITING)
    code, said = run(tmp_path, "study", "--retry-failed")
    assert code == 1
    assert "No run of the study has failed" in said


def test_what_failed_is_tried_again_where_that_is_asked_for_and_nothing_else(tmp_path, run):
    text = STUDY.replace("engines_for_tests.Soft", "engines_for_tests.BreaksOnce")
    write(tmp_path, text.replace("relax_steps = 5", 'relax_steps = 5\nladder = "none"'))
    code, said = run(tmp_path, "study.toml")
    assert code == 1, said
    before = states(tmp_path / "study")
    assert sorted(entry.state for entry in before.values()) == [State.DONE, State.FAILED]
    (failed,) = [name for name, entry in before.items() if entry.state is State.FAILED]
    code, said = run(tmp_path, "study", "--retry-failed")
    assert code == 0, said
    after = states(tmp_path / "study")
    assert {entry.state for entry in after.values()} == {State.DONE}
    (other,) = after.keys() - {failed}
    assert after[other] == before[other]
    assert after[failed].attempts == before[failed].attempts + 1


def test_a_run_stops_after_the_time_it_is_given(tmp_path, run):
    write(tmp_path, SLOW.replace("delay_s = 0.05", "delay_s = 0.5"))
    code, said = run(tmp_path, "study.toml", "--stop-after", "4s")
    assert code == 3, said
    assert "Stopped" in said
    assert "not a time" in run(tmp_path, "study.toml", "--stop-after", "soon")[1]
