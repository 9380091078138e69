"""What a release says of itself says the same everywhere."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


def test_version_and_day_stand_alike_in_every_place():
    version = tomllib.loads(text_of("pyproject.toml"))["project"]["version"]
    citation = dict(re.findall(r'^([\w-]+): "?([^"\n]+)"?$', text_of("CITATION.cff"), re.MULTILINE))
    sections = re.findall(r"^## \[(\S+)\](?: - (\S+))?$", text_of("CHANGELOG.md"), re.MULTILINE)
    assert sections[0] == ("Unreleased", "")
    assert sections[1] == (version, citation["date-released"])
    assert citation["version"] == version


def test_a_changelog_says_one_fact_a_line():
    for line in text_of("CHANGELOG.md").splitlines():
        assert not line.startswith("- ") or len(line) <= 280, line
