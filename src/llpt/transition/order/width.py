"""Width of the change against what a first-order transition of N atoms has to have.

Two phases of N atoms whose enthalpies differ by Delta h per atom exchange their weights over a range of temperatures
that falls with N: the share of the upper phase is 1/2 [1 + tanh((T - T0)/w_N)] with w_N = 2 k_B T0^2 / (N Delta h)
(two-state equilibrium; Imry, Phys. Rev. B 21, 2042, 1980). A change of measured width w thus behaves like independent
units of

    N_c = 2 k_B T0^2 / (w Delta h)

atoms. First order means that the whole cell is one unit, N_c ~ N; a crossover has units that do not know how large
the cell is, N_c << N. The grid alone cannot fake either: a width below the grid has only an upper limit, N_c only a
lower one, and if that is not near N the answer is *not resolved*.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llpt import units
from llpt.statistics import Estimate
from llpt.transition.criteria import Criterion
from llpt.transition.order.evidence import Evidence, EvidenceKind, Order

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llpt.transition.criteria import CriterionResult
    from llpt.transition.isobar import Isobar
    from llpt.transition.step import StepFit

WHOLE_CELL = 1.0 / 3.0
"""A lower limit of N_c above this share of N is the whole cell."""
WIDTHS = {
    EvidenceKind.DENSITY_WIDTH: Criterion.DENSITY_JUMP,
    EvidenceKind.ENTHALPY_WIDTH: Criterion.HEAT_CAPACITY_MAXIMUM,
    EvidenceKind.FIRST_PEAK_WIDTH: Criterion.FIRST_PEAK_LOSS,
}
SMALL_PART = 1.0 / 10.0
"""An upper limit of N_c below this share of N is a small part of it."""


def rounding_width_k(temperature_k: float, *, n_atoms: int, enthalpy_jump_ev: float) -> float:
    """Return w_N, the width over which a first-order transition of N atoms is rounded.

    Args:
        temperature_k: T0.
        n_atoms: N.
        enthalpy_jump_ev: Delta h per atom.
    """
    return 2.0 * units.BOLTZMANN_EV_PER_K * temperature_k**2 / (n_atoms * enthalpy_jump_ev)


def width_evidence(isobar: Isobar, found: Mapping[Criterion, CriterionResult]) -> list[Evidence]:
    """Return the evidence of the widths of rho(T), of H(T) and of the loss of the first peak.

    Args:
        isobar: without solid points.
        found: its criteria (``llpt.transition.criteria``).
    """
    enthalpy = found[Criterion.HEAT_CAPACITY_MAXIMUM].step
    if enthalpy is None:
        return []
    steps = {kind: found[criterion].step for kind, criterion in WIDTHS.items()}
    return [_one(kind, isobar, step, enthalpy) for kind, step in steps.items() if step is not None]


def _one(kind: EvidenceKind, isobar: Isobar, step: StepFit, enthalpy: StepFit) -> Evidence:
    meaning = "atoms in a cooperative unit, N_c = 2 k_B T^2 / (w Delta h)"
    unknown = Estimate(math.nan, math.nan, "atoms", 0.0)
    if not step.resolved:
        return Evidence(kind, Order.NOT_RESOLVED, unknown, meaning, step.reason)
    jump = enthalpy.height
    if not jump.resolved or abs(jump.value) < 2.0 * jump.error:
        reason = f"The enthalpy jump, {jump}, is not known well enough to say how narrow is narrow."
        return Evidence(kind, Order.NOT_RESOLVED, unknown, meaning, reason)
    scale = rounding_width_k(step.location_k.value, n_atoms=1, enthalpy_jump_ev=abs(jump.value))
    relative = jump.error / abs(jump.value)
    least = scale / step.width_below_k / (1.0 + 2.0 * relative)
    most = scale / step.width_above_k * (1.0 + 2.0 * relative)
    units_ = scale / step.width_k.value
    error = units_ * math.hypot(relative, step.width_k.error / step.width_k.value)
    number = Estimate(units_, error, "atoms", step.width_k.effective_samples)
    limits = f"w is {step.width_above_k:.2g} to {step.width_below_k:.2g} K (90 %), N_c {least:.2g} to {most:.2g}"
    if least > WHOLE_CELL * isobar.n_atoms:
        reason = f"{limits}: the {isobar.n_atoms} atoms change as one."
        return Evidence(kind, Order.FIRST_ORDER, number, meaning, reason)
    if most < SMALL_PART * isobar.n_atoms:
        reason = f"{limits}: small parts of the {isobar.n_atoms} atoms change by themselves."
        return Evidence(kind, Order.CROSSOVER, number, meaning, reason)
    wanted = scale / (WHOLE_CELL * isobar.n_atoms)
    reason = (
        f"{limits}, of {isobar.n_atoms} atoms; a width below {wanted:.2g} K would have to be told, on a grid as fine."
    )
    return Evidence(kind, Order.NOT_RESOLVED, number, meaning, reason)
