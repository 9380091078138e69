"""One llpt run at a time in a directory, also where a file system carries no locks between machines."""

import os
import time

import pytest

from llpt.errors import StorageError
from llpt.study.lock import SILENCE_S, LockedDirectory


@pytest.fixture
def directory(tmp_path):
    return LockedDirectory(tmp_path)


def shown(directory, seconds_ago):
    """An llpt run of another machine showed itself so long ago."""
    directory.lock_file.write_text("17 on node7")
    then = time.time() - seconds_ago
    os.utime(directory.lock_file, (then, then))


@pytest.mark.parametrize("seconds_ago", [1.0, 0.5 * SILENCE_S])
def test_a_run_that_shows_itself_on_another_machine_is_alive_and_keeps_others_out(directory, seconds_ago):
    shown(directory, seconds_ago)
    assert directory.at_work
    with pytest.raises(StorageError, match=r"process 17 on node7.* another machine"), directory.locked():
        pass
    assert directory.lock_file.read_text() == "17 on node7"


@pytest.mark.parametrize("seconds_ago", [2.0 * SILENCE_S, -2.0 * SILENCE_S, -86_400.0])
def test_a_run_that_was_killed_on_another_machine_is_dead_whatever_was_done_to_the_clock(directory, seconds_ago):
    shown(directory, seconds_ago)
    assert not directory.at_work
    with directory.locked():
        assert directory.at_work
        assert directory.lock_file.read_text().startswith(f"{os.getpid()} on ")


def test_a_run_that_has_ended_keeps_nobody_out(directory):
    with directory.locked():
        pass
    assert not directory.at_work
    assert directory.lock_file.read_text() == ""
    with directory.locked():
        pass


def test_two_at_once_on_one_machine_are_refused(directory):
    with (
        directory.locked(),
        pytest.raises(StorageError, match=f"process {os.getpid()} on "),
        LockedDirectory(directory.root).locked(),
    ):
        pass


def test_a_sign_of_life_is_a_new_time(directory):
    shown(directory, 10.0 * SILENCE_S)
    directory.beat()
    assert directory.at_work


def test_a_directory_that_nobody_worked_in_is_free(directory):
    assert not directory.at_work
