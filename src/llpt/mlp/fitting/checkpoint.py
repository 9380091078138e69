"""Checkpoints of a fit: after each step, so that a kill costs at most one."""

from __future__ import annotations

import json
import zipfile
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np
import torch

from llpt.errors import InputError
from llpt.files import atomic_stream, make_directory, remove
from llpt.mlp.fitting.levenberg_marquardt import FitState, FitStep

if TYPE_CHECKING:
    from pathlib import Path

_NAME = "checkpoint.npz"


def write_checkpoint(folder: Path, identity: str, state: FitState) -> None:
    """Write a fit's state.

    Args:
        folder: where; created.
        identity: hash of frames, settings and member, so that no other fit goes on from it.
        state: the state.

    Raises:
        StorageError: the folder cannot be written.
    """
    best = state.vector if state.best_vector is None else state.best_vector
    text = json.dumps(
        {
            "identity": identity,
            "damping": state.damping,
            "best_loss": state.best_loss,
            "best_iteration": state.best_iteration,
            "history": [asdict(step) for step in state.history],
        }
    )
    make_directory(folder)
    with atomic_stream(folder / _NAME) as stream:
        np.savez(stream, vector=state.vector.numpy(), best=best.numpy(), text=np.array(text))


def read_checkpoint(folder: Path, identity: str) -> FitState | None:
    """Return the state to go on from; None where there is none, or it is damaged.

    Raises:
        InputError: there is one of another fit, which would be lost.
    """
    try:
        with (folder / _NAME).open("rb") as handle, np.load(handle) as stored:
            text = json.loads(str(stored["text"]))
            vector, best = torch.from_numpy(stored["vector"]), torch.from_numpy(stored["best"])
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return None
    if text["identity"] != identity:
        raise InputError(
            f"{folder} holds an unfinished training on other frames or with other settings.",
            "Choose another directory, or remove that one.",
        )
    return FitState(
        vector=vector,
        damping=text["damping"],
        best_vector=best,
        best_loss=text["best_loss"],
        best_iteration=text["best_iteration"],
        history=[FitStep(**step) for step in text["history"]],
    )


def remove_checkpoint(folder: Path) -> None:
    """Remove a fit's checkpoint where there is one."""
    remove(folder / _NAME)
