"""Where runs are executed: this machine's cores in the plan's order, or a scheduler through Parsl."""

import threading
import time
from importlib.util import find_spec

import parsl
import pytest
from parsl.executors import HighThroughputExecutor
from parsl.executors.threads import ThreadPoolExecutor
from parsl.launchers import MpiExecLauncher, SrunLauncher
from parsl.providers import KubernetesProvider, LocalProvider, PBSProProvider, SlurmProvider

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
        ("kubernetes", {"image": "llpt:latest", "max_cpu": 4}, KubernetesProvider),
    ],
)
def test_a_scheduler_is_a_provider_with_the_options_of_the_file(tmp_path, where, options, kind):
    if where == "kubernetes" and find_spec("kubernetes") is None:
        with pytest.raises(MissingProgramError, match="kubernetes"):
            parsl_config(section(where=where, provider=options), tmp_path, [Slot(2)])
        return
    config = parsl_config(section(where=where, provider=options, cores=4, retries=2), tmp_path, [Slot(2)])
    (executor,) = config.executors
    assert isinstance(executor, HighThroughputExecutor)
    assert isinstance(executor.provider, kind)
    for key, value in options.items():
        assert getattr(executor.provider, key) == value
    assert config.retries == 2


def test_an_option_the_scheduler_does_not_have_is_refused_with_the_nearest():
    with pytest.raises(InputError) as caught:
        check_provider(section(where="slurm", provider={"partitoin": "long"}))
    assert "partitoin" in caught.value.cause
    assert caught.value.remedy == "Did you mean partition?"


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
    monkeypatch.setitem(PROVIDERS, ProviderKind.PBS, LocalProvider)
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
