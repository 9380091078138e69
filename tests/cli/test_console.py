"""A table without lines looks the same whether rich lays it out or not."""

import io

import pytest
from rich.console import Console
from rich.table import Table

from llpt.cli.console import PlainTable

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
