"""The protocol of one run: what the study file says of dynamics, at one state, as ``dynamics.RunSettings``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.dynamics import RunSettings, timestep_auto
from llpt.structure import starting_density_g_per_cm3

if TYPE_CHECKING:
    from llpt.campaign import ThermodynamicState
    from llpt.study.sections import DynamicsSection


def starting_density(state: ThermodynamicState) -> float:
    """Return the density in g/cm³ a fluid made here starts with: the state's own, or a rough one for its pressure.

    Raises:
        InputError: the state lies outside what is roughly known.
    """
    if state.density_g_per_cm3 is not None:
        return state.density_g_per_cm3
    assert state.pressure_gpa is not None
    return starting_density_g_per_cm3(state.pressure_gpa, state.temperature_k)


def run_settings(
    dynamics: DynamicsSection, state: ThermodynamicState, seed: int, *, reference: bool = False
) -> RunSettings:
    """Return the settings of a run, with a time step in fs in place of ``auto``; what the study file lacks is not set.

    The automatic step is fixed here, from the rough density of the state, so that reference and surrogate share it.

    Args:
        dynamics: the section of the study file.
        state: temperature and pressure or density.
        seed: of the run.
        reference: whether it is the reference's, which is sampled as the section says; else it is plain dynamics.

    Raises:
        InputError: the time step is ``auto`` and the state lies outside what is roughly known, or the settings
            contradict one another.
    """
    timestep = dynamics.timestep_fs
    if timestep == "auto":
        timestep = timestep_auto(state.temperature_k, starting_density(state))
    inner = dynamics.multiple_time_steps if reference else None

    def steps(number: int) -> int:
        return dynamics.steps_of_engine(number, reference=reference)

    settings = RunSettings(
        ensemble=dynamics.ensemble,
        temperature_k=state.temperature_k,
        pressure_gpa=state.pressure_gpa,
        timestep_fs=timestep if inner is None else round(timestep * inner.inner_steps, 9),
        steps=steps(dynamics.steps),
        seed=seed,
        thermostat=dynamics.thermostat,
        thermostat_time_fs=dynamics.thermostat_time_fs,
        barostat_time_fs=dynamics.barostat_time_fs,
        checkpoint_every=None if dynamics.checkpoint_every is None else steps(dynamics.checkpoint_every),
        positions_every=dynamics.positions_interval(reference=reference),
    )
    # A job says only what was asked for: its text is that of before these settings were there.
    if dynamics.beads > 1:
        settings = settings.changed(beads=dynamics.beads)
    if dynamics.isotope is not None:
        settings = settings.changed(isotope=dynamics.isotope)
    if inner is not None:
        settings = settings.changed(multiple_time_steps=inner.of_run())
    return settings
