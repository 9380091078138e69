"""``[reference]``, ``[surrogate]``, ``[verdict]``, ``[execution]``: who computes, what is the same, and where."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, Field, WithJsonSchema, model_serializer, model_validator

from llpt.audit import Thresholds
from llpt.dft.settings import KohnShamOptions
from llpt.engines import BUILT_IN, TRAINED_HERE, find_engine
from llpt.errors import InputError, PluginError
from llpt.mlp.training.settings import TrainingSettings
from llpt.options import GivenValue  # noqa: TC001 - pydantic reads it
from llpt.study.derived import section_of
from llpt.study.pulse import LEAST_S, TIMES_LONGER
from llpt.study.sections import (
    K_RANGE,
    AtomCount,
    ContradictionError,
    Float,
    Int,
    Section,
    StepCount,
    TemperatureK,
    Threads,
    TimestepFs,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pydantic import SerializerFunctionWrapHandler


def _known(spec: str) -> str:
    """Refuse an engine that is not here; what follows its colon is looked at before anything runs."""
    try:
        find_engine(spec)
    except PluginError as error:
        raise ContradictionError(f'asks for engine "{spec}". {error.cause.removesuffix(".")}', error.remedy) from error
    except InputError as error:
        raise ContradictionError(f'asks for engine "{spec}", which there is not', error.remedy) from error
    return spec


def _spec_schema(words: Iterable[str]) -> WithJsonSchema:
    """Return the schema of a SPEC: editors offer the words, and let pass what else there is on some machine."""
    return WithJsonSchema({"anyOf": [{"enum": list(words)}, {"type": "string", "minLength": 1}]})


EngineSpec = Annotated[
    str,
    Field(min_length=1),
    AfterValidator(_known),
    _spec_schema(name for name, record in BUILT_IN.items() if not record.argument),
]
"""An engine by its SPEC, which is here."""


def _known_or_trained(spec: str) -> str:
    return spec if spec in TRAINED_HERE else _known(spec)


def _listed(specs: Iterable[str]) -> str:
    """Return SPECs as a study file writes them: ``"dft", "vasp" or "mace:FILE"``."""
    *others, last = (f'"{spec}"' for spec in specs)
    return f"{', '.join(others)} or {last}" if others else last


class NamedEngine(Section):
    """What ``[reference]`` begins with."""

    engine: EngineSpec = Field(description=f"an engine: {_listed(record.grammar for record in BUILT_IN.values())}")


if TYPE_CHECKING:

    class DftKeys(NamedEngine):
        """The options of engine ``dft`` as keys, which other plane-wave codes share as far as they have them."""
else:
    # The electrons' temperature is a key of its own, for it may follow the ions'; how a geometry is solved follows
    # from what the engine is made for.
    DftKeys = section_of(
        KohnShamOptions, "DftKeys", base=NamedEngine, without=("electronic_temperature_k", "convergence")
    )


class ReferenceSection(DftKeys):
    """``[reference]``: the theory the surrogate was, or is, trained on."""

    electronic_temperature: TemperatureK | Literal["ionic"] = Field(
        default="ionic", description=f'"ionic" (that of the ions), or a temperature in K {K_RANGE}'
    )
    threads: Threads = "auto"
    options: dict[str, GivenValue] = Field(
        default_factory=dict, description="a table of further options, handed to the engine as they are"
    )

    def engine_options(self) -> dict[str, GivenValue]:
        """Return what ``make_engine`` is told, without the electronic temperature, which belongs to each run."""
        given = self.model_dump(mode="json", include=set(DftKeys.model_fields) - {"engine"}, exclude_none=True)
        return {**given, **self.options}

    @property
    def thermal(self) -> bool:
        """Whether the engine's electrons have a temperature."""
        return find_engine(self.engine).thermal


