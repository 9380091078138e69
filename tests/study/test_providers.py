"""Where runs are executed: this machine's cores in the plan's order, or a scheduler through Parsl."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import parsl
import pytest
from parsl.executors import HighThroughputExecutor
from parsl.executors.threads import ThreadPoolExecutor
from parsl.launchers import MpiExecLauncher, SrunLauncher
from parsl.providers import LocalProvider, PBSProProvider, SlurmProvider

from llpt.errors import InputError, MissingProgramError
from llpt.study import blocks
from llpt.study.blocks import STOP_AT, Slot, reserve_s, walltime_s
from llpt.study.cores import available_cores
from llpt.study.engine_sections import ExecutionSection, ProviderKind
from llpt.study.here import Cores, Devices
from llpt.study.providers import PROVIDERS, check_provider, parsl_config


def section(**keys):
    return ExecutionSection.model_validate(keys)


def test_this_machine_is_threads_that_each_start_a_process(tmp_path):
    config = parsl_config(section(cores=3), tmp_path)
    (executor,) = config.executors
    assert isinstance(executor, ThreadPoolExecutor)
    assert available_cores(section(cores=3)) == 3
    assert available_cores(section()) >= 1


@pytest.mark.parametrize(
    ("where", "options", "kind"),
    [
        ("slurm", {"partition": "long", "account": "hydrogen", "walltime": "24:00:00", "max_blocks": 8}, SlurmProvider),
        ("pbs", {"queue": "long", "account": "hydrogen", "cpus_per_node": 16}, PBSProProvider),
    ],
)
def test_a_scheduler_is_a_provider_with_the_options_of_the_file(tmp_path, where, options, kind):
    config = parsl_config(section(where=where, provider=options, cores=4, retries=2), tmp_path, [Slot(2)])
    (executor,) = config.executors
    assert isinstance(executor, HighThroughputExecutor)
    assert isinstance(executor.provider, kind)
    for key, value in options.items():
        assert getattr(executor.provider, key) == value
    assert config.retries == 2


@pytest.fixture
def submitted(tmp_path, monkeypatch):
    """A function that hands a block of runs to the scheduler's own command, and returns the script it was given."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, answer in (("sbatch", "Submitted batch job 17"), ("qsub", "17.server")):
        (programs / name).write_text(f'#!/bin/sh\nfor last; do :; done; cp "$last" {tmp_path}/given\necho "{answer}"\n')
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")

    def submit(slot, **keys):
        (executor,) = parsl_config(section(**keys), tmp_path, [slot]).executors
        executor.provider.script_dir = str(tmp_path)
        assert executor.provider.submit("start the workers", 1).startswith("17")
        return (tmp_path / "given").read_text()

    return submit


def test_slurm_is_asked_for_what_the_runs_need(submitted):
    script = submitted(
        Slot(4, gpu=True),
        where="slurm",
        cores=32,
        gpus=2,
        memory_gib=3.5,
        provider={"partition": "long", "nodes_per_block": 3, "walltime": "12:00:00", "worker_init": "module load mpi"},
    )
    asked = {line.split("#SBATCH ")[1] for line in script.splitlines() if line.startswith("#SBATCH")}
    assert {
        "--nodes=3",
        "--partition=long",
        "--time=720",
        "--gpus-per-node=2",
        "--cpus-per-task=32",
        "--mem=7g",
    } <= asked
    assert script.index("module load mpi") < script.index("start the workers")


def test_pbs_is_asked_for_what_the_runs_need(submitted):
    provider = {"nodes_per_block": 3, "walltime": "12:00:00", "worker_init": "module load mpi"}
    script = submitted(Slot(4, gpu=True), where="pbs", cores=32, gpus=2, memory_gib=3.5, provider=provider)
    assert "#PBS -l walltime=12:00:00" in script
    assert "#PBS -l select=3:ncpus=32:ngpus=2:mem=7gb" in script
    assert script.index("module load mpi") < script.index("start the workers")
    assert "mpiexec" in script


