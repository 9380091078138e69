"""Run a tutorial in this directory as a notebook would, and write what each cell of code gave to ``cells.json``."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import sys
from pathlib import Path

from tutorials import cells


def run_cell(text: str, names: dict[str, object]) -> dict[str, str]:
    """Run a cell and return what it printed, and its last expression as text or HTML."""
    tree = ast.parse(text)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed, value = io.StringIO(), None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "cell", "exec"), names)  # noqa: S102 - the tutorial's own code
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)  # noqa: S307 - as above
    text = printed.getvalue()
    if value is None or "savefig" in ast.unparse(last or tree):
        return {"text": text, "html": ""}
    shown = getattr(value, "_repr_html_", None)
    return {"text": text, "html": shown()} if shown else {"text": text + repr(value), "html": ""}


if __name__ == "__main__":
    script = Path(sys.argv[1])
    everything: dict[str, object] = {"__name__": "__main__"}
    outputs = [run_cell(text, everything) for kind, text in cells(script.read_text(encoding="utf-8")) if kind == "code"]
    Path("cells.json").write_text(json.dumps(outputs), encoding="utf-8")
