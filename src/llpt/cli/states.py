"""States of runs on a screen: their colours."""

from __future__ import annotations

STYLES = {
    "done": "green",
    "failed": "bold red",
    "blocked": "red",
    "unfinished": "yellow",
    "running": "cyan",
    "waiting": "dim",
}
