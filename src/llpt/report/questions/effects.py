"""The table of controlled tests, as several questions show their part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.campaign.effects import Influence
from llpt.campaign.state import words_of_line
from llpt.report.effect_figures import TONES
from llpt.report.question import Row, Table, Tone, number_columns, text_columns
from llpt.report.tables import effect_row, estimate_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.campaign.effects import Effect

NOTE = (
    "A change matters where it is proven to exceed the thresholds of the verdict, and does not where it is proven to "
    "stay below them."
)


def effect_table(title: str, effects: Sequence[Effect]) -> Table:
    """Return one row for each test of each ladder; those that came to nothing are folded."""
    rows = []
    for effect in effects:
        row = effect_row(effect)
        rows.append(
            Row(
                (
                    row.test,
                    row.engine,
                    row.atoms,
                    words_of_line(row.line),
                    row.shift,
                    row.jump,
                    row.density,
                    row.influence,
                ),
                known=effect.influence is not Influence.NOT_RESOLVED or effect.shift.resolved,
                tone=TONES[effect.influence],
                remark="; ".join(row.densities),
            )
        )
    columns = (
        *text_columns("Changed", "Engine"),
        *number_columns("N"),
        *text_columns("Line"),
        *number_columns("Shift of T (K)", "Change of the jump (%)", "Largest change of ρ (%)"),
        *text_columns("The change"),
    )
    return Table(title, columns, tuple(rows), NOTE)


def tone_of(effects: Sequence[Effect]) -> Tone:
    """Return bad where any of them matters, good where none of them does, else open."""
    influences = {effect.influence for effect in effects}
    if Influence.MATTERS in influences:
        return Tone.BAD
    return Tone.GOOD if influences == {Influence.DOES_NOT_MATTER} else Tone.OPEN


def counted(effects: Sequence[Effect]) -> str:
    """Say how many matter, do not matter and are not resolved, e.g. ``1 matters, 2 not resolved``."""
    numbers = {influence: sum(effect.influence is influence for effect in effects) for influence in Influence}
    words = {
        Influence.MATTERS: ("matters", "matter"),
        Influence.DOES_NOT_MATTER: ("does not matter", "do not matter"),
        Influence.NOT_RESOLVED: ("not resolved", "not resolved"),
    }
    return ", ".join(f"{number} {words[influence][number != 1]}" for influence, number in numbers.items() if number)


def largest_shift(effects: Sequence[Effect]) -> str:
    """Say which test shifts the transition most, with its error; a space before it, nothing where none is known."""
    known = [effect for effect in effects if effect.shift.resolved and effect.shift.error > 0.0]
    if not known:
        return ""
    most = max(known, key=lambda effect: abs(effect.shift.value))
    whose = f"{most.test.replace('_', ' ')} of {most.engine}, N = {most.atoms}, {words_of_line(most.line)}"
    return f" The largest shift of the transition: {estimate_text(most.shift)} ({whose})."


def largest_change(effects: Sequence[Effect]) -> str:
    """Say which test changes the density most against its error; a space before it, or that none is known."""
    known = [(effect, effect.largest) for effect in effects]
    found = [(effect, change) for effect, change in known if change is not None]
    if not found:
        return " No run knows the error of its density change."
    effect, change = max(found, key=lambda each: abs(each[1].percent.value) / each[1].percent.error)
    whose = f"{effect.test.replace('_', ' ')} of {effect.engine}, N = {effect.atoms}, {words_of_line(effect.line)}"
    at = f"{change.coordinate:g} {change.unit}"
    return f" The change of the density that stands out most: {estimate_text(change.percent)} at {at} ({whose})."
