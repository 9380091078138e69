"""The page of a study: one HTML file that opens without a network; figures, data and methods for paper beside it."""

from __future__ import annotations

import base64
import gzip
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING

import jinja2
from plotly.offline import get_plotlyjs

from llpt.audit import Outcome, compared_quantities
from llpt.files import make_directory, write_atomically
from llpt.report.case import Case
from llpt.report.drawing import draw
from llpt.report.figure_data import write_figure_data
from llpt.report.interactive import as_json
from llpt.report.loosened import loosened
from llpt.report.methods import methods_of, write_methods
from llpt.report.question import OUTCOME_TONES, Tone, is_sure
from llpt.report.questions import asked
from llpt.report.questions.verdict import comparison_figure
from llpt.report.run_tables import provenance_table, run_table, write_run_table
from llpt.study import State
from llpt.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from llpt.audit import Verdict
    from llpt.audit.thresholds import Threshold
    from llpt.report.methods import Methods
    from llpt.report.panels import Figure
    from llpt.report.question import Question
    from llpt.study import Entry, Plan, StudyDirectory
    from llpt.study.analysis import StudyAnalysis

LEADS = {
    Outcome.FAITHFUL: "Every comparison shows, with the stated confidence, a difference below its threshold.",
    Outcome.NOT_FAITHFUL: "At least one comparison shows, with the stated confidence, more than its threshold.",
    Outcome.NOT_RESOLVED: "These runs prove nothing either way: they are too short, too small or too coarse to tell.",
}


def write_report(
    directory: StudyDirectory,
    plan: Plan,
    entries: Mapping[str, Entry],
    analysis: StudyAnalysis,
    on_part: Callable[[int, int, str], None] = lambda *_: None,
) -> Path:
    """Write ``report/index.html`` and what a paper takes from it, and return the page's path.

    Beside the page: ``figures/NAME.pdf, .png`` and their numbers as ``.csv, .nc``; ``methods.md, methods.tex``,
    ``references.bib`` and ``runs.csv``.

    Args:
        directory: the study's directory.
        plan: its plan.
        entries: its ledger, by run.
        analysis: what was found, and what could not be.
        on_part: called before each part is made, with parts behind, parts in all, and its name.

    Raises:
        StorageError: a file cannot be written.
    """
    make_directory(directory.report)
    case = Case(directory, plan, entries, analysis)
    questions = tuple(asked(case))
    first = comparison_figure(case.verdict) if case.verdict else None
    figures = [*([first] if first else []), *(figure for question in questions for figure in question.figures)]
    drawn = {}
    for behind, figure in enumerate(figures):
        on_part(behind, 1 + len(figures), figure.name)
        place = directory.report / "figures"
        drawn[figure.name] = _shown(figure, [*draw(figure, place), *write_figure_data(figure, place)])
    on_part(len(figures), 1 + len(figures), "page")
    methods = methods_of(case)
    write_methods(methods, directory.report)
    write_run_table(run_table(case, whole=True), directory.report / "runs.csv")
    page = directory.page
    write_atomically(page, _render(case, questions, drawn, methods=methods))
    return page


@dataclass(frozen=True)
class _ShownFigure:
    """What the page holds of a figure.

    Args:
        name: of the figure.
        title: above it.
        caption: how to read it.
        alt: what it shows, for who does not see it.
        json: data and layout, for plotly.
        paths: its files for paper, from the page.
    """

    name: str
    title: str
    caption: str
    alt: str
    json: str
    paths: tuple[str, ...]


def _shown(figure: Figure, paths: Iterable[Path]) -> _ShownFigure:
    """Return what the page holds of a figure."""
    curves = list(dict.fromkeys(curve.label for row in figure.rows for panel in row for curve in panel.curves))
    axes = list(
        dict.fromkeys(
            f"{panel.y_label or f'{len(panel.y_names)} rows'} against {panel.x_label}"
            for row in figure.rows
            for panel in row
        )
    )
    return _ShownFigure(
        name=figure.name,
        title=figure.title,
        caption=figure.caption,
        alt=f"{figure.title}: {'; '.join(axes)}. Curves: {'; '.join(curves[:12])}.",
        json=as_json(figure),
        paths=tuple(f"figures/{path.name}" for path in paths),
    )


