"""The committed table of planted defects: what is called right in it is, and the page shows it as it was measured."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = json.loads((ROOT / "docs/results/planted-defects.json").read_text(encoding="utf-8"))


def test_every_defect_has_a_row_and_those_that_are_out_are_said_to_be():
    assert len(TABLE["rows"]) == 12
    assert TABLE["wrong"] == [row["defect"] for row in TABLE["rows"] if not row["right"]]


def test_sizes_are_the_planted_ones_and_kelvins_those_that_were_observed():
    right = [row for row in TABLE["rows"] if row["right"]]
    assert len(right) == len(TABLE["rows"])
    for row in right:
        if row["planted"] is not None:
            value, error = row["size"]
            assert abs(value - row["planted"]) <= 2.0 * error + 1e-3 * abs(row["planted"]), row["defect"]
        if row["kelvins"] is not None:
            (predicted, one), (moved, other) = row["kelvins"], row["moved_k"]
            assert abs(predicted - moved) <= 2.0 * (one**2 + other**2) ** 0.5, row["defect"]


def test_the_copy_alone_is_called_faithful():
    assert [row["defect"] for row in TABLE["rows"] if row["verdict"] == "faithful"] == ["a copy of itself"]


def test_the_page_shows_the_table_that_the_command_prints():
    command = [sys.executable, "benchmarks/planted_defects.py", "--print"]
    printed = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=True).stdout.strip()
    assert printed in (ROOT / "docs/audit.md").read_text(encoding="utf-8")
