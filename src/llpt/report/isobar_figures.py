"""Density, heat capacity and pair correlation across the transition, laid out as Fig. 1 of Karasiev et al. 2021."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from llpt.campaign import ControlledTest, Role
from llpt.observables import quantity, with_unit
from llpt.report import palette
from llpt.report.panels import Dash, Figure, Marker, Panel, PlottedCurve, Source, VerticalLine
from llpt.study.state_sections import StateLine
from llpt.transition import DENSITY_JUMP, differences, heat_capacity_j_per_mol_k
from llpt.units import GAS_CONSTANT_J_PER_MOL_K

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llpt.campaign.analysis import Analysis
    from llpt.campaign.ladders import ObservedLadder
    from llpt.study.file import StudyFile

TEMPERATURE = "T (K)"
SHOWN_TESTS = (ControlledTest.BASE, ControlledTest.COOLING)
RDF_RANGE_ANGSTROM = (0.3, 3.5)
LARGE_ATOM_ANGSTROM = 1.5


def isobar_figure(study: StudyFile, analysis: Analysis) -> Figure:
    """Return density, heat capacity and pair correlation, one row for each line of states."""
    melting = {
        line.name: line.melting_temperature_k
        for line in study.state.lines()
        if isinstance(line, StateLine) and line.pressure_gpa is not None
    }
    rows = []
    for line in analysis.lines:
        ladders = [each for each in analysis.ladders if each.line == line and each.test in SHOWN_TESTS]
        marks = _transitions(ladders)
        if melting.get(line):
            marks = (
                *marks,
                VerticalLine("melting temperature (given)", float(melting[line] or 0.0), 0.0, palette.GREY),
            )
        rows.append((_density(ladders, marks), _heat_capacity(ladders, marks), _pair_correlation(ladders)))
    return Figure(
        "isobars",
        "Density, heat capacity and pair correlation across the transition",
        "Rows: lines of states. (a) Density. (b) Heat capacity per mole of atoms: finite differences of the enthalpy "
        "between neighbouring temperatures (horizontal bars: the pair; a jump of enthalpy shows as a peak whose height "
        "is set by the grid), and fluctuations in each run (small open symbols, where known to 25 %). "
        "(c) Pair correlation function at up to two temperatures on either side of the density jump, or of the "
        "steepest rise of the enthalpy where no jump is resolved; "
        "reference solid, surrogate dashed. Error bars and bands: one standard error from the integrated "
        "autocorrelation time; large open symbols have none because the run is too short to know its own error. "
        "Vertical bands: transition temperature by density jump, where it is resolved.",
        tuple(rows),
    )


def _sizes(ladders: Iterable[ObservedLadder], role: Role) -> list[int]:
    return sorted({ladder.atoms for ladder in ladders if ladder.role is role})


def ladder_label(ladder: ObservedLadder) -> str:
    """Return what the legend calls a ladder."""
    path = " (cooling)" if ladder.test is ControlledTest.COOLING else ""
    return f"{ladder.engine}, N = {ladder.atoms}{path}"


def _style(ladders: Sequence[ObservedLadder], ladder: ObservedLadder) -> tuple[str, Marker]:
    index = _sizes(ladders, ladder.role).index(ladder.atoms)
    offset = 0 if ladder.role is Role.REFERENCE else 2
    return palette.size_colour(ladder.role, index), palette.MARKERS[(index + offset) % len(palette.MARKERS)]


def _transitions(ladders: Sequence[ObservedLadder]) -> tuple[VerticalLine, ...]:
    found = []
    for ladder in ladders:
        jump = ladder.criteria.get(DENSITY_JUMP)
        if ladder.is_base and jump is not None and jump.resolved:
            colour, _ = _style(ladders, ladder)
            place = jump.place
            dash = palette.DASHES[ladder.role]
            found.append(
                VerticalLine(f"{DENSITY_JUMP}, {ladder_label(ladder)}", place.value, place.error, colour, dash)
            )
    return tuple(found)


def numbers(values: Iterable[float]) -> tuple[float, ...]:
    """Return plain numbers, as a curve holds them."""
    return tuple(float(value) for value in values)


def curves_by_temperature(
    ladders: Sequence[ObservedLadder], ladder: ObservedLadder, observable: str
) -> list[PlottedCurve]:
    """Return an observable of a ladder against temperature; points with unknown errors are marked as such."""
    if ladder.isobar is None:
        return []
    curve = ladder.isobar.curve(observable)
    colour, marker = _style(ladders, ladder)
    cooling = ladder.test is ControlledTest.COOLING
    return [
        PlottedCurve(
            ladder_label(ladder),
            numbers(curve.temperatures_k),
            numbers(curve.values),
            numbers(curve.errors),
            colour,
            Dash.DOTTED if cooling else palette.DASHES[ladder.role],
            marker,
            filled=not cooling,
            unknown=_unknown(curve.errors),
            samples=numbers(curve.effective_samples),
            source=source_of(ladder),
            width=0.8 if cooling else 1.2,
        )
    ]


def curve_of_runs(ladders: Sequence[ObservedLadder], ladder: ObservedLadder, values: Sequence[float]) -> PlottedCurve:
    """Return one number a run of a ladder against temperature, in the ladder's colour and marker; it has no error.

    Args:
        ladders: all that are drawn beside it.
        ladder: whose runs.
        values: one for each of its runs.
    """
    colour, marker = _style(ladders, ladder)
    return PlottedCurve(
        ladder_label(ladder),
        numbers(run.temperature_k for run in ladder.runs),
        numbers(values),
        colour=colour,
        dash=palette.DASHES[ladder.role],
        marker=marker,
        source=source_of(ladder),
    )


def source_of(ladder: ObservedLadder) -> Source:
    """Return whose curve it is: engine and size, by which the page shows and hides it."""
    return Source(ladder.engine, ladder.atoms)


def _unknown(errors: Iterable[float]) -> tuple[bool, ...]:
    return tuple(not math.isfinite(error) for error in errors)


def _density(ladders: Sequence[ObservedLadder], marks: tuple[VerticalLine, ...]) -> Panel:
    return Panel(
        TEMPERATURE, quantity("density").axis_label, tuple(density_curves(ladders)), marks, note=line_name(ladders[0])
    )


def density_curves(ladders: Sequence[ObservedLadder]) -> list[PlottedCurve]:
    """Return the density of every ladder that has an isobar, coloured by side and size."""
    return [curve for ladder in ladders for curve in curves_by_temperature(ladders, ladder, "density")]


def line_name(ladder: ObservedLadder) -> str:
    """Return what people call a line of states: its pressure, or its density."""
    if ladder.pressure_gpa is not None:
        return f"{ladder.pressure_gpa:g} GPa"
    density = ladder.runs[0].state.density_g_per_cm3
    return f"{density:.4g} g/cm³" if density is not None else ladder.line


def _heat_capacity(ladders: Sequence[ObservedLadder], marks: tuple[VerticalLine, ...]) -> Panel:
    curves: list[PlottedCurve] = []
    for ladder in ladders:
        if ladder.isobar is None or not ladder.is_base:
            continue
        colour, marker = _style(ladders, ladder)
        steps = differences(ladder.isobar.curve("enthalpy"))
        slopes = [heat_capacity_j_per_mol_k(step.slope) for step in steps]
        curves.append(
            PlottedCurve(
                ladder_label(ladder),
                numbers(step.midpoint for step in steps),
                numbers(slope.value for slope in slopes),
                numbers(slope.error for slope in slopes),
                colour,
                palette.DASHES[ladder.role],
                marker,
                unknown=_unknown(slope.error for slope in slopes),
                samples=numbers(slope.effective_samples for slope in slopes),
                source=source_of(ladder),
                x_error=numbers(step.spacing / 2.0 for step in steps),
            )
        )
        curves += _fluctuations(ladder, colour, marker)
    return Panel(TEMPERATURE, with_unit(quantity("heat_capacity_total").symbol, "J mol^-1 K^-1"), tuple(curves), marks)


def _fluctuations(ladder: ObservedLadder, colour: str, marker: Marker) -> list[PlottedCurve]:
    """Return C_P from the fluctuations of each run, the electrons' part included, where it is known to 25 %."""
    assert ladder.isobar is not None
    found = ladder.isobar.curve("heat_capacity_total")
    values, errors = found.values, found.errors
    known = np.isfinite(values) & (errors < 0.25 * np.abs(values))
    if not known.any():
        return []
    return [
        PlottedCurve(
            f"{ladder_label(ladder)}, fluctuations",
            numbers(found.temperatures_k[known]),
            numbers(values[known] * GAS_CONSTANT_J_PER_MOL_K),
            numbers(errors[known] * GAS_CONSTANT_J_PER_MOL_K),
            colour,
            Dash.NONE,
            marker,
            filled=False,
            samples=numbers(found.effective_samples[known]),
            source=source_of(ladder),
            in_legend=False,
            width=0.6,
        )
    ]


