"""Pseudopotentials of our own, kept as small JSON files beside this module and made by ``generate``."""

from __future__ import annotations

import json
from importlib.resources import files

from llpt.dft.pseudopotentials.gth import GTHPotential

_FILES = {"default": "h-pbe.json", "hard": "h-pbe-hard.json"}


def stored_names() -> tuple[str, ...]:
    """Return the names that ``stored_potential`` knows."""
    return tuple(_FILES)


def stored_potential(name: str) -> GTHPotential:
    """Return a potential of our own.

    Args:
        name: ``default`` (soft, for production) or ``hard`` (stands for the bare proton, needs 200 Ry).
    """
    text = files("llpt.dft.pseudopotentials").joinpath("data", _FILES[name]).read_text(encoding="utf-8")
    content = json.loads(text)
    return GTHPotential(
        content["name"],
        r_loc=content["r_loc"],
        coefficients=tuple(content["coefficients"]),
        charge=content["charge"],
        recommended_ecut_ry=content["recommended_ecut_ry"],
    )
