"""A small version of benchmarks/line_rates.py: what is said of one isotherm or isochore is seldom wrong."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BENCHMARKS = ROOT / "benchmarks"
COMMITTED = json.loads((ROOT / "docs/results/line-rates.json").read_text(encoding="utf-8"))
MOST_WRONG_OF_1000 = 61


@pytest.fixture
def rates(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield importlib.import_module("line_rates")
    for name in ("line_rates", "verdict_rates"):
        sys.modules.pop(name, None)


def test_what_is_said_of_a_line_is_seldom_wrong_and_what_is_there_is_found(rates):
    rows = {kind.name: rates.row_of(kind, 12) for kind in rates.KINDS}
    assert all(row["wrong"] <= 1 for row in rows.values())
    assert sum(row["wrong"] for row in rows.values()) <= 3
    assert rows["held densities, two phases, flat"]["plateau"] >= 1
    assert rows["held densities, loop of 6 GPa"]["loop"] >= 9
    assert rows["held pressures, two phases"]["step"] >= 8


def test_no_committed_rate_is_beyond_one_in_twenty(rates):
    rows = COMMITTED["rows"]
    assert list(rows) == [kind.name for kind in rates.KINDS]
    for name, row in rows.items():
        assert row["lines"] >= 1000, name
        assert row["wrong"] <= MOST_WRONG_OF_1000 * row["lines"] / 1000, name


def test_the_committed_pressures_of_two_phases_are_known_as_well_as_they_say():
    rows = [
        row
        for name, row in COMMITTED["rows"].items()
        if name.startswith(("held densities, two", "held densities, loop"))
    ]
    assert len(rows) == 4
    assert all(0.8 <= row["pull of the pressure"] <= 1.2 for row in rows)


def test_the_page_holds_the_rates_that_are_committed():
    command = [sys.executable, "line_rates.py", "--table"]
    done = subprocess.run(command, cwd=BENCHMARKS, text=True, capture_output=True, check=True)
    page = (ROOT / "docs/verdict.md").read_text(encoding="utf-8")
    assert f"<!-- rates of lines -->\n{done.stdout}<!-- end -->" in page
