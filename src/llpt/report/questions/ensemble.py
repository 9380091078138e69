"""Are the runs of the ensembles that they claim?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.audit.ensemble import FALSE_FAILURES, EnsembleOutcome, fail_by_no_chance
from llpt.campaign import short_name
from llpt.report.interval_figure import Interval, interval_panel
from llpt.report.isobar_figures import source_of
from llpt.report.palette import GREY
from llpt.report.panels import Figure, VerticalLine
from llpt.report.question import Question, Row, Table, Tone, number_columns, text_columns
from llpt.study.certificate import certify_study
from llpt.trajectory.master import MASTER_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llpt.report.case import Case
    from llpt.report.panels import Source
    from llpt.study.certificate import Asked

TONES = {EnsembleOutcome.HOLDS: Tone.GOOD, EnsembleOutcome.FAILS: Tone.BAD, EnsembleOutcome.OPEN: Tone.OPEN}


def of_their_ensembles(case: Case) -> Question | None:
    """Answer from the base runs whose trajectories are there: kinetic energies, volumes, neighbours, trends."""
    based = {run.identity.path for _, run in case.base_runs()}
    runs = [
        run for run in case.plan.runs if run.path in based and (case.directory.node(run.path) / MASTER_NAME).exists()
    ]
    found = list(certify_study(case.directory, runs, case.entries))
    if not found:
        return None
    counts = {outcome: sum(check.outcome is outcome for _, check in found) for outcome in EnsembleOutcome}
    decided = counts[EnsembleOutcome.HOLDS] + counts[EnsembleOutcome.FAILS]
    failed = counts[EnsembleOutcome.FAILS]
    tone = Tone.BAD if fail_by_no_chance(found) else Tone.OPEN if failed or not decided else Tone.GOOD
    word = f"{failed} of {decided} checks fail" if failed else "yes" if decided else "not resolved"
    return Question(
        "ensemble",
        "Are they of the ensembles that they claim?",
        tone,
        word,
        f"{counts[EnsembleOutcome.HOLDS]} checks of {len(runs)} base runs hold, {failed} fail "
        f"({decided * FALSE_FAILURES:.2g} would by chance), {counts[EnsembleOutcome.OPEN]} are not resolved by these "
        "runs.",
        "Mean and variance of the kinetic energy; the variance of the volume against the volumes at neighbouring "
        "pressures; the ratio of the distributions of neighbours in pressure and temperature, which also fails where "
        "the two are in different phases; the trend of volume or energy (llpt certify).",
        tuple(filter(None, [_figure(found, _sources(case))])),
        (_table(found),),
        without_figure="0 checks have a size with a known error. Longer runs, or runs at neighbouring temperatures and "
        "pressures, give one.",
    )


def _sources(case: Case) -> dict[str, Source]:
    """Return whose each base run is; runs that are asked together are of one engine and size."""
    return {run.identity.path: source_of(ladder) for ladder, run in case.base_runs()}


def _figure(found: Sequence[Asked], sources: Mapping[str, Source]) -> Figure | None:
    """Return each number over what it must be, and trends, which must be nothing; None where none is known."""
    words = {tone: str(outcome) for outcome, tone in TONES.items()}
    panels = []
    for expected, label in ((1.0, "measured / what it must be"), (0.0, "trend (standard deviations)")):
        intervals = [
            Interval(
                check.what,
                check.measured.value,
                check.measured.error,
                TONES[check.outcome],
                check.measured.effective_samples,
                sources.get(paths[0]),
                name=f"{check.what}, {' and '.join(short_name(path) for path in paths)}",
            )
            for paths, check in found
            if check.expected == expected and check.measured.resolved
        ]
        if intervals:
            line = (VerticalLine("what it must be", expected, 0.0, GREY),)
            panels.append((interval_panel(intervals, label, words=words, lines=line),))
    if not panels:
        return None
    return Figure(
        "ensembles",
        "What the ensembles demand, run by run",
        "Every check of every base run with one standard error; the line is what it must be.",
        tuple(panels),
        wide=True,
    )


def _table(found: Sequence[Asked]) -> Table:
    order = [EnsembleOutcome.FAILS, EnsembleOutcome.HOLDS, EnsembleOutcome.OPEN]
    rows = tuple(
        Row(
            (" and ".join(short_name(path) for path in paths), check.what, check.words, f"{check.expected:g}"),
            known=check.outcome is not EnsembleOutcome.OPEN,
            tone=TONES[check.outcome],
        )
        for paths, check in sorted(found, key=lambda item: order.index(item[1].outcome))
    )
    columns = (*text_columns("Runs", "Asked"), *number_columns("measured", "must be"))
    note = "In units of what it must be; trends in standard deviations of the series over the whole run."
    return Table(
        "What the ensembles demand", columns, rows, note=note, folded=all(row.tone is not Tone.BAD for row in rows)
    )
