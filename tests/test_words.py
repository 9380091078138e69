"""Words that mean nothing to a reader stay out, and what is cited is in the bibliography."""

import ast
import pkgutil
import re
from pathlib import Path

import pytest
from typer.main import get_command

from llpt.cli.app import app

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("src", "docs", "examples", "benchmarks", "tests")
KINDS = {".py", ".md", ".toml", ".json", ".html", ".txt", ".yml", ".mplstyle"}
FILES = sorted(
    path
    for path in (
        *ROOT.glob("*.md"),
        *ROOT.glob("*.toml"),
        *(path for name in FOLDERS for path in (ROOT / name).rglob("*")),
    )
    if path.suffix in KINDS and path != Path(__file__)
)

WORDS = {
    r"physics\.md": "a file that is not in this repository",
    r"\bthe seed\b": "a paper is named by its authors and year; one of random numbers is the random seed, or seed",
    r"\bfigure-s?\d": "a figure's file says what it shows",
    r"\bllpt\[\w": "the package is on no index: an extra is installed from a checkout, -e '.[mace]'",
}
"""Each pattern, and why it stays out."""


@pytest.mark.parametrize("pattern", WORDS)
def test_a_word_stays_out(pattern):
    wrong = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in FILES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if re.search(pattern, line, re.IGNORECASE)
    ]
    assert not wrong, f"{WORDS[pattern]}:\n" + "\n".join(wrong)


def test_files_are_looked_at():
    names = {path.relative_to(ROOT).as_posix() for path in FILES}
    assert {"README.md", "CHANGELOG.md", "docs/analysis.md", "src/llpt/errors.py", "examples/quick.toml"} <= names


DOI = re.compile(r"\b10\.\d{4,5}/[A-Za-z0-9./()_;:-]+[A-Za-z0-9)]")
PAPER = re.compile(
    r"(?P<journal>(?:[A-Z][\w.:-]*\.:? )+(?:[A-E] )?|Nature |PNAS |Biometrika |Technometrics |NeurIPS |Collection SFN )"
    r"(?P<place>\d{1,3}, [AE]?\d{1,6})(?:,| \()(?: ?)(?:19|20)\d\d"
)
"""Journal, volume, page or number of the article, year: in parentheses or after a comma."""


def sources():
    """Text of every file but the bibliography, its lines joined as a reader joins them."""
    for path in FILES:
        if path.name != "bibliography.md" and "data" not in path.parts:
            text = re.sub(r'\s*\n\s*"?', " ", path.read_text(encoding="utf-8"))
            yield path.relative_to(ROOT).as_posix(), text.replace('" "', "").replace("%28", "(").replace("%29", ")")


def test_every_doi_is_in_the_bibliography():
    listed = (ROOT / "docs/bibliography.md").read_text(encoding="utf-8").lower()
    missing = {
        f"{name}: {doi}"
        for name, text in sources()
        for doi in DOI.findall(text)
        if (doi.lower() if doi.count("(") == doi.count(")") else doi.lower().rstrip(")")) not in listed
    }
    assert not missing, "add to docs/bibliography.md:\n" + "\n".join(sorted(missing))


def test_every_paper_is_in_the_bibliography():
    listed = (ROOT / "docs/bibliography.md").read_text(encoding="utf-8")
    found = [(name, match) for name, text in sources() for match in PAPER.finditer(text)]
    assert len(found) > 80
    missing = {f"{name}: {match[0]}" for name, match in found if f"{match['place']} (" not in listed}
    assert not missing, "add to docs/bibliography.md:\n" + "\n".join(sorted(missing))


def test_a_paper_stands_once_with_a_doi_that_is_its_own():
    rows = [line.split(" | ") for line in (ROOT / "docs/bibliography.md").read_text(encoding="utf-8").splitlines()]
    papers = [row for row in rows if len(row) == 4 and row[0] != "| cited as"]
    assert len({row[0] for row in papers}) == len(papers) > 80
    dois = [row[2] for row in papers if "doi.org" in row[2]]
    assert len(set(dois)) == len(dois) > 65


def test_names_of_the_glossary_are_there():
    names = re.findall(r"`(llpt(?:\.\w+)+)`", (ROOT / "docs/glossary.md").read_text(encoding="utf-8"))
    assert len(names) > 25
    for name in names:
        pkgutil.resolve_name(name)


