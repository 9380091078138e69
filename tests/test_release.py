"""What a release says of itself says the same everywhere."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from llpt.cli.app import app
from llpt.version import VERSION

ROOT = Path(__file__).resolve().parents[1]


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


def as_numbers(version):
    return tuple(map(int, version.split(".")))


def test_version_and_day_stand_alike_in_every_place():
    assert tomllib.loads(text_of("pyproject.toml"))["tool"]["setuptools"]["dynamic"]["version"] == {
        "attr": "llpt.version.VERSION"
    }
    citation = dict(re.findall(r'^([\w-]+): "?([^"\n]+)"?$', text_of("CITATION.cff"), re.MULTILINE))
    sections = re.findall(r"^## \[(\S+)\](?: - (\S+))?$", text_of("CHANGELOG.md"), re.MULTILINE)
    assert sections[0] == ("Unreleased", "")
    assert sections[1] == (citation["version"], citation["date-released"])
    number, _, between = VERSION.partition(".dev")
    if between:
        assert as_numbers(number) > as_numbers(citation["version"])
    else:
        assert number == citation["version"]


def test_a_tag_marks_a_commit_of_its_version():
    """In a clone without tags, or an archive without history, there is nothing to compare."""
    asked = subprocess.run(["git", "tag", "--list", "v*"], cwd=ROOT, capture_output=True, text=True, check=False)
    if not asked.stdout.split():
        pytest.skip("no tags here: git fetch --tags")
    released = re.findall(r"^## \[(\d\S*)\]", text_of("CHANGELOG.md"), re.MULTILINE)
    for tag in asked.stdout.split():
        shown = ["git", "show", f"{tag}:CITATION.cff"]
        cited = subprocess.run(shown, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert tag.removeprefix("v") in released
        assert f"version: {tag.removeprefix('v')}\n" in cited


def test_the_command_line_says_the_version():
    assert CliRunner().invoke(app, ["--version"]).stdout == f"llpt {VERSION}\n"


@pytest.mark.parametrize(("browser", "ended"), [("required", "Interrupted: 1 error"), ("", "1 skipped")])
def test_pages_that_no_browser_has_seen_pass_outside_of_ci_alone(browser, ended, tmp_path):
    """``.ci/run`` requires one where CI=true."""
    assert "export LLPT_BROWSER=required" in text_of(".ci/run")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_site.py"],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path), "LLPT_BROWSER": browser},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended in done.stdout
    assert "no browser is installed: apt install chromium" in done.stdout


def test_a_changelog_says_one_fact_a_line():
    for line in text_of("CHANGELOG.md").splitlines():
        assert not line.startswith("- ") or len(line) <= 280, line
