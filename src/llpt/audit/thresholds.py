"""What counts as faithful, fixed before the runs and kept in the verdict."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]


class Thresholds(BaseModel):
    """Largest differences of surrogate and reference that count as faithful, and what is needed to judge at all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    transition_temperature_k: Positive = 50.0
    """Difference of the transition temperature, by any criterion."""
    density_percent: Positive = 1.0
    """Difference of rho(T) at any temperature away from the transition, after the constant offset is taken out."""
    density_offset_percent: Positive | None = None
    """The constant offset itself; None: the same as ``density_percent``."""
    confidence: Annotated[float, Field(gt=0.5, lt=1.0)] = 0.95
    """Confidence with which either statement must hold."""
    minimum_production_ps: Annotated[float, Field(ge=0.0)] = 1.0
    """Shorter runs decide nothing: the seed's have 1.4 ps after their discarded part."""
    minimum_atoms: Annotated[int, Field(ge=1)] = 256
    """Smaller cells decide nothing: 256 is the smallest whose isobars the seed finds unchanged by size."""

    @property
    def offset_percent(self) -> float:
        """The threshold for the offset."""
        return self.density_percent if self.density_offset_percent is None else self.density_offset_percent
