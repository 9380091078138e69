"""How the base ladders of a study are walked, and its runs as ladders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.campaign.ladders import ladders_of
from llpt.study.sections import Ladder
from llpt.transition import LadderPath

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llpt.campaign.ladders import ObservedLadder
    from llpt.campaign.observed import ObservedRun
    from llpt.study.file import StudyFile

PATHS = {
    Ladder.HEATING: LadderPath.HEATING,
    Ladder.COOLING: LadderPath.COOLING,
    Ladder.COMPRESSION: LadderPath.COMPRESSION,
    Ladder.DECOMPRESSION: LadderPath.DECOMPRESSION,
    Ladder.NONE: LadderPath.SEPARATE,
}


def ladders_of_study(study: StudyFile, observed: Iterable[ObservedRun]) -> tuple[ObservedLadder, ...]:
    """Group the runs of a study into ladders and locate the transition of each, as the study walks them.

    Args:
        study: the study.
        observed: its runs with their averages.
    """
    return ladders_of(observed, path=PATHS[study.dynamics.ladder], density_rises=study.state.density_rises)
