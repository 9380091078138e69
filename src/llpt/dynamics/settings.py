"""What a molecular-dynamics run is asked to do."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from llpt.dynamics.integrators import IPI, IntegratorName, find_integrator
from llpt.dynamics.multiple_time_steps import MultipleTimeSteps  # noqa: TC001 - pydantic reads it
from llpt.engines.purpose import Purpose
from llpt.ensembles import Ensemble, Thermostat
from llpt.isotopes import Isotope  # noqa: TC001 - pydantic reads it
from llpt.options import Settings

SHORTEST_TIMESTEP_FS = 0.17
LONGEST_TIMESTEP_FS = 0.35
SEED_LIMIT = 2**31
"""Seeds that a run is given by others than a person are below it, so that every program takes them."""


class Sampler(StrEnum):
    """How configurations of the ensemble are come by."""

    MOLECULAR_DYNAMICS = "molecular-dynamics"
    MULTIPLE_TIME_STEPS = "multiple-time-steps"
    """Dynamics whose steps are made of smaller ones by a cheap potential, which the engine corrects."""


DEFAULT_THERMOSTAT_TIME_FS = {Thermostat.SVR: 20.0, Thermostat.LANGEVIN: 100.0, Thermostat.NOSE_HOOVER: 20.0}
"""SVR rescales all velocities by one factor, so a coupling of 20 fs (a few H₂ vibrations) hardly touches the motion of
an atom and settles the temperature within 2 % of a picosecond run. Langevin friction acts on every atom: 100 fs is the
order of the velocity's own correlation time in the fluid, below which diffusion would be that of the thermostat."""

DEFAULT_BAROSTAT_TIME_FS = 100.0
"""The piston's mass is 3 N k_B T τ², so its frequency is sqrt(3 B V / N k_B T)/τ; hydrogen at 100–350 GPa has a bulk
modulus B near three times the pressure, hence a period near 0.4 τ = 40 fs: slower than the H₂ vibration (8 fs), as
slow as sound across a cell of some hundred atoms, and forty times shorter than a run of 1.6 ps."""

PILE_SCALE = 0.5
"""Friction of a normal mode of a path integral, γ_k = 2 λ ω_k with λ = 0.5: the least correlation of the free ring's
potential energy (Ceriotti, Parrinello, Markland and Manolopoulos, J. Chem. Phys. 133, 124104, 2010)."""

MOST_BEADS = 1024

BAROSTAT_THERMOSTAT_RATIO = 0.2
"""The piston's own Langevin thermostat has the time 0.2 τ: damped within about one period, hence no ringing."""


