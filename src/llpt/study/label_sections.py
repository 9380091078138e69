"""``[bridge]`` and ``[budget]``: which snapshots are labelled by whom, so that a shift can be explained in kelvin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from llpt.options import GivenValue  # noqa: TC001 - pydantic reads it
from llpt.study.engine_sections import EngineSpec  # noqa: TC001
from llpt.study.kpoints import finer_mesh
from llpt.study.sections import (
    AtomCounts,
    Bool,
    ContradictionError,
    Float,
    Int,
    Pressures,
    Section,
    TemperatureK,
    Temperatures,
    one_or_more,
)

if TYPE_CHECKING:
    from llpt.options import OptionValue

KPOINTS = "kpoints-"
"""What the name of a choice begins with that is another mesh of k-points."""
DERIVATIVE_POINTS = 9
"""Single points on a snapshot whose energy is differentiated: where it is, on either side of it, smaller and larger."""
AS_IT_IS = "as-it-is"
"""The folder of the reference's own fresh labels, beside those of every choice."""


class LabelledStates(Section):
    """Snapshots of which runs, and how many of each."""

    snapshots: Int = Field(
        default=24, ge=8, le=100_000, description="snapshots of each run, evenly from what is kept of it, at least 8"
    )
    pressures_gpa: Pressures | None = Field(default=None, description="pressures in GPa out of the study's own")
    atoms: AtomCounts | None = Field(default=None, description="numbers of atoms out of the study's own")
    temperatures_k: Temperatures | None = Field(default=None, description="temperatures in K out of the study's own")

    def takes(self, *, pressure_gpa: float | None, atoms: int, temperature_k: float) -> bool:
        """Return whether runs of a state and size are labelled.

        Args:
            pressure_gpa: of the state; None at constant volume.
            atoms: size of the cell.
            temperature_k: of the state.
        """
        limits: tuple[tuple[tuple[float, ...] | None, float | None], ...] = (
            (self.pressures_gpa, pressure_gpa),
            (self.atoms, atoms),
            (self.temperatures_k, temperature_k),
        )
        return all(allowed is None or value in allowed for allowed, value in limits)


Coupling = Annotated[Float, Field(gt=0.0, lt=1.0)]


class BridgeSection(LabelledStates):
    """``[bridge]``: snapshots of both sides' runs, each labelled with the engine that did not drive it."""

    derivatives: Int = Field(
        default=2,
        ge=0,
        le=1000,
        description="snapshots of each run, 0 to 1000, on which the engine's forces and pressure are held against "
        "differences of its energy: nine single points each",
    )
    couplings: Annotated[tuple[Coupling, ...], one_or_more(Coupling)] = Field(
        default=(),
        description="couplings between 0 (surrogate) and 1 (reference): at each, a run with the forces of both mixed",
    )


class BudgetChoice(Section):
    """``[[budget.choices]]``: one change to the reference."""

    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9._-]*$", description="small letters, digits and dashes, e.g. kpoints-3x3x3"
    )
    options: dict[str, GivenValue] = Field(
        default_factory=dict, description="options of the reference's engine that take the place of its own"
    )
    engine: EngineSpec | None = Field(
        default=None, description="another engine in its place, as in [reference]; it gets these options alone"
    )

    electronic_temperature: TemperatureK | Literal["ionic"] | None = Field(
        default=None, description='temperature of the electrons: "ionic", or K above 0 (100 for the ground state)'
    )

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.name == AS_IT_IS or not (self.options or self.engine or self.electronic_temperature):
            raise ContradictionError(
                f'asks in budget.choices for "{self.name}", which changes nothing',
                "Give options, another engine, or electronic_temperature.",
            )
        return self

    def changed(self, temperature_k: float) -> dict[str, GivenValue]:
        """Return the options that take the place of the reference's own.

        Args:
            temperature_k: of the run whose snapshots are labelled.
        """
        if self.electronic_temperature is None:
            return dict(self.options)
        electrons = temperature_k if self.electronic_temperature == "ionic" else self.electronic_temperature
        return {**self.options, "electronic_temperature_k": electrons}


class BudgetSection(LabelledStates):
    """``[budget]``: snapshots of the reference's runs of both phases, labelled as it is and with each change to it."""

    kpoints: Bool = Field(
        default=True,
        description="true or false; true adds twice as fine a mesh of k-points, where the reference has one",
    )
    choices: tuple[BudgetChoice, ...] = Field(default=(), description="tables [[budget.choices]], each one change")

    def all_choices(self, kpoints: OptionValue) -> tuple[BudgetChoice, ...]:
        """Return every choice, the finer mesh of k-points first.

        Args:
            kpoints: of the reference; None where it has none.
        """
        finer = finer_mesh(str(kpoints)) if self.kpoints and kpoints is not None else None
        if finer is None:
            return self.choices
        name = f"{KPOINTS}{finer.replace(':', '-')}"
        if name in {choice.name for choice in self.choices}:
            return self.choices
        return (BudgetChoice(name=name, options={"kpoints": finer}), *self.choices)

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [choice.name for choice in self.choices]
        if len(set(names)) < len(names):
            raise ContradictionError("gives two of budget.choices one name", "Give each a name of its own.")
        return self
