"""Figures of the controlled tests: what each changed thing shifts, and a line of states walked two ways."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from llpt.campaign.effects import Influence
from llpt.campaign.state import words_of_line
from llpt.observables import quantity
from llpt.report.interval_figure import Interval, interval_panel
from llpt.report.isobar_figures import axis_label, curves_along
from llpt.report.palette import GREY
from llpt.report.panels import Dash, Figure, Panel, Source, VerticalLine
from llpt.report.question import Tone

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llpt.audit import Thresholds
    from llpt.campaign import ControlledTest
    from llpt.campaign.analysis import Analysis
    from llpt.campaign.effects import Effect

TONES = {
    Influence.MATTERS: Tone.BAD,
    Influence.DOES_NOT_MATTER: Tone.GOOD,
    Influence.NOT_RESOLVED: Tone.OPEN,
}
WORDS = {TONES[influence]: str(influence) for influence in Influence}


def effect_figure(name: str, title: str, effects: Sequence[Effect], thresholds: Thresholds) -> Figure | None:
    """Return what each test shifts: the transition in kelvin, and the density where it changes most.

    Args:
        name: of its files.
        title: one line.
        effects: what is drawn, one row for each.
        thresholds: the bands.

    Returns:
        The figure; None where no error is known.
    """
    shifts, densities = [], []
    for effect in effects:
        row = f"{effect.test.replace('_', ' ')}, {effect.engine}, N = {effect.atoms}, {words_of_line(effect.line)}"
        tone, source = TONES[effect.influence], Source(effect.engine, effect.atoms)
        shift, largest = effect.shift, effect.largest
        if shift.unit == "K" and shift.resolved and shift.error > 0.0:
            shifts.append(Interval(row, shift.value, shift.error, tone, shift.effective_samples, source))
        if largest is not None:
            percent = largest.percent
            at = f"{row}, at {largest.coordinate:g} {largest.unit}"
            densities.append(Interval(row, percent.value, percent.error, tone, percent.effective_samples, source, at))
    rows = list(dict.fromkeys(each.row for each in (*shifts, *densities)))
    panels: list[Panel] = []
    for intervals, label, limit in (
        (shifts, "shift of T* (K)", thresholds.transition_temperature_k),
        (densities, "largest change of ρ (%)", thresholds.density_percent),
    ):
        if intervals:
            band = (VerticalLine("threshold", 0.0, limit, GREY),)
            panels.append(interval_panel(intervals, label, words=WORDS, lines=band, rows=rows, named=not panels))
    if not panels:
        return None
    return Figure(
        name,
        title,
        "Changed less base, with one standard error; the band is the threshold of the verdict. Left: where both have a "
        "transition. Right: the density where its change stands out most.",
        (tuple(panels),),
        wide=True,
    )


def ways_figure(analysis: Analysis, tests: Iterable[ControlledTest]) -> Figure | None:
    """Return the density along each line that was walked another way too, both ways; None where none was.

    Args:
        analysis: of the study.
        tests: that walk another way.
    """
    wanted = {str(test) for test in tests}
    others = [each for each in analysis.ladders if str(each.test) in wanted and each.states is not None]
    panels = []
    for line in dict.fromkeys(each.line for each in others):
        mine = [each for each in others if each.line == line]
        sides = {(each.role, each.atoms) for each in mine}
        base = [each for each in analysis.ladders if each.is_base and each.line == line]
        observable = "pressure" if any(each.kind is not None and each.kind.holds_volume for each in base) else "density"
        curves = [
            curve for each in base if (each.role, each.atoms) in sides for curve in curves_along(base, each, observable)
        ]
        for each in mine:
            if any((other.role, other.atoms) == (each.role, each.atoms) for other in base):
                label = f"{each.engine}, N = {each.atoms} ({each.identity.label.replace('_', ' ')})"
                curves += [
                    replace(curve, label=label, dash=Dash.DOTTED, filled=False)
                    for curve in curves_along(base, each, observable)
                ]
        panels.append(
            Panel(axis_label(mine[0]), quantity(observable).axis_label, tuple(curves), note=words_of_line(mine[0].line))
        )
    if not panels:
        return None
    return Figure(
        "ways",
        "One line of states, walked two ways",
        "Filled: the base runs. Open, dotted: the same states reached another way. A loop between the two is "
        "hysteresis. Error bars: one standard error.",
        (tuple(panels[:3]),),
    )
