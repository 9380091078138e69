"""The papers that a methods paragraph cites, as BibTeX: those of engines and of their options, and the others."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING

from llpt.engines import engine_records
from llpt.papers import Paper

if TYPE_CHECKING:
    from collections.abc import Iterable


def papers() -> dict[str, Paper]:
    """Return all papers by key."""
    text = files("llpt.report").joinpath("references.json").read_text(encoding="utf-8")
    found = {paper.key: paper for record in engine_records().values() for paper in record.every_paper}
    return found | {entry["key"]: Paper(**entry) for entry in json.loads(text)}


def key_of(source: str) -> str:
    """Return the key of the paper that a source names by journal, volume and page; empty where it is not known here.

    >>> key_of("J. P. Perdew, K. Burke, M. Ernzerhof, Phys. Rev. Lett. 77, 3865 (1996)")
    'perdew1996'
    """
    return next((paper.key for paper in papers().values() if paper.page and paper.place in source), "")


def bibliography(keys: Iterable[str]) -> str:
    """Return a ``.bib`` file of these papers, in the order of their keys."""
    known = papers()
    return "\n".join(known[key].bibtex for key in sorted(set(keys)))
