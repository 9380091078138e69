"""Write the tables of keys and options in this folder from the models that check them: ``python docs/tables.py``.

A line ``<!-- module:Model -->`` in a page stands before the table of that model's fields; the rest of a page is written
by hand. The table of the controlled tests tells what each asks, from the docstring of its class. The tests compare
pages and models (``tests/study/test_documentation.py``).
"""

from __future__ import annotations

import json
import re
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from pydantic import BaseModel

from llpt.options import Options
from llpt.study.controlled_tests import ControlledTestsSection, MatchedRunsSection
from llpt.study.sections import Section

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

PAGES = Path(__file__).resolve().parent
MARKED = re.compile(r"(<!-- (?P<module>[\w.]+):(?P<name>\w+) -->\n)(?:\n?\|[^\n]*\n)*")


def table(model: type[BaseModel]) -> str:
    """Return one row for each field: its name, what is allowed, its default."""
    first = "option" if issubclass(model, Options) else "key"
    rows = [f"| {first} | allowed | default |", "|---|---|---|"]
    rows += [
        f"| `{name}` | {(field.description or '').replace('|', '/')} | {default(field)} |"
        for name, field in model.model_fields.items()
    ]
    return "\n".join(rows) + "\n"


def table_of_tests() -> str:
    """Return one row for each controlled test: what it asks and adds, what is allowed, its own keys."""
    rows = ["| test | what it asks and adds | allowed | its own keys (default) |", "|---|---|---|---|"]
    for name, field in ControlledTestsSection.model_fields.items():
        tests = [kind for kind in get_args(field.annotation) if isinstance(kind, type) and issubclass(kind, Section)]
        asks = " ".join((test.__doc__ or "") for test in tests)
        own = ", ".join(
            f"`{key}` ({default(inner)})"
            for test in tests
            for key, inner in test.model_fields.items()
            if key not in MatchedRunsSection.model_fields
        )
        rows.append(f"| `{name}` | {asks} | {field.description} | {own} |")
    return "\n".join(rows) + "\n"


def default(field: FieldInfo) -> str:
    """Return a field's default as a person reads it."""
    if field.is_required():
        return "must be given"
    value = field.get_default(call_default_factory=True)
    if value is None:
        return "–"
    if isinstance(value, BaseModel):
        return "its defaults"
    if isinstance(value, tuple | dict) and not value:
        return "none" if isinstance(value, tuple) else "empty"
    return f"`{json.dumps(plain(value), ensure_ascii=False)}`"


def plain(value: object) -> object:
    """Return a value as TOML has it, 600 for 600.0."""
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value.value if isinstance(value, Enum) else value


def with_tables(text: str) -> str:
    """Return a page with every table as the models have it."""

    def written(found: re.Match[str]) -> str:
        model = getattr(import_module(found["module"]), found["name"])
        return f"{found[1]}\n{table_of_tests() if model is ControlledTestsSection else table(model)}"

    return MARKED.sub(written, text)


if __name__ == "__main__":
    for page in sorted(PAGES.glob("*.md")):
        old = page.read_text(encoding="utf-8")
        if (new := with_tables(old)) != old:
            page.write_text(new, encoding="utf-8")
            print(f"wrote {page}")