def _pair_correlation(ladders: Sequence[ObservedLadder]) -> Panel:
    base = [ladder for ladder in ladders if ladder.is_base]
    reference = max((each for each in base if each.role is Role.REFERENCE), key=lambda each: each.atoms, default=None)
    leading = reference or max(base, key=lambda each: each.atoms)
    surrogates = [each for each in base if each.role is Role.SURROGATE and each is not leading]
    partner = min(surrogates, key=lambda each: abs(math.log(each.atoms / leading.atoms)), default=None)
    chosen = straddling_temperatures(leading)
    curves = []
    for ladder in (leading, partner):
        if ladder is None:
            continue
        for index, temperature in enumerate(chosen):
            summary = next((run.summary for run in ladder.runs if run.temperature_k == temperature), None)
            if summary is None or "rdf" not in summary:
                continue
            curves.append(
                PlottedCurve(
                    f"{temperature:g} K" if ladder is leading else f"{temperature:g} K, {ladder.engine}",
                    numbers(summary["r"].to_numpy()),
                    numbers(summary["rdf"].to_numpy()),
                    numbers(summary["rdf_error"].to_numpy()) if ladder is leading else (),
                    palette.FOUR_TEMPERATURES[_shade(index, len(chosen))],
                    palette.DASHES[ladder.role],
                    band=True,
                    source=source_of(ladder),
                    in_legend=ladder is leading,
                    width=1.0,
                )
            )
    x_range = _rdf_range(curves)
    if partner is not None:
        label = partner.engine if partner.atoms == leading.atoms else f"{partner.engine}, N = {partner.atoms}"
        curves.append(
            PlottedCurve(
                label, (math.nan,), (math.nan,), colour=palette.GREY, dash=palette.DASHES[Role.SURROGATE], width=1.0
            )
        )
    return Panel(
        quantity("rdf").axes[0].label,
        quantity("rdf").symbol,
        tuple(curves),
        note=f"N = {leading.atoms}",
        x_range=x_range,
        legend_inside="lower right",
    )


