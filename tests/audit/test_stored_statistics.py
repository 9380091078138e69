"""A committed result says by which version of the statistics it was measured; the page names those of older ones."""

import json
from pathlib import Path

from llpt.statistics import STATISTICS

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "docs" / "results"
DEPENDING = (
    "bridge.json",
    "hydrogen-32/verdict.json",
    "hydrogen-32-at-200-gpa/verdict.json",
    "hydrogen-64/verdict.json",
    "label-effect.json",
    "latent-heat.json",
    "line-rates.json",
    "places.json",
    "planted-defects.json",
    "verdict-pulls.json",
    "verdict-rates.json",
)
"""What is beside a verdict in its folder is of the same runs of the same program."""


def test_every_result_that_depends_on_the_statistics_says_by_which():
    for name in DEPENDING:
        assert json.loads((RESULTS / name).read_text(encoding="utf-8"))["statistics"] <= STATISTICS, name


def test_the_page_names_every_result_of_older_statistics_and_no_other():
    """Whoever measures one anew takes its row out; whoever raises the number adds the rows of what was not."""
    older = []
    for path in sorted(RESULTS.rglob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(document, dict) and document.get("statistics", STATISTICS) < STATISTICS:
            older.append(f"| `{path.relative_to(RESULTS).as_posix()}` | {document['statistics']} |")
    page = (ROOT / "docs/verdict.md").read_text(encoding="utf-8")
    table = page.partition("### Results of older statistics")[2].partition("### ")[0]
    assert [line for line in table.splitlines() if line.startswith("| `")] == older
