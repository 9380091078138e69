"""What an independent sample costs: molecular dynamics against hybrid Monte Carlo proposed by a potential.

    python benchmarks/sampling.py --model

``--model`` needs no run: it prints the cost model of ``docs/dynamics.md``.
"""

from __future__ import annotations

import argparse
import math

import numpy as np

LABEL_STEPS = 4.0
"""A converged single point costs as much as this many steps of DFT dynamics (``llpt.study.cost``)."""
POTENTIAL_STEPS = 1.0 / 20.0
"""A force call of a potential, in steps of DFT dynamics: 0.009 s against 0.18 s at 64 atoms and 2x2x2 (one core)."""
SPREADS = (0.5, 1.0, 1.5, 2.5, 4.0, 6.0)
"""Standard deviation of the difference F − U within a phase, over k_B T."""


def accepted_share(spread: float, left: float) -> float:
    """Return the mean acceptance of segments, erfc(s/2√2) with s² = 2 (βσ)² (1 − c).

    Args:
        spread: βσ of the difference within a phase.
        left: c, its correlation from the start to the end of a segment under the potential's dynamics.
    """
    return math.erfc(0.5 * spread * math.sqrt(1.0 - left))


def correlation_of_chain(spread: float, left: float, kept: float, *, points: int = 161) -> float:
    """Return the integrated correlation time of an observable in proposals, 1 + 2 Σ ρ(k).

    The difference is Gaussian with the spread βσ and a first-order process along segments. The observable keeps the
    share C of its deviation in an accepted segment and all of it in a rejected one, whatever the difference: then ρ(k)
    is the mean of C to the number of accepted proposals, a sum over a chain in the difference alone.

    Args:
        spread: βσ.
        left: c of the difference.
        kept: C of the observable.
        points: of the grid of the difference.
    """
    grid = np.linspace(-6.0, 6.0, points)  # in units of its spread, about its mean in the reference's ensemble
    weight = np.exp(-0.5 * grid**2)
    weight /= weight.sum()
    # Under the potential the mean lies βσ higher: the segment pulls there.
    moves = np.exp(-0.5 * (grid[np.newaxis] - spread - left * (grid[:, np.newaxis] - spread)) ** 2 / (1.0 - left**2))
    moves /= np.maximum(moves.sum(axis=1, keepdims=True), 1e-300)
    accepted = moves * np.minimum(1.0, np.exp(-spread * (grid[np.newaxis] - grid[:, np.newaxis])))
    stay = np.diag(1.0 - accepted.sum(axis=1))
    summed = np.linalg.solve(np.eye(points) - stay - kept * accepted, np.ones(points))
    return float(2.0 * weight @ summed - 1.0)


def gain(spread: float, *, observable_steps: float, difference_steps: float, segment: float) -> float:
    """Return independent samples of hybrid Monte Carlo over those of plain dynamics at the same cost.

    Args:
        spread: βσ.
        observable_steps: steps of dynamics to an independent sample, 2τ of the observable.
        difference_steps: 2τ of the difference along the potential's dynamics.
        segment: steps of a segment.
    """
    kept, left = (math.exp(-2.0 * segment / steps) for steps in (observable_steps, difference_steps))
    cost = (LABEL_STEPS + POTENTIAL_STEPS * segment) * correlation_of_chain(spread, left, kept)
    return observable_steps / cost


def model() -> None:
    """Print the gain at the best length of the segments."""
    lengths = (3, 5, 10, 20, 40, 80, 160, 320, 640)
    for observable, difference in ((100.0, 100.0), (100.0, 30.0), (500.0, 100.0), (500.0, 30.0), (500.0, 500.0)):
        print(f"2τ of the observable {observable:g} steps, of the difference {difference:g}")
        for spread in SPREADS:
            gains = [
                gain(spread, observable_steps=observable, difference_steps=difference, segment=each) for each in lengths
            ]
            best = int(np.argmax(gains))
            share = accepted_share(spread, math.exp(-2.0 * lengths[best] / difference))
            found = f"{gains[best]:5.2f} times, segments of {lengths[best]}, {100 * share:.0f} % accepted"
            print(f"  βσ {spread:3.1f}: {found}")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", action="store_true", required=True, help="the cost model; needs no run")
    parser.parse_args()
    model()


if __name__ == "__main__":
    main()