def _rdf_range(curves: Sequence[PlottedCurve]) -> tuple[float, float]:
    """Return the range of r that shows molecules of hydrogen, and for larger atoms all from where g(r) begins."""
    reach = max((curve.x[-1] for curve in curves), default=RDF_RANGE_ANGSTROM[1])
    begins = [x for curve in curves for x, y in zip(curve.x, curve.y, strict=True) if y > 0.01]
    if begins and min(begins) > LARGE_ATOM_ANGSTROM:
        return (0.8 * min(begins), reach)
    return (RDF_RANGE_ANGSTROM[0], min(RDF_RANGE_ANGSTROM[1], reach))


def _shade(index: int, count: int) -> int:
    return round(index * 3 / max(count - 1, 1))


def straddling_temperatures(ladder: ObservedLadder) -> tuple[float, ...]:
    """Return up to two temperatures below and two above the density jump, or the steepest enthalpy if unresolved."""
    temperatures = sorted({run.temperature_k for run in ladder.runs})
    place = temperatures[len(temperatures) // 2] - 1e-9
    if ladder.isobar is not None:
        jump = ladder.criteria[DENSITY_JUMP]
        steps = differences(ladder.isobar.curve("enthalpy"))
        if jump.resolved:
            place = jump.place.value
        elif steps:
            place = max(steps, key=lambda step: step.slope.value).midpoint
    below = [temperature for temperature in temperatures if temperature <= place]
    above = [temperature for temperature in temperatures if temperature > place]
    return (*below[-2:], *above[:2])
