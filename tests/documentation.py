"""Pages of Markdown as tests see them: their blocks, and what a comment above a block says of it.

A comment directly above a block tells how the tests run it, one instruction a line::

    <!-- tests
    first: llpt init study.toml
    take: --frames 2 | for: --frames 8
    needs: pw.x
    -->

``first`` is run before the block (a line of shell or of Python, as the block is), ``take … for …`` replaces text of the
block by a smaller stand-in, and ``needs`` names a program or package without which the block is checked and not run.
There is no other way out: every block of Python and of shell runs.
"""

import ast
import re
import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])

FENCE = re.compile(r"^```(?P<language>\S*)[^\n]*\n(?P<text>.*?)^```\s*$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"<!-- tests\n(?P<lines>(?:(?!-->).)*)-->\s*(?:<!--[^>]*-->\s*)?\Z", re.DOTALL)
SPAN = re.compile(r"(?<!`)`(llpt [^`\n]+)`(?!`)")
SHELL = {"sh", "bash", "console"}


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Args:
        page: the file.
        line: of its fence.
        language: what the fence says.
        shown: its text as people read it.
        instructions: kind and text of each line of the comment above it.
    """

    page: Path
    line: int
    language: str
    shown: str
    instructions: tuple[tuple[str, str], ...]

    def said(self, kind):
        """Return what the instructions of one kind say."""
        return [text for name, text in self.instructions if name == kind]

    @property
    def is_shell(self):
        return self.language in SHELL

    @property
    def text(self):
        """The block as the tests run it."""
        text = self.shown
        for line in self.said("take"):
            small, _, large = line.partition(" | for: ")
            assert large, f"{self}: say `take: … | for: …`"
            assert large in text, f"{self} does not hold {large!r}"
            text = text.replace(large, small)
        return "\n".join([*self.said("first"), text])

    @property
    def missing(self):
        """What the block needs and this machine has not."""
        return [name for name in self.said("needs") if not (shutil.which(name) or _package(name))]

    def __str__(self):
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def _package(name):
    return name.isidentifier() and find_spec(name) is not None


def blocks(page):
    """Return the blocks of a page in order."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(text):
        comment = COMMENT.search(text[: match.start()])
        lines = comment["lines"].strip().splitlines() if comment else []
        instructions = tuple(tuple(line.split(": ", 1)) for line in lines)
        assert all(len(pair) == 2 for pair in instructions), f"{page}: an instruction is `kind: text`, not {lines}"
        unknown = {kind for kind, _ in instructions} - {"first", "take", "needs"}
        assert not unknown, f"{page}: unknown instructions {unknown}"
        line = text.count("\n", 0, match.start()) + 1
        found.append(Block(page, line, match["language"], match["text"], instructions))
    return found


def commands(shell):
    """Return the ``llpt`` commands of a shell script, each as a line without variables and redirections."""
    joined = shell.replace("\\\n", " ")
    variables = dict(re.findall(r"^(\w+)=\"([^\"]*)\"$", joined, re.MULTILINE))
    for _ in variables:
        for name, value in variables.items():
            joined = joined.replace(f"${name}", value)
    pieces = [piece.strip() for line in joined.splitlines() for piece in re.split(r"&&|\|\||;|\||#", line)]
    found = (re.match(r"(?:\S+=\S+ )*(?:\S*/)?(llpt .*)", piece) for piece in pieces)
    return [match[1].strip() for match in found if match]


def spans(page):
    """Return the ``llpt`` commands that stand inside sentences."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    return sorted(set(SPAN.findall(text)))


MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
DATE = re.compile(rf"\b\d{{4}}-\d\d-\d\d\b|\b\d{{1,2}} (?:{MONTHS}) \d{{4}}\b")


def texts(module):
    """Return the strings of a module that are no docstrings; X stands in place of what is computed."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    passed = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    passed |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    found = []
    for node in ast.walk(tree):
        if id(node) in passed:
            continue
        if isinstance(node, ast.JoinedStr):
            found.append("".join(part.value if isinstance(part, ast.Constant) else "X" for part in node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(node.value)
    return found


def paragraphs(page):
    """Return line and text of each paragraph and each point of a list: no tables, headings, code and comments."""
    text = page.read_text(encoding="utf-8")
    for hidden in (FENCE, re.compile(r"<!--.*?-->", re.DOTALL)):
        text = hidden.sub(lambda found: "\n" * found[0].count("\n"), text)
    found, lines = [], []
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        apart = not line.strip() or re.match(r"\s*\||#", line)
        if lines and (apart or re.match(r"\s*([-*]|\d+\.) ", line)):
            found.append((number - len(lines), " ".join(lines)))
            lines = []
        if not apart:
            lines.append(line.strip())
    return found


def indented(page):
    """Return lines that Markdown takes for code because they are indented: after an empty line, and in no list."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    return re.findall(r"(?:^|\n)(?![-*]|\d+\.| )[^\n]*\n\n( {4}[^\n]*)", text)
