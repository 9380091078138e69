"""Programs that say how they were called and do nothing: the scripts of ``.ci`` are run with them in the tests.

``python -m tests.programs FOLDER`` writes them. ``python3 -m venv PLACE`` makes them an environment, where none is.
"""

import sys
from pathlib import Path

NAMES = ("chromium", "lint-imports", "mkdocs", "mypy", "pip", "python", "ruff", "uv")
SAYS = '#!/bin/sh\necho "${0##*/} $*"\n'
MAKES = """#!/bin/sh
[ -e "$3" ] || { mkdir -p "$3/bin" && cp "$(dirname "$0")"/* "$3/bin"; }
"""


def write(folder):
    """Write the programs into a folder."""
    folder.mkdir(exist_ok=True)
    for name, text in {**dict.fromkeys(NAMES, SAYS), "python3": MAKES}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
