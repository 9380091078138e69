"""Where things lie in a study's directory; it imports little, for ``llpt status`` must answer at once.

STUDY_DIR/  study.toml (as given, frozen)   grown/ (what it was before it grew)   study.db (the ledger)
            inputs/ (files the study file names, copied)   imported.toml (runs made elsewhere)
            jobs/ (what each process was told, and its log)
            runs/<engine>/N<atoms>/P<gpa>/T<k>[-<path><repeat>]/   models/<engine>/
            results/*.nc, verdict.json   report/index.html, figures/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.campaign import file_stem
from llpt.errors import InputError, StorageError
from llpt.study.inside import is_below
from llpt.study.lock import LockedDirectory

if TYPE_CHECKING:
    from pathlib import Path

STUDY_FILE = "study.toml"
IMPORTED_FILE = "imported.toml"
MANIFEST = "archive.json"
"""What an archive says of itself; in a study's directory it shows that one was unpacked there."""


class StudyPlace(LockedDirectory):
    """The places in a study's directory, whatever the study says.

    Args:
        root: the directory itself.
    """

    @staticmethod
    def found(root: Path) -> StudyPlace:
        """Return the places of the study that lies in ``root``.

        Raises:
            InputError: there is none.
        """
        if not (root / STUDY_FILE).is_file():
            raise InputError(
                f"{root} is not a study directory: it holds no {STUDY_FILE}.",
                'Give the directory that "llpt run" made.',
            )
        return StudyPlace(root)

    @property
    def study_file(self) -> Path:
        """The study file, as it was given."""
        return self.root / STUDY_FILE

    @property
    def grown(self) -> Path:
        """Where the study files lie that it grew from."""
        return self.root / "grown"

    @property
    def database(self) -> Path:
        """The ledger."""
        return self.root / "study.db"

    @property
    def imported(self) -> Path:
        """The tables of the runs made elsewhere."""
        return self.root / IMPORTED_FILE

    @property
    def results(self) -> Path:
        """What analysis leaves."""
        return self.root / "results"

    @property
    def verdict(self) -> Path:
        """The verdict with its reasons."""
        return self.results / "verdict.json"

    @property
    def report(self) -> Path:
        """The page and its figures."""
        return self.root / "report"

    def node(self, path: str) -> Path:
        """Return the directory of a node of the plan.

        Raises:
            StorageError: the path does not lie below the study's directory.
        """
        if not is_below(path):
            raise StorageError(
                f"{path!r} is no directory below {self.root}.", "Do not trust a study that somebody gave you so."
            )
        return self.root / path

    def result(self, path: str) -> Path:
        """Return the file of a run's observables: ``results/dft-N32-P200-T700.nc``."""
        return self.results / f"{file_stem(path)}.nc"

    @property
    def page(self) -> Path:
        """The report's page."""
        return self.report / "index.html"
