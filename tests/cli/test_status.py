"""How a study stands, on a terminal: failures first, means against what was asked for, drawn anew while it runs."""

import io
import json
import sqlite3
import sys

import numpy as np
import pytest
from rich.console import Console

from llpt.cli.status import LISTED, against, draw_live, standing_lines
from llpt.errors import InputError, StorageError
from llpt.study import Ledger, State
from llpt.study.job_files import JobFiles
from llpt.study.ledger import Entry
from llpt.study.outcome import Provenance, RunConditions
from llpt.study.place import StudyPlace
from llpt.trajectory import Frame, StepRecord, System, TrajectoryWriter

RUN = "runs/dft/N8/P200/T800"
ATOMS, INTERVAL_FS = 8, 0.5


def enter(ledger, path, state, **columns):
    settings = {"steps": 1000, "timestep_fs": INTERVAL_FS, "temperature_k": 800.0, "pressure_gpa": 200.0}
    job = {"kind": "md", "engine": "dft", "atoms": ATOMS, "discard": 20, "settings": settings}
    ledger.enter(path, inputs_hash="", job=json.dumps(job))
    ledger.record(path, state, **columns)


def write(directory, steps):
    random = np.random.default_rng(3)
    system = System(np.ones(ATOMS, dtype=np.int64), np.full(ATOMS, 1.008), INTERVAL_FS)
    writer = TrajectoryWriter(directory, system)
    for step in range(steps):
        time_fs, (hot, pressed) = INTERVAL_FS * step, random.normal(size=2)
        scalars = {
            "temperature_k": 790.0 + 40.0 * hot,
            "pressure_gpa": 201.0 + 2.0 * pressed,
            "volume_angstrom3": 27.0,
            "conserved_ev": -100.0 + 1e-6 * ATOMS * time_fs,
        }
        record = dict.fromkeys(StepRecord.__dataclass_fields__, 0.0) | scalars
        record |= {"step": step, "time_fs": time_fs, "stress_gpa": np.zeros(6), "kinetic_stress_gpa": np.zeros(6)}
        positions = random.uniform(0.0, 3.0, (ATOMS, 3))
        frame = Frame(step, time_fs, positions, 0.01 * positions, 3.0 * np.eye(3), positions)
        writer.add(StepRecord(**record), frame)
    writer.close_segment()


@pytest.fixture
def place(tmp_path):
    """A study with one run at work, of which 400 steps are written, one that failed and one that is done."""
    place = StudyPlace(tmp_path)
    place.study_file.write_text('[study]\nname = "three runs"\n')
    kept = RunConditions(temperature_k=803.4, temperature_error_k=5.2, pressure_gpa=199.8, drift_mev_per_atom_ps=0.031)
    with Ledger(place.database) as ledger:
        enter(ledger, f"{RUN}-done", State.DONE, steps_done=1000, seconds_per_step=2.0, conditions=kept, seconds=2000.0)
        enter(ledger, RUN, State.RUNNING, steps_done=400, seconds_per_step=4.0)
        enter(ledger, f"{RUN}-failed", State.FAILED, reason="its energy is no number")
    place.node(f"{RUN}-done").mkdir(parents=True)
    write(place.node(RUN), 400)
    return place


def printed(shown):
    text = io.StringIO()
    Console(file=text, width=220).print(shown)
    return text.getvalue()


def test_failures_stand_first_and_a_run_says_what_it_did_of_what_was_asked(place):
    with place.locked():
        shown, at_work = standing_lines(place, every=False)
    assert at_work
    rows = [line for line in printed(shown).splitlines() if "N8/P200" in line]
    assert [row.split()[1] for row in rows] == ["failed", "running", "done"]
    assert "its energy is no number" in rows[0]
    assert "400/1000" in rows[1]
    assert "0.2/0.5" in rows[1]
    assert "0.0108" in rows[1]  # ns a day, at 4 s a step of 0.5 fs
    assert "40 min" in rows[1]  # what is left of it
    assert "803 ± 5 (800)" in rows[2]
    assert "199.8 (200)" in rows[2]
    assert "0.031" in rows[2]
    assert "1 running, 1 done, 1 failed." in printed(shown)


