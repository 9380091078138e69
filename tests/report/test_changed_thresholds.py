"""A verdict whose thresholds were changed openly after the runs is one and the same wherever it is computed."""

from llpt.audit import Agreement, reproduces
from llpt.study.analysis import analyse_study, verdict_of_study
from llpt.study.fixed_thresholds import StudyThresholds


def test_what_verify_computes_is_what_analyse_keeps(finished, monkeypatch):
    directory, plan, entries, analysis = finished
    monkeypatch.setattr("llpt.study.analysis.write_observables", lambda *_: None)
    monkeypatch.setattr("llpt.audit.Verdict.save", lambda *_: None)
    before = directory.study.verdict.thresholds().model_copy(update={"density_percent": 7.0})
    asked = StudyThresholds(directory.study.verdict.thresholds(), before)
    kept = analyse_study(directory, plan, entries, thresholds=asked).found.verdict
    fresh, _ = verdict_of_study(directory, plan, entries, analysis.found.ladders, thresholds=asked)
    assert "changed after the runs (density_percent from 7.0 to 1.0)" in kept.reasons[0]
    assert kept.reasons[1:] == analysis.found.verdict.reasons
    assert reproduces(kept, fresh).agreement is Agreement.SAME
