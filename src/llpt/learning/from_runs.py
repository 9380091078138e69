"""Training a surrogate on a study's own reference runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.learning.harvesting import harvest
from llpt.mlp import train

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ase import Atoms

    from llpt.learning.harvesting import NamedRun
    from llpt.mlp import TrainingOutcome, TrainingProgress, TrainingSettings


def train_on_runs(
    runs: Sequence[Path | str | NamedRun],
    directory: Path | str,
    settings: TrainingSettings,
    *,
    discard_steps: int = 0,
    frames_per_run: int | None = None,
    more_frames: Sequence[Atoms] = (),
    on_progress: Callable[[TrainingProgress], None] | None = None,
) -> TrainingOutcome:
    """Harvest runs of one engine and train a network on them.

    Along an isobar with T_el = T_ion the runs have different electronic temperatures by construction. A surrogate has
    no electronic temperature, so their labels are mixed here on purpose: the model card lists them and says so.

    Args:
        runs: directories of reference runs (``harvest``).
        directory: where the network goes.
        settings: what to train; ``mix_electronic_temperatures`` is set where the runs' differ.
        discard_steps: leave out the first steps of each run.
        frames_per_run: at most this many frames of each run.
        more_frames: labelled frames that join them.
        on_progress: called as by ``llpt.mlp.train``.

    Raises:
        InputError: no usable frames: see ``harvest`` and ``llpt.mlp.train``.
        StorageError: a trajectory is damaged, or the directory cannot be written.
    """
    frames = [
        *harvest(runs, discard_steps=discard_steps, frames_per_run=frames_per_run),
        *more_frames,
    ]
    temperatures = {frame.info.get("electronic_temperature_k") for frame in frames}
    if len(temperatures) > 1:
        settings = settings.model_copy(update={"mix_electronic_temperatures": True})
    return train(frames, directory, settings, on_progress=on_progress)
