"""The page in a real browser: drawn, switched, accessible, at the width of a desk and of a phone."""

import contextlib
import os
import re
import signal
import subprocess
import threading
import time
from dataclasses import replace

import pytest
from tests.in_browser import PATIENCE_MS, broken_rules, context_of
from tests.studies import COMMAND, study_of_one_engine, with_modules_of

from llpt.report import live
from llpt.report.case import Case
from llpt.report.interactive import as_json
from llpt.report.isobar_figures import isobar_figure
from llpt.report.live import LiveServer, LiveStudy, serve
from llpt.report.panels import Figure, Panel, PlottedCurve
from llpt.report.printing import print_page

WIDTHS = {"desk": 1400, "phone": 390}
HEIGHTS = {"desk": 900, "phone": 844}
A4_PIXELS, PRINTED_PIXELS = 688, 1016
"""What A4 leaves between margins of 14 mm, at 96 pixels an inch."""
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def written(page):
    return page[0]


@contextlib.contextmanager
def page_of(browser, written, width):
    """Give the page in a window of a width, drawn, with what it complains of."""
    viewport = {"width": WIDTHS[width], "height": HEIGHTS[width]}
    context = context_of(browser, viewport=viewport, color_scheme="light")
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda told: page.complaints.append(told.text) if told.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto(written.as_uri())
    page.wait_for_function("document.documentElement.dataset.drawn !== undefined")
    yield page
    context.close()


@pytest.fixture(params=WIDTHS)
def opened(request, browser, written):
    with page_of(browser, written, request.param) as page:
        yield page


@pytest.fixture(scope="module", params=WIDTHS)
def seen(request, browser, written):
    """The page for tests that touch nothing: it is drawn once for all of them."""
    with page_of(browser, written, request.param) as page:
        yield page


def test_every_figure_is_drawn_without_a_complaint_and_nothing_is_wider_than_the_page(seen):
    places = seen.locator(".plot")
    assert places.count() == int(seen.evaluate("document.documentElement.dataset.drawn")) > 4
    room = seen.viewport_size["width"]
    for index in range(places.count()):
        assert places.nth(index).locator("svg .scatterlayer .trace").count() > 0
        if places.nth(index).is_visible():
            box = places.nth(index).locator("svg").first.bounding_box()
            assert box["x"] >= 0.0
            assert box["x"] + box["width"] <= room  # nothing has to be scrolled sideways
    assert seen.evaluate("document.documentElement.scrollWidth") <= room
    assert seen.complaints == []


OVERLAPPING = """() => [...document.querySelectorAll(".plot .legend")].flatMap((legend) => {
    const entries = [...legend.querySelectorAll(".traces")].map((each) =>
        [".legendtext", ".layers"].map((part) => each.querySelector(part).getBoundingClientRect()));
    const meet = (one, other) => one.left < other.right - 1 && other.left < one.right - 1
        && one.top < other.bottom - 2 && other.top < one.bottom - 2;
    return entries.flatMap(([text], i) => entries
        .filter((other, j) => i !== j && other.some((part) => meet(text, part)))
        .map(() => legend.closest(".plot").id)); })"""
"""Figures of which a name in the legend lies on another, or on another's symbol."""


def test_names_in_a_legend_do_not_lie_on_one_another(seen):
    assert seen.locator(".plot .legendtext").count() > 0
    assert seen.evaluate(OVERLAPPING) == []


CUT = """() => [...document.querySelectorAll(".plot .legendtext, .plot .ytitle, .plot .xtick text, .plot .ytick text")]
    .filter((each) => {
        const box = each.getBoundingClientRect();
        const around = [each.closest("svg"), each.closest(".legend") && each.closest(".legend").querySelector(".bg")];
        return box.width > 0 && around.filter(Boolean).map((part) => part.getBoundingClientRect()).some((part) =>
            box.right > part.right + 1 || box.left < part.left - 1
            || box.top < part.top - 1 || box.bottom > part.bottom + 1);
    }).map((each) => [each.closest(".plot").id, each.textContent])"""
"""Names in legends, of axes and of ticks that are cut off."""

