"""The observed runs of a study as ladders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.campaign.ladders import ladders_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llpt.campaign.ladders import ObservedLadder
    from llpt.campaign.observed import ObservedRun
    from llpt.study.file import StudyFile


def ladders_of_study(study: StudyFile, observed: Iterable[ObservedRun]) -> tuple[ObservedLadder, ...]:
    """Group the runs of a study into ladders and locate the transition of each, as the study walks them.

    Args:
        study: the study.
        observed: its runs with their averages.
    """
    return ladders_of(observed, path=study.dynamics.ladder, density_rises=study.state.density_rises)
