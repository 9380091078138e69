"""A study that has run grows: what is begun stays, what would change it is refused by name."""

import contextlib
import json

import pytest

from llpt.audit import Verdict
from llpt.audit.thresholds import JUDGED, JUDGED_BEFORE
from llpt.cli.running import tell_what_would_be_done
from llpt.errors import InputError
from llpt.files import write_atomically
from llpt.study import Ledger, State, StudyDirectory, make_plan, parse_study
from llpt.study.fixed_thresholds import StudyThresholds, changed_thresholds, fix_thresholds, with_change_told
from llpt.study.growing import complete_growth, grow, proposed_growth
from llpt.study.jobs import write_job
from llpt.trajectory import Trajectory

TEXT = """
[study]
name = "grows"
[system]
atoms = [32]
[state]
pressures_gpa = [200.0]
temperatures_k = [700, 900]
[dynamics]
steps = 100
discard = 10
settle_steps = 20
timestep_fs = 0.25
[reference]
engine = "ase:ase.calculators.lj.LennardJones"
"""


@pytest.fixture
def begun(tmp_path):
    """A study whose two runs are done, as far as the ledger tells."""
    directory = StudyDirectory.claim(tmp_path / "study", TEXT, parse_study(TEXT), source=tmp_path)
    with Ledger(directory.database) as ledger:
        for node in make_plan(directory.study).nodes:
            write_job(directory, node, ledger)
            ledger.begin(node.path)
            ledger.record(node.path, State.DONE, steps_done=node.steps)
    return directory


def grown(directory, text):
    growth = grow(directory, text, parse_study(text), directory.root.parent)
    fresh = StudyDirectory.open(directory.root)
    with Ledger(fresh.database) as ledger:
        for node in make_plan(fresh.study).nodes:  # as llpt run does before anything
            write_job(fresh, node, ledger)
        entries = {entry.path: entry for entry in ledger.entries()}
    assert set(entries) == set(make_plan(fresh.study).paths)
    return growth, fresh, entries


def rung(kelvin):
    return f"runs/lennardjones/N32/P200/T{kelvin}"


def test_a_dry_run_counts_the_runs_that_become_longer_and_what_is_left_of_them(begun, tmp_path, capsys):
    told = []
    for steps in (200, 300):
        file = tmp_path / "longer.toml"
        file.write_text(TEXT.replace("steps = 100", f"steps = {steps}"))
        tell_what_would_be_done(file, begun.root, None, retry_failed=False, trust=True)
        told.append(capsys.readouterr().out)
        assert "2 runs that were begun become longer" in told[-1]
        assert "T700: unfinished, about" in told[-1]
        assert "2 of 2 would be done" in told[-1]
    assert proposed_growth(begun, parse_study(file.read_text()), tmp_path).longer == (rung(700), rung(900))
    assert not begun.grown.exists()


def test_a_temperature_between_two_leaves_both_as_they_are(begun):
    growth, fresh, entries = grown(begun, TEXT.replace("[700, 900]", "[600, 700, 800, 900]"))
    assert sorted(growth.added) == [rung(600), rung(800)]
    assert {path: entry.state for path, entry in entries.items()} == {
        rung(600): State.WAITING,
        rung(700): State.DONE,
        rung(800): State.WAITING,
        rung(900): State.DONE,
    }
    plan = make_plan(fresh.study)
    assert plan[rung(800)].after == (rung(700),)
    assert plan[rung(900)].after == (rung(700),)  # it was begun when nothing lay between
    assert plan[rung(700)].after == ()
    assert fresh.study.says_the_same(parse_study(TEXT.replace("[700, 900]", "[600, 700, 800, 900]")))


def test_sizes_pressures_and_tests_are_added(begun):
    text = TEXT.replace("[32]", "[32, 64]").replace("[200.0]", "[150.0, 200.0]") + "[tests]\ncooling = true\n"
    growth, _, entries = grown(begun, text)
    assert not growth.longer
    assert sum(entry.state is State.DONE for entry in entries.values()) == 2
    assert len(growth.added) == len(entries) - 2 == 10


def test_a_ladder_is_walked_once_more(begun):
    growth, fresh, entries = grown(begun, TEXT.replace("steps = 100", "repeats = 2\nsteps = 100"))
    assert growth.added == (f"{rung(700)}-repeat2", f"{rung(900)}-repeat2")
    assert not growth.longer
    assert sum(entry.state is State.DONE for entry in entries.values()) == 2
    assert make_plan(fresh.study)[f"{rung(900)}-repeat2"].after == (f"{rung(700)}-repeat2",)


