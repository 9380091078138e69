"""What a training is asked to do: every setting with its range, default and phrase, once.

The command line's ``--set`` and the keys of a study's ``[surrogate.training]`` are these. Nothing heavy is imported
here: a study file is read without torch.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from llpt.mlp.features.moment_candidates import MOST_FUNCTIONS
from llpt.options import Options


def _as_sequence(value: object) -> object:
    """Return ``20`` as a list of one, and the text ``20,20`` as one of two."""
    if isinstance(value, str):
        return tuple(value.split(","))
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _as_nothing(value: object) -> object:
    """Return the word "none", which a file without null has, as None."""
    return None if value == "none" else value


NodeCount = Annotated[int, Field(gt=0, le=1024)]
_Nodes = Annotated[tuple[NodeCount, ...], Field(min_length=1)]
NodeCounts = Annotated[
    tuple[NodeCount, ...], BeforeValidator(_as_sequence, json_schema_input_type=NodeCount | _Nodes), Field(min_length=1)
]
PositiveFloat = Annotated[float, Field(gt=0.0)]


def _or_none(kind: Any) -> BeforeValidator:
    return BeforeValidator(_as_nothing, json_schema_input_type=kind | Literal["none"] | None)


class StressLabels(StrEnum):
    """Which part of the stress labels is fitted."""

    PRESSURE = "pressure"
    ALL = "all"
    NONE = "none"


class TrainingSettings(Options):
    """Settings of a training; the defaults serve some hundreds to thousands of frames of dense hydrogen.

    Each field says what it is and what is allowed. Why the less obvious ones are there:

    - ``moment_functions`` see how molecules lie, which the functions of n2p2 do not, and no other program can run them.
    - ``energy_scale_ev_per_atom`` is of 64 atoms; of N atoms it is (64/N)^(1/2) times that: errors of atoms add like
      independent ones.
    - ``stress``: with one k-point in a small cell the shear components hold tens of GPa that no local potential can
      learn; an isotropic barostat needs the trace alone.
    - ``phase_bias_scale_ev_per_atom`` is the phase-differential bias of a data set that weighs as one in the mean over
      frames (``llpt.mlp.quality.phases``); None leaves it free.
    - ``prior`` multiplies the squared weights in the same mean, a mild pull towards zero.
    - ``opening_iterations``: the first steps see only one frame in four; on thousands of frames they lead to the same
      place sooner.
    - ``forces_first_iterations``: the first steps take energies four times less exactly and leave the bias free: forces
      lead to a better place, where energies and bias are then fitted.
    - ``max_seconds`` counts the features as well as the fit; None is no limit.
    - ``members``: more than one network make a committee.
    """

    hidden_nodes: NodeCounts = Field(
        default=(20, 20), description="nodes of each hidden layer, whole numbers from 1 to 1024"
    )
    symmetry_functions: int = Field(
        default=48, ge=4, le=1000, description="how many symmetry functions are chosen, from 4 to 1000"
    )
    largest_cutoff_bohr: float = Field(
        default=8.0, ge=4.0, le=16.0, description="the largest cutoff radius in bohr, from 4 to 16"
    )
    moment_functions: int = Field(
        default=0,
        ge=0,
        le=MOST_FUNCTIONS,
        description=f"how many functions of the moments of bonds are added, from 0 to {MOST_FUNCTIONS}",
    )
    functions_from: Annotated[Path | None, _or_none(Path)] = Field(
        default=None, description="the directory of a potential whose functions are taken instead of choosing"
    )
    validation_fraction: float = Field(
        default=0.1,
        gt=0.0,
        lt=0.5,
        description="the share of the data that decides when to stop, above 0 and below 0.5",
    )
    test_fraction: float = Field(
        default=0.1,
        ge=0.0,
        lt=0.5,
        description="the share of the data that only the reported errors see, 0 to below 0.5",
    )
    energy_scale_ev_per_atom: PositiveFloat = Field(
        default=0.005, description="the error of the energy of 64 atoms that weighs as one, in eV/atom, above 0"
    )
    force_scale_ev_per_angstrom: PositiveFloat = Field(
        default=0.2, description="the error of a force component that weighs as one, in eV/Å, above 0"
    )
    stress: StressLabels = Field(
        default=StressLabels.PRESSURE,
        description='what of the stress is fitted: "pressure", "all" (six components) or "none"',
    )
    stress_scale_gpa: PositiveFloat = Field(
        default=2.0, description="the error of the pressure or a stress component that weighs as one, in GPa, above 0"
    )
    phase_bias_scale_ev_per_atom: Annotated[PositiveFloat | None, _or_none(PositiveFloat)] = Field(
        default=0.001,
        description='the phase-differential bias that weighs as one, in eV/atom, above 0, or "none" to leave it free',
    )
    prior: float = Field(default=0.1, ge=0.0, description="the weight of the squared weights, 0 or more")
    force_limit_ev_per_angstrom: PositiveFloat = Field(
        default=20.0, description="the force in eV/Å above which a frame is left out, above 0"
    )
    mix_electronic_temperatures: bool = Field(
        default=False, description="true where labels may be of different electronic temperatures"
    )
    forces_per_frame: int = Field(
        default=32, ge=1, description="atoms of each frame, drawn at random, whose forces are fitted, at least 1"
    )
    memory_limit_gib: PositiveFloat = Field(
        default=2.0, description="the most memory for derivatives in GiB, above 0; fewer forces are drawn to keep to it"
    )
    iterations: int = Field(default=60, ge=1, description="Levenberg-Marquardt steps of the fit at most, at least 1")
    opening_iterations: int = Field(
        default=0, ge=0, description="the first steps, which see one frame in four, 0 or more"
    )
    forces_first_iterations: int = Field(
        default=0, ge=0, description="the first steps, in which energies weigh little, 0 or more"
    )
    patience: int = Field(
        default=8, ge=1, description="steps without a better validation error before the fit stops, at least 1"
    )
    max_seconds: Annotated[PositiveFloat | None, _or_none(PositiveFloat)] = Field(
        default=None, description="a limit on the time of the training in seconds, above 0"
    )
    members: int = Field(default=1, ge=1, le=64, description="networks to train with different seeds, from 1 to 64")
    seed: int = Field(default=1, description="a whole number that every random choice follows from")

    @classmethod
    def quick(cls, **changes: object) -> TrainingSettings:
        """Return settings that train a usable network from a few hundred frames of 32 atoms in about a minute."""
        base: dict[str, Any] = {
            "hidden_nodes": (15, 15),
            "symmetry_functions": 44,
            "largest_cutoff_bohr": 7.0,
            "iterations": 40,
        }
        return cls(**base | changes)
