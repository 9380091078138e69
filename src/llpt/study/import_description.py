"""What somebody says of a run made elsewhere, as far as its files do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.campaign import Role
from llpt.trajectory import Facts, stated

if TYPE_CHECKING:
    from llpt.trajectory.foreign import EnergyMeaning
    from llpt.trajectory.foreign.statements import FactCheck


@dataclass(frozen=True)
class Description:
    """What a run is, as far as its files do not say.

    Args:
        role: reference or surrogate.
        label: what its engine is called.
        temperature_k: the thermostat's temperature.
        pressure_gpa: the barostat's pressure; None at constant volume.
        electronic_temperature_k: T_el; 0 for cold electrons or none.
        frame_interval_fs: time between two frames.
        discard: first frames left out of averages.
        cooling: whether its ladder was walked down beside one that was walked up.
        energy_meaning: what a lone energy is.
        despite: checks of all this against the frames that are left out.
    """

    role: Role
    label: str
    temperature_k: float
    pressure_gpa: float | None
    electronic_temperature_k: float
    frame_interval_fs: float
    discard: int = 0
    cooling: bool = False
    energy_meaning: EnergyMeaning | None = None
    despite: frozenset[FactCheck] = frozenset()

    @property
    def facts(self) -> Facts:
        """What is stated of the run, to be compared with its files and frames.

        Raises:
            InputError: a number is none that a run can have.
        """
        return stated(
            temperature_k=self.temperature_k,
            pressure_gpa=self.pressure_gpa,
            electronic_temperature_k=self.electronic_temperature_k,
            frame_interval_fs=self.frame_interval_fs,
        )


def known_electronic_temperature_k(role: Role, facts: Facts) -> float | None:
    """Return T_el as far as nobody has to be asked: what the files say, else 0 for a surrogate, which has no electrons.

    Args:
        role: reference or surrogate.
        facts: what the files say.
    """
    return 0.0 if facts.electronic_temperature_k is None and role is Role.SURROGATE else facts.electronic_temperature_k
