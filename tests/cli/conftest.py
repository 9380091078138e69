"""What the tests of the commands share."""

import sys

import pytest

from llpt.cli import main


@pytest.fixture
def command(monkeypatch, capsys):
    """A function that runs a command in this process and returns its exit code, output and messages."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["llpt", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return run
