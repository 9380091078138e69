"""A table without lines looks the same whether rich lays it out or not; no text is obeyed by a terminal."""

import io
from pathlib import Path

import pytest
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from llpt.cli.console import CONTROL, PlainTable, TextConsole, messages, output, show_error, typed
from llpt.errors import InputError

ROWS = (
    ("dft/N8/T800", "[green]done[/]", "20/20", "[bold]P[/] ± 1 — \N{GREEK SMALL LETTER MU}", ""),
    (
        "dft/N16/T1000",
        "[red]failed[/]",
        "3/20",
        "\\[energy] is no number :cross_mark:",
        "\N{CJK UNIFIED IDEOGRAPH-6C34}",
    ),
    ("dft", "waiting"),
)


def table(caption=None):
    found = PlainTable("run", "state >", "steps >", "why", "last")
    for row in ROWS:
        found.add_row(*row)
    found.caption = caption
    return found


def laid_out(caption=None):
    found = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1), caption=caption)
    for name, side in (("run", "left"), ("state", "right"), ("steps", "right"), ("why", "left"), ("last", "left")):
        found.add_column(name, justify=side, overflow="fold")
    for row in ROWS:
        found.add_row(*row)
    return found


def printed(shown, width, **more):
    text = io.StringIO()
    Console(file=text, width=width, highlight=False, **more).print(shown)
    return text.getvalue()


@pytest.mark.parametrize("caption", [None, "drift in meV", "a caption that is longer than the table " * 4])
@pytest.mark.parametrize("width", [200, 60, 25])
def test_lines_are_those_of_rich(width, caption):
    assert printed(table(caption), width) == printed(laid_out(caption), width)


def test_cells_keep_their_colours():
    shown = printed(table(), 200, force_terminal=True, color_system="standard")
    assert "\x1b[32mdone\x1b[0m" in shown
    assert "\x1b[1mwhy\x1b[0m" in shown


def test_rich_lays_out_only_what_does_not_fit(monkeypatch):
    def dear(*_):
        raise AssertionError

    monkeypatch.setattr(Table, "__rich_console__", dear)
    printed(table(), 200)
    with pytest.raises(AssertionError):
        printed(table(), 25)


def test_a_terminal_obeys_no_text_of_others(capsys):
    """A study's name may hold what clears a screen or writes a verdict over another."""
    evil = "a\x1b[2J\x1b[31mb\rc\x9bd\te\n"
    output().print(evil, markup=False)
    table = PlainTable("run")
    table.add_row(escape(evil.strip()))
    messages().print(table)
    show_error(InputError(evil, evil))
    said = capsys.readouterr()
    for text in (said.out, said.err):
        assert "a\N{REPLACEMENT CHARACTER}[2J" in text
        assert not CONTROL.search(text)


def test_rich_still_commands_a_terminal():
    text = io.StringIO()
    console = TextConsole(file=text, force_terminal=True, color_system="standard")
    console.print("[bold]a\x1bb[/]")
    assert text.getvalue() == "\x1b[1ma\N{REPLACEMENT CHARACTER}b\x1b[0m\n"


def test_a_path_is_typed_as_a_shell_and_rich_take_it(capsys):
    output().print(f"llpt run {typed(Path('a [red]b'))}")
    assert capsys.readouterr().out == "llpt run 'a [red]b'\n"
