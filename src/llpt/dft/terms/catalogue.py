"""The terms of the free energy: a new one is a file beside this one, and a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.dft.terms.ewald import IonRepulsion
from llpt.dft.terms.hartree import HartreeTerm
from llpt.dft.terms.kinetic import KineticTerm
from llpt.dft.terms.local import LocalTerm
from llpt.dft.terms.nonlocal_ import NonlocalTerm
from llpt.dft.terms.xc import ExchangeCorrelation

if TYPE_CHECKING:
    from llpt.dft.terms.base import Setting, Term

_TERMS: tuple[type[Term], ...] = (
    IonRepulsion,
    LocalTerm,
    HartreeTerm,
    ExchangeCorrelation,
    KineticTerm,
    NonlocalTerm,
)


def make_terms(setting: Setting) -> tuple[Term, ...]:
    """Return all terms of a geometry."""
    return tuple(term(setting) for term in _TERMS)