def _packed(text: str) -> str:
    """Return a text as the page unpacks it: plotly.js is less than half, and no label can end a script."""
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def _all_figures(figures: Mapping[str, _ShownFigure]) -> str:
    """Return data and layout of every figure as one JSON object, by name."""
    return "{" + ",".join(f'"{name}":{figure.json}' for name, figure in figures.items()) + "}"


def _text(name: str) -> str:
    return files("llpt.report").joinpath(name).read_text(encoding="utf-8")


def _render(case: Case, questions: tuple[Question, ...], drawn: Mapping[str, _ShownFigure], *, methods: Methods) -> str:
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined)
    environment.tests["sure"] = is_sure
    template = environment.from_string(_text("page.html"))
    verdict = case.verdict
    base = [ladder for ladder in case.found.ladders if ladder.is_base]
    return template.render(
        name=case.study.study.name,
        seed=case.study.study.seed,
        written=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        version=VERSION,
        counts=_counts(case.plan, case.entries),
        tone=OUTCOME_TONES[verdict.value] if verdict else Tone.PLAIN,
        question=_question(verdict),
        word=str(verdict.value).capitalize() if verdict else "No verdict",
        lead=LEADS[verdict.value] if verdict else case.found.without_verdict,
        verdict=verdict,
        thresholds=_judged_by(verdict) if verdict else [],
        loosened=loosened(verdict.thresholds, _declared()) if verdict else (),
        failures=_failures(case.entries, case.analysis),
        questions=questions,
        drawn=drawn,
        engines=list(dict.fromkeys(ladder.engine for ladder in base)),
        sizes=sorted({ladder.atoms for ladder in base}),
        runs=run_table(case),
        comparisons=drawn.get("comparisons"),
        methods=methods,
        provenance=provenance_table(case),
        study_file=case.directory.study_file.read_text(encoding="utf-8"),
        directory=case.directory.root.name,
        css=_text("page.css"),
        js=_text("page.js"),
        plotly=_packed(get_plotlyjs()),
        figures=_packed(_all_figures(drawn)),
    )


def _counts(plan: Plan, entries: Mapping[str, Entry]) -> str:
    total = len(plan.paths)
    done = sum(entry.state is State.DONE for entry in entries.values())
    imported = sum(entry.state is State.DONE and entry.provenance.origin is not None for entry in entries.values())
    if imported == total:
        return f"{plan.in_words}, all imported"
    told = f"{plan.in_words}, {imported} of them imported" if imported else plan.in_words
    return f"{told}, all done" if done == total else f"{told}, {done - imported} of {total - imported} done"


def _question(verdict: Verdict | None) -> str:
    if verdict is None:
        return "Is the surrogate faithful to its reference across the transition?"
    return f"Is {verdict.surrogate} a faithful surrogate of {verdict.reference} across the transition?"


def _judged_by(verdict: Verdict) -> list[str]:
    thresholds = verdict.thresholds
    return [
        *(f"{each.difference}: {thresholds.value_of(each):g} {each.unit}" for each in _declared()),
        f"confidence of either statement: {100 * thresholds.confidence:g} %",
        f"least production at each temperature: {thresholds.minimum_production_ps:g} ps; less decides nothing",
        f"least size: {thresholds.minimum_atoms} atoms; fewer decide nothing",
        f"version of the statistics: {verdict.statistics}",
    ]


def _declared() -> tuple[Threshold, ...]:
    """Return every threshold there is, those of other packages included."""
    return tuple(dict.fromkeys(quantity.threshold for quantity in compared_quantities()))


def _failures(entries: Mapping[str, Entry], analysis: StudyAnalysis) -> list[str]:
    troubled = (State.FAILED, State.UNFINISHED, State.BLOCKED, State.WAITING, State.RUNNING)
    texts = [
        f"{entry.path}: {entry.state}{f' – {entry.reason}' if entry.reason else ''}"
        for entry in entries.values()
        if entry.state in troubled
    ]
    return texts + [f"{path}: could not be averaged – {reason}" for path, reason in analysis.refused.items()]
