"""The diffusion coefficient of the infinite system at each state: by viscosity, by extrapolation, or why by neither."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from llpt.observables import Reasoned, estimate_of, extrapolated_diffusion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import xarray as xr

    from llpt.campaign.identity import Role
    from llpt.campaign.ladders import ObservedLadder
    from llpt.statistics import Estimate

UNIT = "cm^2/s"


class InfiniteSizeMethod(StrEnum):
    """How the diffusion coefficient of the infinite system was found."""

    VISCOSITY = "Yeh and Hummer, viscosity of the largest cell"
    EXTRAPOLATION = "D against 1/L"
    NONE = "not determined"


@dataclass(frozen=True)
class InfiniteDiffusion:
    """D of the infinite system at one state of one side.

    Args:
        role: whose.
        engine: its name.
        line: the line of states.
        temperature_k: T.
        by_atoms: D of each cell, cm²/s, by number of atoms.
        viscosity_pa_s: of the largest cell; NaN where it is not determined.
        infinite: D of the infinite system, cm²/s; NaN where it is not determined.
        method: how it was found.
        reason: why it was not, one sentence; empty where it was.
    """

    role: Role
    engine: str
    line: str
    temperature_k: float
    by_atoms: Mapping[int, Estimate]
    viscosity_pa_s: Estimate
    infinite: Estimate
    method: InfiniteSizeMethod
    reason: str


def infinite_diffusion(ladders: Iterable[ObservedLadder]) -> tuple[InfiniteDiffusion, ...]:
    """Return D of the infinite system at every state of the base ladders.

    The viscosity of the largest cell is used where its run determines it; else the sizes are extrapolated where there
    are several.

    Args:
        ladders: of everything that was observed.
    """
    states: dict[tuple[Role, str, str, float], dict[int, xr.Dataset]] = {}
    for ladder in ladders:
        for run in ladder.runs if ladder.is_base else ():
            if "diffusion_infinite" in run.summary:
                state = (ladder.role, ladder.engine, ladder.line, run.temperature_k)
                states.setdefault(state, {})[ladder.atoms] = run.summary
    return tuple(_one(state, dict(sorted(sizes.items()))) for state, sizes in states.items())


def _one(state: tuple[Role, str, str, float], sizes: Mapping[int, xr.Dataset]) -> InfiniteDiffusion:
    by_atoms = {atoms: estimate_of(summary, "diffusion") for atoms, summary in sizes.items()}
    largest = sizes[max(sizes)]
    corrected = Reasoned(
        estimate_of(largest, "diffusion_infinite"), str(largest["diffusion_infinite"].attrs.get("reason", ""))
    )
    found, method = corrected, InfiniteSizeMethod.VISCOSITY
    if corrected.reason:
        edges = {atoms: float(summary["mean_cell"][0, 0]) for atoms, summary in sizes.items()}
        found, method = extrapolated_diffusion({edges[n]: by_atoms[n] for n in sizes}), InfiniteSizeMethod.EXTRAPOLATION
    if found.reason:
        found, method = Reasoned.unknown(UNIT, f"{corrected.reason} {found.reason}"), InfiniteSizeMethod.NONE
    viscosity = estimate_of(largest, "viscosity")
    return InfiniteDiffusion(*state, by_atoms, viscosity, found.estimate, method, found.reason)