def test_pbs_is_asked_for_what_the_file_says_where_it_says_it(submitted):
    provider = {"select_options": "ngpus=8:gpu_type=a100", "cpus_per_node": 64}
    script = submitted(Slot(4, gpu=True), where="pbs", cores=32, gpus=2, memory_gib=3.5, provider=provider)
    assert "#PBS -l select=1:ncpus=64:ngpus=8:gpu_type=a100" in script


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """A server that answers as that of a Kubernetes cluster does, and keeps the pods that it was asked for."""
    pods = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            pods.append((self.path, json.loads(body)))
            self.send_response(201)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here = {"cluster": {"server": f"http://127.0.0.1:{server.server_port}"}, "name": "here"}
    known = {"contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}], "current-context": "here"}
    (tmp_path / "kube").write_text(json.dumps({"clusters": [here], "users": [{"name": "me", "user": {}}], **known}))
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "kube"))
    yield pods
    server.shutdown()
    server.server_close()


def test_kubernetes_is_asked_for_what_the_runs_need(tmp_path, cluster):
    provider = {"image": "llpt:latest", "namespace": "physics", "worker_init": "export A=1"}
    asked = section(where="kubernetes", cores=32, gpus=2, memory_gib=3.5, provider=provider)
    (executor,) = parsl_config(asked, tmp_path, [Slot(4, gpu=True)]).executors
    executor.provider.submit("start the workers", 1)
    ((path, pod),) = cluster
    assert path == "/api/v1/namespaces/physics/pods"
    (container,) = pod["spec"]["containers"]
    assert container["image"] == "llpt:latest"
    assert container["resources"]["limits"] == {"cpu": "32", "memory": "7Gi", "nvidia.com/gpu": "2"}
    assert container["resources"]["requests"] == {"cpu": "32", "memory": "7Gi"}
    script = container["args"][1]
    assert script.index("export A=1") < script.index("start the workers")


def test_a_package_that_the_provider_needs_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("parsl.providers.kubernetes.kube._kubernetes_enabled", False)
    with pytest.raises(MissingProgramError, match="kubernetes"):
        parsl_config(section(where="kubernetes", provider={"image": "llpt:latest"}), tmp_path, [Slot(2)])


def test_an_option_the_scheduler_does_not_have_is_refused_with_the_nearest():
    with pytest.raises(InputError) as caught:
        check_provider(section(where="slurm", provider={"partitoin": "long"}))
    assert "partitoin" in caught.value.cause
    assert caught.value.remedy == "Did you mean partition?"


@pytest.mark.parametrize(("walltime", "cause"), [("a day", "walltime is 'a day'"), ("00:00:05", "leaves its runs no")])
def test_a_walltime_that_cannot_be_is_refused_before_anything_is_done(walltime, cause):
    with pytest.raises(InputError, match=cause):
        check_provider(section(where="slurm", provider={"walltime": walltime}))


def test_a_provider_that_lacks_what_it_needs_is_refused(tmp_path):
    with pytest.raises(InputError, match="not enough"):
        parsl_config(section(where="kubernetes"), tmp_path, [Slot(1)])


def test_cores_go_to_the_earliest_of_the_plan_and_are_never_overdrawn():
    cores = Cores(2)
    order, held, most = [], [0], [0]

    def task(rank, count):
        with cores.taken(count, rank):
            held[0] += count
            most[0] = max(most[0], held[0])
            order.append(rank)
            time.sleep(0.02)
            held[0] -= count

    with cores.taken(2, 0):
        threads = [threading.Thread(target=task, args=(rank, 2 if rank == 5 else 1)) for rank in (9, 7, 5, 3)]
        for thread in threads:
            thread.start()
        time.sleep(0.1)
    for thread in threads:
        thread.join()
    assert most[0] <= 2
    assert order[:2] == [3, 5]


