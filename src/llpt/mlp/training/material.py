"""What all networks of a committee are fitted to: split, functions, features and labels, made once."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt.mlp.training.card import hash_frames
from llpt.mlp.training.preparation import (
    InputFunctions,
    choose_functions,
    forces_per_frame,
    make_batches,
    measure_inputs,
)
from llpt.mlp.training.splitting import split_by_block

if TYPE_CHECKING:
    from llpt.mlp.features.mixing import NetworkInputs
    from llpt.mlp.fitting.residuals import FeatureBatch
    from llpt.mlp.quality.labels import LabelledFrame, LabelReport
    from llpt.mlp.training.progress import ProgressTeller
    from llpt.mlp.training.settings import TrainingSettings
    from llpt.mlp.training.splitting import Split


@dataclass(frozen=True, slots=True, eq=False)
class TrainingMaterial:
    """What all networks of a committee share.

    Args:
        frames: the labelled frames that are used.
        held_out: frames for the reported test errors alone.
        report: what was left out of the frames given.
        split: which frames are for training, validation and test.
        functions: the functions of a neighbourhood that were chosen.
        inputs: how they become inputs of the network.
        constants: mean energy per atom of each data set, Ha.
        training: features and labels of the training frames.
        validation: of the validation frames whose data set the training has.
        training_set_hash: of all frames.
    """

    frames: list[LabelledFrame]
    held_out: list[LabelledFrame]
    report: LabelReport
    split: Split
    functions: InputFunctions
    inputs: NetworkInputs
    constants: dict[str, float]
    training: list[FeatureBatch]
    validation: list[FeatureBatch]
    training_set_hash: str

    @property
    def largest_dataset(self) -> str:
        """The data set of most frames, whose constant the network carries."""
        return max(self.constants, key=lambda name: sum(frame.dataset == name for frame in self.frames))


def prepare_material(
    frames: list[LabelledFrame],
    report: LabelReport,
    held_out: list[LabelledFrame],
    settings: TrainingSettings,
    teller: ProgressTeller,
) -> TrainingMaterial:
    """Choose functions, split the frames and compute their features.

    Args:
        frames: the labelled frames.
        report: of how they were read.
        held_out: frames for the test errors alone.
        settings: of the training.
        teller: told of every frame.

    Raises:
        InputError: there are too few blocks of frames.
    """
    split = split_by_block(
        frames,
        validation_fraction=settings.validation_fraction,
        test_fraction=settings.test_fraction,
        seed=settings.seed,
    )
    training = [frames[i] for i in split.training]
    validation = [frames[i] for i in split.validation]
    teller.tell("choosing functions", 0, 1)
    functions = choose_functions(training, settings)
    teller.tell("choosing functions", 1, 1)
    count = forces_per_frame(training + validation, len(functions), settings)
    maker = functions.maker()
    inputs = measure_inputs(training, maker)
    constants = {
        name: float(np.mean([frame.energy / frame.n_atoms for frame in training if frame.dataset == name]))
        for name in sorted({frame.dataset for frame in training})
    }
    usable = [frame for frame in validation if frame.dataset in constants]
    ready = itertools.count(1)

    def batches(part: list[LabelledFrame]) -> list[FeatureBatch]:
        return make_batches(
            part,
            maker,
            inputs,
            count=count,
            constants=constants,
            settings=settings,
            on_frame=lambda: teller.tell("features", next(ready), len(training) + len(usable)),
        )

    return TrainingMaterial(
        frames=frames,
        held_out=held_out,
        report=report,
        split=split,
        functions=functions,
        inputs=inputs,
        constants=constants,
        training=batches(training),
        validation=batches(usable),
        training_set_hash=hash_frames(frames),
    )
