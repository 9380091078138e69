"""Reads what a study observed, has it analysed (``llpt.campaign``), and keeps averages and verdict."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llpt.campaign.analysis import Analysis, analyse
from llpt.campaign.comparison import verdict_of
from llpt.campaign.orders import orders
from llpt.files import remove
from llpt.study.explaining import asks_for_labels, diagnoses_of, explain_study
from llpt.study.fixed_thresholds import StudyThresholds, with_change_told
from llpt.study.lines_table import LINES_NAME, write_lines
from llpt.study.observables_table import TABLE_NAME, write_observables
from llpt.study.observing import observe_electronic_temperature, observe_runs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import xarray as xr

    from llpt.audit import Diagnosis, Verdict
    from llpt.campaign.explained import CampaignExplanation
    from llpt.campaign.ladders import ObservedLadder
    from llpt.campaign.orders import OrderResult
    from llpt.study.explaining import Explained
    from llpt.study.layout import StudyDirectory
    from llpt.study.ledger import Entry
    from llpt.study.plan import Plan


@dataclass(frozen=True)
class StudyAnalysis:
    """All that a study has found so far, and what it could not.

    Args:
        found: what came out of the runs that are done.
        refused: runs that could not be averaged, with the reason.
        electronic_temperature: how the reference's forces change with T_el
            (``llpt.audit.electronic_temperature_audit``); None where the study did not ask.
        explanation: why the two sides differ, in kelvin; None where the study did not ask.
    """

    found: Analysis
    refused: Mapping[str, str]
    electronic_temperature: xr.Dataset | None = None
    explanation: CampaignExplanation | None = None


def analyse_study(
    directory: StudyDirectory,
    plan: Plan,
    entries: Mapping[str, Entry],
    on_run: Callable[[float, int, str], None] = lambda *_: None,
    *,
    thresholds: StudyThresholds | None = None,
) -> StudyAnalysis:
    """Analyse every run that is done; keep its averages, those of its lines of states and the verdict in ``results``.

    Args:
        directory: the study's directory.
        plan: its plan.
        entries: its ledger, by run.
        on_run: called before each run is averaged.
        thresholds: that the verdict is by; None takes those of the study file.

    Raises:
        StorageError: results cannot be written.
    """
    study = directory.study
    thresholds = thresholds or StudyThresholds(study.verdict.thresholds())
    observed, refused = observe_runs(directory, plan, entries, on_run)
    write_observables(directory.results / TABLE_NAME, plan, observed)
    found = analyse(
        observed,
        thresholds.now,
        path=study.dynamics.ladder,
        density_rises=study.state.density_rises,
        compare_sizes=study.tests.size,
    )
    write_lines(directory.results / LINES_NAME, found.ladders)
    explained = explain_study(directory, plan, entries, found.ladders) if asks_for_labels(study) else None
    explanation = explained[0] if explained is not None else None
    if explanation is not None:
        refused |= explanation.refused
    verdict, _ = verdict_of_study(
        directory, plan, entries, found.ladders, found=found.orders, explained=explained, thresholds=thresholds
    )
    if verdict is not None:
        verdict.save(directory.verdict)
    else:
        remove(directory.verdict)
    found = replace(found, verdict=verdict)
    return StudyAnalysis(found, refused, observe_electronic_temperature(directory, plan, entries), explanation)


def verdict_of_study(
    directory: StudyDirectory,
    plan: Plan,
    entries: Mapping[str, Entry],
    ladders: Sequence[ObservedLadder],
    *,
    found: Sequence[OrderResult] | None = None,
    explained: Explained | None = None,
    labels_say: Sequence[Diagnosis] = (),
    thresholds: StudyThresholds | None = None,
    reference: str | None = None,
    surrogate: str | None = None,
) -> tuple[Verdict | None, str]:
    """Compare a study's surrogate with its reference, or any two of its engines with each other; nothing is kept.

    Args:
        directory: the study's directory.
        plan: its plan.
        entries: its ledger, by node.
        ladders: its runs with their averages and transitions.
        found: the orders of their changes where they are known already; None finds them.
        explained: of ``explanation_of``; None where the study asked for no labels.
        labels_say: what is wrong by name by labels that cannot be read any more, as it was stored.
        thresholds: that the verdict is by, None takes those of the study file. Where they were changed openly since the
            runs the verdict tells both.
        reference: name of an engine, as in paths or as people call it; None for the study's reference.
        surrogate: the same of the surrogate.

    Returns:
        The verdict, with what is wrong by name where it is that of the study's own two sides; or None and why.

    Raises:
        InputError: there is no engine of that name.
        StorageError: labels are damaged.
    """
    asked = thresholds or StudyThresholds(directory.study.verdict.thresholds())
    found = orders(ladders) if found is None else found
    verdict, why = verdict_of(ladders, asked.now, found=found, reference=reference, surrogate=surrogate)
    if verdict is None or reference is not None or surrogate is not None:
        return verdict, why
    verdict = verdict.with_diagnoses((*diagnoses_of(directory, plan, entries, ladders, explained), *labels_say))
    if asked.before is not None:
        verdict = with_change_told(verdict, verdict_of(ladders, asked.before, found=found)[0])
    return verdict, why
