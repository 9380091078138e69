"""A run that was observed: which it is, and its observables, apart from how and where it was run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.campaign.identity import ControlledTest, Role, RunIdentity, engine_slug
from llpt.campaign.state import ThermodynamicState
from llpt.errors import InputError
from llpt.observables import as_summary, estimate_of

if TYPE_CHECKING:
    import xarray as xr

    from llpt.observables import Observations

_DIGITS = 4
"""So many digits of a density name a line of states: runs held at the same volume lie on one."""


@dataclass(frozen=True)
class ObservedRun:
    """A run with what was observed in it.

    Args:
        identity: which run it is.
        role: whose it is: of the reference or of the surrogate.
        engine: the engine's name for people, e.g. ``DFT/PBE``.
        state: temperature and pressure or density of its line of states.
        summary: its observables with errors (``llpt.observables.summarise_run``).
        electronic_temperature_k: temperature of the electrons; None where the engine has none.
    """

    identity: RunIdentity
    role: Role
    engine: str
    state: ThermodynamicState
    summary: xr.Dataset
    electronic_temperature_k: float | None = None

    @classmethod
    def from_summary(
        cls,
        summary: xr.Dataset | Observations,
        *,
        role: Role | str,
        engine: str,
        test: ControlledTest = ControlledTest.BASE,
        repeat: int = 1,
        on_isotherm: bool = False,
        electronic_temperature_k: float | None = None,
    ) -> ObservedRun:
        """Return the run that averaged to this; atoms and state are read from it.

        Args:
            summary: of ``llpt.observables.observe`` or ``summarise_run``.
            role: whose it is, ``reference`` or ``surrogate``.
            engine: the engine's name for people, e.g. ``VASP PBE``; runs of one name belong together.
            test: the controlled test it was done for.
            repeat: counts the runs of one state and test from 1; of a ramp, its rates.
            on_isotherm: whether its line of states is the isotherm through its state; else the isobar or the isochore.
            electronic_temperature_k: temperature of the electrons; None where the engine has none.

        Raises:
            InputError: the summary does not say the number of atoms or the state.
        """
        if not (isinstance(engine, str) and engine):
            raise InputError(f"engine = {engine!r} names no engine.", "Give its name as text.")
        if role not in tuple(Role):
            raise InputError(f"There is no role {role!r}.", f"Give one of: {', '.join(Role)}.")
        summary = as_summary(summary)
        missing = [name for name in ("n_atoms", "temperature_k", "pressure_gpa") if name not in summary.attrs]
        if missing:
            raise InputError(
                f"The summary of a run of {engine} lacks {', '.join(missing)}.",
                "Make it with llpt.observables.summarise_run.",
            )
        temperature, pressure = float(summary.attrs["temperature_k"]), float(summary.attrs["pressure_gpa"])
        unknown = "" if math.isfinite(temperature) else "temperature"
        if not math.isfinite(pressure) and not summary.attrs["constant_volume"]:
            unknown = "pressure"
        if unknown:
            raise InputError(
                f"The {unknown} that was set for a run of {engine} is not known.",
                f"Give {'temperature_k' if unknown == 'temperature' else 'pressure_gpa'} where it is opened.",
            )
        if math.isfinite(pressure):
            state = ThermodynamicState.at_pressure(pressure, temperature)
        else:
            density = estimate_of(summary, "density").value
            state = ThermodynamicState.at_density(density, temperature, digits=_DIGITS)
        if on_isotherm:
            state = state.along_isotherm()
        atoms = int(summary.attrs["n_atoms"])
        identity = RunIdentity(engine_slug(engine), atoms, state.line, state.rung, test, repeat)
        return cls(identity, Role(role), engine, state, summary, electronic_temperature_k)

    @property
    def temperature_k(self) -> float:
        """Temperature of the ions."""
        return self.state.temperature_k

    @property
    def constant_pressure(self) -> bool:
        """Whether a barostat held the pressure; a test at held volume lies on the line of an isobar without one."""
        return math.isfinite(float(self.summary.attrs["pressure_gpa"]))
