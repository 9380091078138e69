"""The runs of one ladder around its transition, joined by MBAR: is there one state or are there two?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.campaign.identity import Role
from llpt.errors import InputError
from llpt.statistics import is_stationary
from llpt.statistics.reweighting import LEAST_OVERLAP
from llpt.transition import DECIDING, step_in
from llpt.transition.confidence import CONFIDENCE
from llpt.transition.order import (
    EvidenceKind,
    Reweighting,
    SampledState,
    distribution_at_transition,
    histogram_evidence,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llpt.campaign.ladders import ObservedLadder
    from llpt.transition.order import Distribution, Evidence

TEMPERATURES_EACH_SIDE = 3


@dataclass(frozen=True)
class Sampled:
    """What the joined runs of a ladder say.

    Args:
        density: distribution of the density at T*.
        mixed: distribution of the mixed field there.
    """

    density: Distribution
    mixed: Distribution

    @property
    def connected(self) -> bool:
        """Whether neighbouring runs share configurations."""
        return self.density.least_overlap >= LEAST_OVERLAP


def sample(ladder: ObservedLadder) -> Sampled | None:
    """Join the runs on either side of a ladder's transition.

    Runs whose volume drifts do not take part: one that crosses from one phase to the other and stays there holds both,
    in shares that depend on how long it went on. None where no transition is resolved, or fewer than two runs are left.

    Args:
        ladder: of one engine, size and isobar.
    """
    place = transition_place_k(ladder)
    if ladder.isobar is None or ladder.pressure_gpa is None or place is None:
        return None
    solid = set(ladder.isobar.solid_temperatures_k)
    temperatures = [value for value in ladder.isobar.temperatures_k if value not in solid]
    below = [value for value in temperatures if value <= place][-TEMPERATURES_EACH_SIDE:]
    above = [value for value in temperatures if value > place][:TEMPERATURES_EACH_SIDE]
    chosen = [run for run in ladder.runs if run.temperature_k in {*below, *above}]
    try:
        states = [SampledState.from_summary(run.summary) for run in chosen]
        steady = [state for state in states if is_stationary(state.volume_angstrom3)]
        runs = Reweighting(steady, hamiltonian_follows_temperature=follows_temperature(ladder))
    except InputError:
        return None  # summaries without samples, or a single run that does not drift
    density, mixed = (
        distribution_at_transition(
            runs, pressure_gpa=ladder.pressure_gpa, jump_g_per_cm3=least_jump_g_per_cm3(ladder), mixed=each
        )
        for each in (False, True)
    )
    return Sampled(density, mixed)


def least_jump_g_per_cm3(ladder: ObservedLadder) -> float:
    """Return what the density changes by across the transition, less its error at 98 %; 0 where that is not known."""
    found = step_in(ladder.criteria, "density")
    if found is None or not found.resolved or found.step is None or not found.step.height.resolved:
        return 0.0
    height = found.step.height
    return max(abs(height.value) - height.half_width(CONFIDENCE), 0.0)


def distribution_evidence(samples: Mapping[int, Sampled]) -> list[Evidence]:
    """Return what the histograms of the density and of the mixed field say, by number of atoms."""
    if not samples:
        return []
    density = {atoms: sampled.density for atoms, sampled in samples.items()}
    mixed = {atoms: sampled.mixed for atoms, sampled in samples.items()}
    return [
        histogram_evidence(density, EvidenceKind.HISTOGRAM),
        histogram_evidence(mixed, EvidenceKind.MIXED_FIELD),
    ]


def transition_place_k(ladder: ObservedLadder) -> float | None:
    """Return the temperature of the density jump, else of the step in H; None where neither is resolved.

    A ladder that never reached the other phase, a superheated liquid say, has one peak everywhere and would otherwise
    pass for a crossover.
    """
    for criterion in DECIDING:
        result = ladder.criteria.get(criterion)
        if result is not None and result.resolved:
            return result.place.value
    return None


def follows_temperature(ladder: ObservedLadder) -> bool:
    """Whether the electrons of the ladder's engine were as hot as its ions, so that each state has its own H."""
    if ladder.role is not Role.REFERENCE:
        return False
    electronic = [run.electronic_temperature_k for run in ladder.runs]
    ionic = [run.temperature_k for run in ladder.runs]
    return None not in electronic and electronic == ionic