def test_every_page_is_in_the_navigation():
    """The site is built with warnings as errors; this is told at once where a page was added or renamed."""
    listed = set(re.findall(r"[\w./-]+\.md$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE))
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    made = {"contributing.md", "changelog.md", "reference/commands.md"}
    made |= {f"tutorials/{path.stem}.md" for path in (ROOT / "docs/tutorials").glob("*.py")}
    names = {name for name in listed if name.startswith("reference/api/")}
    assert listed - names == pages | made
    for name in names:
        pkgutil.resolve_name(Path(name).stem)


HOUSE_WORDS = {
    "said": "stated, measured, predicted or what else it is",
    "ours": "the name of the program, llpt",
    "theirs": "the name of the other program",
}
"""No identifier has one of these among its words; and what to write instead."""
LONE_WORDS = {"go", "too", "together"}
"""No identifier is one of these and nothing else."""
ALLOWED_IDENTIFIERS = {("src/llpt/report/interactive.py", "go"): "what plotly's own documentation calls the module"}


def program_files():
    return [path for path in FILES if path.suffix == ".py" and "tests" not in path.relative_to(ROOT).parts]


def identifiers(tree):
    for node in ast.walk(tree):
        for name in ("id", "attr", "arg", "asname"):
            found = getattr(node, name, None)
            if isinstance(found, str):
                yield found
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name


def test_identifiers_are_the_field_s_words():
    wrong = {}
    for path in program_files():
        place = path.relative_to(ROOT).as_posix()
        for name in identifiers(ast.parse(path.read_text(encoding="utf-8"))):
            words = name.lower().strip("_").split("_")
            bad = [word for word in words if word in HOUSE_WORDS] or (words[0] in LONE_WORDS and len(words) == 1)
            if bad and (place, name) not in ALLOWED_IDENTIFIERS:
                wrong[f"{place}: {name}"] = [HOUSE_WORDS.get(word, "what it is") for word in words]
    assert not wrong, wrong


SAME_NAME = {
    "main": "what a program starts with; nothing imports it",
}
"""Public names that stand in two modules, with the reason."""


def commands_of(group):
    """Names of the functions that a group of commands calls."""
    found = set()
    for command in group.commands.values():
        found |= commands_of(command) if hasattr(command, "commands") else {command.callback.__name__}
    return found


def test_a_public_name_is_defined_once():
    """A command (``llpt.cli``) has the name of what it runs; every other public class or function has its own."""
    places, own = {}, commands_of(get_command(app))
    for path in program_files():
        parts = path.relative_to(ROOT).parts
        if parts[:2] != ("src", "llpt"):
            continue
        commands = own if parts[2] == "cli" else set()
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
                if node.name in commands:
                    continue
                places.setdefault(node.name, []).append("/".join(parts[1:]))
    assert len(places) > 900
    twice = {name: found for name, found in places.items() if len(found) > 1 and name not in SAME_NAME}
    assert not twice, f"give each a name that says what it is, or one definition on a lower floor: {twice}"
    assert set(SAME_NAME) <= {name for name, found in places.items() if len(found) > 1}


SAME_CONSTANT = {
    "VASP": "the engine's record, and the program that runs are exported to",
    "CP2K": "the engine's record, and the program that runs are exported to",
}
"""Constants that other modules import from two modules, with the reason."""


def constants():
    """Module, name and value of every constant of the package."""
    for path in program_files():
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[:2] != ("src", "llpt"):
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            names = [each.id for each in targets if isinstance(each, ast.Name)]
            yield from ((".".join(parts[1:]), name, node.value) for name in names if name.strip("_").isupper())


def test_a_constant_that_others_import_has_one_meaning():
    imported = set()
    for path in program_files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                imported |= {(node.module, each.name) for each in node.names}
    places = {}
    for module, name in sorted({(module, name) for module, name, _ in constants()} & imported):
        places.setdefault(name, []).append(module)
    assert len(places) > 250
    twice = {name: found for name, found in places.items() if len(found) > 1 and name not in SAME_CONSTANT}
    assert not twice, f"give each a name that says what it is: {twice}"


def test_a_constant_stands_once():
    """One name with one value in two modules is one fact; ``llpt.units`` has every factor between units."""
    places = {}
    for module, name, value in constants():
        if value is not None:
            places.setdefault((name.strip("_"), ast.dump(value)), []).append(module)
    twice = {name: found for (name, _), found in places.items() if len(found) > 1}
    assert not twice, f"import it: {twice}"
    factors = {name: found for (name, _), found in places.items() if "_TO_" in name and found != ["llpt.units"]}
    assert set(factors) <= {"MESH_UP_TO_ATOMS"}, factors
