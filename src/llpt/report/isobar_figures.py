"""Density, heat capacity and pair correlation across the transition, laid out as Fig. 1 of Karasiev et al. 2021.

A line of states that is no isobar has its own row: density or pressure, and the molecular fraction in the place of the
heat capacity.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from llpt.campaign import ControlledTest, Role
from llpt.campaign.state import words_of_line
from llpt.observables import quantity, with_unit
from llpt.report import palette
from llpt.report.melting import MeltingTemperature, measured_melting
from llpt.report.panels import Dash, Figure, Marker, Panel, PlottedCurve, Source, VerticalLine, numbers, numbers_of
from llpt.study.state_sections import StateLine
from llpt.transition import Coordinate, differences, heat_capacity_j_per_mol_k
from llpt.units import (
    GAS_CONSTANT_J_PER_MOL_K,
    HYDROGEN_MASS_U,
    hydrogen_density_g_per_cm3,
    wigner_seitz_radius_bohr,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from llpt.campaign.analysis import Analysis
    from llpt.campaign.ladders import ObservedLadder
    from llpt.campaign.observed import ObservedRun
    from llpt.study.file import StudyFile

TEMPERATURE = Coordinate.TEMPERATURE.label
WAYS_BACK = frozenset({ControlledTest.COOLING, ControlledTest.DECOMPRESSION})
SHOWN_TESTS = frozenset({ControlledTest.BASE}) | WAYS_BACK
RDF_RANGE_ANGSTROM = (0.3, 3.5)
LARGE_ATOM_ANGSTROM = 1.5
SAME_MASS = 0.01
"""Programs take natural hydrogen for 1.000 to 1.008 u."""


def shown_ladders(analysis: Analysis) -> dict[str, list[ObservedLadder]]:
    """Return the ladders that figures show, by line of states; a line where only other tests have run is absent."""
    found: dict[str, list[ObservedLadder]] = {}
    for ladder in analysis.ladders:
        if ladder.test in SHOWN_TESTS:
            found.setdefault(ladder.line, []).append(ladder)
    return found


def isobar_figure(study: StudyFile, analysis: Analysis) -> Figure | None:
    """Return density, heat capacity and pair correlation, one row for each line of states; None without any."""
    shown = shown_ladders(analysis)
    melting = _melting(study, shown)
    rows = []
    for line, ladders in shown.items():
        marks = _transitions(ladders)
        if line in melting:
            place = melting[line]
            origin = "measured" if place.measured else "given"
            mark = VerticalLine(f"melting temperature ({origin})", place.kelvin, place.error, palette.GREY)
            marks = (*marks, mark)
        isobar = all(each.isobar for each in ladders if each.states)
        second = _heat_capacity(ladders, marks) if isobar else _along(ladders, "molecular_fraction", marks)
        rows.append((_equation_of_state(ladders, marks), second, _pair_correlation(ladders)))
    if not rows:
        return None
    measured = "".join(
        f" Melting at {words_of_line(line)}: {place.kelvin:.0f} ± {place.error:.0f} K, {place.measured}."
        for line, place in melting.items()
        if place.measured
    )
    if measured:
        measured += " That is real hydrogen: what is simulated may melt elsewhere."
    return Figure(
        "isobars",
        "Density, heat capacity and pair correlation across the transition",
        "Rows: lines of states. (a) Density; where volumes are held, pressure. (b) On isobars heat capacity per mole "
        "of atoms: finite differences of the enthalpy between neighbouring temperatures (horizontal bars: the pair; a "
        "jump of enthalpy shows as a peak whose height is set by the grid), and fluctuations in each run (small open "
        "symbols, where known to 25 %); on other lines the molecular fraction. "
        "(c) Pair correlation function at up to two points on either side of the transition, or of the "
        "steepest rise of the enthalpy where none is resolved; "
        "reference solid, surrogate dashed. Error bars and bands: one standard error from the integrated "
        "autocorrelation time; large open symbols have none because the run is too short to know its own error. "
        f"Vertical bands: the transition by the criterion that decides, where it is resolved.{measured}",
        tuple(rows),
    )


def _melting(study: StudyFile, shown: Mapping[str, Sequence[ObservedLadder]]) -> dict[str, MeltingTemperature]:
    """Return where isobars melt, by the name of the line: what the study gives, else what was measured of H2."""
    found = {}
    for line in study.state.lines():
        if isinstance(line, StateLine) and line.pressure_gpa is not None and line.name in shown:
            if line.melting_temperature_k is not None:
                found[line.name] = MeltingTemperature(line.melting_temperature_k, 0.0)
            elif _is_hydrogen(shown[line.name]) and (measured := measured_melting(line.pressure_gpa)):
                found[line.name] = measured
    return found


def _is_hydrogen(ladders: Iterable[ObservedLadder]) -> bool:
    """Whether all atoms are of natural hydrogen, by the mass of the runs: also of those that were imported."""
    return all(
        math.isclose(run.summary.attrs["mass_u"] / ladder.atoms, HYDROGEN_MASS_U, rel_tol=SAME_MASS)
        for ladder in ladders
        for run in ladder.runs
    )


def _sizes(ladders: Iterable[ObservedLadder], role: Role) -> list[int]:
    return sorted({ladder.atoms for ladder in ladders if ladder.role is role})


def ladder_label(ladder: ObservedLadder) -> str:
    """Return what the legend calls a ladder."""
    path = f" ({ladder.test})" if ladder.test in WAYS_BACK else ""
    return f"{ladder.engine}, N = {ladder.atoms}{path}"


def _style(ladders: Sequence[ObservedLadder], ladder: ObservedLadder) -> tuple[str, Marker]:
    index = _sizes(ladders, ladder.role).index(ladder.atoms)
    offset = 0 if ladder.role is Role.REFERENCE else 2
    return palette.size_colour(ladder.role, index), palette.MARKERS[(index + offset) % len(palette.MARKERS)]


def _transitions(ladders: Sequence[ObservedLadder]) -> tuple[VerticalLine, ...]:
    found = []
    for ladder in ladders:
        first = ladder.located.deciding[0] if ladder.located else None
        if ladder.is_base and first is not None and first.resolved:
            colour, _ = _style(ladders, ladder)
            (low, high) = abscissae(
                ladder, (first.place.value - first.place.error, first.place.value + first.place.error)
            )
            dash = palette.DASHES[ladder.role]
            name = f"{first.criterion}, {ladder_label(ladder)}"
            found.append(VerticalLine(name, 0.5 * (low + high), 0.5 * abs(high - low), colour, dash, source_of(ladder)))
    return tuple(found)


def axis_label(ladder: ObservedLadder) -> str:
    """Return the label of the axis along a line of states: T, P, the density, or r_s where the runs are named by it."""
    if _by_radius(ladder):
        return "$r_s$ (bohr)"
    along = Coordinate.TEMPERATURE if ladder.states is None else ladder.states.along
    return along.label


def abscissae(ladder: ObservedLadder, coordinates: Iterable[float]) -> tuple[float, ...]:
    """Return places along a line of states as ``axis_label`` counts them."""
    if not _by_radius(ladder):
        return numbers(coordinates)
    unit = hydrogen_density_g_per_cm3(1.0)
    return tuple(wigner_seitz_radius_bohr(unit / float(density)) for density in coordinates)


def _by_radius(ladder: ObservedLadder) -> bool:
    state = ladder.runs[0].state
    return state.on_isotherm and state.radius_bohr is not None


def rung_name(run: ObservedRun) -> str:
    """Return what people call a point of a line of states: ``900 K``, ``150 GPa``, ``1.38 bohr``, ``0.95 g/cm³``."""
    state = run.state
    if not state.on_isotherm:
        return f"{state.temperature_k:g} K"
    if state.pressure_gpa is not None:
        return f"{state.pressure_gpa:g} GPa"
    if state.radius_bohr is not None:
        return f"{state.radius_bohr:g} bohr"
    return f"{state.density_g_per_cm3:.4g} g/cm³"


def curves_along(ladders: Sequence[ObservedLadder], ladder: ObservedLadder, observable: str) -> list[PlottedCurve]:
    """Return an observable of a ladder along its line of states; points with unknown errors are marked as such.

    Args:
        ladders: all of the study, which share out colours and marks.
        ladder: the one drawn.
        observable: its name.
    """
    if ladder.states is None:
        return []
    curve = ladder.states.curve(observable)
    colour, marker = _style(ladders, ladder)
    back = ladder.test in WAYS_BACK
    return [
        PlottedCurve(
            ladder_label(ladder),
            abscissae(ladder, curve.coordinates),
            numbers(curve.values),
            numbers(curve.errors),
            colour,
            Dash.DOTTED if back else palette.DASHES[ladder.role],
            marker,
            filled=not back,
            unknown=_unknown(curve.errors),
            samples=numbers(curve.effective_samples),
            source=source_of(ladder),
            width=0.8 if back else 1.2,
        )
    ]


def curve_of_runs(ladders: Sequence[ObservedLadder], ladder: ObservedLadder, values: Sequence[float]) -> PlottedCurve:
    """Return one number a run of a ladder along its line, in the ladder's colour and marker; it has no error.

    Args:
        ladders: all that are drawn beside it.
        ladder: whose runs.
        values: one for each of its runs.
    """
    colour, marker = _style(ladders, ladder)
    return PlottedCurve(
        ladder_label(ladder),
        abscissae(ladder, (run.state.coordinate for run in ladder.runs)),
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


def _equation_of_state(ladders: Sequence[ObservedLadder], marks: tuple[VerticalLine, ...]) -> Panel:
    held = any(each.kind is not None and each.kind.holds_volume for each in ladders)
    return _along(ladders, "pressure" if held else "density", marks)


def _along(ladders: Sequence[ObservedLadder], observable: str, marks: tuple[VerticalLine, ...]) -> Panel:
    curves = [curve for ladder in ladders for curve in curves_along(ladders, ladder, observable)]
    label = quantity(observable).axis_label
    return Panel(axis_label(ladders[0]), label, tuple(curves), marks, note=words_of_line(ladders[0].line))


def density_curves(ladders: Sequence[ObservedLadder]) -> list[PlottedCurve]:
    """Return the density along every ladder, coloured by side and size."""
    return [curve for ladder in ladders for curve in curves_along(ladders, ladder, "density")]


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
    chosen = straddling(leading)
    curves = []
    for ladder in (leading, partner):
        if ladder is None:
            continue
        for index, place in enumerate(chosen):
            run = next((run for run in ladder.runs if run.state.coordinate == place), None)
            if run is None or "rdf" not in run.summary:
                continue
            summary = run.summary
            curves.append(
                PlottedCurve(
                    rung_name(run) if ladder is leading else f"{rung_name(run)}, {ladder.engine}",
                    numbers(summary["r"].to_numpy()),
                    numbers(summary["rdf"].to_numpy()),
                    numbers(summary["rdf_error"].to_numpy()) if ladder is leading else (),
                    palette.FOUR_TEMPERATURES[_shade(index, len(chosen))],
                    palette.DASHES[ladder.role],
                    samples=numbers_of(summary, "rdf_effective_samples"),
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
        legend_inside=_free_corner(curves, x_range),
    )


def _free_corner(curves: Sequence[PlottedCurve], x_range: tuple[float, float]) -> str:
    """Return the corner with most room: on the right above or below the curves, or on the left above them."""
    points = [(x, y) for curve in curves for x, y in zip(curve.x, curve.y, strict=True)]
    shown = [(x, y) for x, y in points if x_range[0] <= x <= x_range[1] and math.isfinite(y)]
    middle = sum(x_range) / 2.0
    left, right = ([y for x, y in shown if (x > middle) is on_right] for on_right in (False, True))
    if not left or not right:
        return "lower right"
    top = max(*left, *right)
    room = {"lower right": min(right), "upper right": top - max(right), "upper left": top - max(left)}
    return max(room, key=lambda corner: room[corner])


def _rdf_range(curves: Sequence[PlottedCurve]) -> tuple[float, float]:
    """Return the range of r that shows molecules of hydrogen, and for larger atoms all from where g(r) begins."""
    reach = max((curve.x[-1] for curve in curves), default=RDF_RANGE_ANGSTROM[1])
    begins = [x for curve in curves for x, y in zip(curve.x, curve.y, strict=True) if y > 0.01]
    if begins and min(begins) > LARGE_ATOM_ANGSTROM:
        return (0.8 * min(begins), reach)
    return (RDF_RANGE_ANGSTROM[0], min(RDF_RANGE_ANGSTROM[1], reach))


def _shade(index: int, count: int) -> int:
    return round(index * 3 / max(count - 1, 1))


def straddling(ladder: ObservedLadder) -> tuple[float, ...]:
    """Return up to two points below and two above the transition, or the steepest enthalpy of an isobar without one."""
    places = sorted({run.state.coordinate for run in ladder.runs})
    middle = places[len(places) // 2] - 1e-9
    located = [each for each in ladder.located.deciding if each.resolved] if ladder.located else []
    steps = differences(ladder.isobar.curve("enthalpy")) if ladder.isobar else []
    if located:
        middle = located[0].place.value
    elif steps:
        middle = max(steps, key=lambda step: step.slope.value).midpoint
    below = [place for place in places if place <= middle]
    above = [place for place in places if place > middle]
    return (*below[-2:], *above[:2])
