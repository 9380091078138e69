"""Recipes that need dynamics: training frames from runs, and potentials that gather their own training data."""

from llpt.learning.from_runs import train_on_runs
from llpt.learning.harvesting import NamedRun, harvest
from llpt.learning.rattling import rattle_runs
from llpt.learning.recipe_settings import Recipe, RecipeSettings
from llpt.learning.recipes import GenerationErrors, run_recipe
from llpt.learning.sources import labelled_frames

__all__ = [
    "GenerationErrors",
    "NamedRun",
    "Recipe",
    "RecipeSettings",
    "harvest",
    "labelled_frames",
    "rattle_runs",
    "run_recipe",
    "train_on_runs",
]
