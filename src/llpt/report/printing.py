"""The page as a PDF, printed by a browser that is installed."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from llpt.browsers import find_browser
from llpt.errors import MissingProgramError
from llpt.files import copy, scratch_directory

if TYPE_CHECKING:
    from pathlib import Path

SECONDS_FOR_FIGURES = 60
MOST_SECONDS = 600


def print_page(page: Path) -> Path:
    """Print a report's page into ``report.pdf`` beside it, A4 upright, figures drawn and everything unfolded.

    Args:
        page: ``index.html`` of a report.

    Returns:
        The path of the PDF.

    Raises:
        MissingProgramError: no browser is installed, or it did not print.
        StorageError: the PDF cannot be written.
    """
    browser = find_browser()
    target = page.with_name("report.pdf")
    with scratch_directory("llpt-print-") as scratch:
        printed = scratch / "report.pdf"
        command = [
            browser,
            "--headless",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            f"--user-data-dir={scratch / 'profile'}",
            f"--virtual-time-budget={1000 * SECONDS_FOR_FIGURES}",
            "--no-pdf-header-footer",
            f"--print-to-pdf={printed}",
            page.resolve().as_uri(),
        ]
        if os.geteuid() == 0:
            command.insert(1, "--no-sandbox")  # a browser refuses to start as root without it
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=MOST_SECONDS)
            reason = done.stderr.strip().splitlines()[-1:] if done.returncode else []
        except subprocess.TimeoutExpired:
            reason = [f"it did not end within {MOST_SECONDS} s"]
        if not printed.is_file():
            raise MissingProgramError(
                f"{browser} did not print the page: {' '.join(reason) or 'it wrote nothing'}.",
                "Open the page in a browser and print it by hand.",
            )
        copy(printed, target)
    return target
