"""Functionals by name: a new one is an object in a file beside this one, and a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.dft.functionals.pbe import PBE, PBESOL
from llpt.dft.functionals.pw92 import LDA_PW92
from llpt.dft.functionals.scan_l import SCAN_L
from llpt.dft.functionals.thermal import CORRKSDT, KDT16, KSDT
from llpt.errors import InputError

if TYPE_CHECKING:
    from llpt.dft.functionals.base import Functional

FUNCTIONALS: tuple[Functional, ...] = (LDA_PW92, PBE, PBESOL, SCAN_L, KSDT, CORRKSDT, KDT16)


def functional_names() -> tuple[str, ...]:
    """Return the names that ``get_functional`` knows, aliases left out."""
    return tuple(functional.record.name for functional in FUNCTIONALS)


def get_functional(name: str) -> Functional:
    """Return the functional of this name or alias, in any case.

    Raises:
        InputError: the name is unknown.

    >>> get_functional("PBE").level.value
    'gga'
    """
    key = name.strip().lower()
    for functional in FUNCTIONALS:
        if key in {functional.record.name, *functional.record.aliases}:
            return functional
    raise InputError(
        f"Exchange–correlation functional xc='{name}' is not known.", f"Use one of: {', '.join(functional_names())}."
    )
