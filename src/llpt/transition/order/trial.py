"""Random isobars of known truth, as real studies have them: what the classifier's error rates are measured with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt.transition.evidence import Order
from llpt.transition.order.width import rounding_width_k
from llpt.transition.synthetic import frozen_switch, synthetic_isobar

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from llpt.transition.isobar import Isobar

SIZES = (256, 512, 1024, 2048)
NARROWEST_CROSSOVER = 5.0
NARROWEST_CROSSOVER_K = 15.0
FROZEN_SHARE = 0.25


@dataclass(frozen=True)
class Trial:
    """An isobar walked up and down, and the truth about it.

    Args:
        truth: first order (width w_N of its size) or crossover (at least five times that, and 15 K).
        frozen: whether it is a crossover of a fluid that relaxes slowly.
        width_k: its width.
        spacing_k: of its grid.
        noise: relative error of a density.
        jump: relative change of the density.
        isobar: what is measured on the way up.
        back: what is measured on the way down.
    """

    truth: Order
    frozen: bool
    width_k: float
    spacing_k: float
    noise: float
    jump: float
    isobar: Isobar
    back: Isobar


def draw_trial(seed: int) -> Trial:
    """Draw 256 to 2048 atoms, a jump of 1 to 4 %, errors of 0.03 to 0.3 %, spacings of 10 to 100 K, 6 to 15 points.

    A crossover is 5 to 80 times as wide as the rounding of a first-order transition of its size. A first-order
    transition is overshot on both ways by up to two spacings. One crossover in four relaxes so slowly that it changes
    late on the way up, within a few kelvin to tens of kelvin, and freezes in on the way down.
    """
    random = np.random.default_rng([5, seed])
    n_atoms = int(random.choice(SIZES))
    place = random.uniform(800.0, 1100.0)
    jump = random.uniform(0.01, 0.04)
    noise = 10.0 ** random.uniform(-3.5, -2.5)
    spacing = 10.0 ** random.uniform(1.0, 2.0)
    half = random.uniform(3.0, 7.0) * spacing
    grid = np.round(np.arange(place - half - random.uniform(0.0, spacing), place + half, spacing))
    rounding = rounding_width_k(place, n_atoms=n_atoms, enthalpy_jump_ev=2.0 * jump)
    first_order = bool(random.uniform() < 0.5)
    widening = NARROWEST_CROSSOVER * 10.0 ** random.uniform(0.0, 1.2)
    width = rounding if first_order else max(widening * rounding, NARROWEST_CROSSOVER_K)
    overshoot = random.uniform(0.0, 2.0) * spacing if first_order else 0.0
    frozen = not first_order and bool(random.uniform() < FROZEN_SHARE)
    late = random.uniform(0.0, 0.7) * half
    activation = 10.0 ** random.uniform(4.5, 5.5)
    steps: tuple[NDArray[np.float64], NDArray[np.float64]] | tuple[None, None] = (None, None)
    if frozen:
        steps = frozen_switch(tuple(grid), place, width, frozen_below_k=place + late, activation_k=activation)
    up, down = (
        synthetic_isobar(
            tuple(grid),
            place_k=place + sign * overshoot,
            width_k=width,
            seed=2 * seed + number,
            jump=jump,
            noise=noise,
            n_atoms=n_atoms,
            step=step,
        )
        for number, (sign, step) in enumerate(zip((1.0, -1.0), steps, strict=True))
    )
    truth = Order.FIRST_ORDER if first_order else Order.CROSSOVER
    return Trial(truth, frozen, width, spacing, noise, jump, up, down)
