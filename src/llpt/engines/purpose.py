"""What an engine is made for: it decides the defaults of options that were not given."""

from __future__ import annotations

from enum import StrEnum


class Purpose(StrEnum):
    """What an engine is made for."""

    SINGLE_POINT = "single-point"
    """Structures one by one: tight convergence, no pressure correction."""
    LABELS = "labels"
    """Structures one by one, for a potential to learn: converged and corrected as the dynamics at constant pressure
    that the potential is to stand in for."""
    DYNAMICS = "dynamics"
    """Steps at constant volume: each starts from what the last ones taught."""
    CONSTANT_PRESSURE = "constant-pressure"
    """Steps at constant pressure: the same, and the barostat sees the finite-basis-corrected pressure."""

    @property
    def one_by_one(self) -> bool:
        """Whether structures come one by one, so that none starts from what the last ones taught."""
        return self in {Purpose.SINGLE_POINT, Purpose.LABELS}

    @property
    def corrects_pressure(self) -> bool:
        """Whether the pressure of a finite plane-wave basis is to be corrected."""
        return self in {Purpose.LABELS, Purpose.CONSTANT_PRESSURE}
