"""The lines of ``llpt run`` where no terminal is."""

import errno
import io
import os
import sys

from tests.studies import study_of_one_engine

from llpt.cli.progress import PlainDisplay
from llpt.study import State, make_plan, parse_study
from llpt.study.execution import NodeView, StudyProgress
from llpt.study.outcome import NodeProgress

PLAN = make_plan(parse_study(study_of_one_engine("ase:ase.calculators.lj.LennardJones", steps=20, discard=0)))


def standing(state, *, stopping=False):
    view = NodeView(state, "", NodeProgress(), 0.0)
    return StudyProgress(dict.fromkeys(PLAN.paths, view), 0.0 if stopping else 90.0, stopping)


def test_what_is_left_is_not_told_of_a_study_that_stops(capsys):
    display = PlainDisplay(PLAN)
    display.update(standing(State.RUNNING))
    assert "about 01:30 left" in capsys.readouterr().err
    display.update(standing(State.UNFINISHED, stopping=True))
    said = capsys.readouterr().err
    assert "; stopping" in said
    assert "left" not in said


class Full(io.StringIO):
    """A log on a disk that is full."""

    def write(self, _text):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_under_the_log_stops_no_run(monkeypatch):
    """What it did not take is written once there is room."""
    display = PlainDisplay(PLAN)
    monkeypatch.setattr("sys.stderr", Full())
    display.update(standing(State.RUNNING))
    monkeypatch.setattr("sys.stderr", io.StringIO())
    display.update(standing(State.DONE))
    assert f"{PLAN.paths[0]}: running" in sys.stderr.getvalue()
    assert f"{PLAN.paths[0]}: done" in sys.stderr.getvalue()
