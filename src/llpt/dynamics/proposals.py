"""How hybrid Monte Carlo makes its proposals: the potential that moves the atoms, and how far."""

from __future__ import annotations

from pydantic import Field

from llpt.options import GivenValue, Settings

DEFAULT_SEGMENT_STEPS = 40
"""Some 12 fs in dense hydrogen: one and a half H₂ vibrations."""
DEFAULT_ACCEPTANCE = 0.35
"""Somewhat above 0.23, the best share for steps that cost the same however long they are (Roberts, Gelman and Gilks,
Ann. Appl. Probab. 7, 110, 1997): the optimum is flat, and a chain that is seldom accepted stays long where the proposer
is too low."""


class Proposals(Settings):
    """Proposals of hybrid Monte Carlo: segments of reversible dynamics driven by a potential.

    Args:
        engine: SPEC of the potential; empty where ``run_md`` is handed an engine.
        options: its options.
        segment_steps: mean number of time steps of a segment; each is drawn evenly from half to one and a half of it,
            so that no motion is met at the same phase for ever.
        temperature_ratio: temperature T' of the segments' momenta over that of the run.
        pressure_shift_gpa: pressure P' of the segments' piston less that of the run.
        tune: number of first proposals during which the three numbers above are tuned; they belong to no average. 0
            leaves them as they are.
        acceptance: share of accepted proposals that the length of the segments is tuned to.
        most_segment_steps: longest mean length that tuning may choose.
    """

    engine: str = ""
    options: dict[str, GivenValue] = Field(default_factory=dict)
    segment_steps: int = Field(default=DEFAULT_SEGMENT_STEPS, ge=1, le=100_000)
    temperature_ratio: float = Field(default=1.0, ge=0.5, le=2.0)
    pressure_shift_gpa: float = Field(default=0.0)
    tune: int = Field(default=0, ge=0)
    acceptance: float = Field(default=DEFAULT_ACCEPTANCE, gt=0.0, lt=1.0)
    most_segment_steps: int = Field(default=400, ge=1, le=100_000)
