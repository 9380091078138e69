"""Frames in the order of time: up to where a file is cut, each once, one stride after the other."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np

from llpt.errors import InputError
from llpt.trajectory.foreign.joining import mark_of
from llpt.trajectory.foreign.pairing import ShorterFileError
from llpt.trajectory.foreign.text import CutOffError, DamageError, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llpt.trajectory.foreign.contents import Contents
    from llpt.trajectory.foreign.frame import ForeignFrame, ForeignTrajectory

UNEVEN = 1e-2
"""Times are written with few digits; one frame that is missing doubles the time."""
FEWEST_FRAMES = 2
"""With fewer there is no motion."""


def until_cut(source: ForeignTrajectory, contents: Contents) -> Iterator[ForeignFrame]:
    """Yield frames up to one that the file's end has cut off."""
    number = 0
    frames: Iterator[ForeignFrame] | None = None
    while True:
        try:
            with told(source.name):
                frames = source.frames() if frames is None else frames
                frame = next(frames, None)
        except ShorterFileError as error:
            if number < FEWEST_FRAMES:
                raise
            contents.notes.append(error.cause)
            contents.cut_off = True
            return
        except CutOffError:
            contents.cut = contents.cut_off = True
            return
        except DamageError as error:
            raise InputError(f"{error.cause} {number} whole frame(s) come before it.", error.remedy) from error
        if frame is None:
            return
        number += 1
        yield frame


def once(frames: Iterator[ForeignFrame], contents: Contents) -> Iterator[ForeignFrame]:
    """Yield frames, those left out that a program which was started again has written again.

    Such a frame has the step or time of an earlier one and is equal to it. One that is not equal is another run's.

    Args:
        frames: in the order of the files.
        contents: told how many were left out.
    """
    clocks, marks = array("d"), array("q")
    left_out = 0
    for frame in frames:
        if (clock := clock_of(frame)) is not None:
            mark = mark_of(frame)
            if clocks and clock <= clocks[-1]:
                before = np.flatnonzero(np.frombuffer(clocks) == clock)
                if before.size and marks[int(before[-1])] == mark:
                    left_out += 1
                    continue
            clocks.append(clock)
            marks.append(mark)
        yield frame
    if left_out:
        what = "1 frame stands" if left_out == 1 else f"{left_out} frames stand"
        contents.notes.append(f"{what} twice, with the same step or time, and the second was left out.")


def clock_of(frame: ForeignFrame) -> float | None:
    """Return the step of a frame, or its time where the files give no step; None where they give neither."""
    return frame.time_fs if frame.clock is None else frame.clock


class EvenSteps:
    """Follows steps or times from frame to frame: they grow evenly, or begin anew with another file."""

    def __init__(self, name: str, stride: float | None) -> None:
        self._name = name
        self._last: float | None = None
        self._stride = stride
        self._piece = 0
        self._began: float | None = None

    def check(self, number: int, frame: ForeignFrame, *, evenly: bool) -> None:
        """Refuse a frame that does not come one stride after the one before it.

        Args:
            number: of the frame.
            frame: as read.
            evenly: whether frames have to come evenly.
        """
        now = clock_of(frame)
        last, self._last = self._last, now
        anew = frame.piece != self._piece
        began, self._piece = self._began, frame.piece
        if began is None or anew:
            self._began = now
        if now is None or last is None or not evenly:
            return
        if anew and began is not None and now < last and abs(now - began) <= (self._stride or 0.0) * (1.0 + UNEVEN):
            return  # every start of a program counts from the same number
        passed = now - last
        if self._stride is None and passed > 0.0:
            self._stride = passed
        if self._stride is None or abs(passed - self._stride) > UNEVEN * self._stride:
            kind = "time" if frame.clock is None else "step"
            where = f"From frame {number - 1} to {number} of {self._name}"
            raise InputError(
                f"{where} the {kind} goes from {last:g} to {now:g}{self._what_is_missing(passed)}.",
                "Import what stands before and after as runs of their own, or say despite = gap (--despite gap).",
            )

    def _what_is_missing(self, passed: float) -> str:
        if not self._stride:
            return ""
        lost = passed / self._stride - 1.0
        if lost < 0.5 or abs(lost - round(lost)) > UNEVEN:
            return f", not by {self._stride:g}"
        frames = "1 frame is" if round(lost) == 1 else f"{round(lost)} frames are"
        return f", not by {self._stride:g}: {frames} missing"
