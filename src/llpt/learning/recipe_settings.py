"""What a training recipe is asked to do."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Self

from pydantic import Field, model_validator

from llpt.mlp import TrainingSettings
from llpt.options import Settings


class Recipe(StrEnum):
    """Where the structures come from that a potential is trained on."""

    SMALL_CELLS = "small-cells"
    """The published way (Cheng et al., Nature 585, 217, 2020): random cells of 8–24 atoms, dynamics of small cells
    driven by the potential of the generation before, frames taken evenly in time."""
    ACTIVE = "active"
    """Random small cells first, then dynamics of cells and conditions of the study: of each run's frames those on whose
    forces a committee disagrees most, and frames of the reference's own dynamics that begin there."""


_FIT = TrainingSettings(
    energy_scale_ev_per_atom=0.02,
    stress_scale_gpa=6.0,
    phase_bias_scale_ev_per_atom=0.01,
    forces_per_frame=128,
    patience=24,
)
"""Labels of a recipe's cells carry the noise of their k-points, 5–15 meV/atom and 1–2 GPa: with the scales of long runs
of large cells a network learns that noise and stops before it knows the forces (docs/potentials.md)."""


class RecipeSettings(Settings):
    """Settings of a recipe.

    Attributes:
        recipe: where structures come from.
        generations: potentials trained after the first, each on the frames that the one before led to.
        first_frames: structures labelled for the first potential; random ones, but for those that are given.
        frames_per_generation: structures labelled in each later generation.
        reference_steps: from each frame that is chosen the reference's own dynamics go on for so many steps; 0 labels
            the chosen frames alone. Frames of a potential's dynamics alone leave its energies off on those of the
            reference's (``llpt.learning.following``).
        reference_every: steps between the labelled frames of these dynamics, whose first is the chosen one.
        first_atoms: atoms of the smallest and of the largest cell of the first generation; these cells are random, in
            shape too.
        fewest_atoms: atoms of the smallest cell of later generations.
        most_atoms: atoms of the largest cell of later generations.
        pressures_gpa: range of conditions; a fluid's density at them is where a cell starts.
        temperatures_k: range of conditions.
        density_spread: cells are this much denser or thinner, at most, as a fraction of their volume.
        runs_per_generation: runs of dynamics in each generation, each at conditions of its own.
        run_steps: steps of each run.
        spread_limit_ev_per_angstrom: of an ``active`` run no frame is taken after the first on a force of which the
            committee disagrees more than this: what follows has left physics.
        closest_angstrom: a frame with two atoms closer than this is not labelled.
        seed: of everything random but the fit.
        training: how each generation's networks are fitted; ``active`` needs two members or more.
    """

    recipe: Recipe = Recipe.ACTIVE
    generations: int = Field(default=3, ge=0)
    first_frames: int = Field(default=150, ge=6)
    frames_per_generation: int = Field(default=80, ge=3)
    reference_steps: int = Field(default=30, ge=0)
    reference_every: int = Field(default=15, ge=1)
    first_atoms: tuple[int, int] = (8, 24)
    fewest_atoms: int = Field(default=32, ge=4)
    most_atoms: int = Field(default=32, ge=4)
    pressures_gpa: tuple[float, float] = (100.0, 350.0)
    temperatures_k: tuple[float, float] = (600.0, 3000.0)
    density_spread: float = Field(default=0.06, ge=0.0, lt=0.5)
    runs_per_generation: int = Field(default=16, ge=3)
    run_steps: int = Field(default=400, ge=20)
    spread_limit_ev_per_angstrom: float = Field(default=3.0, gt=0.0)
    closest_angstrom: float = Field(default=0.5, gt=0.0)
    seed: int = 1
    training: TrainingSettings = _FIT.model_copy(update={"members": 3})

    @classmethod
    def of(cls, recipe: Recipe, **changes: object) -> Self:
        """Return the defaults of a recipe with changes.

        Raises:
            InputError: a value is out of range, or two contradict each other.
        """
        small: dict[str, Any] = {"fewest_atoms": 8, "most_atoms": 24, "reference_steps": 0, "training": _FIT}
        return cls(**{"recipe": recipe} | (small if recipe is Recipe.SMALL_CELLS else {}) | changes)

    @property
    def starts_per_generation(self) -> int:
        """How many frames are chosen in each later generation, to be labelled or to start the reference's dynamics."""
        return -(-self.frames_per_generation // (1 + self.reference_steps // self.reference_every))

    @model_validator(mode="after")
    def _check_combination(self) -> Self:
        if self.fewest_atoms > self.most_atoms:
            raise ValueError("fewest_atoms is above most_atoms")
        if not 4 <= self.first_atoms[0] <= self.first_atoms[1]:
            raise ValueError("first_atoms must be two numbers of 4 or more, the smaller first")
        for name, (low, high) in (("pressures_gpa", self.pressures_gpa), ("temperatures_k", self.temperatures_k)):
            if not 0.0 < low <= high:
                raise ValueError(f"{name} must be two positive numbers, the smaller first")
        if self.recipe is Recipe.ACTIVE and self.training.members < 2:
            raise ValueError("recipe active needs a committee: training.members of 2 or more")
        return self
