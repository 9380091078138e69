"""The papers that a methods paragraph cites, as BibTeX: of engines, their options and functionals, and the others."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING

from llpt.dynamics import integrator_records
from llpt.engines import engine_records
from llpt.papers import Paper
from llpt.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llpt.dft.functionals import FunctionalRecord

PROGRAM = Paper("llpt", "The llpt developers", f"llpt {VERSION}", "", "", "", "", "", kind="misc")
"""This program, as its own entry."""


def papers() -> dict[str, Paper]:
    """Return all papers by key."""
    return _of_engines_and_methods() | {paper.key: paper for each in _functionals() for paper in each.papers}


def cited(keys: Iterable[str]) -> tuple[Paper, ...]:
    """Return the papers of some keys, in their order; functionals are loaded where one of theirs is among them."""
    asked, known = tuple(keys), _of_engines_and_methods()
    if not known.keys() >= set(asked):
        known = papers()
    return tuple(known[key] for key in asked)


def _of_engines_and_methods() -> dict[str, Paper]:
    text = files("llpt.report").joinpath("references.json").read_text(encoding="utf-8")
    found = {paper.key: paper for record in engine_records().values() for paper in record.every_paper}
    found |= {paper.key: paper for record in integrator_records().values() for paper in record.papers}
    return found | {PROGRAM.key: PROGRAM} | {entry["key"]: Paper(**entry) for entry in json.loads(text)}


def _functionals() -> tuple[FunctionalRecord, ...]:
    from llpt.dft.functionals.catalogue import FUNCTIONALS  # noqa: PLC0415 - loads torch

    return tuple(functional.record for functional in FUNCTIONALS)


def papers_of_functional(name: str) -> tuple[Paper, ...]:
    """Return the papers of a functional by its name or alias; none where it is not known here.

    >>> [paper.key for paper in papers_of_functional("PBE")]
    ['perdew1996']
    """
    if not name:
        return ()
    return next((each.papers for each in _functionals() if name.lower() in {each.name, *each.aliases}), ())


def bibliography(keys: Iterable[str]) -> str:
    """Return a ``.bib`` file of these papers, in the order of their keys."""
    return "\n".join(paper.bibtex for paper in cited(sorted(set(keys))))
