"""Records as JSON holds them: what is not known is null, for JSON knows no NaN."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from pydantic import BaseModel


class FormatNumber(BaseModel):
    """What is read first of a stored file; the first format came without a number.

    Args:
        format: which one the file has.
    """

    format: int = 1


def plain(value: object) -> Any:
    """Return dataclasses, models, mappings and sequences, in one another, as dicts, lists and plain values.

    A number that is not finite is None.

    >>> plain({"a": (1.0, math.nan)})
    {'a': [1.0, None]}
    """
    if isinstance(value, BaseModel):
        return plain(value.model_dump())
    if is_dataclass(value):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value
