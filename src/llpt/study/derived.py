"""Keys of a study file that are declared elsewhere: an engine's options as the fields of a section."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import ConfigDict, Field, create_model

from llpt.study.sections import Section

if TYPE_CHECKING:
    from collections.abc import Collection

    from pydantic import BaseModel


class _AsTomlGivesIt(Section):
    """A section whose numbers are numbers: the text "60" is none."""

    model_config = ConfigDict(strict=True)


def section_of(
    model: type[BaseModel], name: str, *, base: type[Section] = Section, without: Collection[str] = ()
) -> type[Section]:
    """Return a section whose keys are the fields of a model: the same types, ranges and phrases, each may be left out.

    What is left out is None there: the default is the model's own business.

    Args:
        model: where the keys are declared.
        name: the section's class name.
        base: a section whose keys stand before them.
        without: fields that are no keys.
    """
    keys: dict[str, Any] = {}
    for key, field in model.model_fields.items():
        if key not in without:
            kind: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
            keys[key] = (kind | None, Field(default=None, description=field.description))
    return create_model(name, __base__=(base, _AsTomlGivesIt), __doc__=f"Keys out of {model.__name__}.", **keys)
