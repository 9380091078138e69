"""How a ladder of states is walked: asked of a study, and told by the line of states that its runs make."""

from __future__ import annotations

from enum import StrEnum


class LadderPath(StrEnum):
    """Which neighbour each run of a ladder starts from; study files spell it so.

    Heating and compression are one way, up: of temperatures, and of the pressures or densities of an isotherm.
    """

    HEATING = "heating"
    COOLING = "cooling"
    COMPRESSION = "compression"
    DECOMPRESSION = "decompression"
    SEPARATE = "none"
    """No ladder: each run starts on its own."""

    @property
    def goes_down(self) -> bool:
        """Whether runs start from their higher neighbours."""
        return self in {LadderPath.COOLING, LadderPath.DECOMPRESSION}

    def walked(self, *, isothermally: bool) -> LadderPath:
        """Return the same way, up or down, of an isotherm or of a line of other temperatures.

        >>> LadderPath.COOLING.walked(isothermally=True)
        <LadderPath.DECOMPRESSION: 'decompression'>
        """
        if self is LadderPath.SEPARATE:
            return self
        if isothermally:
            return LadderPath.DECOMPRESSION if self.goes_down else LadderPath.COMPRESSION
        return LadderPath.COOLING if self.goes_down else LadderPath.HEATING
