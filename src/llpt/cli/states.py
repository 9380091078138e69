"""States of runs on a screen: their order and their colours."""

from __future__ import annotations

FIRST = ("failed", "unfinished", "running", "blocked", "waiting", "done")
"""States in the order in which a person wants to see them."""
STYLES = {
    "done": "green",
    "failed": "bold red",
    "blocked": "red",
    "unfinished": "yellow",
    "running": "cyan",
    "waiting": "dim",
}
