"""docs/study-file.md and the template know every key there is."""

from importlib.resources import files
from pathlib import Path

import pytest
from pydantic import BaseModel

from llpt.study import PlannedTraining, controlled_tests, engine_sections, make_plan, parse_study, sections

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "study-file.md"
SECTIONS = [
    value
    for module in (sections, engine_sections, controlled_tests)
    for value in vars(module).values()
    if isinstance(value, type) and issubclass(value, BaseModel) and value.__module__ == module.__name__
]


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_every_key_is_documented(section):
    text = DOCUMENT.read_text(encoding="utf-8")
    for key in section.model_fields:
        assert f"`{key}`" in text, key


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_every_key_says_what_is_allowed(section):
    for key, field in section.model_fields.items():
        assert field.description, key


def test_the_template_is_a_study():
    study = parse_study(files("llpt.study").joinpath("template.toml").read_text(encoding="utf-8"))
    assert make_plan(study).find(PlannedTraining) is not None
