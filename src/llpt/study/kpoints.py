"""The k-points of a study's reference: what they are, and a mesh twice as fine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.dft.kpoints import finer_sampling, parse_kpoints
from llpt.engines import find_engine
from llpt.errors import InputError

if TYPE_CHECKING:
    from llpt.options import OptionValue
    from llpt.study.engine_sections import ReferenceSection


def kpoints_of(reference: ReferenceSection) -> OptionValue:
    """Return the k-points of a reference, as given or by its engine's default; None where it has none.

    Args:
        reference: section ``[reference]`` of a study.
    """
    return find_engine(reference.engine).option("kpoints", reference.engine_options())


def finer_mesh(kpoints: str) -> str | None:
    """Return k-points twice as fine; None where they are a list of somebody's own, or in words of an engine's own."""
    try:
        return finer_sampling(kpoints)
    except InputError:
        return None


def is_one_point(kpoints: str) -> bool:
    """Return whether one point is computed in every cell; False where the engine has k-points in words of its own."""
    try:
        return len(parse_kpoints(kpoints).weights) == 1
    except InputError:
        return False
