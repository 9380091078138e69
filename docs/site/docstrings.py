"""Docstrings of the package as Markdown: roles of Sphinx become code, examples become blocks."""

from __future__ import annotations

import re
from typing import Any

import griffe

ROLE = re.compile(r":(?:class|func|meth|attr|mod|data|exc):`~?([^`]+)`")
LITERAL_BLOCK = re.compile(r"::\n\n((?:    .*\n|\n)+)")


class PlainMarkdown(griffe.Extension):
    """Rewrites every docstring before it is parsed."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite one docstring."""
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value)


def as_markdown(text: str) -> str:
    """Return a docstring with roles as code and examples of the interpreter as blocks.

    >>> as_markdown("See :class:`Isobar`.")
    'See `Isobar`.'
    """
    lines: list[str] = []
    inside = False
    for line in ROLE.sub(r"`\1`", text).splitlines():
        if line.lstrip().startswith(">>> ") and not inside:
            inside = True
            lines += ["", "```pycon"]
        elif inside and not line.strip():
            inside = False
            lines.append("```")
        lines.append(line)
    if inside:
        lines.append("```")
    return LITERAL_BLOCK.sub(r":\n\n\1", "\n".join(lines))
