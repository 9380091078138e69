"""The committed table of planted defects: what is called right in it is, and the page shows it as it was measured."""

import json
import subprocess
import sys
from pathlib import Path

from llpt.audit.explanation import WANTED

ROOT = Path(__file__).resolve().parents[2]
TABLE = json.loads((ROOT / "docs/results/planted-defects.json").read_text(encoding="utf-8"))


def test_every_defect_has_a_row_and_those_that_are_out_are_said_to_be():
    assert len(TABLE["rows"]) == 12
    assert TABLE["wrong"] == [row["defect"] for row in TABLE["rows"] if not row["right"]]
    assert not TABLE["wrong"]


def test_sizes_are_the_planted_ones():
    """Every defect has one: what was set, or reckoned from runs that serve nothing else."""
    for row in TABLE["rows"]:
        if row["defect"] == "a copy of itself":
            assert row["planted"] is None
            continue
        (size, error), (planted, known_to) = row["size"], row["planted"]
        assert abs(size - planted) <= 2.0 * (error**2 + known_to**2) ** 0.5 + 1e-3 * abs(planted), row["defect"]


def test_kelvins_are_those_that_were_observed_or_said_to_be_known_too_little():
    for row in TABLE["rows"]:
        if row["kelvins"] is None:
            assert row["kelvins_agree"] == ""
            continue
        (predicted, one), (moved, other) = row["kelvins"], row["moved_k"]
        assert abs(predicted - moved) <= 2.0 * (one**2 + other**2) ** 0.5, row["defect"]
        assert row["kelvins_agree"] == ("agree" if max(one, other) <= WANTED["K"] else "not resolved"), row["defect"]


def test_what_was_opened_against_a_refusal_says_so_in_the_table():
    page = (ROOT / "docs/audit.md").read_text(encoding="utf-8")
    refused = [row for row in TABLE["rows"] if row["refused_at_first"]]
    for row in refused:
        (line,) = [each for each in page.splitlines() if each.startswith(f"| {row['defect']} |")]
        assert "GPa, not 200 GPa" in line


def test_the_copy_alone_is_called_faithful():
    assert [row["defect"] for row in TABLE["rows"] if row["verdict"] == "faithful"] == ["a copy of itself"]


def test_the_page_shows_the_table_that_the_command_prints():
    command = [sys.executable, "benchmarks/planted_defects.py", "--print"]
    printed = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=True).stdout.strip()
    assert printed in (ROOT / "docs/audit.md").read_text(encoding="utf-8")


def test_the_readme_counts_the_defects_without_the_copy():
    named = [row["defect"] for row in TABLE["rows"] if row["named"] and row["right"]]
    planted = [row["defect"] for row in TABLE["rows"] if row["defect"] != "a copy of itself"]
    assert f"| {len(named)} of {len(planted)} planted ones, none in a copy;" in (ROOT / "README.md").read_text("utf-8")
    assert set(named) <= set(planted)