def test_a_live_table_shows_means_with_errors_of_runs_at_work_until_none_is(place):
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=220, height=50)
    drawn = []
    holding = place.locked()
    holding.__enter__()

    def pause(seconds):
        assert seconds >= 1.0
        drawn.append(screen.getvalue())
        holding.__exit__(None, None, None)

    draw_live(place, console, every=False, pause=pause)
    assert len(drawn) == 1
    (row,) = [line for line in drawn[0].splitlines() if "running" in line and "N8/P200" in line]
    assert "(800)" in row
    assert row.count("±") == 2  # T and P
    temperature = float(row.split("±")[0].split()[-1])
    assert temperature == pytest.approx(790.0, abs=10.0)
    assert row.split("(200)")[1].split()[0] == "1"  # meV per atom and ps
    assert "llpt run was killed while it ran" in screen.getvalue()[len(drawn[0]) :]


def test_ctrl_c_ends_a_live_table(place):
    def pause(_):
        raise KeyboardInterrupt

    with place.locked():
        draw_live(place, Console(file=io.StringIO(), force_terminal=True), every=False, pause=pause)


def test_a_live_table_needs_a_terminal(place):
    with pytest.raises(InputError, match="--live draws on a terminal"):
        draw_live(place, Console(file=io.StringIO()), every=False)


def test_a_ledger_that_was_emptied_is_said(place):
    place.database.write_bytes(b"")
    shown, at_work = standing_lines(place, every=False)
    assert printed(shown).startswith("The ledger holds no run.")
    assert not at_work


def test_a_job_that_is_none_is_a_damaged_ledger(place):
    with sqlite3.connect(place.database) as ledger:
        ledger.execute("UPDATE runs SET job = '{bad' WHERE state = 'done'")
    with pytest.raises(StorageError, match=f"what {RUN}-done was told is no job"):
        standing_lines(place, every=False)


def test_what_nobody_started_is_said(tmp_path):
    shown, at_work = standing_lines(StudyPlace(tmp_path), every=False)
    assert printed(shown).strip() == "Nothing has been started."
    assert not at_work


@pytest.mark.parametrize(
    ("value", "error", "asked", "text"),
    [
        (803.4, 5.2, 800.0, "803 ± 5 (800)"),
        (803.4, None, 800.0, "803 (800)"),
        (None, None, 800.0, "(800)"),
        (803.4, 5.2, None, "803 ± 5"),
        (None, None, None, ""),
    ],
)
def test_a_mean_stands_beside_what_was_asked_for(value, error, asked, text):
    assert against(value, error, asked, 0) == text


@pytest.mark.parametrize("waiting", [10, 40])
def test_files_are_opened_of_runs_that_are_at_work_alone(place, waiting):
    """Of ten thousand runs most wait; of one that is done the directory of its segments is looked at."""
    with Ledger(place.database) as ledger:
        for number in range(waiting):
            enter(ledger, f"{RUN}-{number}", State.WAITING)
        enter(ledger, f"{RUN}-whole", State.DONE, provenance=Provenance(content_hash="0"))
    done = [f"{RUN}-{which}/segments" for which in ("done", "whole")]
    for segments in done:
        place.node(segments).mkdir(parents=True)
        (place.node(segments) / "0.h5").touch()
    root, opened = str(place.root), []

    def hear(event, arguments):
        if event in {"open", "os.scandir"} and recording and str(arguments[0]).startswith(root):
            opened.append((event, str(arguments[0])[len(root) + 1 :]))

    recording = True
    sys.addaudithook(hear)  # for good; nothing is recorded after this test
    try:
        with place.locked():
            opened.clear()
            standing_lines(place, every=False)
    finally:
        recording = False
    of_runs = [(event, name) for event, name in opened if name.startswith(("runs/", "jobs/"))]
    progress = JobFiles(place.root, RUN).progress.relative_to(place.root).as_posix()
    assert of_runs == [("open", progress), *(("os.scandir", segments) for segments in done)]


def test_what_the_ledger_tells_of_a_run_is_read_of_those_that_are_listed_alone(tmp_path, monkeypatch):
    """Of ten thousand runs a hundred are listed; to read what all rest on takes longer than all else."""
    place, read = StudyPlace(tmp_path), []
    with Ledger(place.database) as ledger:
        for number in range(LISTED + 10):
            path = f"{RUN}-{number}"
            kept = RunConditions(temperature_k=800.0)
            enter(ledger, path, State.DONE, provenance=Provenance(content_hash="0"), conditions=kept)
            (place.node(path) / "segments").mkdir(parents=True)
            (place.node(path) / "segments" / "0.h5").touch()
    told = Entry._told

    def tell(entry, record, text):
        read.append((record, entry.path))
        return told(entry, record, text)

    monkeypatch.setattr(Entry, "_told", tell)
    shown, _ = standing_lines(place, every=False)
    assert f"{LISTED + 10} done." in printed(shown)
    assert read == [(RunConditions, f"{RUN}-{number}") for number in range(LISTED)]