def test_longer_runs_go_on_from_their_end(begun):
    growth, fresh, entries = grown(begun, TEXT.replace("steps = 100", "steps = 300"))
    assert sorted(growth.longer) == [rung(700), rung(900)]
    assert entries[rung(900)].state is State.UNFINISHED
    assert entries[rung(900)].steps_done == 100
    assert make_plan(fresh.study)[rung(700)].steps == 320
    again, _, _ = grown(fresh, TEXT.replace("steps = 100", "steps = 300").replace("[700, 900]", "[700, 900, 1100]"))
    assert again.added == (rung(1100),)


@pytest.mark.parametrize("killed", [False, True])
def test_a_rung_goes_on_from_its_own_start_when_the_rung_below_became_longer(tmp_path, monkeypatch, killed):
    """One that was killed before its first checkpoint has none to go on from, and begins where the rung below ends."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jobs").mkdir()
    text = TEXT.replace("[32]", "[12]").replace("settle_steps = 20", "settle_steps = 0") + (
        "options = { sigma = 0.9, epsilon = 0.02, rc = 1.7, smooth = true }\n"
    )
    hot, records = "runs/lennardjones/N12/P200/T900", []
    for steps in (12, 18):
        plan = make_plan(parse_study(text.replace("steps = 100", f"steps = {steps}")))
        for node in plan.nodes:
            with monkeypatch.context() as patched, contextlib.suppress(KilledError):
                if killed and steps == 12 and node.path == hot:
                    patched.setattr("llpt.dynamics.run._Run._loop", kill)
                assert node.job(tmp_path).work(lambda _: None).state is State.DONE
        records.append(json.loads((tmp_path / hot / "run.json").read_text()))
    assert (records[1]["start_sha256"] == records[0]["start_sha256"]) is not killed
    assert [record["steps_done"] for record in records] == [0 if killed else 12, 18]
    assert Trajectory.open(tmp_path / hot).n_steps == 18


class KilledError(BaseException):
    """Nothing that a kill leaves time for is done."""


def kill(*_, **__):
    raise KilledError


@pytest.mark.parametrize("killed_at", range(5))
def test_a_growth_that_was_killed_is_completed_by_the_next_command(begun, monkeypatch, killed_at):
    written = []

    def write_until_killed(path, content, **options):
        if len(written) == killed_at:
            raise KilledError
        written.append(path)
        write_atomically(path, content, **options)

    monkeypatch.setattr("llpt.study.growing.write_atomically", write_until_killed)
    monkeypatch.setattr(Ledger, "lengthen", lambda *_, **__: pytest.fail("killed before"))
    longer = TEXT.replace("steps = 100", "steps = 300")
    with pytest.raises((KilledError, pytest.fail.Exception)):
        grow(begun, longer, parse_study(longer), begun.root.parent)
    monkeypatch.undo()

    directory = StudyDirectory.open(begun.root)  # what llpt run does
    with directory.locked(), Ledger(directory.database) as ledger:
        complete_growth(directory, ledger)
        for node in make_plan(directory.study).nodes:
            write_job(directory, node, ledger)
    _, fresh, entries = grown(directory, longer)  # the same command again
    assert entries[rung(900)].state is State.UNFINISHED
    assert make_plan(fresh.study)[rung(700)].steps == 320
    assert not (fresh.root / "grown/.unfinished").exists()


def test_a_line_of_the_ledger_that_no_plan_has_is_kept(begun):
    lone = rung(500)
    with Ledger(begun.database) as ledger:
        ledger.enter(lone, inputs_hash="of another version", job="{}")
        ledger.begin(lone)
    longer = TEXT.replace("steps = 100", "steps = 300")
    grow(begun, longer, parse_study(longer), begun.root.parent)
    with Ledger(begun.database) as ledger:
        assert ledger.entry(lone).inputs_hash == "of another version"
        assert ledger.entry(rung(700)).state is State.UNFINISHED


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("steps = 100", "steps = 50", "T700: it has 120 steps and would have 70"),
        ("[700, 900]", "[700]", "T900: the study has it no more"),
        ("timestep_fs = 0.25", "timestep_fs = 0.2", "settings.timestep_fs was 0.25 and would be 0.2"),
        ("discard = 10", "discard = 20", "dynamics.discard: it was 10 and would be 20"),
        ('name = "grows"', 'name = "grows"\nseed = 3', "settings.seed"),
        ('name = "grows"', 'name = "another"', "another study"),
    ],
)
def test_what_would_change_a_run_that_was_begun_is_refused_by_name(begun, old, new, named):
    before = sorted(path.name for path in begun.root.iterdir())
    text = TEXT.replace(old, new)
    with pytest.raises(InputError) as refused:
        grow(begun, text, parse_study(text), begun.root.parent)
    assert named in refused.value.cause
    assert sorted(path.name for path in begun.root.iterdir()) in (before, sorted([*before, ".lock"]))


def test_what_was_never_begun_may_change(tmp_path):
    directory = StudyDirectory.claim(tmp_path / "study", TEXT, parse_study(TEXT), source=tmp_path)
    with Ledger(directory.database) as ledger:
        for node in make_plan(directory.study).nodes:
            write_job(directory, node, ledger)
    _, fresh, entries = grown(directory, TEXT.replace("[700, 900]", "[800]").replace("0.25", "0.2"))
    assert list(entries) == [rung(800)]
    assert make_plan(fresh.study)[rung(800)].timestep_fs == 0.2


def test_a_proposal_writes_nothing_and_tells_of_thresholds(begun):
    text = TEXT + "[verdict]\ndensity_percent = 3.0\n"
    growth = proposed_growth(begun, parse_study(text), begun.root.parent)
    assert growth.thresholds
    assert "the verdict will show both" in growth.sentence
    assert not (begun.root / "grown").exists()


def test_a_threshold_of_a_later_version_was_changed_by_nobody_unless_the_study_file_gives_it(begun):
    before = json.loads(begun.study.verdict.thresholds().model_dump_json())
    del before["pair_correlation_percent"]
    with Ledger(begun.database) as ledger:
        ledger.fix("thresholds", json.dumps(before))
        changes = [
            changed_thresholds(study, make_plan(study), ledger)[0]
            for study in (begun.study, parse_study(f"{TEXT}[verdict]\npair_correlation_percent = 7.0\n"))
        ]
    assert "pair_correlation_percent" not in changes[0]
    assert "pair_correlation_percent not given, now 7.0" in changes[1]


def test_a_study_is_judged_by_the_default_of_when_its_runs_began(begun):
    """A comparison that a later version judges by default changes no old verdict, unless the study asks for it."""
    former = begun.study.verdict.thresholds().model_copy(update={"judge": JUDGED_BEFORE[0]})
    asks = parse_study(f"{TEXT}[verdict]\njudge = {json.dumps(JUDGED)}\n")
    with Ledger(begun.database) as ledger:
        assert StudyThresholds.of(begun.study, ledger).now.judge == JUDGED
        ledger.fix("thresholds", former.model_dump_json())
        assert StudyThresholds.of(begun.study, ledger) == StudyThresholds(former)
        assert StudyThresholds.of(asks, ledger).now.judge == JUDGED
        changes = [changed_thresholds(study, make_plan(study), ledger)[0] for study in (begun.study, asks)]
    assert "judge" not in changes[0]
    assert "judge" in changes[1]


def test_the_files_of_before_are_kept(begun):
    grown(begun, TEXT.replace("[700, 900]", "[700, 800, 900]"))
    assert (begun.root / "grown/001.toml").read_text() == TEXT
    assert json.loads((begun.root / "grown/001.json").read_text())["begun"] == [rung(700), rung(900)]


def test_a_verdict_by_thresholds_changed_after_the_runs_shows_both(begun):
    with Ledger(begun.database) as ledger:
        fix_thresholds(begun.study, ledger)
        assert StudyThresholds.of(begun.study, ledger).before is None
    grown(begun, TEXT + "[verdict]\ndensity_percent = 3.0\n")
    fresh = StudyDirectory.open(begun.root)
    with Ledger(fresh.database) as ledger:
        before = StudyThresholds.of(fresh.study, ledger).before
    assert before == parse_study(TEXT).verdict.thresholds()
    known = {"reference": "a", "surrogate": "b", "reasons": ("why",), "comparisons": (), "requirements": ()}
    was = Verdict(value="not faithful", thresholds=before, **known)
    now = Verdict(value="faithful", thresholds=fresh.study.verdict.thresholds(), **known)
    told = with_change_told(now, was)
    assert told.value == "faithful"
    assert told.reasons[1:] == ("why",)
    assert "changed after the runs (density_percent from 1.0 to 3.0)" in told.reasons[0]
    assert told.reasons[0].endswith("the verdict is: not faithful.")