MEETING = """() => [...document.querySelectorAll(".plot")].flatMap((place) => ["xtick", "ytick"].flatMap((kind) => {
    const boxes = [...place.querySelectorAll(`.${kind} text`)].map((each) => [each, each.getBoundingClientRect()]);
    return boxes.filter(([, one], i) => boxes.some(([, other], j) => i < j && one.width && other.width
        && one.left < other.right - 1 && other.left < one.right - 1 && one.top < other.bottom - 3
        && other.top < one.bottom - 3)).map(([each]) => [place.id, kind, each.textContent]); }))"""
"""Labels of ticks that lie on one another."""


def test_no_name_or_label_of_a_figure_is_cut_off_or_lies_on_another(seen):
    assert seen.locator(".plot .ytick text").count() > 0
    assert seen.evaluate(CUT) == []
    assert seen.evaluate(MEETING) == []


def test_temperatures_of_several_lines_stand_in_order_in_the_legend(seen):
    names = seen.locator("#displacement .legendtext").all_text_contents()
    kelvins = [float(name.removesuffix(" K")) for name in names]
    assert len(kelvins) > 8
    assert kelvins == sorted(kelvins)


def test_a_panel_without_a_point_says_so_in_its_own_place(opened):
    full = Panel("T (K)", "density (g/cm³)", (PlottedCurve("a", (900.0, 950.0), (1.0, 1.1)),))
    figure = Figure("isobars", "", "", ((full, Panel("T (K)", "C_P (J/mol/K)", ())),))
    found = opened.evaluate(
        """figure => { const plot = plots.find(({ place }) => place.id === "isobars");
        Object.assign(plot, { figure: JSON.parse(figure), choosers: {} }); draw();
        return plot.place.layout.xaxis.range || plot.place._fullLayout.xaxis.range; }""",
        as_json(figure),
    )
    assert min(found) > 800.0
    if opened.viewport_size["width"] == WIDTHS["phone"]:
        opened.locator("#isobars").locator("xpath=preceding-sibling::label[1]").get_by_role("combobox").select_option(
            index=1
        )
    inside = opened.evaluate(
        """() => { const words = [...document.querySelectorAll("#isobars .annotation-text")].find(
            (each) => each.textContent === "nothing is known").getBoundingClientRect();
        const panels = [...document.querySelectorAll("#isobars .cartesianlayer .subplot")].map(
            (each) => each.querySelector(".xlines-above, .xlines-below, .plot")).length;
        const svg = document.querySelector("#isobars svg").getBoundingClientRect();
        return [panels, (words.left + words.width / 2 - svg.left) / svg.width]; }"""
    )
    assert inside[0] == (1 if opened.viewport_size["width"] == WIDTHS["phone"] else 2)
    assert inside[1] > (0.4 if opened.viewport_size["width"] == WIDTHS["phone"] else 0.6)


def test_no_rule_of_accessibility_is_broken_in_light_and_dark(opened):
    for _ in range(2):
        broken = broken_rules(opened)
        assert [(each["id"], each["nodes"][0]["html"][:200]) for each in broken] == []
        opened.locator("#theme").click()


def test_an_engine_and_a_size_are_hidden_in_all_figures_at_once(opened):
    shown = """() => Object.fromEntries([...document.querySelectorAll(".plot")].map((place) => [place.id,
        [...place.data.filter((trace) => trace.meta && trace.visible !== false).map((trace) => trace.meta),
         ...place.layout.shapes.flatMap((shape, i) => shape.visible ? [place.layout.meta.shapes[i]] : [])
             .filter((meta) => meta)]]))"""
    before = opened.evaluate(shown)
    drawn = "[...document.querySelectorAll('#isobars .shapelayer path')].length"
    shapes = opened.evaluate(drawn)
    assert any(meta["engine"] == "DFT/PBE" for metas in before.values() for meta in metas)
    opened.get_by_role("checkbox", name="DFT/PBE", exact=True).uncheck()
    opened.get_by_role("checkbox", name="1728", exact=True).uncheck()
    after = [meta for metas in opened.evaluate(shown).values() for meta in metas]
    assert after
    assert opened.evaluate(drawn) < shapes
    assert not any("DFT/PBE" in {meta["engine"], meta["other"]} or meta["atoms"] == 1728 for meta in after)
    opened.get_by_role("checkbox", name="DFT/PBE", exact=True).check()
    opened.get_by_role("checkbox", name="1728", exact=True).check()
    assert opened.evaluate(shown) == before


