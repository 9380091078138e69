"""``[tests]``: controlled tests, each of which adds matched runs that change one thing.

Every test takes the same limits: the pressures, sizes and temperatures it is confined to (all of the study's where
they are left out) and the engines it is done with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, Strict, model_validator

from llpt.dft.settings import CutoffRy, FunctionalName, KpointSampling  # noqa: TC001 - pydantic reads them
from llpt.dynamics import Ensemble, Isotope, Thermostat
from llpt.dynamics.integrators import ASE, SecondCode
from llpt.engines import engine_folder
from llpt.options import GivenValue  # noqa: TC001
from llpt.study.engine_sections import EngineSpec  # noqa: TC001
from llpt.study.sections import (
    K_RANGE,
    AtomCounts,
    BeadCount,
    Bool,
    ContradictionError,
    Float,
    Int,
    Pressures,
    Section,
    StepCount,
    TemperatureK,
    Temperatures,
    one_or_more,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import UnionType

Engines = Literal["both", "reference", "surrogate"]


class MatchedRunsSection(Section):
    """What every controlled test that adds matched runs may be confined to."""

    pressures_gpa: Pressures | None = Field(default=None, description="pressures in GPa out of the study's own")
    atoms: AtomCounts | None = Field(default=None, description="numbers of atoms out of the study's own")
    temperatures_k: Temperatures | None = Field(default=None, description="temperatures in K, each above 0")
    engines: Engines = Field(default="both", description='"both", "reference" or "surrogate"')


class DurationTest(MatchedRunsSection):
    """Does a longer run change the answer? Sequential runs, each going on from the end of the one before."""

    repeats: Int = Field(default=6, ge=2, le=1000, description="sequential runs in all, the first included; 2 to 1000")
    steps: StepCount | None = Field(default=None, description="MD steps of each further run, at least 1")


class CoolingTest(MatchedRunsSection):
    """Does the path matter? A ladder that goes down from the hot end of the heating ladder."""

    steps: StepCount | None = Field(default=None, description="MD steps of each run on the way down, at least 1")


class DecompressionTest(MatchedRunsSection):
    """Does the path matter? A ladder that goes down each isotherm from its dense end."""

    steps: StepCount | None = Field(default=None, description="MD steps of each run on the way down, at least 1")


class RampTest(MatchedRunsSection):
    """Does the rate matter? Ladders up and down with runs of other lengths: loops at several rates."""

    steps: Annotated[tuple[StepCount, ...], one_or_more(StepCount)] = Field(
        min_length=1, description="MD steps of each run, a number or a list of them; each is a loop of its own"
    )


class FixedElectronicTemperatureTest(MatchedRunsSection):
    """Does the electrons' temperature matter? The same ladder with T_el held at one value."""

    temperature_k: TemperatureK = Field(description=f"the electrons' temperature in K, {K_RANGE}")
    engines: Literal["reference"] = Field(
        default="reference", description='"reference": only its electrons have a temperature'
    )


class StartTest(MatchedRunsSection):
    """Does the start matter? Every temperature on its own from the other fluid."""

    start: Literal["molecular", "atomic"] = Field(default="atomic", description='"molecular" or "atomic"')


class EnsembleTest(MatchedRunsSection):
    """Does the ensemble matter? The mean volume of the NPT run held fixed."""

    ensemble: Ensemble = Field(default=Ensemble.NVT, description='"nvt" or "nve"')


class ThermostatTest(MatchedRunsSection):
    """Does the thermostat matter? The same ladders with another one."""

    thermostat: Literal[Thermostat.SVR, Thermostat.LANGEVIN] = Field(
        default=Thermostat.LANGEVIN, description='"svr" or "langevin"'
    )


class BarostatTest(MatchedRunsSection):
    """Does the barostat matter? The same ladder with another inertia of the piston."""

    barostat_time_fs: Float = Field(ge=1.0, le=1e6, description="a time in fs from 1 to 1000000")


