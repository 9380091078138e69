"""The commands."""

from llpt.cli.app import main

__all__ = ["main"]