class ExtraRuns(Section):
    """``[[surrogate.extra]]``: every state once more, surrogate alone, in a cell the reference cannot afford."""

    atoms: AtomCount = Field(description="a number of atoms, whole and at least 2")
    steps: StepCount | None = Field(default=None, description="a number of MD steps, at least 1")
    discard: Annotated[Int, Field(ge=0)] | None = Field(default=None, description="the first steps left out, 0 or more")
    timestep_fs: TimestepFs | None = Field(default=None, description="a time step in fs from 0.001 to 20")


class TakenFrames(Section):
    """What ``[surrogate.training]`` begins with."""

    frames: Int = Field(default=400, ge=20, description="how many frames are taken from the runs, at least 20")
    rattled: Int = Field(
        default=40,
        ge=0,
        le=100_000,
        description="how many of their snapshots are displaced, strained and labelled anew, 0 to 100000",
    )


if TYPE_CHECKING:

    class FitKeys(TakenFrames):
        """The settings of a fit as keys."""

        functions_from: Path | None = None
        max_seconds: float | None = None
else:
    # Its random numbers follow from those of the study.
    FitKeys = section_of(TrainingSettings, "FitKeys", base=TakenFrames, without=("seed",))

_KEPT_WHEN_LEFT_OUT = frozenset(
    {
        "energy_scale_ev_per_atom",
        "force_scale_ev_per_angstrom",
        "forces_per_frame",
        "hidden_nodes",
        "iterations",
        "largest_cutoff_bohr",
        "max_seconds",
        "members",
        "moment_functions",
        "stress_scale_gpa",
        "symmetry_functions",
        "test_fraction",
        "validation_fraction",
    }
)
"""Keys that jobs hold as null where a study leaves them out; the ledger knows a job by its text, so this stays."""


