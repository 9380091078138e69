"""How runs at work keep to their conditions: means over what they have written so far."""

from __future__ import annotations

import json
import math
import time
from typing import TYPE_CHECKING

from llpt.errors import LlptError
from llpt.study.conditions import conditions_of
from llpt.study.outcome import RunConditions, State

if TYPE_CHECKING:
    from llpt.study.place import StudyPlace
    from llpt.study.standing import RunStanding

LEAST_S_BETWEEN_MEANS = 10.0


class RunningMeans:
    """The means of every run of a study; those of a run at work are kept for some seconds.

    Args:
        place: the study's directory.
    """

    def __init__(self, place: StudyPlace) -> None:
        self._place = place
        self._known: dict[str, tuple[float, RunConditions]] = {}

    def of(self, run: RunStanding) -> RunConditions:
        """Return means over what a run has written so far; of this moment where that is too little."""
        entry = run.entry
        if entry.state is not State.RUNNING or not run.steps:
            return run.conditions
        when, known = self._known.get(entry.path, (-math.inf, RunConditions()))
        if time.monotonic() - when > LEAST_S_BETWEEN_MEANS:
            known = RunConditions()
            try:
                discard = int(json.loads(entry.job).get("discard", 0))
                known = conditions_of(self._place.node(entry.path), discard=discard, atoms=run.atoms)
            except (LlptError, OSError):  # its first segment is not there yet, or is being written
                known = RunConditions()
            self._known[entry.path] = (time.monotonic(), known)
        return known if known.temperature_k is not None else run.conditions
