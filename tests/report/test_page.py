"""The page stands alone, says what was found, and what was not."""

import base64
import gzip
import html
import re

from plotly.offline import get_plotlyjs

from llpt.audit import Outcome
from llpt.campaign import short_name
from llpt.report import write_report
from llpt.report.tables import run_rows
from llpt.study import StudyDirectory

NAMES = (
    "comparisons",
    "settings",
    "equilibration",
    "samples",
    "densities",
    "ways",
    "displacement",
    "remedy-lengths",
    "observables",
    "isobars",
    "transition-line",
)
"""Of the figures of a study without labels at several electronic temperatures."""


def test_the_page_needs_no_network(page):
    _, text = page
    assert not re.search(r'(src|<link[^>]* href)="?(https?:)?//', text)
    packed = re.search(r'<script type="text/plain" id="plotly">(.*?)</script>', text, re.DOTALL).group(1)
    assert gzip.decompress(base64.b64decode(packed)).decode() == get_plotlyjs()
    assert len(text) < 3_000_000


def test_the_verdict_stands_first_with_its_reasons_and_thresholds(page, finished):
    _, _, _, analysis = finished
    _, text = page
    assert analysis.found.verdict.value is Outcome.NOT_FAITHFUL
    assert "Not faithful" in text
    for reason in analysis.found.verdict.reasons:
        assert html.escape(reason) in text.replace("&#39;", "&#x27;")
    assert "transition temperature: 50 K" in text


def test_every_run_is_listed_with_its_state_and_failures_are_named(page, finished):
    _, plan, _, _ = finished
    _, text = page
    for run in plan.runs:
        assert f">{short_name(run.path)}<" in text
    assert "Not everything is done" in text
    assert "the box &lt;exploded&gt;" in text


def test_a_run_that_settles_later_than_what_is_left_out_is_marked(finished):
    _, plan, entries, analysis = finished
    done = [row for row in run_rows(plan, entries, analysis) if any(average != "–" for average in row.averages)]
    late = {row.temperature for row in done if row.equilibrated == "0.45 (!)"}
    assert late == {"850"}
    assert {row.equilibrated for row in done if row.temperature != "850"} == {"0.12"}


def test_tables_have_a_caption_and_each_row_its_header(page):
    _, text = page
    tables = re.findall(r"<table>.*?</table>", text, flags=re.DOTALL)
    assert tables
    for table in tables:
        assert re.match(r"<table>\s*<caption>[^<]+</caption>", table)
        rows = re.findall(r"<tr[^>]*><(.*?)>", table.partition("<tbody>")[2])
        assert rows
        assert all(first.startswith(("th scope=row", 'td class="remark"')) for first in rows)


def test_what_people_wrote_is_escaped(page):
    _, text = page
    assert "surrogate &lt;synthetic&gt;" in text
    assert "<synthetic>" not in text


def test_provenance_names_engine_cutoff_pseudopotential_hash_pressure_and_versions(page):
    _, text = page
    for said in ("ecut_ry = 60", "pseudopotential = gth", "SHA-256 abab", "pressure finite-basis corrected", "llpt 0"):
        assert said in text


def test_tables_hold_criteria_changes_and_tests(page):
    _, text = page
    for said in (
        "density jump",
        "heat capacity maximum",
        "first-peak loss",
        "cooling",
        "size",
        "Δρ/ρ",
        "Not resolved by",
        "width of rho(T)",
        "Separation of the criteria",
        "atoms in a cooperative unit",
        "What would change the answer?",
        "Change of the jump (%)",
    ):
        assert said in text


def test_figures_and_their_numbers_are_there_for_paper(page):
    path, _ = page
    names = {file.name for file in (path.parent / "figures").iterdir()}
    assert names == {f"{name}.{kind}" for name in NAMES for kind in ("pdf", "png", "csv", "nc")}
    assert (path.parent / "figures" / "isobars.pdf").read_bytes().startswith(b"%PDF")


def test_a_page_that_cannot_be_written_leaves_the_old_one(disk, finished, monkeypatch):
    directory, plan, entries, analysis = finished
    monkeypatch.setattr("llpt.report.page.asked", lambda _: ())
    (disk.path / "study.toml").write_bytes((directory.root / "study.toml").read_bytes())
    disk.refused(lambda: write_report(StudyDirectory(disk.path, directory.study), plan, entries, analysis))
