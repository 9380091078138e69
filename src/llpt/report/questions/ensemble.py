"""Are the runs of the ensembles that they claim?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scipy.stats import binom

from llpt.audit.ensemble import CONFIDENCE, EnsembleOutcome
from llpt.campaign import short_name
from llpt.report.question import Question, Row, Table, Tone, number_columns, text_columns
from llpt.study.certificate import certify_study

if TYPE_CHECKING:
    from llpt.audit.ensemble import EnsembleCheck
    from llpt.report.case import Case

CHANCE = 2.0 * (1.0 - CONFIDENCE)
"""A check of a run that is right fails so often."""
SURPRISING = 1e-3
"""So many failures, or more, among as many checks of right runs are no chance."""
TONES = {EnsembleOutcome.HOLDS: Tone.GOOD, EnsembleOutcome.FAILS: Tone.BAD, EnsembleOutcome.OPEN: Tone.OPEN}


def of_their_ensembles(case: Case) -> Question | None:
    """Answer from the base runs whose trajectories are there: kinetic energies, volumes, neighbours, trends."""
    based = {run.identity.path for _, run in case.base_runs()}
    runs = [
        run
        for run in case.plan.runs
        if run.path in based and (case.directory.node(run.path) / "trajectory.h5").exists()
    ]
    found = list(certify_study(case.directory, runs, case.entries))
    if not found:
        return None
    counts = {outcome: sum(check.outcome is outcome for _, check in found) for outcome in EnsembleOutcome}
    decided = counts[EnsembleOutcome.HOLDS] + counts[EnsembleOutcome.FAILS]
    failed = counts[EnsembleOutcome.FAILS]
    proven = failed > 0 and float(binom.sf(failed - 1, decided, CHANCE)) < SURPRISING
    tone = Tone.BAD if proven else Tone.OPEN if failed or not decided else Tone.GOOD
    word = f"{failed} of {decided} checks fail" if failed else "yes" if decided else "not resolved"
    return Question(
        "ensemble",
        "Are they of the ensembles that they claim?",
        tone,
        word,
        f"{counts[EnsembleOutcome.HOLDS]} checks of {len(runs)} base runs hold, {failed} fail "
        f"({decided * CHANCE:.2g} would by chance), {counts[EnsembleOutcome.OPEN]} are not resolved by these runs.",
        "Mean and variance of the kinetic energy; the variance of the volume against the volumes at neighbouring "
        "pressures; the ratio of the distributions of neighbours in pressure and temperature, which also fails where "
        "the two are in different phases; the trend of volume or energy (llpt certify).",
        tables=(_table(found),),
    )


def _table(found: list[tuple[tuple[str, ...], EnsembleCheck]]) -> Table:
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
