"""From observed runs to transitions, their order, the controlled tests and a verdict; nothing is read or written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.audit import Thresholds
from llpt.audit.quantities import check_asked
from llpt.campaign.comparison import verdict_of
from llpt.campaign.diffusion import InfiniteDiffusion, infinite_diffusion
from llpt.campaign.effects import Effect, effects
from llpt.campaign.ladders import ObservedLadder, ladders_of
from llpt.campaign.orders import OrderResult, orders
from llpt.transition import LadderPath

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llpt.audit import Verdict
    from llpt.campaign.identity import Role
    from llpt.campaign.observed import ObservedRun


@dataclass(frozen=True)
class Analysis:
    """All that came out of a set of runs.

    Args:
        ladders: base ladders first.
        effects: one row for each controlled test of each ladder.
        orders: first order or crossover, for each side and isobar.
        diffusion: D of the infinite system at every state.
        verdict: faithful, not faithful or not resolved, with its reasons; None where there is nothing to compare.
        without_verdict: why there is none.
    """

    ladders: tuple[ObservedLadder, ...]
    effects: tuple[Effect, ...]
    orders: tuple[OrderResult, ...]
    diffusion: tuple[InfiniteDiffusion, ...]
    verdict: Verdict | None
    without_verdict: str

    def base(self, role: Role) -> tuple[ObservedLadder, ...]:
        """Return one side's own ladders, without the controlled tests."""
        return tuple(ladder for ladder in self.ladders if ladder.is_base and ladder.role is role)

    def largest(self, role: Role, line: str) -> ObservedLadder | None:
        """Return one side's own isobar of most atoms on a line of states; None where it has none there."""
        ladders = [ladder for ladder in self.base(role) if ladder.line == line and ladder.located]
        return max(ladders, key=lambda ladder: ladder.atoms, default=None)

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of states for which anything was observed, in the order of the ladders."""
        return tuple(dict.fromkeys(ladder.line for ladder in self.ladders))


def analyse(
    runs: Iterable[ObservedRun],
    thresholds: Thresholds | None = None,
    *,
    path: LadderPath = LadderPath.HEATING,
    density_rises: bool = True,
    compare_sizes: bool = True,
) -> Analysis:
    """Say where the transitions are, of what order, what each test did, and whether the surrogate is faithful.

    Args:
        runs: of a reference, of a surrogate, or of both; base runs and controlled tests, at any states.
        thresholds: what counts as a difference that matters; None takes the defaults of ``Thresholds``.
        path: how the base ladders were walked.
        density_rises: whether the density rises on heating through the transition; False for melting or boiling.
        compare_sizes: whether the smaller cells of a line are held against its largest, as a controlled test is.

    Raises:
        InputError: runs of one engine, size and line of states differ in pressure.
    """
    chosen = Thresholds() if thresholds is None else thresholds
    check_asked(chosen)
    ladders = ladders_of(runs, path=path, density_rises=density_rises)
    found = orders(ladders)
    verdict, why = verdict_of(ladders, chosen, found=found)
    return Analysis(
        ladders,
        effects(ladders, chosen, compare_sizes=compare_sizes),
        found,
        infinite_diffusion(ladders),
        verdict,
        why,
    )
