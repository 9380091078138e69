"""The page in a real browser: drawn, switched, accessible, at the width of a desk and of a phone."""

import shutil
import threading

import pytest

from llpt.browsers import BROWSERS
from llpt.report import write_report
from llpt.report.live import serve
from llpt.report.printing import print_page

WIDTHS = {"desk": 1400, "phone": 390}
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
if CHROMIUM is None:
    pytest.skip("no browser is installed: apt install chromium", allow_module_level=True)
REMEDY = "its driver is not installed: pip install -c constraints.txt -e '.[browser]'"
playwright = pytest.importorskip("playwright.sync_api", reason=REMEDY)
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason=REMEDY)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def written(finished):
    return write_report(*finished)


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield started
        started.close()


@pytest.fixture(params=WIDTHS)
def opened(request, browser, written):
    context = browser.new_context(viewport={"width": WIDTHS[request.param], "height": 900}, color_scheme="light")
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda told: page.complaints.append(told.text) if told.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto(written.as_uri())
    page.wait_for_function("document.documentElement.dataset.drawn !== undefined", timeout=300_000)
    yield page
    context.close()


def test_every_figure_is_drawn_without_a_complaint_and_nothing_is_wider_than_the_page(opened):
    places = opened.locator(".plot")
    assert places.count() == int(opened.evaluate("document.documentElement.dataset.drawn")) > 4
    for index in range(places.count()):
        assert places.nth(index).locator("svg .scatterlayer .trace").count() > 0
    assert opened.evaluate("document.documentElement.scrollWidth") <= opened.viewport_size["width"]
    assert opened.complaints == []


def test_names_in_a_legend_do_not_lie_on_one_another(opened):
    overlapping = """() => [...document.querySelectorAll(".plot .legend")].flatMap((legend) => {
        const boxes = [...legend.querySelectorAll(".legendtext")].map((text) => text.getBoundingClientRect());
        return boxes.flatMap((one, i) => boxes.slice(i + 1).filter((other) => one.left < other.right - 1
            && other.left < one.right - 1 && one.top < other.bottom - 2 && other.top < one.bottom - 2)
            .map(() => legend.closest(".plot").id)); })"""
    assert opened.locator(".plot .legendtext").count() > 0
    assert opened.evaluate(overlapping) == []


def test_no_rule_of_accessibility_is_broken_in_light_and_dark(opened):
    for _ in range(2):
        broken = axe.Axe().run(opened).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"][:200]) for each in broken] == []
        opened.locator("#theme").click()


def test_an_engine_and_a_size_are_hidden_in_all_figures_at_once(opened):
    shown = """() => Object.fromEntries([...document.querySelectorAll(".plot")].map((place) => [place.id,
        place.data.filter((trace) => trace.meta && trace.visible !== false).map((trace) => trace.meta)]))"""
    before = opened.evaluate(shown)
    assert any(meta["engine"] == "DFT/PBE" for metas in before.values() for meta in metas)
    opened.get_by_role("checkbox", name="DFT/PBE", exact=True).uncheck()
    opened.get_by_role("checkbox", name="1728", exact=True).uncheck()
    after = [meta for metas in opened.evaluate(shown).values() for meta in metas]
    assert after
    assert not any(meta["engine"] == "DFT/PBE" or meta["atoms"] == 1728 for meta in after)
    opened.get_by_role("checkbox", name="DFT/PBE", exact=True).check()
    opened.get_by_role("checkbox", name="1728", exact=True).check()
    assert opened.evaluate(shown) == before


def test_a_point_tells_its_error_and_how_many_samples_it_rests_on(opened):
    texts = opened.evaluate("document.getElementById('isobars').data.flatMap((trace) => trace.text || [])")
    assert any("±" in text and "independent samples" in text for text in texts)


def test_dark_and_light_differ_and_follow_the_reader(browser, written):
    papers = []
    for scheme in ("light", "dark"):
        page = browser.new_context(color_scheme=scheme).new_page()
        page.goto(written.as_uri())
        page.wait_for_function("document.documentElement.dataset.drawn !== undefined", timeout=300_000)
        papers.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        assert page.evaluate("document.documentElement.dataset.theme") == scheme
        page.context.close()
    assert papers[0] != papers[1]


def test_a_campaign_is_watched(browser, written):
    with serve(written.parents[1], report=False) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = browser.new_page()
        complaints = []
        page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
        page.goto(server.url)
        page.wait_for_selector("#rows tr", timeout=300_000)
        assert page.locator("#rows tr").first.locator("td").nth(1).inner_text() == "failed"
        assert "1 failed" in page.locator("#sum").inner_text()
        page.frame_locator("iframe").locator("#verdict").wait_for(timeout=300_000)
        broken = axe.Axe().run(page, options={"iframes": False}).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"][:200]) for each in broken] == []
        assert complaints == []
        page.context.close()
        server.shutdown()


def test_it_prints(written):
    assert print_page(written).read_bytes().startswith(b"%PDF")