class TrainingSection(FitKeys):
    """``[surrogate.training]``: how the network is fitted to the reference runs; what is left out is the fit's own."""

    @model_serializer(mode="wrap")
    def _as_jobs_hold_it(self, write: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Return the keys that were given, and those that have always been there."""
        always = _KEPT_WHEN_LEFT_OUT | set(TakenFrames.model_fields)
        return {key: value for key, value in write(self).items() if key in always or key in self.model_fields_set}

    def fit_settings(self, *, seed: int) -> TrainingSettings:
        """Return the settings of the fit; None stands where the fit allows it and the study asks for it.

        Args:
            seed: of the split, the weights and every other random choice.
        """
        given = {key: getattr(self, key) for key in self.model_fields_set - set(TakenFrames.model_fields)}
        asked = {key: value for key, value in given.items() if value is not None or key not in _KEPT_WHEN_LEFT_OUT}
        return TrainingSettings(**asked, seed=seed)


class SurrogateSection(Section):
    """``[surrogate]``: the potential under audit."""

    engine: Annotated[str, Field(min_length=1), AfterValidator(_known_or_trained), _spec_schema(TRAINED_HERE)] = Field(
        description=f"{_listed(TRAINED_HERE)} (trained here, or in a directory), or an engine: "
        f"{_listed(record.grammar for record in BUILT_IN.values() if record.argument)}",
    )
    train: Literal["reference"] | None = Field(
        default=None, description='"reference": fit to the reference runs of this study'
    )
    path: str | None = Field(default=None, min_length=1, description="the file or directory of an existing potential")
    runs: Literal["states", "imported"] = Field(
        default="states",
        description='"states": its runs follow [system], [state] and [dynamics]; "imported": every imported run of the '
        "reference once more, from its first frame, under its own protocol",
    )
    repeats: Annotated[Int, Field(ge=1, le=100)] | None = Field(
        default=None,
        description="how often its ladders are walked, 1 to 100; as often as those of the reference "
        "([dynamics] repeats) where it is left out",
    )
    extra: tuple[ExtraRuns, ...] = Field(default=(), description="tables [[surrogate.extra]], each with atoms")
    training: TrainingSection = Field(default=TrainingSection(), description="a table [surrogate.training]")
    threads: Threads = "auto"
    options: dict[str, GivenValue] = Field(
        default_factory=dict, description="a table of options, handed to the engine as they are"
    )

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if self.train is not None and self.path is not None:
            raise ContradictionError(
                "gives both train and path", "Give one: a potential is either trained here or read."
            )
        trained = self.engine in TRAINED_HERE
        if self.train is not None and not trained:
            raise ContradictionError(
                f'asks to train engine "{self.engine}"', f"Only {_listed(TRAINED_HERE)} is trained here."
            )
        if trained and self.train is None and self.path is None:
            raise ContradictionError(
                f'does not say where the potential of engine "{self.engine}" comes from',
                'Give train = "reference", or path = "DIR" of an existing potential.',
            )
        if self.runs == "imported" and (self.train is not None or self.extra or self.repeats is not None):
            raise ContradictionError(
                'gives runs = "imported" beside train, extra or repeats',
                "Remove one: these runs are made by no other rule.",
            )
        if self.path is not None and ":" in self.engine:
            raise ContradictionError(f'gives a path beside engine "{self.engine}"', "Name the file once.")
        return self

    def spec(self, model: str) -> str:
        """Return the SPEC of the engine that runs the surrogate.

        Args:
            model: directory of the potential where it is trained here.
        """
        where = model if self.train is not None else self.path
        if where is None:
            return self.engine
        return TRAINED_HERE[self.engine].spec(where) if self.engine in TRAINED_HERE else f"{self.engine}:{where}"


class VerdictSection(Thresholds, Section):
    """``[verdict]``: thresholds fixed before the runs and kept in the verdict."""

    def thresholds(self) -> Thresholds:
        """Return the same as the audit takes it."""
        return Thresholds(**self.model_dump())


class ProviderKind(StrEnum):
    """Where runs are executed."""

    LOCAL = "local"
    SLURM = "slurm"
    PBS = "pbs"
    KUBERNETES = "kubernetes"


class ExecutionSection(Section):
    """``[execution]``: this machine, or a scheduler through Parsl."""

    where: ProviderKind = Field(default=ProviderKind.LOCAL, description='"local", "slurm", "pbs" or "kubernetes"')
    cores: Annotated[Int, Field(ge=1, le=100_000)] | Literal["auto"] = Field(
        default="auto",
        description='cores of this machine, or of a node, that this study may use at once, at least 1, or "auto" (all)',
    )
    gpus: Int = Field(
        default=0,
        ge=0,
        le=64,
        description="graphics processors of this machine, or of a node, that the study may use: one for each run whose "
        "engine has device cuda; 0 leaves it to the engine",
    )
    memory_gib: Annotated[Float, Field(gt=0.0, le=100_000.0)] | None = Field(
        default=None, description="memory that a run needs in GiB, for a scheduler; above 0"
    )
    reserve_s: Annotated[Float, Field(ge=1.0)] | Literal["auto"] = Field(
        default="auto",
        description="seconds before the end of a block of nodes at which its runs write a checkpoint, at least 1; "
        '"auto": 5 % of the walltime, from 30 to 600',
    )
    retries: Int = Field(default=0, ge=0, le=100, description="how often a failed or lost run is tried again, 0 to 100")
    stall_s: Annotated[Float, Field(ge=1.0)] | Literal["auto"] = Field(
        default="auto",
        description="seconds without a sign of life after which a run is taken to hang, at least 1; "
        f'"auto": {TIMES_LONGER:g} times its longest pause before, at least {LEAST_S:g}',
    )
    provider: dict[str, GivenValue] = Field(
        default_factory=dict,
        description="a table of options of Parsl's provider: account, partition or queue, walltime, max_blocks, "
        "worker_init …",
    )

    @model_validator(mode="after")
    def _provider_is_meant(self) -> Self:
        if self.provider and self.where is ProviderKind.LOCAL:
            raise ContradictionError('gives a table provider beside where = "local"', "Remove one of the two.")
        return self
