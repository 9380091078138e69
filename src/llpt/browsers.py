"""A browser that prints pages and in which they are tested, where one is installed."""

from __future__ import annotations

from llpt.errors import MissingProgramError
from llpt.prerequisites import first_installed

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "microsoft-edge")


def find_browser() -> str:
    """Return the path of a browser that prints without a window.

    Raises:
        MissingProgramError: there is none.
    """
    if path := first_installed(BROWSERS):
        return path
    raise MissingProgramError(
        "No browser is installed that could print the page.",
        "Install Chromium (Debian: apt install chromium), or open the page and print it by hand.",
    )
