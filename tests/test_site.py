"""The site and the README in a real browser: accessible on desk and phone, and no longer than they may be."""

import os
import re
import time
from pathlib import Path

import pytest
from tests.in_browser import broken_rules, context_of

ROOT = Path(__file__).parents[1]
REMEDY = "what builds the site is not installed: pip install -c constraints.txt -e '.[docs]'"
markdown = pytest.importorskip("markdown", reason=REMEDY)
pytestmark = pytest.mark.slow
BUILT_S = 1800.0
"""In which a site is built beside the tests, its tutorials run; where it cannot be, it comes empty and at once."""
DESK = {"width": 1400, "height": 900}
WINDOWS = {
    "desk, light": {"viewport": DESK, "color_scheme": "light"},
    "desk, dark": {"viewport": DESK, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
}
PAGES = (
    "index",
    "start",
    "verdict",
    "howto/audit-vasp",
    "reference/commands",
    "tutorials/faithful",
    "reference/api/llpt",
)
AS_ON_A_FORGE = """body { max-width: 1012px; margin: 0 auto; padding: 32px; font: 16px/1.5 Helvetica, sans-serif; }
p, pre, table { margin: 0 0 16px; } img { max-width: 100%; } h2 { font-size: 1.5em; margin: 24px 0 16px; }
pre { padding: 16px; font-size: 85%; line-height: 1.45; overflow: auto; }
td, th { border: 1px solid; padding: 6px 13px; } h1, h2 { border-bottom: 1px solid; padding-bottom: .3em; }
h1 { font-size: 2em; margin: 0 0 16px; }
table { border-collapse: collapse; }"""


@pytest.fixture(scope="module")
def site():
    """Return where the site is, as it was built; wait for it where it is built beside the tests."""
    if "LLPT_SITE" not in os.environ:
        pytest.skip("no site to look at: mkdocs build --strict -d DIR, then LLPT_SITE=DIR")
    place, end = Path(os.environ["LLPT_SITE"]), time.monotonic() + BUILT_S
    while not place.exists():
        assert time.monotonic() < end, f"the site did not come to {place}"
        time.sleep(1.0)
    return place


@pytest.fixture(params=WINDOWS)
def window(request, browser):
    context = context_of(browser, **WINDOWS[request.param])
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_no_rule_of_accessibility_is_broken_and_nothing_is_wider_than_the_page(window, site, name):
    window.goto((site / f"{name}.html").as_uri())
    dark = window.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert window.evaluate("document.body.dataset.mdColorScheme") == ("slate" if dark else "default")
    broken = broken_rules(window)
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in broken] == []
    assert window.evaluate("document.documentElement.scrollWidth") <= window.viewport_size["width"]


BROKEN = """() => [...document.querySelectorAll("article td, article th")].flatMap((cell) => {
    const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
        for (const word of walker.currentNode.textContent.matchAll(/[\\w.]{4,29}/g)) {
            const range = document.createRange();
            range.setStart(walker.currentNode, word.index);
            range.setEnd(walker.currentNode, word.index + word[0].length);
            if (new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size > 1) found.push(word[0]);
        }
    }
    return found; })"""
"""Words in tables that stand on several lines, so cut up between their letters."""
SCROLLED = """() => [...document.querySelectorAll(".md-typeset__scrollwrap")].filter(
    (each) => each.scrollWidth > each.clientWidth + 2).length"""


@pytest.mark.parametrize("name", ["index", "glossary", "reference/formats"])
def test_on_a_phone_no_table_of_words_is_scrolled_sideways_and_no_word_is_cut_up(browser, site, name):
    context = context_of(browser, **WINDOWS["phone"])
    page = context.new_page()
    page.goto((site / f"{name}.html").as_uri())
    page.wait_for_selector("table[data-stacked]")
    assert page.evaluate(BROKEN) == []
    assert page.evaluate(SCROLLED) == 0
    context.close()


def test_the_readme_is_one_screen_and_a_half(browser, tmp_path):
    text = re.sub(r"<!--.*?-->", "", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    body = markdown.markdown(text, extensions=["tables", "fenced_code"]).replace("docs/", f"{ROOT}/docs/")
    (tmp_path / "README.html").write_text(f"<meta charset=utf-8><style>{AS_ON_A_FORGE}</style>{body}", encoding="utf-8")
    page = browser.new_page(viewport=DESK)
    page.goto((tmp_path / "README.html").as_uri())
    assert page.evaluate("document.images[0].naturalWidth") > 0
    assert page.evaluate("document.body.getBoundingClientRect().height") <= 1.5 * DESK["height"]
    page.close()