POINT = """(name) => {
    const place = document.getElementById(name);
    const symbols = [...place.querySelectorAll(".scatterlayer .trace .points path")].filter(
        (each) => each.getBoundingClientRect().width > 0);
    symbols[0].scrollIntoView({ block: "center", inline: "center" });
    const box = symbols[0].getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2];
}"""


def test_the_pointer_on_a_point_shows_value_error_and_samples(opened):
    for name in ("comparisons", "densities", "ways"):
        x, y = opened.evaluate(POINT, name)
        opened.mouse.move(x - 3, y - 3)
        opened.mouse.move(x, y)
        label = opened.locator(f"#{name} .hoverlayer .hovertext")
        label.first.wait_for(state="attached")
        text = " ".join(label.all_text_contents())
        assert re.search(r"[-−]?\d[\d.e-]* ± [\d.e-]+", text), text
        assert "independent samples" in text
        assert ("% interval on one side" in text) is (name == "comparisons")


def focused_with_tab(page, what):
    """Press Tab until what has the focus is what is looked for, and return it."""
    for _ in range(300):
        page.keyboard.press("Tab")
        if page.evaluate(f"document.activeElement.matches({what!r})"):
            return page.evaluate_handle("document.activeElement").as_element()
    raise AssertionError(f"no Tab reaches {what}")


def test_the_keyboard_reaches_and_works_skip_link_contents_toggles_theme_folds_and_links(opened):
    focused_with_tab(opened, "a.skip")
    opened.keyboard.press("Enter")
    assert opened.evaluate("location.hash") == "#answers"
    focused_with_tab(opened, "nav.contents a[href='#size']")
    opened.keyboard.press("Enter")
    assert opened.evaluate("location.hash") == "#size"
    opened.evaluate("document.querySelector('nav.contents a[href=\"#size\"]').focus()")
    box = focused_with_tab(opened, "input[name=engine]")
    opened.keyboard.press("Space")
    assert not box.is_checked()
    opened.keyboard.press("Space")
    assert box.is_checked()
    size = focused_with_tab(opened, "input[name=atoms]")
    opened.keyboard.press("Space")
    assert not size.is_checked()
    focused_with_tab(opened, "#theme")
    opened.keyboard.press("Enter")
    assert opened.evaluate("document.documentElement.dataset.theme") == "dark"
    fold = focused_with_tab(opened, "figcaption summary")
    for key, is_open in (("Enter", True), ("Space", False), ("Enter", True)):
        opened.keyboard.press(key)
        assert fold.evaluate("each => each.parentElement.open") is is_open
    link = focused_with_tab(opened, "figcaption a")
    assert link.get_attribute("href").startswith("figures/")


def test_each_question_fits_one_screen(seen):
    """On a desk with the tables that stand open; on a phone these are folded."""
    heights = seen.evaluate("""() => Object.fromEntries([...document.querySelectorAll(".verdict, .question")].map(
        (each) => [each.getAttribute("aria-labelledby"), each.getBoundingClientRect().height]))""")
    assert {"verdict", "protocol", "size", "transition"} <= set(heights)
    assert {name: height for name, height in heights.items() if height > seen.viewport_size["height"]} == {}


def test_each_question_has_a_figure_or_says_what_would_give_one(seen):
    for question in seen.locator(".question").all():
        if question.locator("figure").count() == 0:
            assert re.match(r"No figure: \d+ .+\. .+\.$", question.locator("p.unshown").inner_text())


@pytest.mark.parametrize("seen", ["desk"], indirect=True)
def test_on_a_desk_nothing_of_a_figure_has_to_be_chosen(seen):
    assert seen.locator(".view:visible").count() == 0


@pytest.mark.parametrize("opened", ["phone"], indirect=True)
def test_on_a_phone_every_panel_and_row_of_a_figure_is_chosen_above_it(opened):
    told, names, rows = set(), opened.get_by_label("Shown:"), opened.locator("#isobars")
    count = "document.querySelectorAll('#isobars .cartesianlayer .subplot').length"
    isobars = rows.locator("xpath=preceding-sibling::label[1]").get_by_role("combobox")
    for option in isobars.locator("option").all_text_contents():
        isobars.select_option(label=option)
        assert opened.evaluate(count) == 1
        told |= set(rows.locator("[class^='g-x'] text, [class^='g-y'] text").all_text_contents())
    assert len(told) == 5  # density, C_P, g(r), T, r
    assert names.count() > 3
    shown = "[...document.querySelectorAll('#comparisons .annotation-text')].map((each) => each.textContent)"
    comparisons = opened.locator("#comparisons").locator("xpath=preceding-sibling::label[1]").get_by_role("combobox")
    found = []
    for option in comparisons.locator("option").all_text_contents():
        comparisons.select_option(label=option)
        found += opened.evaluate(shown)
    assert len(found) == len(set(found)) == 9


