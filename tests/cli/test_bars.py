"""Long work shows how fast it goes and what is left; where no terminal is, or no colours are wanted, there are none."""

import re

import pytest

from llpt.cli.bars import bar
from llpt.cli.console import show_error
from llpt.errors import InputError

COLOUR = re.compile(r"\x1b\[[\d;]*3[0-7]")


@pytest.fixture
def _terminal(monkeypatch):
    """Standard error counts as a terminal of 120 columns."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.mark.usefixtures("_terminal")
def test_a_bar_shows_number_rate_and_time_left(capsys):
    with bar("counting", 8) as advance:
        for done in range(5):
            advance(done, f"counting {done}")
    shown = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", capsys.readouterr().err)
    assert "counting 4" in shown
    assert "4/8" in shown
    assert re.search(r"\d(/s| s each) \d:\d\d:\d\d", shown)


@pytest.mark.usefixtures("_terminal")
def test_a_bar_whose_end_is_not_known_counts(capsys):
    with bar("frames") as advance:
        advance(7)
    assert "7/?" in re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", capsys.readouterr().err)


def test_nothing_is_drawn_where_no_terminal_is(capsys):
    with bar("counting", 2) as advance:
        advance(1)
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("_terminal")
def test_colours_only_where_a_terminal_wants_them(capsys, monkeypatch):
    error = InputError("It is wrong.", "Mend it.")
    show_error(error)
    assert COLOUR.search(capsys.readouterr().err)
    monkeypatch.setenv("NO_COLOR", "1")
    show_error(error)
    assert not COLOUR.search(capsys.readouterr().err)
    monkeypatch.delenv("FORCE_COLOR")
    show_error(error)
    assert capsys.readouterr().err == "error: It is wrong.\n  fix: Mend it.\n"
