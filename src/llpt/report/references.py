"""The papers that a methods paragraph cites, as BibTeX."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Paper:
    """One paper.

    Args:
        key: its BibTeX key.
        authors: joined by `` and ``.
        title: its title.
        journal: abbreviated.
        volume: of the journal.
        page: first page or number; empty where there is none.
        year: of publication.
        doi: without a prefix.
    """

    key: str
    authors: str
    title: str
    journal: str
    volume: str
    page: str
    year: str
    doi: str

    @property
    def place(self) -> str:
        """Journal, volume and page, as a docstring cites it."""
        return f"{self.journal} {self.volume}, {self.page}"

    @property
    def bibtex(self) -> str:
        """The entry of a ``.bib`` file."""
        fields = {
            "author": self.authors,
            "title": f"{{{self.title}}}",
            "journal": self.journal,
            "volume": self.volume,
            "pages": self.page,
            "year": self.year,
            "doi": self.doi,
        }
        lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
        return f"@article{{{self.key},\n{lines}}}\n"


@lru_cache
def papers() -> dict[str, Paper]:
    """Return all papers by key."""
    text = files("llpt.report").joinpath("references.json").read_text(encoding="utf-8")
    return {entry["key"]: Paper(**entry) for entry in json.loads(text)}


def key_of(source: str) -> str:
    """Return the key of the paper that a source names by journal, volume and page; empty where it is not known here.

    >>> key_of("J. P. Perdew, K. Burke, M. Ernzerhof, Phys. Rev. Lett. 77, 3865 (1996)")
    'perdew1996'
    """
    return next((paper.key for paper in papers().values() if paper.page and paper.place in source), "")


def bibliography(keys: Iterable[str]) -> str:
    """Return a ``.bib`` file of these papers, in the order of their keys."""
    return "\n".join(papers()[key].bibtex for key in sorted(set(keys)))
