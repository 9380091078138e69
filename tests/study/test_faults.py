"""Four kills at random moments, one of each kind of process: driver, fork server, worker and engine's program."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "faults.py"


@pytest.mark.slow
def test_four_kills_at_random_moments_cost_no_more_than_a_checkpoint_and_change_nothing(tmp_path):
    size = ["--kills", "4", "--of-pw", "0", "--pressures", "1", "--steps", "100", "--mean-s", "0.5"]
    command = [sys.executable, str(SCRIPT), *size, "--log", "log.json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=1800)
    assert (tmp_path / "log.json").exists(), done.stderr
    log = json.loads((tmp_path / "log.json").read_text())
    assert log["checks"] == dict.fromkeys(log["checks"], True), log
    assert Counter(kill["victim"] for kill in log["kills"]) == Counter(["driver", "fork server", "worker", "engine"])
    assert log["runs"] == 6
    assert log["llpt run started"] == 2
