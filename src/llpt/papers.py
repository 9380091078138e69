"""A paper or program that a text cites, and its entry in a bibliography."""

from __future__ import annotations

from dataclasses import dataclass


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
        year: of publication; empty of a program, whose title tells its version.
        doi: without a prefix; empty where there is none.
        kind: of BibTeX's entry: ``article``, or ``misc`` of a program.
    """

    key: str
    authors: str
    title: str
    journal: str
    volume: str
    page: str
    year: str
    doi: str
    kind: str = "article"

    @property
    def reference(self) -> str:
        """The entry of a list of references.

        >>> Paper("mermin1965", "N. D. Mermin", "Thermal", "Phys. Rev.", "137", "A1441", "1965", "").reference
        'N. D. Mermin, Phys. Rev. 137, A1441 (1965)'
        """
        if self.kind == "misc":
            return f"{self.authors}, {self.title}"
        place = ", ".join(filter(None, (f"{self.journal} {self.volume}".strip(), self.page)))
        return f"{self.authors.replace(' and ', ', ')}, {place} ({self.year})"

    @property
    def bibtex(self) -> str:
        """The entry of a ``.bib`` file."""
        fields = {
            "author": f"{{{self.authors}}}" if self.kind == "misc" else self.authors,
            "title": f"{{{self.title}}}",
            "journal": self.journal,
            "volume": self.volume,
            "pages": self.page,
            "year": self.year,
            "doi": self.doi,
        }
        lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
        return f"@{self.kind}{{{self.key},\n{lines}}}\n"
