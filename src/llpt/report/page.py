"""The page of a study: one HTML file that opens without a network, and the figures for paper beside it."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import jinja2
from plotly.offline import get_plotlyjs

from llpt.audit import Outcome, compared_quantities
from llpt.files import make_directory, write_atomically
from llpt.observables import quantity
from llpt.report.drawing import draw
from llpt.report.explanation_tables import bias_sentence, choice_rows, shift_rows, state_rows
from llpt.report.figures import make_figures
from llpt.report.interactive import as_html
from llpt.report.tables import diffusion_rows, effect_rows, provenance_rows, run_rows, tabled_quantities
from llpt.report.transition_tables import change_rows, order_rows, separation_rows, transition_rows
from llpt.study import PlannedTraining, State
from llpt.study.one_kpoint import warnings_of
from llpt.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from llpt.audit import Verdict
    from llpt.study import Entry, Plan, StudyDirectory
    from llpt.study.analysis import StudyAnalysis

TONES = {Outcome.FAITHFUL: "#00684a", Outcome.NOT_FAITHFUL: "#a63603", Outcome.NOT_RESOLVED: "#7a5c00", None: "#5b6775"}
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
    on_part: Callable[[str], None] = lambda _: None,
) -> Path:
    """Write ``report/index.html`` and ``report/figures/*.pdf, *.png``, and return the page's path.

    Args:
        directory: the study's directory.
        plan: its plan.
        entries: its ledger, by run.
        analysis: what was found, and what could not be.
        on_part: called with the name of each part before it is made.

    Raises:
        StorageError: a file cannot be written.
    """
    make_directory(directory.report)
    figures = []
    for figure in make_figures(directory.study, analysis):
        on_part(figure.name)
        paths = draw(figure, directory.report / "figures")
        figures.append(
            {
                "title": figure.title,
                "caption": figure.caption,
                "html": as_html(figure),
                "paths": [f"figures/{path.name}" for path in paths],
            }
        )
    on_part("page")
    page = directory.report / "index.html"
    write_atomically(page, _render(directory, plan, entries, analysis, figures))
    return page


def _render(
    directory: StudyDirectory,
    plan: Plan,
    entries: Mapping[str, Entry],
    analysis: StudyAnalysis,
    figures: Sequence[Mapping[str, Any]],
) -> str:
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string(files("llpt.report").joinpath("page.html").read_text(encoding="utf-8"))
    found, verdict = analysis.found, analysis.found.verdict
    return template.render(
        name=directory.study.study.name,
        seed=directory.study.study.seed,
        written=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        version=VERSION,
        counts=_counts(plan, entries),
        tone=TONES[verdict.value if verdict else None],
        question=_question(verdict),
        word=str(verdict.value).capitalize() if verdict else "No verdict",
        lead=LEADS[verdict.value] if verdict else found.without_verdict,
        verdict=verdict,
        requirements=list(dict.fromkeys(each.sentence for each in verdict.requirements)) if verdict else [],
        thresholds=_judged_by(verdict) if verdict else [],
        failures=_failures(entries, analysis),
        figures=figures,
        transitions=transition_rows(found),
        separations=separation_rows(found),
        orders=order_rows(found),
        changes=change_rows(found),
        diffusion=diffusion_rows(found),
        diffusion_headings=[quantity(name).heading for name in ("diffusion", "viscosity", "diffusion_infinite")],
        effects=effect_rows(found),
        bias=bias_sentence(analysis.explanation),
        states=state_rows(analysis.explanation),
        shifts=shift_rows(analysis.explanation),
        choices=choice_rows(analysis.explanation),
        few_kpoints=warnings_of(directory.study),
        training=_training(plan, entries),
        run_headings=[each.heading for each in tabled_quantities()],
        runs=run_rows(plan, entries, analysis),
        provenance=provenance_rows(entries.values()),
        study_file=(directory.root / "study.toml").read_text(encoding="utf-8"),
        directory=directory.root.name,
        plotly=get_plotlyjs(),
    )


def _counts(plan: Plan, entries: Mapping[str, Entry]) -> str:
    total = len(plan.paths)
    done = sum(entry.state is State.DONE for entry in entries.values())
    return f"{plan.in_words}, all done" if done == total else f"{plan.in_words}, {done} of {total} done"


def _question(verdict: Verdict | None) -> str:
    if verdict is None:
        return "Is the surrogate faithful to its reference across the transition?"
    return f"Is {verdict.surrogate} a faithful surrogate of {verdict.reference} across the transition?"


def _judged_by(verdict: Verdict) -> list[str]:
    thresholds = verdict.thresholds
    declared = dict.fromkeys(quantity.threshold for quantity in compared_quantities())
    return [
        *(f"{each.difference}: {thresholds.value_of(each):g} {each.unit}" for each in declared),
        f"confidence of either statement: {100 * thresholds.confidence:g} %",
        f"least production at each temperature: {thresholds.minimum_production_ps:g} ps; less decides nothing",
        f"least size: {thresholds.minimum_atoms} atoms; fewer decide nothing",
        f"version of the statistics: {verdict.statistics}",
    ]


def _failures(entries: Mapping[str, Entry], analysis: StudyAnalysis) -> list[str]:
    troubled = (State.FAILED, State.UNFINISHED, State.BLOCKED, State.WAITING, State.RUNNING)
    texts = [
        f"{entry.path}: {entry.state}{f' – {entry.reason}' if entry.reason else ''}"
        for entry in entries.values()
        if entry.state in troubled
    ]
    return texts + [f"{path}: could not be averaged – {reason}" for path, reason in analysis.refused.items()]


def _training(plan: Plan, entries: Mapping[str, Entry]) -> list[tuple[str, str]]:
    """Return what the fit of the surrogate reported of itself."""
    training = plan.find(PlannedTraining)
    if training is None or training.path not in entries:
        return []
    return list(entries[training.path].provenance.training.items())