class IntegratorTest(MatchedRunsSection):
    """Does the dynamics code matter? The same ladder by ASE: Nosé–Hoover chains, Martyna–Tobias–Klein barostat."""

    integrator: SecondCode = Field(
        default=ASE.name, description=f'"{ASE.name}", or that of an engine with dynamics of its own'
    )
    thermostat_time_fs: Annotated[Float, Field(ge=1.0, le=1e5)] | None = Field(
        default=None, description="a time in fs from 1 to 100000; that of the study where it is left out"
    )


class TimestepTest(MatchedRunsSection):
    """Does the time step matter? The same time covered in smaller or larger steps."""

    factor: Float = Field(default=0.5, gt=0.0, le=4.0, description="what the time step is multiplied by, 0 to 4")


class BeadsTest(MatchedRunsSection):
    """Do quantum nuclei matter, or the number of beads? The same ladders with another number."""

    beads: BeadCount


class IsotopeTest(MatchedRunsSection):
    """Does the isotope matter? The same ladders with nuclei of another mass."""

    isotope: Isotope = Field(description='"D" or "T"')


class CutoffTest(MatchedRunsSection):
    """Does the plane-wave cutoff matter? The same ladders with another one."""

    ecut_ry: Annotated[CutoffRy, Strict()]
    engines: Literal["reference"] = Field(default="reference", description='"reference": only it has plane waves')


class KpointsTest(MatchedRunsSection):
    """Does the sampling of the Brillouin zone matter? The same ladders with another one."""

    kpoints: KpointSampling = "gamma"
    engines: Literal["reference"] = Field(default="reference", description='"reference": only it has k-points')


class FunctionalTest(MatchedRunsSection):
    """Does the functional matter? The same ladders with another one."""

    xc: FunctionalName
    engines: Literal["reference"] = Field(default="reference", description='"reference": only it has a functional')


class EngineTest(MatchedRunsSection):
    """Does the code matter? The reference once more with another program."""

    engine: EngineSpec = Field(description="an engine, as in [reference]")
    options: dict[str, GivenValue] = Field(default_factory=dict, description="options of that engine alone")
    engines: Literal["reference"] = Field(default="reference", description='"reference"')


class SnapshotTest(Section):
    """Do the forces depend on the electrons' temperature? Single points of the reference's own snapshots at several."""

    snapshots: Int = Field(
        default=35, ge=1, le=100_000, description="snapshots in all, at least 1, evenly from the reference's own runs"
    )
    electronic_temperatures_k: Temperatures = Field(
        default=tuple(float(value) for value in range(600, 3001, 300)),
        description="the electrons' temperatures in K, the reference temperature among them",
    )
    reference_temperature_k: TemperatureK = Field(
        default=600.0, description="the electrons' temperature in K that changes are counted from"
    )

    @model_validator(mode="after")
    def _has_its_reference(self) -> Self:
        if self.reference_temperature_k not in self.electronic_temperatures_k:
            raise ContradictionError(
                f"counts changes from {self.reference_temperature_k:g} K in snapshots, but does not compute it",
                f"Add {self.reference_temperature_k:g} to electronic_temperatures_k.",
            )
        return self


def _switched(value: Any) -> Any:
    if value is True:
        return {}
    return None if value is False else value


def _switch(test: type[Section]) -> BeforeValidator:
    """Read ``true`` as a test with its defaults and ``false`` as none."""
    kind: Any = bool | test
    return BeforeValidator(_switched, json_schema_input_type=kind)


def _lone(key: str, kind: type | UnionType) -> Callable[[Any], Any]:
    """Return what reads a lone value as the one thing that a test changes."""
    return lambda value: {key: value} if isinstance(value, kind) and not isinstance(value, bool) else value


def needs_plain_steps(test: MatchedRunsSection) -> bool:
    """Whether a test cannot be done with a reference whose steps are made of inner ones.

    Args:
        test: another code that moves the atoms, or path integrals.
    """
    return isinstance(test, IntegratorTest) or (isinstance(test, BeadsTest) and test.beads > 1)


OTHER_NODES = frozenset({"size", "snapshots"})
"""Tests that add no ladder: one compares what is there, the other is a node of single points."""


