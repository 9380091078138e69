"""The sections of a study file that say what is simulated: name, system, states and dynamics.

Every field carries its unit in its name, its range in its type, and one phrase of what is allowed: the phrase is what
a person reads when a value is refused (``llpt.study.reading``).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, model_validator

from llpt.campaign import ThermodynamicState
from llpt.dynamics import Ensemble, RunSettings, Thermostat
from llpt.dynamics.settings import DEFAULT_THERMOSTAT_TIME_FS

Float = Annotated[float, Strict()]
Int = Annotated[int, Strict()]
Bool = Annotated[bool, Strict()]
"""Numbers and switches as TOML gives them: the text "700" is not a number."""

MAX_TEMPERATURE_K = 100_000.0
MAX_PRESSURE_GPA = 10_000.0


def _as_sequence(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value if isinstance(value, tuple) else (value,)


def one_or_more(item: Any) -> BeforeValidator:
    """Take a lone value as a list of one, so that ``atoms = 256`` and ``atoms = [256]`` mean the same.

    Args:
        item: the type of a value.
    """
    many: Any = Annotated[tuple[item, ...], Field(min_length=1)]
    return BeforeValidator(_as_sequence, json_schema_input_type=item | many)


TemperatureK = Annotated[Float, Field(gt=0.0, le=MAX_TEMPERATURE_K)]
PressureGpa = Annotated[Float, Field(gt=0.0, le=MAX_PRESSURE_GPA)]
DensityGcc = Annotated[Float, Field(gt=0.0, le=20.0)]
WignerSeitzRadius = Annotated[Float, Field(ge=0.5, le=10.0)]
AtomCount = Annotated[Int, Field(ge=2, le=1_000_000)]
StepCount = Annotated[Int, Field(ge=1, le=1_000_000_000)]
TimestepFs = Annotated[Float, Field(ge=0.001, le=20.0)]
Temperatures = Annotated[
    tuple[TemperatureK, ...],
    one_or_more(TemperatureK),
    Field(min_length=1, description="temperatures in K, each above 0 and at most 100000"),
]
Pressures = Annotated[
    tuple[PressureGpa, ...],
    one_or_more(PressureGpa),
    Field(min_length=1, description="pressures in GPa, each above 0 and at most 10000"),
]
AtomCounts = Annotated[
    tuple[AtomCount, ...],
    one_or_more(AtomCount),
    Field(min_length=1, description="numbers of atoms, whole and at least 2; every size is run"),
]


class ContradictionError(ValueError):
    """Two things in a study file that cannot both hold: pydantic carries it to ``llpt.study.reading``.

    Args:
        cause: what, as the end of a sentence that begins with the section.
        remedy: what to do about it.
    """

    def __init__(self, cause: str, remedy: str) -> None:
        self.remedy = remedy
        super().__init__(cause)


class Section(BaseModel):
    """A table of the study file: no unknown keys, nothing that is not finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @classmethod
    def explain(cls, key: str) -> str:
        """Return the phrase that says what ``key`` may hold; empty where the section has no such key."""
        field = cls.model_fields.get(key)
        return (field.description or "") if field else ""


class Ladder(StrEnum):
    """What the temperatures of one isobar start from: the lower neighbour, the higher neighbour, or each on its own."""

    HEATING = "heating"
    COOLING = "cooling"
    NONE = "none"


class StudySection(Section):
    """``[study]``: what the study is called, and the one seed every random number comes from."""

    name: str = Field(min_length=1, max_length=200, description="a sentence that says what the study is")
    seed: Int = Field(
        default=1,
        ge=0,
        lt=2**31,
        description="a whole number from 0 to 2147483647; every run's own seed follows from it and is reported",
    )


class SystemSection(Section):
    """``[system]``: how many hydrogen atoms, and where they start."""

    atoms: AtomCounts
    start: str = Field(
        default="molecular",
        min_length=1,
        description='"molecular" or "atomic" (a random fluid at a rough density for the state), or a structure file, '
        '"{atoms}" in its name standing for the number of atoms',
    )

    def start_for(self, atoms: int) -> str:
        """Return where a cell of ``atoms`` atoms starts."""
        return self.start.replace("{atoms}", str(atoms))