def test_workers_start_though_the_programs_of_this_environment_are_not_on_the_path(tmp_path, monkeypatch):
    """A scheduler's nodes, and whoever calls .venv/bin/llpt, have another PATH than an activated environment."""

    class ThisMachine(LocalProvider):
        def __init__(self, cpus_per_node, init_blocks, max_blocks):  # noqa: ARG002 - what a scheduler would be asked for
            super().__init__(init_blocks=init_blocks, max_blocks=max_blocks)

    monkeypatch.setitem(PROVIDERS, ProviderKind.PBS, ThisMachine)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    options = {"init_blocks": 1, "max_blocks": 1}
    kernel = parsl.DataFlowKernel(parsl_config(section(where="pbs", provider=options, cores=1), tmp_path, [Slot(1)]))
    try:
        assert parsl.python_app(abs, data_flow_kernel=kernel)(-3).result(timeout=90) == 3
    finally:
        kernel.cleanup()


def test_runs_that_ask_for_the_same_share_blocks_that_hold_as_many_as_fit(tmp_path):
    asked = section(where="slurm", cores=16, gpus=2, memory_gib=3.0, provider={"nodes_per_block": 4})
    config = parsl_config(asked, tmp_path, {Slot(4), Slot(2, gpu=True), Slot(0)})
    found = {executor.label: executor for executor in config.executors}
    assert {label: executor.max_workers_per_node for label, executor in found.items()} == {
        "cores-4": 4,
        "cores-2-gpu": 2,
        "cores-all": 1,
    }
    assert {executor.mem_per_worker for executor in config.executors} == {3.0}
    assert list(found["cores-2-gpu"].available_accelerators) == ["0", "1"]
    assert not found["cores-4"].available_accelerators
    script = {label: executor.provider.scheduler_options for label, executor in found.items()}
    assert "--gpus-per-node=2" in script["cores-2-gpu"]
    assert "--gpus-per-node" not in script["cores-4"]
    assert found["cores-4"].provider.mem_per_node == 12
    assert isinstance(found["cores-4"].provider.launcher, SrunLauncher)


def test_workers_take_no_run_that_must_stop_at_once(tmp_path):
    asked = section(where="pbs", cores=4, provider={"walltime": "02:00:00", "nodes_per_block": 2})
    (executor,) = parsl_config(asked, tmp_path, [Slot(4)]).executors
    assert f"export {STOP_AT}=$(( $(date +%s) + 6840 ))" in executor.launch_cmd
    assert executor.drain_period == 6820
    assert isinstance(executor.provider.launcher, MpiExecLauncher)


@pytest.mark.parametrize(("text", "seconds"), [("24:00:00", 86_400.0), ("2-00:30:00", 174_600.0), ("10:30", 630.0)])
def test_a_walltime_is_read_as_schedulers_write_it(text, seconds):
    assert walltime_s(text) == seconds


def test_a_walltime_that_leaves_no_time_is_refused():
    assert reserve_s(section(), 86_400.0) == 600.0
    assert reserve_s(section(), 300.0) == 30.0
    with pytest.raises(InputError, match="leaves its runs no time"):
        reserve_s(section(reserve_s=500.0), 510.0)
    with pytest.raises(InputError, match="walltime"):
        walltime_s("a day")


def test_one_graphics_processor_is_lent_once(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    devices = Devices(2)
    with devices.taken() as one, devices.taken() as other:
        assert {one["CUDA_VISIBLE_DEVICES"], other["CUDA_VISIBLE_DEVICES"]} == {"3", "5"}


def test_a_clock_that_is_set_ends_no_block(monkeypatch):
    now = time.time()
    monkeypatch.setenv(STOP_AT, str(now + 100.0))
    blocks._stop_at.cache_clear()
    assert 90.0 < blocks.time_left_s() <= 100.0
    monkeypatch.setattr(blocks.time, "time", lambda: now + 1e6)
    assert 0.0 < blocks.time_left_s() <= 100.0
    blocks._stop_at.cache_clear()
