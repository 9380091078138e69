"""Where a training stands, and who is told."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from llpt.mlp.fitting.levenberg_marquardt import FitStep


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """Where a training stands.

    Args:
        stage: ``"choosing functions"``, ``"features"``, ``"fit"`` or ``"errors"``.
        member: network of the committee, from 1.
        done: frames or steps done.
        total: frames or steps at most.
        training_loss: mean squared weighted residual, NaN before the fit.
        validation_loss: the same on the validation frames.
        seconds: wall time so far.
    """

    stage: str
    member: int
    done: int
    total: int
    training_loss: float
    validation_loss: float
    seconds: float


@dataclass(frozen=True, slots=True)
class ProgressTeller:
    """Passes progress on to whoever asked for it.

    Args:
        on_progress: who; None for nobody.
        began: when the training did, by the monotonic clock, in s.
    """

    on_progress: Callable[[TrainingProgress], None] | None
    began: float

    def tell(self, stage: str, done: int, total: int, *, member: int = 1, step: FitStep | None = None) -> None:
        """Say that ``done`` of ``total`` frames or steps of a stage are done.

        Args:
            stage: what is being done.
            done: frames or steps behind it.
            total: frames or steps in all.
            member: of a committee, from 1.
            step: of the fit; None where there is none.
        """
        if self.on_progress is None:
            return
        self.on_progress(
            TrainingProgress(
                stage=stage,
                member=member,
                done=done,
                total=total,
                training_loss=math.nan if step is None else step.training_loss,
                validation_loss=math.nan if step is None else step.validation_loss,
                seconds=time.monotonic() - self.began,
            )
        )
