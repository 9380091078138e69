"""JSON schemas that editors read: Draft 4, which Taplo knows, out of the 2020-12 that pydantic writes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import core_schema

DRAFT_4 = "http://json-schema.org/draft-04/schema#"
FORMAT_KEY = "x-format"
"""Where a schema tells which format of its file it describes; Draft 4 lets keys be that it does not know."""

_LEFT_OUT = {"$defs", "$ref", "title", "format", "propertyNames", "discriminator"}
"""References, which are written out; names of classes; what says nothing that a reader of Draft 4 could check."""

_ARGUMENT = re.compile(r"^ {4}(?P<name>\w+): (?P<text>.+(?:\n {5,}.+)*)", re.MULTILINE)
"""A field in a docstring's ``Args`` or ``Attributes``."""


class _Plain(GenerateJsonSchema):
    """Without the titles that only repeat a key."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        del schema
        return False


class _WithoutNull(_Plain):
    """For TOML, which has no null: what may be None is left out there."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> dict[str, Any]:
        found = super().default_schema(schema)
        return {key: value for key, value in found.items() if key != "default" or value is not None}


class _NamedNumbers(_Plain):
    """For JSON in which numbers that are none are the texts "NaN", "Infinity" and "-Infinity"."""

    def float_schema(self, schema: core_schema.FloatSchema) -> dict[str, Any]:
        return {"anyOf": [super().float_schema(schema), {"enum": ["NaN", "Infinity", "-Infinity"]}]}


def json_schema(
    model: type[BaseModel], *, title: str, version: int, null: bool = True, named_numbers: bool = False
) -> dict[str, Any]:
    """Return the schema, of Draft 4, of the files that a model reads.

    Args:
        model: that reads them.
        title: what the files are.
        version: the format of the files that it describes.
        null: False for TOML, which has no null.
        named_numbers: whether "NaN", "Infinity" and "-Infinity" stand where a number may.
    """
    writer = _NamedNumbers if named_numbers else _Plain if null else _WithoutNull
    found = to_draft_4(model.model_json_schema(schema_generator=writer))
    return {"$schema": DRAFT_4, FORMAT_KEY: version, **found, "title": title}


def to_draft_4(schema: dict[str, Any], definitions: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a schema of 2020-12, as pydantic writes it, in the words of Draft 4 and without references.

    Draft 4 overlooks what stands beside a reference, and Taplo's editors fail on one inside ``allOf``: what is referred
    to is written out instead. So a model that holds itself has no schema. A field without a phrase of its own has that
    of its class's docstring.

    Args:
        schema: of a model, or a part of it.
        definitions: what references mean; None for those of the schema.

    >>> to_draft_4({"type": "number", "exclusiveMinimum": 0})
    {'type': 'number', 'minimum': 0, 'exclusiveMinimum': True}
    >>> to_draft_4({"$defs": {"Ratio": {"type": "number"}}, "$ref": "#/$defs/Ratio", "description": "of two edges"})
    {'type': 'number', 'description': 'of two edges'}
    """
    known = schema.get("$defs", {}) if definitions is None else definitions
    found: dict[str, Any] = {}
    if "$ref" in schema:
        found = to_draft_4(known[schema["$ref"].rpartition("/")[2]], known)
    for key, value in schema.items():
        if key not in _LEFT_OUT and not (key == "minLength" and "type" not in schema):
            # Beside a choice of a value and a list pydantic writes the least length of the list, which has it already.
            found |= _in_draft_4(key, value, known)
    for name, text in _ARGUMENT.findall(schema.get("description", "")):
        if "description" not in schema.get("properties", {}).get(name, {"description": text}):
            found["properties"][name] |= {"description": " ".join(text.replace("``", "`").split())}
    return found


def _in_draft_4(key: str, value: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """Return what one keyword comes to."""
    match key:
        case "exclusiveMinimum" | "exclusiveMaximum":
            found = {key.replace("exclusiveM", "m"): value, key: True}
        case "const":
            found = {"enum": [value]}
        case "dependentRequired":
            found = {"dependencies": value}
        case "prefixItems":
            found = {"items": [to_draft_4(each, definitions) for each in value], "additionalItems": False}
        case "properties" | "patternProperties":
            found = {key: {name: to_draft_4(inner, definitions) for name, inner in value.items()}}
        case "allOf" | "anyOf" | "oneOf":
            found = {key: [to_draft_4(each, definitions) for each in value]}
        case "items" | "additionalProperties" | "not" if isinstance(value, dict):
            found = {key: to_draft_4(value, definitions)}
        case "description":  # editors show the first paragraph well, as Markdown
            found = {key: value.partition("\n\n")[0].replace("``", "`")}
        case _:
            found = {key: value}
    return found
