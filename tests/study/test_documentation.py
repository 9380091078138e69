"""The documentation and the template know every key and option there is."""

from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from pydantic import BaseModel

from llpt.engines import BUILT_IN
from llpt.study import (
    controlled_tests,
    engine_sections,
    file,
    label_sections,
    make_plan,
    parse_study,
    sections,
)
from llpt.study.template import study_template

DOCS = Path(__file__).resolve().parents[2] / "docs"
DOCUMENT = DOCS / "study-file.md"
SECTIONS = [
    value
    for module in (file, sections, engine_sections, controlled_tests, label_sections)
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
    study = parse_study(study_template())
    assert "models/behler-parrinello" in make_plan(study)


@pytest.fixture(scope="module")
def tables():
    spec = spec_from_file_location("tables", DOCS / "tables.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["study-file.md", "engines.md", "potentials.md"])
def test_the_tables_are_those_of_the_models(tables, page):
    text = (DOCS / page).read_text(encoding="utf-8")
    assert tables.MARKED.search(text)
    assert text == tables.with_tables(text), "run python docs/tables.py"


@pytest.mark.parametrize("record", BUILT_IN.values(), ids=lambda record: record.name)
def test_every_engine_and_every_option_is_documented(tables, record):
    text = (DOCS / "engines.md").read_text(encoding="utf-8")
    assert f"`{record.grammar}`" in text
    shown = [getattr(import_module(found["module"]), found["name"]) for found in tables.MARKED.finditer(text)]
    assert record.options is None or record.options in shown
