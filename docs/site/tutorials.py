"""Tutorials as pages: a script's cells in order, each with what it printed and drew."""

from __future__ import annotations

import fcntl
import hashlib
import html
import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

HERE = Path(__file__).resolve().parent
SAVED = re.compile(r'savefig\("([^"]+)"\)')
SOURCE = HERE.parents[1] / "src"
KEPT = HERE.parents[1] / "build/tutorials"
"""Where what tutorials gave is kept, for the tests, which look at it, and for the site, which shows it."""
MESSAGES = "messages.txt"
LONGEST_S = 3600
"""For a tutorial; alone on two cores each takes minutes."""


def cells(text: str) -> list[tuple[str, str]]:
    r"""Return kind (``markdown`` or ``code``) and text of each cell of a script in jupytext's percent format.

    >>> cells("# %% [markdown]\n# # Title\n#\n# Words.\n\n# %%\nx = 1\nx\n")
    [('markdown', '# Title\n\nWords.'), ('code', 'x = 1\nx')]
    """
    found = []
    for piece in re.split(r"^# %%", text, flags=re.MULTILINE)[1:]:
        head, _, body = piece.partition("\n")
        if "[markdown]" in head:
            lines = [line.removeprefix("#").removeprefix(" ") for line in body.strip().splitlines()]
            found.append(("markdown", "\n".join(lines)))
        else:
            found.append(("code", body.strip()))
    return found


def executed(script: Path, folder: Path = KEPT) -> Path:
    """Run a tutorial, cell by cell, and return the folder with ``cells.json``, its figures and ``messages.txt``.

    A warning of the package is an error, and what a person's studies have taught llpt is left out. What a script gave
    is kept under ``folder`` by the hash of the script, the package, Python and all that is installed beside it, so that
    the tests and a site that is built beside or after them run it once. Who comes while it runs waits.

    Raises:
        RuntimeError: it failed; with what it said.
    """
    digest = hashlib.sha256(script.read_bytes())
    for source in sorted((SOURCE / "llpt").rglob("*")):
        if source.is_file() and source.parent.name != "__pycache__":
            digest.update(source.read_bytes())
    others = {f"{each.name} {each.version}" for each in distributions() if each.name != "llpt"}
    digest.update("\n".join((sys.version, *sorted(others))).encode())
    place = folder / f"{script.stem}-{digest.hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{script.stem}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "cells.json").is_file():
            _run(script, place)
    return place


def _run(script: Path, place: Path) -> None:
    """Run a tutorial in a folder that is made for it."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    path = os.pathsep.join(filter(None, (str(SOURCE), os.environ.get("PYTHONPATH"))))
    told = {"PYTHONPATH": path, "PYTHONWARNINGS": "error:::llpt", "XDG_STATE_HOME": str(place / "state")}
    environment = {**os.environ, **told, "MPLBACKEND": "Agg", "COLUMNS": "100"}
    environment.pop("LLPT_STYLE", None)
    command = [sys.executable, HERE / "run_cells.py", script]
    with (place / MESSAGES).open("w") as messages:
        try:
            done = subprocess.run(command, cwd=place, env=environment, stderr=messages, timeout=LONGEST_S, check=False)
        except subprocess.TimeoutExpired as error:
            raise RuntimeError(f"{script.name} did not end within {LONGEST_S} s: the machine is too busy.") from error
    if done.returncode:
        raise RuntimeError(f"{script.name} failed.\n{(place / MESSAGES).read_text(encoding='utf-8')}")


def tutorial_page(script: Path, outcome: Path) -> str:
    """Return the page of a tutorial that was run."""
    outputs = iter(json.loads((outcome / "cells.json").read_text(encoding="utf-8")))
    parts = []
    for kind, text in cells(script.read_text(encoding="utf-8")):
        if kind == "markdown":
            parts.append(text)
            continue
        output = next(outputs)
        parts.append(f"```python\n{text}\n```")
        if output["text"]:
            parts.append(f'<pre class="output" tabindex="0">{html.escape(output["text"].rstrip())}</pre>')
        if output["html"]:
            parts.append(f'<div class="output">{output["html"]}</div>')
        parts += [f"![{name.removesuffix('.png')}]({script.stem}/{name})" for name in SAVED.findall(text)]
    note = (
        f"This page is the script `docs/tutorials/{script.name}` with what it printed and drew when it was run. "
        f"As a notebook: `jupytext --to ipynb docs/tutorials/{script.name}`."
    )
    title, _, rest = "\n\n".join(parts).partition("\n")
    return f"{title}\n\n!!! note\n    {note}\n{rest}\n"
