"""A real browser for tests of pages; a module that imports this is skipped where there is none, or no driver of it.

Where ``LLPT_BROWSER=required`` it fails instead: ``.ci/run`` asks for that where all has to be seen.
"""

import contextlib
import importlib.util
import os
import shutil

import pytest

from llpt.browsers import BROWSERS

CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
DRIVERS = ("playwright", "axe_playwright_python")
missing = None
if CHROMIUM is None:
    missing = "no browser is installed: apt install chromium"
elif not all(map(importlib.util.find_spec, DRIVERS)):
    missing = "what drives a browser is not installed: pip install -c constraints.txt -e '.[browser]'"
if missing and os.environ.get("LLPT_BROWSER") == "required":
    pytest.fail(missing, pytrace=False)
if missing:
    pytest.skip(missing, allow_module_level=True)
playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
PATIENCE_MS = 300_000


@contextlib.contextmanager
def launched():
    """Give a browser, closed in the end."""
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield started
        started.close()


def context_of(browser, **options):
    """Return a window of the browser that waits as long as a loaded machine takes."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE_MS)
    return context


def broken_rules(page, **options):
    """Return the rules of accessibility that a page breaks, as axe tells them."""
    return axe.Axe().run(page, **options).response["violations"]
