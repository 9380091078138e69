"""The tutorials run as they stand, draw their figures, and are notebooks."""

import ast
import os
import re
from pathlib import Path

import pytest
from matplotlib.image import imread

DOCS = Path(__file__).resolve().parents[2] / "docs"
TUTORIALS = sorted((DOCS / "tutorials").glob("*.py"))
SITE = DOCS / "site"
FIGURE = re.compile(r'savefig\("([^"]+)"\)')


@pytest.mark.slow
@pytest.mark.parametrize("script", TUTORIALS, ids=lambda path: path.stem)
def test_it_runs_in_an_empty_directory(script, tmp_path, monkeypatch):
    """What it gave is kept for the site, or the site, built beside the tests, has run it: see ``executed``."""
    monkeypatch.syspath_prepend(SITE)
    from tutorials import KEPT, MESSAGES, executed

    place = executed(script, KEPT if os.access(DOCS.parent, os.W_OK) else tmp_path)
    assert "Warning" not in (place / MESSAGES).read_text(encoding="utf-8")
    figures = FIGURE.findall(script.read_text(encoding="utf-8"))
    assert figures
    for name in figures:
        drawn = imread(place / name)[..., :3]
        assert 0.005 < (drawn < 0.99).any(axis=2).mean() < 0.6, f"{name} is empty or full"


@pytest.mark.parametrize("script", TUTORIALS, ids=lambda path: path.stem)
def test_it_is_a_notebook(script, tmp_path):
    jupytext = pytest.importorskip("jupytext", reason="jupytext is not installed: pip install jupytext")
    notebook = jupytext.read(script)
    kinds = [cell.cell_type for cell in notebook.cells]
    assert kinds[0] == "markdown"
    assert notebook.cells[0].source.startswith("# ")
    assert kinds.count("code") >= 5
    for cell in notebook.cells:
        if cell.cell_type == "code":
            ast.parse(cell.source)
    jupytext.write(notebook, tmp_path / "notebook.ipynb")
    again = jupytext.reads((tmp_path / "notebook.ipynb").read_text(encoding="utf-8"), fmt="ipynb")
    assert [cell.source for cell in again.cells] == [cell.source for cell in notebook.cells]
