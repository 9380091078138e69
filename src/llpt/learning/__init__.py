"""Recipes that need dynamics: training frames from runs, and surrogates trained on them."""

from llpt.learning.from_runs import train_on_runs
from llpt.learning.harvesting import harvest

__all__ = ["harvest", "train_on_runs"]
