"""Install the package that a page shows, as pip would leave it: ``python -m tests.page_plugin PAGE DIRECTORY``.

The page's first block of Python is the module, its first block of TOML the project's entry points.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def source_and_entries(page):
    """Return the module's text and the entry points by group, as a page of ``docs`` shows them."""
    text = (ROOT / page).read_text(encoding="utf-8")
    source, announced = (re.search(rf"```{kind}\n(.*?)```", text, re.DOTALL)[1] for kind in ("python", "toml"))
    return source, tomllib.loads(announced)["project"]["entry-points"]


def place(page, directory):
    """Write the package into a directory of the search path."""
    source, groups = source_and_entries(page)
    [name] = {value.partition(":")[0] for entries in groups.values() for value in entries.values()}
    about = Path(directory) / f"{name}-1.0.dist-info"
    about.mkdir(parents=True)
    (Path(directory) / f"{name}.py").write_text(source, encoding="utf-8")
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = []
    for group, entries in groups.items():
        lines += [f"[{group}]", *(f"{entry} = {value}" for entry, value in entries.items())]
    (about / "entry_points.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    place(*sys.argv[1:])
