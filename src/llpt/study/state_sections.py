"""``[state]``: the lines of states of a study: isobars, isochores and isotherms."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, Self

from pydantic import Field, model_validator

from llpt.campaign import ThermodynamicState
from llpt.study.sections import (
    DENSITIES_GCC,
    GCC_RANGE,
    GPA_RANGE,
    K_RANGE,
    PRESSURES_GPA,
    RADII_BOHR,
    RADIUS_RANGE,
    TEMPERATURES_K,
    AtomCounts,
    Bool,
    ContradictionError,
    DensityGcc,
    PressureGpa,
    Pressures,
    Section,
    TemperatureK,
    Temperatures,
    WignerSeitzRadius,
    one_or_more,
)

Densities = Annotated[
    tuple[DensityGcc, ...],
    one_or_more(DensityGcc),
    Field(min_length=1, description=DENSITIES_GCC),
]
Radii = Annotated[
    tuple[WignerSeitzRadius, ...],
    one_or_more(WignerSeitzRadius),
    Field(min_length=1, description=RADII_BOHR),
]


class LineSection(Section, ABC):
    """One line of states with its own points, and its own sizes where they differ."""

    atoms: AtomCounts | None = Field(default=None, description="numbers of atoms for this line alone, each at least 2")

    @property
    @abstractmethod
    def states(self) -> tuple[ThermodynamicState, ...]:
        """Its points by rising temperature, or on an isotherm by rising pressure or density."""

    @property
    def name(self) -> str:
        """What the line is called in paths, e.g. ``P200`` or ``T1000``."""
        return self.states[0].line

    @property
    def holds_pressure(self) -> bool:
        """Whether its runs are at held pressures; else their volumes are held."""
        return self.states[0].pressure_gpa is not None


class StateLine(LineSection):
    """``[[state.isobars]]`` and ``[[state.isochores]]``: a pressure or a density, and temperatures."""

    pressure_gpa: PressureGpa | None = Field(default=None, description=f"a pressure in GPa, {GPA_RANGE}")
    density_gcc: DensityGcc | None = Field(default=None, description=f"a density in g/cm³, {GCC_RANGE}")
    rs: WignerSeitzRadius | None = Field(default=None, description=f"a Wigner–Seitz radius in bohr, {RADIUS_RANGE}")
    temperatures_k: Temperatures
    melting_temperature_k: TemperatureK | None = Field(
        default=None,
        description="a melting temperature in K to mark in the figures, above 0; nothing is computed from it; "
        "left out: where natural hydrogen was measured to melt",
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

    @property
    def states(self) -> tuple[ThermodynamicState, ...]:
        """Its points by rising temperature."""
        return tuple(self._at(temperature) for temperature in sorted(self.temperatures_k))

    def _at(self, temperature_k: float) -> ThermodynamicState:
        if self.pressure_gpa is not None:
            return ThermodynamicState.at_pressure(self.pressure_gpa, temperature_k)
        if self.rs is not None:
            return ThermodynamicState.at_wigner_seitz_radius(self.rs, temperature_k)
        assert self.density_gcc is not None
        return ThermodynamicState.at_density(self.density_gcc, temperature_k)


class IsothermSection(LineSection):
    """``[[state.isotherms]]``: a temperature, and pressures (NPT), densities or Wigner–Seitz radii (NVT, NVE)."""

    temperature_k: TemperatureK = Field(description=f"a temperature in K, {K_RANGE}")
    pressures_gpa: Pressures | None = Field(default=None, description=PRESSURES_GPA)
    densities_gcc: Densities | None = Field(default=None, description=DENSITIES_GCC)
    rs: Radii | None = Field(default=None, description=RADII_BOHR)

    @model_validator(mode="after")
    def _one_condition(self) -> Self:
        given = [name for name in ("pressures_gpa", "densities_gcc", "rs") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ContradictionError(
                f"gives {' and '.join(given) or 'neither pressures nor densities'} on one isotherm",
                "Give exactly one of pressures_gpa, densities_gcc and rs.",
            )
        return self

    @property
    def states(self) -> tuple[ThermodynamicState, ...]:
        """Its points by rising pressure or density, so that radii fall."""
        temperature = self.temperature_k
        found = [
            *(ThermodynamicState.at_pressure(value, temperature) for value in self.pressures_gpa or ()),
            *(ThermodynamicState.at_density(value, temperature) for value in self.densities_gcc or ()),
            *(ThermodynamicState.at_wigner_seitz_radius(value, temperature) for value in self.rs or ()),
        ]
        return tuple(sorted((state.along_isotherm() for state in found), key=lambda state: state.coordinate))


class StateSection(Section):
    """``[state]``: pressures (NPT) or densities (NVT, NVE) with the same temperatures, or lines one by one."""

    pressures_gpa: Pressures | None = Field(default=None, description=PRESSURES_GPA)
    densities_gcc: Densities | None = Field(default=None, description=DENSITIES_GCC)
    rs: Radii | None = Field(default=None, description=RADII_BOHR)
    temperatures_k: Temperatures | None = Field(default=None, description=TEMPERATURES_K)
    isobars: tuple[StateLine, ...] = Field(default=(), description="tables [[state.isobars]], one for each isobar")
    isochores: tuple[StateLine, ...] = Field(
        default=(), description="tables [[state.isochores]], one for each isochore"
    )
    isotherms: tuple[IsothermSection, ...] = Field(
        default=(), description="tables [[state.isotherms]], one for each isotherm"
    )
    density_rises: Bool = Field(
        default=True,
        description="true or false: whether the density rises on heating through the transition, as where hydrogen "
        "dissociates; false for boiling or melting",
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        lists = [name for name in ("pressures_gpa", "densities_gcc", "rs") if getattr(self, name) is not None]
        tables = [f"[[state.{name}]]" for name in ("isobars", "isochores", "isotherms") if getattr(self, name)]
        if tables:
            if lists or self.temperatures_k is not None:
                raise ContradictionError(
                    f"gives both {tables[0]} and lists of its own",
                    "Say every line of states once: in the lists, or in tables of its own.",
                )
            if any(line.pressure_gpa is not None for line in self.isochores):
                raise ContradictionError(
                    "gives a pressure to one of [[state.isochores]]", "Give density_gcc or rs, or make it an isobar."
                )
            return self
        if len(lists) != 1:
            raise ContradictionError(
                f"gives {' and '.join(lists) or 'neither pressures nor densities'} to say where its lines lie",
                "Give exactly one of pressures_gpa, densities_gcc, rs, or tables [[state.isobars]], "
                "[[state.isochores]] and [[state.isotherms]].",
            )
        if self.temperatures_k is None:
            raise ContradictionError("gives no temperatures_k", "Give it, e.g. temperatures_k = [800, 1000].")
        return self

    def lines(self) -> tuple[LineSection, ...]:
        """Return every line of states on its own."""
        keys: dict[str, tuple[float, ...] | None] = {
            "pressure_gpa": self.pressures_gpa,
            "density_gcc": self.densities_gcc,
            "rs": self.rs,
        }
        listed = (
            StateLine.model_validate({key: value, "temperatures_k": self.temperatures_k})
            for key, values in keys.items()
            for value in values or ()
        )
        return (*listed, *self.isobars, *self.isochores, *self.isotherms)
