"""The sections of a study file that say what is simulated, but for its states: name, system and dynamics.

Every field carries its unit in its name, its range in its type, and one phrase of what is allowed: the phrase is what
a person reads when a value is refused (``llpt.study.reading``).
"""

from __future__ import annotations

import math
import unicodedata
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict, model_validator

from llpt.dynamics import Ensemble, Isotope, MultipleTimeSteps, RunSettings, Sampler, Thermostat
from llpt.dynamics.multiple_time_steps import MOST_INNER_STEPS
from llpt.dynamics.settings import (
    DEFAULT_THERMOSTAT_TIME_FS,
    LONGEST_TIMESTEP_FS,
    MOST_BEADS,
    SEED_LIMIT,
    SHORTEST_TIMESTEP_FS,
)
from llpt.ladder_path import LadderPath
from llpt.options import GivenValue  # noqa: TC001 - pydantic reads it
from llpt.units import HYDROGEN_MASS_U

Float = Annotated[float, Strict()]
Int = Annotated[int, Strict()]
Bool = Annotated[bool, Strict()]
"""Numbers and switches as TOML gives them: the text "700" is not a number."""

MAX_TEMPERATURE_K = 100_000.0
MAX_PRESSURE_GPA = 10_000.0
MAX_DENSITY_GCC = 20.0
LEAST_RADIUS_BOHR, MAX_RADIUS_BOHR = 0.5, 10.0
MAX_THREADS = 4096
K_RANGE = f"above 0 and at most {MAX_TEMPERATURE_K:g}"
GPA_RANGE = f"above 0 and at most {MAX_PRESSURE_GPA:g}"
GCC_RANGE = f"above 0 and at most {MAX_DENSITY_GCC:g}"
RADIUS_RANGE = f"from {LEAST_RADIUS_BOHR:g} to {MAX_RADIUS_BOHR:g}"
"""What a person reads of a range."""
CONTROLS = frozenset({"Cc", "Zl", "Zp"})
"""Categories of Unicode: control characters, line and paragraph separators."""
TEMPERATURES_K = f"temperatures in K, each {K_RANGE}"
PRESSURES_GPA = f"pressures in GPa, each {GPA_RANGE}"
DENSITIES_GCC = f"densities in g/cm³, each {GCC_RANGE}"
RADII_BOHR = f"Wigner–Seitz radii in bohr, each {RADIUS_RANGE}"


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
DensityGcc = Annotated[Float, Field(gt=0.0, le=MAX_DENSITY_GCC)]
WignerSeitzRadius = Annotated[Float, Field(ge=LEAST_RADIUS_BOHR, le=MAX_RADIUS_BOHR)]
AtomCount = Annotated[Int, Field(ge=2, le=1_000_000)]
BeadCount = Annotated[
    Int,
    Field(ge=1, le=MOST_BEADS, description=f"beads of the path integral of the nuclei, 1 (classical) to {MOST_BEADS}"),
]
Threads = Annotated[
    Annotated[Int, Field(ge=1, le=MAX_THREADS)] | Literal["auto"],
    Field(description='processor cores for each run, at least 1, or "auto"'),
]
StepCount = Annotated[Int, Field(ge=1, le=1_000_000_000)]
TimestepFs = Annotated[Float, Field(ge=0.001, le=20.0)]
Temperatures = Annotated[
    tuple[TemperatureK, ...],
    one_or_more(TemperatureK),
    Field(min_length=1, description=TEMPERATURES_K),
]
Pressures = Annotated[
    tuple[PressureGpa, ...],
    one_or_more(PressureGpa),
    Field(min_length=1, description=PRESSURES_GPA),
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


def on_one_line(text: str) -> str:
    r"""Return a text with a space in the place of what ends a line, or is obeyed by a terminal.

    >>> on_one_line("hydrogen\nat 100 GPa")
    'hydrogen at 100 GPa'
    """
    return "".join(" " if unicodedata.category(each) in CONTROLS else each for each in text)


def _one_line(text: str) -> str:
    if on_one_line(text) != text:
        raise ContradictionError("holds a line break or another control character", "Give a sentence on one line.")
    return text


class StudySection(Section):
    """``[study]``: what the study is called, and the one seed every random number comes from."""

    name: Annotated[str, AfterValidator(_one_line)] = Field(
        min_length=1, max_length=200, description="a sentence on one line that says what the study is"
    )
    seed: Int = Field(
        default=1,
        ge=0,
        lt=SEED_LIMIT,
        description=f"a whole number from 0 to {SEED_LIMIT - 1}; every run's own seed follows from it and is reported",
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


_OF_A_RUN = {name: field.default for name, field in RunSettings.model_fields.items()}
_THERMOSTATS = (Thermostat.SVR, Thermostat.LANGEVIN)
"""Those of the study's runs; the third belongs to a controlled test."""
_TIMES = ", ".join(f"{DEFAULT_THERMOSTAT_TIME_FS[each]:g} for {each}" for each in _THERMOSTATS)


_SAMPLERS = " or ".join(f'"{each}"' for each in Sampler)

LONGEST_STEP_FS = 2.0
"""From one force of the reference to the next, of hydrogen: a quarter of the period of the molecules, half of where
kicks and vibration drive each other. What it costs and keeps below: ``docs/dynamics.md``."""


class MultipleTimeStepsSection(Section):
    """``[dynamics.multiple_time_steps]``: the potential that moves the reference's atoms between two of its forces."""

    engine: str = Field(min_length=1, description="the potential within a step, an engine that is there already")
    options: dict[str, GivenValue] = Field(default_factory=dict, description="a table of its options")
    inner_steps: Annotated[Int, Field(ge=2, le=MOST_INNER_STEPS)] = Field(
        description=f"time steps from one force of the reference to the next, 2 to {MOST_INNER_STEPS}"
    )

    def of_run(self) -> MultipleTimeSteps:
        """Return the same as a run takes it."""
        return MultipleTimeSteps(**self.model_dump(exclude_unset=True))


class DynamicsSection(Section):
    """``[dynamics]``: the protocol that reference and surrogate share."""

    ensemble: Ensemble = Field(default=Ensemble.NPT, description='"npt", "nvt" or "nve"')
    timestep_fs: TimestepFs | Literal["auto"] = Field(
        default=_OF_A_RUN["timestep_fs"],
        description='a time step in fs from 0.001 to 20, or "auto" '
        f"({SHORTEST_TIMESTEP_FS}–{LONGEST_TIMESTEP_FS} fs by temperature and density)",
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
    ladder: LadderPath = Field(
        default=LadderPath.HEATING,
        description=f'"{LadderPath.HEATING}" or "{LadderPath.COMPRESSION}" (each run starts from the end of its lower '
        f'neighbour), "{LadderPath.COOLING}" or "{LadderPath.DECOMPRESSION}" (from that of its higher one), or '
        f'"{LadderPath.SEPARATE}"',
    )
    repeats: Int = Field(
        default=1,
        ge=1,
        le=100,
        description="how often each ladder is walked, by other random numbers each time; averages of one state are "
        "joined; 1 to 100",
    )
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
    beads: BeadCount = _OF_A_RUN["beads"]
    isotope: Isotope | None = Field(
        default=_OF_A_RUN["isotope"], description='"D" or "T"; natural hydrogen where it is left out'
    )
    sampler: Sampler = Field(
        default=Sampler.MOLECULAR_DYNAMICS,
        description=f"how the reference is sampled: {_SAMPLERS}; a surrogate is always run by molecular dynamics",
    )
    multiple_time_steps: MultipleTimeStepsSection | None = Field(
        default=None, description="a table with engine and inner_steps, for multiple time steps"
    )

    @model_validator(mode="after")
    def _something_left(self) -> Self:
        if self.discard >= self.steps:
            raise ContradictionError(
                f"discards {self.discard} of {self.steps} steps, which leaves nothing to average",
                "Let discard be smaller than steps.",
            )
        if self.beads > 1 and self.ensemble is Ensemble.NVE:
            raise ContradictionError(
                'asks for beads of a path integral with ensemble "nve"', 'Let ensemble be "npt" or "nvt".'
            )
        given = self.multiple_time_steps is not None
        if (self.sampler is Sampler.MULTIPLE_TIME_STEPS) != given:
            raise ContradictionError(
                f'has sampler = "{self.sampler}" and {"a" if given else "no"} table multiple_time_steps',
                f'Give both sampler = "{Sampler.MULTIPLE_TIME_STEPS}" and [dynamics.multiple_time_steps], or neither.',
            )
        if self.multiple_time_steps is not None:
            self._check_inner_steps(self.multiple_time_steps.inner_steps)
            if self.beads > 1:
                raise ContradictionError(
                    f'asks for {self.beads} beads of a path integral with sampler = "{self.sampler}"',
                    "Take one of the two.",
                )
        return self

    def positions_interval(self, *, reference: bool) -> int:
        """Return after how many steps of a side's engine positions are stored: after the same time on both sides.

        Args:
            reference: whether the side is the reference, whose steps may be made of inner ones.
        """
        steps = self.steps_of_engine(self.positions_every, reference=True)
        return steps if reference else steps * self._made_of(reference=True)

    def _check_inner_steps(self, inner: int) -> None:
        """Refuse steps that a vibration of hydrogen does not bear."""
        mass_u = HYDROGEN_MASS_U if self.isotope is None else self.isotope.mass_u
        longest_fs = LONGEST_STEP_FS * math.sqrt(mass_u / HYDROGEN_MASS_U)
        timestep_fs = LONGEST_TIMESTEP_FS if self.timestep_fs == "auto" else self.timestep_fs
        if inner * timestep_fs > longest_fs:
            raise ContradictionError(
                f"asks for up to {inner * timestep_fs:.3g} fs from one force of the reference to the next: beyond "
                f"{longest_fs:.2g} fs the correction drives the vibration of the molecules",
                f"Let multiple_time_steps.inner_steps be at most {max(2, int(longest_fs / timestep_fs))}, or "
                "timestep_fs smaller.",
            )

    def steps_of_engine(self, steps: int, *, reference: bool) -> int:
        """Return in how many steps of a side's engine a number of time steps is done, rounded up.

        Args:
            steps: of ``timestep_fs``.
            reference: whether the side is the reference, whose steps may be made of inner ones.
        """
        return -(-steps // self._made_of(reference=reference))

    def discard_of_engine(self, steps: int, *, reference: bool) -> int:
        """Return how many steps of a side's engine are discarded where the first time steps are to be.

        Rounded down, as :meth:`steps_of_engine` is rounded up: no less is averaged than was asked for.
        """
        return steps // self._made_of(reference=reference)

    def _made_of(self, *, reference: bool) -> int:
        return self.multiple_time_steps.inner_steps if reference and self.multiple_time_steps is not None else 1
