"""What the model card of a potential tells: read from the copy that a study keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.errors import LlptError
from llpt.mlp.training.card import CARD_NAME, ModelCard, read_card
from llpt.study.inside import is_inside

if TYPE_CHECKING:
    from pathlib import Path


def card_of(spec: str, root: Path) -> ModelCard | None:
    """Return the card beside a potential; None where it has none that can be read.

    Args:
        spec: of the engine, as the ledger has it: its path starts from the study's directory.
        root: the study's directory.
    """
    given = spec.partition(":")[2]
    place = root / given
    if not given or not is_inside(place, root) or not (place / CARD_NAME).is_file():
        return None
    try:
        return read_card(place)
    except LlptError:
        return None


def card_sentence(card: ModelCard) -> str:
    """Say in one sentence, for a paper, what a network was trained on and how wrong it is on frames held out."""
    data = card.datasets.values()
    training = sum(each.training for each in data)
    temperatures = [f"{value:g}" for value in card.electronic_temperatures_k if value is not None]
    electrons = f" at an electronic temperature of {', '.join(temperatures)} K" if temperatures else ""
    text = (
        f"It has {card.symmetry_functions} symmetry functions and {card.weights} weights, and was trained on "
        f"{', '.join(card.labels)} of {training} frames{electrons} (training set SHA-256 {card.training_set_hash[:12]})"
    )
    errors = card.test.overall if card.test is not None else None
    if errors is None:
        return f"{text}; no frames were held out for test."
    return (
        f"{text}; on {errors.frames} frames held out for test the root mean square errors are "
        f"{errors.force_rmse_ev_per_angstrom:.3g} eV/Å of forces and {errors.energy_rmse_mev_per_atom:.3g} meV/atom of "
        "energies."
    )
