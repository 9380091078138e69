"""What is wrong with a surrogate or with a run, by name: how large it is, and how many kelvins it costs.

The comparisons of a verdict say that two curves differ. A diagnosis says why they may: each is one check with one
cause, a size with its error, a limit below which it does not matter, and what it does to T*.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from llpt.audit.equivalence import Outcome, outcome_of
from llpt.statistics import Estimate, combined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llpt.audit.budget import BudgetRow
    from llpt.audit.derivatives import DerivativeCheck
    from llpt.audit.explanation import Explanation

CAUSE_CONFIDENCE = 0.975
"""Of either statement; of a normal error, two of them."""


class Cause(StrEnum):
    """What is checked."""

    MASS = "mass of the atoms"
    KINETIC_TEMPERATURE = "kinetic temperature"
    SOLID = "solid"
    GRADIENT = "forces against the energy"
    VOLUME_DERIVATIVE = "pressure against the energy"
    FORCE_SIZE = "size of the forces"
    PRESSURE = "pressure"
    PHASES = "energy between the phases"
    CHOICE = "as with another reference"


class DiagnosedSide(StrEnum):
    """Whose defect it is; of both, where one is held against the other."""

    REFERENCE = "reference"
    SURROGATE = "surrogate"
    BOTH = "both"


class Presence(StrEnum):
    """What a check comes to."""

    PRESENT = "present"
    ABSENT = "absent"
    OPEN = "not resolved"


PROTOCOL = frozenset({Cause.MASS, Cause.KINETIC_TEMPERATURE})
"""Where one of these is present the two sides were not run alike, and no difference between them decides anything."""
HAMILTONIAN = frozenset({Cause.GRADIENT, Cause.VOLUME_DERIVATIVE})
"""A surrogate with one of these has no Hamiltonian that could be called faithful."""
FROM_LABELS = HAMILTONIAN | {Cause.FORCE_SIZE, Cause.PRESSURE, Cause.PHASES, Cause.CHOICE}
"""Told by single points of both sides; the others by the runs alone."""


@dataclass(frozen=True)
class Limit:
    """How large a defect may be.

    Args:
        value: in ``unit``.
        unit: of size and limit.
        why: the physical reason, one sentence.
    """

    value: float
    unit: str
    why: str


LIMITS = {
    Cause.MASS: Limit(0.1, "%", "Tables of masses agree to a hundredth of a per cent; isotopes differ by more."),
    Cause.KINETIC_TEMPERATURE: Limit(
        1.0, "%", "A tenth of a ladder's usual step of 100 K near 1000 K; a velocity-Verlet step of 0.3 fs costs half."
    ),
    Cause.SOLID: Limit(1.0, "%", "Of the temperatures of a ladder: a solid at one of them is no state of the fluid."),
    Cause.GRADIENT: Limit(0.5, "%", "Forces that are larger by a share act as a temperature lower by it: 5 K."),
    Cause.VOLUME_DERIVATIVE: Limit(
        1.0, "GPa", "Where the line of hydrogen falls by 300 K over 100 GPa, 1 GPa moves the transition by 3 K."
    ),
    Cause.FORCE_SIZE: Limit(0.5, "%", "As of forces against the energy."),
    Cause.PRESSURE: Limit(1.0, "GPa", "As of pressure against the energy."),
    Cause.PHASES: Limit(
        1.0, "meV/atom", "It moves the transition by 10 to 35 K: dT = T dg / Dh with Dh of 27 to 90 meV/atom."
    ),
    Cause.CHOICE: Limit(1.0, "meV/atom", "As of the energy between the phases."),
}


class Diagnosis(BaseModel):
    """One check of a surrogate, a reference or their runs.

    Args:
        cause: what was checked.
        side: whose defect it is.
        line: name of the line of states; empty where it is a matter of the engine alone.
        atoms: number of atoms; None likewise.
        temperature_k: where it belongs to one temperature.
        size: of the defect, surrogate less reference, or found less right.
        limit: below which it does not matter, in the unit of the size.
        kelvins: by how much it moves the transition that this side shows, in K; unknown where it moves none, or where
            that is not known.
        presence: whether it is there.
        sentence: for people.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")

    cause: Cause
    side: DiagnosedSide
    line: str
    atoms: int | None
    temperature_k: float | None
    size: Estimate
    limit: float
    kelvins: Estimate
    presence: Presence
    sentence: str


def presence_of(size: Estimate, limit: float) -> Presence:
    """Return whether a defect is proven larger than its limit, proven smaller, or neither."""
    found = {
        Outcome.NOT_FAITHFUL: Presence.PRESENT,
        Outcome.FAITHFUL: Presence.ABSENT,
        Outcome.NOT_RESOLVED: Presence.OPEN,
    }
    return found[outcome_of(size, limit, confidence=CAUSE_CONFIDENCE)]


