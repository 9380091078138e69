"""Reads what a study observed, has it analysed (``llpt.campaign``), and keeps averages and verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.campaign.analysis import Analysis, analyse
from llpt.campaign.comparison import verdict_of
from llpt.files import remove
from llpt.study.explaining import explain_study
from llpt.study.ladder_paths import PATHS, ladders_of_study
from llpt.study.observables_table import TABLE_NAME, write_observables
from llpt.study.observing import observe_electronic_temperature, observe_runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import xarray as xr

    from llpt.audit import Verdict
    from llpt.campaign.explanation import CampaignExplanation
    from llpt.campaign.observed import ObservedRun
    from llpt.study.file import StudyFile
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
) -> StudyAnalysis:
    """Analyse every run that is done; keep averages in ``results/observables.csv``, the verdict in ``verdict.json``.

    Args:
        directory: the study's directory.
        plan: its plan.
        entries: its ledger, by run.
        on_run: called before each run is averaged.

    Raises:
        StorageError: results cannot be written.
    """
    study = directory.study
    observed, refused = observe_runs(directory, plan, entries, on_run)
    write_observables(directory.results / TABLE_NAME, plan, observed)
    found = analyse(
        observed,
        study.verdict.thresholds(),
        path=PATHS[study.dynamics.ladder],
        density_rises=study.state.density_rises,
        compare_sizes=study.tests.size,
    )
    if found.verdict is not None:
        found.verdict.save(directory.verdict)
    else:
        remove(directory.verdict)
    explanation = None
    if study.bridge is not None or study.budget is not None:
        explanation = explain_study(directory, plan, entries, found.ladders)
        refused |= explanation.refused
    return StudyAnalysis(found, refused, observe_electronic_temperature(directory, plan, entries), explanation)


def verdict_of_study(
    study: StudyFile, observed: Iterable[ObservedRun], *, reference: str | None = None, surrogate: str | None = None
) -> tuple[Verdict | None, str]:
    """Compare a study's surrogate with its reference, or any two of its engines with each other; nothing is kept.

    Args:
        study: the study, whose thresholds hold.
        observed: its runs.
        reference: name of an engine, as in paths or as people call it; None for the study's reference.
        surrogate: the same of the surrogate.

    Returns:
        The verdict, or None and why there is none.

    Raises:
        InputError: there is no engine of that name.
    """
    return verdict_of(
        ladders_of_study(study, observed), study.verdict.thresholds(), reference=reference, surrogate=surrogate
    )
