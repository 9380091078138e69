"""Multiple time steps: a cheap potential moves the atoms within a step, the engine corrects it at the end of each.

Tuckerman, Berne and Martyna, J. Chem. Phys. 97, 1990 (1992): with forces f of the potential and F of the engine, a step
of n inner ones is (F − f)/2, n small steps by f, (F − f)/2. It is reversible and keeps the volume of phase space, and
its averages are those of F to second order in the step, which has to be short against what F − f can drive: half a
period of the fastest vibration that it couples to is where it breaks down.
"""

from __future__ import annotations

from pydantic import Field

from llpt.options import GivenValue, Settings

MOST_INNER_STEPS = 20


class MultipleTimeSteps(Settings):
    """Inner steps of a run.

    Args:
        engine: SPEC of the potential that moves the atoms within a step; empty where ``run_md`` is handed an engine.
        options: its options.
        inner_steps: how many of its steps make one of the run.
    """

    engine: str = ""
    options: dict[str, GivenValue] = Field(default_factory=dict)
    inner_steps: int = Field(ge=2, le=MOST_INNER_STEPS)
