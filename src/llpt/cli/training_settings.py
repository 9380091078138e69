"""The settings of a training out of ``--set KEY=VALUE``, as ``llpt train`` and its recipes take them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llpt.mlp import TrainingSettings


def training_settings(given: dict[str, str]) -> TrainingSettings:
    """Return the settings of a training from KEY=VALUE texts; a list is written with commas.

    Raises:
        InputError: an unknown key, or a value that is not allowed.
    """
    from llpt.mlp import TrainingSettings  # noqa: PLC0415 - start-up time of the other commands
    from llpt.options import parse_options  # noqa: PLC0415

    return parse_options(TrainingSettings, given, owner="the training")
