"""What a training is asked to do."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path  # noqa: TC003 - pydantic reads the annotation
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from llpt.mlp.features.moment_candidates import MOST_FUNCTIONS

PositiveInt = Annotated[int, Field(gt=0)]


class StressLabels(StrEnum):
    """Which part of the stress labels is fitted."""

    PRESSURE = "pressure"
    ALL = "all"
    NONE = "none"


class TrainingSettings(BaseModel):
    """Settings of a training; the defaults serve some hundreds to thousands of frames of dense hydrogen.

    Attributes:
        hidden_nodes: nodes of each hidden layer.
        symmetry_functions: how many are chosen from the data.
        largest_cutoff_bohr: cutoff of the widest radial function; angular ones reach three quarters of it.
        moment_functions: how many functions of the moments of bonds are added (``moment_candidates``): they see how
            molecules lie, which those of n2p2 do not, and no other program can run them.
        functions_from: a potential whose functions are used instead of choosing.
        validation_fraction: fraction of blocks that decides when to stop.
        test_fraction: fraction of blocks that only the reported errors see.
        energy_scale_ev_per_atom: error of the energy of 64 atoms that weighs as one; of N atoms, (64/N)^(1/2) times
            that: errors of atoms add like independent ones.
        force_scale_ev_per_angstrom: error of a force component that weighs as one.
        stress: what of the stress is fitted: its trace (``"pressure"``), ``"all"`` six components, or ``"none"``. With
            one k-point in a small cell the shear components hold tens of GPa that no local potential can learn; an
            isotropic barostat needs the trace alone.
        stress_scale_gpa: error of the pressure, or of a stress component, that weighs as one.
        phase_bias_scale_ev_per_atom: phase-differential bias of a data set that weighs as one in the mean over frames;
            None leaves it free.
        prior: coefficient of the squared weights in the same mean, a mild pull towards zero.
        force_limit_ev_per_angstrom: frames with a larger force are left out.
        mix_electronic_temperatures: allow labels made at different electronic temperatures.
        forces_per_frame: atoms of each frame whose forces are fitted, drawn at random.
        memory_limit_gib: bound on the stored derivatives; fewer forces per frame are drawn if it would be passed.
        iterations: Levenberg–Marquardt steps at most.
        opening_iterations: how many of them, the first ones, see only one in four frames: on thousands of frames they
            lead to the same place sooner.
        forces_first_iterations: how many of them, the first ones, take energies four times less exactly and leave the
            phase-differential bias free: forces lead to a better place, where energies and bias are then fitted.
        patience: steps without a better validation error before stopping.
        max_seconds: wall time of the fit at most, features included; None for no limit.
        members: networks to train, with different seeds; more than one make a committee.
        seed: of everything random.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    hidden_nodes: tuple[PositiveInt, ...] = (20, 20)
    symmetry_functions: int = Field(default=48, ge=4)
    largest_cutoff_bohr: float = Field(default=8.0, ge=4.0, le=16.0)
    moment_functions: int = Field(default=0, ge=0, le=MOST_FUNCTIONS)
    functions_from: Path | None = None
    validation_fraction: float = Field(default=0.1, gt=0.0, lt=0.5)
    test_fraction: float = Field(default=0.1, ge=0.0, lt=0.5)
    energy_scale_ev_per_atom: float = Field(default=0.005, gt=0.0)
    force_scale_ev_per_angstrom: float = Field(default=0.2, gt=0.0)
    stress: StressLabels = StressLabels.PRESSURE
    stress_scale_gpa: float = Field(default=2.0, gt=0.0)
    phase_bias_scale_ev_per_atom: float | None = Field(default=0.001, gt=0.0)
    prior: float = Field(default=0.1, ge=0.0)
    force_limit_ev_per_angstrom: float = Field(default=20.0, gt=0.0)
    mix_electronic_temperatures: bool = False
    forces_per_frame: int = Field(default=32, ge=1)
    memory_limit_gib: float = Field(default=2.0, gt=0.0)
    iterations: int = Field(default=60, ge=1)
    opening_iterations: int = Field(default=0, ge=0)
    forces_first_iterations: int = Field(default=0, ge=0)
    patience: int = Field(default=8, ge=1)
    max_seconds: float | None = Field(default=None, gt=0.0)
    members: int = Field(default=1, ge=1)
    seed: int = 1

    @classmethod
    def quick(cls, **changes: object) -> TrainingSettings:
        """Return settings that train a usable network from a few hundred frames of 32 atoms in about a minute."""
        base: dict[str, object] = {
            "hidden_nodes": (15, 15),
            "symmetry_functions": 44,
            "largest_cutoff_bohr": 7.0,
            "iterations": 40,
            "max_seconds": 80.0,
        }
        return cls.model_validate(base | changes)