@pytest.mark.parametrize("opened", ["desk"], indirect=True)
def test_of_a_figure_of_many_lines_of_states_two_are_shown_at_a_time(opened, finished):
    case = Case(*finished)
    figure = isobar_figure(case.study, case.found)
    pressures = iter(range(100, 600, 100))
    rows = tuple(
        (replace(row[0], note=f"{next(pressures)} GPa"), *(replace(panel, note="") for panel in row[1:]))
        for row in (*figure.rows, *figure.rows, figure.rows[0])
    )
    before = opened.locator(".question").filter(has=opened.locator("#isobars")).bounding_box()["height"]
    opened.evaluate(
        """figure => { const plot = plots.find(({ place }) => place.id === "isobars");
        Object.assign(plot, { figure: JSON.parse(figure), choosers: {} }); draw(); }""",
        as_json(replace(figure, rows=rows)),
    )
    shown = "[...document.querySelectorAll('#isobars .annotation-text')].map((each) => each.textContent)"
    panels = "document.querySelectorAll('#isobars .cartesianlayer .subplot').length"
    choice = opened.locator("#isobars").locator("xpath=preceding-sibling::label[1]").get_by_role("combobox")
    found = []
    for option in choice.locator("option").all_text_contents():
        choice.select_option(label=option)
        found.append((opened.evaluate(panels), [text for text in opened.evaluate(shown) if "GPa" in text]))
    assert found == [(6, ["100 GPa", "200 GPa"]), (6, ["300 GPa", "400 GPa"]), (3, ["500 GPa"])]
    choice.select_option(index=0)
    after = opened.locator(".question").filter(has=opened.locator("#isobars")).bounding_box()["height"]
    assert after <= min(before + 40, opened.viewport_size["height"])  # the line that chooses
    assert opened.complaints == []


def test_a_figure_that_was_folded_is_drawn_as_wide_as_its_place(opened):
    fold = opened.locator(".question > details").filter(has=opened.locator(".plot")).first
    fold.locator("> summary").click()
    place = fold.locator(".plot")
    opened.wait_for_function(
        """place => Math.abs(place.querySelector("svg").getBoundingClientRect().width
        - place.getBoundingClientRect().width) < 2""",
        arg=place.element_handle(),
    )


def test_dark_and_light_differ_and_follow_the_reader(browser, written):
    papers = []
    for scheme in ("light", "dark"):
        page = context_of(browser, color_scheme=scheme).new_page()
        page.goto(written.as_uri())
        page.wait_for_function("document.documentElement.dataset.drawn !== undefined")
        papers.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        assert page.evaluate("document.documentElement.dataset.theme") == scheme
        page.context.close()
    assert papers[0] != papers[1]


GATED = """
import time
from pathlib import Path
from ase.calculators.lj import LennardJones

class Gated(LennardJones):
    def __init__(self, gate, calls):
        self.gate, self.left = Path(gate), int(calls)
        super().__init__(sigma=1.215, epsilon=0.2, rc=2.3, smooth=True)

    def calculate(self, *arguments, **named):
        self.left -= 1
        time.sleep(0.1 if self.left > 0 else 0.0)
        while self.left <= 0 and not self.gate.exists():
            time.sleep(0.05)
        super().calculate(*arguments, **named)
"""
"""An engine that stands still after so many calls until a file is there."""

AT_WORK = study_of_one_engine("ase:gated.Gated", atoms=16, steps=60, discard=10, checkpoint_every=20, relax_steps=5)