class StateLine(Section):
    """``[[state.isobars]]``: one line of states with its own temperatures, and its own sizes where they differ."""

    pressure_gpa: PressureGpa | None = Field(default=None, description="a pressure in GPa, above 0 and at most 10000")
    density_gcc: DensityGcc | None = Field(default=None, description="a density in g/cm³, above 0 and at most 20")
    rs: WignerSeitzRadius | None = Field(default=None, description="a Wigner–Seitz radius in bohr, from 0.5 to 10")
    temperatures_k: Temperatures
    atoms: AtomCounts | None = Field(default=None, description="numbers of atoms for this line alone, each at least 2")
    melting_temperature_k: TemperatureK | None = Field(
        default=None,
        description="a melting temperature in K to mark in the figures, above 0; nothing is computed from it",
    )

    @model_validator(mode="after")
    def _one_condition(self) -> Self:
        given = [name for name in ("pressure_gpa", "density_gcc", "rs") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ContradictionError(
                f"gives {' and '.join(given) or 'neither a pressure nor a density'} to say where a line of states lies",
                "Give exactly one of pressure_gpa, density_gcc and rs.",
            )
        return self

    def at(self, temperature_k: float) -> ThermodynamicState:
        """Return the state at one temperature of the line."""
        if self.pressure_gpa is not None:
            return ThermodynamicState.at_pressure(self.pressure_gpa, temperature_k)
        if self.rs is not None:
            return ThermodynamicState.at_wigner_seitz_radius(self.rs, temperature_k)
        assert self.density_gcc is not None
        return ThermodynamicState.at_density(self.density_gcc, temperature_k)

    @property
    def name(self) -> str:
        """What the line is called in paths, e.g. ``P200``."""
        return self.at(self.temperatures_k[0]).line


class StateSection(Section):
    """``[state]``: pressures (NPT) or densities (NVT, NVE), each with the same temperatures; or isobars one by one."""

    pressures_gpa: Pressures | None = Field(
        default=None, description="pressures in GPa, each above 0 and at most 10000"
    )
    densities_gcc: Annotated[tuple[DensityGcc, ...], one_or_more(DensityGcc)] | None = Field(
        default=None,
        min_length=1,
        description="densities in g/cm³, each above 0 and at most 20",
    )
    rs: Annotated[tuple[WignerSeitzRadius, ...], one_or_more(WignerSeitzRadius)] | None = Field(
        default=None,
        min_length=1,
        description="Wigner–Seitz radii in bohr, each from 0.5 to 10",
    )
    temperatures_k: Temperatures | None = Field(
        default=None, description="temperatures in K, each above 0 and at most 100000"
    )
    isobars: tuple[StateLine, ...] = Field(
        default=(), description="tables [[state.isobars]], one for each line of states"
    )
    density_rises: Bool = Field(
        default=True,
        description="true or false: whether the density rises on heating through the transition, as where hydrogen "
        "dissociates; false for boiling or melting",
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        lists = [name for name in ("pressures_gpa", "densities_gcc", "rs") if getattr(self, name) is not None]
        if self.isobars:
            if lists or self.temperatures_k is not None:
                raise ContradictionError(
                    "gives both [[state.isobars]] and lists of its own",
                    "Say every line of states once: in the lists, or as [[state.isobars]].",
                )
            return self
        if len(lists) != 1:
            raise ContradictionError(
                f"gives {' and '.join(lists) or 'neither pressures nor densities'} to say where its lines lie",
                "Give exactly one of pressures_gpa, densities_gcc, rs and [[state.isobars]].",
            )
        if self.temperatures_k is None:
            raise ContradictionError("gives no temperatures_k", "Give it, e.g. temperatures_k = [800, 1000].")
        return self

    def lines(self) -> tuple[StateLine, ...]:
        """Return every line of states as an isobar (or isochore) of its own."""
        if self.isobars:
            return self.isobars
        keys: dict[str, tuple[float, ...] | None] = {
            "pressure_gpa": self.pressures_gpa,
            "density_gcc": self.densities_gcc,
            "rs": self.rs,
        }
        return tuple(
            StateLine.model_validate({key: value, "temperatures_k": self.temperatures_k})
            for key, values in keys.items()
            for value in values or ()
        )


_OF_A_RUN = {name: field.default for name, field in RunSettings.model_fields.items()}
_THERMOSTATS = (Thermostat.SVR, Thermostat.LANGEVIN)
"""Those of the study's runs; the third belongs to a controlled test."""
_TIMES = ", ".join(f"{DEFAULT_THERMOSTAT_TIME_FS[each]:g} for {each}" for each in _THERMOSTATS)


class DynamicsSection(Section):
    """``[dynamics]``: the protocol that reference and surrogate share."""

    ensemble: Ensemble = Field(default=Ensemble.NPT, description='"npt", "nvt" or "nve"')
    timestep_fs: TimestepFs | Literal["auto"] = Field(
        default=_OF_A_RUN["timestep_fs"],
        description='a time step in fs from 0.001 to 20, or "auto" (0.17–0.35 fs by temperature and density)',
    )
    steps: StepCount = Field(description="the number of MD steps of each run, a whole number of at least 1")
    discard: Int = Field(default=1000, ge=0, description="the first steps left out of every average, fewer than steps")
    settle_steps: Int = Field(
        default=0,
        ge=0,
        description="extra steps, discarded too, for runs that start from a made-up structure; 0 or more",
    )
    relax_steps: Int = Field(
        default=30,
        ge=0,
        le=10_000,
        description="steps of relaxation of a made-up structure before its run, 0 to 10000",
    )
    ladder: Ladder = Field(default=Ladder.HEATING, description='"heating", "cooling" or "none"')
    thermostat: Thermostat = Field(
        default=_OF_A_RUN["thermostat"], description=" or ".join(f'"{each}"' for each in _THERMOSTATS)
    )
    thermostat_time_fs: Annotated[Float, Field(ge=1.0, le=1e5)] | None = Field(
        default=None,
        description=f"a time in fs from 1 to 100000; {_TIMES} where it is left out",
    )
    barostat_time_fs: Float = Field(
        default=_OF_A_RUN["barostat_time_fs"], ge=1.0, le=1e6, description="a time in fs from 1 to 1000000"
    )
    checkpoint_every: StepCount | None = Field(
        default=None, description="steps between checkpoints, at least 1; 1 % of the run where it is left out"
    )
    positions_every: StepCount = Field(
        default=_OF_A_RUN["positions_every"], description="steps between stored positions, at least 1"
    )

    @model_validator(mode="after")
    def _something_left(self) -> Self:
        if self.discard >= self.steps:
            raise ContradictionError(
                f"discards {self.discard} of {self.steps} steps, which leaves nothing to average",
                "Let discard be smaller than steps.",
            )
        return self
