"""Which errors has the surrogate, and in which phase?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.audit import DiagnosedSide, Presence
from llpt.campaign import Role
from llpt.campaign.state import words_of_line
from llpt.mlp.training.card_rows import card_rows
from llpt.report.crossover_figure import crossover_figure
from llpt.report.explanation_tables import bias_sentence, crossover_rows, shift_rows, state_rows
from llpt.report.interval_figure import Interval, interval_panel
from llpt.report.model_cards import card_of
from llpt.report.palette import GREY
from llpt.report.panels import Figure, Panel, VerticalLine
from llpt.report.question import Question, Row, Table, Tone, number_columns, text_columns
from llpt.report.tables import UNKNOWN, estimate_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.audit import Diagnosis
    from llpt.campaign.explained import CampaignExplanation
    from llpt.report.case import Case
    from llpt.report.explanation_tables import CrossoverRow, ShiftRow
    from llpt.report.question import Column
    from llpt.statistics import Estimate


def errors_of_surrogate(case: Case) -> Question | None:
    """Answer from configurations that both engines labelled, and from what the training says of itself."""
    if not case.study.surrogate:
        return None
    explanation = case.analysis.explanation
    bias = bias_sentence(explanation)
    shifts = shift_rows(explanation)
    crossovers = crossover_rows(explanation)
    diagnoses = case.verdict.diagnoses if case.verdict else ()
    present = [
        each for each in diagnoses if each.presence is Presence.PRESENT and each.side is not DiagnosedSide.REFERENCE
    ]
    tables = [
        *_diagnoses(diagnoses),
        *_residuals(explanation),
        *_shifts(shifts),
        *_crossovers(crossovers),
        *_states(explanation),
        *_training(case),
    ]
    measured = bias or (
        "No configuration was labelled by both engines: [bridge] of the study file measures errors by phase, and "
        "predicts from them how far the transition is shifted."
    )
    labelled = bool(bias or shifts or crossovers)
    known = Tone.PLAIN if labelled else Tone.OPEN
    named = [f"Present: {', '.join(dict.fromkeys(str(each.cause) for each in present))}."] if present else []
    return Question(
        "surrogate",
        "Which errors has the surrogate, and in which phase?",
        Tone.BAD if present else known,
        "measured" if labelled else f"{len(present)} by the runs alone" if present else "not measured",
        " ".join([*named, measured]),
        "Configurations of both sides' runs, labelled by both engines.",
        figures=tuple(filter(None, [_residual_figure(explanation), crossover_figure(explanation, case.engines)])),
        tables=tuple(tables),
        points=(
            *(each.sentence for each in present),
            *(f"{row.place}. {row.sentence}" for row in shifts),
            *(f"{row.place}. {row.sentence}" for row in crossovers),
        ),
        without_figure="0 errors of groups of configurations are known. [bridge] takes snapshots of both sides' "
        "runs and has each engine label those of the other: single points, no further runs.",
    )


def _diagnoses(diagnoses: Sequence[Diagnosis]) -> list[Table]:
    if not diagnoses:
        return []
    columns = (
        *text_columns("Checked", "Of", "Line"),
        *number_columns("N", "Size", "Limit", "T* moved by"),
        *text_columns("Defect"),
    )
    tones = {Presence.PRESENT: Tone.BAD, Presence.ABSENT: Tone.GOOD, Presence.OPEN: Tone.OPEN}
    rows = tuple(
        Row(
            (
                str(each.cause),
                each.side,
                words_of_line(each.line),
                "" if each.atoms is None else str(each.atoms),
                _text(each.size),
                f"{each.limit:g} {each.size.unit}",
                _text(each.kelvins),
                str(each.presence),
            ),
            known=each.presence is not Presence.OPEN,
            tone=tones[each.presence],
        )
        for each in diagnoses
    )
    note = "Present and absent are both proven at 97.5 %: the size is above the limit, or below it."
    return [Table("What is wrong, by name", columns, rows, note)]


def _text(estimate: Estimate) -> str:
    return str(estimate) if estimate.resolved else UNKNOWN


def _residual_figure(found: CampaignExplanation | None) -> Figure | None:
    """Return the errors of energy and pressure by group; None without labels."""
    groups = found.residuals.groups if found is not None and found.residuals is not None else ()
    panels: list[Panel] = []
    rows = [f"{group.grouping}: {group.group}" for group in groups]
    for name, label in (("energy", "energy error (meV/atom)"), ("pressure", "pressure error (GPa)")):
        intervals = [
            Interval(row, error.value, error.error, samples=error.effective_samples)
            for row, group in zip(rows, groups, strict=True)
            if (error := getattr(group, name)).resolved and error.error > 0.0
        ]
        if intervals:
            words = {Tone.PLAIN: "surrogate − reference"}
            line = (VerticalLine("no error", 0.0, 0.0, GREY),)
            panels.append(interval_panel(intervals, label, words=words, lines=line, rows=rows, named=not panels))
    if not panels:
        return None
    return Figure(
        "residuals",
        "Errors of the surrogate by phase, neighbours, density and temperature",
        "Mean over labelled configurations of a group, with one standard error; energy less its mean over all of them.",
        (tuple(panels),),
        wide=True,
    )


def _residuals(found: CampaignExplanation | None) -> list[Table]:
    if found is None or found.residuals is None:
        return []
    columns = (
        *text_columns("Sorted by", "Group"),
        *number_columns("Frames", "Energy (meV/atom)", "Pressure (GPa)", "Force, rms (eV/Å)", "of (eV/Å)"),
    )
    rows = tuple(
        Row(
            (
                str(group.grouping),
                group.group,
                str(group.frames),
                estimate_text(group.energy, unit=False),
                estimate_text(group.pressure, unit=False),
                f"{group.force_error_ev_per_angstrom:.3f}",
                f"{group.force_ev_per_angstrom:.2f}",
            )
        )
        for group in found.residuals.groups
    )
    note = "Energy less its mean over all configurations: a constant shifts nothing. Surrogate minus reference."
    return [Table("Errors by phase, neighbours, density and temperature", columns, rows, note)]


def _shifts(rows: Sequence[ShiftRow]) -> list[Table]:
    columns = (
        *text_columns("Both phases at"),
        *number_columns(
            "ΔG below (meV/atom)",
            "above",
            "above − below",
            "T* (of an isotherm P*) reference − surrogate, predicted",
            "observed",
        ),
        *text_columns("The two"),
    )
    cells = [(row.place, row.low, row.high, row.difference, row.predicted, row.observed, row.finding) for row in rows]
    return _shift_table("The shift that these errors predict, and the one that the runs show", columns, cells)


def _crossovers(rows: Sequence[CrossoverRow]) -> list[Table]:
    columns = (
        *text_columns("Isobar"),
        *number_columns(
            "T* of the surrogate (K)",
            "of the reference, by its runs",
            "by the labels",
            "T* reference − surrogate, predicted (K)",
            "observed (K)",
        ),
        *text_columns("The two"),
    )
    cells = [
        (row.place, row.surrogate, row.reference, row.foretold, row.predicted, row.observed, row.finding)
        for row in rows
    ]
    title = "The same where cells go to and fro: T* is where both regions are equally frequent"
    return _shift_table(title, columns, cells)


def _shift_table(title: str, columns: tuple[Column, ...], rows: Sequence[tuple[str, ...]]) -> list[Table]:
    """Return a table whose rows end in predicted shift, observed shift and finding; none without rows."""
    found = tuple(Row(cells, known=cells[-3:-1] != (UNKNOWN, UNKNOWN)) for cells in rows)
    return [Table(title, columns, found)] if found else []


def _states(found: CampaignExplanation | None) -> list[Table]:
    rows = state_rows(found)
    if not rows:
        return []
    columns = (
        *text_columns("State", "Runs"),
        *number_columns("ΔG (meV/atom)", "Bracket (meV/atom)", "J per atom"),
        *text_columns("By"),
    )
    return [
        Table(
            "Free-energy difference of every state, reference less surrogate",
            columns,
            tuple(Row((row.place, row.runs, row.free_energy, row.bracket, row.divergence, row.method)) for row in rows),
            folded=True,
        )
    ]


def _card(case: Case) -> dict[str, str]:
    """Return what the card beside a surrogate tells that was not trained here."""
    runs = [case.entries.get(run.path) for run in case.plan.runs if run.role is Role.SURROGATE]
    engines = [entry.provenance.engine for entry in runs if entry and entry.provenance.engine]
    card = card_of(engines[0].spec, case.directory.root) if engines else None
    return card_rows(card) if card else {}


def _training(case: Case) -> list[Table]:
    """Return what the fit of the surrogate reported of itself."""
    entries = (case.entries[path] for path in case.plan.paths if path in case.entries)
    told = next((entry.provenance.training for entry in entries if entry.provenance.training), {}) or _card(case)
    rows = tuple(Row((key, value)) for key, value in told.items())
    return [Table("The surrogate's training", text_columns("Of the fit", "Value"), rows, folded=True)] if rows else []