class ControlledTestsSection(Section):
    """``[tests]``: which controlled tests the study does."""

    size: Bool = Field(
        default=False, description="true or false; true compares the sizes of system.atoms: nothing is added"
    )
    duration: Annotated[DurationTest | None, _switch(DurationTest)] = Field(
        default=None, description="true, false, or a table with repeats, steps and limits"
    )
    cooling: Annotated[CoolingTest | None, _switch(CoolingTest)] = Field(
        default=None, description="true, false, or a table with temperatures_k, steps and limits"
    )
    decompression: Annotated[DecompressionTest | None, _switch(DecompressionTest)] = Field(
        default=None, description="true, false, or a table with pressures_gpa, steps and limits: the way down isotherms"
    )
    ramp: RampTest | None = Field(
        default=None, description="a table with steps (one or more) and limits: loops of ways up and down"
    )
    fixed_electronic_temperature: Annotated[
        FixedElectronicTemperatureTest | None,
        BeforeValidator(
            _lone("temperature_k", int | float), json_schema_input_type=TemperatureK | FixedElectronicTemperatureTest
        ),
    ] = Field(default=None, description="a temperature in K above 0, or a table with temperature_k and limits")
    start: Annotated[StartTest | None, _switch(StartTest)] = Field(
        default=None, description="true, false, or a table with start and limits"
    )
    ensemble: Annotated[EnsembleTest | None, _switch(EnsembleTest)] = Field(
        default=None, description="true, false, or a table with ensemble and limits"
    )
    thermostat: Annotated[ThermostatTest | None, _switch(ThermostatTest)] = Field(
        default=None, description="true, false, or a table with thermostat and limits"
    )
    barostat: BarostatTest | None = Field(default=None, description="a table with barostat_time_fs and limits")
    integrator: Annotated[IntegratorTest | None, _switch(IntegratorTest)] = Field(
        default=None, description="true, false, or a table with limits: the same ladder by another dynamics code"
    )
    timestep: Annotated[TimestepTest | None, _switch(TimestepTest)] = Field(
        default=None, description="true, false, or a table with factor and limits"
    )
    beads: Annotated[BeadsTest | None, BeforeValidator(_lone("beads", int), json_schema_input_type=int | BeadsTest)] = (
        Field(default=None, description="a number of beads, 1 for classical nuclei, or a table with beads and limits")
    )
    isotope: Annotated[
        IsotopeTest | None, BeforeValidator(_lone("isotope", str), json_schema_input_type=Isotope | IsotopeTest)
    ] = Field(default=None, description='"D", "T", or a table with isotope and limits')
    cutoff: CutoffTest | None = Field(default=None, description="a table with ecut_ry and limits")
    kpoints: Annotated[KpointsTest | None, _switch(KpointsTest)] = Field(
        default=None, description="true, false, or a table with kpoints and limits"
    )
    functional: FunctionalTest | None = Field(default=None, description="a table with xc and limits")
    snapshots: Annotated[SnapshotTest | None, _switch(SnapshotTest)] = Field(
        default=None,
        description="true, false, or a table with snapshots, electronic_temperatures_k and reference_temperature_k",
    )
    engine: Annotated[tuple[EngineTest, ...], one_or_more(EngineTest)] = Field(
        default=(), description="a table with engine, options and limits, or several: [[tests.engine]]"
    )

    @model_validator(mode="after")
    def _only_what_changes(self) -> Self:
        if self.ensemble is not None and self.ensemble.ensemble is Ensemble.NPT:
            raise ContradictionError(
                'asks in ensemble for "npt"', 'Give "nvt" or "nve": the test must change something.'
            )
        folders = [engine_folder(each.engine) for each in self.engine]
        twice = next((name for name in folders if folders.count(name) > 1), None)
        if twice is not None:
            raise ContradictionError(
                f"asks in engine for {twice} twice", "Give it once, with all its sizes and temperatures."
            )
        return self

    def asked(self) -> list[tuple[str, MatchedRunsSection]]:
        """Return the tests that add ladders, each with its name."""
        named = {name: getattr(self, name) for name in type(self).model_fields if name not in OTHER_NODES}
        several = {name: test if isinstance(test, tuple) else (test,) for name, test in named.items()}
        return [(name, test) for name, tests in several.items() for test in tests if test is not None]
