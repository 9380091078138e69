"""A process hangs where it is silent for far longer than its own pace, whatever that pace is."""

from types import SimpleNamespace

import pytest

from llpt.study import pulse
from llpt.study.pulse import FIRST_SIGN_S, LEAST_S, Pulse


class Watch:
    """A progress file that is written at times that a test says, and what is thought of it then."""

    def __init__(self, file, monkeypatch, stall_s="auto"):
        self.now = 1000.0
        self.file = file
        monkeypatch.setattr(pulse, "time", SimpleNamespace(monotonic=lambda: self.now))
        self.pulse = Pulse(file, stall_s)

    def report(self, after_s):
        """The process does something."""
        self.now += after_s
        self.file.write_text("x" * (1 + len(self.file.read_text() if self.file.exists() else "")))
        assert self.pulse.stalled() == ""

    def after(self, seconds):
        """What is said after so long a silence."""
        self.now += seconds
        found = self.pulse.stalled()
        self.now -= seconds
        return found


@pytest.fixture
def watch(tmp_path, monkeypatch):
    return lambda **more: Watch(tmp_path / "progress.json", monkeypatch, **more)


def test_a_start_may_take_hours(watch):
    silent = watch()
    assert silent.after(FIRST_SIGN_S - 1.0) == ""
    assert "no sign of life" in silent.after(FIRST_SIGN_S + 1.0)


@pytest.mark.parametrize("step_s", [1.0, 400.0])
def test_a_hang_is_twenty_times_the_longest_pause_and_half_an_hour_at_least(watch, step_s):
    working = watch()
    for pause in (60.0, 500.0, 0.5 * step_s, step_s, 0.7 * step_s):  # a start and first forces set no pace
        working.report(pause)
    limit = max(LEAST_S, 20.0 * step_s)
    assert working.pulse.limit_s == limit
    assert working.after(limit - 1.0) == ""
    said = working.after(limit + 1.0)
    assert f"longest pause before was {step_s:.3g} s" in said
    assert "it hung and was killed" in said
    working.report(limit + 0.5)  # it lived: that was a pause too
    assert working.pulse.limit_s == pytest.approx(20.0 * (limit + 0.5))


def test_a_time_out_of_the_study_file_holds_once_the_run_has_reported_itself(watch):
    asked = watch(stall_s=30.0)
    assert asked.after(LEAST_S - 1.0) == ""
    asked.report(5.0)
    asked.report(5.0)
    assert asked.after(29.0) == ""
    assert "time-out 30 s" in asked.after(31.0)
