"""Four kills at random moments, one of each kind of process: driver, fork server, worker and engine's program."""

import importlib.util
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from llpt.study import Ledger

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "faults.py"


@pytest.fixture
def script(monkeypatch):
    spec = importlib.util.spec_from_file_location("faults", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "faults", module)  # dataclasses look there for their own
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "finish", lambda *_: None)
    return module


def disturbing(script, most):
    """Return what stands for a study that is over after so many kills."""

    def disturb(directory, _environment, victims, *_, number):
        (directory / "study").mkdir()
        with Ledger(directory / "study" / "study.db") as ledger:
            ledger.enter(f"runs/a{number}", inputs_hash="", job="{}")
        made = [script.Kill(number, 0.0, 0.0, victims.pop()) for _ in range(min(most, len(victims)))]
        return made, 1 + number

    return disturb


def test_a_study_that_is_over_before_all_kills_are_made_is_done_again(script, monkeypatch, tmp_path):
    differences = iter((1e-9, 3e-6, 2e-9))
    monkeypatch.setattr(script, "compare", lambda *_: next(differences, 0.0))
    trial = script.Trial("fluid", "", ("driver", "worker", "worker", "engine", "driver"), 25)
    monkeypatch.setattr(script, "disturb", disturbing(script, 2))
    found = script.tried(trial, tmp_path / "a", {}, np.random.default_rng(1), 1.0)
    assert [(kill.study, kill.victim) for kill in found.kills] == list(zip((1, 1, 2, 2, 3), trial.victims, strict=True))
    assert (found.studies, found.drivers, found.compared) == (3, 2 + 3 + 4, 3e-6)
    assert [entry.path for entry in found.entries] == ["runs/a1", "runs/a2", "runs/a3"]
    monkeypatch.setattr(script, "disturb", disturbing(script, 0))
    never = script.tried(trial, tmp_path / "b", {}, np.random.default_rng(1), 1.0)
    assert (never.kills, never.studies) == ([], script.MOST_STUDIES)


@pytest.mark.slow
def test_four_kills_at_random_moments_cost_no_more_than_a_checkpoint_and_change_nothing(tmp_path):
    size = ["--kills", "4", "--of-pw", "0", "--pressures", "1", "--steps", "60", "--mean-s", "0.5"]
    command = [sys.executable, str(SCRIPT), *size, "--log", "log.json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=1800)
    assert (tmp_path / "log.json").exists(), done.stderr
    log = json.loads((tmp_path / "log.json").read_text())
    assert log["checks"] == dict.fromkeys(log["checks"], True), log
    assert Counter(kill["victim"] for kill in log["kills"]) == Counter(["driver", "fork server", "worker", "engine"])
    studies = log["studies under kills"]["fluid"]
    assert log["runs"] == 6 * studies
    assert log["llpt run started"] == studies + 1