class RunSettings(Settings):
    """Settings of one molecular-dynamics run.

    Args:
        ensemble: ``nve``, ``nvt`` or ``npt`` (isotropic).
        temperature_k: temperature of the thermostat and of the first velocities; > 0.
        pressure_gpa: external pressure; needed for ``npt`` and only there.
        timestep_fs: time step, or ``auto``: see ``timestep_auto``.
        steps: total number of steps; a run that is continued ends at this number.
        seed: seed of the velocities and of the thermostats; no default, so that nobody has a seed unseen.
        thermostat: ``svr`` or ``langevin``, or that of another integrator, ``nose-hoover``; unused in ``nve``.
        thermostat_time_fs: its time constant; None takes ``DEFAULT_THERMOSTAT_TIME_FS``.
        barostat_time_fs: time constant of the piston, see ``DEFAULT_BAROSTAT_TIME_FS``.
        checkpoint_every: steps between checkpoints, the most a kill can cost; None means
            about 1 % of the run, but not more often than every 10 s; and every 10 minutes in any case.
        integrator: ``ipi``, or another one (``llpt.dynamics.integrators``) for the controlled test by a second code.
        positions_every: steps between frames of positions, velocities and forces; scalars are kept at every step.
        maximum_force_spread_ev_per_angstrom: a run with a committee stops, as ``failed`` with this reason and a
            checkpoint, when its members disagree more than this on a force; None for no limit.
        beads: copies of the system that make up the path integral of its nuclei; 1 for classical nuclei. With more,
            the thermostat is PILE: ``svr`` or ``langevin`` on the centroid, Langevin on the other normal modes.
        isotope: what the hydrogen atoms are; None leaves the masses of the start, natural hydrogen's as a rule.
        multiple_time_steps: the potential that moves the atoms within a step; None for none. ``timestep_fs`` is from
            one force of the engine to the next.

    Raises:
        InputError: a value is out of range, or two contradict each other.
    """

    ensemble: Ensemble
    temperature_k: float = Field(gt=0.0, le=1e6)
    pressure_gpa: float | None = None
    timestep_fs: float | Literal["auto"] = "auto"
    steps: int = Field(gt=0)
    seed: int = Field(ge=0)
    thermostat: Thermostat = Thermostat.SVR
    thermostat_time_fs: float | None = Field(default=None, gt=0.0)
    barostat_time_fs: float = Field(default=DEFAULT_BAROSTAT_TIME_FS, gt=0.0)
    checkpoint_every: int | None = Field(default=None, gt=0)
    integrator: IntegratorName = IPI.name
    positions_every: int = Field(default=5, gt=0)
    maximum_force_spread_ev_per_angstrom: float | None = Field(default=None, gt=0.0)
    beads: int = Field(default=1, ge=1, le=MOST_BEADS)
    isotope: Isotope | None = None
    multiple_time_steps: MultipleTimeSteps | None = None

    @model_validator(mode="after")
    def _check_combination(self) -> Self:
        if (self.ensemble is Ensemble.NPT) != (self.pressure_gpa is not None):
            raise ValueError("pressure_gpa is needed for the npt ensemble and only there")
        integrator = find_integrator(self.integrator)
        if self.ensemble is not Ensemble.NVE and self.thermostat not in integrator.thermostats:
            known = " or ".join(repr(str(each)) for each in integrator.thermostats)
            raise ValueError(f"integrator {integrator.name!r} has the thermostat {known}, not {str(self.thermostat)!r}")
        if self.timestep_fs != "auto" and not 0.0 < self.timestep_fs <= 100.0:
            raise ValueError("timestep_fs must be in (0, 100] fs, or 'auto'")
        if self.beads > 1 and self.ensemble is Ensemble.NVE:
            raise ValueError("a path integral (beads > 1) samples a temperature: use nvt or npt, not nve")
        if self.beads > 1 and not integrator.path_integrals:
            raise ValueError(f"a path integral (beads > 1) is run by integrator {IPI.name!r}")
        if self.multiple_time_steps is not None:
            self._check_multiple_time_steps()
        return self

    def _check_multiple_time_steps(self) -> None:
        if self.timestep_fs == "auto":
            raise ValueError("multiple time steps need timestep_fs, from one force of the engine to the next")
        if find_integrator(self.integrator) is not IPI:
            raise ValueError(f"multiple time steps are made by integrator {IPI.name!r}")
        if self.beads > 1:
            raise ValueError("multiple time steps are for classical nuclei: beads must be 1")

    @property
    def sampler(self) -> Sampler:
        """How configurations are come by."""
        return Sampler.MOLECULAR_DYNAMICS if self.multiple_time_steps is None else Sampler.MULTIPLE_TIME_STEPS

    @property
    def inner_timestep_fs(self) -> float:
        """The time step in fs by which atoms are moved; NaN where it is left open."""
        inner = 1 if self.multiple_time_steps is None else self.multiple_time_steps.inner_steps
        return math.nan if self.timestep_fs == "auto" else self.timestep_fs / inner

    @property
    def purpose(self) -> Purpose:
        """What an engine for this run is made for: at constant pressure the barostat needs the corrected pressure."""
        return Purpose.CONSTANT_PRESSURE if self.ensemble is Ensemble.NPT else Purpose.DYNAMICS

    def changed(self, **values: object) -> Self:
        """Return the same with some settings changed; what was not set stays so.

        Raises:
            InputError: a value is out of range, or two contradict each other.
        """
        return type(self)(**{**self.model_dump(exclude_unset=True), **values})

    @property
    def thermostat_time(self) -> float:
        """Time constant of the thermostat in fs, the default filled in."""
        return self.thermostat_time_fs or DEFAULT_THERMOSTAT_TIME_FS[self.thermostat]


def timestep_auto(temperature_k: float, density_g_per_cm3: float) -> float:
    """Return the time step for dense hydrogen, 0.17–0.35 fs, smaller when hotter or denser.

    dt = 0.30 fs · (1000 K / T)^½ · (1 g/cm³ / ρ)^⅓, clipped: an atom of thermal speed moves 0.7 % of the distance
    between atoms in a step, and the shortest motion, the H₂ vibration (8 fs), has at least 22 steps.

    Args:
        temperature_k: temperature of the ions, > 0.
        density_g_per_cm3: mass density as hydrogen, > 0.

    >>> round(timestep_auto(1000.0, 1.0), 3)
    0.3
    """
    step = 0.30 * math.sqrt(1000.0 / temperature_k) * (1.0 / density_g_per_cm3) ** (1.0 / 3.0)
    return min(max(step, SHORTEST_TIMESTEP_FS), LONGEST_TIMESTEP_FS)