@pytest.fixture
def at_work(tmp_path, tmp_path_factory):
    """A study that runs until it is let go on: its directory, the file that lets it, and the process."""
    modules = tmp_path_factory.mktemp("gated") / "site-packages"
    modules.mkdir()
    (modules / "gated.py").write_text(GATED)
    gate = tmp_path / "gate"
    (tmp_path / "study.toml").write_text(f'{AT_WORK}options = {{ gate = "{gate}", calls = 45 }}\n')
    process = subprocess.Popen(
        [*COMMAND, "run", "study.toml", "--trust"],
        cwd=tmp_path,
        env=with_modules_of(modules),
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    root = tmp_path / "study"
    while not (root / "study.db").exists():
        assert process.poll() is None, "llpt run ended before it began"
        time.sleep(0.1)
    yield root, gate, process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def watched(page, url):
    """Open a live page and keep what it complains of."""
    page.complaints = []
    page.on("console", lambda told: page.complaints.append(told.text) if told.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto(url)
    return page


ROW_SAYS = """([state, least]) => { const row = document.querySelector("#rows tr"); return Boolean(row)
    && row.cells[1].innerText === state && Number(row.cells[3].innerText.split(" / ")[0]) >= least; }"""


def test_a_study_at_work_is_watched_on_desk_and_phone_until_it_is_done(browser, at_work, monkeypatch):
    """Elsewhere than on loopback, by a token; the report comes by itself, and again when it is made anew."""
    monkeypatch.setattr(live, "LEAST_S_BETWEEN_REPORTS", 0.0)
    root, gate, process = at_work
    with LiveServer(LiveStudy(root), "0.0.0.0") as server:  # noqa: S104 - what is tested
        threading.Thread(target=server.serve_forever, daemon=True).start()
        place = f"http://127.0.0.1:{server.server_address[1]}/"
        pages = [
            watched(context_of(browser, viewport={"width": width, "height": 900}).new_page(), place + token)
            for width, token in (*((width, f"?token={server.token}") for width in WIDTHS.values()), (1400, ""))
        ]
        stranger = pages.pop()
        assert "lacks the token" in stranger.inner_text("body")
        for page in pages:
            page.wait_for_function(ROW_SAYS, arg=["running", 0.001])
            assert "llpt run is at work" in page.locator("#sum").inner_text()
            assert page.locator("iframe").count() == 0
        before = pages[0].locator("#rows tr td").nth(3).inner_text()
        gate.touch()
        assert process.wait(timeout=PATIENCE_MS / 1000.0) == 0
        for page in pages:
            page.wait_for_function(ROW_SAYS, arg=["done", 0.002])
            assert page.locator("#rows tr td").nth(3).inner_text() != before
            assert "1 done" in page.locator("#sum").inner_text()
            assert page.evaluate("document.getElementById('progress').value") == 1.0
            page.frame_locator("iframe").locator("#verdict").wait_for()
            assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
            broken = broken_rules(page, options={"iframes": False})
            assert [(each["id"], each["nodes"][0]["html"][:200]) for each in broken] == []
            shown = page.locator("iframe").get_attribute("src")
            os.utime(server.study.place.page, (1.0e9, 1.0e9))  # as if it had been made anew
            page.wait_for_function(
                "shown => document.querySelector('iframe').src.split('/').at(-1) !== shown", arg=shown
            )
            assert page.complaints == []
            os.utime(server.study.place.page)
            page.context.close()
        stranger.context.close()
        server.shutdown()


REASON = """() => { const [row, why] = ["#rows tr", "#rows td.why span"].map((each) => document.querySelector(each));
    const box = why.getBoundingClientRect();
    return [why.textContent, box.right, box.top - row.getBoundingClientRect().bottom]; }"""
"""In one question, since the table is made anew every three seconds."""


@pytest.mark.parametrize("width", WIDTHS)
def test_a_run_that_failed_stands_first_with_its_reason_in_sight(browser, written, width):
    with serve(written.parents[1], report=False) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        viewport = {"width": WIDTHS[width], "height": HEIGHTS[width]}
        page = watched(context_of(browser, viewport=viewport).new_page(), server.url)
        page.wait_for_selector("#rows tr")
        assert page.locator("#rows tr").first.locator("td").nth(1).inner_text() == "failed"
        assert "1 failed" in page.locator("#sum").inner_text()
        bars = page.evaluate(
            "[...document.querySelectorAll('#rows progress')].map((each) => each.getBoundingClientRect().right)"
        )
        assert bars
        assert max(bars) <= page.viewport_size["width"]
        reason, right, below = page.evaluate(REASON)
        assert reason == "the box <exploded>"
        assert right <= page.viewport_size["width"]  # nothing has to be scrolled sideways
        assert -1.0 <= below < 10.0
        page.context.close()
        server.shutdown()


STANDS = """() => ({
    theme: document.documentElement.dataset.theme,
    off: [...document.querySelectorAll(".tools input:not(:checked)")].map((box) => box.value),
    open: [...document.querySelectorAll("main details[open]")].map((each) => each.firstElementChild.textContent),
    views: [...document.querySelectorAll(".view select")].map((each) => each.value),
    top: Math.round(document.getElementById("solids").getBoundingClientRect().top),
})"""


@pytest.mark.parametrize("width", WIDTHS)
def test_a_refresh_of_the_live_page_leaves_toggles_folds_theme_and_place_as_they_are(browser, written, width):
    with serve(written.parents[1], report=False) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        viewport = {"width": WIDTHS[width], "height": HEIGHTS[width]}
        page = watched(context_of(browser, viewport=viewport, color_scheme="light").new_page(), server.url)
        page.locator("iframe").wait_for()
        drawn = "() => document.documentElement.dataset.drawn !== undefined"
        frame = page.locator("iframe").element_handle().content_frame()
        frame.wait_for_function(drawn)
        frame.get_by_role("checkbox", name="DFT/PBE", exact=True).uncheck()
        frame.locator("#theme").click()
        frame.locator("section[aria-labelledby=verdict] > details > summary").last.click()
        if width == "phone":
            frame.locator(".view:visible select").last.select_option(index=1)
        frame.evaluate("document.getElementById('solids').scrollIntoView()")
        before = frame.evaluate(STANDS)
        assert before["theme"] == "dark"
        assert before["off"] == ["DFT/PBE"]
        assert any("Judged by" in text for text in before["open"])
        frame.evaluate("window.isOld = true")
        try:
            os.utime(written, (1.0e9, 1.0e9))  # as if it had been made anew
            frame.wait_for_function("() => window.isOld === undefined && document.documentElement.dataset.drawn")
            after = frame.evaluate(STANDS)
        finally:
            os.utime(written)
        assert abs(after.pop("top") - before.pop("top")) <= 2
        assert after == before
        assert page.complaints == []
        page.context.close()
        server.shutdown()


THEME_AND_FOLDS = """[document.documentElement.dataset.theme,
    [...document.querySelectorAll("details")].map((each) => each.open)]"""


def test_it_prints_on_upright_a4_and_no_figure_is_cut(browser, written):
    pdf = print_page(written).read_bytes()
    assert pdf.startswith(b"%PDF")
    boxes = re.findall(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)\s*\]", pdf)
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
    assert pages == len(boxes) >= 8
    assert {(round(float(width)), round(float(height))) for width, height in boxes} == {(595, 842)}  # A4 in points
    context = context_of(browser, viewport={"width": A4_PIXELS, "height": 900})
    page = context.new_page()
    page.goto(written.as_uri())
    page.wait_for_function("document.documentElement.dataset.drawn !== undefined")
    page.locator("#theme").click()
    page.locator("figcaption summary").first.click()
    before = page.evaluate(THEME_AND_FOLDS)
    assert before[0] == "dark"
    assert 1 <= sum(before[1]) < len(before[1])
    page.emulate_media(media="print")
    wrong = page.evaluate(
        """() => { window.dispatchEvent(new Event("beforeprint")); // a browser that prints waits for nothing
        return [...document.querySelectorAll(".plot")].filter((place) => {
            const box = place.querySelector("svg").getBoundingClientRect();
            const around = place.getBoundingClientRect();
            return box.width < 300 || box.left < around.left - 1 || box.right > around.right + 1;
        }).map((place) => place.id); }"""
    )
    assert wrong == []
    assert page.evaluate(CUT) == []
    assert page.evaluate(OVERLAPPING) == []
    figures = page.locator(".plot")  # what explains one may go on overleaf
    assert figures.count() == int(page.evaluate("document.documentElement.dataset.drawn"))
    for figure in figures.all():
        assert figure.is_visible()
        assert figure.evaluate("each => getComputedStyle(each).breakInside") == "avoid"
        assert figure.bounding_box()["height"] < PRINTED_PIXELS  # or it could not help being cut
    assert page.evaluate(THEME_AND_FOLDS) == ["light", [True] * len(before[1])]
    page.emulate_media(media="screen")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(THEME_AND_FOLDS) == before
    context.close()
