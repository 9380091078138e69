"""Doctests, and every block of code and every command of the pages."""

import ast
import doctest
import importlib
import json
import os
import pkgutil
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest
import typer
from tests.others import how_to_install

import llpt
from llpt.cli.app import app
from llpt.cli.groups import DEFAULT
from llpt.study.file import StudyFile
from llpt.study.template import study_template

from .documentation import DATE, PAGES, ROOT, blocks, commands, indented, paragraphs, spans, texts

MODULES = sorted(module.name for module in pkgutil.walk_packages(llpt.__path__, "llpt."))
BLOCKS = [block for page in PAGES for block in blocks(page)]
SPANS = [(page.relative_to(ROOT).as_posix(), span) for page in PAGES for span in spans(page)]
SECONDS = 900
"""At most for one block: a machine may be loaded, and nothing compiled yet."""
SITE = sorted(path for path in (ROOT / "docs").rglob("*.py") if ">>> " in path.read_text(encoding="utf-8"))


def page_name(page):
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name):
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("llpt"):
            raise
        pytest.skip(how_to_install(error.name))
    outcome = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert outcome.failed == 0


@pytest.mark.parametrize("path", SITE, ids=page_name)
def test_examples_in_the_programs_that_make_the_site(path, monkeypatch):
    monkeypatch.syspath_prepend(path.parent)  # as mkdocs finds them
    try:
        module = importlib.import_module(path.stem)
    except ModuleNotFoundError as error:
        pytest.skip(how_to_install(error.name))
    outcome = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert outcome.attempted
    assert outcome.failed == 0


def public_functions(body, prefix=""):
    """Yield name and node of each public function and method of a module's code."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node.body, f"{node.name}.")
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield f"{prefix}{node.name}", node


def arguments(node):
    """Return the names of a function's arguments, but for what it is a method of."""
    found = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
    return [each.arg for each in found if each.arg not in {"self", "cls"}]


def callbacks(group):
    """Yield the functions behind the commands of the program, whose help says what each of their options is."""
    for command in group.commands.values():
        if hasattr(command, "commands"):
            yield from callbacks(command)
        else:
            yield command.callback


def test_public_functions_of_three_arguments_say_what_each_is():
    """Meaning, unit, shape, range in ``Args``; where there are fewer arguments the first sentence may be enough."""
    commands_of_the_program = {(each.__module__, each.__qualname__) for each in callbacks(whole_program())}
    assert len(commands_of_the_program) > 20
    silent = []
    for name in MODULES:
        path = ROOT / "src" / name.replace(".", "/")
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        for function, node in public_functions(ast.parse(path.read_text(encoding="utf-8")).body):
            named = arguments(node)
            if len(named) < 3 or (name, function) in commands_of_the_program:
                continue
            told = ast.get_docstring(node) or ""
            section = told.partition("Args:\n")[2]
            if any(not re.search(rf"^ +\*{{0,2}}{each}: ", section, re.MULTILINE) for each in named):
                silent.append(f"{name}.{function}")
    assert not silent


def check_study(told):
    """Parse what a block tells of a study, alone where it is whole, else laid over the file of ``llpt init``."""
    sections = {name: value for name, value in told.items() if name in StudyFile.model_fields}
    if not sections:
        return
    whole = sections if "study" in sections else {**tomllib.loads(study_template()), "tests": {}, **sections}
    if re.search(r"\b(rs|density_gcc|densities_gcc)\b", str(sections.get("state"))):
        whole.setdefault("dynamics", {})["ensemble"] = "nvt"
    StudyFile.model_validate(whole)


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_block_can_be_read(block):
    """By its language: code compiles, data parse, commands are known to the command line."""
    if block.language == "python":
        ast.parse(block.shown)
    elif block.language == "json":
        json.loads(block.shown)
    elif block.language == "toml":
        check_study(tomllib.loads(block.shown))
    elif block.is_shell:
        subprocess.run(["bash", "-n"], input=block.shown, text=True, check=True)
        for command in commands(block.shown):
            check_command(command)
        for script, options in re.findall(r"python (\S+\.py)([^\n#]*)", block.shown):
            text = (ROOT / script).read_text(encoding="utf-8")
            for option in re.findall(r"(?<!\S)--[\w-]+", options):
                assert f'"{option}"' in text, f"{script} has no option {option}"
    else:
        assert block.language in {"text", "bibtex", "yaml"}, f"{block}: say the language of the block"


@pytest.mark.parametrize(("place", "command"), SPANS)
def test_a_command_in_a_sentence_is_known(place, command):
    """Commands in sentences may leave out what a command needs; what they name is there."""
    assert (ROOT / place).is_file()
    check_command(re.sub(r"[\[\]…]", " ", command), whole=False)


WORDS_BEHIND = r"(?: (?:--?[A-Za-z][\w-]*|[A-Z][A-Z_]*|\d+)(?![\w-]))*"
"""What belongs to a command in a message: options and placeholders."""


def test_a_command_in_a_message_is_known():
    """A remedy that names a command or an option is of use only where it is there; what is no command has no option."""
    names = "|".join(sorted(whole_program().commands, key=len, reverse=True))
    wanted = re.compile(rf"\bllpt (?:{names})(?![\w-]){WORDS_BEHIND}|\bllpt [a-z-]+ --?[a-z][\w-]*")
    found = {
        (module.name, command)
        for module in (ROOT / "src/llpt").rglob("*.py")
        for text in texts(module)
        for command in wanted.findall(text)
    }
    assert len({command for _, command in found}) > 30
    for _, command in sorted(found):
        check_command(command, whole=False)