def diagnose(
    cause: Cause,
    *,
    side: DiagnosedSide,
    size: Estimate,
    sentence: str,
    line: str = "",
    atoms: int | None = None,
    temperature_k: float | None = None,
    kelvins: Estimate | None = None,
) -> Diagnosis:
    """Return one check, held against its limit.

    Args:
        cause: what was checked.
        side: whose it is.
        size: of the defect in the unit of ``LIMITS``.
        sentence: what was found, for people.
        line: name of the line of states.
        atoms: number of atoms.
        temperature_k: where it belongs to one temperature.
        kelvins: what it does to T*.
    """
    limit = LIMITS[cause].value
    presence = presence_of(size, limit)
    costs = kelvins or Estimate.unknown("K")
    end = f" It moves the transition by {costs}." if costs.resolved and presence is Presence.PRESENT else ""
    return Diagnosis(
        cause=cause,
        side=side,
        line=line,
        atoms=atoms,
        temperature_k=temperature_k,
        size=size,
        limit=limit,
        kelvins=costs,
        presence=presence,
        sentence=f"{sentence}{end}",
    )


def of_derivatives(
    check: DerivativeCheck,
    *,
    side: DiagnosedSide,
    engine: str,
    temperature_k: float,
    slope_k_per_gpa: Estimate,
) -> tuple[Diagnosis, Diagnosis]:
    """Return what differences of an engine's energy say of its forces and its pressure.

    Forces larger than the gradient by a share sample, at held volume, exp(-(1 + share) F/k_BT): T* is found higher by
    that share. A pressure that is too high by p lets the cell grow as at P - p: T* is found p dT*/dP lower.

    Args:
        check: of ``check_derivatives``.
        side: ``reference`` or ``surrogate``.
        engine: its name for people.
        temperature_k: near the transition.
        slope_k_per_gpa: of the reference's line, dT*/dP = T* Delta V / Delta H; unknown without two phases.
    """
    excess, offset = check.force_excess, check.pressure_offset
    forces = diagnose(
        Cause.GRADIENT,
        side=side,
        size=excess,
        temperature_k=temperature_k,
        kelvins=excess.scaled(temperature_k / 100.0, "K"),
        sentence=f"The forces of {engine} are {excess} larger than the gradient of its energy.",
    )
    pressure = diagnose(
        Cause.VOLUME_DERIVATIVE,
        side=side,
        size=offset,
        temperature_k=temperature_k,
        kelvins=_product(offset.scaled(-1.0, "GPa"), slope_k_per_gpa, "K"),
        sentence=f"The pressure of {engine} is {offset} above the derivative of its energy by the volume.",
    )
    return forces, pressure


def of_phases(explanation: Explanation, *, line: str) -> Diagnosis:
    """Return the surrogate's error of the free energy between the phases and the kelvins it predicts.

    Args:
        explanation: of both phases at one temperature.
        line: name of the line of states.
    """
    bias = explanation.temperature.difference_mev_per_atom.scaled(-1.0, "meV/atom")
    return diagnose(
        Cause.PHASES,
        side=DiagnosedSide.SURROGATE,
        line=line,
        atoms=explanation.low.atoms,
        temperature_k=explanation.low.temperature_k,
        size=bias,
        kelvins=explanation.temperature.value.scaled(-1.0, "K"),
        sentence=f"The surrogate puts the phase above the transition {bias} too high against the phase below it.",
    )


def of_choices(
    explanation: Explanation, rows: tuple[BudgetRow, ...], left: Mapping[str, Estimate], *, line: str
) -> tuple[Diagnosis, ...]:
    """Return which choices behind the reference have the surrogate's error between the phases: what it may be due to.

    Where the surrogate and the reference with that choice have labels of the same snapshots, they must agree there to
    within the limit. Without them the two errors must not be told apart. The size is that of the budget; where a choice
    is too far for it, the surrogate's own less what is left.

    Args:
        explanation: of both phases at one temperature.
        rows: the error budget there.
        left: by choice, what is left between the surrogate and the reference with it (``llpt.campaign.likeness``).
        line: name of the line of states.
    """
    own = explanation.temperature.difference_mev_per_atom.scaled(-1.0, "meV/atom")
    limit = LIMITS[Cause.CHOICE].value
    found = []
    for row in rows:
        bias, rest = row.shift.difference_mev_per_atom, left.get(row.choice, Estimate.unknown("meV/atom"))
        alike = own.resolved and bias.resolved and not own.resolved_from(bias)
        if rest.resolved:
            alike = own.resolved and presence_of(rest, limit) is Presence.ABSENT
        if alike and presence_of(own, LIMITS[Cause.PHASES].value) is Presence.PRESENT:
            if not bias.resolved:
                bias = own.minus(rest)
            known = row.shift.value.resolved
            found.append(
                diagnose(
                    Cause.CHOICE,
                    side=DiagnosedSide.SURROGATE,
                    line=line,
                    atoms=row.low.atoms,
                    temperature_k=row.low.temperature_k,
                    size=bias,
                    kelvins=row.shift.value if known else explanation.temperature.value.scaled(-1.0, "K"),
                    sentence=f"The reference with {row.choice} has the same error between the phases, {bias}.",
                )
            )
    return tuple(found)


def _product(one: Estimate, other: Estimate, unit: str) -> Estimate:
    """Return the product of two independent estimates."""
    return combined(one.value * other.value, ((one, other.value), (other, one.value)), unit)
