"""The k-points of a study's reference: what they are, and a mesh twice as fine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llpt.dft.kpoints import parse_kpoints
from llpt.engines import find_engine
from llpt.errors import InputError

if TYPE_CHECKING:
    from llpt.options import OptionValue
    from llpt.study.engine_sections import ReferenceSection

MESH = "2x2x2"
"""The mesh that cells too small for one point are given."""


def kpoints_of(reference: ReferenceSection) -> OptionValue:
    """Return the k-points of a reference, as given or by its engine's default; None where it has none.

    Args:
        reference: section ``[reference]`` of a study.
    """
    return find_engine(reference.engine).option("kpoints", reference.engine_options())


def finer_mesh(kpoints: str) -> str | None:
    """Return a mesh of k-points twice as fine in each direction; None where the points are a list of somebody's own.

    >>> [finer_mesh(each) for each in ("2x2x2", "mean-value", "spacing:0.74", "0,0,0;0.5,0.5,0.5")]
    ['4x4x4', '2x2x2', 'spacing:0.37', None]
    """
    text = kpoints.strip().lower()
    spacing = re.fullmatch(r"spacing:(\d*\.?\d+)", text)
    if spacing:
        return f"spacing:{0.5 * float(spacing[1]):g}"
    mesh = re.fullmatch(r"(\d+)x(\d+)x(\d+)", text)
    if mesh:
        return "x".join(str(2 * int(part)) for part in mesh.groups())
    return MESH if is_one_point(text) else None


def is_one_point(kpoints: str) -> bool:
    """Return whether one point is computed in every cell; False where the engine has k-points in words of its own."""
    try:
        return len(parse_kpoints(kpoints).weights) == 1
    except InputError:
        return False
