"""Densities side by side, mean-squared displacement, forces against T_el: as Karasiev et al. 2021 show them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from llpt.audit import Population
from llpt.campaign import Role
from llpt.campaign.state import words_of_line
from llpt.observables import quantity, with_unit
from llpt.report import palette
from llpt.report.isobar_figures import (
    TEMPERATURE,
    density_curves,
    ladder_label,
    rung_name,
    source_of,
)
from llpt.report.panels import Dash, Figure, Panel, PlottedCurve, numbers, numbers_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import xarray as xr
    from numpy.typing import NDArray

    from llpt.campaign.analysis import Analysis
    from llpt.campaign.ladders import ObservedLadder

MAX_DISPLACEMENT_POINTS = 200
SHOWN_TEMPERATURES_K = (650.0, 1800.0, 3000.0)
POPULATION_TEMPERATURE_K = 1800.0
FORCE_RANGE_RY_PER_BOHR = (0.0, 0.3)
CHANGE_RANGE_PERCENT = (0.1, 200.0)


def density_figure(analysis: Analysis, lines: Sequence[str] = ()) -> Figure | None:
    """Return the densities of a few isobars, every size of both sides.

    Args:
        analysis: of the study.
        lines: two lines of states or so, e.g. ``("P150", "P200")``; empty takes the two on which most sizes were run.

    Returns:
        The figure; None where no isobar has both a reference and a surrogate.
    """
    compared = [
        line
        for line in analysis.lines
        if all(any(each.line == line and each.isobar for each in analysis.base(role)) for role in Role)
    ]
    base = [each for each in analysis.ladders if each.is_base]
    sizes = {line: sum(each.line == line for each in base) for line in compared}
    chosen = (
        [line for line in lines if line in compared] if lines else sorted(compared, key=lambda each: -sizes[each])[:2]
    )
    if not chosen:
        return None
    panels = []
    for line in sorted(chosen, key=analysis.lines.index):
        ladders = [each for each in base if each.line == line]
        panels.append(
            Panel(
                TEMPERATURE,
                quantity("density").axis_label,
                tuple(density_curves(ladders)),
                note=words_of_line(ladders[0].line),
            )
        )
    return Figure(
        "densities",
        "Density of reference and surrogate",
        "Density along isobars. Error bars: one standard error from the integrated autocorrelation time; "
        "open symbols have none because the run is too short to know its own error.",
        (tuple(panels),),
    )


def displacement_figure(analysis: Analysis) -> Figure | None:
    """Return MSD(t) of both sides, one row for each line of states."""
    pairs = [[ladder for ladder in _matched(analysis, line) if ladder is not None] for line in analysis.lines]
    points = {(run.state.coordinate, rung_name(run)) for pair in pairs for ladder in pair for run in ladder.runs}
    names = tuple(dict.fromkeys(name for _, name in sorted(points)))
    rows = [[_displacement(ladder, names) for ladder in pair] for pair in pairs if pair]
    if not rows or not any(panel.curves for row in rows for panel in row):
        return None
    rows[0][0] = replace(rows[0][0], curves=(*rows[0][0].curves, *_key(names)))
    return Figure(
        "displacement",
        "Mean-squared displacement",
        "MSD(t) = (1/N) Σ|R(t₀ + t) − R(t₀)|² from six time origins, centre of mass removed; bands: one standard error "
        "over the origins. Growth in proportion to time is a liquid, a plateau a solid. Full lines: the reference; "
        "broken lines: the surrogate.",
        tuple(map(tuple, rows)),
    )


def _key(names: Sequence[str]) -> Iterator[PlottedCurve]:
    """Yield curves without points that name the colours of all lines of states in one legend, from cold to hot."""
    for index, name in enumerate(names):
        yield PlottedCurve(name, (math.nan,), (math.nan,), colour=palette.along(index, len(names)))


def _matched(analysis: Analysis, line: str) -> tuple[ObservedLadder | None, ObservedLadder | None]:
    """Return the reference's largest cell on a line of states, and the surrogate's nearest to it in size."""
    reference = max(
        (ladder for ladder in analysis.base(Role.REFERENCE) if ladder.line == line),
        key=lambda ladder: ladder.atoms,
        default=None,
    )
    surrogates = [ladder for ladder in analysis.base(Role.SURROGATE) if ladder.line == line]
    wanted = reference.atoms if reference else max((ladder.atoms for ladder in surrogates), default=1)
    surrogate = min(surrogates, key=lambda ladder: abs(math.log(ladder.atoms / wanted)), default=None)
    return reference, surrogate


def _displacement(ladder: ObservedLadder, names: Sequence[str]) -> Panel:
    """Return MSD(t) of the points of one line of states; ``names`` are those of every line, from cold to hot."""
    places = sorted({run.state.coordinate for run in ladder.runs})
    curves = []
    for place in places:
        run = next(run for run in ladder.runs if run.state.coordinate == place)
        summary = run.summary
        if "msd" not in summary:
            continue
        summary = summary.isel(lag=slice(None, None, max(1, summary.sizes["lag"] // MAX_DISPLACEMENT_POINTS)))
        curves.append(
            PlottedCurve(
                rung_name(run),
                numbers(summary["lag"].to_numpy() / 1000.0),
                numbers(summary["msd"].to_numpy()),
                numbers(summary["msd_error"].to_numpy()),
                palette.along(names.index(rung_name(run)), len(names)),
                palette.DASHES[ladder.role],
                samples=numbers_of(summary, "msd_effective_samples"),
                band=True,
                source=source_of(ladder),
                in_legend=False,
            )
        )
    note = f"{words_of_line(ladder.line)}, {ladder_label(ladder)}"
    displacement = quantity("msd")
    (lag,) = displacement.axes
    return Panel(with_unit(lag.symbol, "ps"), displacement.heading, tuple(curves), note=note)


def electronic_temperature_figure(audit: xr.Dataset) -> Figure:
    """Return how forces change with the electronic temperature.

    Args:
        audit: of ``llpt.audit.electronic_temperature_audit``.

    Returns:
        Distribution of the force components; of their change, all components; and of their change near 1800 K in the
        four populations.
    """
    reference = float(audit.attrs["reference_k"])
    temperatures = audit["temperature"].to_numpy()
    shown = sorted({_nearest(temperatures, wanted) for wanted in SHOWN_TEMPERATURES_K})
    forces = [
        _histogram(f"{value:g} K", audit["force"], audit["force_histogram"].sel(temperature=value), index, len(shown))
        for index, value in enumerate(shown)
    ]
    percent = audit["change"] * 100.0
    changes = [
        _histogram(
            f"{value:g} K",
            percent,
            audit["change_histogram"].sel(temperature=value, population=str(Population.ALL)),
            index,
            len(shown),
        )
        for index, value in enumerate(shown)
        if value != reference
    ]
    at = _nearest(temperatures, POPULATION_TEMPERATURE_K)
    populations = [
        _histogram(
            str(population),
            percent,
            audit["change_histogram"].sel(temperature=at, population=str(population)),
            index,
            4,
        )
        for index, population in enumerate(
            (Population.ALL, Population.SMALL, Population.NEIGHBOUR, Population.NEIGHBOUR_SMALL)
        )
    ]
    count = "number of components"
    change = "change of a component (%)"
    panels = (
        Panel(
            "force component (Ry/bohr)",
            count,
            tuple(forces),
            x_range=FORCE_RANGE_RY_PER_BOHR,
            legend_inside="upper right",
        ),
        Panel(
            change,
            count,
            tuple(changes),
            x_range=CHANGE_RANGE_PERCENT,
            legend_inside="upper right",
            log_x=True,
            log_y=True,
        ),
        Panel(
            change, count, tuple(populations), note=f"{at:g} K", x_range=CHANGE_RANGE_PERCENT, log_x=True, log_y=True
        ),
    )
    return Figure(
        "electronic-temperature",
        "Forces against the electronic temperature",
        f"The same {int(audit.attrs['ions'])} ions at several electronic temperatures. Left: magnitude of the force "
        "components (bins of 0.0015 Ry/bohr, at their left edge). Middle: |F(T) − F(T₀)| over the mean |F(T₀)|, "
        f"T₀ = {reference:g} K (bins of 0.1 %, at their right edge). Right: the same in four populations. "
        f"{_shares(audit, at)}",
        (panels,),
    )


def _shares(audit: xr.Dataset, temperature: float) -> str:
    """Say how many ions change by more than 5 %, near another ion, and those with small forces as well."""
    shares = []
    for population in (Population.NEIGHBOUR, Population.NEIGHBOUR_SMALL):
        place = {"temperature": temperature, "population": str(population)}
        share = float(audit["population_share"].sel(population=str(population)))
        changed = float(audit["ions_changed"].sel(place))
        shares.append(f"{population} ({share:.1%} of all): {changed:.1%}")
    return f"Ions that change by more than 5 % at {temperature:g} K: {'; '.join(shares)}."


def _histogram(label: str, x: xr.DataArray, y: xr.DataArray, index: int, count: int) -> PlottedCurve:
    heights: NDArray[np.float64] = y.to_numpy().astype(float)
    return PlottedCurve(
        label,
        numbers(x.to_numpy()),
        numbers(np.where(heights > 0.0, heights, math.nan)),
        colour=palette.FOUR_TEMPERATURES[round(index * 3 / max(count - 1, 1))],
        dash=(Dash.SOLID, Dash.DASHED, Dash.DOTTED, Dash.SOLID)[index % 4],
        width=1.0,
    )


def _nearest(temperatures: NDArray[np.float64], wanted: float) -> float:
    return float(temperatures[int(np.abs(temperatures - wanted).argmin())])
