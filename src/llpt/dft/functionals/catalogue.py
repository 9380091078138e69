"""Functionals by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.dft.functionals.pbe import PBE
from llpt.dft.functionals.pw92 import PerdewWangLDA
from llpt.dft.functionals.scan_l import ScanL
from llpt.dft.functionals.thermal import KDT16, KSDT, CorrectedKSDT
from llpt.errors import InputError

if TYPE_CHECKING:
    from llpt.dft.functionals.base import Functional

_ALIASES = {"lda": "lda-pw92"}
_CLASSES: tuple[type[Functional], ...] = (PerdewWangLDA, PBE, ScanL, KSDT, CorrectedKSDT, KDT16)


def functional_names() -> tuple[str, ...]:
    """Return the names that ``get_functional`` knows, aliases left out."""
    return tuple(cls.name for cls in _CLASSES)


def get_functional(name: str) -> Functional:
    """Return the functional of this name (case and the alias 'lda' for 'lda-pw92' allowed).

    Raises:
        InputError: the name is unknown.

    >>> get_functional("PBE").level.value
    'gga'
    """
    key = name.strip().lower()
    key = _ALIASES.get(key, key)
    for cls in _CLASSES:
        if cls.name == key:
            return cls()
    raise InputError(
        f"Exchange–correlation functional xc='{name}' is not known.", f"Use one of: {', '.join(functional_names())}."
    )
