"""Words that mean nothing to a reader stay out, and what is cited is in the bibliography."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("src", "docs", "examples", "benchmarks", "tests")
KINDS = {".py", ".md", ".toml", ".json", ".html", ".txt", ".yml", ".mplstyle"}
FILES = sorted(
    path
    for path in (
        *ROOT.glob("*.md"),
        *ROOT.glob("*.toml"),
        *(path for name in FOLDERS for path in (ROOT / name).rglob("*")),
    )
    if path.suffix in KINDS and path != Path(__file__)
)

WORDS = {
    r"physics\.md": "a file that is not in this repository",
    r"\bthe seed\b": "a paper is named by its authors and year; one of random numbers is the random seed, or seed",
    r"\bfigure-s?\d": "a figure's file says what it shows",
}
"""Each pattern, and why it stays out."""


@pytest.mark.parametrize("pattern", WORDS)
def test_a_word_stays_out(pattern):
    wrong = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in FILES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if re.search(pattern, line, re.IGNORECASE)
    ]
    assert not wrong, f"{WORDS[pattern]}:\n" + "\n".join(wrong)


def test_files_are_looked_at():
    names = {path.relative_to(ROOT).as_posix() for path in FILES}
    assert {"README.md", "CHANGELOG.md", "docs/analysis.md", "src/llpt/errors.py", "examples/quick.toml"} <= names
