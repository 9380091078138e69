"""What the site makes of other files when it is built: tutorials, commands, Python names, contributing, changelog.

``mkdocs.yml`` names this file as a hook. A page made here has no file of its own, so it cannot fall behind its source.
"""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "src")]

from commands import commands_page  # noqa: E402
from tutorials import executed, tutorial_page  # noqa: E402

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

MODULES = (
    "llpt",
    *("llpt.observables", "llpt.transition", "llpt.audit", "llpt.campaign", "llpt.bridge", "llpt.statistics"),
    *("llpt.engines", "llpt.dynamics", "llpt.trajectory", "llpt.structure", "llpt.dft", "llpt.mlp", "llpt.learning"),
    *("llpt.study", "llpt.report", "llpt.units", "llpt.errors"),
)
ROOT_PAGES = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
"""Files at the root of the repository that are pages of the site."""
FETCHED = re.compile(
    r'<(?:script|img|iframe)[^>]+src="?https?:[^">]*|<link[^>]+rel="?(?:stylesheet|preconnect)[^>]*https?:[^">]*'
)
LINK = re.compile(r"\]\((?P<target>[^)#\s:]+)(?P<anchor>#[^)\s]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made of something else."""
    made = {"reference/commands.md": commands_page()}
    made |= {f"reference/api/{name}.md": module_page(name) for name in MODULES}
    for source, name in ROOT_PAGES.items():
        made[name] = of_root((ROOT / source).read_text(encoding="utf-8"))
    for script in sorted((ROOT / "docs/tutorials").glob("*.py")):
        outcome = executed(script)
        made[f"tutorials/{script.stem}.md"] = tutorial_page(script, outcome)
        for figure in sorted(outcome.glob("*.png")):
            files.append(File.generated(config, f"tutorials/{script.stem}/{figure.name}", abs_src_path=str(figure)))
    for name, text in made.items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Turn links that are made for a reader of the repository into links of the site."""

    def turned(found: re.Match[str]) -> str:
        target, anchor = found["target"], found["anchor"] or ""
        folder = Path(page.file.src_uri).parent
        for source, name in ROOT_PAGES.items():
            if target in {source, f"{'../' * (len(folder.parts) + 1)}{source}"}:
                return f"]({'../' * len(folder.parts)}{name}{anchor})"
        if target.endswith("tutorials"):
            return "](tutorials/pair_correlation.md)"
        if "tutorials/" in target and target.endswith(".py"):
            return f"]({target.removesuffix('.py')}.md{anchor})"
        if target == "README.md" and folder == Path():
            return f"](index.md{anchor})"
        return found[0]

    return LINK.sub(turned, markdown)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:  # noqa: ARG001
    """Refuse a page that would fetch something from elsewhere when it is read."""
    if fetched := FETCHED.search(output):
        raise PluginError(f"{page.file.src_uri} fetches {fetched[0]}")
    return output


def of_root(markdown: str) -> str:
    """Return a page of the repository's root with links to pages; a link to any other file becomes its text."""
    markdown = re.sub(
        r"\[([^\]]+)\]\((?!https?:|#|docs/|README\.md|CONTRIBUTING\.md|CHANGELOG\.md)[^)]+\)", r"\1", markdown
    )
    return markdown.replace("](docs/", "](")


def module_page(name: str) -> str:
    """Return a page that shows every public name of a module by its docstring."""
    module = import_module(name)
    names = getattr(module, "__all__", None)
    lines = [f"# {name}", "", f"::: {name}", "    options:", "      show_root_heading: false"]
    if names is not None:
        lines += ["      members:", *(f"        - {each}" for each in names if not each.startswith("__"))]
    return "\n".join(lines) + "\n"
