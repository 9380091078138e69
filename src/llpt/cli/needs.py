"""What each thing that one may want to do needs beyond llpt's own dependencies, and how to get it.

What an engine needs stands in its record.
"""

from __future__ import annotations

from llpt.browsers import BROWSERS
from llpt.prerequisites import Prerequisite

OTHERS = (
    Prerequisite("open a universe of MDAnalysis", "pip install MDAnalysis", packages=("MDAnalysis",)),
    Prerequisite("run a study through Slurm", 'run llpt where sbatch is, or set where = "local"', programs=("sbatch",)),
    Prerequisite("run a study through PBS", 'run llpt where qsub is, or set where = "local"', programs=("qsub",)),
    Prerequisite("run a study in Kubernetes", "pip install kubernetes", packages=("kubernetes",)),
    Prerequisite("print a report as a PDF (report --pdf)", "Debian: apt-get install chromium", programs=BROWSERS),
    Prerequisite(
        "test the pages in a browser",
        "pip install -e '.[browser]', and Debian: apt-get install chromium",
        packages=("playwright", "axe_playwright_python"),
        programs=BROWSERS,
    ),
    Prerequisite("run the tests", "pip install -e '.[test]'", packages=("pytest", "xdist", "jupytext", "jsonschema")),
    Prerequisite(
        "build the documentation", "pip install -e '.[docs]'", packages=("mkdocs", "material", "mkdocstrings")
    ),
)
"""DFT of hydrogen (dft), networks, training, import, analysis and report need nothing beyond llpt itself."""


def needs() -> tuple[Prerequisite, ...]:
    """Return what every engine needs, and what is needed for the rest."""
    from llpt.engines import engine_records  # noqa: PLC0415 - start-up time of the other commands
    from llpt.engines.mpi import LAUNCHER  # noqa: PLC0415

    engines = (record.needs for record in engine_records().values())
    return (*filter(None, engines), LAUNCHER, *OTHERS)
