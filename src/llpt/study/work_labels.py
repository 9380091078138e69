"""The node of single points: snapshots of the reference's runs labelled at several electronic temperatures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from llpt.engines import evaluate, make_engine, write_evaluated
from llpt.study.ledger import State
from llpt.study.node import Outcome
from llpt.study.versions import versions
from llpt.trajectory import Trajectory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ase import Atoms

    from llpt.study.worker import ProgressFile


def work(job: dict[str, Any], progress_file: ProgressFile) -> Outcome:
    """Label, or go on labelling; each temperature is a file of its own, written when it is complete.

    Raises:
        LlptError: a trajectory that cannot be read, an engine that failed, a disk that is full.
    """
    frames = snapshots(job["sources"], job["snapshots"])
    temperatures = [float(value) for value in job["electronic_temperatures_k"]]
    total = len(temperatures) * len(frames)
    description: dict[str, Any] = {}
    for number, temperature in enumerate(temperatures):
        path = label_file(Path(job["identity"]), temperature)
        engine = make_engine(job["engine"], {**job["options"], "electronic_temperature_k": temperature})
        try:
            description = engine.describe().as_dict()
            if path.exists():
                continue

            def on_frame(done: int, before: int = number * len(frames), here: float = temperature) -> None:
                progress_file.write(steps_done=before + done, steps=total, message=f"T_el = {here:g} K")

            write_evaluated(path, evaluate(frames, engine, on_frame=on_frame))
        finally:
            engine.close()
    provenance = {"engine": description, "versions": versions()}
    return Outcome(job["identity"], State.DONE, steps_done=total, provenance=provenance)


def label_file(directory: Path, temperature_k: float) -> Path:
    """Return the file of the snapshots labelled at one electronic temperature."""
    return directory / f"T{temperature_k:g}.extxyz"


def snapshots(sources: Mapping[str, int], count: int) -> list[Atoms]:
    """Return ``count`` snapshots, evenly over the runs and over what is kept of each; fewer where there are fewer.

    Args:
        sources: run directories, each with the number of its first steps to leave out.
        count: how many in all.
    """
    chosen = []
    shares = np.diff(np.linspace(0, count, len(sources) + 1).round().astype(int))
    for (run, discard), share in zip(sources.items(), shares, strict=True):
        trajectory = Trajectory.open(run)
        kept = np.flatnonzero(trajectory.frame_steps > discard)
        places = kept[np.linspace(0, len(kept) - 1, min(int(share), len(kept))).round().astype(int)]
        chosen += [trajectory.atoms(int(index)) for index in places]
    return chosen
