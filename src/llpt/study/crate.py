"""What an archive says of itself to other programs: RO-Crate, the metadata of research data (https://w3id.org/ro/crate).

Soiland-Reyes et al., Data Science 5, 97 (2022), https://doi.org/10.3233/DS-210053.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rocrate.model.softwareapplication import SoftwareApplication
from rocrate.rocrate import ROCrate

from llpt.study.place import STUDY_FILE
from llpt.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from llpt.study.layout import StudyDirectory

CRATE_FILE = "ro-crate-metadata.json"
FORMATS = {
    ".csv": "text/csv",
    ".db": "application/vnd.sqlite3",
    ".h5": "application/x-hdf5",
    ".html": "text/html",
    ".json": "application/json",
    ".log": "text/plain",
    ".nc": "application/netcdf",
    ".png": "image/png",
    ".toml": "application/toml",
    ".xml": "application/xml",
    ".xyz": "chemical/x-xyz",
}
"""Media types of the files of a study, by how their names end."""
CONTENTS = {
    STUDY_FILE: "the study as it was asked for",
    "study.db": "the ledger: state, cost, versions and conditions of every run",
    "results/verdict.json": "the verdict and what it rests on",
    "report/index.html": "the report",
    "archive.json": "the SHA-256 of every file",
}
"""What the files are that a reader looks for first."""


def crate_text(directory: StudyDirectory, hashes: Mapping[str, str]) -> str:
    """Return the metadata of a study's archive as JSON-LD.

    Args:
        directory: the study.
        hashes: SHA-256 of every file, by its path below the study's directory.
    """
    crate = ROCrate(gen_preview=False)
    study = directory.study.study
    crate.name = study.name
    crate.description = f"{study.name}: runs, averages and verdict of a study by llpt {VERSION}"
    program = SoftwareApplication(crate, f"#llpt-{VERSION}", {"name": "llpt", "version": VERSION})
    crate.add(program)
    crate.root_dataset["creator"] = program
    for name, digest in hashes.items():
        crate.add_file(directory.root / name, name, properties=_about(directory.root / name, name, digest))
    return json.dumps(crate.metadata.generate(), indent=1)


def _about(file: Path, name: str, digest: str) -> dict[str, str]:
    """Return what the crate states of a file."""
    properties = {"sha256": digest, "contentSize": str(file.stat().st_size)}
    if file.suffix in FORMATS:
        properties["encodingFormat"] = FORMATS[file.suffix]
    if name in CONTENTS:
        properties["description"] = CONTENTS[name]
    return properties
