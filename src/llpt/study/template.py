"""The study files that llpt writes: text with a mark where the default of a key stands, which is declared elsewhere."""

from __future__ import annotations

import json
import re
import shlex
from importlib.resources import files
from typing import TYPE_CHECKING

from llpt.engines import DEFAULT_REFERENCE
from llpt.study.few_kpoints import mesh_for
from llpt.study.place import STUDY_FILE
from llpt.study.reading import section_at
from llpt.study.sections import on_one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

_DEFAULT = re.compile(r"^(?P<key>\w+) = @default@ *(?P<comment>#.*)?$")
_HEADING = re.compile(r"^\[(\w+)\]")
_COMMENTS_AT = 36


def as_toml(value: object) -> str:
    """Return a text, a number or a list as the value of a key of TOML, which quotes as JSON does."""
    return f"{value:g}" if isinstance(value, float) else json.dumps(value, ensure_ascii=False)


def study_template(atoms: Sequence[int] = (), *, name: str = STUDY_FILE) -> str:
    """Return the commented study file that ``llpt init`` writes.

    Args:
        atoms: sizes of the cells, with the k-points that they need; none leaves those of the file.
        name: of the file, as its comments tell how it is run.
    """
    text = with_defaults(files("llpt.study").joinpath("template.toml").read_text(encoding="utf-8"), name=name)
    if not atoms:
        return text
    sizes = sorted(set(atoms))
    text = re.sub(r"(?m)^atoms = \[.*?\]", f"atoms = {sizes}", text, count=1)
    text = re.sub(r'(?m)^kpoints = ".*?"', f'kpoints = "{mesh_for(sizes)}"', text, count=1)
    text = text.replace("atoms = [512] }", f"atoms = {sizes[-1:]} }}")
    return text if len(sizes) > 1 else text.replace("\nsize = true", "\nsize = false")


def with_defaults(text: str, *, name: str = STUDY_FILE) -> str:
    """Return the text of a study file with the default of each key in the place of ``@default@``.

    Args:
        text: sections as in a study file; ``[reference]`` is taken to have the default engine.
        name: of the file, in the place of ``@file@``.
    """
    section, lines = "", []
    text = text.replace("@file@", shlex.quote(on_one_line(name)))
    for line in text.splitlines(keepends=True):
        heading = _HEADING.match(line)
        section = heading[1] if heading else section
        marked = _DEFAULT.match(line.rstrip("\n"))
        if marked:
            written = f"{marked['key']} = {as_toml(_default(section, marked['key']))}"
            comment = marked["comment"]
            lines.append(f"{written:{_COMMENTS_AT}}{comment}\n" if comment else f"{written}\n")
        else:
            lines.append(line)
    return "".join(lines)


def _default(section: str, key: str) -> object:
    if section == "reference":
        return DEFAULT_REFERENCE.name if key == "engine" else DEFAULT_REFERENCE.option(key, {})
    model = section_at((section,) if section else ())
    assert model is not None
    return model.model_fields[key].default