@cache
def whole_program():
    """The program as click has it, built once: it reads the annotations of every command."""
    return typer.main.get_command(app)


def check_command(line, *, whole=True):
    """Parse a command line as the program does; nothing is run, and no file need be there."""
    program = whole_program()
    words = shlex.split(line)[1:]
    # Several commands in one breath: `llpt status`, `analyse`, `report DIR`.
    name = words.pop(0).rstrip(",") if words and not words[0].startswith("-") else None
    command = program.commands.get(name) if name else program
    assert command is not None, f"there is no command llpt {name}"
    inner = getattr(command, "commands", {}) if name else {}
    if inner:
        first = words.pop(0) if words and words[0] in inner else DEFAULT
        name, command = f"{name} {first}", inner[first]
    if whole and name:
        command.make_context(name, words)
        return
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    named = {word.partition("=")[0].rstrip(",") for word in words if re.match(r"--?[A-Za-z]", word)}
    assert named - {"--help", "-h"} <= known, f"llpt {name} has no option {', '.join(sorted(named - known))}"


def anchors(page):
    """Return what the headings of a page can be referred to by, as GitHub has it."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_links_inside_the_repository_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file) if file else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link
        assert "--" not in anchor, f"{link}: the site has one dash where GitHub has two"


PROSE = [page for page in PAGES if page.name != "CHANGELOG.md"]
MOST_WORDS = 110


@pytest.mark.parametrize("page", PROSE, ids=page_name)
def test_a_page_begins_with_what_it_is_for_in_short_paragraphs_without_dates(page):
    """A reader finds dates of measurements in the tables, beside what was measured."""
    text = page.read_text(encoding="utf-8")
    first = next(line for line in text.splitlines()[1:] if line.strip())
    assert not re.match(r"\s{4}|[#`|<!-]", first), "say first what the page is for"
    found = paragraphs(page)
    assert found
    assert not [line for line, each in found if len(each.split()) > MOST_WORDS]
    assert not [line for line, each in found if DATE.search(each)]
    assert not indented(page), "code stands between fences: what is indented is run by no test"


WALKED = ROOT / "docs/start.md"
"""The page whose commands are started as a person starts them; on other pages they need not import all anew."""


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=page_name)
def test_a_page_runs(page, tmp_path, monkeypatch, warm_programs):
    """Its blocks one after the other in one directory, beside this repository's examples and benchmarks."""
    for name in ("examples", "benchmarks", "tests", "README.md", ".pre-commit-config.yaml"):
        (tmp_path / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")  # its scripts work where they lie
    monkeypatch.chdir(tmp_path)
    places = [*([] if page == WALKED else [warm_programs]), Path(sys.executable).parent, os.environ["PATH"]]
    environment = {**os.environ, "COLUMNS": "120", "PATH": os.pathsep.join(map(str, places))}
    names = {"__name__": "page"}
    for block in blocks(page):
        if block.missing:
            continue
        if block.language == "python":
            code = compile(block.text, str(block), "exec")
            exec(code, names)  # noqa: S102 - the page's own code is what is tested
        elif block.is_shell:
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", block.text],
                env=environment,
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
            assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.said("needs")], ids=str)
def test_what_a_block_needs_is_here(block):
    if block.missing:
        pytest.skip(f"{block} was checked and not run: {'; '.join(map(how_to_install, block.missing))}")


@pytest.mark.parametrize(
    ("command", "whole", "why"),
    [
        ("llpt run study.toml --no-such-option", True, "No such option"),
        ("llpt runn study.toml", True, "no command llpt runn"),
        ("llpt md start.extxyz --pressure 3", False, "no option --pressure"),
        ("llpt md", True, "Missing"),
        ("llpt md start.extxyz -e dft -T hot -n 10 --seed 1 -o run", True, "valid"),
    ],
)
def test_a_wrong_command_is_found(command, whole, why):
    with pytest.raises(Exception, match=why):
        check_command(command, whole=whole)


def test_stored_results_can_be_read():
    stored = sorted((ROOT / "docs/results").rglob("*.json*"))
    assert len(stored) > 20
    for path in stored:
        text = path.read_text(encoding="utf-8")
        for part in text.splitlines() if path.suffix == ".jsonl" else [text]:
            assert json.loads(part), path


def test_commands_are_found_in_a_script():
    script = 'A="--x 1"\nX=1 .venv/bin/llpt run $A # why\npython a && llpt plan b'
    assert commands(script) == ["llpt run --x 1", "llpt plan b"]


def test_every_page_that_explains_says_what_is_assumed_and_what_can_fool_it():
    site = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    part = re.search(r"^  - Explanation:\n(?P<pages>(?: {6}- .+\n)+)", site, re.MULTILINE)["pages"]
    names = re.findall(r": (\S+\.md)$", part, re.MULTILINE)
    assert len(names) == 8
    for name in names:
        text = (ROOT / "docs" / name).read_text(encoding="utf-8")
        assumed = re.search(r"^## What is assumed\n\n(?P<told>(?:- .*\n)+)", text, re.MULTILINE)
        assert (assumed and len(assumed["told"].split()) > 40) or "| assumes |" in text, name
        heading = re.search(r"^(#+) .*[Ww]hat can fool it.*\n(?P<told>(?:(?!#).*\n)+)", text, re.MULTILINE)
        lists = re.findall(r"^What can fool it:", text, re.MULTILINE)
        assert len(lists) > 1 or (heading and len(heading["told"].split()) > 40), name
